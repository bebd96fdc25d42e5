"""The probability that a match is right within a cell, from how far its peak stands out and whether the way back closes."""

import torch
from jaxtyping import Float
from torch import Tensor

from workbench.explore.volume import MARGIN, rival_gap
from workbench.model.checkpoint import Calibration
from workbench.model.correlation import average_neighbours

LEAST_PROBABILITY = 0.5  # below, a match is more likely wrong than right
VOTERS = 5  # cells each way that decide how far a match stands out: one alone has rivals that its neighbours do not have


def stand_out(correlation: Float[Tensor, "p h w dy dx"], kernel_size: int) -> Float[Tensor, "p h w"]:
    """The `rival_gap` of correlations averaged over 5 x 5 cells; kernel_size: over how many these are averaged already."""
    averaged = correlation if kernel_size >= VOTERS else average_neighbours(correlation[None], VOTERS)[0]
    return rival_gap(averaged)


def evidence_of_match(gap: Float[Tensor, "*cells"], error: Float[Tensor, "*cells"]) -> Float[Tensor, "*cells 3"]:
    """What a `Calibration` weighs: the logarithms of how far a match stands out and, negative, of how far its way back misses; and 1."""
    return torch.stack([gap.clamp(min=MARGIN).log(), -(2 * error).log1p(), torch.ones_like(gap)], dim=-1)


def probability_of_match(gap: Float[Tensor, "*cells"], error: Float[Tensor, "*cells"], calibration: Calibration) -> Float[Tensor, "*cells"]:
    """That a match is right within a cell, from how far it stands out and how far in cells its way back misses (`return_error`); 0 where
    a rival is as good.

    A logistic regression, fitted to scenes whose displacement is known (`workbench.explore.calibration`).
    """
    weights = gap.new_tensor([calibration.rival_gap, calibration.way_back, calibration.offset])
    return torch.where(gap > MARGIN, (evidence_of_match(gap, error) @ weights).sigmoid(), 0.0)
