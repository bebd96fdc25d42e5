"""The code of the notebooks as Python files, so that a type checker reads it: `python tests/support/notebook_code.py FOLDER`."""

import sys
from pathlib import Path

import nbformat

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
# What is asked of notebooks is that the names of the package which they use are there and are called as they can be.
HEAD = "# pyright: reportOptionalSubscript=false, reportOptionalMemberAccess=false, reportIndexIssue=false, reportUnusedExpression=false\n"
HEAD += "# pyright: reportArgumentType=false, reportCallIssue=false\n"


def code_of(path: Path) -> str:
    """The code cells one after the other, without what is IPython's own."""
    cells = [cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    return HEAD + "\n".join(line for line in "\n\n".join(cells).splitlines() if not line.lstrip().startswith(("%", "!"))) + "\n"


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        (folder / f"notebook_{path.stem}.py").write_text(code_of(path), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
