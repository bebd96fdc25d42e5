"""What stands beneath pictures: captions, and legends of words, patches and colour bars; all are `h w 3` uint8."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from einops import repeat
from PIL import Image, ImageColor, ImageDraw

from workbench.draw.canvas import mount, sheet
from workbench.draw.style import INK, MUTED, displacement_to_colour, letter_size, load_font, sequential_colours

WHEEL_DIRECTIONS = {"right": ("→", (1, 0)), "down": ("↓", (0, 1)), "left": ("←", (-1, 0)), "up": ("↑", (0, -1))}
MIDDLE_GREY = 150  # what stands for a frame in a legend
LEGEND_LINE = 1.7  # letters: of a line of a legend
TWO_LINES = 3.9  # letters: of a legend of two lines beneath a field
AFTER_PATCH, AFTER_WORDS = 0.4, 0.8  # letters: to what it means, and to what comes next


@dataclass(frozen=True)
class Muted:
    """Words of a legend in grey; plain `str` are in ink."""

    text: str


Item = str | Muted | np.ndarray | None


def draw_legend(width: int, *lines: Sequence[Item], size: int | None = None, height: int | None = None) -> np.ndarray:
    """Lines of words and patches `h w 3` uint8 from the left, in a strip so wide; those after None end at the right edge.

    Words that do not fit are shortened with an ellipsis. size: pixels of a letter. height: of all lines together, in pixels.
    """
    size = size or letter_size(width)
    height = height or round(LEGEND_LINE * size) * len(lines) + size // 2
    image, pen = sheet(width, height)
    for place, items in enumerate(lines):
        middle = height / 2 + (place - (len(lines) - 1) / 2) * round(LEGEND_LINE * size)
        cut = next((i for i, item in enumerate(items) if item is None), len(items))
        right = width - line_length(items[cut + 1 :], size)
        _draw_line(image, pen, items[:cut], (0, middle), size, right)
        _draw_line(image, pen, items[cut + 1 :], (right, middle), size, width)
    return np.asarray(image)


def line_length(items: Sequence[Item], size: int) -> float:
    """Pixels that a line of a legend takes, with letters of so many pixels."""
    lengths = [item.shape[1] if isinstance(item, np.ndarray) else load_font(size).getlength(item_words(item)) for item in items]
    return sum(lengths) + sum(gap_after(item) for item in items[:-1]) * size


def gap_after(item: Item) -> float:
    return AFTER_PATCH if isinstance(item, np.ndarray) else AFTER_WORDS


def item_words(item: Item) -> str:
    return item.text if isinstance(item, Muted) else str(item)


def _draw_line(
    image: Image.Image, pen: ImageDraw.ImageDraw, items: Sequence[Item], start: tuple[float, float], size: int, end: float
) -> None:
    x, middle = start
    for item in items:
        if isinstance(item, np.ndarray):
            image.paste(Image.fromarray(item), (round(x), round(middle - item.shape[0] / 2)))
            x += item.shape[1]
        else:
            text = fit_words(item_words(item), end - x + 1, size)
            pen.text((x, middle), text, fill=MUTED if isinstance(item, Muted) else INK, font=load_font(size), anchor="lm")
            x += load_font(size).getlength(text)
        x += gap_after(item) * size


def fit_words(text: str, width: float, size: int) -> str:
    """The text, or what fits of it before an ellipsis into so many pixels."""
    font = load_font(size)
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(text + "…") > width:
        text = text[:-1]
    return text.rstrip() + "…" if text else ""


def draw_caption(width: int, text: str, colour: str = INK, size: int | None = None) -> np.ndarray:
    """One line of letters on paper, shortened with an ellipsis to `width` pixels."""
    size = size or letter_size(width)
    image, pen = sheet(width, round(1.9 * size))
    pen.text((0, image.height / 2), fit_words(text, width, size), fill=colour, font=load_font(size), anchor="lm")
    return np.asarray(image)


def draw_colour_bar(low: str, high: str, length: int, size: int, colours: np.ndarray | None = None, mark: bool = False) -> np.ndarray:
    """Colours `n 3` uint8 from left to right, by default cividis, between the words for both ends: a patch of a legend.

    length: pixels of the bar. mark: a line across its middle, which reaches below the bar.
    """
    colours, font = sequential_colours() if colours is None else colours, load_font(size)
    start = round(font.getlength(low) + AFTER_PATCH * size) if low else 0
    image, pen = sheet(start + length + round(font.getlength(high) + AFTER_PATCH * size), round(1.6 * size))
    middle = image.height / 2
    bar = Image.fromarray(repeat(colours, "n c -> 1 n c")).resize((length, round(0.8 * size)))
    image.paste(bar, (start, round(middle - bar.height / 2)))
    pen.text((0, middle), low, fill=MUTED, font=font, anchor="lm")
    pen.text((start + length + AFTER_PATCH * size, middle), high, fill=MUTED, font=font, anchor="lm")
    if mark:
        pen.line((start + length / 2, middle - bar.height / 2, start + length / 2, image.height), fill=INK, width=2)
    return np.asarray(image)


def draw_scale(width: int, name: str, ends: tuple[str, str], keys: Sequence[Item] = (), size: int | None = None) -> np.ndarray:
    """The legend of a heat map: the name of its values over the colour bar, and beside the bar what else there is to say."""
    size = size or letter_size(width)
    bar = draw_colour_bar(*ends, max(width // 3, 1), size)
    return draw_legend(width, [name], [bar, *keys], size=size, height=round(TWO_LINES * size))


@lru_cache(maxsize=4)  # it is one for a whole clip or video
def draw_wheel_legend(width: int, limit: float, unit: str = "px") -> np.ndarray:
    """A small wheel, what full colour means, and the colours of four directions: words where they fit, arrows where they do not."""
    size = letter_size(width)
    image, _ = sheet(4 * size, round(TWO_LINES * size))
    wheel = Image.fromarray(draw_wheel(3 * size))
    image.paste(wheel, (0, (image.height - wheel.height) // 2 + 1))

    room, full = width - image.width, f"full colour: {limit:.3g} {unit}"
    if room < size:  # a thumbnail
        return np.asarray(image)[:, :width]
    amount = full if load_font(size).getlength(full) <= room else f"{limit:.3g} {unit}"
    words, arrows = [], []
    for name, (arrow, direction) in WHEEL_DIRECTIONS.items():
        swatch = draw_swatch(displacement_to_colour(np.reshape(direction, (2, 1, 1)), 1.0)[0, 0], size)
        words, arrows = [*words, swatch, Muted(name)], [*arrows, swatch, Muted(arrow)]
    key = words if line_length(words, size) <= room else arrows
    legend = np.concatenate([np.asarray(image), draw_legend(room, [amount], key, size=size, height=image.height)], axis=1)
    legend.setflags(write=False)
    return legend


def draw_swatch(colour: str | np.ndarray, size: int) -> np.ndarray:
    """A square patch of a colour, for letters of so many pixels."""
    side = round(0.7 * size)
    return np.full((side, side, 3), ImageColor.getrgb(colour) if isinstance(colour, str) else colour, np.uint8)


def draw_grey_patch(width: int) -> np.ndarray:
    """What a frame is in the legend of a picture so wide, to be painted as the frame is."""
    size = letter_size(width)
    return np.full((round(1.2 * size), round(2.2 * size), 3), MIDDLE_GREY, np.uint8)


def frame_patch(patch: np.ndarray) -> np.ndarray:
    """The patch edged by a hairline."""
    return mount(patch, patch[:0])


def draw_wheel(diameter: int) -> np.ndarray:
    """The colour of every displacement up to the limit, as a disc on white."""
    fine = 4 * diameter  # drawn four times too large and averaged: a smooth rim
    across = (np.arange(fine) + 0.5) / fine * 2 - 1
    x, y = np.meshgrid(across, across)
    field = displacement_to_colour(np.stack([x, y]) * (np.hypot(x, y) <= 1), 1.0)
    return np.asarray(Image.fromarray(field).reduce(4))
