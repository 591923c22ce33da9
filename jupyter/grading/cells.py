"""Deleted checks come back, with a remark that is TypeScript."""
from nbformat.v4 import nbbase
from nbgrader.preprocessors import OverwriteCells


class GradingOverwriteCells(OverwriteCells):
    def missing_cell_transform(self, source_cell, *args, **kwargs):
        cell = super().missing_cell_transform(source_cell, *args, **kwargs)
        cell.id = nbbase.random_cell_id()
        if cell.cell_type == "code":
            cell.source = f"// This cell was missing from the submission; it was added back.\n{source_cell.source}"
        return cell
