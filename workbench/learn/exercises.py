"""The exercises of all lessons: a name, and a judge that returns None for a right answer and a hint for any other."""

from collections.abc import Callable
from typing import Any

from workbench.learn.first_exercises import FIRST
from workbench.learn.later_exercises import LATER

EXERCISES: dict[str, Callable[[Any], str | None]] = {**FIRST, **LATER}
