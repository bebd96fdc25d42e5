"""Two displacements of one pair of frames: each by itself on one scale of colour, and how far they agree."""

from dataclasses import dataclass

import numpy as np
from einops import rearrange, repeat
from jaxtyping import Float, UInt8
from numpy.typing import ArrayLike
from PIL import Image, ImageOps

from workbench.draw.canvas import as_frame, caption_strip, enlarge, mount, sheet, wheel_legend
from workbench.draw.pair import WIDTH, colour_limit
from workbench.draw.style import INK, MUTED, displacement_to_colour, letter_size, letters, sequential_colours
from workbench.explore.compare import Agreement, NetworkComparison, agree, describe_matching, displacement_of_pair, flow_on_grid
from workbench.explore.explorer import Exploration

PALE = [190 + round(65 * level / 255) for level in range(256)]  # greys near paper, on which every colour of the scale stands out
END = 2  # cells: a difference in the brightest colour, so that the scale has its middle where agreement ends
COLUMNS = (0, 0.35, 0.53, 0.82)  # of the width: where those of the table of numbers begin


Picture = UInt8[np.ndarray, "h w 3"]


@dataclass(frozen=True)
class BesidePictures:
    """a, b: the two displacements, or the source alone where there is none. agreement: None where one is missing."""

    a: np.ndarray
    b: np.ndarray
    agreement: np.ndarray | None


def draw_beside(beside: NetworkComparison, pair: int, width: int = WIDTH) -> BesidePictures:
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
        return BesidePictures(a, b, None)
    source = beside.a.frames[pair]
    return BesidePictures(a, b, draw_agreement(source, beside.agreement(pair), size_of(source, width)))


def draw_beside_flow(exploration: Exploration, pair: int, width: int = WIDTH) -> BesidePictures:
    """The displacement that a network found in a pair, optical flow on the same grid and scale, and their agreement.

    Raises ValueError for a pair that is not there, or without correspondences.
    """
    (displacement, correspondences), flow, source = (
        displacement_of_pair(exploration, pair),
        flow_on_grid(exploration, pair),
        exploration.frames[pair],
    )
    size, limit = size_of(source, width), colour_limit(exploration)
    return BesidePictures(
        draw_network_field(exploration, pair, limit, exploration.network, width),
        draw_named(flow, size, limit, "optical flow", f"DIS by OpenCV, mean over {flow.shape[2]} × {flow.shape[1]} cells"),
        draw_agreement(source, agree(displacement, flow, correspondences.cell), size),
    )


def draw_network_field(exploration: Exploration, pair: int, limit: float, name: str, width: int = WIDTH) -> Picture:
    """The displacement of a pair over the network's name and where it was read; the source in its place where there is none."""
    source = exploration.frames[pair]
    size = size_of(source, width)
    if exploration.correspondences is None:
        return mount(enlarge(source, size), titles(width, name, describe_matching(exploration)))
    return draw_named(displacement_of_pair(exploration, pair)[0], size, limit, name, describe_matching(exploration))


def draw_named(field: Float[np.ndarray, "2 gh gw"], size: tuple[int, int], limit: float, name: str, note: str) -> Picture:
    """A displacement in the colours of the wheel over its name, a note, and the legend; what is longer than `limit` is darker."""
    farther = np.linalg.norm(field, axis=0).max() > 1.00001 * limit
    coloured = enlarge(displacement_to_colour(field, limit), size, smooth=False)
    legend = wheel_legend(size[1], limit, "px, darker: farther" if farther else "px")
    return mount(coloured, np.concatenate([titles(size[1], name, note), legend]))


def draw_agreement(frame: ArrayLike, agreement: Agreement, size: tuple[int, int] | None = None) -> Picture:
    """How far apart two displacements end, a block for each cell that moves, in cividis from 0 to two cells, over its numbers.

    The middle of the scale is one cell, as far as two agree; cells where neither moves show the frame `h w 3`, pale.
    Raises ValueError for what is no frame.
    """
    frame = enlarge(as_frame(frame), size)
    height, width, _ = frame.shape
    level = np.rint(255 * np.clip(agreement.difference / (END * agreement.cell), 0, 1)).astype(np.uint8)
    shown = rearrange(np.where(agreement.moving, 255, 0).astype(np.uint8), "h w -> h w 1")
    blocks = enlarge(np.concatenate([sequential_colours()[level], shown], axis=-1), (height, width), smooth=False)

    picture = ImageOps.grayscale(Image.fromarray(frame)).point(PALE).convert("RGBA")
    picture.alpha_composite(Image.fromarray(blocks))
    return mount(np.asarray(picture.convert("RGB")), np.concatenate([agreement_legend(width, agreement.cell), numbers(width, agreement)]))


def agreement_legend(width: int, cell: float) -> Picture:
    """The colour bar with its ends, a mark where agreement ends, and what pale means."""
    size = readable(width)
    image, draw = sheet(width, round(3.9 * size))
    font, bar, middle = letters(size), width // 3, round(0.95 * size)
    left = round(font.getlength("0 px") + 0.5 * size)
    colours = Image.fromarray(repeat(sequential_colours(), "x c -> 1 x c")).resize((bar, round(0.9 * size)))
    image.paste(colours, (left, middle - round(0.45 * size)))
    draw.text((0, middle), "0 px", fill=MUTED, font=font, anchor="lm")
    draw.text((left + bar + 0.5 * size, middle), f"{END * cell:.3g} px apart or more", fill=MUTED, font=font, anchor="lm")
    draw.line((left + bar / 2, middle - 0.45 * size, left + bar / 2, middle + 1.1 * size), fill=INK, width=2)
    draw.text((0, middle + 1.9 * size), f"agree up to here: 1 cell, {cell:.3g} px", fill=INK, font=font, anchor="lm")
    draw.text((width, middle + 1.9 * size), "pale: still", fill=MUTED, font=font, anchor="rm")
    return np.asarray(image)


def numbers(width: int, agreement: Agreement) -> Picture:
    """The shares and medians of an agreement as a small table."""
    size, known = readable(width), bool(agreement.moving.any())
    moving = f"{100 * agreement.share_moving:.0f} %", f"{agreement.median_moving:.2g} px", f"{agreement.median_length:.2g} px"
    rows = [
        ("cells", "agree", "median apart", "moved"),
        (f"{agreement.moving.sum()} that move", *(moving if known else "–––")),
        (f"{agreement.difference.size} in all", f"{100 * agreement.share:.0f} %", f"{agreement.median:.2g} px", ""),
    ]
    image, draw = sheet(width, round(1.8 * size * len(rows)))
    for line, row in enumerate(rows):
        for column, text in zip(COLUMNS, row, strict=True):
            draw.text((column * width, 1.8 * size * (line + 0.5)), text, fill=INK if line else MUTED, font=letters(size), anchor="lm")
    return np.asarray(image)


def readable(width: int) -> int:
    """Pixels of a letter that can still be read where a page shrinks the picture to a phone."""
    return max(letter_size(width), round(width / 34))


def titles(width: int, name: str, note: str) -> Picture:
    """A name, and a note in grey beneath."""
    return np.concatenate([caption_strip(width, name, size=readable(width)), caption_strip(width, note, MUTED)])


def size_of(frame: Picture, width: int) -> tuple[int, int]:
    """Rows and columns of a picture so wide of a frame."""
    return round(width * frame.shape[0] / frame.shape[1]), width
