"""Colours, colour maps and fonts of every picture and chart, and the colour wheel of displacements."""

from functools import lru_cache
from pathlib import Path

import matplotlib
import numpy as np
from einops import rearrange
from numpy.typing import ArrayLike
from PIL import ImageColor, ImageFont

PAPER = "#ffffff"
INK = "#222222"
MUTED = "#6b6b6b"
HAIRLINE = "#d9d9d9"

# Okabe and Ito (2008), colours that colour-blind readers can tell apart. Their yellow and black are left out:
# a yellow line is lost on white paper, and black is the ink.
BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY = "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"
SERIES = (BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY)
# A second cue beside colour, for print in grey.
DASH_PATTERNS = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (8, 2)))


@lru_cache
def load_font(size: int) -> ImageFont.FreeTypeFont:
    """DejaVu Sans at `size` pixels, the letters of the charts, too. (Pillow's own font has no umlauts, arrows or times sign.)"""
    return ImageFont.truetype(str(Path(matplotlib.get_data_path(), "fonts", "ttf", "DejaVuSans.ttf")), size)


def letter_size(width: int) -> int:
    """Pixels of a letter on a picture `width` pixels wide: 12; more where a page will shrink it to its column, less on a thumbnail."""
    return min(max(round(width / 32), min(12, width // 18), 8), 48)


# The colour maps of heat maps: colour-blind readers can tell their ends apart.
PLAIN_COLOURS, SIGNED_COLOURS = "cividis", "PuOr_r"


@lru_cache
def sequential_colours() -> np.ndarray:
    """`256 3` uint8 of cividis (Nuñez, Anderton and Renslow, 2018): even in lightness, the same for colour-blind readers."""
    return matplotlib.colormaps[PLAIN_COLOURS](np.arange(256), bytes=True)[:, :3]


@lru_cache
def signed_colours() -> np.ndarray:
    """`256 3` uint8 from purple (below zero) over white to orange (above)."""
    return matplotlib.colormaps[SIGNED_COLOURS](np.arange(256), bytes=True)[:, :3]


# (steps, colour at the start); each segment runs to the start of the next, the last one back to red.
WHEEL_SEGMENTS = (
    (15, (255, 0, 0)),  # red to yellow
    (6, (255, 255, 0)),  # yellow to green
    (4, (0, 255, 0)),  # green to cyan
    (11, (0, 255, 255)),  # cyan to blue
    (13, (0, 0, 255)),  # blue to magenta
    (6, (255, 0, 255)),  # magenta to red
)


@lru_cache
def colour_wheel() -> np.ndarray:
    """The 55 colours, `55 3` uint8, read-only, from red (right) over yellow (down), cyan (left) and blue (up) back to red."""
    colours = []
    for (steps, start), (_, end) in zip(WHEEL_SEGMENTS, WHEEL_SEGMENTS[1:] + WHEEL_SEGMENTS[:1], strict=True):
        rise = 255 * np.arange(steps) // steps
        colours.append(np.asarray(start) + np.sign(np.subtract(end, start)) * rearrange(rise, "i -> i 1"))
    wheel = np.concatenate(colours).astype(np.uint8)
    wheel.setflags(write=False)
    return wheel


def as_displacement(displacement: ArrayLike) -> np.ndarray:
    """`2 h w` float32 with channel order x, y. Raises ValueError naming the shape where it is another."""
    array = np.asarray(displacement)
    if array.ndim != 3 or array.shape[0] != 2 or 0 in array.shape:
        raise ValueError(f"a displacement is '2 h w' (x, y), got shape {array.shape}")
    return array.astype(np.float32)


def displacement_to_colour(displacement: ArrayLike, limit: float) -> np.ndarray:
    """Colour of each displacement: `2 h w` (x, y; right and down positive) -> `h w 3` uint8.

    White at zero, full colour at length `limit` (same unit as the displacement), darker beyond, black where it is not finite.
    Raises ValueError for another shape, or a limit that is not a positive number.
    """
    displacement = as_displacement(displacement)
    if not 0 < limit < np.inf:
        raise ValueError(f"the limit must be a positive number, got {limit}")
    known = np.isfinite(displacement).all(axis=0)
    x, y = np.where(known, displacement, 0) / np.float32(limit)

    length = np.hypot(x, y)
    # Rounding must not push the limit itself beyond the limit.
    shade = np.where(length <= 1.00001, np.float32(1), np.float32(0.75)) * known
    colour = (255 - np.minimum(length, 1) * (255 - _direction_to_colour(x, y))) * shade

    return np.ascontiguousarray(rearrange(colour.astype(np.uint8), "c h w -> h w c"))


def values_to_colour(values: ArrayLike, low: float, high: float, colours: np.ndarray | None = None) -> np.ndarray:
    """Colour of each value: `h w` -> `h w 3` uint8 from low to high, grey where it is nan. colours: `256 3`, by default cividis."""
    values = np.asarray(values)
    level = np.rint(255 * np.clip((np.nan_to_num(values) - low) / (high - low), 0, 1)).astype(np.uint8)
    picture = (sequential_colours() if colours is None else colours)[level]
    return np.where(rearrange(np.isnan(values), "h w -> h w 1"), np.array(ImageColor.getrgb(HAIRLINE), np.uint8), picture)


def _direction_to_colour(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Hue of each direction, `c h w` in [0, 255]: as planes, on which numpy is faster than on pixels."""
    wheel = rearrange(colour_wheel().astype(np.float32), "i c -> c i")
    # Adding zero turns -0.0 into 0.0: the sign of a zero would decide on which side of the wheel's seam "right" falls.
    angle = np.arctan2(-(y + 0.0), -(x + 0.0)) / np.float32(np.pi)
    # The last of 55 colours ends the turn, as in the published code; so the seam at "right" is one step wide.
    position = (angle + 1) / 2 * (wheel.shape[1] - 1)
    below = position.astype(np.intp)
    colour = (np.roll(wheel, -1, axis=1) - wheel).take(below, axis=1)
    colour *= position - np.floor(position)
    colour += wheel.take(below, axis=1)
    return colour
