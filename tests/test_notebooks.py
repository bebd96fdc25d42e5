"""The laws of notebooks, and every one of them executed at a tiny budget."""

import ast
import os
import re
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from one_kernel import Notebooks, one_kernel

import workbench as wb
from workbench.evaluation.clips import EvaluateConfig
from workbench.lessons.scene import Scene
from workbench.page.links import PictureConfig
from workbench.parameters import literal_names, parameter_names

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
NAMES = [path.stem for path in NOTEBOOKS]
EXPECTED = ("00", "01", "02", "03", "04", "05", "06", "10", "11", "12", "13", "20", "21", "22", "23")
BASE = {"shift_div": None, "nuisance": 0.0, "batch_size": 9, "size": 32, "validation_clips": 18, "test_clips": 36}
STUDY = {"base": BASE, "epochs": 1, "clips": 18, "seeds": 1, "processes": 1, "output": "studies"}  # in one folder: a run counts for all
TINY = {
    "06": {"frames": 4, "pair": 1, "row": 3, "column": 5, "sigma": 0.5},
    "10": {"epochs": 2, "size": 32, "clips": 36, "validation_clips": 18, "test_clips": 36, "workers": 0, "output": "run"},
    "11": {"clips": 36},
    "12": {"recipe": "your-own-classes", "workers": 0},
    "13": {"epochs": 1, "workers": 0, "output": "own"},
    "20": {**STUDY, "seeds": 2, "values": [{"label": "kernel"}, {"radius": 1}]},
    "21": {**STUDY, "values": [{"label": "radius 4"}, {"radius": 1}]},
    "22": {**STUDY, "values": [{"label": "after layer1"}, {"label": "none", "motion": False}]},
    "23": {**STUDY, "values": [{"label": "TSN + MS", "shift_div": None}, {"label": "TSM", "motion": False}]},
}
KIND = {
    "06": PictureConfig,
    "0": Scene,
    "10": wb.TrainConfig,
    "11": EvaluateConfig,
    "12": wb.ReproduceConfig,
    "13": wb.FitConfig,
    "2": wb.Study,
}


def read(path: Path):
    return nbformat.read(path, as_version=4)


def code_cells(path: Path) -> list:
    return [cell for cell in read(path).cells if cell.cell_type == "code"]


def test_all_are_there() -> None:
    """Six lessons and one on a video of one's own, two to train and evaluate, one for classes of one's own, four studies."""
    assert tuple(name[:2] for name in NAMES) == EXPECTED


@pytest.mark.parametrize("path", NOTEBOOKS, ids=NAMES)
def test_nothing_executed_is_stored(path: Path) -> None:
    """No outputs and no execution counts; the kernel is any environment's own."""
    notebook = read(path)
    nbformat.validate(notebook)
    assert [cell.source for cell in code_cells(path) if cell.outputs or cell.execution_count] == []
    assert notebook.metadata.kernelspec.name == "python3" and set(notebook.metadata) <= {"kernelspec", "language_info"}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=NAMES)
def test_parameters_come_first_and_are_literals(path: Path) -> None:
    """Exactly one cell is tagged `parameters`: the first with code; it assigns literals to names that its config has."""
    cells = code_cells(path)
    assert ["parameters" in cell.metadata.get("tags", []) for cell in cells] == [True] + [False] * (len(cells) - 1)

    names = literal_names(cells[0].source)
    assert names, "not only literals"
    kind = next(kind for start, kind in KIND.items() if path.stem.startswith(start))
    assert set(names) <= set(parameter_names(kind))
    assert re.search(rf"wb\.read_parameters\(wb\.(?:\w+\.)?{kind.__name__}, globals\(\)\)", cells[1].source)


def test_training_offers_every_choice() -> None:
    """All fields of the motion module are parameters of 10_train, and all that make a run."""
    names = literal_names(code_cells(ROOT / "notebooks/10_train.ipynb")[0].source)
    missing = set(parameter_names(wb.TrainConfig)) - set(names)
    assert missing <= {"num_classes", "fresh", "accumulate", "save_every"}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=NAMES)
def test_cells_are_short(path: Path) -> None:
    """No code cell but the list of parameters has more than 15 lines, and most have about four."""
    lengths = [len([line for line in cell.source.splitlines() if line.strip()]) for cell in code_cells(path)[1:]]
    assert max(lengths) <= 15 and sorted(lengths)[len(lengths) // 2] <= 6


@pytest.mark.parametrize("path", NOTEBOOKS, ids=NAMES)
def test_nothing_that_stalls_papermill(path: Path) -> None:
    """No Output widgets and no interact: with them an executed notebook now and then never ends."""
    source = "\n".join(cell.source for cell in code_cells(path))
    assert not re.search(r"\bOutput\(|\binteract|\bpyplot\b|capture\(", source)


@pytest.fixture(scope="module")
def notebooks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Notebooks]:
    """One kernel for all, in a new folder."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "default"}
    with one_kernel(tmp_path_factory.mktemp("notebooks"), environment) as notebooks:
        yield notebooks


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=NAMES)
def test_runs_from_first_to_last_cell(notebooks: Notebooks, path: Path, tmp_path: Path) -> None:
    """Every cell is executed without an error, and every picture that a cell asks for is in the result, with its words."""
    error = notebooks.execute(path, tmp_path / "executed.ipynb", TINY.get(path.stem[:2], {}))
    assert error == ""

    cells = code_cells(tmp_path / "executed.ipynb")[1:]  # without the one that empties the kernel
    assert all(cell.execution_count for cell in cells if cell.source.strip())
    for cell in cells:
        kinds = {kind for out in cell.outputs for kind in out.get("data", {})}
        errors = [out.text for out in cell.outputs if out.output_type == "stream" and out.name == "stderr" and "Warning" in out.text]
        assert not errors, errors
        if shows_a_picture(cell.source):
            assert "image/png" in kinds, cell.source


def shows_a_picture(source: str) -> bool:
    """Whether a cell ends in a picture or a widget, or has one that changes while it runs."""
    last = ast.unparse(ast.parse(source).body[-1]) if source.strip() else ""
    return last.startswith(("wb.show(", "wb.draw.MatchWidget(", "wb.draw.CamouflageWidget(")) or "LivePicture(" in source


@pytest.mark.slow
@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"raduis": 3}, "there is no parameter 'raduis'; did you mean 'radius'?"),
        ({"radius": "3"}, "radius must be a whole number, got '3'"),
        ({"radius": 0}, "radius must be 1 to 64, got 0"),
    ],
)
def test_papermill_cannot_go_on_with_a_default(notebooks: Notebooks, tmp_path: Path, parameters: dict, message: str) -> None:
    """A wrong name, type or value given to papermill stops the notebook in its second cell."""
    error = notebooks.execute(ROOT / "notebooks" / "10_train.ipynb", tmp_path / "out.ipynb", parameters)
    assert message in error
    ran = [cell for cell in code_cells(tmp_path / "out.ipynb")[1:] if cell.execution_count]
    assert len(ran) == 3  # parameters, papermill's own, and the one that complains


@pytest.mark.parametrize("path", [path for path in NOTEBOOKS if path.stem.startswith("2")], ids=lambda path: path.stem)
def test_every_run_of_a_study_can_be(path: Path) -> None:
    """The base and the values that stand in the notebook, of which the test above executes others, make runs of their own."""
    names: dict = {}
    exec(code_cells(path)[0].source, names)
    study = wb.read_parameters(wb.Study, names)
    runs = list(study.runs())
    assert len({run.key for run in runs}) == len(runs) == len(study.values) * study.seeds
