"""The laws of the commands that take a data set."""

import json
from pathlib import Path

import pytest
from command import Done, workbench
from small_sets import make_set

import workbench as wb
from workbench.data.findings import read_diagnosis
from workbench.evaluation.scores import read_scores


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    return make_set(tmp_path_factory.mktemp("sets") / "mine", "folders", classes=2, per_class=(3, 2))


@pytest.fixture(scope="module")
def trained(data, tmp_path_factory) -> tuple[Done, Path]:
    """A run of one epoch by the recipe for one's own classes."""
    folder = tmp_path_factory.mktemp("run")
    small = ["--epochs", 1, "--batch-size", 3, "--workers", 0, "--device", "cpu", "--no-progress"]
    return workbench("train", "your-own-classes", "--data", data, "--output", folder, *small), folder


def test_a_recipe_is_trained_and_says_what_it_does(trained):
    """The learning rate with its derivation before, a line an epoch, and then what opens the result."""
    done, folder = trained
    assert done.returncode == 0, done.stderr
    [record] = map(json.loads, done.stdout.splitlines())
    assert record["epoch"] == 1 and record["validation_clips"] == 4 and record["skipped"] == 0
    assert "at 16 clips a step, here 3" in done.stderr and f"--checkpoint {folder}" in done.stderr


def test_what_was_trained_is_tested_by_the_same_numbers(trained, data, tmp_path):
    """`evaluate` prints N, the interval and the classes, keeps the scores, and finds the accuracy that training found."""
    done, folder = trained
    words = ["--data", data, "--checkpoint", folder, "--output", tmp_path, "--workers", 0, "--per-class"]
    tested = workbench("evaluate", "your-own-classes", *words)
    assert tested.returncode == 0, tested.stderr
    scores = read_scores(tmp_path / "your-own-classes.npz")
    assert "N = 4" in tested.stdout and "left" in tested.stdout and "95 %" in tested.stdout
    assert scores.top(1).accuracy == json.loads(done.stdout)["validation_accuracy"]


def test_the_doctors_exit_code_is_for_scripts(data, tmp_path):
    """0 for a healthy set, 1 for a broken one, 2 where there is none; a report and JSON with every name where asked for."""
    assert workbench("doctor", data).returncode == 0
    broken = make_set(tmp_path / "broken", "folders", classes=2, per_class=(3, 2))
    victim = next((broken / "train").rglob("*.mp4"))
    victim.write_bytes(b"no video")
    done = workbench("doctor", broken, "--html", tmp_path / "report.html", "--json", tmp_path / "report.json")
    assert done.returncode == 1 and victim.stem in done.stdout
    assert victim.stem in (tmp_path / "report.html").read_text(encoding="utf-8")
    assert read_diagnosis(tmp_path / "report.json").broken
    missing = workbench("doctor", tmp_path / "nothing")
    assert missing.returncode == 2 and "nothing" in missing.stderr and "Traceback" not in missing.stderr


def test_recipes_are_listed_and_told():
    """Every name in the table, and of one recipe what it takes and the commands."""
    done = workbench("recipes")
    assert done.returncode == 0 and all(name in done.stdout for name in wb.RECIPES)
    told = workbench("recipes", "msnet-r50-16f-k400").stdout
    assert "76.4" in told and "workbench train msnet-r50-16f-k400" in told


def test_a_folder_serves_as_a_hub(trained, tmp_path):
    """What is pushed into a folder can be pulled from it, and used by its path."""
    _, folder = trained
    pushed = workbench("push", folder, tmp_path / "shared")
    assert pushed.returncode == 0, pushed.stderr
    pulled = workbench("pull", tmp_path / "shared")
    assert wb.load_weights(pulled.stdout.strip()).labels == ("left", "right")
    assert "your-own-classes" in (tmp_path / "shared" / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("train", "msnet-r50-8f-sv1", "--data", "x"), "did you mean"),
        (("train", "msnet-r50-8f-ssv1", "--data", "nowhere"), "nowhere"),
        (("evaluate", "msnet-r50-en-ssv1", "--data", "x", "--checkpoint", "one"), "msnet-r50-16f-ssv1"),
        (("pull", "nowhere"), "nowhere"),
    ],
)
def test_what_cannot_be_is_one_sentence_and_exit_2(words, reason):
    done = workbench(*words)
    assert done.returncode == 2 and reason in done.stderr and "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) <= 2  # the run's own line may come first
