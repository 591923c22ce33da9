"""Runs notebooks with nbclient, a real Jupyter client, and fails on any cell error or anything printed on stderr.

Nothing is written back: the notebooks stay as they are.
"""
import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

CELL_TIMEOUT_SECONDS = 300


def run(path):
    """None when every cell ran cleanly, else what went wrong."""
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(notebook, timeout=CELL_TIMEOUT_SECONDS, resources={"metadata": {"path": path.parent}})
    try:
        client.execute()
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        return str(error)
    for number, cell in enumerate(notebook.cells, 1):
        for output in cell.get("outputs", []):
            if output.output_type == "stream" and output.name == "stderr":
                return f"cell {number} prints on stderr:\n{output.text}"
    return None


def main(paths):
    failed = 0
    for path in paths:
        start = time.monotonic()
        problem = run(path)
        failed += problem is not None
        print(f"{'FAILED' if problem else 'ok'}  {path}  {time.monotonic() - start:.1f} s", flush=True)
        if problem:
            print(problem, flush=True)
    print(f"notebooks: {len(paths) - failed} passed, {failed} failed", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main([Path(argument) for argument in sys.argv[1:]]))
