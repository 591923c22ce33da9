"""The learning rates of PyTorch's OneCycleLR, read by tests/training/schedules.test.ts.

    python -m venv /tmp/torch && /tmp/torch/bin/pip install torch==2.15.0
    /tmp/torch/bin/python tests/keras/make_one_cycle_vectors.py

An environment of its own: PyTorch and TensorFlow do not load into one process.
"""
import json
import pathlib

import torch

ONE_CYCLE = [
    {"max_lr": 0.2, "pct_start": 0.2},
    {"max_lr": 0.1},
    {"max_lr": 1.0, "pct_start": 0.45, "div_factor": 10, "final_div_factor": 100},
]
def one_cycle(args, total):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, total_steps=total, **args)
    rates = []
    for step in range(total):
        rates.append(schedule.get_last_lr()[0])
        optimizer.step()
        if step + 1 < total:
            schedule.step()
    return rates


if __name__ == "__main__":
    cycles = [{"args": args, "total": total, "rates": one_cycle(args, total)} for args in ONE_CYCLE for total in (60, 7)]
    content = {"torch": torch.__version__, "oneCycle": cycles}
    path = pathlib.Path(__file__).parent / "vectors" / "one-cycle.json"
    path.write_text(json.dumps(content) + "\n")
