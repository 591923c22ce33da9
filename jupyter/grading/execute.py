"""Runs the cells of a submission so that one that kills the kernel costs its own points and no others."""
from collections import deque

from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat.v4 import new_output
from nbgrader.preprocessors import Execute
from nbgrader.utils import is_grade

from .kernel import GradingKernelManager
from .limits import Usage

#: What a cell prints beyond this many characters is left out: it would fill the grader's memory, or the feedback.
PRINTED = 2**20
MORE = "… What was printed after this is left out."

#: What grading used, by student: for the report of who called nbgrader.
USAGES = {}


class GradingExecute(Execute):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **{**kwargs, "kernel_manager_class": GradingKernelManager})

    def preprocess(self, nb, resources, km=None):
        NotebookClient.__init__(self, nb, km)
        self.reset_execution_trackers()
        self._check_assign_resources(resources)
        self.usage = USAGES[resources["nbgrader"]["student"]] = Usage()
        self.run([(index, cell) for index, cell in enumerate(nb.cells) if cell.cell_type == "code"])
        for cell in nb.cells:
            if is_grade(cell):
                allow_stderr(cell)
        return nb, resources

    def create_kernel_manager(self):
        manager = super().create_kernel_manager()
        manager.usage = self.usage
        return manager

    def run(self, cells):
        """A kernel that dies is started anew, and what ran before runs again, without what it died of or waited for in vain."""
        ended, waiting = [], deque(cells)
        while waiting and not self.usage.is_late:
            with self.setup_kernel():
                try:
                    for index, cell in ended:
                        self.execute_cell(cell.copy(), index)
                    while waiting:
                        index, cell = waiting[0]
                        self.execute_cell(cell, index)
                        waiting.popleft()
                        if not took_too_long(cell):
                            ended.append((index, cell))
                except (DeadKernelError, CellTimeoutError) as error:
                    _, cell = waiting.popleft()
                    reason = self.usage.take_excess() or describe(error)
                    self.usage.remarks.append(reason)
                    fail(cell, reason)
        for _, cell in waiting:
            fail(cell, "earlier cells took too long: this cell did not run")

    def execute_cell(self, cell, cell_index, *args, **kwargs):
        self.printed = 0
        return super().execute_cell(cell, cell_index, *args, **kwargs)

    def output(self, outs, msg, display_id, cell_index):
        self.printed += sum(map(len, texts_of(msg["content"])))
        if self.printed <= PRINTED:
            return super().output(outs, msg, display_id, cell_index)
        if not outs or outs[-1].get("text") != MORE:
            outs.append(new_output("stream", name="stdout", text=MORE))
        return None


def texts_of(value):
    """All texts within what a message holds."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for each in value.values() if isinstance(value, dict) else value:
            yield from texts_of(each)


def took_too_long(cell):
    return any(output.get("ename") == "CellTimeoutError" for output in cell.outputs)


def describe(error):
    if isinstance(error, CellTimeoutError):
        return "it took too long and could not be interrupted"
    return "the kernel ended, as it does by process.exit() or where memory is exhausted"


def fail(cell, reason):
    text = f"This cell ended the kernel: {reason}."
    cell.outputs = [*cell.get("outputs", []), new_output("error", ename="KernelEnded", evalue=text, traceback=[text])]


def allow_stderr(cell):
    """nbgrader gives no points where anything stands on stderr: a warning, say. The answer may be right all the same."""
    for output in cell.get("outputs", []):
        if output.output_type == "stream":
            output.name = "stdout"
