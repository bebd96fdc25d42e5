"""One cell on both frames, and its whole way to an arrow on one sheet.

Frames fill a picture from its top left corner, as in `draw`, so that a click falls on the cell it shows.
"""

import numpy as np
from einops import rearrange
from numpy.typing import ArrayLike
from PIL import Image, ImageDraw

from workbench.look.match import CellMatch
from workbench.view.arrows import stamp_arrows
from workbench.view.canvas import as_frame, enlarge, mount
from workbench.view.draw import side_by_side
from workbench.view.style import INK, MUTED, ORANGE, PAPER, SKY, letters
from workbench.view.surface import RIM, WIDTH, draw_surfaces, stamp_square, text_size

Cell = tuple[int, int]  # row, column
Grid = tuple[int, int]  # rows, columns


def draw_match(source: ArrayLike, target: ArrayLike, match: CellMatch, cell: Cell, grid: Grid, width: int = WIDTH) -> np.ndarray:
    """The whole way on one sheet, `h w 3` uint8: source, target and facts above correlation, kernel and weights.

    Raises ValueError for a cell that the grid does not have, or what is no frame.
    """
    facts = place_of(cell) | match.knobs() | match.answer()
    above = side_by_side(draw_cell_on_frames(source, target, match, cell, grid, width), draw_facts(facts, width))
    below = draw_surfaces(match, width)
    return np.concatenate([above, np.full((12, *below.shape[1:]), 255, np.uint8), below])


def draw_cell_on_frames(source: ArrayLike, target: ArrayLike, match: CellMatch, cell: Cell, grid: Grid, width: int = WIDTH) -> np.ndarray:
    """`draw_source` beside `draw_target`: `h w 3` uint8."""
    return side_by_side(draw_source(source, cell, grid, width), draw_target(target, match, cell, grid, width))


def draw_source(frame: ArrayLike, cell: Cell, grid: Grid, width: int = WIDTH, caption: str = "source") -> np.ndarray:
    """The frame `h w 3` with one cell of the grid outlined, `width` pixels wide, over its legend: `h w 3` uint8.

    Raises ValueError for a cell that the grid does not have.
    """
    picture = _outlined(_enlarged(frame, width), cell, grid, 0, SKY)
    return mount(picture, _legend(width, caption, {"cell": SKY}))


def draw_target(frame: ArrayLike, match: CellMatch, cell: Cell, grid: Grid, width: int = WIDTH, caption: str = "target") -> np.ndarray:
    """The next frame `h w 3` with the cell, its window, and the arrow from its middle to where it went: `h w 3` uint8.

    Where the window reaches beyond the frame, its outline is open. Raises ValueError for a cell that the grid does not have.
    """
    picture = _outlined(_enlarged(frame, width), cell, grid, match.radius * match.dilation, ORANGE)
    picture = _outlined(picture, cell, grid, 0, SKY)
    step = np.array(picture.shape[1::-1]) / grid[::-1]
    start = (np.array(cell[::-1]) + 0.5) * step
    picture = stamp_arrows(picture, rearrange(start, "xy -> 1 xy"), rearrange(match.displacement * step, "xy -> 1 xy"), np.ones(1))
    return mount(picture, _legend(width, caption, {"window": ORANGE}, "→ displacement"))


def draw_facts(facts: dict[str, str], width: int = WIDTH) -> np.ndarray:
    """Names and values, a line each: `h w 3` uint8."""
    size = text_size(width)
    image = Image.new("RGB", (width, round(2.1 * size * len(facts))), PAPER)
    draw = ImageDraw.Draw(image)
    for row, (name, value) in enumerate(facts.items()):
        middle = 2.1 * size * (row + 0.5)
        draw.text((size, middle), name, fill=MUTED, font=letters(size), anchor="lm")
        draw.text((11 * size, middle), value, fill=INK, font=letters(size), anchor="lm")
    return np.asarray(image)


def place_of(cell: Cell) -> dict[str, str]:
    """Which cell it is, to stand before a match's knobs and answer."""
    return {"cell (row, column)": f"{cell[0]}, {cell[1]}"}


def frame_height(frame: ArrayLike, width: int) -> int:
    """Rows of pixels that the frame covers in a picture so wide; its legend is below."""
    h, w, _ = as_frame(frame).shape
    return round(h * width / w)


def _enlarged(frame: ArrayLike, width: int) -> np.ndarray:
    return enlarge(as_frame(frame), (frame_height(frame, width), width))


def _outlined(picture: np.ndarray, cell: Cell, grid: Grid, reach: int, colour: str) -> np.ndarray:
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


def _legend(width: int, caption: str, outlines: dict[str, str], arrow: str = "") -> np.ndarray:
    """The caption, then what each outline and the arrow mean."""
    size = text_size(width)
    image = Image.new("RGB", (width, 2 * size), PAPER)
    draw, font = ImageDraw.Draw(image), letters(size)
    draw.text((0, size), caption, fill=INK, font=font, anchor="lm")
    draw.text((width, size), arrow, fill=MUTED, font=font, anchor="rm")
    right = width - (font.getlength(arrow) + size if arrow else 0)
    for name, colour in outlines.items():
        draw.text((right, size), name, fill=MUTED, font=font, anchor="rm")
        right -= font.getlength(name) + 0.9 * size
        stamp_square(draw, right, size, 0.5 * size, colour)
        right -= 1.5 * size
    return np.asarray(image)
