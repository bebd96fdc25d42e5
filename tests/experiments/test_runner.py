"""The engine of studies, for real: papermill runs in processes that are killed, resumed, spread over a cluster, and give the same."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from patience import PATIENCE_SECONDS

from workbench.experiments.job import lock
from workbench.experiments.results import read_records
from workbench.experiments.runner import folder_of, run_study
from workbench.experiments.study import Study, bare, code_version, key_of

BASE = {"shift_div": None, "nuisance": 0.0, "batch_size": 9, "size": 32, "validation_clips": 18, "test_clips": 36}
VALUES = ({"label": "baseline"}, {"radius": 2})
THREE_RUNS = {"values": (*VALUES, {"radius": 3}), "seeds": 1}  # enough for one that is done, one that is killed and one that waits
SCRIPT = """
import json, sys
import workbench as wb
study = wb.parameters.config_of(wb.Study, json.loads(sys.argv[1]))
for progress in wb.run_study(study):
    print(progress, flush=True)
"""


def study(folder: Path, **changes) -> Study:
    options = dict(name="tiny", base=BASE, values=VALUES, epochs=1, clips=36, seeds=2, processes=2, output=folder)
    return Study(**{**options, **changes})


def start(this: Study) -> subprocess.Popen:
    parameters = {**vars(this), "output": str(this.output)}
    command = [sys.executable, "-c", SCRIPT, json.dumps(parameters)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def metrics(this: Study) -> dict:
    """What the runs measured, without what depends on the clock."""
    records = read_records(this.output, this.name)
    return {(record.label, record.seed): record.metrics | {"training_seconds": 0} for record in records}


def outcome_times(this: Study) -> dict[str, int]:
    return {path.parent.name: path.stat().st_mtime_ns for path in this.output.glob("runs/*/outcome.json")}


@pytest.fixture(scope="module")
def serial(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """All three runs, one after the other."""
    this = study(tmp_path_factory.mktemp("serial"), processes=1, **THREE_RUNS)
    events = list(run_study(this))
    assert [event.done for event in events] == [1, 2, 3]
    assert not any(event.error for event in events)
    assert events[-1].seconds_left == 0 < events[0].seconds_left
    assert "1/3 · baseline · seed 0" in str(events[0])
    return this


@pytest.mark.slow
def test_killed_and_started_again_runs_only_what_is_missing(serial: Study, tmp_path: Path) -> None:
    """SIGKILL after the first run: nothing that ran is left running, the next start executes the other runs only, and the
    results are those of the serial study. A third start executes nothing."""
    this = study(tmp_path, **THREE_RUNS)
    process = start(this)
    assert "1/3" in process.stdout.readline()
    process.kill()
    process.wait()
    process.stdout.close()
    wait_until(lambda: not processes_in(tmp_path), PATIENCE_SECONDS, "processes of the killed study are still there")
    before = outcome_times(this)
    assert 1 <= len(before) < 3

    events = list(run_study(this))
    assert len(events) == 3 - len(before)
    assert not any(event.error for event in events)
    assert {key: outcome_times(this)[key] for key in before} == before
    assert metrics(this) == metrics(serial)
    assert list(run_study(this)) == []


@pytest.mark.slow
def test_a_cluster_that_loses_a_worker_gives_the_same(serial: Study, tmp_path: Path) -> None:
    """Two dask workers as processes, one of them killed while it executes a run: that run is done again by the other, once,
    nothing is lost, nothing else is done twice, and the results are the serial ones."""
    scheduler, workers = start_cluster(tmp_path)
    try:
        address = json.loads((tmp_path / "scheduler.json").read_text())["address"]
        this = study(tmp_path / "out", cluster=address, **THREE_RUNS)
        process = start(this)
        wait_until(lambda: len(list(this.output.glob("runs/*/attempts.json"))) == 2, PATIENCE_SECONDS, "the workers did not begin")
        wait_until(lambda: any(this.output.glob("runs/*/notebook.ipynb")), PATIENCE_SECONDS, "no notebook began")
        workers[0].kill()
        output, _ = process.communicate(timeout=PATIENCE_SECONDS)
        assert process.returncode == 0, output
        assert "3/3" in output
        assert "FAILED" not in output, output
    finally:
        for each in (*workers, scheduler):
            each.kill()
            each.wait()

    attempts = [sum(json.loads(path.read_text()).values()) for path in this.output.glob("runs/*/attempts.json")]
    assert sorted(attempts) == [1, 1, 2]
    assert metrics(this) == metrics(serial)


@pytest.mark.slow
def test_a_run_that_fails_is_told_and_the_rest_goes_on(tmp_path: Path) -> None:
    """The failure names its cause and its executed notebook; the other run is recorded; the next start tries the failed one again."""
    this = study(tmp_path, values=({"label": "baseline"}, {"label": "broken", "data": str(tmp_path / "missing.mp4")}), seeds=1)
    events = {event.run.label: event for event in run_study(this)}
    assert events["baseline"].record and not events["broken"].record
    assert "missing.mp4" in events["broken"].error and events["broken"].notebook.exists() and "FAILED" in str(events["broken"])
    assert [event.run.label for event in run_study(this)] == ["broken"]


def test_what_makes_a_new_run(tmp_path: Path) -> None:
    """A change of parameters, data or code makes another key; how a run is watched and where it is written does not."""
    config = study(tmp_path).config({}, 0)
    assert key_of(config) == key_of(study(tmp_path / "other").config({"progress": True, "workers": 2}, 0))
    assert key_of(config) != key_of(study(tmp_path).config({"radius": 3}, 0))
    assert key_of(config) != key_of(study(tmp_path).config({}, 1))

    video = tmp_path / "clip.mp4"
    video.write_bytes(b"one")
    before = key_of(study(tmp_path).config({"data": str(video)}, 0))
    video.write_bytes(b"other")
    assert before != key_of(study(tmp_path).config({"data": str(video)}, 0))

    assert len(code_version()) == 12
    assert bare('def f():\n    """Words."""\n    return 1  # one') == bare("def f():\n    return 1")
    assert bare("def f():\n    return 1") != bare("def f():\n    return 2")
    assert bare("import a\nimport b\nx = 1") == bare("import b\nimport a\nx = 1") != bare("import b\nx = 1")


def test_a_run_that_is_done_counts_in_every_study_that_has_it(tmp_path: Path) -> None:
    """Outcomes that were left whole are recorded without running anything, also for the same study under another name."""
    first, second = study(tmp_path), study(tmp_path, name="again")
    outcome = {"metrics": {"accuracy": 0.5, "training_seconds": 9.0}, "machine": "one"}
    for run in first.runs():
        folder_of(first, run).mkdir(parents=True)
        (folder_of(first, run) / "outcome.json").write_text(json.dumps(outcome))
    assert list(run_study(first)) == list(run_study(second)) == []
    assert len(metrics(first)) == len(metrics(second)) == 4
    assert {record.seconds for record in read_records(tmp_path, "again")} == {9.0}


def test_two_studies_do_not_share_a_folder_at_once(tmp_path: Path) -> None:
    """The second is told who is in its way."""
    with lock(tmp_path), pytest.raises(RuntimeError, match="another process runs a study"):
        next(run_study(study(tmp_path)))


def test_runs_in_a_study_are_ordered_by_seed_and_have_folders_of_their_own(tmp_path: Path) -> None:
    """All values with one seed before the next seed, each in its own folder."""
    this = study(tmp_path)
    runs = list(this.runs())
    assert [run.seed for run in runs] == [0, 0, 1, 1] and [run.place for run in runs] == [0, 1, 0, 1]
    assert len({folder_of(this, run) for run in runs}) == 4
    assert this.grid == study(tmp_path, seeds=5).grid != study(tmp_path, clips=72).grid


def test_no_scheduler_is_one_sentence(tmp_path: Path) -> None:
    """An address where nobody answers is named, with what to start."""
    script = """
from workbench.experiments.cluster import connect
try:
    connect("tcp://127.0.0.1:9", 1).__enter__()
except ConnectionError as error:
    print(error)
"""
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=PATIENCE_SECONDS)
    assert "no dask scheduler answers at 'tcp://127.0.0.1:9'" in told.stdout and "dask scheduler" in told.stdout


@pytest.mark.parametrize("gpu", [False, True])
def test_slurm_jobs_ask_for_what_a_run_needs(gpu: bool) -> None:
    """The job script starts one worker that executes one run at a time, and asks for one GPU where runs want one."""
    script = f"""
from workbench.experiments.cluster import slurm_cluster
with slurm_cluster({gpu}, queue="short", account="me", scheduler_options={{"dashboard_address": ":0"}}) as cluster:
    print(cluster.job_script())
"""
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=PATIENCE_SECONDS)
    assert "#SBATCH -p short" in told.stdout and "#SBATCH -A me" in told.stdout and "--nthreads 1" in told.stdout, told.stderr
    assert ("--gres=gpu:1" in told.stdout) == gpu == ("--resources GPU=1" in told.stdout)


def start_cluster(folder: Path) -> tuple[subprocess.Popen, list[subprocess.Popen]]:
    file = folder / "scheduler.json"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": folder}
    dask = [sys.executable, "-m", "dask"]
    scheduler = subprocess.Popen([*dask, "scheduler", "--port", "0", "--no-dashboard", "--scheduler-file", str(file)], **quiet)
    wait_until(file.exists, PATIENCE_SECONDS, "the scheduler did not start")
    worker = [*dask, "worker", "--scheduler-file", str(file), "--nthreads", "1", "--no-nanny", "--no-dashboard"]
    return scheduler, [subprocess.Popen(worker, **quiet) for _ in range(2)]


def processes_in(folder: Path) -> list[int]:
    """Processes whose working folder or command line lies in the folder: the kernels and their parents."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if str(folder) in os.readlink(entry / "cwd") and int(entry.name) != os.getpid():
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def wait_until(condition, seconds: float, complaint: str) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, complaint
        time.sleep(0.1)
