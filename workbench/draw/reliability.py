"""How far to trust each match, over the frame: issues, forward-backward consistency, too fast for the window."""

import numpy as np
from einops import rearrange
from numpy.typing import ArrayLike
from PIL import Image, ImageColor, ImageDraw

from workbench.draw.canvas import as_frame, as_grey, as_map, cells_to_pixels, enlarge, hatch, mount, share_of
from workbench.draw.legends import draw_grey_patch, draw_legend, frame_patch
from workbench.draw.style import BLUE, GREEN, MUTED, ORANGE, PAPER, PURPLE, VERMILLION, letter_size, load_font
from workbench.explore.reliability import MatchIssue

ISSUE_OPACITY = 0.55  # opacity of a reason over the frame
ISSUE_COLOURS = {
    MatchIssue.FLAT: ORANGE,
    MatchIssue.PEAKS: PURPLE,
    MatchIssue.WEAK: BLUE,
    MatchIssue.BORDER: VERMILLION,
    MatchIssue.TAKEN: GREEN,
}


def draw_issues(frame: ArrayLike, reasons: ArrayLike, size: tuple[int, int] | None = None) -> np.ndarray:
    """The frame `h w 3` in grey under a colour and a number for the reason of each cell, `h w`: `h w 3` uint8.

    The legend beneath says which share of the cells each reason has. Raises ValueError for other shapes.
    """
    reasons, frame = as_map(reasons, "a map of reasons"), enlarge(as_frame(frame), size)
    extent = frame.shape[:2]

    palette = np.array([(0, 0, 0), *map(ImageColor.getrgb, ISSUE_COLOURS.values())], dtype=np.uint8)
    pixels = cells_to_pixels(reasons, extent)
    opacity = ISSUE_OPACITY * rearrange(pixels > 0, "h w -> h w 1")
    grey = rearrange(frame.mean(axis=-1), "h w -> h w 1")
    picture = Image.fromarray(np.rint((1 - opacity) * grey + opacity * palette[pixels]).astype(np.uint8))

    number_cells(ImageDraw.Draw(picture), reasons, extent)
    letter = letter_size(extent[1])
    shares = {reason: f"{100 * np.mean(reasons == reason):.0f} %" for reason in (*ISSUE_COLOURS, MatchIssue.NONE)}
    lines = ([draw_issue_patch(reason, letter), reason.text, None, share] for reason, share in shares.items())
    return mount(np.asarray(picture), draw_legend(extent[1], *lines))


def number_cells(draw: ImageDraw.ImageDraw, reasons: np.ndarray, extent: tuple[int, int]) -> None:
    """The number of its reason in each cell, for those who cannot tell the colours apart; not where cells are too small."""
    height, width = (side / cells for side, cells in zip(extent, reasons.shape, strict=True))
    size = round(0.55 * min(height, width))
    if size < 7:
        return
    for row, column in np.argwhere(reasons):
        place = ((column + 0.5) * width, (row + 0.5) * height)
        draw.text(place, str(reasons[row, column]), fill=PAPER, font=load_font(size), anchor="mm")


def draw_issue_patch(reason: MatchIssue, size: int) -> np.ndarray:
    """The number of a reason on its colour, empty for none."""
    image = Image.new("RGB", (round(1.3 * size), round(1.3 * size)), ISSUE_COLOURS.get(reason, PAPER))
    middle = (image.width / 2, image.height / 2)
    pen = ImageDraw.Draw(image)
    pen.text(middle, str(int(reason)) if reason else "", fill=PAPER, font=load_font(round(0.85 * size)), anchor="mm")
    pen.rectangle((0, 0, image.width - 1, image.height - 1), outline=MUTED)
    return np.asarray(image)


CONSISTENT, INCONSISTENT, LEAVES = range(3)
CONSISTENCY_COLOURS = np.array([ImageColor.getrgb(colour) for colour in (BLUE, ORANGE, PURPLE)], dtype=np.uint8)
CONSISTENCY_OPACITY = np.array([0.3, 0.6, 0.6], dtype=np.float32)  # opacity over the frame: what is in order stays in the background


def draw_consistency(frame: ArrayLike, error_px: ArrayLike, tolerance: float, size: tuple[int, int] | None = None) -> np.ndarray:
    """The frame `h w 3` in grey under three colours: consistent, inconsistent (hatched) and leaving the picture (crossed).

    error_px: the forward-backward error `h w` of a pair, nan where the way leads out of the picture; tolerance: up to which it
    is consistent, in the same pixels. The legend says which share of the cells each has.
    Raises ValueError for other shapes, or a tolerance that is not positive.
    """
    error = as_map(error_px, "a forward-backward error")
    if not tolerance > 0:
        raise ValueError(f"the tolerance must be above 0 pixels, got {tolerance}")
    kinds = np.where(np.isnan(error), LEAVES, np.where(error <= tolerance, CONSISTENT, INCONSISTENT))

    grey = as_grey(enlarge(as_frame(frame), size))
    picture, patch = paint_kinds(grey, cells_to_pixels(kinds, grey.shape[:2])), draw_grey_patch(grey.shape[1])
    texts = (f"consistent: back within {tolerance:.2g} px", "inconsistent: ends elsewhere", "leaves the picture")
    patches = [frame_patch(paint_kinds(patch, np.full(patch.shape[:2], kind))) for kind in range(3)]
    lines = ([patches[kind], text, None, share_of(kinds == kind)] for kind, text in enumerate(texts))
    return mount(picture, draw_legend(grey.shape[1], *lines))


def paint_kinds(grey: np.ndarray, kinds: np.ndarray) -> np.ndarray:
    """Tint and hatching of the kind of each pixel `h w` over a grey picture `h w 3` uint8."""
    tint = rearrange(CONSISTENCY_OPACITY[kinds], "h w -> h w 1")
    picture = (grey * (1 - tint) + CONSISTENCY_COLOURS[kinds] * tint).astype(np.uint8)
    picture = hatch(picture, kinds == INCONSISTENT)
    return hatch(picture, kinds == LEAVES, crossed=True) if (kinds == LEAVES).any() else picture


def draw_border_peaks(picture: ArrayLike, on_border: ArrayLike, height: int, reach: float) -> np.ndarray:
    """The picture `h w 3` uint8 of a pair with the cells `h w` hatched that are True, over a legend that says what this means.

    height: rows of pixels of the field; its own legend hangs beneath. reach: of the window in pixels. Raises ValueError for other
    shapes, or a field higher than the picture.
    """
    picture, on_border = as_frame(picture), as_map(on_border, "whether a peak is on the border")
    if not 1 <= height <= len(picture):
        raise ValueError(f"the field has 1 to {len(picture)} rows of pixels, as the picture, got {height}")
    width, patch = picture.shape[1], draw_grey_patch(picture.shape[1])
    hatched = frame_patch(hatch(patch, np.ones(patch.shape[:2], bool)))
    legend = draw_legend(width, [hatched, f"faster than the window can see ({reach:.3g} px)", None, share_of(on_border)])
    return np.concatenate([hatch(picture[:height], cells_to_pixels(on_border, (height, width))), picture[height:], legend])
