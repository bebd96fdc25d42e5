"""The laws of notebooks, and every one of them executed at a tiny budget."""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import nbformat
import pytest
import yaml
from patience import PATIENCE_SECONDS

import workbench as wb
from workbench.evaluation.clips import EvaluateConfig
from workbench.lessons.scene import Scene
from workbench.page.links import PictureConfig
from workbench.parameters import literal_names, parameter_names

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
NAMES = [path.stem for path in NOTEBOOKS]
EXPECTED = ("00", "01", "02", "03", "04", "05", "06", "10", "11", "12", "13", "20", "21", "22", "23")
STUDY = {"epochs": 1, "clips": 36, "seeds": 1, "processes": 1, "output": "studies"}
TINY = {
    "06": {"frames": 4, "pair": 1, "row": 3, "column": 5, "sigma": 0.5},
    "10": {"epochs": 2, "clips": 36, "validation_clips": 18, "test_clips": 36, "workers": 0, "output": "run"},
    "11": {"clips": 36},
    "12": {"recipe": "your-own-classes", "workers": 0},
    "13": {"epochs": 1, "workers": 0, "output": "own"},
    "20": {**STUDY, "seeds": 2, "values": [{"label": "kernel"}, {"label": "no kernel", "sigma": float("inf")}]},
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


@pytest.fixture(scope="session")
def executed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Future]]:
    """All notebooks, executed two at a time, each in a folder of its own."""
    with ThreadPoolExecutor(2) as pool:
        yield {path.stem: pool.submit(execute, path, tmp_path_factory.mktemp(path.stem)) for path in NOTEBOOKS}


def execute(path: Path, folder: Path) -> tuple[subprocess.CompletedProcess, Path]:
    """The notebook by the papermill command, as a user would call it."""
    parameters, output = folder / "parameters.yaml", folder / path.name
    parameters.write_text(yaml.safe_dump(TINY.get(path.stem[:2], {})))
    command = [sys.executable, "-m", "papermill", path, output, "-f", parameters, "--cwd", folder, "--no-progress-bar", "-k", "python3"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "default"}
    run = subprocess.run([*map(str, command), "--execution-timeout", "1800"], capture_output=True, text=True, env=environment, cwd=folder)
    return run, output


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_runs_from_first_to_last_cell(executed: dict[str, Future], name: str) -> None:
    """Every cell is executed without an error, and every picture that a cell asks for is in the result, with its words."""
    run, output = executed[name].result()
    assert run.returncode == 0, run.stderr[-3000:]

    cells = [cell for cell in read(output).cells if cell.cell_type == "code"]
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
        ({"radius": 0}, "radius must be a whole number of at least 1, got 0"),
    ],
)
def test_papermill_cannot_go_on_with_a_default(tmp_path: Path, parameters: dict, message: str) -> None:
    """A wrong name, type or value given to the papermill command stops the notebook in its second cell."""
    path = ROOT / "notebooks" / "10_train.ipynb"
    (tmp_path / "p.yaml").write_text(yaml.safe_dump(parameters))
    command = [sys.executable, "-m", "papermill", str(path), str(tmp_path / "out.ipynb"), "-f", str(tmp_path / "p.yaml"), "-k", "python3"]
    run = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=PATIENCE_SECONDS)
    assert run.returncode != 0 and message in run.stderr
    ran = [cell for cell in read(tmp_path / "out.ipynb").cells if cell.cell_type == "code" and cell.execution_count]
    assert len(ran) == 3  # parameters, papermill's own, and the one that complains
