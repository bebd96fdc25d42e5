"""One run of a study: the training notebook in a process of its own, which needs no torch: the notebook's kernel has it."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from workbench.experiments.notebooks import complaint, execute_notebook

NOTEBOOK = "notebook.ipynb"
LOG = "log.txt"
OUTCOME = "outcome.json"
FAILURE = "failure.txt"  # why the run failed, until the next try
STDIN = 0
KERNEL_DIED = 3  # exit code


@dataclass(frozen=True)
class Job:
    """A notebook, its parameters, the folder for all that it leaves, and its limits: threads, seconds, and a GPU or none."""

    notebook: Path
    parameters: dict[str, Any]
    folder: Path
    threads: int = 1
    seconds: float = 14_400.0
    gpu: str | None = None


@dataclass(frozen=True)
class Result:
    """How a job ended. outcome: what the run left, None where it failed; error: why, in one line; died: by a signal from outside."""

    outcome: dict[str, Any] | None
    seconds: float
    error: str = ""
    died: bool = False


def execute(job: Job, stop: threading.Event | None = None) -> Result:
    """Execute a job in a new process and wait for it; `stop` ends it early. The executed notebook stays in the folder, also
    of a run that fails."""
    job.folder.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    with open(job.folder / LOG, "wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", __name__], stdin=subprocess.PIPE, stdout=log, stderr=log, env=environment(job), start_new_session=True
        )
        try:
            assert process.stdin is not None  # a pipe was asked for
            process.stdin.write(json.dumps(asdict(job), default=str).encode() + b"\n")
            process.stdin.flush()  # and left open: its end tells the process that nobody waits any more
            wait(process, job.seconds + 60, stop)
        except BrokenPipeError:
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=5)  # it ended at once; its log says why
        finally:
            ended_by_itself = process.poll() is not None
            end_process(process)
    seconds = time.monotonic() - began
    if not ended_by_itself:
        return Result(None, seconds, f"it was stopped after {seconds / 60:.0f} min; a study's `minutes` are the most that a run may take")
    return result_of(job, process.returncode, seconds)


def wait(process: subprocess.Popen, seconds: float, stop: threading.Event | None) -> None:
    """Until the process ends, the time is over, or the caller wants no more."""
    end = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < end and not (stop and stop.is_set()):
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=0.2)


def result_of(job: Job, code: int, seconds: float) -> Result:
    outcome = read_outcome(job.folder) if code == 0 else None
    if outcome:
        return Result(outcome, seconds)
    if code < 0 or code == KERNEL_DIED:
        return Result(None, seconds, "its process was ended from outside, perhaps for want of memory", died=True)
    lines = (job.folder / LOG).read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return Result(None, seconds, lines[-1] if lines else "it left no outcome")


def end_process(process: subprocess.Popen) -> None:
    """Close the pipe; what is still there then is killed together with its kernel."""
    try:
        process.communicate(timeout=5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def environment(job: Job) -> dict[str, str]:
    """The variables of a run: its threads, its GPU, and memory that is kept rather than given back after every step (LOG.md)."""
    threads = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), str(job.threads))
    gpu = {} if job.gpu is None else {"CUDA_VISIBLE_DEVICES": job.gpu}
    memory = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": "100000000000"}
    return {**os.environ, **memory, **threads, **gpu}


def run_job() -> None:
    """Read a job from the first line of standard input and execute its notebook."""
    line = b""
    while not line.endswith(b"\n"):
        line += os.read(STDIN, 1) or sys.exit(1)  # unbuffered: a lock on sys.stdin, held by the thread below, would abort Python at its end
    threading.Thread(target=exit_when_alone, daemon=True).start()
    sys.exit(run_notebook(json.loads(line)))


def exit_when_alone() -> None:
    """End this process when the pipe closes: whoever waited for it is gone. The kernel notices that its parent has ended."""
    while os.read(STDIN, 1):
        pass
    os._exit(1)


def run_notebook(job: Mapping[str, Any]) -> int:
    from nbclient.exceptions import DeadKernelError  # here, as papermill: it takes seconds, and who starts a job does not need it

    folder = Path(job["folder"])
    parameters = {**job["parameters"], "output": str(folder)}
    try:
        execute_notebook(Path(job["notebook"]), folder / NOTEBOOK, parameters, folder, job["seconds"])
    except DeadKernelError:
        return KERNEL_DIED
    except Exception as error:
        print(f"{type(error).__name__}: {complaint(error)}", file=sys.stderr)
        return 1
    return 0


def read_outcome(folder: Path) -> dict[str, Any] | None:
    """What a run left in its folder; None where it has not finished."""
    path = folder / OUTCOME
    if not path.exists():
        return None
    outcome = json.loads(path.read_text(encoding="utf-8"))
    return {**outcome, "metrics": {name: float(value) for name, value in outcome["metrics"].items()}}


@contextmanager
def lock(folder: Path, wait: bool = False) -> Iterator[None]:
    """Keep other processes that ask for the lock of this folder out, or wait until they are; it ends with its process.

    Raises RuntimeError where another process holds it and `wait` is off.
    """
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(folder / "lock", timeout=-1 if wait else 0, thread_local=False):
            yield
    except Timeout as error:
        raise RuntimeError(f"another process runs a study in {folder}; wait for it, or choose another output folder") from error


if __name__ == "__main__":
    run_job()
