"""Pictures: arrays in, `h w 3` uint8 out, quick enough for a slider.

A picture fills the asked size from its top left corner, so that a click at (x, y) falls on the cell it shows;
caption and legend hang in a strip beneath. Inputs are numpy arrays or torch tensors on the CPU, and are left as they were.
Displacement has channel order x, y; x counts to the right, y downwards.
"""

import math
from collections.abc import Collection, Sequence

import numpy as np
from einops import rearrange, repeat
from numpy.typing import ArrayLike
from PIL import Image, ImageColor, ImageOps

from .arrows import stamp_arrows
from .canvas import as_confidence, as_frame, as_limit, caption_strip, confidence_legend, enlarge, mount, wheel_legend
from .style import INK, MUTED, PAPER, VERMILLION, sequential_colours
from .wheel import as_displacement, displacement_to_colour

Size = tuple[int, int]  # rows, columns

LIFTED = [round(24 + 216 * (level / 255) ** 0.65) for level in range(256)]  # greys off black, so that colour shows on dark videos
OPAQUE = 200  # of 255: the frame stays visible under full colour
ABREAST, APART = 22, 18  # arrows: at most so many in a row, at least so many pixels between: closer, they tangle


def draw_displacement(displacement: ArrayLike, size: Size, limit: float | None = None, unit: str = "px") -> np.ndarray:
    """`2 h w` as Middlebury colours at `size`, one block a cell, over a wheel that says what full colour means.

    `limit` is the length shown in full colour, in `unit`; by default the greatest in this field. Give one limit to pictures
    that are to be compared. Raises ValueError for another shape.
    """
    displacement = as_displacement(displacement)
    limit = as_limit(displacement, limit)
    field = enlarge(displacement_to_colour(displacement, limit), size, smooth=False)
    return mount(field, wheel_legend(size[1], limit, unit))


def draw_confidence(confidence: ArrayLike, size: Size, low: float = 0.0) -> np.ndarray:
    """`h w` in [0, 1] as cividis from `low` to 1 at `size`, one block a cell, over a colour bar.

    Cosines of a trained network crowd near 1, so that a scale from 0 may show one colour. Raises ValueError for another shape.
    """
    level = np.rint(255 * np.clip((as_confidence(confidence) - low) / (1 - low), 0, 1)).astype(np.uint8)
    field = enlarge(sequential_colours()[level], size, smooth=False)
    return mount(field, confidence_legend(size[1], low))


def draw_overlay(
    frame: ArrayLike,
    displacement: ArrayLike,
    confidence: ArrayLike | None = None,
    limit: float | None = None,
    size: Size | None = None,
    unit: str = "px",
) -> np.ndarray:
    """The frame `h w 3` in grey, hued where things move: the farther (up to `limit`) and the more confident, the less grey.

    The displacement `2 h w` and the confidence `h w` may have any grid; they are spread smoothly over the frame.
    `limit` in `unit`, by default the greatest length. Raises ValueError for another shape.
    """
    displacement = as_displacement(displacement)
    displacement = np.where(np.isfinite(displacement).all(axis=0), displacement, 0)  # what is unknown stays grey
    limit = as_limit(displacement, limit)
    length = np.hypot(*displacement)
    opacity = np.minimum(length / limit, 1)
    if confidence is not None:
        opacity = opacity * as_confidence(confidence, displacement.shape[1:])

    hue = displacement_to_colour(displacement / np.maximum(length, 1e-12), 1.0)  # full colour, since length shows as opacity
    layer = np.concatenate([hue, rearrange((OPAQUE * opacity).astype(np.uint8), "h w -> h w 1")], axis=-1)

    frame = enlarge(as_frame(frame), size)
    h, w, _ = frame.shape
    grey = ImageOps.grayscale(Image.fromarray(frame)).point(LIFTED).convert("RGBA")
    grey.alpha_composite(Image.fromarray(layer).resize((w, h), Image.Resampling.BILINEAR))
    return mount(np.asarray(grey.convert("RGB")), wheel_legend(w, limit, unit))


def draw_frame(frame: ArrayLike, size: Size | None = None, caption: str = "") -> np.ndarray:
    """The frame `h w 3`, at `size` where one is given, over its caption where there is one. Raises ValueError for another shape."""
    frame = enlarge(as_frame(frame), size)
    return mount(frame, caption_strip(frame.shape[1], caption)) if caption else frame.copy()


def draw_arrows(
    frame: ArrayLike,
    displacement: ArrayLike,
    confidence: ArrayLike | None = None,
    size: Size | None = None,
    step: int | None = None,
    magnify: float = 1.0,
) -> np.ndarray:
    """Arrows over the frame `h w 3`, from the centre of a cell to where its content went; a dot where it stayed.

    `displacement` is `2 h w` on any grid, in pixels of the frame given; `confidence` `h w` in [0, 1] fades an arrow.
    Every `step`-th cell has one, by default as many as stay apart; `magnify` lengthens them, and the caption then says so.
    Raises ValueError for another shape.
    """
    frame, displacement = as_frame(frame), as_displacement(displacement)
    grid = displacement.shape[1:]
    strength = np.ones(grid) if confidence is None else as_confidence(confidence, grid)
    canvas = enlarge(frame, size)
    extent = np.array(canvas.shape[1::-1])  # x, y

    rows, columns = _chosen_cells(grid, canvas.shape[:2], step)
    starts = (np.stack([columns, rows], axis=1) + 0.5) * extent / grid[::-1]
    offsets = rearrange(displacement[:, rows, columns], "xy n -> n xy") * magnify * extent / frame.shape[1::-1]
    # Squared, since correlations of unit vectors crowd near 1: what is doubtful there should look it.
    picture = stamp_arrows(canvas, starts, offsets, strength[rows, columns] ** 2)

    longest = as_limit(displacement, None) if displacement.any() else 0
    scale = "to scale" if magnify == 1 else f"× {magnify:g}"
    return mount(picture, caption_strip(canvas.shape[1], f"arrows {scale} · longest {longest:.3g} px"))


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


def _chosen_cells(grid: Size, extent: Size, step: int | None) -> tuple[np.ndarray, np.ndarray]:
    """Rows and columns, `n` each, of the cells that get an arrow: every step-th, centred; each axis thinned for itself."""
    apart = max(extent[1] / ABREAST, APART)
    axes = []
    for cells, pixels in zip(grid, extent, strict=True):
        every = min(step or math.ceil(apart * cells / pixels), cells)
        axes.append(np.arange((cells - 1) % every // 2, cells, every))
    rows, columns = np.meshgrid(*axes, indexing="ij")
    return rows.ravel(), columns.ravel()


def _tile(frame: np.ndarray, text: str, marked: bool, width: int) -> np.ndarray:
    """A frame with room for an outline on all sides, so that marking one moves nothing; its caption beneath."""
    h, w, _ = as_frame(frame).shape
    rim = max(width // 40, 2)
    frame = enlarge(frame, (max(round(h * width / w), 1), width))
    strip = caption_strip(width, text, INK if marked else MUTED, size=max(width // 9, 10))
    tile = _paper(frame.shape[0] + len(strip) + 3 * rim, width + 3 * rim)
    if marked:
        tile[: frame.shape[0] + 2 * rim, : width + 2 * rim] = ImageColor.getrgb(VERMILLION)
    tile[rim : rim + frame.shape[0], rim : rim + width] = frame
    tile[frame.shape[0] + 2 * rim : -rim, rim : rim + width] = strip
    return tile


def _paper(height: int, width: int) -> np.ndarray:
    return repeat(np.array(ImageColor.getrgb(PAPER), dtype=np.uint8), "c -> h w c", h=height, w=width).copy()
