"""Means over seeds with 95 % intervals, and whether a difference is more than noise."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, nan, sqrt
from statistics import fmean, stdev

from scipy.stats import t as student


@dataclass(frozen=True)
class Estimate:
    """A mean of `count` numbers and its 95 % interval (Student's t); of one number the interval is not known: nan."""

    mean: float
    low: float
    high: float
    count: int

    @property
    def beyond_noise(self) -> bool:
        """Whether the interval is known and leaves out 0, for a difference."""
        return isfinite(self.low) and not self.low <= 0 <= self.high


def estimate(values: Sequence[float]) -> Estimate:
    """Mean and 95 % interval of independent values. Raises ValueError where there are none."""
    if not values:
        raise ValueError("there are no values to take the mean of")
    mean = fmean(values)
    if len(values) == 1:
        return Estimate(mean, nan, nan, 1)
    quantile = round(float(student.ppf(0.975, len(values) - 1)), 3)  # as tables print it, by which all results were computed
    half = quantile * stdev(values) / sqrt(len(values))
    return Estimate(mean, mean - half, mean + half, len(values))


def paired_difference(values: dict[int, float], baseline: dict[int, float]) -> Estimate | None:
    """How far `values` lie above the baseline, seed by seed, where both have the seed; None where they share none.

    Runs of one seed see the same clips in the same order, so that their difference varies less than each of them.
    """
    shared = sorted(values.keys() & baseline.keys())
    return estimate([values[seed] - baseline[seed] for seed in shared]) if shared else None
