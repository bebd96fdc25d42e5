"""A linear head on the features of a frozen network: logistic regression, tested by rounds in which each take is held out once."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

PENALTY = 0.03  # of the weights of standardised features, beside the mean cross-entropy of a clip
TEST_ROUNDS = 5  # in each of which a fifth of the takes is held out
SOLVER_STEPS = 60  # of the solver, which is there sooner


@dataclass(frozen=True)
class LinearHead:
    """weight `k c` and bias `k`, for the features as they are."""

    weight: Float[Tensor, "k c"]
    bias: Float[Tensor, " k"]

    def __call__(self, features: Float[Tensor, "n c"]) -> Float[Tensor, "n k"]:
        """Logits."""
        return F.linear(features, self.weight, self.bias)


def fit_head(features: Float[Tensor, "n c"], labels: Int[np.ndarray, " n"], classes: int, penalty: float = PENALTY) -> LinearHead:
    """Logistic regression with a penalty on the squared weights; every class counts alike, however many clips it has. The same clips
    give the same head: there is nothing random in it."""
    targets, clips = torch.from_numpy(labels), features.double()
    mean, scale = clips.mean(dim=0), clips.std(dim=0, correction=0).clamp(min=1e-6)
    standard = (clips - mean) / scale
    share = 1 / torch.bincount(targets, minlength=classes).clamp(min=1).double()
    weight = torch.zeros(classes, clips.shape[1], dtype=torch.float64, requires_grad=True)
    bias = torch.zeros(classes, dtype=torch.float64, requires_grad=True)
    solver = torch.optim.LBFGS([weight, bias], max_iter=SOLVER_STEPS, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        solver.zero_grad()
        value = F.cross_entropy(F.linear(standard, weight, bias), targets, share) + penalty * weight.square().sum()
        value.backward()
        return value

    with torch.enable_grad():
        solver.step(loss)  # pyright: ignore[reportArgumentType]
    weight = (weight / scale).detach()
    return LinearHead(weight.float(), (bias.detach() - weight @ mean).float())


def rounds_of(labels: Sequence[int], rounds: int = TEST_ROUNDS) -> Int[np.ndarray, " n"]:
    """The round, from 0, in which each take is held out. Of every class about as many each time, and those that follow each other
    together: takes that were recorded in succession resemble each other, and would make the number too good."""
    numbers, result = np.asarray(labels), np.zeros(len(labels), int)
    for number in np.unique(numbers):
        takes = np.flatnonzero(numbers == number)
        result[takes] = np.arange(len(takes)) * rounds // len(takes)
    return result
