"""Notebooks executed by papermill, with names of parameters checked first: papermill itself only warns."""

import ast
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from workbench.lab.parameters import ParameterError, nearest
from workbench.model.shelf import PROJECT

NOTEBOOKS = PROJECT / "notebooks"


def find_notebook(name: str) -> Path:
    """The notebook of a path, of a name, "21_displacement_range", or of its beginning, "21".

    Raises FileNotFoundError with those there are.
    """
    found = sorted(NOTEBOOKS.glob(f"{Path(name).name.removesuffix('.ipynb')}*.ipynb"))
    if len(found) != 1:
        known = ", ".join(path.stem for path in sorted(NOTEBOOKS.glob("*.ipynb")))
        raise FileNotFoundError(f"{name!r} names {len(found)} notebooks; there are {known or 'none: a clone of the repository has them'}")
    return found[0]


def execute_notebook(
    notebook: Path, output: Path, parameters: Mapping[str, Any], folder: Path = PROJECT, seconds: float | None = None, log: bool = False
) -> None:
    """Execute a notebook in a kernel of this environment whose working folder is `folder`; the executed one is written to `output`.

    seconds: that one cell may take. log: pass on what the cells print. Raises papermill's own error where a cell fails;
    `complaint` says it in one line.
    """
    import papermill

    output.parent.mkdir(parents=True, exist_ok=True)
    limit = None if seconds is None else round(seconds)
    papermill.execute_notebook(
        str(notebook), str(output), dict(parameters), kernel_name="python3", progress_bar=False, stdout_file=sys.stdout if log else None,
        execution_timeout=limit, cwd=str(folder), store_widget_state=False,  # without its kernel a widget is its still picture
    )  # fmt: skip


def check_names(notebook: Path, parameters: Mapping[str, Any]) -> None:
    """Raises ParameterError for a parameter that the notebook does not have, with the nearest name, before anything is executed."""
    import papermill

    known = tuple(papermill.inspect_notebook(str(notebook)))
    if unknown := [name for name in parameters if name not in known]:
        raise ParameterError(f"{notebook.name} has no parameter {unknown[0]!r}{nearest(unknown[0], known)}")


def complaint(error: Exception) -> str:
    """What went wrong in one line: of an error in a cell its name and message."""
    if hasattr(error, "ename"):
        return f"{error.ename}: {error.evalue}"
    return " ".join(str(error).split())[-300:]


def as_parameters(settings: Sequence[str]) -> dict[str, Any]:
    """ "radius=2" and the like -> parameters: Python literals, inf, and text for all else. Raises ParameterError without a "="."""
    parameters = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not equals:
            raise ParameterError(f"a parameter is set as name=value, got {setting!r}")
        parameters[name] = literal(value)
    return parameters


def literal(text: str) -> Any:
    if text in ("inf", "float('inf')", 'float("inf")'):
        return float("inf")
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text
