"""How far to trust a match: issues of its correlation (flat, repeating, too fast), and forward-backward consistency."""

from enum import IntEnum

import numpy as np
import torch
from einops import rearrange, reduce, repeat
from jaxtyping import Bool, Float, Int
from torch import Tensor

from workbench.explore.matching import Correspondences
from workbench.explore.probability import LEAST_PROBABILITY
from workbench.explore.refinement import CELL_TOLERANCE, target_places
from workbench.explore.volume import (
    MARGIN,
    ambiguous,
    as_good_as_peak,
    inside_picture,
    near_peak,
    peak_on_border,
    target_cells,
)
from workbench.model.displacement import window_size


class MatchIssue(IntEnum):
    """Why a match should not be trusted. Of several, the first in this order counts."""

    NONE = 0
    FLAT = 1
    PEAKS = 2
    WEAK = 3
    BORDER = 4
    TAKEN = 5

    @property
    def text(self) -> str:
        return ISSUE_TEXTS[self]


ISSUE_TEXTS = {
    MatchIssue.NONE: "no objection",
    MatchIssue.FLAT: "flat: offsets side by side match alike",
    MatchIssue.PEAKS: "two or more equal peaks",
    MatchIssue.WEAK: "weak match",
    MatchIssue.BORDER: "peak on the border of the window",
    MatchIssue.TAKEN: "another cell matches there better",
}


def issues_of(correspondences: Correspondences, pair: int) -> Int[Tensor, "h w"]:
    """The issues of a pair's matches as they are shown; weak are those that are more likely wrong than right."""
    weak = torch.from_numpy(correspondences.probability()[pair]) < LEAST_PROBABILITY
    return find_issues(correspondences.of_pair(pair).correlation, weak[None], correspondences.motion.dilation)[0]


def find_issues(
    correlation: Float[Tensor, "p h w dy dx"], weak: Bool[Tensor, "p h w"] | None = None, dilation: int = 1
) -> Int[Tensor, "p h w"]:
    """The number of a `MatchIssue` for every cell and pair, 0 where the correlation raises no objection.

    weak: the cells whose match is weak, by what its network makes of the correlation; by default none.
    dilation: cells in a step of the window. Correlations that differ by no more than `MARGIN` count as equal.

    Raises ValueError for a window that is not square and odd.
    """
    window_size(correlation)
    peak = reduce(correlation, "p h w dy dx -> p h w", "max")
    equals_nearby, far = as_good_as_peak(correlation, dilation) & near_peak(correlation), ambiguous(correlation, dilation)
    beside = reduce(equals_nearby.float(), "p h w dy dx -> p h w", "sum") > 1
    cells_by_issue = {
        MatchIssue.FLAT: far & (beside | (peak == 0)),  # a cell without features is as unlike one offset as the other
        MatchIssue.PEAKS: far,
        MatchIssue.WEAK: torch.zeros_like(far) if weak is None else weak,
        MatchIssue.BORDER: peak_on_border(correlation),
        MatchIssue.TAKEN: best_match_of_target(correlation, dilation) > peak + MARGIN,
    }

    issues = torch.zeros(peak.shape, dtype=torch.long, device=peak.device)
    for issue, cells in reversed(cells_by_issue.items()):
        issues = torch.where(cells, int(issue), issues)
    return issues


def best_match_of_target(correlation: Float[Tensor, "p h w dy dx"], dilation: int) -> Float[Tensor, "p h w"]:
    """For every cell: the largest correlation that any cell has with the target which this cell matches best."""
    p, h, w, *_ = correlation.shape
    rows, columns = target_cells(correlation, dilation)
    target = rows.clamp(0, h - 1) * w + columns.clamp(0, w - 1)
    target = repeat(target, "h w dy dx -> p (h w) (dy dx)", p=p)
    values = rearrange(correlation * inside_picture(correlation, dilation), "p h w dy dx -> p (h w) (dy dx)")

    best = values.new_zeros(p, h * w).scatter_reduce(1, target.flatten(1), values.flatten(1), "amax")
    chosen = target.gather(2, values.argmax(dim=2, keepdim=True))
    return rearrange(best.gather(1, chosen.flatten(1)), "p (h w) -> p h w", w=w)


def forward_backward_error(correspondences: Correspondences) -> Float[np.ndarray, "p h w"]:
    """How far from its middle a cell ends that follows its displacement and then, from there, the backward displacement.

    In pixels of the frames shown; the backward displacement is bilinear between cells. nan where the way leads out of the
    picture: there is no way back from there, which is no error of the match.
    """
    there, (rows, columns) = torch.from_numpy(correspondences.displacement()) / correspondences.cell, correspondences.grid
    error = correspondences.cell * correspondences.return_error()
    x, y = target_places(there).unbind(dim=1)
    inside = (x >= 0) & (x <= columns) & (y >= 0) & (y <= rows)
    return error.masked_fill(~inside, torch.nan).numpy()


def default_tolerance(correspondences: Correspondences) -> float:
    """The forward-backward error in pixels of the frames shown up to which a match is consistent: half a cell."""
    return CELL_TOLERANCE * correspondences.cell
