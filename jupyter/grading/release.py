"""The students' version: no solution, no hidden check, and what it takes to open it anywhere."""
import json
import shutil
from pathlib import Path

import nbformat

from .course import CourseError, last_error

MARKS = ("BEGIN SOLUTION", "END SOLUTION", "BEGIN HIDDEN TESTS", "END HIDDEN TESTS")

README = """# {name}

Open `{name}.ipynb` in JupyterLab with the TypeScript kernel, write your answers, run all cells, and hand in that one file.

- *In a copy of the project:* put this folder into its folder `notebooks`, then `npm start` there, and open it.
- *Anywhere else,* with Node 20.19 or newer and Jupyter: `npm install` in this folder brings the kernel and `resnet-lab`;
  `npx tslab install` makes the kernel known to your Jupyter, once; then `jupyter lab {name}.ipynb`.

Images and weights are inside: nothing is downloaded while you work.
"""


def release(course, assignments, package):
    """`package` is the file of `npm pack`."""
    for assignment in assignments:
        course.check(assignment)
    api = course.api()
    for assignment in assignments or course.assignments():
        result = api.generate_assignment(assignment, force=True)
        folder = course.path("release", assignment)
        if not result["success"]:
            raise CourseError(f"{assignment} was not released: {last_error(result)}")
        check_leaks(course, assignment, folder)
        add_surroundings(folder, assignment, package)
        archive = shutil.make_archive(str(folder), "zip", folder.parent, folder.name)
        print(f"{assignment}: {course.shown(folder)} and {Path(archive).name}")
    return 0


def check_leaks(course, assignment, folder):
    """Removes a release in which anything of the solutions or hidden checks is left."""
    secrets = set()
    for path in course.path("source", assignment).glob("*.ipynb"):
        secrets |= secret_lines(nbformat.read(path, as_version=4))
    for path in sorted(folder.rglob("*")):
        leaked = sorted(secrets & set(lines_of(path)))
        if leaked:
            shutil.rmtree(folder)
            raise CourseError(f"{assignment} was not released: {path.name} would show {leaked[0]!r} of a solution or hidden check.")


def lines_of(path):
    if not path.is_file():
        return []
    text = path.read_text("utf8", "replace")
    if path.suffix == ".ipynb":
        text = "\n".join(cell.source for cell in nbformat.reads(text, as_version=4).cells)
    return map(str.strip, text.split("\n"))


def secret_lines(notebook):
    """The marks and the lines between them that stand nowhere else in the notebook, and say something."""
    inside, outside = set(), set()
    for cell in notebook.cells:
        is_secret = False
        for line in map(str.strip, cell.source.split("\n")):
            if any(mark in line for mark in MARKS):
                is_secret = "BEGIN" in line
                inside.add(line)
            else:
                (inside if is_secret else outside).add(line)
    return {line for line in inside if len(line) > 20} - outside


def add_surroundings(folder, assignment, package):
    packed = Path(shutil.copy(package, folder)).name
    description = {
        "name": assignment,
        "private": True,
        "dependencies": {"resnet-lab": f"file:{packed}", "tslab": "1.0.22"},
    }
    (folder / "package.json").write_text(json.dumps(description, indent=2) + "\n", "utf8")
    (folder / "README.md").write_text(README.format(name=assignment), "utf8")
