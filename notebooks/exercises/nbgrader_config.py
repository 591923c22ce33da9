"""The course's settings for nbgrader, whoever calls it: `npm run exercises`, the formgrader, or `nbgrader` in this folder."""
import sys
from pathlib import Path

COURSE = Path(__file__).resolve().parent
sys.path.insert(0, str(COURSE.parents[1] / "jupyter"))

c = get_config()  # noqa: F821 - nbgrader gives it
c.CourseDirectory.course_id = "residual-networks"
c.CourseDirectory.root = str(COURSE)
c.ClearSolutions.code_stub = {"typescript": "throw new Error('To be written.');"}
c.OverwriteCells.add_missing_cells = True
# A check trains for half a minute at most; an endless loop is stopped after this many seconds, and the next cell runs.
c.Execute.timeout = 120
c.Autograde.sanitize_preprocessors = [
    "nbgrader.preprocessors.ClearOutput",
    "nbgrader.preprocessors.DeduplicateIds",
    "nbgrader.preprocessors.OverwriteKernelspec",
    "grading.cells.GradingOverwriteCells",
    "nbgrader.preprocessors.CheckCellMetadata",
]
c.Autograde.autograde_preprocessors = [
    "grading.execute.GradingExecute",
    "nbgrader.preprocessors.IgnorePattern",
    "nbconvert.preprocessors.ClearMetadataPreprocessor",
    "nbgrader.preprocessors.LimitOutput",
    "nbgrader.preprocessors.SaveAutoGrades",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
]
# The report says what the hidden checks found, not what they are.
c.GenerateFeedback.preprocessors = [
    "nbgrader.preprocessors.GetGrades",
    "grading.feedback.HideCode",
    "nbgrader.preprocessors.ClearHiddenTests",
    "nbconvert.preprocessors.CoalesceStreamsPreprocessor",
    "nbconvert.preprocessors.CSSHTMLHeaderPreprocessor",
]
c.CoalesceStreamsPreprocessor.enabled = True  # one box for all that a check prints
