"""Starts the process that decodes video, kills it when it is late, and replaces it when it is gone.

Decoders crash and hang on damaged files; neither may take down, or hold up, the program that reads them.
"""

import atexit
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import numpy as np

# The package `decoder` is imported from beside this file, and as a top-level name: importing `workbench.video.decoder`
# would import all of workbench, and torch with it. Its folder leaves the path at once, so that it shadows nothing.
# Whatever a library prints, from its import on, must not fall between the frames: only `out` is the pipe.
BOOT = """
import os, sys
out = os.dup(1); os.dup2(2, 1)
sys.path.insert(0, sys.argv[1]); import decoder; del sys.path[0]
from decoder.serve import serve; serve(out)
"""
START_SECONDS = 60.0  # a cold disk and a busy machine; the usual start takes half a second
CHECK_SECONDS = 0.5  # between looks at a decoder that is late

Listener = Callable[[float], object]  # told, from 0 to 1, how much of a long read is done
listener_here: ContextVar[Listener | None] = ContextVar("listener_here", default=None)


@contextmanager
def follow_reading(listener: Listener) -> Iterator[None]:
    """Within it, reads that take longer than a moment tell how far they are."""
    token = listener_here.set(listener)
    try:
        yield
    finally:
        listener_here.reset(token)


class WorkerFailure(Exception):
    """The worker ended without an answer, by itself or killed because it was late."""

    def __init__(self, late: bool, code: int):
        super().__init__("took too long" if late else f"ended with code {code}")
        self.late, self.code = late, code


class Worker:
    """A decoding process, started at the first request; one request at a time. A crash is followed by a second try. It ends with this
    process, and a forked child starts one of its own."""

    def __init__(self):
        self._lock = threading.Lock()
        self._process: Any = None  # a Popen whose pipes are buffered
        self._has_hooks = False

    def ask(self, request: dict, seconds: float) -> tuple[dict, np.ndarray | None]:
        """The answer's header, and frames `t h w c` if it has any. Raises WorkerFailure.

        seconds: of computing, which on a busy machine may take longer; they begin anew with each progress that it reports.
        """
        with self._lock:
            self._start()
            try:
                return self._exchange(request, seconds)
            except WorkerFailure as failure:
                if failure.late:
                    raise
                self._start()
                return self._exchange(request, seconds)

    def stop(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.stdout.close()
            with suppress(OSError):  # a request that it never read
                process.stdin.close()
            process.wait()

    def forget(self) -> None:
        """In a forked child: the worker belongs to the parent, and must see its pipe close when the parent ends."""
        if self._process is not None:
            self._process.stdin.raw.close()  # the raw end: what is buffered is the parent's to send
            self._process.returncode = 0  # not our child: never to be waited for
        self._process, self._lock = None, threading.Lock()  # another thread of the parent may have held the old one

    def _register_hooks(self) -> None:
        """Once, before the first start: whoever only imports this module leaves no trace."""
        if not self._has_hooks:
            self._has_hooks = True
            atexit.register(self.stop)
            if hasattr(os, "register_at_fork"):
                os.register_at_fork(after_in_child=self.forget)

    def _start(self) -> None:
        if self._process is not None and self._process.poll() is None:
            return
        self.stop()
        self._register_hooks()
        command = [sys.executable, "-c", BOOT, str(Path(__file__).parent)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={**os.environ, "PYTHONSAFEPATH": "1"}
        )
        try:
            with self._killed_after(START_SECONDS):
                self._header()
        except BaseException as error:
            self.stop()
            if not isinstance(error, WorkerFailure):
                raise
            see = subprocess.list2cmdline(command)
            raise RuntimeError(f"the decoding process does not start (code {error.code}); see why with: {see}") from None

    def _exchange(self, request: dict, seconds: float) -> tuple[dict, np.ndarray | None]:
        try:
            self._send(request)
            while True:
                with self._killed_after(seconds):
                    header = self._header()
                    if "progress" not in header:
                        return header, self._pixels(header)
                if listener := listener_here.get():
                    listener(header["progress"])
        except BaseException:  # KeyboardInterrupt, too: half an answer must not be taken for the next one
            self.stop()
            raise

    def _send(self, request: dict) -> None:
        try:
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise self._failure() from None

    def _header(self) -> dict:
        line = self._process.stdout.readline()
        if not line.endswith(b"\n"):
            raise self._failure()
        return json.loads(line)

    def _pixels(self, header: dict) -> np.ndarray | None:
        if "shape" not in header:
            return None
        pixels = np.empty(header.pop("shape"), np.uint8)
        rest = pixels.reshape(-1).data
        while len(rest):
            if not (count := self._process.stdout.readinto(rest)):
                raise self._failure()
            rest = rest[count:]
        return pixels

    def _failure(self) -> WorkerFailure:
        return WorkerFailure(self._late.is_set(), self._process.wait())

    @contextmanager
    def _killed_after(self, seconds: float):
        self._late = late = threading.Event()
        ready = threading.Event()
        process = self._process

        def watch() -> None:
            if wait_until_late(process.pid, max(seconds, 0), ready):
                late.set()
                process.kill()

        threading.Thread(target=watch, daemon=True).start()
        try:
            yield
        finally:
            ready.set()


def wait_until_late(process: int, seconds: float, ready: threading.Event) -> bool:
    """Whether a process was not ready when it had computed for so long, or for so long had not computed at all. Where nobody can
    tell how long it computed, the time of day counts."""
    begin, idle_since, wait = cpu_seconds(process), time.monotonic(), seconds
    latest = begin or 0.0
    while not ready.wait(wait):
        now = cpu_seconds(process)
        if now is None or begin is None or now - begin >= seconds:
            return True
        if now > latest:
            latest, idle_since = now, time.monotonic()
        elif time.monotonic() - idle_since >= seconds:
            return True
        wait = min(CHECK_SECONDS, max(seconds - (now - begin), 0.01))
    return False


def cpu_seconds(process: int) -> float | None:
    """How long a process has computed, by Linux; None elsewhere."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError):
        return None


worker = Worker()  # of read_video and probe_video
