"""Whether many visitors at once are answered at the machine's own rate, are told their place, and leave no memory behind.

    python benchmarks/robustness/visitors.py [visitors] [minutes]

Writes results/robustness_visitors.csv. Each visitor (default 50) asks for a look at another second of a sample, again and again for so many
minutes (default 10), as a program that asks the page does. Before that the same looks are answered one by one, for the machine's own rate.
Each comes from an address of its own, which a proxy in front of the page would name.
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
import uuid
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address
from pathlib import Path

import numpy as np
import psutil

import workbench as wb
from workbench.paths import PROJECT, RESULTS, write_rows
from workbench.training.distributed import machine

sys.path.insert(0, str(PROJECT / "tests" / "support"))
from visiting import wait_for

COMMAND = "python benchmarks/robustness/visitors.py"
NASA = wb.sample_videos()[1].path
QUESTIONS = 24  # seconds of the sample, one after the other
ALONE = 20  # looks of one visitor


class Visitor:
    """Asks, and remembers how long each answer took, what was refused, and the highest place it had in the queue.

    It speaks to the page's queue by itself: fifty of Gradio's clients take more of the processor than the page.
    """

    def __init__(self, address: str, number: int):
        self.address, self.number, self.session = f"{address}gradio_api/", number, uuid.uuid4().hex
        self.client = urllib.request.build_opener()
        self.client.addheaders = [("X-Forwarded-For", str(ip_address("10.0.0.0") + number))]
        self.video = self.upload(NASA)
        with self.client.open(f"{address}config", timeout=60) as config:
            self.question = next(each["id"] for each in json.load(config)["dependencies"] if each["api_name"] == "predict")
        self.seconds: list[float] = []
        self.refused, self.place, self.knows_seconds = 0, 0, False

    def upload(self, file: Path) -> str:
        """Its path on the page's machine."""
        head = f'--end\r\nContent-Disposition: form-data; name="files"; filename="{file.name}"\r\nContent-Type: video/mp4\r\n\r\n'
        body = head.encode() + file.read_bytes() + b"\r\n--end--\r\n"
        request = urllib.request.Request(f"{self.address}upload", body, {"Content-Type": "multipart/form-data; boundary=end"})
        with self.client.open(request, timeout=60) as answer:
            return json.load(answer)[0]

    def ask(self) -> None:
        began, start = time.monotonic(), 0.5 * ((self.number + len(self.seconds)) % QUESTIONS)
        video = {"path": self.video, "meta": {"_type": "gradio.FileData"}}
        question = {"data": [video, "", {"start": start}], "fn_index": self.question, "session_hash": self.session}
        try:
            request = urllib.request.Request(
                f"{self.address}queue/join", json.dumps(question).encode(), {"Content-Type": "application/json"}
            )
            self.client.open(request, timeout=60).close()
            answered = self.listen()
        except OSError:
            answered = False
        if answered:
            self.seconds.append(time.monotonic() - began)
        else:
            self.refused += 1
            time.sleep(1)

    def listen(self) -> bool:
        """Until the answer: whether it is one."""
        with self.client.open(f"{self.address}queue/data?session_hash={self.session}", timeout=600) as events:
            for line in events:
                event = json.loads(line.removeprefix(b"data: ")) if line.startswith(b"data: ") else {}
                if event.get("msg") == "estimation":
                    self.place = max(self.place, event["rank"])
                    self.knows_seconds |= event["rank_eta"] is not None
                if event.get("msg") == "process_completed":
                    return event["success"]
        return False

    def visit(self, end: float) -> None:
        while time.monotonic() < end:
            self.ask()


def megabytes(process: psutil.Process) -> float:
    """Of the page and its decoder."""
    return sum(each.memory_info().rss for each in [process, *process.children(recursive=True)]) / 1e6


def cpu_seconds(process: psutil.Process) -> float:
    return sum(sum(each.cpu_times()[:2]) for each in [process, *process.children(recursive=True)])


def measure(address: str, page: psutil.Process, visitors: int, minutes: float) -> dict:
    one = Visitor(address, 0)
    one.ask()
    before, began = cpu_seconds(page), time.monotonic()
    for _ in range(ALONE):
        one.ask()
    alone = (time.monotonic() - began) / ALONE
    cpu, at_rest = (cpu_seconds(page) - before) / ALONE, megabytes(page)

    guests = [Visitor(address, number) for number in range(1, visitors + 1)]
    end, most = time.monotonic() + 60 * minutes, 0.0
    with ThreadPoolExecutor(visitors) as pool:
        visits = [pool.submit(guest.visit, end) for guest in guests]
        while not all(visit.done() for visit in visits):
            most = max(most, megabytes(page))
            time.sleep(1)
    for visit in visits:
        visit.result()
    time.sleep(30)

    waits = [seconds for guest in guests for seconds in guest.seconds]
    return {
        "visitors": visitors,
        "minutes": minutes,
        "looks": len(waits),
        "looks_alone_would_be": round(60 * minutes / alone),
        "refused": sum(guest.refused for guest in guests),
        "fewest_of_a_visitor": min(len(guest.seconds) for guest in guests),
        "median_wait_s": round(float(np.median(waits)), 1),
        "longest_wait_s": round(max(waits), 1),
        "knew_their_place": sum(guest.place > 0 for guest in guests),
        "knew_the_time": sum(guest.knows_seconds for guest in guests),
        "cpu_s_of_a_look": round(cpu, 2),
        "megabytes_before": round(at_rest),
        "megabytes_most": round(most),
        "megabytes_after": round(megabytes(page)),
    }


def main(visitors: int, minutes: float) -> None:
    with socket.socket() as free, tempfile.TemporaryDirectory() as folder:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        words = [sys.executable, str(PROJECT / "app.py"), "--port", str(port), "--proxies", "127.0.0.1"]
        environment = {**os.environ, "CI": "true", "GRADIO_TEMP_DIR": folder}
        with subprocess.Popen(words, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT) as process:
            try:
                address = f"http://127.0.0.1:{port}/"
                wait_for(process, address)
                taken = measure(address, psutil.Process(process.pid), visitors, minutes)
            finally:
                process.terminate()
    row = {**taken, "machine": machine("cpu"), "command": f"{COMMAND} {visitors} {minutes:g}"}
    write_rows(RESULTS / "robustness_visitors.csv", [row])
    for name, value in taken.items():
        print(f"{name}: {value}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 50, float(sys.argv[2]) if len(sys.argv) > 2 else 10)
