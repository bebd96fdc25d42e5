"""Why not to trust a match: what its correlation alone tells, cell by cell, without knowing the true motion."""

from enum import IntEnum

import torch
from einops import rearrange, reduce, repeat
from jaxtyping import Bool, Float, Int
from torch import Tensor

from workbench.model.displacement import window_size

WEAK = 0.9  # the shipped network: right matches of whole cells reach 0.98 and more; nine in ten on another picture stay below
MARGIN = 0.001  # a tenth of the temperature: whatever comes so close gets nine tenths of the peak's weight or more


class Reason(IntEnum):
    """Why a match should not be trusted. Of several, the first in this order counts."""

    NONE = 0
    FLAT = 1
    PEAKS = 2
    WEAK = 3
    BORDER = 4
    TAKEN = 5

    @property
    def text(self) -> str:
        return TEXTS[self]


TEXTS = {
    Reason.NONE: "no objection",
    Reason.FLAT: "flat: offsets side by side match alike",
    Reason.PEAKS: "two or more equal peaks",
    Reason.WEAK: "low confidence",
    Reason.BORDER: "peak on the border of the window",
    Reason.TAKEN: "another cell matches there better",
}


def find_reasons(
    correlation: Float[Tensor, "p h w dy dx"], weak: float | int = WEAK, margin: float | int = MARGIN, dilation: int = 1
) -> Int[Tensor, "p h w"]:
    """The number of a `Reason` for every cell and pair, 0 where the correlation raises no objection.

    weak: a smaller peak is low confidence; it depends on the network, and the default was measured on the shipped one.
    margin: correlations that differ by no more count as equal. dilation: cells in a step of the window.

    Raises ValueError for a window that is not square and odd.
    """
    window_size(correlation)
    peak = reduce(correlation, "p h w dy dx -> p h w", "max")
    equal, near, far = as_good_as_peak(correlation, margin, dilation), near_peak(correlation), ambiguous(correlation, margin, dilation)
    beside = reduce((equal & near).float(), "p h w dy dx -> p h w", "sum") > 1
    found = {
        Reason.FLAT: far & (beside | (peak == 0)),  # a cell without features is as unlike one offset as the other
        Reason.PEAKS: far,
        Reason.WEAK: peak < weak,
        Reason.BORDER: peak_on_border(correlation),
        Reason.TAKEN: best_match_of_target(correlation, dilation) > peak + margin,
    }

    reasons = torch.zeros(peak.shape, dtype=torch.long, device=peak.device)
    for reason in reversed(found):
        reasons = torch.where(found[reason], int(reason), reasons)
    return reasons


def ambiguous(correlation: Float[Tensor, "p h w dy dx"], margin: float | int = MARGIN, dilation: int = 1) -> Bool[Tensor, "p h w"]:
    """Whether offsets apart from the peak match as well: the reasons FLAT and PEAKS. Such a displacement is one of several."""
    return reduce(as_good_as_peak(correlation, margin, dilation) & ~near_peak(correlation), "p h w dy dx -> p h w", torch.any)


def as_good_as_peak(correlation: Float[Tensor, "p h w dy dx"], margin: float | int, dilation: int) -> Bool[Tensor, "p h w dy dx"]:
    """The offsets inside the picture whose correlation is that of the peak, but for a margin."""
    peak = reduce(correlation, "p h w dy dx -> p h w 1 1", "max")
    return inside_picture(correlation, dilation) & (correlation >= peak - margin)


def peak_steps(correlation: Float[Tensor, "p h w dy dx"]) -> tuple[Int[Tensor, "p h w"], Int[Tensor, "p h w"]]:
    """Row and column of the largest correlation in its window, the first of equals."""
    place = rearrange(correlation, "p h w dy dx -> p h w (dy dx)").argmax(dim=-1)
    return place // window_size(correlation), place % window_size(correlation)


def peak_on_border(correlation: Float[Tensor, "p h w dy dx"]) -> Bool[Tensor, "p h w"]:
    """Whether the largest correlation lies at the rim of the window: the best match may lie beyond it."""
    row, column = peak_steps(correlation)
    last = window_size(correlation) - 1
    return (row == 0) | (row == last) | (column == 0) | (column == last)


def near_peak(correlation: Float[Tensor, "p h w dy dx"]) -> Bool[Tensor, "p h w dy dx"]:
    """The peak's offset and those next to it, diagonals included."""
    step = torch.arange(window_size(correlation), device=correlation.device)
    rows, columns = ((step - rearrange(at, "p h w -> p h w 1")).abs() <= 1 for at in peak_steps(correlation))
    return rearrange(rows, "p h w dy -> p h w dy 1") & rearrange(columns, "p h w dx -> p h w 1 dx")


def rival_gap(correlation: Float[Tensor, "p h w dy dx"]) -> Float[Tensor, "p h w"]:
    """By how much the largest correlation exceeds the best that is not next to it; what lies outside the picture counts as 0."""
    far = correlation.masked_fill(near_peak(correlation), 0)
    return reduce(correlation, "p h w dy dx -> p h w", "max") - reduce(far, "p h w dy dx -> p h w", "max")


def targets(correlation: Float[Tensor, "p h w dy dx"], dilation: int) -> tuple[Int[Tensor, "h 1 dy 1"], Int[Tensor, "1 w 1 dx"]]:
    """Row and column of the target cell at each offset; they may lie outside the picture."""
    _, h, w, window, _ = correlation.shape
    device, step = correlation.device, (torch.arange(window, device=correlation.device) - window // 2) * dilation
    rows = rearrange(torch.arange(h, device=device), "h -> h 1 1 1") + rearrange(step, "dy -> 1 1 dy 1")
    columns = rearrange(torch.arange(w, device=device), "w -> 1 w 1 1") + rearrange(step, "dx -> 1 1 1 dx")
    return rows, columns


def inside_picture(correlation: Float[Tensor, "p h w dy dx"], dilation: int) -> Bool[Tensor, "h w dy dx"]:
    _, h, w, *_ = correlation.shape
    rows, columns = targets(correlation, dilation)
    return (rows >= 0) & (rows < h) & (columns >= 0) & (columns < w)


def best_match_of_target(correlation: Float[Tensor, "p h w dy dx"], dilation: int) -> Float[Tensor, "p h w"]:
    """For every cell: the largest correlation that any cell has with the target which this cell matches best."""
    p, h, w, *_ = correlation.shape
    rows, columns = targets(correlation, dilation)
    target = rows.clamp(0, h - 1) * w + columns.clamp(0, w - 1)
    target = repeat(target, "h w dy dx -> p (h w) (dy dx)", p=p)
    values = rearrange(correlation * inside_picture(correlation, dilation), "p h w dy dx -> p (h w) (dy dx)")

    best = values.new_zeros(p, h * w).scatter_reduce(1, target.flatten(1), values.flatten(1), "amax")
    chosen = target.gather(2, values.argmax(dim=2, keepdim=True))
    return rearrange(best.gather(1, chosen.flatten(1)), "p (h w) -> p h w", w=w)
