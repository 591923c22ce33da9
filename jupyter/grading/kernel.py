"""A kernel for a submission: sandboxed where the system can, and watched everywhere."""
import shutil
import sys
import tempfile
from pathlib import Path

from jupyter_client.manager import AsyncKernelManager

from .limits import Watch
from .sandbox import find_bubblewrap, sandboxed


class GradingKernelManager(AsyncKernelManager):
    #: Whether kernels run in the sandbox, and the usage that they add to; both set by who grades.
    sandbox = find_bubblewrap() is not None
    usage = None
    watch = None

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.runtime = Path(tempfile.mkdtemp(prefix="grading-"))
        self.connection_file = str(self.runtime / "kernel.json")
        if sys.platform != "win32":
            self.transport = "ipc"  # sockets that reach into a sandbox without network

    async def start_kernel(self, **kwargs):
        self.folder = Path(kwargs["cwd"]).resolve()
        await super().start_kernel(**kwargs)
        self.watch = Watch(self.provisioner.pid, self.usage, self.runtime)

    def format_kernel_cmd(self, extra_arguments=None):
        command = super().format_kernel_cmd(extra_arguments)
        return sandboxed(command, self.folder, self.runtime) if self.sandbox else command

    async def cleanup_resources(self, restart=False):
        if self.watch is not None:
            self.watch.stop()
        await super().cleanup_resources(restart=restart)
        shutil.rmtree(self.runtime, ignore_errors=True)
