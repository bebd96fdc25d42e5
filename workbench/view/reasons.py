"""The reasons not to trust a match, cell by cell over its frame."""

import numpy as np
from einops import repeat
from numpy.typing import ArrayLike
from PIL import Image, ImageColor, ImageDraw

from workbench.look.reasons import Reason
from workbench.view.canvas import as_frame, enlarge, mount
from workbench.view.style import BLUE, GREEN, INK, MUTED, ORANGE, PAPER, PURPLE, VERMILLION, letter_size, letters

CLOUD = 0.55  # opacity of a reason over the frame
COLOURS = {Reason.FLAT: ORANGE, Reason.PEAKS: PURPLE, Reason.WEAK: BLUE, Reason.BORDER: VERMILLION, Reason.TAKEN: GREEN}


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
