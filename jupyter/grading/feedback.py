"""What the feedback must not show."""
from nbconvert.preprocessors import Preprocessor


class HideCode(Preprocessor):
    """An error in a hidden check shows the lines around it: the student is told the error alone."""

    def preprocess_cell(self, cell, resources, index):
        if cell.cell_type == "code" and "BEGIN HIDDEN TESTS" in cell.source:
            for output in cell.outputs:
                if output.output_type == "error":
                    output.traceback = [f"{output.ename}: {output.evalue}"]
        return cell, resources
