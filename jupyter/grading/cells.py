"""Cells that a student deleted come back, with a remark that is TypeScript."""
import nbformat
from nbformat.v4 import nbbase
from nbgrader.api import MissingEntry
from nbgrader.preprocessors import OverwriteCells

from .course import Course


class GradingOverwriteCells(OverwriteCells):
    def add_missing_grade_cells(self, nb, resources):
        """Every locked cell, graded or not, behind the one that it follows in the source; nbgrader's own needs that one to be there."""
        path = Course().path("source", self.assignment_id, f"{self.notebook_id}.ipynb")
        at = 0
        for name in filter(None, names_of(nbformat.read(path, as_version=4))):
            present = names_of(nb)
            if name in present:
                at = present.index(name) + 1
                continue
            cell = self.gradebook.find_source_cell(name, self.notebook_id, self.assignment_id)
            if cell.locked:
                nb.cells.insert(at, self.restored(cell))
                at += 1
        return nb, resources

    def restored(self, source_cell):
        try:
            graded = self.gradebook.find_graded_cell(source_cell.name, self.notebook_id, self.assignment_id)
            cell = nbformat.from_dict(self.missing_cell_transform(source_cell, graded.max_score))
        except MissingEntry:
            cell = nbformat.from_dict(self.missing_cell_transform(source_cell, 0))
            cell.metadata.nbgrader.grade = False
            del cell.metadata.nbgrader["points"]
        cell.id = nbbase.random_cell_id()
        if cell.cell_type == "code":
            cell.source = f"// This cell was missing from the submission; it was added back.\n{source_cell.source}"
        return cell


def names_of(notebook):
    """The cells' names in nbgrader, in order; None for a cell without."""
    return [cell.metadata.get("nbgrader", {}).get("grade_id") for cell in notebook.cells]
