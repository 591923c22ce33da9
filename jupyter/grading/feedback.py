"""What the feedback must not show."""
import re

from nbgrader.preprocessors import NbGraderPreprocessor

#: A line of code as the kernel shows it beside an error: its number, or nothing, and a bar.
CODE = re.compile(r"[> ]*\d* *\|")


class HideCode(NbGraderPreprocessor):
    """An error in a hidden check shows the lines around it: the student is told the error alone."""

    def preprocess_cell(self, cell, resources, index):
        if cell.cell_type == "code" and "BEGIN HIDDEN TESTS" in cell.source:
            for output in cell.outputs:
                if output.output_type == "error":
                    lines = f"{output.ename}: {output.evalue}".splitlines()
                    output.traceback = [line for line in lines if not CODE.match(line)]
        return cell, resources
