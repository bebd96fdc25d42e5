"""How one cell finds its displacement: correlation, kernel and weights as heat maps, and all on one sheet."""

from math import ceil, floor

import numpy as np
from einops import rearrange
from numpy.typing import ArrayLike
from PIL import Image, ImageDraw

from workbench.draw.canvas import as_frame, enlarge, mount, sheet
from workbench.draw.fields import draw_displacement, side_by_side, stamp_arrows
from workbench.draw.legends import Muted, draw_colour_bar, draw_legend
from workbench.draw.pair import colour_limit, picture_size
from workbench.draw.style import HAIRLINE, INK, MUTED, ORANGE, SKY, VERMILLION, load_font, values_to_colour
from workbench.explore.explorer import Exploration
from workbench.explore.matching import CellMatch, Correspondences, match_in_pair
from workbench.text import signed

MATCH_WIDTH = 400
MOST_TICKS = 9  # at most so many numbers on an axis
RIM, LIGHT = "#16181d", "#ffffff"  # light lines between dark ones can be seen on every colour

Place = tuple[int, int, int]  # left, top and side of a square
Cell = tuple[int, int]  # row, column
Grid = tuple[int, int]  # rows, columns


def draw_surfaces(match: CellMatch, width: int = MATCH_WIDTH) -> np.ndarray:
    """Correlation, kernel and weights in a row, each `width` pixels wide: `h w 3` uint8."""
    return side_by_side(draw_correlation(match, width), draw_kernel(match, width), draw_weights(match, width))


def draw_correlation(match: CellMatch, width: int = MATCH_WIDTH) -> np.ndarray:
    """How alike the cell is to the target at each offset: `h w 3` uint8, on a scale of whole tenths around its values.

    Cosines of a trained network crowd near 1: on a scale from 0 the hill could not be seen.
    """
    low, high = correlation_range(match)
    return draw_surface(match.correlation, "correlation", match, width, high, low)


def correlation_range(match: CellMatch) -> tuple[float, float]:
    """Whole tenths around the correlations of a cell, at least one apart."""
    low, high = floor(10 * match.correlation.min()) / 10, ceil(10 * match.correlation.max()) / 10
    return low, max(high, low + 0.1)


def draw_kernel(match: CellMatch, width: int = MATCH_WIDTH) -> np.ndarray:
    """The Gaussian at the peak: `h w 3` uint8. The soft-argmax has 1 everywhere, the hard one at the peak alone."""
    return draw_surface(match.kernel, f"kernel, sigma {match.describe_settings()['sigma']}", match, width)


def draw_weights(match: CellMatch, width: int = MATCH_WIDTH) -> np.ndarray:
    """The softmax of kernel × correlation / temperature: `h w 3` uint8, on a scale up to the greatest weight."""
    title = f"weights, temperature {match.temperature:.3g}" if match.sigma else "weights"
    return draw_surface(match.weights, title, match, width, float(match.weights.max()))


def draw_surface(values: np.ndarray, title: str, match: CellMatch, width: int, top: float = 1.0, bottom: float = 0.0) -> np.ndarray:
    """Values `dy dx` in [bottom, top] in cividis, with the match's peak and expected offset marked: `h w 3` uint8."""
    size = text_size(width)
    place = (round(2.6 * size), 2 * size, width - round(2.6 * size) - 1)
    left, head, side = place
    image, draw = sheet(width, head + side + round(5.2 * size))

    image.paste(Image.fromarray(enlarge(values_to_colour(values, bottom, top), (side, side), smooth=False)), (left, head))
    draw.rectangle((left - 1, head - 1, left + side, head + side), outline=HAIRLINE)
    draw.text((left, 0.9 * size), title, fill=INK, font=load_font(size), anchor="lm")

    _axes(draw, match, place, size)
    _marks(draw, match, place, size)
    dot, pen = sheet(size + 2, size + 2)
    stamp_dot(pen, dot.width / 2 - 0.5, dot.height / 2 - 0.5, 0.36 * size)
    low, high = (signed(f"{value:.2g}") for value in (bottom, top))
    bar = draw_colour_bar(low, high, round(0.22 * side), size)
    marks = draw_square_patch(LIGHT, size), "peak", np.asarray(dot), "expected"
    legend = draw_legend(side, [bar, None, *marks], size=size, height=2 * size)
    image.paste(Image.fromarray(legend), (left, head + side + round(4.1 * size) - size))
    return np.asarray(image)


def text_size(width: int) -> int:
    """Pixels of a letter on a panel so wide: small, since panels stand three in a row."""
    return min(max(round(width / 23.5), 8), 15)


def _axes(draw: ImageDraw.ImageDraw, match: CellMatch, place: Place, size: int) -> None:
    left, head, side = place
    step, font = side / len(match.weights), load_font(round(0.9 * size))
    every = ceil((2 * match.radius + 1) / MOST_TICKS)
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


def stamp_square(draw: ImageDraw.ImageDraw, x: float, y: float, half: float, colour: str = LIGHT) -> None:
    """The outline of a square around x, y: a light line between two dark ones."""
    for inset, shade in enumerate((RIM, colour, colour, RIM)):
        if half > inset + 1:
            draw.rectangle((x - half + inset, y - half + inset, x + half - inset - 1, y + half - inset - 1), outline=shade)


def stamp_dot(draw: ImageDraw.ImageDraw, x: float, y: float, radius: float) -> None:
    draw.circle((x, y), radius + 1.5, fill=LIGHT, outline=RIM)
    draw.circle((x, y), radius - 0.5, fill=VERMILLION)


def draw_square_patch(colour: str, size: int) -> np.ndarray:
    """The outline of a square as a patch of a legend, for letters of so many pixels."""
    image, pen = sheet(size + 2, size + 2)
    stamp_square(pen, image.width / 2, image.height / 2, 0.5 * size, colour)
    return np.asarray(image)


def draw_match(source: ArrayLike, target: ArrayLike, match: CellMatch, cell: Cell, grid: Grid, width: int = MATCH_WIDTH) -> np.ndarray:
    """The whole way on one sheet, `h w 3` uint8: source, target and facts above correlation, kernel and weights.

    Raises ValueError for a cell that the grid does not have, or what is no frame.
    """
    facts = describe_cell(cell) | match.describe_settings() | match.describe_result()
    above = side_by_side(draw_cell_on_frames(source, target, match, cell, grid, width), draw_facts(facts, width))
    below = draw_surfaces(match, width)
    return np.concatenate([above, np.full((12, *below.shape[1:]), 255, np.uint8), below])


def draw_cell_on_frames(
    source: ArrayLike, target: ArrayLike, match: CellMatch, cell: Cell, grid: Grid, width: int = MATCH_WIDTH
) -> np.ndarray:
    """`draw_source` beside `draw_target`: `h w 3` uint8."""
    return side_by_side(draw_source(source, cell, grid, width), draw_target(target, match, cell, grid, width))


def draw_source(frame: ArrayLike, cell: Cell, grid: Grid, width: int = MATCH_WIDTH, caption: str = "source") -> np.ndarray:
    """The frame `h w 3` with one cell of the grid outlined, `width` pixels wide, over its legend: `h w 3` uint8.

    Raises ValueError for a cell that the grid does not have.
    """
    picture = outline_cells(_enlarge_frame(frame, width), cell, grid, 0, SKY)
    return mount(picture, _frames_legend(width, caption, {"cell": SKY}))


def draw_target(
    frame: ArrayLike, match: CellMatch, cell: Cell, grid: Grid, width: int = MATCH_WIDTH, caption: str = "target"
) -> np.ndarray:
    """The next frame `h w 3` with the cell, its window, and the arrow from its middle to where it went: `h w 3` uint8.

    Where the window reaches beyond the frame, its outline is open. Raises ValueError for a cell that the grid does not have.
    """
    picture = outline_cells(_enlarge_frame(frame, width), cell, grid, match.radius * match.dilation, ORANGE)
    picture = outline_cells(picture, cell, grid, 0, SKY)
    step = np.array(picture.shape[1::-1]) / grid[::-1]
    start = (np.array(cell[::-1]) + 0.5) * step
    picture = stamp_arrows(picture, rearrange(start, "xy -> 1 xy"), rearrange(match.displacement * step, "xy -> 1 xy"), np.ones(1))
    return mount(picture, _frames_legend(width, caption, {"window": ORANGE}, "→ displacement"))


def draw_facts(facts: dict[str, str], width: int) -> np.ndarray:
    """Names and values, a line each: `h w 3` uint8."""
    size = text_size(width)
    image, pen = sheet(width, round(2.1 * size * len(facts)))
    for row, (name, value) in enumerate(facts.items()):
        middle = 2.1 * size * (row + 0.5)
        pen.text((size, middle), name, fill=MUTED, font=load_font(size), anchor="lm")
        pen.text((11 * size, middle), value, fill=INK, font=load_font(size), anchor="lm")
    return np.asarray(image)


def describe_cell(cell: Cell) -> dict[str, str]:
    """Which cell it is, to stand before a match's settings and result."""
    return {"cell (row, column)": f"{cell[0]}, {cell[1]}"}


def frame_height(frame: ArrayLike, width: int) -> int:
    """Rows of pixels that the frame covers in a picture so wide; its legend is below."""
    h, w, _ = as_frame(frame).shape
    return round(h * width / w)


def _enlarge_frame(frame: ArrayLike, width: int) -> np.ndarray:
    return enlarge(as_frame(frame), (frame_height(frame, width), width))


def outline_cells(picture: np.ndarray, cell: Cell, grid: Grid, reach: int, colour: str) -> np.ndarray:
    """The picture with a line around all cells at most `reach` from the cell."""
    if not all(0 <= place < cells for place, cells in zip(cell, grid, strict=True)):
        raise ValueError(f"the grid has {grid[0]} rows and {grid[1]} columns of cells, so there is no cell {tuple(cell)}")
    high, wide = picture.shape[0] / grid[0], picture.shape[1] / grid[1]
    top, left = (cell[0] - reach) * high, (cell[1] - reach) * wide
    bottom, right = (cell[0] + reach + 1) * high, (cell[1] + reach + 1) * wide
    image = Image.fromarray(picture)
    draw = ImageDraw.Draw(image)
    for outset, shade in ((1, RIM), (0, colour), (-1, colour), (-2, RIM)):
        draw.rectangle((round(left) - outset, round(top) - outset, round(right) - 1 + outset, round(bottom) - 1 + outset), outline=shade)
    return np.asarray(image)


def _frames_legend(width: int, caption: str, outlines: dict[str, str], arrow: str = "") -> np.ndarray:
    """The caption, then what each outline and the arrow mean."""
    size = text_size(width)
    keys = [item for name, colour in outlines.items() for item in (draw_square_patch(colour, size), Muted(name))]
    return draw_legend(width, [caption, None, *keys, *([Muted(arrow)] if arrow else [])], size=size, height=2 * size)


def draw_pair_match(exploration: Exploration, pair: int, cell: Cell, correspondences: Correspondences) -> np.ndarray:
    """A cell's way to its arrow on one sheet, `h w 3` uint8; correspondences: those of this one pair, with any settings."""
    source, target = exploration.frames[pair : pair + 2]
    return draw_match(source, target, match_in_pair(correspondences, cell), cell, correspondences.grid)


def draw_with_settings(exploration: Exploration, correspondences: Correspondences) -> np.ndarray:
    """The displacement of one pair with other settings, on the scale of the clip as the network found it: `h w 3` uint8."""
    return draw_displacement(correspondences.displacement()[0], picture_size(exploration), colour_limit(exploration))
