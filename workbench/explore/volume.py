"""What a correlation volume says by itself: its peaks and ties, the rim of its window, the offsets inside the picture, the way back."""

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from einops import rearrange, reduce
from jaxtyping import Bool, Float, Int
from torch import Tensor

from workbench.model.displacement import window_size

MOST_VALUES = 2**22  # correlations that are worked on at once: the work takes ten times their memory
MARGIN = 0.001  # a tenth of the temperature: whatever comes so close gets nine tenths of the peak's weight or more


def split_pairs(pairs: int, values: int) -> Iterator[slice]:
    """So many pairs a few at a time, of which each has so many correlations: never more than `MOST_VALUES`, or one pair, at once."""
    step = max(MOST_VALUES // values, 1)
    return (slice(first, min(first + step, pairs)) for first in range(0, pairs, step))


def ambiguous(correlation: Float[Tensor, "p h w dy dx"], dilation: int) -> Bool[Tensor, "p h w"]:
    """Whether offsets apart from the peak match as well: the issues FLAT and PEAKS. Such a displacement is one of several."""
    return reduce(as_good_as_peak(correlation, dilation) & ~near_peak(correlation), "p h w dy dx -> p h w", torch.any)


def as_good_as_peak(correlation: Float[Tensor, "p h w dy dx"], dilation: int) -> Bool[Tensor, "p h w dy dx"]:
    """The offsets inside the picture whose correlation is that of the peak, but for `MARGIN`."""
    peak = reduce(correlation, "p h w dy dx -> p h w 1 1", "max")
    return inside_picture(correlation, dilation) & (correlation >= peak - MARGIN)


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


def target_cells(correlation: Float[Tensor, "p h w dy dx"], dilation: int) -> tuple[Int[Tensor, "h 1 dy 1"], Int[Tensor, "1 w 1 dx"]]:
    """Row and column of the target cell at each offset; they may lie outside the picture."""
    _, h, w, window, _ = correlation.shape
    device, step = correlation.device, (torch.arange(window, device=correlation.device) - window // 2) * dilation
    rows = rearrange(torch.arange(h, device=device), "h -> h 1 1 1") + rearrange(step, "dy -> 1 1 dy 1")
    columns = rearrange(torch.arange(w, device=device), "w -> 1 w 1 1") + rearrange(step, "dx -> 1 1 1 dx")
    return rows, columns


def inside_picture(correlation: Float[Tensor, "p h w dy dx"], dilation: int) -> Bool[Tensor, "h w dy dx"]:
    _, h, w, *_ = correlation.shape
    rows, columns = target_cells(correlation, dilation)
    return (rows >= 0) & (rows < h) & (columns >= 0) & (columns < w)


def crop_window(volume: Float[torch.Tensor, "*cells dy dx"], radius: int) -> Float[torch.Tensor, "*cells dy2 dx2"]:
    """The offsets at most `radius` steps from the middle of the window. Raises ValueError for a radius beyond what is stored."""
    stored = window_size(volume) // 2
    if not 1 <= radius <= stored:
        raise ValueError(f"the radius must be one of 1 to {stored}, as far as the correlation was computed, got {radius}")
    if radius == stored:
        return volume
    return volume[..., stored - radius : stored + radius + 1, stored - radius : stored + radius + 1].contiguous()


def backward_correlation(correlation: Float[Tensor, "p h w dy dx"], dilation: int = 1) -> Float[Tensor, "p h w dy dx"]:
    """How alike each target cell is to the source cells around it: the same dot products in another order.

    The target at y + dy, x + dx sees the source y, x at offset -dy, -dx. Offsets outside the source are 0.
    dilation: cells in a step of the window. Raises ValueError for a window that is not square and odd, or a dilation below 1.
    """
    if dilation < 1:
        raise ValueError(f"dilation must be at least 1 cell, got {dilation}")
    pairs, height, width, *_ = correlation.shape
    window = window_size(correlation)
    margin = window // 2 * dilation
    sources = F.pad(correlation, (0, 0, 0, 0, margin, margin, margin, margin))

    # One step down in the window is one to the source so far below and, in the source's own window, one step up.
    cell = window * window
    row = cell * (width + 2 * margin)
    strides = (row * (height + 2 * margin), row, cell, dilation * row - window, dilation * cell - 1)
    return sources.as_strided((pairs, height, width, window, window), strides, cell - 1).contiguous()
