"""The feedback for each student as HTML, and the grades of all as CSV."""
from nbgrader.plugins import CsvExportPlugin

from .course import CourseError, last_error


def report(course, assignment):
    course.check(assignment)
    graded = course.students("autograded", assignment)
    if not graded:
        raise CourseError(f"Nothing of {assignment} was graded: npm run exercises -- grade {assignment}")
    api = course.api()
    failed = 0
    for student in graded:
        result = api.generate_feedback(assignment, student)
        if not result["success"]:
            failed += 1
            print(f"{student}: no feedback, {last_error(result)}")
    table = course.path(f"grades-{assignment}.csv")
    with api.gradebook as gradebook:
        plugin = CsvExportPlugin()
        plugin.to, plugin.assignment = str(table), [assignment]
        plugin.export(gradebook)
        print_tasks(gradebook, assignment)
    print(f"{len(graded) - failed} reports: {course.shown(course.path('feedback', 'STUDENT', assignment, f'{assignment}.html'))}")
    print(f"grades: {course.shown(table)}")
    return 1 if failed else 0


def print_tasks(gradebook, assignment):
    """How well each check was passed, for the teacher to see what to explain again."""
    for notebook in gradebook.find_assignment(assignment).notebooks:
        for cell in notebook.grade_cells:
            scores = [grade.score for grade in cell.grades]
            mean = sum(scores) / len(scores) if scores else 0
            print(f"{cell.name:30} {mean:6.2f} of {cell.max_score:g} on average")
