"""Goes on in Keras, on several processes or machines, with a ResNet that was trained in TypeScript, and gives it back.

    npm run distribute -- --weights trained.weights.h5 --data data/emoji10/emoji-10-binary.tar.gz --output continued.weights.h5

The weights come from saveKerasWeights(resnetV1([32, 32, 3], depth), file) and go back with loadKerasWeights.
"""
import argparse
import math
import multiprocessing
import multiprocessing.connection
import os
import re
import signal
import socket
import sys
from pathlib import Path


def read_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", required=True, help="what saveKerasWeights wrote (.weights.h5)")
    parser.add_argument("--data", required=True, help="an archive in CIFAR-10's binary layout, or a folder of data/cache")
    parser.add_argument("--output", required=True, help="where the weights go (.weights.h5)")
    parser.add_argument("--depth", type=int, default=20, help="of the ResNet, 6n+2 (20)")
    parser.add_argument("--epochs", type=int, default=1, help="times through the images (1)")
    parser.add_argument("--batch", type=int, default=128, help="images a step, over all processes (128)")
    parser.add_argument("--rate", type=float, default=1e-3, help="Adam's learning rate (0.001)")
    parser.add_argument("--augment", action="store_true", help="shifts and flips")
    parser.add_argument("--seed", type=int, default=0, help="of everything that is random (0)")
    parser.add_argument("--processes", type=int, default=2, help="in all (2)")
    parser.add_argument("--coordinator", help="HOST:PORT of the first of several machines; on each runs one process")
    parser.add_argument("--rank", type=int, help="of this machine, from 0, with --coordinator")
    options = parser.parse_args()
    problem = check(options)
    if problem:
        parser.error(problem)
    options.is_local = options.coordinator is None
    return options


def check(options):
    for name in ("weights", "data"):
        if not Path(getattr(options, name)).exists():
            return f"--{name}: there is no {getattr(options, name)}"
    if not options.output.endswith(".weights.h5"):
        return f"--output should end in .weights.h5, received {options.output}"
    if not Path(options.output).resolve().parent.is_dir():
        return f"--output: there is no folder {Path(options.output).resolve().parent}"
    for name in ("epochs", "batch", "processes"):
        if getattr(options, name) < 1:
            return f"--{name} should be at least 1, received {getattr(options, name)}"
    if not (math.isfinite(options.rate) and options.rate > 0):
        return f"--rate should be a number above 0, received {options.rate}"
    if options.depth < 8 or options.depth % 6 != 2:
        return f"--depth should be 6n+2 (8, 20, 32, …), received {options.depth}"
    if options.batch % options.processes:
        return f"--batch should divide by the {options.processes} processes, received {options.batch}"
    if (options.coordinator is None) != (options.rank is None):
        return "--coordinator and --rank belong together"
    if options.coordinator and not re.fullmatch(r"\S+:\d+", options.coordinator):
        return f"--coordinator should be HOST:PORT, received {options.coordinator}"
    if options.rank is not None and not 0 <= options.rank < options.processes:
        return f"--rank should be from 0 to {options.processes - 1}, received {options.rank}"
    return None


def run(options, rank):
    if options.is_local:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that started this one
    from worker import work  # each process its own JAX

    try:
        work(options, rank)
    except Exception as error:  # one line instead of as many stack traces as there are processes
        sys.exit(f"Process {rank}: {str(error).strip()}")


def run_all(options):
    """All processes on this machine; when one fails, the others end."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        options.coordinator = f"127.0.0.1:{free.getsockname()[1]}"
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=run, args=(options, rank)) for rank in range(options.processes)]
    for process in processes:
        process.start()
    try:
        running = set(processes)
        while running:
            multiprocessing.connection.wait([process.sentinel for process in running])
            running = {process for process in running if process.is_alive()}
            if any(process.exitcode for process in set(processes) - running):
                return 1
        return 0
    finally:
        for process in processes:
            process.kill()
            process.join()


def stop(*_):
    raise KeyboardInterrupt


def main(options):
    signal.signal(signal.SIGTERM, stop)
    output = Path(options.output)
    options.part = output.with_name(f"part-{os.getpid()}-{output.name}")
    try:
        return run_all(options) if options.is_local else run(options, options.rank)
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 130
    finally:
        options.part.unlink(missing_ok=True)


if __name__ == "__main__":
    sys.exit(main(read_options()))
