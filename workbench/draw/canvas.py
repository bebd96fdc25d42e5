"""What every picture stands on: checked pixels, enlargement, captions, legends and hatching."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from einops import rearrange, repeat
from numpy.typing import ArrayLike
from PIL import Image, ImageDraw, ImageOps

from workbench.draw.style import HAIRLINE, INK, LIFTED, MUTED, PAPER, displacement_to_colour, letter_size, letters, sequential_colours

DIRECTIONS = {"right": ("→", (1, 0)), "down": ("↓", (0, 1)), "left": ("←", (-1, 0)), "up": ("↑", (0, -1))}


def as_frame(frame: ArrayLike) -> np.ndarray:
    """`h w 3` uint8. Raises ValueError naming shape and dtype where it is something else."""
    array = np.asarray(frame)
    if array.ndim != 3 or array.shape[-1] != 3 or array.dtype != np.uint8 or 0 in array.shape:
        raise ValueError(f"a frame is 'h w 3' uint8, got shape {array.shape} {array.dtype}")
    return array


def as_confidence(confidence: ArrayLike, grid: tuple[int, int] | None = None) -> np.ndarray:
    """`h w` float32, clipped to [0, 1], 0 where not finite. Raises ValueError naming the shape where it is not `grid`."""
    array = np.asarray(confidence)
    if array.ndim != 2 or 0 in array.shape or (grid is not None and array.shape != grid):
        raise ValueError(f"a confidence is 'h w'{f' of {grid}' if grid else ''}, got shape {array.shape}")
    return np.clip(np.nan_to_num(array.astype(np.float32)), 0, 1)


def as_limit(displacement: np.ndarray, limit: float | None) -> float:
    """The given limit, or the greatest length of `2 h w`; 1 where nothing moves, since a still field has no scale of its own.

    Raises ValueError where the limit is not a positive number.
    """
    if limit is not None:
        if not 0 < limit < np.inf:
            raise ValueError(f"the limit must be a positive number, got {limit}")
        return float(limit)
    length = np.hypot(*displacement)
    return float(length.max(initial=0, where=np.isfinite(length))) or 1.0


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


def caption_strip(width: int, text: str, colour: str = INK, size: int | None = None) -> np.ndarray:
    """One line of letters on paper, shortened with an ellipsis to `width` pixels: `h w 3` uint8."""
    size = size or letter_size(width)
    image, draw = sheet(width, round(1.9 * size))
    draw.text((0, image.height / 2), _shorten(text, width, size), fill=colour, font=letters(size), anchor="lm")
    return np.asarray(image)


def wheel_legend(width: int, limit: float, unit: str) -> np.ndarray:
    """A small wheel, what full colour means, and the colours of four directions: `h w 3` uint8."""
    size = letter_size(width)
    image, draw = sheet(width, round(3.9 * size))
    wheel = Image.fromarray(_wheel(round(3 * size)))
    image.paste(wheel, (0, (image.height - wheel.height) // 2 + 1))

    left = wheel.width + size
    first, second = image.height / 2 - 0.75 * size, image.height / 2 + 0.85 * size
    text, amount = f"full colour: {limit:.3g} {unit}", f"{limit:.3g} {unit}"
    text = text if letters(size).getlength(text) <= width - left else _shorten(amount, width - left, size)
    draw.text((left, first), text, fill=INK, font=letters(size), anchor="lm")
    _swatches(draw, left, second, size)
    return np.asarray(image)


def confidence_legend(width: int, low: float = 0.0) -> np.ndarray:
    """The colour bar from `low` to 1 with its name: `h w 3` uint8."""
    size = letter_size(width)
    image, draw = sheet(width, round(3.9 * size))
    draw.text((0, image.height / 2 - 0.75 * size), "confidence", fill=INK, font=letters(size), anchor="lm")

    start, middle = round(letters(size).getlength(f"{low:g}") + 0.45 * size), image.height / 2 + 0.85 * size
    bar = min(14 * size, width - start - round(1.9 * size))
    if bar > 0:
        colours = Image.fromarray(repeat(sequential_colours(), "x c -> 1 x c")).resize((bar, round(0.8 * size)))
        image.paste(colours, (start, round(middle - 0.4 * size)))
        draw.text((0, middle), f"{low:g}", fill=MUTED, font=letters(size), anchor="lm")
        draw.text((start + 0.45 * size + bar, middle), "1", fill=MUTED, font=letters(size), anchor="lm")
    return np.asarray(image)


def _shorten(text: str, width: int, size: int) -> str:
    if letters(size).getlength(text) <= width:
        return text
    while text and letters(size).getlength(text + "…") > width:
        text = text[:-1]
    return text.rstrip() + "…" if text else ""


def _wheel(diameter: int) -> np.ndarray:
    fine = 4 * diameter  # drawn four times too large and averaged: a smooth rim
    across = (np.arange(fine) + 0.5) / fine * 2 - 1
    x, y = np.meshgrid(across, across)
    inside = np.hypot(x, y) <= 1
    field = displacement_to_colour(np.stack([x, y]) * inside, 1.0)
    return np.asarray(Image.fromarray(field).reduce(4))


def _swatches(draw: ImageDraw.ImageDraw, left: int, middle: float, size: int) -> None:
    """A square of its colour and a name for each direction: words where they fit, arrows where they do not."""
    font, room, x = letters(size), draw.im.size[0] - left, float(left)
    needed = sum(font.getlength(name) + 1.8 * size for name in DIRECTIONS) - 0.8 * size
    for name, (arrow, direction) in DIRECTIONS.items():
        name = name if needed <= room else arrow
        colour = displacement_to_colour(np.reshape(direction, (2, 1, 1)), 1.0)[0, 0]
        draw.rectangle((x, middle - 0.35 * size, x + 0.7 * size, middle + 0.35 * size), fill=tuple(colour.tolist()))
        draw.text((x + size, middle), name, fill=MUTED, font=font, anchor="lm")
        x += font.getlength(name) + (1.8 if needed <= room else 1.3) * size


GREY = 150  # what stands for a frame in a legend


@dataclass(frozen=True)
class Patch:
    """A line of a legend: its patch `h w 3` uint8, what it means, and how much of the picture it is."""

    picture: np.ndarray
    text: str
    share: str = ""


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


def cells_to_pixels(cells: np.ndarray, extent: tuple[int, int]) -> np.ndarray:
    """`h w` of small whole numbers or truths, one block a cell."""
    return enlarge(np.asarray(cells).astype(np.uint8), extent, smooth=False)


def as_grey(frame: np.ndarray) -> np.ndarray:
    """The frame `h w 3` without its colours, off black, so that what is laid over shows on dark videos."""
    return np.array(ImageOps.grayscale(Image.fromarray(frame)).point(LIFTED).convert("RGB"))


def grey_patch(width: int) -> np.ndarray:
    """What a frame is in the legend of a picture so wide, to be painted as the frame is."""
    size = letter_size(width)
    return np.full((round(1.2 * size), round(2.2 * size), 3), GREY, np.uint8)


def share_of(cells: np.ndarray) -> str:
    """Per cent of cells that are True; some are never none, and not all are never all."""
    percent = 100 * float(np.mean(cells))
    return "<1 %" if 0 < percent < 1 else ">99 %" if 99 < percent < 100 else f"{percent:.0f} %"


def patch_legend(width: int, patches: Sequence[Patch]) -> np.ndarray:
    """A line for each patch, in a strip so wide: `h w 3` uint8."""
    size = letter_size(width)
    line = round(1.7 * size)
    image, draw = sheet(width, line * len(patches) + size // 2)
    for place, patch in enumerate(patches):
        h, w, _ = patch.picture.shape
        middle = size // 4 + round((place + 0.5) * line)
        image.paste(Image.fromarray(patch.picture), (1, middle - h // 2))
        draw.rectangle((1, middle - h // 2, w, middle - h // 2 + h - 1), outline=HAIRLINE)
        draw.text((w + 0.7 * size, middle), patch.text, fill=INK, font=letters(size), anchor="lm")
        draw.text((width - 2, middle), patch.share, fill=INK, font=letters(size), anchor="rm")
    return np.asarray(image)
