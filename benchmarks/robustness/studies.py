"""Whether studies that are killed, started twice, or out of disk come to the same metrics, and do nothing twice.

    nice -n 5 python benchmarks/robustness/studies.py [studies]

Writes results/robustness_studies.csv, with the columns of runs.py: of the study that is killed over and over there are so many
(default 2), of the others one each. The full disk needs root; its row is left out for others.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
from runs import PATIENCE, Count, fill, small_disk, write_counts

from workbench.experiments.runner import run_study
from workbench.experiments.study import Study
from workbench.paths import PROJECT, RESULTS
from workbench.training.state import STATE

sys.path += [str(PROJECT / "tests" / "support"), str(PROJECT / "tests" / "experiments")]
from test_runner import VALUES, metrics, outcome_times, start, start_cluster, study, wait_until


def small_study(folder: Path) -> Study:
    """Two runs, one after the other."""
    return study(folder, values=VALUES, seeds=1, processes=1)


def end_study(process: subprocess.Popen) -> str:
    """What a study printed, once it has ended."""
    return process.communicate(timeout=PATIENCE)[0]


def begins_run(this: Study, number: int) -> Callable[[], bool]:
    """Whether the so-manieth run of a study has written its first state."""
    return lambda: len(list(this.output.glob(f"runs/*/{STATE}"))) >= number


def kill_study(folder: Path, expected: dict, runs: int, rng: np.random.Generator, seconds: float) -> Count:
    """The process of a study is killed at random moments, over and over until all is done."""
    count = Count("study", what="its process killed at random moments; no run that was done was done again")
    for number in range(runs):
        this, again, ended = small_study(folder / f"study {number}"), False, False
        while not ended:
            before, process = outcome_times(this), start(this)
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=rng.uniform(0.2, 0.9) * seconds)
            process.kill()
            end_study(process)
            ended = process.returncode == 0
            again = again or any(outcome_times(this)[key] != when for key, when in before.items())
            if not ended:
                count.count_kill(this.output)
        count.close(metrics(this) == expected and not again, this.output)
    return count


def kill_kernel(folder: Path, expected: dict) -> Count:
    """The kernel of a run is killed after its first state; the study is not started again."""
    this, count = small_study(folder / "kernel"), Count("run of a study", what="its kernel killed; the study went on by itself")
    process = start(this)
    wait_until(begins_run(this, 1), PATIENCE, "no run began")
    os.kill(kernel_in(next(this.output.glob("runs/*"))), signal.SIGKILL)
    count.count_kill(this.output)
    said = end_study(process)
    count.close(metrics(this) == expected and "FAILED" not in said, this.output)
    return count


def kernel_in(folder: Path) -> int:
    """The process that works in the folder of a run."""
    return next(int(entry.name) for entry in Path("/proc").glob("[0-9]*") if works_in(entry, folder))


def works_in(process: Path, folder: Path) -> bool:
    with suppress(OSError):
        return os.readlink(process / "cwd") == str(folder) and b"ipykernel" in (process / "cmdline").read_bytes()
    return False


def start_twice(folder: Path, expected: dict) -> Count:
    """While a study runs, another one is started in its folder."""
    this, count = small_study(folder / "twice"), Count("second study in a folder", what="refused in one sentence; the first unharmed")
    process = start(this)
    wait_until(begins_run(this, 1), PATIENCE, "no run began")
    refusal = ""
    try:
        next(run_study(replace(this, name="second")))
    except RuntimeError as error:
        refusal = str(error)
    said = end_study(process)
    count.close(metrics(this) == expected and "another process" in refusal and "FAILED" not in said, this.output)
    return count


def kill_worker(folder: Path, expected: dict) -> Count:
    """Of two dask workers the one that runs is killed; the other does the run again."""
    (folder / "cluster").mkdir()
    count, (scheduler, workers) = Count("dask worker", what="killed while it ran; the other took over"), start_cluster(folder / "cluster")
    try:
        address = json.loads((folder / "cluster" / "scheduler.json").read_text())["address"]
        this = replace(small_study(folder / "cluster" / "out"), cluster=address)
        process = start(this)
        wait_until(begins_run(this, 2), PATIENCE, "no run began")
        workers[0].kill()
        count.count_kill(this.output)
        said = end_study(process)
    finally:
        for each in (*workers, scheduler):
            each.kill()
            each.wait()
    count.close(metrics(this) == expected and "FAILED" not in said, this.output)
    return count


def fill_the_disk_of_a_study(folder: Path, expected: dict) -> Count:
    """The disk is filled after the first state; with room again the next start does what is missing."""
    count = Count("full disk of a study", what="the study ended and said so; with room again the next start completed it")
    with small_disk(folder / "study disk", 32) as disk:
        this = small_study(disk / "out")
        process = start(this)
        wait_until(begins_run(this, 1), PATIENCE, "no run began")
        filler = fill(disk)
        said = end_study(process)
        filler.unlink()
        count.close("is full" in said and not [event for event in run_study(this) if event.error] and metrics(this) == expected, disk)
    return count


def counts(folder: Path, studies: int) -> Iterator[Count]:
    whole, began = small_study(folder / "whole"), time.monotonic()
    assert not [event for event in run_study(whole) if event.error]
    seconds, expected = time.monotonic() - began, metrics(whole)
    yield kill_study(folder, expected, studies, np.random.default_rng(0), seconds)
    yield kill_kernel(folder, expected)
    yield start_twice(folder, expected)
    if os.geteuid() == 0:
        yield fill_the_disk_of_a_study(folder, expected)
    yield kill_worker(folder, expected)


COMMAND = "python benchmarks/robustness/studies.py"

if __name__ == "__main__":
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 2
    with tempfile.TemporaryDirectory() as scratch:
        write_counts(RESULTS / "robustness_studies.csv", counts(Path(scratch), number), f"{COMMAND} {number}")
