"""A real Jupyter client for the kernel tests: sends requests and prints every message about them as JSON.

Reads {"steps": [step, …], "together": bool, "kernel": name, "hold": bool} from stdin. A step is the code of a cell,
{"code": …, "options": {…}} or {"request": type, "content": {…}, "channel": "shell" or "control"}; with "garbage" it
sends what no kernel understands. "interrupt": {"after": seconds, "printed": text, "times": n, "by": "message"} in a step
interrupts the kernel after it printed the text. With "together" all requests are sent before the first reply is read,
as JupyterLab's Run All does. With "hold" the client prints the kernel's process and waits to be killed.
"""
import json
import queue
import sys
import time

from jupyter_client.manager import KernelManager

TIMEOUT = 120


class Session:
    def __init__(self, manager, client):
        self.manager = manager
        self.client = client

    def send(self, step):
        if isinstance(step, str):
            step = {"code": step}
        if "garbage" in step:
            socket = self.client.shell_channel.socket
            socket.send_multipart([part.encode() for part in step["garbage"]])
            return None
        if "code" in step:
            request = self.client.execute(step["code"], **step.get("options", {}))
            channel = "shell"
        else:
            channel = step.get("channel", "shell")
            message = self.client.session.msg(step["request"], step.get("content", {}))
            getattr(self.client, f"{channel}_channel").send(message)
            request = message["header"]["msg_id"]
        return {"step": step, "id": request, "channel": channel, "interrupt": step.get("interrupt"), "messages": [], "idle": False,
                "replied": step.get("noReply", False), "sent": time.monotonic(), "reply": None}

    def interrupt(self, wanted):
        time.sleep(wanted.get("after", 0))
        for _ in range(wanted.get("times", 1)):
            if wanted.get("by") == "message":
                self.client.control_channel.send(self.client.session.msg("interrupt_request", {}))
            else:
                self.manager.interrupt_kernel()
            time.sleep(wanted.get("every", 0))

    def collect(self, requests):
        """All iopub messages until every request is idle, and all replies."""
        by_id = {request["id"]: request for request in requests}
        deadline = time.monotonic() + TIMEOUT
        while not all(request["idle"] and request["replied"] for request in requests):
            if time.monotonic() > deadline:
                pending = [request["step"] for request in requests if not (request["idle"] and request["replied"])]
                raise TimeoutError(f"the kernel did not answer within {TIMEOUT} s: {pending}")
            for request in requests:
                wanted = request["interrupt"]
                printed = "".join(m["content"].get("text", "") for m in request["messages"] if m["type"] == "stream")
                if wanted and wanted.get("printed", "") in printed:
                    request["interrupt"] = None
                    self.interrupt(wanted)
            for name in ("iopub", "shell", "control"):
                while True:
                    try:
                        message = getattr(self.client, f"get_{name}_msg")(timeout=0.01 if name == "iopub" else 0)
                    except queue.Empty:
                        break
                    request = by_id.get(message["parent_header"].get("msg_id"))
                    if request is not None:
                        self.take(request, name, message)
                        if request["interrupt"] or name != "iopub":
                            break
        return requests

    def take(self, request, channel, message):
        type, content = message["msg_type"], message["content"]
        if channel != "iopub":
            request.update(reply=content, replyType=type, replied=True, seconds=time.monotonic() - request["sent"])
        elif type != "status":
            request["messages"].append({"type": type, "content": content})
        elif content["execution_state"] == "idle":
            request["idle"] = True


def start(name, folder, attempts=3):
    """A kernel ends at once where another program took one of its ports meanwhile, as can happen with many at a time."""
    manager = KernelManager(kernel_name=name)
    manager.start_kernel(cwd=folder)
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=TIMEOUT)
        return manager, client
    except RuntimeError:
        client.stop_channels()
        ended = manager.provisioner.process.poll() is not None
        manager.shutdown_kernel(now=True)
        if not ended or attempts == 1:
            raise
        return start(name, folder, attempts - 1)


def main():
    task = json.loads(sys.stdin.readline())
    manager, client = start(task.get("kernel", "tslab"), task.get("folder", "notebooks"))
    process = manager.provisioner.process
    try:
        session = Session(manager, client)
        if task.get("together"):
            results = session.collect([session.send(step) for step in task["steps"]])
        else:
            requests = ([session.send(step)] for step in task["steps"])
            results = [result for request in requests if request != [None] for result in session.collect(request)]
        if task.get("hold"):
            print(json.dumps({"pid": process.pid, "results": results}), flush=True)
            time.sleep(TIMEOUT)
    except TimeoutError as error:
        manager.shutdown_kernel(now=True)
        sys.exit(str(error))
    client.stop_channels()
    began = time.monotonic()
    manager.shutdown_kernel()
    seconds = time.monotonic() - began
    print(json.dumps({"results": results, "status": process.poll(), "shutdownSeconds": seconds}))


main()
