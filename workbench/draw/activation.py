"""Class activation maps drawn over the frames of a clip."""

from collections.abc import Sequence

import numpy as np
from einops import rearrange, repeat
from numpy.typing import ArrayLike
from PIL import Image, ImageColor

from workbench.draw.canvas import as_frame, as_grey, enlarge, mount
from workbench.draw.fields import draw_strip
from workbench.draw.legends import MIDDLE_GREY, TWO_LINES, draw_colour_bar, draw_legend
from workbench.draw.style import BLUE, ORANGE, letter_size

# One light, one dark: so they can be told without colours.
FOR, AGAINST = (np.array(ImageColor.getrgb(colour), dtype=np.float32) for colour in (ORANGE, BLUE))
FULL_EVIDENCE = 0.7  # the frame stays visible under full colour


def draw_activation(
    frame: ArrayLike, evidence: ArrayLike, limit: float, size: tuple[int, int] | None = None, label: str = ""
) -> np.ndarray:
    """One frame's evidence `gh gw` in logits over what it covers, a crop `h w 3`: orange for the class, blue against it.

    limit: the evidence shown in full colour; give one to all frames of a clip. label: of the class, for the legend.
    Raises ValueError for other shapes, or a limit that is not a positive number.
    """
    picture = lay_evidence_over(enlarge(as_frame(frame), size), as_evidence(evidence), limit)
    return mount(picture, draw_activation_legend(picture.shape[1], limit, label))


def draw_activations(
    frames: ArrayLike,
    evidence: ArrayLike,
    limit: float,
    captions: Sequence[str] = (),
    columns: int | None = None,
    width: int = 120,
    label: str = "",
) -> np.ndarray:
    """The evidence `t gh gw` over all frames of a clip `t h w 3`, in reading order over one legend, since they have one scale.

    Tiles are `width` pixels wide, `columns` to a row, by default all. Raises ValueError for other shapes.
    """
    frames, evidence = np.asarray(frames), np.asarray(evidence)
    if frames.ndim != 4 or evidence.ndim != 3 or len(frames) != len(evidence):
        raise ValueError(f"evidence is 't gh gw' over as many frames 't h w 3', got shapes {evidence.shape} and {frames.shape}")
    size = (round(width * frames.shape[1] / frames.shape[2]), width)
    tiles = [
        lay_evidence_over(enlarge(as_frame(frame), size), as_evidence(each), limit) for frame, each in zip(frames, evidence, strict=True)
    ]
    strip = draw_strip(np.stack(tiles), captions, columns=columns, width=width)
    return np.concatenate([strip, draw_activation_legend(strip.shape[1], limit, label)])


def as_evidence(evidence: ArrayLike) -> np.ndarray:
    array = np.asarray(evidence, dtype=np.float32)
    if array.ndim != 2 or 0 in array.shape:
        raise ValueError(f"evidence in a frame is 'gh gw', got shape {array.shape}")
    return array


def lay_evidence_over(frame: np.ndarray, evidence: np.ndarray, limit: float) -> np.ndarray:
    """The frame `h w 3` in grey, coloured the more the stronger the evidence, smooth between the middles of cells."""
    if not 0 < limit < np.inf:
        raise ValueError(f"the limit must be a positive number, got {limit}")
    h, w, _ = frame.shape
    smooth = np.asarray(Image.fromarray(evidence).resize((w, h), Image.Resampling.BILINEAR))
    level = rearrange(np.clip(smooth / limit, -1, 1), "h w -> h w 1")
    opacity = FULL_EVIDENCE * np.abs(level)
    return np.rint(as_grey(frame) * (1 - opacity) + np.where(level > 0, FOR, AGAINST) * opacity).astype(np.uint8)


def draw_activation_legend(width: int, limit: float, label: str) -> np.ndarray:
    """What is shown, and its scale over the grey that a frame might be: against the class on the left, for it on the right."""
    size, length = letter_size(width), max(width // 3, 1)
    levels = repeat(np.linspace(-limit, limit, length, dtype=np.float32), "x -> 1 x")
    (colours,) = lay_evidence_over(np.full((1, length, 3), MIDDLE_GREY, np.uint8), levels, limit)
    bar = draw_colour_bar(f"against: −{limit:.2g}", f"for: {limit:.2g}", length, size, colours)
    return draw_legend(width, [f"evidence for {label or 'the class'}, in logits"], [bar], height=round(TWO_LINES * size))
