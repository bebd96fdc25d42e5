"""The results of the ablations on the page: figures with intervals, and a button for the executed notebook of each run."""

from collections.abc import Iterable
from html import escape
from itertools import groupby

from workbench.page.markup import plate, plates
from workbench.page.refusal import in_a_sentence
from workbench.page.studies import StudyRun, open_run, study_names, study_picture, study_runs, study_splits, study_title


def study_choices() -> list[tuple[str, str]]:
    """Title and name of every study with runs."""
    return [(study_title(name), name) for name in study_names()]


@in_a_sentence
def study_shown(name: str | None) -> str:
    """Accuracy of each value, by what the clips differ in, and the runs."""
    if not name:
        return ""
    title = study_title(name)
    whole = plate("study", title, "each value, with its 95 % interval over seeds", study_picture(name), f"{title}: accuracy of each value")
    parts = (
        plate(f"study-{split}", f"By {split}", "where a value helps or harms", study_picture(name, split), f"{title}, by {split}")
        for split in study_splits(name)
    )
    return plates([whole, *parts], columns=2) + runs_table(study_runs(name))


def runs_table(runs: Iterable[StudyRun]) -> str:
    """A row for each value, a button for each of its runs."""
    rows = "".join(
        f'<tr><th scope="row">{escape(label)}</th><td>{"".join(map(run_button, group))}</td></tr>'
        for label, group in groupby(runs, key=lambda run: run.label)
    )
    head = '<thead><tr><th scope="col">value</th><th scope="col">runs: seed and accuracy; a click opens the notebook</th></tr></thead>'
    return f'<table class="runs" id="runs">{head}<tbody>{rows}</tbody></table>'


def run_button(run: StudyRun) -> str:
    label = escape(run.label)
    return (
        f'<button type="button" class="run" data-label="{label}" data-seed="{run.seed}" '
        f'aria-label="Open the notebook of {label}, seed {run.seed}">{run.seed}: {100 * run.accuracy:.1f} %</button>'
    )


@in_a_sentence
def run_opened(name: str, label: str, seed: int) -> str:
    """The executed notebook of a run, in a frame in which no script runs."""
    page = escape(open_run(name, label, seed))
    return f'<iframe class="notebook" id="run" title="{escape(label)}, seed {seed}" sandbox="" srcdoc="{page}"></iframe>'
