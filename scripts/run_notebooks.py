"""Runs notebooks with nbclient, a real Jupyter client, and fails on any cell error or anything printed on stderr.

With --write the outputs are kept in the notebooks, together with a hash of the code that they belong to
(tests/notebooks/lessons.test.ts compares it); else the notebooks stay as they are.
"""
import hashlib
import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

CELL_TIMEOUT_SECONDS = 300


def hash_of_code(notebook):
    """SHA-256 of the code cells, with a zero byte behind each."""
    code = "".join(cell.source + "\0" for cell in notebook.cells if cell.cell_type == "code")
    return hashlib.sha256(code.encode()).hexdigest()


def run(path, write):
    """None when every cell ran cleanly, else what went wrong."""
    notebook = nbformat.read(path, as_version=4)
    resources = {"metadata": {"path": path.parent}}
    client = NotebookClient(notebook, timeout=CELL_TIMEOUT_SECONDS, resources=resources, record_timing=False)
    try:
        client.execute()
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        return str(error)
    for number, cell in enumerate(notebook.cells, 1):
        for output in cell.get("outputs", []):
            if output.output_type == "stream" and output.name == "stderr":
                return f"cell {number} prints on stderr:\n{output.text}"
    if write:
        notebook.metadata["outputs_of"] = hash_of_code(notebook)
        nbformat.write(notebook, path)
    return None


def main(arguments):
    write = "--write" in arguments
    paths = [Path(argument) for argument in arguments if argument != "--write"]
    failed = 0
    for path in paths:
        start = time.monotonic()
        problem = run(path, write)
        failed += problem is not None
        print(f"{'FAILED' if problem else 'ok'}  {path}  {time.monotonic() - start:.1f} s", flush=True)
        if problem:
            print(problem, flush=True)
    print(f"notebooks: {len(paths) - failed} passed, {failed} failed", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
