"""The tab Studies: figures with intervals, conclusions, and the executed notebook of any run."""

from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import gradio as gr
import numpy as np
from jaxtyping import UInt8
from markupsafe import Markup
from pandas import DataFrame

from workbench.draw.charts import chart_to_picture
from workbench.draw.html import plate, plates, render
from workbench.draw.studies import draw_study, draw_study_by
from workbench.experiments.notebooks import as_page, title_of
from workbench.experiments.publish import SPLIT
from workbench.experiments.results import recorded_studies, study_rows
from workbench.experiments.statistics import group_columns, study_table
from workbench.page.tab import EACH, QUICK, Tab, errors_as_html, read_front_file
from workbench.paths import NOTEBOOKS, RESULTS, STUDIES
from workbench.text import nearest

STUDY_SPLITS = ("speed", "camouflage")
NARROW = 4.4  # inches: two stand side by side on a screen, and letters can still be read on a phone


class StudiesTab(Tab):
    title = "Studies"

    def lay_out(self) -> None:
        choices = study_choices()
        first, info = choices[0][1] if choices else None, "One thing changed at a time, over several seeds."
        name = gr.Dropdown(choices, value=first, label="Study", info=info, elem_id="study-choice")
        study = gr.HTML(study_section(first), elem_id="study-shown", js_on_load=read_front_file("runs.js"))
        run = gr.HTML(elem_id="run-shown")
        name.input(study_section, name, study, **QUICK)
        study.open(self.open_notebook, name, run, **EACH)

    def open_notebook(self, event: gr.EventData, name: str) -> str:
        return run_section(name, event.label, event.seed)


@dataclass(frozen=True)
class StudyRun:
    """A run of a study. accuracy: a fraction. notebook: where it lies as executed; None where it is not on this machine."""

    label: str
    seed: int
    accuracy: float
    notebook: Path | None


def study_names(folder: Path = STUDIES) -> tuple[str, ...]:
    """Studies with runs, in `folder` or in results/, in the order of the alphabet."""
    return tuple(sorted({path.stem for path in RESULTS.glob("2*.csv")} | recorded_studies(folder)))


def study_title(name: str) -> str:
    """As its notebook is headed; of a study without a notebook here its name in words."""
    notebook = NOTEBOOKS / f"{name}.ipynb"
    title = title_of(notebook) if notebook.is_file() else name.lstrip("0123456789_").replace("_", " ").capitalize()
    return title.lstrip("0123456789 ·") or name


def study_splits(name: str, folder: Path = STUDIES) -> tuple[str, ...]:
    """By what the clips of a study differ, "speed" or "camouflage": first what the study is about. Raises ValueError as `rows_of`."""
    rows = rows_of_study(name, folder)
    return tuple(sorted((split for split in STUDY_SPLITS if group_columns(rows, split)), key=lambda split: split != SPLIT.get(name)))


def study_picture(name: str, split: str = "", folder: Path = STUDIES) -> UInt8[np.ndarray, "h w 3"]:
    """Accuracy of each value with its 95 % interval over seeds; with a `split`, in each group of clips.

    Raises ValueError for a study without runs, or without its baseline's.
    """
    rows = rows_of_study(name, folder)
    return chart_to_picture(draw_study_by(rows, split, NARROW) if split else draw_study(study_table(rows), rows, NARROW))


def study_runs(name: str, folder: Path = STUDIES) -> tuple[StudyRun, ...]:
    """Every run of a study, value by value, the baseline first. Raises ValueError for a study without runs."""
    return tuple(
        StudyRun(str(row["label"]), int(row["seed"]), float(row["accuracy"]), notebook_of_run(row["notebook"], folder))
        for row in rows_of_study(name, folder).to_dict("records")
    )


def open_run(name: str, label: str, seed: int, folder: Path = STUDIES) -> str:
    """The executed notebook of a run as one HTML page with all inside.

    Raises ValueError for a run that is not known, with the nearest name, and FileNotFoundError where its notebook is not
    on this machine, with the command that makes it.
    """
    runs = study_runs(name, folder)
    labels = tuple(dict.fromkeys(run.label for run in runs))
    if label not in labels:
        raise ValueError(f"{name} has no value {label!r}{nearest(label, labels)}")
    seeds = {run.seed: run for run in runs if run.label == label}
    if seed not in seeds:
        raise ValueError(f"{label} was not run with seed {seed}; there are seeds {', '.join(map(str, seeds))}")
    notebook = seeds[seed].notebook
    if notebook is None:
        raise FileNotFoundError(
            f"the notebook of {label}, seed {seed}, is not on this machine: its result came with the workbench; "
            f"`make study NAME={name}` runs the study and keeps every notebook"
        )
    return as_page(notebook)


def rows_of_study(name: str, folder: Path) -> DataFrame:
    """The runs of a known study. Raises ValueError for another name, with the nearest: a name is looked up, never a path."""
    names = study_names(folder)
    if name not in names:
        raise ValueError(f"there is no study {name!r} with runs{nearest(name, names)}")
    return study_rows(name, folder)


def notebook_of_run(place: str, folder: Path) -> Path | None:
    """The notebook at a place that a record names, if it lies in the folder of studies, links followed."""
    path = (folder / place).resolve()
    return path if path.is_file() and path.is_relative_to(folder.resolve()) else None


def study_choices() -> list[tuple[str, str]]:
    """Title and name of every study with runs."""
    return [(study_title(name), name) for name in study_names()]


@errors_as_html
def study_section(name: str | None) -> str:
    """Accuracy of each value, by what the clips differ in, and the runs."""
    if not name:
        return Markup()
    title = study_title(name)
    whole = plate("study", title, "each value, with its 95 % interval over seeds", study_picture(name), f"{title}: accuracy of each value")
    parts = (
        plate(f"study-{split}", f"By {split}", "where a value helps or harms", study_picture(name, split), f"{title}, by {split}")
        for split in study_splits(name)
    )
    values = [(label, list(runs)) for label, runs in groupby(study_runs(name), key=lambda run: run.label)]
    return plates([whole, *parts], columns=2) + render("runs.html", values=values)


@errors_as_html
def run_section(name: str, label: str, seed: int) -> str:
    """The executed notebook of a run, in a frame in which no script runs."""
    return render("notebook.html", label=label, seed=seed, page=open_run(name, label, seed))
