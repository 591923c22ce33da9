"""A real Jupyter client for the kernel tests: runs cells and prints every message about them as JSON.

Reads {"cells": [code, …], "together": bool, "stopOnError": bool, "options": {…}} from stdin. With "together" all
requests are sent before the first reply is read, as JupyterLab's Run All does.
"""
import json
import queue
import sys

from jupyter_client.manager import KernelManager

TIMEOUT = 60


def collect(client, wanted):
    """All iopub messages until every request is idle, then all replies, by request."""
    messages = {request: [] for request in wanted}
    idle = set()
    while idle != set(wanted):
        message = client.get_iopub_msg(timeout=TIMEOUT)
        request = message["parent_header"].get("msg_id")
        if request not in messages:
            continue
        if message["msg_type"] == "status":
            if message["content"]["execution_state"] == "idle":
                idle.add(request)
        else:
            messages[request].append({"type": message["msg_type"], "content": message["content"]})
    replies = {}
    while set(replies) != set(wanted):
        reply = client.get_shell_msg(timeout=TIMEOUT)
        request = reply["parent_header"].get("msg_id")
        if request in messages:  # the handshake's own replies may still arrive
            replies[request] = reply["content"]
    return [{"messages": messages[request], "reply": replies[request]} for request in wanted]


def main():
    task = json.load(sys.stdin)
    manager = KernelManager(kernel_name="tslab")
    manager.start_kernel(cwd="notebooks")
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=TIMEOUT)
        send = lambda code: client.execute(code, stop_on_error=task.get("stopOnError", True), **task.get("options", {}))
        if task.get("together"):
            results = collect(client, [send(code) for code in task["cells"]])
        else:
            results = [result for code in task["cells"] for result in collect(client, [send(code)])]
        process = manager.provisioner.process
    except queue.Empty:
        sys.exit(f"the kernel did not answer within {TIMEOUT} s")
    finally:
        client.stop_channels()
        manager.shutdown_kernel()
    print(json.dumps({"results": results, "ended": process.poll() is not None, "status": process.poll()}))


main()
