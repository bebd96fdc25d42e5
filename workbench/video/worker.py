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
from contextlib import contextmanager, suppress
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
DECORD_SHARE = 0.25  # of the time limit: what remains when decord hangs must suffice for PyAV


class WorkerFailure(Exception):
    """The worker ended without an answer, by itself or killed because it was late."""

    def __init__(self, trying: str, late: bool, code: int):
        super().__init__(f"{'took too long' if late else f'ended with code {code}'} while trying {trying or 'to open'}")
        self.trying, self.late, self.code = trying, late, code


class Worker:
    """A decoding process, started at the first request; one request at a time. A crash is followed by a second try, a crash or
    hang of decord by one without it. It ends with this process, and a forked child starts one of its own."""

    def __init__(self):
        self._lock = threading.Lock()
        self._process: Any = None  # a Popen whose pipes are buffered
        self._has_hooks = False

    def ask(self, request: dict, seconds: float) -> tuple[dict, np.ndarray | None]:
        """The answer's header, and frames `t h w c` if it has any. Raises WorkerFailure."""
        with self._lock:
            self._start()
            deadline = time.monotonic() + seconds
            try:
                return self._exchange(request, deadline, DECORD_SHARE * seconds)
            except WorkerFailure as failure:
                if failure.late and failure.trying != "decord":
                    raise
                if failure.trying == "decord":
                    request = {**request, "without_decord": f"decord {'hung' if failure.late else 'crashed'}"}
                self._start()
                return self._exchange(request, deadline, DECORD_SHARE * seconds)

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
                self._header("")
        except BaseException as error:
            self.stop()
            if not isinstance(error, WorkerFailure):
                raise
            see = subprocess.list2cmdline(command)
            raise RuntimeError(f"the decoding process does not start (code {error.code}); see why with: {see}") from None

    def _exchange(self, request: dict, deadline: float, decord_seconds: float) -> tuple[dict, np.ndarray | None]:
        trying = ""
        try:
            self._send(request)
            while True:
                left = deadline - time.monotonic()
                with self._killed_after(min(left, decord_seconds) if trying == "decord" else left):
                    header = self._header(trying)
                    if "trying" not in header:
                        return header, self._pixels(header, trying)
                trying = header["trying"]
        except BaseException:  # KeyboardInterrupt, too: half an answer must not be taken for the next one
            self.stop()
            raise

    def _send(self, request: dict) -> None:
        try:
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise self._failure("") from None

    def _header(self, trying: str) -> dict:
        line = self._process.stdout.readline()
        if not line.endswith(b"\n"):
            raise self._failure(trying)
        return json.loads(line)

    def _pixels(self, header: dict, trying: str) -> np.ndarray | None:
        if "shape" not in header:
            return None
        pixels = np.empty(header.pop("shape"), np.uint8)
        rest = pixels.reshape(-1).data
        while len(rest):
            if not (count := self._process.stdout.readinto(rest)):
                raise self._failure(trying)
            rest = rest[count:]
        return pixels

    def _failure(self, trying: str) -> WorkerFailure:
        return WorkerFailure(trying, self._late.is_set(), self._process.wait())

    @contextmanager
    def _killed_after(self, seconds: float):
        self._late = late = threading.Event()
        process = self._process

        def kill() -> None:
            late.set()
            process.kill()

        timer = threading.Timer(max(seconds, 0), kill)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()


worker = Worker()  # of read_video and probe_video
