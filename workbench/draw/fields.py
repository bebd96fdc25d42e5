"""Displacements and frames as pictures: colours, arrows, overlays, strips."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from einops import rearrange, repeat
from numpy.typing import ArrayLike
from PIL import Image, ImageColor, ImageDraw

from workbench.draw.canvas import as_frame, as_grey, as_limit, as_shares, enlarge, lay_ink, mount, sheet
from workbench.draw.legends import draw_caption, draw_wheel_legend
from workbench.draw.style import INK, MUTED, PAPER, VERMILLION, as_displacement, displacement_to_colour, load_font

ARROW_SCALE = 4  # the arrows are drawn this much larger and averaged, which smooths their edges
LONGEST_DOT = 1.5  # pixels: a shorter arrow would be all head, so it becomes a dot
FAINTEST_ARROW = 0.1


def stamp_arrows(canvas: np.ndarray, starts: np.ndarray, offsets: np.ndarray, strength: np.ndarray) -> np.ndarray:
    """Arrows laid over `canvas` `h w 3` uint8, which is left as it was.

    `starts` and `offsets` are `n 2` (x, y) in pixels of the canvas; `strength` `n` in [0, 1] is the arrows' opacity.
    Arrows that are not finite are left out.
    """
    known = np.isfinite(offsets).all(axis=1)
    order = np.argsort(strength[known], kind="stable")  # the strongest lies on top
    starts, offsets, strength = (values[known][order] for values in (starts, offsets, strength))

    ink = _ink(canvas.shape[:2], starts, offsets, strength)
    return lay_ink(canvas, ink, rearrange(np.asarray(ink, dtype=np.uint16), "h w -> h w 1"), 215)


def _ink(size: tuple[int, int], starts: np.ndarray, offsets: np.ndarray, strength: np.ndarray) -> Image.Image:
    fine = Image.new("L", (size[1] * ARROW_SCALE, size[0] * ARROW_SCALE))
    draw = ImageDraw.Draw(fine)
    width = max(1.2, size[1] / 360)
    opacity = np.rint(255 * (FAINTEST_ARROW + (1 - FAINTEST_ARROW) * strength)).astype(int).tolist()
    still = np.hypot(*offsets.T) < LONGEST_DOT * width
    outlines = ARROW_SCALE * np.where(rearrange(still, "n -> n 1 1"), _dots(starts, width), _outlines(starts, offsets, width))
    for outline, level in zip(rearrange(outlines, "n corner xy -> n (corner xy)").tolist(), opacity, strict=True):
        draw.polygon(outline, fill=level)
    return fine.reduce(ARROW_SCALE)


def _outlines(starts: np.ndarray, offsets: np.ndarray, width: float) -> np.ndarray:
    """Seven corners of each arrow, `n corner xy`: shaft, barb, tip, barb, shaft. A short arrow has a smaller head."""
    length = np.maximum(np.hypot(*offsets.T), 1e-6)
    head = np.minimum(6.5 * width, 0.65 * length)
    along = np.stack([0 * length, length - head, length - head, length, length - head, length - head, 0 * length], axis=1)
    shaft, barb = np.full_like(length, 0.75 * width), np.maximum(0.5 * head, 1.2 * width)
    aside = np.stack([shaft, shaft, barb, 0 * length, -barb, -shaft, -shaft], axis=1)

    unit = rearrange(offsets / rearrange(length, "n -> n 1"), "n xy -> n 1 xy")
    normal = unit[..., ::-1] * (-1, 1)
    along, aside = rearrange([along, aside], "two n corner -> two n corner 1")
    return rearrange(starts, "n xy -> n 1 xy") + along * unit + aside * normal


def _dots(starts: np.ndarray, width: float) -> np.ndarray:
    """Dots, as seven corners on a circle each, `n corner xy`."""
    turn = np.arange(7) * 2 * np.pi / 7
    circle = 1.5 * width * np.stack([np.cos(turn), np.sin(turn)], axis=1)
    return rearrange(starts, "n xy -> n 1 xy") + circle


Size = tuple[int, int]  # rows, columns
FULL_OPACITY = 200  # of 255: the frame stays visible under full colour
MOST_ARROWS, ARROW_DISTANCE = 22, 18  # arrows: at most so many in a row, at least so many pixels between: closer, they tangle


def draw_displacement(displacement: ArrayLike, size: Size, limit: float | None = None) -> np.ndarray:
    """`2 h w` in pixels as Middlebury colours at `size`, one block a cell, over a wheel that says what full colour means.

    `limit` is the length shown in full colour; by default the greatest in this field. Give one limit to pictures that are to
    be compared. Raises ValueError for another shape.
    """
    displacement = as_displacement(displacement)
    limit = as_limit(displacement, limit)
    return draw_hues(displacement, size, limit, draw_wheel_legend(size[1], limit))


def draw_hues(displacement: ArrayLike, size: Size, limit: float, strip: np.ndarray | None = None) -> np.ndarray:
    """`2 h w` as Middlebury colours at `size`, one block a cell, over a strip of the same width, if any."""
    field = enlarge(displacement_to_colour(displacement, limit), size, smooth=False)
    return mount(field, field[:0] if strip is None else strip)


def draw_overlay(
    frame: ArrayLike,
    displacement: ArrayLike,
    probability: ArrayLike | None = None,
    limit: float | None = None,
    size: Size | None = None,
) -> np.ndarray:
    """The frame `h w 3` in grey, hued where things move: the farther (up to `limit`) and the more probable, the less grey.

    The displacement `2 h w` and its probability `h w` may have any grid; they are spread smoothly over the frame.
    `limit` in pixels, by default the greatest length. Raises ValueError for another shape.
    """
    displacement = as_displacement(displacement)
    limit = as_limit(np.where(np.isfinite(displacement).all(axis=0), displacement, 0), limit)
    layer = colour_layer(displacement, probability, limit)

    frame = enlarge(as_frame(frame), size)
    h, w, _ = frame.shape
    grey = Image.fromarray(as_grey(frame)).convert("RGBA")
    grey.alpha_composite(Image.fromarray(layer).resize((w, h), Image.Resampling.BILINEAR))
    return mount(np.asarray(grey.convert("RGB")), draw_wheel_legend(w, limit))


def colour_layer(displacement: ArrayLike, probability: ArrayLike | None, limit: float) -> np.ndarray:
    """What is laid over a grey frame, `h w 4` uint8, a value a cell: the direction as hue, the farther (up to `limit`, in pixels as the
    displacement `2 h w`) and the more probable, the more opaque. What is unknown is clear. Raises ValueError for another shape."""
    displacement = as_displacement(displacement)
    displacement = np.where(np.isfinite(displacement).all(axis=0), displacement, 0)
    length = np.hypot(*displacement)
    opacity = np.minimum(length / limit, 1)
    if probability is not None:
        opacity = opacity * as_shares(probability, displacement.shape[1:])

    hue = displacement_to_colour(displacement / np.maximum(length, 1e-12), 1.0)  # full colour, since length shows as opacity
    return np.concatenate([hue, rearrange((FULL_OPACITY * opacity).astype(np.uint8), "h w -> h w 1")], axis=-1)


def draw_frame(frame: ArrayLike, size: Size | None = None, caption: str = "") -> np.ndarray:
    """The frame `h w 3`, at `size` if there is one, over its caption if there is one. Raises ValueError for another shape."""
    frame = enlarge(as_frame(frame), size)
    return mount(frame, draw_caption(frame.shape[1], caption)) if caption else frame.copy()


@dataclass(frozen=True)
class Arrows:
    """starts `n 2` (x, y) in pixels of a picture, offsets `n 2` in the unit of the displacement, strength `n` in [0, 1]: how opaque."""

    starts: np.ndarray
    offsets: np.ndarray
    strength: np.ndarray


def place_arrows(displacement: ArrayLike, probability: ArrayLike | None, size: Size) -> Arrows:
    """Which cells of a displacement `2 h w` get an arrow on a picture of that size, so that they stay apart, and where it begins."""
    displacement = as_displacement(displacement)
    grid = displacement.shape[1:]
    strength = np.ones(grid) if probability is None else as_shares(probability, grid)
    rows, columns = _choose_cells(grid, size)
    starts = (np.stack([columns, rows], axis=1) + 0.5) * np.array(size[::-1]) / grid[::-1]
    return Arrows(starts, rearrange(displacement[:, rows, columns], "xy n -> n xy"), strength[rows, columns])


def draw_arrows(frame: ArrayLike, displacement: ArrayLike, probability: ArrayLike | None = None, size: Size | None = None) -> np.ndarray:
    """Arrows over the frame `h w 3`, from the centre of a cell to where its content went; a dot where it stayed.

    `displacement` is `2 h w` on any grid, in pixels of the frame; `probability` `h w` in [0, 1] is how opaque an arrow is. On a fine grid
    only so many cells have one that they stay apart. Raises ValueError for another shape.
    """
    frame, displacement = as_frame(frame), as_displacement(displacement)
    canvas = enlarge(frame, size)
    arrows = place_arrows(displacement, probability, canvas.shape[:2])
    scale = np.array(canvas.shape[1::-1]) / frame.shape[1::-1]
    picture = stamp_arrows(canvas, arrows.starts, arrows.offsets * scale, arrows.strength)

    longest = as_limit(displacement, None) if displacement.any() else 0
    return mount(picture, draw_caption(canvas.shape[1], f"arrows to scale · longest {longest:.3g} px"))


def draw_strip(
    frames: ArrayLike, captions: Sequence[str] = (), marked: Collection[int] = (), columns: int | None = None, width: int = 120
) -> np.ndarray:
    """Frames `t h w 3` in reading order, `columns` to a row (by default all), each `width` pixels wide; `marked` ones outlined.

    Raises ValueError for another shape, or for captions that are not one a frame.
    """
    frames = np.asarray(frames)
    if frames.ndim != 4 or len(frames) == 0:
        raise ValueError(f"a strip takes frames 't h w 3', got shape {frames.shape}")
    if captions and len(captions) != len(frames):
        raise ValueError(f"{len(captions)} captions for {len(frames)} frames")
    columns = min(columns or len(frames), len(frames))
    tiles = [_tile(frame, captions[i] if captions else "", i in marked, width) for i, frame in enumerate(frames)]
    tiles += [_paper(*tiles[0].shape[:2])] * (-len(tiles) % columns)
    return rearrange(tiles, "(row column) h w c -> (row h) (column w) c", column=columns)


def side_by_side(*pictures: np.ndarray, gap: int = 12, align: str = "top") -> np.ndarray:
    """Pictures `h w 3` in a row, `gap` pixels of paper between them; the shorter ones padded with paper.

    `align` is "top" (fields level, legends hanging), "centre" or "bottom". Raises ValueError for anything else.
    """
    share = {"top": 0.0, "centre": 0.5, "bottom": 1.0}
    if not pictures or align not in share:
        raise ValueError(f"side_by_side takes at least one picture and align in {list(share)}, got {len(pictures)} and {align!r}")
    heights, widths, _ = zip(*(as_frame(picture).shape for picture in pictures), strict=True)
    row, left = _paper(max(heights), sum(widths) + gap * (len(pictures) - 1)), 0
    for picture, h, w in zip(pictures, heights, widths, strict=True):
        top = int((len(row) - h) * share[align])
        row[top : top + h, left : left + w] = picture
        left += w + gap
    return row


def _choose_cells(grid: Size, extent: Size) -> tuple[np.ndarray, np.ndarray]:
    """Rows and columns, `n` each, of the cells that get an arrow, centred; each axis thinned for itself."""
    apart = max(extent[1] / MOST_ARROWS, ARROW_DISTANCE)
    axes = []
    for cells, pixels in zip(grid, extent, strict=True):
        every = min(math.ceil(apart * cells / pixels), cells)
        axes.append(np.arange((cells - 1) % every // 2, cells, every))
    rows, columns = np.meshgrid(*axes, indexing="ij")
    return rows.ravel(), columns.ravel()


def _tile(frame: np.ndarray, text: str, marked: bool, width: int) -> np.ndarray:
    """A frame with room for an outline on all sides, so that marking one moves nothing; its caption beneath."""
    h, w, _ = as_frame(frame).shape
    rim = max(width // 40, 2)
    frame = enlarge(frame, (max(round(h * width / w), 1), width))
    strip = draw_caption(width, text, INK if marked else MUTED, size=max(width // 9, 10))
    tile = _paper(frame.shape[0] + len(strip) + 3 * rim, width + 3 * rim)
    if marked:
        tile[: frame.shape[0] + 2 * rim, : width + 2 * rim] = ImageColor.getrgb(VERMILLION)
    tile[rim : rim + frame.shape[0], rim : rim + width] = frame
    tile[frame.shape[0] + 2 * rim : -rim, rim : rim + width] = strip
    return tile


def _paper(height: int, width: int) -> np.ndarray:
    return repeat(np.array(ImageColor.getrgb(PAPER), dtype=np.uint8), "c -> h w c", h=height, w=width).copy()


FIELDS_LETTER, FIELDS_GAP = 13, 8  # pixels of a letter; between two pictures


def draw_fields(rows: Mapping[str, ArrayLike], captions: Sequence[str] = (), limit: float | None = None, width: int = 92) -> np.ndarray:
    """A row of Middlebury colours for each name, a column for each pair, over a wheel: `h w 3` uint8.

    rows: name -> displacement `p 2 h w` in pixels, one number of pairs for all, any grid. captions: one a pair, by default
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

    font, heads, foot = load_font(FIELDS_LETTER), 2 * FIELDS_LETTER, 4 * FIELDS_LETTER
    margin = round(max(font.getlength(name) for name in fields)) + 2 * FIELDS_GAP
    lefts = [margin + pair * (width + FIELDS_GAP) for pair in range(pairs)]
    heights = [round(width * field.shape[2] / field.shape[3]) for field in fields.values()]
    image, pen = sheet(lefts[-1] + width + FIELDS_GAP, heads + sum(heights) + FIELDS_GAP * len(fields) + foot)
    for left, caption in zip(lefts, captions, strict=True):
        pen.text((left + width / 2, FIELDS_LETTER), caption, fill=MUTED, font=font, anchor="mm")

    top = heads
    for (name, field), height in zip(fields.items(), heights, strict=True):
        pen.text((margin - FIELDS_GAP, top + height / 2), name, fill=INK, font=font, anchor="rm")
        for left, displacement in zip(lefts, field, strict=True):
            image.paste(Image.fromarray(draw_hues(displacement, (height, width), largest)), (left, top))
        top += height + FIELDS_GAP

    wheel = draw_wheel_legend(min(480, image.width - margin), largest)[:foot]
    image.paste(Image.fromarray(wheel), (margin, top))
    return np.asarray(image)


def as_fields(displacement: ArrayLike) -> np.ndarray:
    """`p 2 h w` float32. Raises ValueError naming the shape where it is another."""
    array = np.asarray(displacement, dtype=np.float32)
    if array.ndim != 4 or array.shape[1] != 2 or 0 in array.shape:
        raise ValueError(f"displacements of pairs are 'p 2 h w' (x, y), got shape {array.shape}")
    return array
