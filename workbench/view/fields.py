"""Displacements of several pairs, and from several sources, in one table of small pictures with one scale of colour."""

from collections.abc import Mapping, Sequence

import numpy as np
from einops import rearrange
from numpy.typing import ArrayLike
from PIL import Image, ImageDraw

from workbench.view.canvas import as_limit, enlarge, mount, wheel_legend
from workbench.view.style import INK, MUTED, PAPER, letters
from workbench.view.wheel import displacement_to_colour

SIZE, GAP = 13, 8  # pixels of a letter; between two pictures


def draw_fields(
    rows: Mapping[str, ArrayLike], captions: Sequence[str] = (), limit: float | int | None = None, unit: str = "px", width: int = 92
) -> np.ndarray:
    """A row of Middlebury colours for each name, a column for each pair, over a wheel: `h w 3` uint8.

    rows: name -> displacement `p 2 h w` in `unit`, one number of pairs for all, any grid. captions: one a pair, by default
    its frames. limit: the length in full colour, by default the greatest of all. width: pixels of a field.

    Raises ValueError for no rows, other shapes, rows of different lengths, or captions that are not one a pair.
    """
    fields = {name: as_fields(field) for name, field in rows.items()}
    if not fields or len({len(field) for field in fields.values()}) > 1:
        raise ValueError(f"rows must have one number of pairs each, got {[len(field) for field in fields.values()]}")
    pairs = len(next(iter(fields.values())))
    captions = captions or [f"{pair} → {pair + 1}" for pair in range(pairs)]
    if len(captions) != pairs:
        raise ValueError(f"{len(captions)} captions for {pairs} pairs")
    everything = np.concatenate([rearrange(field, "p xy h w -> xy (p h w)") for field in fields.values()], axis=1)
    largest = as_limit(everything, None if limit is None else float(limit))

    margin = round(max(letters(SIZE).getlength(name) for name in fields)) + 2 * GAP
    strips = [_row([_field(field, largest, width) for field in row], name, margin) for name, row in fields.items()]
    sheet = np.concatenate([_heads(captions, margin, width, strips[0].shape[1]), *strips])
    legend = np.full((4 * SIZE, sheet.shape[1], 3), 255, np.uint8)
    wheel = wheel_legend(min(480, sheet.shape[1] - margin), largest, unit)[: len(legend)]
    legend[: len(wheel), margin : margin + wheel.shape[1]] = wheel
    return np.concatenate([sheet, legend])


def as_fields(displacement: ArrayLike) -> np.ndarray:
    """`p 2 h w` float32. Raises ValueError naming the shape where it is another."""
    array = np.asarray(displacement, dtype=np.float32)
    if array.ndim != 4 or array.shape[1] != 2 or 0 in array.shape:
        raise ValueError(f"displacements of pairs are 'p 2 h w' (x, y), got shape {array.shape}")
    return array


def _field(displacement: np.ndarray, limit: float, width: int) -> np.ndarray:
    """One field, one block a cell, edged by a hairline."""
    rows, columns = displacement.shape[1:]
    picture = enlarge(displacement_to_colour(displacement, limit), (round(width * rows / columns), width), smooth=False)
    return mount(picture, picture[:0])


def _row(pictures: list[np.ndarray], name: str, margin: int) -> np.ndarray:
    """The name, then the pictures in a row; a gap beneath."""
    high, wide, _ = pictures[0].shape
    image = Image.new("RGB", (margin + len(pictures) * (wide + GAP), high + GAP), PAPER)
    ImageDraw.Draw(image).text((margin - GAP, high / 2), name, fill=INK, font=letters(SIZE), anchor="rm")
    for place, picture in enumerate(pictures):
        image.paste(Image.fromarray(picture), (margin + place * (wide + GAP), 0))
    return np.asarray(image)


def _heads(captions: Sequence[str], margin: int, width: int, total: int) -> np.ndarray:
    image = Image.new("RGB", (total, 2 * SIZE), PAPER)
    draw = ImageDraw.Draw(image)
    for place, caption in enumerate(captions):
        middle = margin + place * (width + GAP) + width / 2
        draw.text((middle, SIZE), caption, fill=MUTED, font=letters(SIZE), anchor="mm")
    return np.asarray(image)
