"""Runs a study: only the missing runs, side by side here or on a cluster, each recorded when it has finished."""

import json
import threading
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from queue import SimpleQueue

import torch

from workbench.data.probe_files import cores
from workbench.experiments.cluster import run_on_cluster
from workbench.experiments.job import FAILURE, NOTEBOOK, OUTCOME, Job, Result, execute, lock, read_outcome
from workbench.experiments.results import RunRecord, read_records, run_folder, save_record, timestamp
from workbench.experiments.study import Run, Study, code_version, keys_of
from workbench.paths import NOTEBOOKS, write_atomically
from workbench.text import exact_percent


@dataclass(frozen=True)
class Progress:
    """After each run: how many of the study's runs are done, and the seconds that the others will take at this pace.

    record: of the run that just ended; None where it failed, and then error says why and notebook where to look.
    """

    done: int
    failed: int
    total: int
    run: Run
    record: RunRecord | None
    error: str
    notebook: Path
    seconds_left: float

    def __str__(self) -> str:
        count = f"{self.done + self.failed}/{self.total}"
        left = f"about {self.seconds_left / 60:.0f} min left" if self.seconds_left >= 90 else f"about {self.seconds_left:.0f} s left"
        event = f"FAILED: {self.error}; see {self.notebook}"
        if self.record:
            event = f"{exact_percent(self.record.metrics['accuracy'])} in {self.record.seconds:.0f} s"
        return f"{count} · {self.run.label} · seed {self.run.seed} · {event}" + (f" · {left}" if self.seconds_left else "")


@dataclass(frozen=True)
class RunCounts:
    """How many runs of a study are done, failed when they were last tried, and are left."""

    done: int
    failed: int
    left: int

    @property
    def total(self) -> int:
        return self.done + self.failed + self.left

    def __str__(self) -> str:
        return f"{self.done} of {self.total} runs are done, {self.failed} failed, {self.left} left"


def count_runs(study: Study) -> RunCounts:
    """Count what there is of a study, without running or recording anything."""
    runs = list(study.runs())
    missing = [run for run in runs if not is_done(study, run)]
    failed = sum((folder_of(study, run) / FAILURE).exists() for run in missing)
    return RunCounts(len(runs) - len(missing), failed, len(missing) - failed)


def is_done(study: Study, run: Run) -> bool:
    """Whether there is a record of the run that any study made, or its outcome."""
    return any(read_records(study.output, key=key) or read_outcome(run_folder(study.output, key)) for key in keys_of(run))


def run_study(study: Study) -> Iterator[Progress]:
    """Run what is missing of a study and yield its progress after each run; a run that failed is told, and the rest goes on.

    May be killed at any time: the next call executes only the runs that had not finished, each from its last state. A run
    that another study has done with the same parameters, code and data counts here, too.

    Raises RuntimeError where another process works in the same folder, and what `run_on_cluster` raises.
    """
    code_version.cache_clear()  # in a notebook that lives long the code may have been changed since
    runs, grid, began = list(study.runs()), study.grid, datetime.now(timezone.utc)
    with lock(study.output):
        missing = {folder_of(study, run): run for run in runs if not adopt(study, run, grid)}
        done, failed = len(runs) - len(missing), 0
        for folder in missing:
            (folder / FAILURE).unlink(missing_ok=True)

        jobs = [job_of(study, run) for run in missing.values()]
        execute_all = run_on_cluster(jobs, study.cluster, study.processes) if study.cluster and jobs else run_locally(jobs, study.processes)
        with closing(execute_all) as results:
            for job, result in results:
                run, record = missing[job.folder], None
                if result.outcome:
                    record = record_of(study, run, grid, result.outcome, run.key, code_version())
                    save_record(study.output, record)
                else:
                    job.folder.mkdir(parents=True, exist_ok=True)
                    write_atomically(job.folder / FAILURE, result.error.encode())
                done, failed = done + bool(record), failed + (not record)
                seconds = (datetime.now(timezone.utc) - began).total_seconds()
                left = seconds / (done + failed - len(runs) + len(missing)) * (len(runs) - done - failed)
                yield Progress(done, failed, len(runs), run, record, result.error, job.folder / NOTEBOOK, left)


def adopt(study: Study, run: Run, grid: str) -> bool:
    """Whether the run is done: recorded; or done by another study, by code that gives the same results, or left whole by a study
    that was killed, and now recorded."""
    for key, code in keys_of(run).items():
        records, outcome = read_records(study.output, key=key), read_outcome(run_folder(study.output, key))
        if any((record.study, record.grid) == (study.name, grid) for record in records):
            return True
        if records:
            record = records[0]
        elif outcome:
            record = record_of(study, run, grid, outcome, key, code)
        else:
            continue
        now = timestamp(datetime.now(timezone.utc))
        save_record(study.output, replace(record, study=study.name, grid=grid, place=run.place, label=run.label, recorded=now))
        return True
    return False


def seconds_of(notebook: Path, outcome: dict) -> float:
    """How long a run took: its notebook, as papermill noted, but at least its training, which may have been resumed."""
    try:
        noted = json.loads(notebook.read_text(encoding="utf-8"))["metadata"]["papermill"]["duration"] or 0.0
    except (OSError, ValueError, KeyError):
        noted = 0.0  # killed while papermill wrote it for the last time
    return max(noted, outcome["metrics"]["training_seconds"])


def folder_of(study: Study, run: Run) -> Path:
    return run_folder(study.output.resolve(), run.key)


def job_of(study: Study, run: Run) -> Job:
    return Job(NOTEBOOKS / "10_train.ipynb", run.parameters, folder_of(study, run), study.threads, 60 * study.minutes)


def record_of(study: Study, run: Run, grid: str, outcome: dict, key: str, code: str) -> RunRecord:
    """The record of a run that has just left its outcome, or left it before under another key and code."""
    folder = run_folder(study.output, key)
    finished = datetime.fromtimestamp((folder / OUTCOME).stat().st_mtime, timezone.utc).isoformat(timespec="seconds")
    return RunRecord(
        **{name: getattr(run, name) for name in ("study", "place", "label", "seed", "parameters")},
        grid=grid,
        key=key,
        metrics=outcome["metrics"],
        seconds=seconds_of(folder / NOTEBOOK, outcome),
        code=code,
        machine=outcome["machine"],
        notebook=f"runs/{key}/{NOTEBOOK}",
        finished=finished,
        recorded=timestamp(datetime.now(timezone.utc)),
    )


def run_locally(jobs: Sequence[Job], processes: int = 0) -> Generator[tuple[Job, Result], None, None]:
    """Execute the jobs, `processes` at once, and yield each with its result as it ends.

    0 processes: one for each GPU, or for each core that a job's threads take. A job whose process dies is done again,
    once. Where the caller stops listening, what still runs is ended.
    """
    gpus = [str(number) for number in range(torch.cuda.device_count())]
    count = processes or len(gpus) or cores() // max((job.threads for job in jobs), default=1) or 1
    places: SimpleQueue = SimpleQueue()
    for place in range(count):
        places.put(gpus[place % len(gpus)] if gpus else None)

    stop = threading.Event()
    with ThreadPoolExecutor(count) as pool:
        try:
            waiting = {pool.submit(execute_in_place, job, places, stop): job for job in jobs}
            for future in as_completed(waiting):
                yield waiting[future], future.result()
        finally:
            stop.set()
            pool.shutdown(cancel_futures=True)


def execute_in_place(job: Job, places: SimpleQueue, stop: threading.Event) -> Result:
    """Execute a job on the next free GPU, if there are any; where its process died of something from outside, once more: it goes on
    from its last state."""
    gpu = places.get()
    try:
        result = execute(replace(job, gpu=gpu), stop)
        return execute(replace(job, gpu=gpu), stop) if result.died and not stop.is_set() else result
    finally:
        places.put(gpu)
