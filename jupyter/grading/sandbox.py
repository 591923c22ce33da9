"""The command that runs a submission's kernel where it can harm nothing, with bubblewrap (Linux).

The kernel sees the system's programs, this project's packages and its own folder, which is empty but for the assignment's
files: no home, no course, no other submission, no network but its own loopback, no process of the machine. What it writes
lies in memory, within limits, and is gone when it ends; the folder of the kernel's sockets alone is the machine's, and watched.
"""
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

#: Programs and libraries, by the usual names of Linux systems; those that are links stay links.
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc/alternatives", "/etc/ld.so.cache", "/etc/ld.so.conf",
          "/etc/ld.so.conf.d", "/etc/localtime", "/etc/passwd", "/etc/ssl", "/nix/store")
#: What the kernel and the package need of this repository: neither the course nor git's history, where solutions lie.
PROJECT = ("node_modules", "lib", "package.json", "jupyter/kernel")
#: Files in a submission's folder, and in /tmp; a process; processes of the sandbox.
WRITABLE_BYTES = 256 * 2**20
FILE_BYTES = 64 * 2**20


def find_bubblewrap():
    return shutil.which("bwrap") if sys.platform == "linux" else None


def why_not():
    """What bubblewrap says when it can't make the sandbox here, None where it can."""
    with tempfile.TemporaryDirectory() as folder:
        command = sandboxed(["true"], Path(folder).resolve(), Path(folder).resolve())
        result = subprocess.run(command, capture_output=True, text=True, check=False)
    return None if result.returncode == 0 else result.stderr.strip() or f"exit status {result.returncode}"


def sandboxed(command, folder, runtime):
    """The command line that runs `command` in `folder`; `runtime` holds the kernel's connection file and sockets."""
    arguments = ["--unshare-all", "--die-with-parent", "--cap-drop", "ALL", "--proc", "/proc", "--dev", "/dev", "--clearenv"]
    for path in SYSTEM:
        arguments += system_path(path)
    node = Path(shutil.which("node")).resolve()
    for path in needed_by(node):
        arguments += ["--ro-bind", str(path), str(path)]
    arguments += tmpfs("/tmp") + tmpfs("/dev/shm")
    for path in PROJECT:
        arguments += ["--ro-bind", str(ROOT / path), str(ROOT / path)]
    arguments += tmpfs(str(folder)) + ["--symlink", str(ROOT / "node_modules"), str(folder / "node_modules")]
    for path in sorted(Path(folder).rglob("*")):
        if path.is_file() and not path.is_symlink() and path.suffix != ".ipynb":  # a notebook holds the hidden checks
            arguments += ["--ro-bind", str(path), str(path)]
    arguments += ["--bind", str(runtime), str(runtime), "--chdir", str(folder)]
    arguments += ["--remount-ro", "/dev", "--remount-ro", "/"]  # else as much memory as the machine has could be filled there
    for name, value in {"PATH": f"{node.parent}:/usr/bin:/bin", "HOME": "/tmp", "LANG": "C.UTF-8"}.items():
        arguments += ["--setenv", name, value]
    # Jupyter interrupts a process group: bubblewrap itself must not end of it. Node resets what is ignored.
    limits = ["prlimit", "--core=0", f"--fsize={FILE_BYTES}"]
    return ["env", "--ignore-signal=INT", find_bubblewrap(), *arguments, "--", *limits, *command]


def needed_by(node):
    """Node where it lies outside of the system: the program, and the libraries of its own distribution, never a home folder."""
    if node.is_relative_to("/usr"):
        return []
    prefix = node.parent.parent
    return [node, prefix / "lib"] if (prefix / "include" / "node").is_dir() else [node]


def system_path(path):
    if os.path.islink(path):
        return ["--symlink", os.readlink(path), path]
    return ["--ro-bind", path, path] if os.path.exists(path) else []


def tmpfs(path):
    return ["--size", str(WRITABLE_BYTES), "--tmpfs", path]
