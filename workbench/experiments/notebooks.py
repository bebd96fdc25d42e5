"""Executes notebooks by papermill, after a check of their parameters; executed notebooks as HTML pages."""

import ast
import json
import logging
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from workbench.parameters import ParameterError
from workbench.paths import NOTEBOOKS, PROJECT, is_full
from workbench.text import nearest

NOWHERE = logging.NullHandler()


def find_notebook(name: str) -> Path:
    """The notebook of a path, of a name, "21_displacement_range", or of its beginning, "21".

    Raises FileNotFoundError with those there are.
    """
    matches = sorted(NOTEBOOKS.glob(f"{Path(name).name.removesuffix('.ipynb')}*.ipynb"))
    if len(matches) != 1:
        known = ", ".join(path.stem for path in sorted(NOTEBOOKS.glob("*.ipynb")))
        raise FileNotFoundError(f"{name!r} names {len(matches)} notebooks; there are {known or 'none: a clone of the repository has them'}")
    return matches[0]


def execute_notebook(
    notebook: Path, output: Path, parameters: Mapping[str, Any], folder: Path = PROJECT, seconds: float | None = None, log: bool = False
) -> None:
    """Execute a notebook in a kernel of this environment whose working folder is `folder`; the executed one is written to `output`.

    seconds: that one cell may take. log: pass on what the cells print. Raises papermill's own error where a cell fails;
    `complaint` says it in one line.
    """
    import papermill

    for name in ("papermill", "asyncio"):  # of a kernel that is stopped they would complain on the terminal; all else is raised
        logging.getLogger(name).addHandler(NOWHERE)
    output.parent.mkdir(parents=True, exist_ok=True)
    limit = None if seconds is None else round(seconds)
    papermill.execute_notebook(
        str(notebook), str(output), dict(parameters), kernel_name="python3", progress_bar=False, stdout_file=sys.stdout if log else None,
        execution_timeout=limit, cwd=str(folder), store_widget_state=False,  # without its kernel a widget is its still picture
        extra_arguments=["--log-level=CRITICAL"],  # what a cell complains of is in the notebook
    )  # fmt: skip


def check_names(notebook: Path, parameters: Mapping[str, Any]) -> None:
    """Raises ParameterError for a parameter that the notebook does not have, with the nearest name, before anything is executed."""
    import papermill

    known = tuple(papermill.inspect_notebook(str(notebook)))
    if unknown := [name for name in parameters if name not in known]:
        raise ParameterError(f"{notebook.name} has no parameter {unknown[0]!r}{nearest(unknown[0], known)}")


def default_parameters(notebook: Path) -> dict[str, Any]:
    """The parameters of a notebook of this project, as its cell of that tag sets them."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    namespace: dict[str, Any] = {}
    for cell in cells:
        if "parameters" in cell["metadata"].get("tags", ()):
            exec("".join(cell["source"]), {}, namespace)
    return namespace


def complaint(error: Exception) -> str:
    """What went wrong in one line: of an error in a cell its name and message, of a full disk what to do."""
    if is_full(error):
        return "the disk is full; make room there and start again"
    name = getattr(error, "ename", "")
    return f"{name}: {getattr(error, 'evalue', '')}" if name else " ".join(str(error).split())[-300:]


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


STILLS = ("text/html", "text/markdown", "image/svg+xml", "image/png", "image/jpeg", "text/latex", "text/plain")  # no widgets: no kernel
INDEX = """<!doctype html><html lang="en"><meta charset="utf-8"><title>MotionSqueeze Workbench: notebooks</title>
<style>body {{ font: 1.05rem/1.6 system-ui, sans-serif; max-width: 44rem; margin: 3rem auto; padding: 0 1rem; color: #222 }}
a {{ color: #0072b2 }}</style><h1>MotionSqueeze Workbench</h1><ul>{links}</ul></html>"""


def make_gallery(folder: Path = Path("gallery"), only: Iterable[str] = (), parameters: dict | None = None) -> Iterator[Path]:
    """Execute the notebooks at their default budget, or with `parameters`, and yield the page of each as it is written.

    The executed notebook lies beside its page; index.html leads to all pages of the folder. Raises RuntimeError naming the
    notebook and the error where one stops.
    """
    chosen = [find_notebook(name) for name in only] or sorted(NOTEBOOKS.glob("*.ipynb"))
    for notebook in chosen:
        executed = folder / notebook.name
        try:
            execute_notebook(notebook, executed, parameters or {})
        except Exception as error:
            raise RuntimeError(f"{executed} stopped: {complaint(error)}") from error
        page = executed.with_suffix(".html")
        page.write_text(as_page(executed), encoding="utf-8")
        (folder / "index.html").write_text(index(folder), encoding="utf-8")
        yield page


def as_page(executed: Path) -> str:
    """One page with all pictures inside; where a notebook showed a widget, the page has its still."""
    from nbconvert import HTMLExporter
    from traitlets.config import Config

    stills = Config({"NbConvertBase": {"display_data_priority": list(STILLS)}})
    exporter = HTMLExporter(mathjax_url="", require_js_url="", config=stills)
    body, _ = exporter.from_filename(str(executed))
    return body.replace("</head>", "<style>.highlight pre { white-space: pre-wrap }</style></head>", 1)  # long lines are read, not scrolled


def index(folder: Path) -> str:
    """A page that leads to every other page of the folder, by its title."""
    pages = sorted(path for path in folder.glob("*.html") if path.name != "index.html")
    links = "".join(f'<li><a href="{escape(page.name)}">{escape(title_of(page.with_suffix(".ipynb")))}</a></li>' for page in pages)
    return INDEX.format(links=links)


def title_of(notebook: Path) -> str:
    """The first heading of a notebook."""
    first = json.loads(notebook.read_text(encoding="utf-8"))["cells"][0]["source"]
    return "".join(first).splitlines()[0].lstrip("# ")
