"""Takes what students handed in from a folder into the course; what can't be taken is named, and stays where it is."""
import datetime
import shutil
import zipfile
from pathlib import Path

import nbformat

from .course import NAME, CourseError

#: A notebook with figures has some megabytes at most.
LARGEST_BYTES = 50 * 2**20


def collect(course, assignment, folder):
    course.check(assignment)
    folder = Path(folder)
    if not folder.is_dir():
        raise CourseError(f"{folder} is no folder: give the one that holds a folder, notebook or zip file for each student.")
    wanted = f"{assignment}.ipynb"
    taken, refused = {}, 0
    for entry in sorted(folder.iterdir()):
        if entry.name.startswith("."):
            continue
        student = student_of(entry, assignment)
        try:
            if student == assignment:
                raise CourseError("that is the assignment's name: name it after the student")
            if NAME.fullmatch(student) is None:
                raise CourseError(f"{student!r} is no name of a student: letters, digits and . _ @ - are")
            if student in taken:
                raise CourseError(f"{taken[student]} is of {student}, too, and was taken: keep one of them")
            content, date = read(entry, wanted)
            check_notebook(content)
        except Exception as error:  # a hostile file can make the libraries throw anything; the others are taken all the same
            print(f"{entry.name}: not taken, {str(error).rstrip('.') or type(error).__name__}.")
            refused += 1
            continue
        store(course.path("submitted", student, assignment), wanted, content, date)
        taken[student] = entry.name
    if not taken and not refused:
        raise CourseError(f"{folder} is empty: put a folder, notebook or zip file for each student into it.")
    print(f"{assignment}: {len(taken)} taken, {refused} not.")
    return 1 if refused or not taken else 0


def student_of(entry, assignment):
    name = entry.name if entry.is_dir() else entry.stem
    return name.removesuffix(assignment).rstrip("_- ") or name


def read(entry, wanted):
    """The notebook's bytes, and when it was last changed."""
    if entry.is_dir():
        found = [path for path in entry.rglob(wanted) if path.is_file() and ".ipynb_checkpoints" not in path.parts]
        return read_file(only(found, wanted, "folder"))
    if entry.suffix == ".ipynb":
        return read_file(entry)
    if entry.suffix == ".zip":
        return read_archive(entry, wanted)
    raise CourseError("it is no folder, notebook or zip file")


def read_file(path):
    if path.is_symlink():
        raise CourseError("it is a link")
    status = path.stat()
    check_size(status.st_size)
    return path.read_bytes(), datetime.datetime.fromtimestamp(status.st_mtime, datetime.timezone.utc)


def read_archive(entry, wanted):
    """Of an archive only the one notebook is read, into memory: no name in it is trusted."""
    with zipfile.ZipFile(entry) as archive:
        found = [info for info in archive.infolist() if Path(info.filename).name == wanted and "__MACOSX" not in info.filename]
        info = only(found, wanted, "zip file")
        check_size(info.file_size)
        with archive.open(info) as file:
            content = file.read(LARGEST_BYTES + 1)
        check_size(len(content))
    return content, datetime.datetime.fromtimestamp(entry.stat().st_mtime, datetime.timezone.utc)


def only(found, wanted, where):
    if len(found) != 1:
        raise CourseError(f"the {where} has {len(found)} files {wanted}, one is expected")
    return found[0]


def check_notebook(content):
    try:
        nbformat.validate(nbformat.reads(content.decode("utf8"), as_version=4))
    except Exception as error:
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise CourseError(f"it is no Jupyter notebook ({reason[:100]})") from error


def check_size(size):
    if size > LARGEST_BYTES:
        raise CourseError(f"the notebook has more than {LARGEST_BYTES // 2**20} MiB")


def store(target, name, content, date):
    """Whole or not at all; an earlier hand-in is replaced."""
    part = target.with_name(f"{target.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    (part / name).write_bytes(content)
    (part / "timestamp.txt").write_text(date.strftime("%Y-%m-%d %H:%M:%S UTC"), "utf8")
    shutil.rmtree(target, ignore_errors=True)
    part.rename(target)
