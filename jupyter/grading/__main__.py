"""npm run exercises -- release | collect | grade | report: the course's work, on nbgrader. scripts/exercises.mjs calls it."""
import argparse
import sys

from .collect import collect
from .course import Course, CourseError
from .grade import grade
from .release import release
from .report import report


def main(arguments):
    parser = argparse.ArgumentParser(prog="npm run exercises --", description="Makes, collects and grades the exercises.")
    commands = parser.add_subparsers(dest="command", required=True)

    command = commands.add_parser("release", help="make the students' version of assignments, all by default")
    command.add_argument("assignments", nargs="*", metavar="ASSIGNMENT")
    command.add_argument("--package", required=True, help=argparse.SUPPRESS)

    command = commands.add_parser("collect", help="take the notebooks that students handed in from a folder")
    command.add_argument("assignment", metavar="ASSIGNMENT")
    command.add_argument("folder", metavar="FOLDER", help="one folder, notebook or zip file for each student, named after them")

    command = commands.add_parser("grade", help="run the checks on what was collected")
    command.add_argument("assignment", metavar="ASSIGNMENT")
    command.add_argument("--student", action="append", dest="students", metavar="STUDENT", help="only this one; may be repeated")
    command.add_argument("--cell-seconds", type=seconds, metavar="N", help="stop a cell after N seconds; 120 by default")
    command.add_argument("--without-sandbox", action="store_true", help="run submissions with your own rights")

    command = commands.add_parser("report", help="write the feedback as HTML and the grades as CSV")
    command.add_argument("assignment", metavar="ASSIGNMENT")

    options = parser.parse_args(arguments)
    course = Course()
    if options.command == "release":
        return release(course, options.assignments, options.package)
    if options.command == "collect":
        return collect(course, options.assignment, options.folder)
    if options.command == "grade":
        return grade(course, options.assignment, options.students, options.cell_seconds, options.without_sandbox)
    return report(course, options.assignment)


def seconds(text):
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds: a whole number from 1 on is")
    return int(text)


try:
    sys.exit(main(sys.argv[1:]))
except CourseError as error:
    sys.exit(str(error))
