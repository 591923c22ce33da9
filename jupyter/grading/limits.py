"""What a submission's kernel and everything that it started use of the machine, and when that is too much."""
import threading
import time

import psutil

POLL_SECONDS = 0.05
MEMORY_BYTES = 3 * 2**30
PROCESSES = 64
#: Of the folder that a kernel shares with the grader, for its sockets.
SHARED_BYTES = 16 * 2**20
BLOCK_BYTES = 4096
#: Time for every cell of an assignment to run into its own limit.
SUBMISSION_SECONDS = 1800


class Usage:
    """Of one submission, whose kernel may have been started anew."""

    def __init__(self):
        self.peak_bytes = 0
        self.began = time.monotonic()
        #: What was too much, in words, or None.
        self.exceeded = None
        #: What the teacher should know.
        self.remarks = []

    @property
    def seconds(self):
        return time.monotonic() - self.began

    @property
    def is_late(self):
        return self.seconds > SUBMISSION_SECONDS

    def take_excess(self):
        """What was too much, once."""
        exceeded, self.exceeded = self.exceeded, None
        return exceeded


class Watch:
    """Watches a process and its descendants from a thread, and kills them all when they use too much."""

    def __init__(self, pid, usage, shared):
        self.shared = shared
        self.process = psutil.Process(pid)
        self.usage = usage
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while not self.ended.wait(POLL_SECONDS):
            family = self.family()
            if not family:
                return
            used = sum(map(memory_of, family))
            self.usage.peak_bytes = max(self.usage.peak_bytes, used)
            self.usage.exceeded = self.judge(used, len(family))
            if self.usage.exceeded:
                return kill(family)

    def family(self):
        try:
            return [self.process, *self.process.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def judge(self, used, processes):
        if used > MEMORY_BYTES:
            return f"it took more than {MEMORY_BYTES / 2**30:g} GiB of memory"
        if size_of(self.shared) > SHARED_BYTES:
            return f"it wrote more than {SHARED_BYTES // 2**20} MiB where the kernel's sockets lie"
        if processes > PROCESSES:
            return f"it started more than {PROCESSES} processes"
        if self.usage.is_late:
            return f"it ran for more than {SUBMISSION_SECONDS / 60:g} minutes"
        return None

    def stop(self):
        self.ended.set()
        self.thread.join()


def memory_of(process):
    try:
        return process.memory_info().rss
    except psutil.Error:
        return 0


def size_of(folder):
    """Of its files, which may come and go; an empty one takes a block of the disk, too."""
    size = 0
    for path in folder.rglob("*"):
        try:
            size += max(path.lstat().st_size, BLOCK_BYTES)
        except OSError:
            continue
    return size


def kill(family):
    for process in family:
        try:
            process.kill()
        except psutil.Error:
            pass
