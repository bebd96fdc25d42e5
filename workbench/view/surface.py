"""The surfaces over one cell's window: correlation, kernel and weights as heat maps with axes, marks and a colour bar.

Offsets are in cells, dx to the right and dy downwards. Widths are in pixels; letters and marks grow with them.
"""

from math import ceil, floor

import numpy as np
from einops import repeat
from PIL import Image, ImageDraw

from workbench.look.match import CellMatch, signed
from workbench.view.canvas import enlarge
from workbench.view.draw import side_by_side
from workbench.view.style import HAIRLINE, INK, MUTED, PAPER, VERMILLION, letters, sequential_colours

WIDTH = 400
LABELS = 9  # at most so many numbers on an axis
RIM, LIGHT = "#16181d", "#ffffff"  # light lines between dark ones can be seen on every colour
Place = tuple[int, int, int]  # left, top and side of a square
Pixels = float | int


def draw_surfaces(match: CellMatch, width: int = WIDTH) -> np.ndarray:
    """Correlation, kernel and weights in a row, each `width` pixels wide: `h w 3` uint8."""
    return side_by_side(draw_correlation(match, width), draw_kernel(match, width), draw_weights(match, width))


def draw_correlation(match: CellMatch, width: int = WIDTH) -> np.ndarray:
    """How alike the cell is to the target at each offset: `h w 3` uint8, on a scale of whole tenths around its values.

    Cosines of a trained network crowd near 1: on a scale from 0 the hill could not be seen.
    """
    low, high = floor(10 * match.correlation.min()) / 10, ceil(10 * match.correlation.max()) / 10
    return draw_surface(match.correlation, "correlation", match, width, max(high, low + 0.1), low)


def draw_kernel(match: CellMatch, width: int = WIDTH) -> np.ndarray:
    """The Gaussian at the peak: `h w 3` uint8. The soft-argmax has 1 everywhere, the hard one at the peak alone."""
    return draw_surface(match.kernel, f"kernel, sigma {match.knobs()['sigma']}", match, width)


def draw_weights(match: CellMatch, width: int = WIDTH) -> np.ndarray:
    """The softmax of kernel × correlation / temperature: `h w 3` uint8, on a scale up to the greatest weight."""
    title = f"weights, temperature {match.temperature:.3g}" if match.sigma else "weights"
    return draw_surface(match.weights, title, match, width, float(match.weights.max()))


def draw_surface(values: np.ndarray, title: str, match: CellMatch, width: int = WIDTH, top: float = 1.0, bottom: float = 0.0) -> np.ndarray:
    """Values `dy dx` in [bottom, top] in cividis, with the match's peak and expected offset marked: `h w 3` uint8."""
    size = text_size(width)
    place = (round(2.6 * size), 2 * size, width - round(2.6 * size) - 1)
    left, head, side = place
    image = Image.new("RGB", (width, head + side + round(5.2 * size)), PAPER)
    draw = ImageDraw.Draw(image)

    level = np.rint(255 * np.clip((values - bottom) / (top - bottom), 0, 1)).astype(np.uint8)
    image.paste(Image.fromarray(enlarge(sequential_colours()[level], (side, side), smooth=False)), (left, head))
    draw.rectangle((left - 1, head - 1, left + side, head + side), outline=HAIRLINE)
    draw.text((left, 0.9 * size), title, fill=INK, font=letters(size), anchor="lm")

    _axes(draw, match, place, size)
    _marks(draw, match, place, size)
    _legend(image, draw, place, bottom, top)
    return np.asarray(image)


def text_size(width: int) -> int:
    """Pixels of a letter on a panel so wide: small, since panels stand three in a row."""
    return min(max(round(width / 23.5), 8), 15)


def _axes(draw: ImageDraw.ImageDraw, match: CellMatch, place: Place, size: int) -> None:
    left, head, side = place
    step, font = side / len(match.weights), letters(round(0.9 * size))
    every = ceil((2 * match.radius + 1) / LABELS)
    for offset in range(-match.radius // every * every, match.radius + 1, every):
        if abs(offset) <= match.radius:
            middle, number = (offset + match.radius + 0.5) * step, signed(str(offset * match.dilation))
            draw.text((left + middle, head + side + 0.9 * size), number, fill=MUTED, font=font, anchor="mm")
            draw.text((left - 0.4 * size, head + middle), number, fill=MUTED, font=font, anchor="rm")
    draw.text((left + side, head + side + 2.2 * size), "dx in cells →", fill=MUTED, font=font, anchor="rm")
    draw.text((left - 0.4 * size, head - 0.6 * size), "dy ↓", fill=MUTED, font=font, anchor="rm")


def _marks(draw: ImageDraw.ImageDraw, match: CellMatch, place: Place, size: int) -> None:
    """A square around the peak, a dot at the expected offset."""
    left, head, side = place
    step = side / len(match.weights)
    (px, py), (x, y) = ((np.array(offset) / match.dilation + match.radius + 0.5) * step + (left, head)
                        for offset in (match.peak, match.displacement))  # fmt: skip
    stamp_square(draw, px, py, step / 2 + 1)
    stamp_dot(draw, x, y, min(0.36 * size, 0.3 * step))


def stamp_square(draw: ImageDraw.ImageDraw, x: Pixels, y: Pixels, half: Pixels, colour: str = LIGHT) -> None:
    """The outline of a square around x, y: a light line between two dark ones."""
    for inset, shade in enumerate((RIM, colour, colour, RIM)):
        if half > inset + 1:
            draw.rectangle((x - half + inset, y - half + inset, x + half - inset - 1, y + half - inset - 1), outline=shade)


def stamp_dot(draw: ImageDraw.ImageDraw, x: Pixels, y: Pixels, radius: Pixels) -> None:
    draw.circle((x, y), radius + 1.5, fill=LIGHT, outline=RIM)
    draw.circle((x, y), radius - 0.5, fill=VERMILLION)


def _legend(image: Image.Image, draw: ImageDraw.ImageDraw, place: Place, bottom: float, top: float) -> None:
    """The colour bar from `bottom` to `top`, then what the marks mean."""
    left, head, side = place
    size = text_size(image.width)
    font, middle, bar = letters(size), head + side + round(4.1 * size), round(0.22 * side)
    low, high = (signed(f"{value:.2g}") for value in (bottom, top))
    start = left + round(font.getlength(low) + 0.4 * size)
    draw.text((left, middle), low, fill=MUTED, font=font, anchor="lm")
    colours = Image.fromarray(repeat(sequential_colours(), "x c -> 1 x c")).resize((bar, round(0.8 * size)))
    image.paste(colours, (start, middle - round(0.4 * size)))
    draw.text((start + bar + round(0.4 * size), middle), high, fill=MUTED, font=font, anchor="lm")

    right = left + side
    for name, stamp in (("expected", stamp_dot), ("peak", stamp_square)):
        draw.text((right, middle), name, fill=INK, font=font, anchor="rm")
        right -= font.getlength(name) + 0.9 * size
        stamp(draw, right, middle, 0.36 * size if stamp is stamp_dot else 0.5 * size)
        right -= 1.5 * size
