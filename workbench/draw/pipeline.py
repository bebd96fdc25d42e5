"""The way of a clip through the network in pictures: frames, features, correlation, kernel, arrow, motion features."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from einops import rearrange
from jaxtyping import Float, UInt8
from numpy.typing import ArrayLike
from PIL import Image, ImageDraw

from workbench.draw.canvas import as_grey, enlarge, mount
from workbench.draw.fields import side_by_side
from workbench.draw.legends import TWO_LINES, Muted, draw_caption, draw_colour_bar, draw_legend
from workbench.draw.match import (
    LIGHT,
    Cell,
    correlation_range,
    draw_correlation,
    draw_kernel,
    draw_source,
    draw_square_patch,
    draw_surface,
    draw_target,
    draw_weights,
    outline_cells,
    stamp_square,
    text_size,
)
from workbench.draw.pair import caption
from workbench.draw.style import ORANGE, SKY, sequential_colours, signed_colours, values_to_colour
from workbench.explore.explorer import Exploration
from workbench.explore.matching import CellMatch
from workbench.explore.pipeline import CellTrace
from workbench.text import signed

STEP_WIDTH = 440  # pixels of a picture of a step
MAP_WIDTH = 320  # of a map, of which four stand in a row
CHANNELS = 4  # whose maps are shown
HEAT = 0.72  # opacity of a correlation over the frame
LEAST_LIMIT = 0.05  # of the window's reach: displacements below it stay pale


@dataclass(frozen=True)
class StepPicture:
    """A picture `h w 3` uint8 of a step. name: by which it is known; alt: what it shows, in words; picks: whether its upper square is
    the source frame, in which a cell can be chosen."""

    name: str
    title: str
    about: str
    pixels: np.ndarray
    alt: str
    photo: bool = False
    picks: bool = False


def draw_pipeline_step(exploration: Exploration, at: CellTrace, step: str) -> np.ndarray:
    """The pictures of one of `STEP_PICTURES` side by side, `h w 3` uint8, as in a notebook:

    >>> trace = wb.explore.trace_pipeline(explorer, exploration)
    >>> wb.show(wb.draw.draw_pipeline_step(exploration, wb.explore.CellTrace(trace, pair=2, cell=(8, 8)), "kernel"))

    Raises ValueError for a step that has no pictures or that the network lacks.
    """
    if step not in STEP_PICTURES:
        raise ValueError(f"step must be one of {', '.join(STEP_PICTURES)}, got {step!r}")
    return side_by_side(*(picture.pixels for picture in STEP_PICTURES[step](exploration, at)))


def cut_square(exploration: Exploration, at: CellTrace, frame: int) -> UInt8[np.ndarray, "s s2 3"]:
    """What the network sees of a frame, as sharp as the frame is kept."""
    picture = exploration.frames[frame]
    (left, top, width, height), (rows, columns, _) = at.trace.square, picture.shape
    return picture[round(top * rows) : round((top + height) * rows), round(left * columns) : round((left + width) * columns)]


def source_picture(exploration: Exploration, at: CellTrace, name: str) -> StepPicture:
    square = cut_square(exploration, at, at.pair)
    pixels = draw_source(square, at.cell, at.trace.grid, STEP_WIDTH, caption(exploration, at.pair))
    alt = f"Source, {caption(exploration, at.pair)}, with cell {at.cell[0]}, {at.cell[1]} outlined"
    picks = exploration.correspondences is not None  # else nothing is selected anywhere on the page
    return StepPicture(name, "Source", "click another cell" if picks else "one cell outlined", pixels, alt, photo=True, picks=picks)


def frame_pictures(exploration: Exploration, at: CellTrace) -> list[StepPicture]:
    """Source and target of the pair, the cell outlined in both: it is the same place."""
    square, words = cut_square(exploration, at, at.pair + 1), caption(exploration, at.pair + 1)
    target = draw_source(square, at.cell, at.trace.grid, STEP_WIDTH, words)
    about = "the same cell in the next frame"
    return [
        source_picture(exploration, at, "how-source"),
        StepPicture("how-target", "Target", about, target, f"Target, {words}", photo=True),
    ]


def feature_pictures(exploration: Exploration, at: CellTrace) -> list[StepPicture]:
    """The channels that are strongest in the cell, in source and target, on one scale."""
    channels = at.strongest_channels(CHANNELS)
    maps = at.trace.features[[at.pair, at.pair + 1]][:, channels].numpy()
    top = float(maps.max()) or 1.0
    words = f"channels {', '.join(map(str, channels))}"
    return [
        StepPicture(f"how-features-{name}", title, words, draw_channels(field, channels, at.cell, top), f"{title}: {words}")
        for name, title, field in zip(("source", "target"), ("Features of the source", "Features of the target"), maps, strict=True)
    ]


def draw_channels(maps: Float[np.ndarray, "n h w"], channels: Sequence[int], cell: Cell, top: float, width: int = STEP_WIDTH) -> np.ndarray:
    """Maps of channels, two in a row, one block a cell, on a scale from 0 to `top`, the cell outlined: `h w 3` uint8."""
    side, size = width // 2 - 2, text_size(width)
    tiles = []
    for field, channel in zip(maps, channels, strict=True):
        picture = enlarge(values_to_colour(field, 0, top), (round(side * field.shape[0] / field.shape[1]), side), smooth=False)
        picture = outline_cells(picture, cell, field.shape, 0, SKY)
        tiles.append(np.concatenate([draw_caption(side, f"channel {channel}", size=size), picture]))
    rows = [side_by_side(*tiles[place : place + 2], gap=4) for place in range(0, len(tiles), 2)]
    bar = draw_colour_bar("0", f"{top:.2f}", width // 3, size)
    legend = draw_legend(rows[0].shape[1], [bar, None, draw_square_patch(SKY, size), Muted("cell")], size=size, height=2 * size)
    return np.concatenate([*rows, legend])


def correlation_pictures(exploration: Exploration, at: CellTrace) -> list[StepPicture]:
    """The cell in the source, and how alike each cell of its window in the target is."""
    square, words = cut_square(exploration, at, at.pair + 1), caption(exploration, at.pair + 1)
    heat = draw_correlation_over(square, at.match, at.cell, at.trace.grid, words)
    (x, y), alt = at.match.peak, "Correlation over the target frame"
    alt = signed(f"{alt}: the peak, {at.match.confidence:.2f}, lies {x} cells to the right and {y} down")
    return [
        source_picture(exploration, at, "how-cell"),
        StepPicture("how-correlation", "Correlation", "over the target frame", heat, alt, photo=True),
    ]


def draw_correlation_over(
    frame: UInt8[np.ndarray, "s s2 3"], match: CellMatch, cell: Cell, grid: tuple[int, int], words: str = "target", width: int = STEP_WIDTH
) -> np.ndarray:
    """The target in grey under the correlation of each cell of the window, which is outlined as is the peak: `h w 3` uint8."""
    (low, high), size, reach = correlation_range(match), text_size(width), match.radius * match.dilation
    extent = (round(width * frame.shape[0] / frame.shape[1]), width)
    values = np.full(grid, np.nan)
    for (row, column), value in np.ndenumerate(match.correlation):
        y, x = cell[0] + row * match.dilation - reach, cell[1] + column * match.dilation - reach
        if 0 <= y < grid[0] and 0 <= x < grid[1]:
            values[y, x] = value

    colours = enlarge(values_to_colour(values, low, high), extent, smooth=False)
    opacity = HEAT * enlarge((~np.isnan(values)).astype(np.uint8), extent, smooth=False)
    opacity = rearrange(opacity, "h w -> h w 1")
    picture = np.rint(as_grey(enlarge(frame, extent)) * (1 - opacity) + colours * opacity).astype(np.uint8)
    picture = outline_cells(outline_cells(picture, cell, grid, reach, ORANGE), cell, grid, 0, SKY)

    image = Image.fromarray(picture)
    step = np.array([width / grid[1], extent[0] / grid[0]])
    x, y = (np.array(cell[::-1]) + match.peak + 0.5) * step
    stamp_square(ImageDraw.Draw(image), x, y, step[0] / 2 + 1)
    bar = draw_colour_bar(f"{low:.1f}", f"{high:.1f}", width // 4, size)
    keys = [draw_square_patch(ORANGE, size), Muted("window"), draw_square_patch(LIGHT, size), Muted("peak")]
    return mount(np.asarray(image), draw_legend(width, [words], [bar, None, *keys], size=size, height=4 * size))


def kernel_pictures(exploration: Exploration, at: CellTrace) -> list[StepPicture]:
    """The correlation before, the Gaussian around its peak, and their product."""
    match, (x, y) = at.match, at.match.peak
    centre = signed(f"centre at {x}, {y} cells")
    product = draw_surface(match.correlation * match.kernel, "kernel × correlation", match, STEP_WIDTH, *correlation_range(match)[::-1])
    return [
        StepPicture("how-before", "Before", "the correlation", draw_correlation(match, STEP_WIDTH), f"Correlation, {centre}"),
        StepPicture("how-kernel", "Kernel", "a Gaussian around the peak", draw_kernel(match, STEP_WIDTH), f"Kernel: {centre}"),
        StepPicture("how-after", "After", "far peaks count less", product, f"Kernel times correlation, {centre}"),
    ]


def arrow_pictures(exploration: Exploration, at: CellTrace) -> list[StepPicture]:
    """The weights of the window's offsets, and their mean as an arrow in the target."""
    match, square, words = at.match, cut_square(exploration, at, at.pair + 1), caption(exploration, at.pair + 1)
    (x, y), target = match.displacement, draw_target(square, match, at.cell, at.trace.grid, STEP_WIDTH, words)
    alt = signed(f"The arrow in the target, {words}: {x:.2f} cells to the right and {y:.2f} down")
    weights = f"Weights over the window: the largest is {match.weights.max():.2f}"
    return [
        StepPicture("how-weights", "Weights", "they sum to 1", draw_weights(match, STEP_WIDTH), weights),
        StepPicture("how-arrow", "Arrow", "the mean of the offsets under the weights", target, alt, photo=True),
    ]


def motion_pictures(exploration: Exploration, at: CellTrace) -> list[StepPicture]:
    """The three maps that enter the transformation, and how long what comes out is beside the features it is added to."""
    (x, y, confidence), module = at.maps, at.trace.needed_module
    limit = max(float(module.maps[:, :2].abs().max()), LEAST_LIMIT)
    energy, top = module.energy[at.pair].numpy(), float(module.energy.max()) or 1.0
    where, low = "at the cell: {:.2f}", math.floor(10 * float(module.maps[:, 2].min())) / 10
    here = [float(field[at.cell]) for field in (x, y, confidence, energy)]
    ends = signed(f"{-limit:.2f}"), f"{limit:.2f}"
    pictures = [
        draw_cell_map(x, at.cell, (-limit, limit), "x, in reaches of the window", ends),
        draw_cell_map(y, at.cell, (-limit, limit), "y, in reaches of the window", ends),
        draw_cell_map(confidence, at.cell, (low, 1), "confidence", (f"{low:.1f}", "1")),
        draw_cell_map(energy, at.cell, (0, top), "length added, beside the features'", ("0", f"{top:.2f}")),
    ]
    titles = (
        ("how-x", "Displacement x", "orange: right"),
        ("how-y", "Displacement y", "orange: down"),
        ("how-confidence", "Confidence", "the peak"),
    )
    return [
        StepPicture(name, title, about, picture, f"{title} of the source, {signed(where.format(value))}")
        for (name, title, about), picture, value in zip((*titles, ("how-added", "Added", "energy map")), pictures, here, strict=True)
    ]


def draw_cell_map(
    values: ArrayLike, cell: Cell, scale: tuple[float, float], name: str, ends: tuple[str, str], width: int = MAP_WIDTH
) -> np.ndarray:
    """A map `h w` with a cell outlined, over its scale: `h w 3` uint8; from below to above zero in two colours, else in cividis."""
    field, (low, high) = np.asarray(values), scale
    colours = signed_colours() if low < 0 else sequential_colours()
    size = (round(width * field.shape[0] / field.shape[1]), width)
    picture = enlarge(values_to_colour(field, low, high, colours), size, smooth=False)
    letter = text_size(width) + 1
    bar = draw_colour_bar(*ends, width // 3, letter, colours)
    legend = draw_legend(width, [name], [bar], size=letter, height=round(TWO_LINES * letter))
    return mount(outline_cells(picture, cell, field.shape, 0, SKY), legend)


STEP_PICTURES: dict[str, Callable[[Exploration, CellTrace], list[StepPicture]]] = {
    "frames": frame_pictures,
    "features": feature_pictures,
    "correlation": correlation_pictures,
    "kernel": kernel_pictures,
    "arrow": arrow_pictures,
    "motion features": motion_pictures,
}
