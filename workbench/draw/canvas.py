"""Building blocks of pictures: checked pixels, enlargement, blocks of colour, hatching, and pixels as PNG."""

import io
from collections.abc import Sequence

import numpy as np
from einops import rearrange
from numpy.typing import ArrayLike
from PIL import Image, ImageDraw, ImageFilter, ImageOps

from workbench.draw.style import HAIRLINE, PAPER

LIFTED = [round(24 + 216 * (level / 255) ** 0.65) for level in range(256)]  # greys off black, so that colour shows on dark videos


def as_frame(frame: ArrayLike) -> np.ndarray:
    """`h w 3` uint8. Raises ValueError naming shape and dtype where it is something else."""
    array = np.asarray(frame)
    if array.ndim != 3 or array.shape[-1] != 3 or array.dtype != np.uint8 or 0 in array.shape:
        raise ValueError(f"a frame is 'h w 3' uint8, got shape {array.shape} {array.dtype}")
    return array


def as_map(values: ArrayLike, name: str) -> np.ndarray:
    """`h w` of any dtype. Raises ValueError naming what it should be and its shape where it is another."""
    array = np.asarray(values)
    if array.ndim != 2 or 0 in array.shape:
        raise ValueError(f"{name} is 'h w', got shape {array.shape}")
    return array


def as_shares(values: ArrayLike, grid: tuple[int, int] | None = None) -> np.ndarray:
    """`h w` float32, clipped to [0, 1], 0 where not finite. Raises ValueError naming the shape where it is not `grid`."""
    array = as_map(values, "a map of shares")
    if grid is not None and array.shape != grid:
        raise ValueError(f"a map of shares is 'h w' of {grid}, got shape {array.shape}")
    return np.clip(np.nan_to_num(array.astype(np.float32)), 0, 1)


def as_limit(displacement: np.ndarray, limit: float | None) -> float:
    """The limit, or without one the greatest length of `2 h w`; 1 where nothing moves, since a still field has no scale of its own.

    Raises ValueError where the limit is not a positive number.
    """
    if limit is not None:
        if not 0 < limit < np.inf:
            raise ValueError(f"the limit must be a positive number, got {limit}")
        return float(limit)
    length = np.hypot(*displacement)
    return float(length.max(initial=0, where=np.isfinite(length))) or 1.0


def longest_but_outliers(*lengths: ArrayLike, least: float = 1.0) -> float:
    """The length of all but the longest hundredth of those that are known: a rare outlier must not pale the rest.

    least: the result is no less, so that what lies below the precision of an estimate stays pale.
    """
    every = np.concatenate([np.empty(0, np.float32), *map(np.ravel, lengths)])
    known = every[np.isfinite(every)]
    return max(float(np.quantile(known, 0.99)), least) if len(known) else least


def fit_frames(frames: np.ndarray, longer: int) -> tuple[int, int]:
    """Rows and columns of pixels of a picture of frames `t h w 3` whose longer side has so many, the shorter at least 2."""
    h, w = frames.shape[1:3]
    return max(round(longer * h / max(h, w)), 2), max(round(longer * w / max(h, w)), 2)


def enlarge(picture: np.ndarray, size: tuple[int, int] | None, smooth: bool = True) -> np.ndarray:
    """`h w c` uint8 resized to `size` (rows, columns); smooth, or with its cells visible."""
    if size is None or tuple(size) == picture.shape[:2]:
        return picture
    if min(size) < 1:
        raise ValueError(f"a size is (rows, columns), both at least 1, got {tuple(size)}")
    method = Image.Resampling.BICUBIC if smooth else Image.Resampling.NEAREST
    return np.asarray(Image.fromarray(picture).resize((size[1], size[0]), method))


def mount(picture: np.ndarray, strip: np.ndarray) -> np.ndarray:
    """The picture, edged by a hairline so that white fields end somewhere, with a strip of the same width beneath."""
    h, w, _ = picture.shape
    image = Image.fromarray(np.concatenate([picture, strip]))
    ImageDraw.Draw(image).rectangle((0, 0, w - 1, h - 1), outline=HAIRLINE)
    return np.array(image)


def sheet(width: int, height: int) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    """Blank paper, and the pen for it."""
    image = Image.new("RGB", (width, height), PAPER)
    return image, ImageDraw.Draw(image)


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


def lay_ink(canvas: np.ndarray, ink: Image.Image, colour: np.ndarray, darkest: int) -> np.ndarray:
    """Ink laid over the canvas `h w 3` uint8, which is left as it was, in a dark rim that shows it on any background.

    ink: opacity, of mode L. colour: `h w 3` or `h w 1` uint16, dimmed as the ink is opaque. darkest: opacity of the rim at most.
    """
    # Twice the blurred ink spreads the rim, as opaque as the ink is.
    rim = ink.filter(ImageFilter.GaussianBlur(canvas.shape[1] / 300)).point([min(2 * level, darkest) for level in range(256)])
    cover = rearrange(np.maximum(np.asarray(ink, dtype=np.uint16), np.asarray(rim)), "h w -> h w 1")
    return ((canvas * (255 - cover) + 255 * colour) // 255).astype(np.uint8)


def cells_to_pixels(cells: np.ndarray, extent: tuple[int, int]) -> np.ndarray:
    """`h w` of small whole numbers or truths, one block a cell."""
    return enlarge(np.asarray(cells).astype(np.uint8), extent, smooth=False)


def as_grey(frame: np.ndarray, levels: Sequence[int] = LIFTED) -> np.ndarray:
    """The frame `h w 3` without its colours; levels: the grey for each of 256, by default off black."""
    return np.array(ImageOps.grayscale(Image.fromarray(frame)).point(levels).convert("RGB"))


def share_of(cells: np.ndarray) -> str:
    """Per cent of cells that are True; some are never none, and not all are never all."""
    percent = 100 * float(np.mean(cells))
    return "<1 %" if 0 < percent < 1 else ">99 %" if 99 < percent < 100 else f"{percent:.0f} %"


def as_png(pixels: np.ndarray, quick: bool = False) -> bytes:
    """`h w 3` uint8 as a file; `quick` packs it lightly, since as small as can be takes longer than drawing."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "png", compress_level=1 if quick else 6)
    return file.getvalue()
