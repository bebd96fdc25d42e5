"""`wb.lessons.check_exercise(name, answer)`: checks a student's answer."""

import difflib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from workbench.lessons.exercises_00_to_02 import EXERCISES_00_TO_02
from workbench.lessons.exercises_03_to_05 import EXERCISES_03_TO_05

EXERCISES: dict[str, Callable[[Any], str | None]] = {**EXERCISES_00_TO_02, **EXERCISES_03_TO_05}


@dataclass(frozen=True)
class Verdict:
    """Whether an answer is right, and what to think of next where it is not."""

    passed: bool
    message: str

    def _repr_html_(self) -> str:
        colour, sign = ("#00735a", "✓") if self.passed else ("#a34700", "○")
        return f'<p style="border-left: 4px solid {colour}; padding-left: 0.8em">{sign} {self.message}</p>'

    def __repr__(self) -> str:
        return f"{'right' if self.passed else 'not yet'}: {self.message}"


def check_exercise(name: str, answer: Any = None) -> Verdict:
    """The verdict on an answer; None is no answer yet. Nothing that a student hands in raises an error here.

    Raises KeyError for an exercise that does not exist, with the nearest name.
    """
    if name not in EXERCISES:
        close = difflib.get_close_matches(name, EXERCISES, n=1) or sorted(EXERCISES)
        raise KeyError(f"no exercise is called {name!r}; did you mean {', '.join(close)}?")
    if answer is None:
        return Verdict(False, "No answer yet: put yours in place of None and run the cell again.")
    try:
        hint = EXERCISES[name](answer)
    except Exception as error:
        return Verdict(False, f"The answer could not be checked: {type(error).__name__}: {error}")
    return Verdict(True, "That is right.") if hint is None else Verdict(False, hint)
