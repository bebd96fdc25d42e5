"""One look for every picture and chart: paper, ink, colours and letters."""

from functools import lru_cache
from pathlib import Path

import matplotlib
import numpy as np
from PIL import ImageFont

PAPER = "#ffffff"
INK = "#222222"
MUTED = "#6b6b6b"
HAIRLINE = "#d9d9d9"

# Okabe and Ito (2008), colours that colour-blind readers can tell apart. Their yellow and black are left out:
# a yellow line is lost on white paper, and black is the ink.
BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY = "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"
SERIES = (BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY)
# A second cue beside colour, for print in grey.
LINES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (8, 2)))


@lru_cache
def letters(size: int) -> ImageFont.FreeTypeFont:
    """DejaVu Sans at `size` pixels, the letters of the charts, too. (Pillow's own font has no umlauts, arrows or times sign.)"""
    return ImageFont.truetype(str(Path(matplotlib.get_data_path(), "fonts", "ttf", "DejaVuSans.ttf")), size)


def letter_size(width: int) -> int:
    """Pixels of a letter on a picture `width` pixels wide: 12; more where a page will shrink it to its column, less on a thumbnail."""
    return min(max(round(width / 32), min(12, width // 18), 8), 48)


@lru_cache
def sequential_colours() -> np.ndarray:
    """`256 3` uint8 of cividis (Nuñez, Anderton and Renslow, 2018): even in lightness, the same for colour-blind readers."""
    return matplotlib.colormaps["cividis"](np.arange(256), bytes=True)[:, :3]
