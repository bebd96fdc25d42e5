"""The pictures of one pair of frames: source, target, displacement, arrows, overlay, probability, confidence."""

import math
from dataclasses import dataclass

import numpy as np

from workbench.draw.canvas import fit_frames, longest_but_outliers
from workbench.draw.charts import chart_to_picture, draw_scores
from workbench.draw.fields import draw_arrows, draw_displacement, draw_frame, draw_overlay, draw_strip
from workbench.draw.heatmaps import draw_confidence, draw_probability
from workbench.explore.compare import displacement_of_pair
from workbench.explore.explorer import Exploration

PAIR_WIDTH = 480  # pixels of the longer side of a picture of a pair


@dataclass(frozen=True)
class PairPictures:
    """What happened between two consecutive frames of the clip, pictures `h w 3` uint8."""

    source: np.ndarray
    target: np.ndarray
    overlay: np.ndarray
    displacement: np.ndarray
    arrows: np.ndarray
    probability: np.ndarray
    confidence: np.ndarray


def draw_pair(exploration: Exploration, pair: int) -> PairPictures:
    """Pair 0 is the first two frames. One limit of colour serves all pairs of the clip, so that they can be compared.

    Raises ValueError for a pair that is not there, or for a network without motion.
    """
    displacement, correspondences = displacement_of_pair(exploration, pair)
    (source, target), confidence = exploration.frames[pair : pair + 2], correspondences.confidence()[pair]
    probability, limit, size = correspondences.probability()[pair], colour_limit(exploration), picture_size(exploration)

    return PairPictures(
        source=draw_frame(source, size, caption(exploration, pair)),
        target=draw_frame(target, size, caption(exploration, pair + 1)),
        overlay=draw_overlay(source, displacement, probability, limit, size),
        displacement=draw_displacement(displacement, size, limit),
        arrows=draw_arrows(source, displacement, probability, size),
        probability=draw_probability(probability, size),
        confidence=draw_confidence(confidence, size, confidence_floor(exploration)),
    )


def picture_size(exploration: Exploration) -> tuple[int, int]:
    """Rows and columns of pixels of a picture of a frame: as large as fits into a square of `PAIR_WIDTH`."""
    return fit_frames(exploration.frames, PAIR_WIDTH)


def caption(exploration: Exploration, frame: int) -> str:
    return f"frame {exploration.indices[frame]} · {exploration.times[frame]:.2f} s"


def colour_limit(exploration: Exploration) -> float:
    """The length in full colour of all pictures of a clip, at least a cell; a pixel without correspondences."""
    if exploration.correspondences is None or exploration.displacement is None:
        return longest_but_outliers()
    return longest_but_outliers(np.linalg.norm(exploration.displacement, axis=1), least=exploration.correspondences.cell)


def confidence_floor(exploration: Exploration) -> float:
    """The tenth below all but the lowest hundredth of confidences, where the scale begins: at most 0.9; 0 without correspondences."""
    if exploration.confidence is None:
        return 0.0
    return min(max(math.floor(10 * np.quantile(exploration.confidence, 0.01)), 0), 9) / 10


def draw_clip(exploration: Exploration, pair: int | None = None) -> np.ndarray:
    """The crops that were classified, four to a row, with their times; the two of a pair outlined."""
    captions = [f"{time:.2f} s" for time in exploration.times]
    marked = () if pair is None else (pair, pair + 1)
    return draw_strip(exploration.crops, captions, marked, columns=4)


def draw_timeline(exploration: Exploration) -> np.ndarray:
    """Scores over time, with the clip's span marked."""
    moment = (exploration.times[0], exploration.times[-1])
    return chart_to_picture(draw_scores(exploration.score_times, exploration.scores, exploration.labels, moment=moment))
