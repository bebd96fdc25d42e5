"""The laws of the command line."""

import csv
import io
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from command import workbench
from patience import PATIENCE_SECONDS

import workbench as wb
from workbench.experiments.job import lock
from workbench.experiments.print_records import Interruption, print_records
from workbench.training.alphabet import AlphabetTraining, TrainRecord, train
from workbench.training.config import TrainConfig
from workbench.training.state import STATE

CLIPS = Path(__file__).parent / "clips"
NASA = next(sample.path for sample in wb.sample_videos() if sample.name == "nasa")


def process(*words: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, "-m", "workbench.cli", *words], capture_output=True, text=True, timeout=PATIENCE_SECONDS)


def test_predict_is_what_the_page_shows():
    """One JSON object, the numbers those of Explorer.look."""
    done = process("predict", str(NASA), "--json")
    said, seen = json.loads(done.stdout), wb.Explorer.load().look(NASA)
    assert done.returncode == 0 and done.stderr == ""
    for told, (label, probability) in zip(said["predictions"], seen.top(20), strict=True):
        assert told["label"] == label and told["probability"] == pytest.approx(probability, abs=1e-5)
    assert said["frames"] == list(seen.indices) and said["fps"] == pytest.approx(seen.info.fps) and said["backend"] == seen.backend


def test_predict_for_people():
    done = workbench("predict", str(NASA), "--start", "1", "--seconds", "1")
    assert done.returncode == 0 and "nasa.mp4" in done.stdout and "%" in done.stdout


@pytest.mark.parametrize(("file", "reason"), [(CLIPS / "text.mp4", "not a video"), (CLIPS / "nothing.mp4", "nothing.mp4")])
def test_a_refused_file_is_one_sentence_and_exit_2(file, reason):
    done = workbench("predict", str(file), "--json")
    assert done.returncode == 2 and done.stdout == ""
    assert len(done.stderr.strip().splitlines()) == 1 and file.name in done.stderr and reason in done.stderr


def test_a_folder_is_a_table_with_a_row_for_each_video(tmp_path):
    """Every option of a look is a flag; the exit code says whether all could be read."""
    (tmp_path / "videos").mkdir()
    shutil.copy(NASA, tmp_path / "videos")
    done = workbench("predict", tmp_path / "videos", "--csv", "--start", "2", "--frames", "4", "--mirrored", "--clips", "3")
    [row] = csv.DictReader(io.StringIO(done.stdout))
    seen = wb.Explorer.load().look_at_span(NASA, start=2.0, frames=4, mirrored=True, clips=3)
    assert done.returncode == 0 and done.stderr == ""
    assert row["frames"] == " ".join(map(str, seen.indices)) and row["answer"] == seen.top(1)[0][0]
    shutil.copy(CLIPS / "text.mp4", tmp_path / "videos")
    done = workbench("predict", tmp_path / "videos", "--csv", "--output", tmp_path / "table.csv")
    assert done.returncode == 1 and done.stdout == "" and len((tmp_path / "table.csv").read_text().splitlines()) == 3


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--csv", "--json"], "without it"),
        (["--output", "x.csv"], "add --csv"),
        (["--segments", "x.txt"], "must end in .csv or .json or .eaf"),
    ],
)
def test_options_that_do_not_fit_are_one_sentence(words, reason):
    done = workbench("predict", NASA, *words)
    assert done.returncode == 2 and reason in done.stderr and len(done.stderr.strip().splitlines()) == 1


def test_a_look_out_of_range_is_refused():
    done = workbench("predict", NASA, "--clips", "11")
    assert done.returncode == 2 and "clips must be 1 to 10, got 11" in done.stderr and "Traceback" not in done.stderr


def test_a_folder_of_videos_without_a_table_is_one_sentence(tmp_path):
    shutil.copy(NASA, tmp_path)
    done = workbench("predict", tmp_path)
    assert done.returncode == 2 and "add --csv" in done.stderr


def test_a_checkpoint_that_is_none_is_one_sentence(tmp_path):
    (tmp_path / "bad.safetensors").write_bytes(b"no weights")
    done = workbench("predict", str(NASA), "--checkpoint", str(tmp_path / "bad.safetensors"))
    assert done.returncode == 2 and "bad.safetensors" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize(("words", "radius"), [(["--radius", "2"], 2), (["--network", "tsm"], None)])
def test_train_prints_a_line_an_epoch_and_leaves_a_checkpoint(tmp_path, words, radius):
    """The fields of the config are options; the checkpoint holds the network that was asked for."""
    small = ["--epochs", "2", "--clips", "8", "--batch-size", "4", "--size", "32", "--validation-clips", "4", "--workers", "0"]
    small += ["--no-progress", "--device", "cpu"]
    done = workbench("train", *small, "--output", str(tmp_path), *words)
    assert done.returncode == 0, done.stderr
    assert [json.loads(line)["epoch"] for line in done.stdout.splitlines()] == [1, 2]
    motion = wb.load_weights(tmp_path / "model.safetensors").model.config.motion
    assert (motion and motion.radius) == radius


def test_a_wrong_value_is_one_sentence():
    done = workbench("train", "--radius", "0")
    assert done.returncode == 2 and "radius" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["study", "21", "--set", "clips=36", "sedes=5"], "21_displacement_range.ipynb has no parameter 'sedes'; did you mean 'seeds'?"),
        (["study", "99"], "'99' names 0 notebooks; there are 00_first_look"),
        (["predict", str(NASA), "--checkpoint", "mnset-tiny"], "did you mean 'msnet-tiny'?"),
    ],
)
def test_a_wrong_name_is_told_the_nearest(words, told):
    done = workbench(*words)
    assert done.returncode == 2 and told in done.stderr and "Traceback" not in done.stderr


def interrupted_run():
    yield TrainRecord(1, 0.5, 0.5, 0.5, 0.5, 0.5, 1.0, 1.0)
    raise KeyboardInterrupt


def test_a_run_that_is_interrupted_says_what_is_kept(tmp_path: Path) -> None:
    """Two lines: what there is of it, and how to go on."""
    (tmp_path / STATE).write_bytes(b"")
    with pytest.raises(Interruption) as stop:
        print_records(interrupted_run(), tmp_path)
    kept, how = str(stop.value).split("\n")
    assert kept.startswith(f"Stopped after 1 epoch. {tmp_path} keeps it as it was at ")
    assert how == "The same command goes on from there."


@pytest.mark.parametrize(
    ("folder", "said"), [(None, r"kept\.\nSay --output FOLDER"), (Path("empty"), r"yet\.\nThe same command begins anew")]
)
def test_a_run_of_which_nothing_is_kept_says_so(folder: Path | None, said: str) -> None:
    with pytest.raises(Interruption, match=f"Nothing of it is .*{said}"):
        print_records(interrupted_run(), folder)


class Fatal:
    """Clips that end the process which makes them, as the system does when memory is short."""

    def __len__(self) -> int:
        return 8

    def __getitem__(self, index: int) -> None:
        os.kill(os.getpid(), signal.SIGKILL)


def test_a_loader_that_is_killed_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says what is kept, and what to change."""
    monkeypatch.setattr(AlphabetTraining, "clips", lambda task: Fatal())
    config = TrainConfig(epochs=1, clips=8, batch_size=4, size=32, validation_clips=2, workers=1, device="cpu", progress=False)
    with pytest.raises(RuntimeError, match=r"for want of memory. Nothing of it is kept. .* fewer --workers [^\n]*$"):
        print_records(train(config), None)


GRID = {"base": "{'clips': 36}", "values": "[{'label': 'baseline'}, {'radius': 2}]", "seeds": "2"}


def run_study_command(folder: Path):
    return workbench("study", "21", "--set", f"output={folder}", *(f"{name}={value}" for name, value in GRID.items()))


def test_a_study_counts_its_runs_at_start_and_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where Ctrl-C ends it: then in two lines, the second of which says how to go on."""
    monkeypatch.setattr("workbench.cli.execute_notebook", lambda *arguments, **options: None)
    done = run_study_command(tmp_path)
    start, end = done.stdout.splitlines()
    assert start == "21_displacement_range: 0 of 4 runs are done, 4 to do"
    assert end == "21_displacement_range: 0 of 4 runs are done, 0 failed, 4 left"

    def stop(*arguments, **options) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("workbench.cli.execute_notebook", stop)
    done = run_study_command(tmp_path)
    kept, how = done.stderr.splitlines()
    assert done.returncode == 130
    assert kept.startswith("Stopped: 0 of 4 runs are done, 0 failed, 4 left")
    assert how == "The same command makes those that are missing."


def test_a_second_study_in_a_folder_is_refused_before_it_writes(tmp_path: Path) -> None:
    with lock(tmp_path):
        done = run_study_command(tmp_path)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1 and "another process runs a study" in done.stderr
    assert not any(path.is_dir() for path in tmp_path.iterdir())
