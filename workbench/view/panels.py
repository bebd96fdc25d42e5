"""An Exploration as the pictures that the page and the notebooks show."""

import math
from dataclasses import dataclass

import numpy as np

from workbench.look.explore import Exploration
from workbench.view.charts import draw_predictions, draw_scores
from workbench.view.draw import draw_arrows, draw_confidence, draw_displacement, draw_frame, draw_overlay, draw_strip
from workbench.view.figure import chart_to_picture

WIDTH = 480  # pixels of the longer side of a picture of a pair


@dataclass(frozen=True)
class PairPictures:
    """What happened between two consecutive frames of the clip, pictures `h w 3` uint8."""

    source: np.ndarray
    target: np.ndarray
    overlay: np.ndarray
    displacement: np.ndarray
    arrows: np.ndarray
    confidence: np.ndarray


def draw_pair(exploration: Exploration, pair: int) -> PairPictures:
    """Pair 0 is the first two frames. One limit of colour serves all pairs of the clip, so that they can be compared.

    Raises ValueError for a pair that is not there, or for a network without motion.
    """
    if not 0 <= pair < exploration.pairs:
        raise ValueError(f"pair must be one of 0 to {exploration.pairs - 1}, got {pair}" if exploration.pairs
                         else f"{exploration.network} has no motion module: no correspondences; choose a layer to match")  # fmt: skip
    source, target = exploration.frames[pair : pair + 2]
    displacement, confidence = exploration.displacement[pair], exploration.confidence[pair]
    strength, limit, size = exploration.reading.of_pair(pair).strength()[0], colour_limit(exploration), shown_size(exploration)

    return PairPictures(
        source=draw_frame(source, size, caption(exploration, pair)),
        target=draw_frame(target, size, caption(exploration, pair + 1)),
        overlay=draw_overlay(source, displacement, strength, limit, size),
        displacement=draw_displacement(displacement, size, limit),
        arrows=draw_arrows(source, displacement, strength, size),
        confidence=draw_confidence(confidence, size, confidence_floor(exploration)),
    )


def shown_size(exploration: Exploration) -> tuple[int, int]:
    """Rows and columns of pixels of a picture of a frame: as large as fits into a square of `WIDTH`."""
    h, w = exploration.frames.shape[1:3]
    return max(round(WIDTH * h / max(h, w)), 1), max(round(WIDTH * w / max(h, w)), 1)


def caption(exploration: Exploration, frame: int) -> str:
    return f"frame {exploration.indices[frame]} · {exploration.times[frame]:.2f} s"


def colour_limit(exploration: Exploration) -> float:
    """The length of all but the longest hundredth of displacements; a clip in which nothing moves keeps a pixel."""
    return max(float(np.quantile(np.linalg.norm(exploration.displacement, axis=1), 0.99)), 1.0)


def confidence_floor(exploration: Exploration) -> float:
    """The tenth below all but the lowest hundredth of confidences, where the scale begins: at most 0.9."""
    return min(max(math.floor(10 * np.quantile(exploration.confidence, 0.01)), 0), 9) / 10


def draw_clip(exploration: Exploration, pair: int | None = None, columns: int = 4) -> np.ndarray:
    """The crops that were classified, with their times; the two of a pair outlined."""
    captions = [f"{time:.2f} s" for time in exploration.times]
    marked = () if pair is None else (pair, pair + 1)
    return draw_strip(exploration.crops, captions, marked, columns)


def draw_top(exploration: Exploration, count: int = 5) -> np.ndarray:
    """The most probable classes as bars."""
    return chart_to_picture(draw_predictions(exploration.labels, exploration.probabilities, count))


def draw_timeline(exploration: Exploration) -> np.ndarray:
    """Scores over time, with the clip's span marked."""
    moment = (exploration.times[0], exploration.times[-1])
    return chart_to_picture(draw_scores(exploration.score_times, exploration.scores, exploration.labels, moment=moment))
