"""Fills docs/architecture.md: `make docs`. The map is made of the first lines of docstrings, the diagram of the imports.

What stands between `<!-- made: NAME -->` and `<!-- end -->` is written anew; the rest of the page is written by hand.
"""

import ast
import json
import re
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE, PAGE = ROOT / "workbench", ROOT / "docs" / "architecture.md"
BELOW_ALL = {"paths", "text", "parameters"}  # modules that every package may use: left out of the diagram
FOLDERS = {
    "workbench/assets": "The shipped checkpoints and six sample videos.",
    "workbench/draw/templates": "Jinja2 templates and styles of the reports, and the HTML pieces that the page shares.",
    "workbench/page/front": "The style sheet and the scripts of the page.",
    "workbench/page/templates": "Jinja2 templates of the page's tabs.",
}


def first_line(source: str, what: str) -> str:
    """The first line of the docstring. Raises ValueError where that is no sentence of one line."""
    line = (ast.get_docstring(ast.parse(source)) or "").partition("\n")[0]
    if not line.endswith((".", "?")) or len(line) > 130:
        raise ValueError(f"{what}: its docstring must begin with one sentence on a line of at most 130 characters, got {line!r}")
    return line


def describe(path: Path) -> str:
    return first_line(path.read_text(encoding="utf-8"), str(path.relative_to(ROOT)))


def describe_notebook(path: Path) -> str:
    """Its title, and the first sentence below."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    title, _, text = "".join(cells[0]["source"]).partition("\n")
    sentence = re.match(r".*?[.?!](?=\s|$)", " ".join(text.replace("*", "").split()))
    return f"{title.partition(' · ')[2].rstrip('?')}: {sentence[0] if sentence else ''}"


def folders() -> list[Path]:
    """Those of the package that hold something, each before those in it."""
    return sorted({path.parent for path in PACKAGE.rglob("*.*") if path.is_file() and path.suffix != ".pyc"})


def folder_section(folder: Path) -> list[str]:
    """A heading, a line on what the package is for, and its modules."""
    name, files = str(folder.relative_to(ROOT).as_posix()), sorted(folder.glob("*.py"))
    lines = [f"### {name}/", "", describe(folder / "__init__.py") if files else FOLDERS[name]]
    modules = [path for path in files if path.name != "__init__.py"]
    if modules:
        lines += ["", "| module | what is in it |", "|---|---|", *(f"| `{path.name}` | {describe(path)} |" for path in modules)]
    return [*lines, ""]


def make_modules() -> str:
    return "\n".join(line for folder in folders() for line in folder_section(folder)).rstrip()


def make_notebooks() -> str:
    notebooks = sorted((ROOT / "notebooks").glob("*.ipynb"))
    return "\n".join(
        ["| notebook | what it is about |", "|---|---|", *(f"| `{path.name}` | {describe_notebook(path)} |" for path in notebooks)]
    )


def make_scripts() -> str:
    files = [ROOT / "app.py", *sorted((ROOT / "benchmarks").rglob("*.py")), *sorted((ROOT / "docs").glob("*.py"))]
    rows = [f"| `{path.relative_to(ROOT).as_posix()}` | {describe(path)} |" for path in files]
    return "\n".join(["| script | what it does |", "|---|---|", *rows])


def imports() -> dict[str, set[str]]:
    """For each package the packages that its modules import."""
    edges = defaultdict(set)
    for path in PACKAGE.rglob("*.py"):
        own = path.relative_to(PACKAGE).with_suffix("").parts[0]
        if own in {"__init__", "cli", *BELOW_ALL}:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) and node.module and not node.level else []
            edges[own] |= {name.split(".")[1] for name in names if name.startswith("workbench.")} - {own, *BELOW_ALL}
    return edges


def reachable(start: str, edges: dict[str, set[str]]) -> set[str]:
    """Where the arrows lead from a package, by way of others, too; they make no circle."""
    return set().union(*({name} | reachable(name, edges) for name in edges.get(start, ())))


def make_diagram() -> str:
    """Mermaid. Of the arrows those are left out that follow from others."""
    edges = imports()
    arrows = []
    for user, used in sorted(edges.items()):
        indirect = set().union(*(reachable(name, edges) for name in used))
        arrows += [f"    {user} --> {name}" for name in sorted(used - indirect)]
    return "\n".join(["```mermaid", "flowchart TD", *arrows, "```"])


def fill(text: str) -> str:
    """The page with everything between its marks made anew."""
    made = {"diagram": make_diagram, "modules": make_modules, "notebooks": make_notebooks, "scripts": make_scripts}
    for name, make in made.items():
        before, mark, after = text.partition(f"<!-- made: {name} -->\n")
        _, end, after = after.partition("<!-- end -->")
        if not mark or not end:
            raise ValueError(f"docs/architecture.md has no place for {name}: a line <!-- made: {name} --> and then <!-- end -->")
        text = f"{before}{mark}\n{make()}\n\n{end}{after}"
    return text


if __name__ == "__main__":
    PAGE.write_text(fill(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    print("docs/architecture.md")
