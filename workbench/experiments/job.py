"""One run of a study: the training notebook in a process of its own, and its outcome."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from itertools import pairwise
from math import inf
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock, Timeout
from nbclient.exceptions import DeadKernelError

from workbench.evaluation.cost import count_parameters
from workbench.evaluation.metrics import Evaluation
from workbench.experiments.notebooks import complaint, execute_notebook
from workbench.model.checkpoint import without_infinities
from workbench.model.msnet import MSNet
from workbench.parameters import parameters_of
from workbench.paths import write_atomically
from workbench.training.alphabet import TrainRecord
from workbench.training.config import TrainConfig
from workbench.training.distributed import machine

NOTEBOOK = "notebook.ipynb"
LOG = "log.txt"
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


OUTCOME = "outcome.json"
OUTCOME_PARTS = 4  # of the ranges of speed and of camouflage


def write_outcome(config: TrainConfig, records: Sequence[TrainRecord], quality: Evaluation, model: MSNet) -> dict[str, Any]:
    """Write the metrics of a finished run into its folder and return them.

    Fractions for accuracy, pixels for errors, seconds of training. Without an output folder nothing is written.
    """
    metrics = {
        **{name: value for name, value in quality.summary().items() if name != "clips"},
        "validation_accuracy": records[-1].validation_accuracy,
        "training_loss": records[-1].loss,
        "training_clips": config.clips * config.epochs,
        "training_seconds": sum(record.seconds for record in records),
        "parameters": count_parameters(model),
        **accuracy_by(quality, "speed", config.speed, " px"),
        **accuracy_by(quality, "camouflage", config.camouflage, ""),
    }
    outcome = {"metrics": metrics, "machine": machine(config.device)}
    if config.output:
        write_atomically(config.output / OUTCOME, json.dumps(without_infinities(outcome), allow_nan=False).encode())
    return metrics


def read_outcome(folder: Path) -> dict[str, Any] | None:
    """What a run left in its folder; None where it has not finished."""
    path = folder / OUTCOME
    if not path.exists():
        return None
    outcome = json.loads(path.read_text(encoding="utf-8"))
    return {**outcome, "metrics": {name: float(value) for name, value in outcome["metrics"].items()}}


def accuracy_by(quality: Evaluation, what: str, bounds: tuple[float, float], unit: str) -> dict[str, float]:
    """Accuracy in each quarter of a range, for clips that move; slower and faster ones count to the ends."""
    if bounds[0] == bounds[1]:
        return {}
    moving = quality.select(quality.speed > 0)
    edges = np.linspace(*bounds, OUTCOME_PARTS + 1).tolist()
    values = getattr(moving, what)
    shares = {}
    for start, end in pairwise(edges):
        low, high = (-inf if start == edges[0] else start), (inf if end == edges[-1] else end)
        part = moving.select((values >= low) & (values < high))
        shares[f"accuracy, {what} {start:g} to {end:g}{unit}"] = part.accuracy if part.clips else float("nan")
    return shares


def track_run(records: Iterable[TrainRecord], config: TrainConfig) -> Iterator[TrainRecord]:
    """The same records; where the config says `track`, each is also logged to trackio under the name of its output folder.

    Its database lies in TRACKIO_DIR, by default beside the run's folder; `trackio show` opens the dashboard.
    Raises ImportError without the extra `track`.
    """
    if not config.track:
        yield from records
        return
    folder = config.output or Path("runs/untitled")
    os.environ.setdefault("TRACKIO_DIR", str((folder.parent / "trackio").resolve()))  # read when trackio is imported
    try:
        import trackio
    except ImportError as error:
        raise ImportError("track=True needs the extra `track`: pip install -c constraints.txt -e '.[track]'") from error
    name, parameters = f"{folder.name}-{config.seed}", parameters_of(config)
    run = trackio.init(project="motionsqueeze", name=name, config=parameters, resume="allow", embed=False)
    try:
        for record in records:
            run.log({name: value for name, value in vars(record).items() if value == value}, step=record.epoch)  # nan is no point
            yield record
    finally:
        run.finish()


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
