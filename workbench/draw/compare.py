"""Two displacements of one pair on one scale of colour, and their agreement."""

from dataclasses import dataclass

import numpy as np
from einops import rearrange
from jaxtyping import Float, UInt8
from numpy.typing import ArrayLike

from workbench.draw.canvas import as_frame, as_grey, cells_to_pixels, enlarge, mount, sheet
from workbench.draw.fields import draw_hues
from workbench.draw.legends import TWO_LINES, Muted, draw_caption, draw_colour_bar, draw_legend, draw_wheel_legend
from workbench.draw.pair import PAIR_WIDTH, colour_limit
from workbench.draw.style import INK, MUTED, letter_size, load_font, values_to_colour
from workbench.explore.compare import (
    Agreement,
    NetworkComparison,
    describe_matching,
    displacement_of_pair,
    estimate_flow_on_grid,
    measure_agreement,
)
from workbench.explore.explorer import Exploration

PALE_GREYS = [190 + round(65 * level / 255) for level in range(256)]  # greys near paper, on which every colour of the scale stands out
FARTHEST = 2  # cells: a difference in the brightest colour, so that the scale has its middle where agreement ends
NUMBERS_AT = (0, 0.35, 0.53, 0.82)  # of the width: where those of the table of numbers begin

Picture = UInt8[np.ndarray, "h w 3"]


@dataclass(frozen=True)
class ComparisonPictures:
    """a, b: the two displacements, or the source alone where there is none. agreement: None where one is missing."""

    a: np.ndarray
    b: np.ndarray
    agreement: np.ndarray | None


def draw_comparison(beside: NetworkComparison, pair: int, width: int = PAIR_WIDTH) -> ComparisonPictures:
    """Both networks' displacements of a pair over their names, on the one scale of colour that A has in all its pictures, and
    how far they agree. Where A has no displacement the scale is B's.

    Raises ValueError for a pair that is not there.
    """
    if not 0 <= pair < max(beside.pairs, 1):
        raise ValueError(f"pair must be one of 0 to {max(beside.pairs, 1) - 1}, got {pair}")
    both = beside.a, beside.b
    limit = next((colour_limit(exploration) for exploration in both if exploration.correspondences), 1.0)
    a, b = (draw_network_field(exploration, pair, limit, name, width) for exploration, name in zip(both, beside.names, strict=True))
    if not all(exploration.correspondences for exploration in both):
        return ComparisonPictures(a, b, None)
    source = beside.a.frames[pair]
    return ComparisonPictures(a, b, draw_agreement(source, beside.agreement(pair), size_at_width(source, width)))


def draw_flow_comparison(
    exploration: Exploration, pair: int, width: int = PAIR_WIDTH, flow: Float[np.ndarray, "2 h w"] | None = None
) -> ComparisonPictures:
    """The displacement of a pair by a network, optical flow on the same grid and scale, and their agreement. flow: of every pixel, if it
    is known.

    Raises ValueError for a pair that is not there, or without correspondences.
    """
    displacement, correspondences = displacement_of_pair(exploration, pair)
    field, source = estimate_flow_on_grid(exploration, pair, flow), exploration.frames[pair]
    size, limit = size_at_width(source, width), colour_limit(exploration)
    return ComparisonPictures(
        draw_network_field(exploration, pair, limit, exploration.network, width),
        draw_field_with_titles(field, size, limit, "optical flow", f"DIS by OpenCV, mean over {field.shape[2]} × {field.shape[1]} cells"),
        draw_agreement(source, measure_agreement(displacement, field, correspondences.cell), size),
    )


def draw_network_field(exploration: Exploration, pair: int, limit: float, name: str, width: int) -> Picture:
    """The displacement of a pair over the network's name and where it was read; the source in its place where there is none."""
    source, note = exploration.frames[pair], describe_matching(exploration)
    size = size_at_width(source, width)
    if exploration.correspondences is None:
        return mount(enlarge(source, size), draw_titles(width, name, note))
    return draw_field_with_titles(displacement_of_pair(exploration, pair)[0], size, limit, name, note)


def draw_field_with_titles(field: Float[np.ndarray, "2 gh gw"], size: tuple[int, int], limit: float, name: str, note: str) -> Picture:
    """A displacement in the colours of the wheel over its name, a note, and the legend; what is longer than `limit` is darker."""
    farther = np.linalg.norm(field, axis=0).max() > 1.00001 * limit
    legend = draw_wheel_legend(size[1], limit, "px, darker: farther" if farther else "px")
    return draw_hues(field, size, limit, np.concatenate([draw_titles(size[1], name, note), legend]))


def draw_agreement(frame: ArrayLike, agreement: Agreement, size: tuple[int, int] | None = None) -> Picture:
    """How far apart two displacements end, a block for each cell that moves, in cividis from 0 to two cells, over its numbers.

    The middle of the scale is one cell, as far as two agree; cells where neither moves show the frame `h w 3`, pale.
    Raises ValueError for what is no frame.
    """
    frame = enlarge(as_frame(frame), size)
    height, width, _ = frame.shape
    colours = enlarge(values_to_colour(agreement.difference, 0, FARTHEST * agreement.cell), (height, width), smooth=False)
    moving = rearrange(cells_to_pixels(agreement.moving, (height, width)), "h w -> h w 1")
    picture = np.where(moving, colours, as_grey(frame, PALE_GREYS))
    letter, cell = readable_size(width), agreement.cell
    bar = draw_colour_bar("0 px", f"{FARTHEST * cell:.3g} px apart or more", width // 3, letter, mark=True)
    words = f"agree up to here: 1 cell, {cell:.3g} px"
    legend = draw_legend(width, [bar], [words, None, Muted("pale: still")], size=letter, height=round(TWO_LINES * letter))
    return mount(picture, np.concatenate([legend, draw_numbers(width, agreement)]))


def draw_numbers(width: int, agreement: Agreement) -> Picture:
    """The shares and medians of an agreement as a small table."""
    size, known = readable_size(width), bool(agreement.moving.any())
    moving = f"{100 * agreement.share_moving:.0f} %", f"{agreement.median_moving:.2g} px", f"{agreement.median_length:.2g} px"
    rows = [
        ("cells", "agree", "median apart", "moved"),
        (f"{agreement.moving.sum()} that move", *(moving if known else "–––")),
        (f"{agreement.difference.size} in all", f"{100 * agreement.share:.0f} %", f"{agreement.median:.2g} px", ""),
    ]
    image, draw = sheet(width, round(1.8 * size * len(rows)))
    for line, row in enumerate(rows):
        for column, text in zip(NUMBERS_AT, row, strict=True):
            draw.text((column * width, 1.8 * size * (line + 0.5)), text, fill=INK if line else MUTED, font=load_font(size), anchor="lm")
    return np.asarray(image)


def readable_size(width: int) -> int:
    """Pixels of a letter that can still be read where a page shrinks the picture to a phone."""
    return max(letter_size(width), round(width / 34))


def draw_titles(width: int, name: str, note: str) -> Picture:
    """A name, and a note in grey beneath."""
    return np.concatenate([draw_caption(width, name, size=readable_size(width)), draw_caption(width, note, MUTED)])


def size_at_width(frame: Picture, width: int) -> tuple[int, int]:
    """Rows and columns of a picture so wide of a frame."""
    return round(width * frame.shape[0] / frame.shape[1]), width
