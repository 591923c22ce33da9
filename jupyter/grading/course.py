"""The course's folder and nbgrader's view of it."""
import logging
import os
import re
import warnings
from pathlib import Path

from nbgrader.apps import NbGraderAPI
from sqlalchemy.exc import SAWarning
from traitlets.config import PyFileConfigLoader

ROOT = Path(__file__).resolve().parents[2]
warnings.filterwarnings("ignore", category=SAWarning)  # of nbgrader's own queries

#: What a name of a student or assignment may be: it becomes the name of a folder, and stands in nbgrader's patterns.
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,99}")


class CourseError(Exception):
    """What keeps a command from being carried out, in words for the teacher."""


class Course:
    def __init__(self):
        settings = ROOT / "notebooks" / "exercises"
        # Tests grade in a folder of their own.
        self.folder = Path(os.environ.get("RESNET_COURSE") or settings).resolve()
        self.config = PyFileConfigLoader("nbgrader_config.py", path=str(settings)).load_config()
        self.config.CourseDirectory.root = str(self.folder)
        log = logging.getLogger("traitlets")
        log.propagate = False  # what nbgrader logs is in its results
        log.addHandler(logging.NullHandler())

    def api(self):
        return NbGraderAPI(config=self.config)

    def path(self, step, *names):
        return self.folder.joinpath(step, *names)

    def shown(self, path):
        """The path as somebody in the repository's root, where npm runs this, would write it."""
        return path.relative_to(ROOT) if path.is_relative_to(ROOT) else path

    def assignments(self):
        return sorted(path.name for path in self.path("source").iterdir() if path.is_dir())

    def check(self, assignment):
        if assignment not in self.assignments():
            raise CourseError(f"There is no assignment {assignment!r}; there are {', '.join(self.assignments())}.")

    def students(self, step, assignment):
        """Those who have something of the assignment in `submitted`, `autograded` or `feedback`."""
        return sorted(path.parent.name for path in self.folder.glob(f"{step}/*/{assignment}") if path.is_dir())


def last_error(result):
    """What nbgrader says of its failure, in a line: the first error that it logged, else what it threw."""
    lines = [line.strip() for text in ("log", "error") for line in result.get(text, "").splitlines() if line.strip()]
    thrown = re.compile(r"(\[ERROR\] )?(\w+\.)*\w*(Error|Exception|Invalid)\w*: ")
    errors = [line for line in lines if thrown.match(line)] or [line for line in lines if line.startswith("[ERROR]")]
    return errors[0] if errors else "nbgrader gives no reason"
