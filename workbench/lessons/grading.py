"""Grading of the exercises: a student's function beside the right one on the same inputs, and the verdict."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

ANSWER_TOLERANCE = 1e-4


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


def compare_answers(answer: Any, right: Callable[..., Any], cases: Iterable[tuple], hint: str) -> str | None:
    """None where the student's function gives what the right one gives in every case, else what to think of next."""
    if not callable(answer):
        return "Hand in a function: `answer = its_name`, without brackets, so that it can be tried on other inputs."
    for case in cases:
        copies = [value.clone() if isinstance(value, Tensor) else value for value in case]  # the answer may change its inputs
        right_value, value = np.asarray(as_numbers(right(*case))), as_numbers(answer(*copies))
        if value is None:
            return "The function should give back a number or a tensor. Does it end in `return`?"
        if value.shape != right_value.shape:
            return f"The shape should be {shape_words(right_value)} {about(case)}, and is {shape_words(value)}."
        if not np.allclose(value, right_value, rtol=ANSWER_TOLERANCE, atol=ANSWER_TOLERANCE):
            return hint
    return None


def as_numbers(value: Any) -> np.ndarray | None:
    """Numbers, tensors and sequences of numbers as an array; None for anything else."""
    try:
        array = np.asarray(value.detach() if isinstance(value, Tensor) else value)
        return array.astype(float) if array.dtype.kind in "biuf" else None
    except (TypeError, ValueError):
        return None


def shape_words(array: np.ndarray | Tensor) -> str:
    return " x ".join(map(str, array.shape)) or "a single number"


def about(case: tuple) -> str:
    tensors = [shape_words(value) for value in case if isinstance(value, Tensor)]
    return f"for {' and '.join(tensors)}" if tensors else f"for {', '.join(map(str, case))}"


def random_tensor(seed: int, *size: int, low: float = -1.0, high: float = 1.0) -> Tensor:
    """Uniform values that are the same each time."""
    return low + (high - low) * torch.rand(size, generator=torch.Generator().manual_seed(seed))
