"""Grades submissions one after the other, and says of each what it got, what it used, and what was wrong."""
import signal
import sys
from collections import Counter

import nbformat
from nbgrader.api import MissingEntry
from nbgrader.utils import is_locked

from .course import CourseError, last_error
from .execute import USAGES
from .kernel import GradingKernelManager
from .limits import MEMORY_BYTES, SUBMISSION_SECONDS
from .sandbox import find_bubblewrap, why_not

NO_BUBBLEWRAP = """Submissions are programs of strangers: on Linux they run in a sandbox, and bubblewrap is missing.
Install it (Debian, Ubuntu: sudo apt install bubblewrap; Fedora: sudo dnf install bubblewrap), or, where everything may be
read and changed by them, say --without-sandbox."""
NO_SANDBOX = """Submissions are programs of strangers: on Linux they run in a sandbox, and this system refuses to make it:
{reason}
environment.md says what to allow. Or, where everything may be read and changed by them, say --without-sandbox."""
UNPROTECTED = f"""WARNING: no sandbox. Submissions run with your rights: they can read and change your files, solutions and grades
included, and reach the network. Only time ({SUBMISSION_SECONDS / 60:g} minutes) and memory ({MEMORY_BYTES / 2**30:g} GiB) are limited."""


def grade(course, assignment, students, cell_seconds, without_sandbox):
    course.check(assignment)
    collected = course.students("submitted", assignment)
    if not collected:
        raise CourseError(f"Nothing of {assignment} was collected: npm run exercises -- collect {assignment} FOLDER")
    unknown = sorted(set(students or []) - set(collected))
    if unknown:
        raise CourseError(f"Nothing of {assignment} was collected from {', '.join(unknown)}; from: {', '.join(collected)}.")
    choose_sandbox(without_sandbox)
    if cell_seconds is not None:
        course.config.Execute.timeout = cell_seconds

    api = course.api()
    check_release(course, api, assignment)
    stop = Stop()
    done, failed = 0, 0
    print(f"{'student':30} {'score':>13} {'time':>8} {'memory':>10}", flush=True)
    for student in students or collected:
        USAGES.pop(student, None)
        result = api.autograde(assignment, student)
        if stop.pressed:
            print(f"{done} graded; stopped at {student}.")
            return 130
        done += result["success"]
        failed += not result["success"]
        print(row(api, assignment, student, result), flush=True)
    print(f"{done} graded, {failed} could not be.")
    return 1 if failed else 0


class Stop:
    """Ctrl-C ends the submission that runs, as ever, and is remembered: nbgrader takes it for a fault of the submission."""

    def __init__(self):
        self.pressed = False
        signal.signal(signal.SIGINT, self.press)

    def press(self, *_):
        self.pressed = True
        raise KeyboardInterrupt


def check_release(course, api, assignment):
    """Grading uses the checks that `release` noted; those that were changed since would be passed over without a word."""
    with api.gradebook as gradebook:
        for path in sorted(course.path("source", assignment).glob("*.ipynb")):
            noted = noted_sources(gradebook, path.stem, assignment)
            cells = [cell for cell in nbformat.read(path, as_version=4).cells if is_locked(cell)]
            changed = [cell.metadata.nbgrader.grade_id for cell in cells if noted.get(cell.metadata.nbgrader.grade_id) != cell.source]
            if changed:
                what = f"{', '.join(changed)} changed since" if noted else "it was never released here"
                raise CourseError(
                    f"The checks of {assignment} are noted when it is released, and {what}: npm run exercises -- release {assignment}"
                )


def noted_sources(gradebook, notebook, assignment):
    try:
        return {cell.name: cell.source for cell in gradebook.find_notebook(notebook, assignment).source_cells}
    except MissingEntry:
        return {}


def choose_sandbox(without_sandbox):
    GradingKernelManager.sandbox = not without_sandbox and find_bubblewrap() is not None
    if GradingKernelManager.sandbox:
        reason = why_not()
        if reason is not None:
            raise CourseError(NO_SANDBOX.format(reason=reason))
        return
    if sys.platform == "linux" and not without_sandbox:
        raise CourseError(NO_BUBBLEWRAP)
    print(UNPROTECTED, flush=True)


def row(api, assignment, student, result):
    submission = api.get_submission(assignment, student)
    score = f"{submission['score']:g} of {submission['max_score']:g}" if result["success"] else "–"
    usage = USAGES.get(student)
    time = f"{usage.seconds:.1f} s" if usage else "–"
    memory = f"{usage.peak_bytes / 2**20:.0f} MiB" if usage else "–"
    remarks = [last_error(result)] if not result["success"] else usage.remarks if usage else []
    return f"{student:30} {score:>13} {time:>8} {memory:>10}  {summary(remarks)}".rstrip()


def summary(remarks):
    counts = Counter(remarks).items()
    return "; ".join(remark if count == 1 else f"{remark} ({count} cells)" for remark, count in counts)
