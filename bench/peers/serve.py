"""The line protocol of a peer in Python; bench/peers/serve.mjs is the same for Node, bench/peer.mjs the other end.

{"load": work} is answered {"about": …, "parameters": …}, {"run": steps} {"seconds": …, "value": …}: seconds per step and
the number that the last step computed. What goes wrong is answered {"error": …}.
"""
import json
import os
import sys
from time import perf_counter


def serve(load):
    """`load(work)` gives {"about", "parameters", …} and a function that does one step and returns a number of it."""
    replies = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print goes to stderr
    step = None
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if "load" in request:
                reply, step = load(request["load"])
            else:
                start = perf_counter()
                for _ in range(request["run"]):
                    value = step()
                reply = {"seconds": (perf_counter() - start) / request["run"], "value": value}
        except Exception as error:
            reply = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(reply), file=replies, flush=True)
