"""The laws of what the page shows of studies."""

import re
from dataclasses import replace
from pathlib import Path

import nbformat
import numpy as np
import pytest

from workbench.experiments.results import RunRecord, save_record
from workbench.page import studies
from workbench.page.studies import (
    StudyRun,
    open_run,
    run_section,
    study_choices,
    study_names,
    study_picture,
    study_runs,
    study_section,
    study_splits,
    study_title,
)

SHIPPED = ("20_kernel_size", "21_displacement_range", "22_insertion_layer", "23_what_makes_it_work")
ACCURACY = {"baseline": (0.5, 0.52, 0.51), "radius 2": (0.3, 0.33, 0.31)}
GROUPS = {"accuracy, speed 1 to 4 px": 0.25, "accuracy, speed 4 to 8 px": 0.75}


def record(place: int, label: str, seed: int, notebook: str, study: str = "30_tiny") -> RunRecord:
    metrics = {"accuracy": ACCURACY[label][seed], **GROUPS}
    key, parameters = f"{place}{seed}", {"radius": place}
    return RunRecord(study, "grid", place, label, seed, key, parameters, metrics, 2.0, "code", "a machine", notebook, "now")


def write_notebook(path: Path, words: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    output = nbformat.v4.new_output("stream", text=words)
    cell = nbformat.v4.new_code_cell("print(words)", outputs=[output], id="cell")
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A study of two values and three seeds as it is kept; the notebook of the last run is gone."""
    for place, label in enumerate(ACCURACY):
        for seed in range(3):
            notebook = f"runs/{place}{seed}/notebook.ipynb"
            save_record(tmp_path / "studies", record(place, label, seed, notebook))
            write_notebook(tmp_path / "studies" / notebook, f"seen in {label}, seed {seed}")
    (tmp_path / "studies" / "runs/12/notebook.ipynb").unlink()
    return tmp_path / "studies"


def test_studies_with_runs_are_named(folder: Path, tmp_path: Path) -> None:
    """Those that came along and those that ran here; asking leaves no file behind."""
    assert study_names(folder) == (*SHIPPED, "30_tiny")
    assert study_names(tmp_path / "nothing") == SHIPPED and not (tmp_path / "nothing").exists()


def test_a_title_is_that_of_the_notebook() -> None:
    """Without its number; a study without a notebook is named in words."""
    assert study_title("21_displacement_range") == "Displacement range" and study_title("30_my_own_study") == "My own study"


def test_every_run_says_where_its_notebook_is(folder: Path) -> None:
    """The baseline first, each value's seeds in order, with the accuracy that was recorded; None for a notebook that is gone."""
    runs = study_runs("30_tiny", folder)
    assert [(run.label, run.seed) for run in runs] == [(label, seed) for label in ACCURACY for seed in range(3)]
    assert [run.accuracy for run in runs] == [value for values in ACCURACY.values() for value in values]
    assert [run.notebook is None for run in runs] == [False] * 5 + [True]


@pytest.mark.parametrize("label", ACCURACY)
def test_a_run_opens_as_its_own_page(folder: Path, label: str) -> None:
    """The page shows what that run showed and no other, and asks nothing of the network."""
    page = open_run("30_tiny", label, 1, folder)
    assert page.lstrip().lower().startswith("<!doctype html>") and re.findall(r"seen in [\w ,]+\d", page) == [f"seen in {label}, seed 1"]
    assert re.findall(r"<(?:script|link|img|iframe)[^>]*(?:src|href)=[\"']?(?:https?:)?//", page) == []


def test_a_notebook_that_is_not_here_is_said_with_the_command(folder: Path) -> None:
    """Both of a run that lost it and of results that came along."""
    with pytest.raises(FileNotFoundError, match=r"radius 2, seed 2, is not on this machine.*`make study NAME=30_tiny`"):
        open_run("30_tiny", "radius 2", 2, folder)
    with pytest.raises(FileNotFoundError, match=r"`make study NAME=21_displacement_range`"):
        open_run("21_displacement_range", "radius 4", 0, folder)


@pytest.mark.parametrize(
    ("name", "label", "seed", "words"),
    [
        ("30_tiyn", "baseline", 0, r"no study '30_tiyn' with runs; did you mean '30_tiny'"),
        ("30_tiny", "radius 3", 0, r"no value 'radius 3'; did you mean 'radius 2'"),
        ("30_tiny", "baseline", 7, r"not run with seed 7; there are seeds 0, 1, 2"),
        ("../secret", "baseline", 0, "no study"),
        ("/etc/passwd", "baseline", 0, "no study"),
        ("30_tiny", "../../secret", 0, "no value"),
        ("", "", 0, "no study ''"),
    ],
)
def test_only_what_is_known_opens(folder: Path, name: str, label: str, seed: int, words: str) -> None:
    """What a visitor gives is a name among those known; a path is none, also where there is a notebook at it."""
    write_notebook(folder.parent / "secret", "a secret")
    with pytest.raises(ValueError, match=words):
        open_run(name, label, seed, folder)


def test_a_record_cannot_lead_out_of_the_folder(folder: Path) -> None:
    """Neither by its path nor by a link: such a notebook counts as not being here."""
    write_notebook(folder.parent / "secret.ipynb", "a secret")
    (folder / "link.ipynb").symlink_to(folder.parent / "secret.ipynb")
    places = ("../secret.ipynb", str(folder.parent / "secret.ipynb"), "link.ipynb")
    for seed, place in enumerate(places):
        save_record(folder, record(0, "baseline", seed, place, "31_leading_out"))
    assert [run.notebook for run in study_runs("31_leading_out", folder)] == [None, None, None]


def test_figures_come_from_the_runs(folder: Path) -> None:
    """Whole and by what the clips differ in; other numbers give another figure."""
    whole, by_speed = study_picture("30_tiny", folder=folder), study_picture("30_tiny", "speed", folder)
    assert whole.dtype == by_speed.dtype == np.uint8 and whole.shape != by_speed.shape
    assert study_splits("30_tiny", folder) == ("speed",)
    save_record(folder, replace(record(1, "radius 2", 0, ""), metrics={"accuracy": 0.9, **GROUPS}))
    assert not np.array_equal(study_picture("30_tiny", folder=folder), whole)


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_studies_show_without_a_run(name: str, tmp_path: Path) -> None:
    """Figures and runs from results/ alone, split first by what the study is about."""
    split = studies.SPLIT[name]
    assert study_splits(name, tmp_path)[0] == split
    assert study_picture(name, "", tmp_path).ndim == study_picture(name, split, tmp_path).ndim == 3
    assert len(study_runs(name, tmp_path)) >= 21 and not any(run.notebook for run in study_runs(name, tmp_path))


def test_every_study_can_be_chosen_and_every_run_has_its_button() -> None:
    """As many buttons as runs, each saying value, seed and accuracy of its own run."""
    for _, name in study_choices():
        shown, runs = study_section(name), study_runs(name)
        buttons = re.findall(r'data-label="([^"]+)" data-seed="(\d+)"[^>]*>\d+: ([\d.]+) %', shown)
        assert shown.count('class="plate"') >= 2
        assert [(int(seed), float(accuracy)) for _, seed, accuracy in buttons] == [(run.seed, round(100 * run.accuracy, 1)) for run in runs]


def test_a_run_whose_notebook_is_elsewhere_says_how_to_make_it() -> None:
    name, run = study_choices()[0][1], study_runs(study_choices()[0][1])[0]
    if run.notebook is None:
        assert f"make study NAME={name}" in run_section(name, run.label, run.seed)
    assert "did you mean" in run_section(name, run.label + "x", run.seed) and "Traceback" not in run_section("../etc", "a", 0)


def test_names_are_escaped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(studies, "study_runs", lambda name: [StudyRun("<script>", 0, 0.5, None)])
    assert "<script>" not in study_section(SHIPPED[0])
