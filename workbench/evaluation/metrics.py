"""Accuracy with its interval, confusion matrix, and tables by class, speed and camouflage."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, floor, sqrt

import numpy as np
from jaxtyping import Bool, Float, Int

from workbench.text import exact_percent

BINS = 10  # at most, by speed: where there would be more, a bin takes several pixels
LEVELS = 10  # more distinct camouflages than these were drawn from a range, and go into quarters of it


Row = dict[str, float | str]


@dataclass(frozen=True)
class Evaluation:
    """What a network answered, one value a clip.

    truth, predicted: numbers of classes. loss: cross entropy. probability: of the predicted class. speed: of the clip's
    motion, pixels a frame; camouflage in [0, 1]. error: mean endpoint error in pixels over the clip's `cells` whose pixels
    all stay visible; error_moving: over the `cells_moving` among them, whose true displacement is length_moving pixels
    long. nan where there are none, or no motion was read.
    """

    labels: tuple[str, ...]
    truth: Int[np.ndarray, " n"]
    predicted: Int[np.ndarray, " n"]
    loss: Float[np.ndarray, " n"]
    probability: Float[np.ndarray, " n"]
    speed: Float[np.ndarray, " n"]
    camouflage: Float[np.ndarray, " n"]
    error: Float[np.ndarray, " n"]
    cells: Int[np.ndarray, " n"]
    error_moving: Float[np.ndarray, " n"]
    length_moving: Float[np.ndarray, " n"]
    cells_moving: Int[np.ndarray, " n"]

    def __str__(self) -> str:
        accuracy, low, high = map(exact_percent, (self.accuracy, *self.interval))
        text = f"{self.clips} clips: accuracy {accuracy} (95 % interval {low} to {high})"
        if np.isnan(self.endpoint_error):
            return text
        moving = f"{self.moving_error:.2f} px where the picture moves ({self.moving_length:.2f} px if nothing moved)"
        return f"{text}; endpoint error {self.endpoint_error:.2f} px, {moving}"

    @property
    def clips(self) -> int:
        return len(self.truth)

    @property
    def right(self) -> Bool[np.ndarray, " n"]:
        return self.truth == self.predicted

    @property
    def confusion(self) -> Int[np.ndarray, "k k"]:
        """How many clips of each class (row) got each answer (column)."""
        counts = np.zeros((len(self.labels),) * 2, int)
        np.add.at(counts, (self.truth, self.predicted), 1)
        return counts

    @property
    def accuracy(self) -> float:
        return float(self.right.mean())

    @property
    def interval(self) -> tuple[float, float]:
        return wilson_interval(int(self.right.sum()), self.clips)

    @property
    def endpoint_error(self) -> float:
        """Pixels, over all visible cells of all clips: a clip counts by its cells."""
        return mean_over_cells(self.error, self.cells)

    @property
    def moving_error(self) -> float:
        """Pixels, over all visible cells that move by half a pixel or more."""
        return mean_over_cells(self.error_moving, self.cells_moving)

    @property
    def moving_length(self) -> float:
        """Pixels, over the same cells: the error of saying that nothing moves."""
        return mean_over_cells(self.length_moving, self.cells_moving)

    def summary(self) -> Row:
        low, high = self.interval
        errors = {name: getattr(self, name) for name in ("endpoint_error", "moving_error", "moving_length")}
        return {"clips": self.clips, "accuracy": self.accuracy, "low": low, "high": high, **errors}

    def select(self, chosen: Bool[np.ndarray, " n"]) -> "Evaluation":
        """The same of some clips only."""
        return Evaluation(self.labels, *(values[chosen] for name, values in vars(self).items() if name != "labels"))

    def per_class(self) -> list[Row]:
        """A row for each class that occurs: its label, its summary, and the wrong answer given most often ("" without any)."""
        rows = []
        for number in np.unique(self.truth).tolist():
            part = self.select(self.truth == number)
            wrong = np.bincount(part.predicted[~part.right], minlength=len(self.labels))
            mistaken_for = self.labels[int(wrong.argmax())] if wrong.any() else ""
            rows.append({"label": self.labels[number], **part.summary(), "mistaken_for": mistaken_for})
        return rows

    def by_speed(self) -> list[Row]:
        """Summaries of the clips whose speed lies in each bin [from, to) of whole pixels a frame.

        The alphabet also shows letters at rest, at speed 0: they are left out, since a table by speed is about motion.
        """
        moving = self.select(self.speed > 0)
        return moving.in_bins(moving.speed, whole_edges(moving.speed)) if moving.clips else []

    def by_camouflage(self) -> list[Row]:
        """Summaries at each level of camouflage; of clips drawn from a range, in its quarters [from, to)."""
        levels = np.unique(self.camouflage)
        if len(levels) > LEVELS:
            return self.in_bins(self.camouflage, np.linspace(0, 1, 5).tolist())
        return [{"value": level, **self.select(self.camouflage == level).summary()} for level in levels.tolist()]

    def in_bins(self, values: Float[np.ndarray, " n"], edges: Sequence[float]) -> list[Row]:
        """A row for each bin that holds clips: from, to, the mean value, and the summary. The last bin includes its end."""
        rows, last = [], len(edges) - 2
        for number, (start, end) in enumerate(pairwise(edges)):
            chosen = (values >= start) & ((values < end) | (number == last) & (values == end))
            if chosen.any():
                rows.append({"from": start, "to": end, "value": float(values[chosen].mean()), **self.select(chosen).summary()})
        return rows

    def worst(self, count: int = 8) -> list[int]:
        """Indices of the clips with the highest loss, the most wrong first."""
        return np.argsort(-self.loss, kind="stable")[:count].tolist()


def wilson_interval(right: int, total: int) -> tuple[float, float]:
    """95 % interval of a proportion (Wilson 1927), which stays within [0, 1] near the ends."""
    z = 1.96
    share, spread = right / total, z * z / total
    middle, half = share + spread / 2, z * sqrt(share * (1 - share) / total + spread / (4 * total))
    return (middle - half) / (1 + spread), (middle + half) / (1 + spread)


def whole_edges(values: Float[np.ndarray, " n"]) -> list[float]:
    """Edges at whole numbers of at most BINS bins of one width, around all values."""
    first = floor(values.min())
    width = max(ceil((values.max() - first) / BINS), 1)
    return [float(first + width * number) for number in range(max(ceil((values.max() - first) / width), 1) + 1)]


def mean_over_cells(means: Float[np.ndarray, " n"], cells: Int[np.ndarray, " n"]) -> float:
    """The mean over all cells from the mean of each clip; nan where no clip has any."""
    if not cells.any():
        return float("nan")
    return float(np.average(means[cells > 0], weights=cells[cells > 0]))
