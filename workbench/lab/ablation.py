"""Runs a study: only what is missing, side by side, here or on a cluster, and keeps a record of every run that finished."""

import json
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from workbench.lab.cluster import run_on_cluster
from workbench.lab.lock import lock
from workbench.lab.notebook import NOTEBOOKS
from workbench.lab.one_run import NOTEBOOK, Job, Result
from workbench.lab.outcome import OUTCOME, read_outcome
from workbench.lab.records import RunRecord, find_records, open_records, save_record
from workbench.lab.study import Run, Study, code_version
from workbench.lab.workers import run_locally


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
        told = f"FAILED: {self.error}; see {self.notebook}"
        if self.record:
            told = f"{100 * self.record.metrics['accuracy']:.1f} % in {self.record.seconds:.0f} s"
        return f"{count} · {self.run.label} · seed {self.run.seed} · {told}" + (f" · {left}" if self.seconds_left else "")


def run_study(study: Study) -> Iterator[Progress]:
    """Run what is missing of a study and yield its progress after each run; a run that failed is told, and the rest goes on.

    May be killed at any time: the next call executes only the runs that had not finished, each from its last state. A run
    that another study has done with the same parameters, code and data counts here, too.

    Raises RuntimeError where another process works in the same folder, and what `run_on_cluster` raises.
    """
    code_version.cache_clear()  # in a notebook that lives long the code may have been changed since
    runs, began = list(study.runs()), datetime.now(timezone.utc)
    with lock(study.output), open_records(study.output) as records:
        missing = {}
        for run in runs:
            if not adopt(records, study, run):
                missing[folder_of(study, run)] = run
        done, failed = len(runs) - len(missing), 0

        with closing(execute_all(study, [job_of(study, run) for run in missing.values()])) as results:
            for job, result in results:
                run, record = missing[job.folder], None
                if result.outcome:
                    record = record_of(study, run, result.outcome)
                    save_record(records, record)
                done, failed = done + bool(record), failed + (not record)
                seconds = (datetime.now(timezone.utc) - began).total_seconds()
                left = seconds / (done + failed - len(runs) + len(missing)) * (len(runs) - done - failed)
                yield Progress(done, failed, len(runs), run, record, result.error, job.folder / NOTEBOOK, left)


def execute_all(study: Study, jobs: list[Job]) -> Generator[tuple[Job, Result], None, None]:
    if study.cluster and jobs:
        return run_on_cluster(jobs, study.cluster, study.processes)
    return run_locally(jobs, study.processes)


def adopt(records, study: Study, run: Run) -> bool:
    """Whether the run is done: recorded, or done by another study or left whole by one that was killed, and now recorded."""
    if find_records(records, study=study.name, grid=study.grid, key=run.key):
        return True
    outcome = read_outcome(folder_of(study, run))
    if outcome:
        save_record(records, record_of(study, run, outcome))
    return outcome is not None


def seconds_of(notebook: Path, outcome: dict) -> float:
    """How long a run took: its notebook, as papermill noted, but at least its training, which may have been resumed."""
    try:
        noted = json.loads(notebook.read_text(encoding="utf-8"))["metadata"]["papermill"]["duration"] or 0.0
    except (OSError, ValueError, KeyError):
        noted = 0.0  # killed while papermill wrote it for the last time
    return max(noted, outcome["metrics"]["training_seconds"])


def folder_of(study: Study, run: Run) -> Path:
    return study.output.resolve() / "runs" / run.key


def job_of(study: Study, run: Run) -> Job:
    return Job(NOTEBOOKS / "10_train.ipynb", run.parameters, folder_of(study, run), study.threads, 60 * study.minutes)


def record_of(study: Study, run: Run, outcome: dict) -> RunRecord:
    notebook = folder_of(study, run) / NOTEBOOK
    finished = datetime.fromtimestamp((folder_of(study, run) / OUTCOME).stat().st_mtime, timezone.utc).isoformat(timespec="seconds")
    seconds, place = seconds_of(notebook, outcome), str(notebook.relative_to(study.output.resolve()))
    return RunRecord(run.study, study.grid, run.place, run.label, run.seed, run.key, run.parameters, outcome["metrics"], seconds,
                     code_version(), outcome["machine"], place, finished)  # fmt: skip
