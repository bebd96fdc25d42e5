"""Hatching, a cue for those who cannot tell colours apart, and legends of patches: a line for each, with its share of the cells."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from einops import rearrange
from PIL import Image, ImageOps

from workbench.view.canvas import enlarge, sheet
from workbench.view.draw import LIFTED
from workbench.view.style import HAIRLINE, INK, letter_size, letters

GREY = 150  # what stands for a frame in a legend


@dataclass(frozen=True)
class Patch:
    """A line of a legend: its patch `h w 3` uint8, what it means, and how much of the picture it is."""

    picture: np.ndarray
    text: str
    share: str = ""


def hatch(picture: np.ndarray, where: np.ndarray, crossed: bool = False) -> np.ndarray:
    """Dark lines edged with light, from corner to corner, over the pixels `h w` where it is True; crossed: both ways.

    They can be seen on every colour. The picture `h w 3` uint8 is left as it was.
    """
    width = max(picture.shape[1] / 400, 1)
    gap = round((12 if crossed else 8) * max(picture.shape[1] / 320, 1))
    off = distance_from_lines(picture.shape[:2], gap, 1)
    if crossed:
        off = np.minimum(off, distance_from_lines(picture.shape[:2], gap, -1))
    light, dark = (rearrange(cover(off, reach) * where, "h w -> h w 1") for reach in (1.7 * width, 0.7 * width))
    return np.rint((picture * (1 - 0.6 * light) + 255 * 0.6 * light) * (1 - dark) + 20 * dark).astype(np.uint8)


def distance_from_lines(extent: tuple[int, int], gap: int, slope: int) -> np.ndarray:
    """Of each pixel from the nearest of the lines x + slope * y = n * gap: `h w` float32, in pixels."""
    y, x = np.ogrid[: extent[0], : extent[1]]
    along = (x + slope * y) % gap
    return (np.minimum(along, gap - along) * np.sqrt(0.5)).astype(np.float32)


def cover(distance: np.ndarray, reach: float) -> np.ndarray:
    """The share of a pixel that a line covers which reaches so far from its middle."""
    return np.clip(reach + 0.5 - distance, 0, 1)


def cells_to_pixels(cells: np.ndarray, extent: tuple[int, int]) -> np.ndarray:
    """`h w` of small whole numbers or truths, one block a cell."""
    return enlarge(np.asarray(cells).astype(np.uint8), extent, smooth=False)


def as_grey(frame: np.ndarray) -> np.ndarray:
    """The frame `h w 3` without its colours, off black, so that what is laid over shows on dark videos."""
    return np.array(ImageOps.grayscale(Image.fromarray(frame)).point(LIFTED).convert("RGB"))


def grey_patch(width: int) -> np.ndarray:
    """What a frame is in the legend of a picture so wide, to be painted as the frame is."""
    size = letter_size(width)
    return np.full((round(1.2 * size), round(2.2 * size), 3), GREY, np.uint8)


def share_of(cells: np.ndarray) -> str:
    """Per cent of cells that are True; some are never none, and not all are never all."""
    percent = 100 * float(np.mean(cells))
    return "<1 %" if 0 < percent < 1 else ">99 %" if 99 < percent < 100 else f"{percent:.0f} %"


def patch_legend(width: int, patches: Sequence[Patch]) -> np.ndarray:
    """A line for each patch, in a strip so wide: `h w 3` uint8."""
    size = letter_size(width)
    line = round(1.7 * size)
    image, draw = sheet(width, line * len(patches) + size // 2)
    for place, patch in enumerate(patches):
        h, w, _ = patch.picture.shape
        middle = size // 4 + round((place + 0.5) * line)
        image.paste(Image.fromarray(patch.picture), (1, middle - h // 2))
        draw.rectangle((1, middle - h // 2, w, middle - h // 2 + h - 1), outline=HAIRLINE)
        draw.text((w + 0.7 * size, middle), patch.text, fill=INK, font=letters(size), anchor="lm")
        draw.text((width - 2, middle), patch.share, fill=INK, font=letters(size), anchor="rm")
    return np.asarray(image)
