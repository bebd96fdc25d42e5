"""Helpers of the exercises: compares a student's function with the right one on the same inputs."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import torch
from torch import Tensor

ANSWER_TOLERANCE = 1e-4


def compare_answers(answer: Any, right: Callable[..., Any], cases: Iterable[tuple], hint: str) -> str | None:
    """None where the student's function gives what the right one gives in every case, else what to think of next."""
    if not callable(answer):
        return "Hand in a function: `answer = its_name`, without brackets, so that it can be tried on other inputs."
    for case in cases:
        right_value, value = np.asarray(as_numbers(right(*case))), as_numbers(answer(*map(copy_value, case)))
        if value is None:
            return "The function should give back a number or a tensor. Does it end in `return`?"
        if value.shape != right_value.shape:
            return f"The shape should be {shape_of(right_value)} {about(case)}, and is {shape_of(value)}."
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


def copy_value(value: Any) -> Any:
    """So that a function which changes its input changes nobody else's."""
    return value.clone() if isinstance(value, Tensor) else value


def shape_of(array: np.ndarray) -> str:
    return " x ".join(map(str, array.shape)) or "a single number"


def about(case: tuple) -> str:
    tensors = [" x ".join(map(str, value.shape)) for value in case if isinstance(value, Tensor)]
    return f"for {' and '.join(tensors)}" if tensors else f"for {', '.join(map(str, case))}"


def random_tensor(seed: int, *size: int, low: float = -1.0, high: float = 1.0) -> Tensor:
    """Uniform values that are the same each time."""
    return low + (high - low) * torch.rand(size, generator=torch.Generator().manual_seed(seed))
