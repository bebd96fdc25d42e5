"""Predictions and displacements beside the exact truth, as pictures."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from PIL import ImageColor

from workbench.draw.canvas import as_frame, enlarge, mount
from workbench.draw.fields import draw_strip, side_by_side
from workbench.draw.heatmaps import draw_heat_map
from workbench.draw.legends import Muted, draw_caption, draw_swatch, draw_wheel_legend
from workbench.draw.style import HAIRLINE, INK, MUTED, PAPER, as_displacement, displacement_to_colour, letter_size, load_font

STRIP_FRAME, PANEL, PANEL_GAP, PANEL_LETTER = 96, 300, 16, 14  # pixels: of a frame in a strip, of a panel, between panels, of a letter


def draw_worst(clips: Sequence[Any], evaluation: Any, count: int = 6) -> np.ndarray:
    """The clips with the highest loss, the most wrong first: for each, what it shows and what was answered, over its frames.

    `clips` are those that were evaluated: each has frames `t h w 3`, and a name where its speed is not known. `evaluation` has
    labels, worst(count), and for each clip truth, predicted, probability, camouflage and speed in pixels a frame. Raises
    ValueError where there is none.
    """
    indices = evaluation.worst(count)
    if not indices:
        raise ValueError("there are no clips to draw")
    return np.concatenate([_answer(clips[i], evaluation, i) for i in indices])


def draw_against_truth(comparison: Any, pair: int = 0) -> np.ndarray:
    """A pair of frames in four panels: the source and the error map, the true displacement and the learned one.

    `comparison` has frames `t h w 3`, truth and learned `p 2 gh gw` in pixels, and visible `p gh gw`; where learned is None,
    for want of motion, source and truth are shown alone. Truth and learned share colours and limit; where a cell is covered
    or outside in the next frame the error is grey. Raises ValueError for a pair that is not there.
    """
    if not 0 <= pair < len(comparison.truth):
        raise ValueError(f"pair must be one of 0 to {len(comparison.truth) - 1}, got {pair}")
    truth, visible = as_displacement(comparison.truth[pair]), np.asarray(comparison.visible[pair])
    frame = enlarge(as_frame(comparison.frames[pair]), (PANEL, PANEL))
    source = mount(frame, _caption(f"frame {pair + 1} of {len(comparison.frames)}"))
    if comparison.learned is None:
        limit = _limit(np.hypot(*truth))
        row = side_by_side(source, _panel(truth, limit, "true displacement; none was learned"), gap=PANEL_GAP)
        return np.concatenate([row, draw_wheel_legend(row.shape[1], limit, "px")])

    learned = as_displacement(comparison.learned[pair])
    limit = _limit(np.hypot(*truth), np.hypot(*learned))
    above = side_by_side(source, _error_map(np.where(visible, np.hypot(*(learned - truth)), np.nan)), gap=PANEL_GAP)
    below = side_by_side(_panel(truth, limit, "true displacement"), _panel(learned, limit, "learned displacement"), gap=PANEL_GAP)
    between = np.full((PANEL_GAP // 2, above.shape[1], 3), ImageColor.getrgb(PAPER), np.uint8)
    return np.concatenate([above, between, below, draw_wheel_legend(above.shape[1], limit, "px")])


def _answer(clip: Any, evaluation: Any, index: int) -> np.ndarray:
    """A strip of frames, above it the truth, the answer and how sure it was, beside it what the clip is like."""
    strip = draw_strip(clip.frames, width=STRIP_FRAME)
    truth, answer = (evaluation.labels[number[index]] for number in (evaluation.truth, evaluation.predicted))
    said = f"{truth} → {answer} ({100 * evaluation.probability[index]:.0f} %)"
    like = f"clip {index} · {evaluation.speed[index]:.1f} px a frame · camouflage {evaluation.camouflage[index]:.2g}"
    if np.isnan(evaluation.speed[index]):  # a real video, of which nobody knows it
        like = clip.name
    width, size = strip.shape[1], letter_size(strip.shape[1])
    left = round(load_font(size).getlength(said)) + 2 * size
    if left > width - 4 * size:
        return np.concatenate([draw_caption(width, said), strip])
    caption = np.concatenate([draw_caption(left, said, INK, size), draw_caption(width - left, like, MUTED, size)], axis=1)
    return np.concatenate([caption, strip])


def _caption(text: str) -> np.ndarray:
    return draw_caption(PANEL, text, size=PANEL_LETTER)


def _panel(displacement: np.ndarray, limit: float, caption: str) -> np.ndarray:
    return mount(enlarge(displacement_to_colour(displacement, limit), (PANEL, PANEL), smooth=False), _caption(caption))


def _error_map(error: np.ndarray) -> np.ndarray:
    """`h w` in pixels as a heat map, grey where it is nan, over its mean and its scale."""
    limit, known = _limit(error), np.isfinite(error)
    words = f"endpoint error: {error[known].mean():.2g} px on average" if known.any() else "endpoint error: nothing stays visible"
    keys = draw_swatch(HAIRLINE, PANEL_LETTER), Muted("not seen again")
    return draw_heat_map(error, (PANEL, PANEL), (0, limit), words, ("0", f"{limit:.2g} px"), keys, PANEL_LETTER)


def _limit(*lengths: ArrayLike) -> float:
    """The length of all but the longest hundredth, at least one pixel: a rare outlier must not pale the rest."""
    known = np.concatenate([np.ravel(values) for values in lengths])
    known = known[np.isfinite(known)]
    return max(float(np.quantile(known, 0.99)), 1.0) if len(known) else 1.0
