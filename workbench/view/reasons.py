"""Why not to trust a match: what its correlation alone tells, cell by cell, without knowing the true motion."""

from enum import IntEnum

import numpy as np
import torch
from einops import rearrange, reduce, repeat
from jaxtyping import Bool, Float, Int
from numpy.typing import ArrayLike
from PIL import Image, ImageColor, ImageDraw
from torch import Tensor

from workbench.model.displacement import window_size
from workbench.view.canvas import as_frame, enlarge, mount
from workbench.view.style import BLUE, GREEN, INK, MUTED, ORANGE, PAPER, PURPLE, VERMILLION, letter_size, letters

WEAK = 0.9  # the shipped network: right matches of whole cells reach 0.98 and more; nine in ten on another picture stay below
MARGIN = 0.001  # a tenth of the temperature: whatever comes so close gets nine tenths of the peak's weight or more
CLOUD = 0.55  # opacity of a reason over the frame


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
COLOURS = {Reason.FLAT: ORANGE, Reason.PEAKS: PURPLE, Reason.WEAK: BLUE, Reason.BORDER: VERMILLION, Reason.TAKEN: GREEN}


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
    equal = inside_picture(correlation, dilation) & (correlation >= rearrange(peak, "p h w -> p h w 1 1") - margin)
    near = near_peak(correlation)
    far = reduce(equal & ~near, "p h w dy dx -> p h w", torch.any)
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


def draw_reasons(frame: ArrayLike, reasons: ArrayLike, size: tuple[int, int] | None = None) -> np.ndarray:
    """The frame `h w 3` in grey under a colour and a number for the reason of each cell, `h w`: `h w 3` uint8.

    The legend beneath says which share of the cells each reason has. Raises ValueError for other shapes.
    """
    reasons = np.asarray(reasons)
    if reasons.ndim != 2 or 0 in reasons.shape:
        raise ValueError(f"reasons are 'h w', got shape {reasons.shape}")
    frame = enlarge(as_frame(frame), size)
    extent = frame.shape[:2]

    palette = np.array([(0, 0, 0), *(ImageColor.getrgb(COLOURS[reason]) for reason in COLOURS)], dtype=np.uint8)
    colour = enlarge(palette[reasons], extent, smooth=False)
    opacity = CLOUD * enlarge(repeat((reasons > 0).astype(np.uint8), "h w -> h w 1")[..., [0, 0, 0]], extent, smooth=False)
    grey = repeat(frame.mean(axis=-1), "h w -> h w c", c=3)
    picture = Image.fromarray(np.rint((1 - opacity) * grey + opacity * colour).astype(np.uint8))

    number_cells(ImageDraw.Draw(picture), reasons, extent)
    return mount(np.asarray(picture), reasons_legend(extent[1], reasons))


def number_cells(draw: ImageDraw.ImageDraw, reasons: np.ndarray, extent: tuple[int, int]) -> None:
    """The number of its reason in each cell, for those who cannot tell the colours apart; not where cells are too small."""
    height, width = (side / cells for side, cells in zip(extent, reasons.shape, strict=True))
    size = round(0.55 * min(height, width))
    if size < 7:
        return
    for row, column in np.argwhere(reasons):
        place = ((column + 0.5) * width, (row + 0.5) * height)
        draw.text(place, str(reasons[row, column]), fill=PAPER, font=letters(size), anchor="mm")


def reasons_legend(width: int, reasons: np.ndarray) -> np.ndarray:
    """A line for each reason: its colour and number, its name, its share of the cells."""
    size = letter_size(width)
    line = round(1.6 * size)
    image = Image.new("RGB", (width, line * len(Reason) + size // 2), PAPER)
    draw = ImageDraw.Draw(image)
    for place, reason in enumerate((*COLOURS, Reason.NONE)):
        middle, share = size // 4 + (place + 0.5) * line, f"{100 * np.mean(reasons == reason):.0f} %"
        draw.rectangle((1, middle - 0.6 * size, 1 + 1.2 * size, middle + 0.6 * size), fill=COLOURS.get(reason, PAPER), outline=MUTED)
        number = str(int(reason)) if reason else ""
        draw.text((1 + 0.6 * size, middle), number, fill=PAPER, font=letters(round(0.85 * size)), anchor="mm")
        draw.text((1.9 * size, middle), reason.text, fill=INK, font=letters(size), anchor="lm")
        draw.text((width - 2, middle), share, fill=INK, font=letters(size), anchor="rm")
    return np.asarray(image)
