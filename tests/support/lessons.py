"""Lessons as their tests read them: the code of a notebook run in plain Python, and the answers that it hides."""

import re
from pathlib import Path
from typing import Any

import nbformat
from numeric_tower import unchecked

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
EXERCISE = re.compile(r'wb\.lessons\.check_exercise\("([^"]+)"')
ANSWER = re.compile(r"<details>.*?```python\n(.*?)```.*?</details>", re.DOTALL)


def answers(path: Path) -> dict[str, str]:
    """Exercise -> the code of its answer, which stands in the text cell after the exercise."""
    found = {}
    cells = nbformat.read(path, as_version=4).cells
    for cell, following in zip(cells, [*cells[1:], None], strict=True):
        if cell.cell_type == "code" and (name := EXERCISE.search(cell.source)):
            answer = ANSWER.search(following.source if following else "")
            assert answer, f"{path.name}: no answer in <details> follows the exercise {name[1]}"
            found[name[1]] = answer[1]
    return found


def namespace(path: Path, **parameters: Any) -> dict[str, Any]:
    """The names that a lesson's code leaves behind; those of `parameters` that it has are set after its first cell, as papermill does."""
    names: dict[str, Any] = {"__name__": path.stem}
    code = [cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    with unchecked():
        for number, source in enumerate(code):
            exec(compile(source, f"{path.name}, code cell {number}", "exec"), names)
            if number == 0:
                names.update({name: value for name, value in parameters.items() if name in names})
    return names


def solve(source: str, names: dict[str, Any]) -> Any:
    """What an answer assigns to `answer` where the lesson's names are known; the lesson's own names stay as they are."""
    own = dict(names)
    exec(compile(source, "answer", "exec"), own)
    return own["answer"]
