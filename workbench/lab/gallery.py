"""Executed notebooks as HTML pages that open without a server and ask nothing of the network."""

from collections.abc import Iterable, Iterator
from html import escape
from pathlib import Path

import nbformat

from workbench.lab.notebook import NOTEBOOKS, complaint, execute_notebook, find_notebook

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
    first = nbformat.read(str(notebook), as_version=4).cells[0].source
    return first.splitlines()[0].lstrip("# ")
