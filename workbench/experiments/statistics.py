"""Means over seeds with 95 % intervals, and whether a difference is more than noise."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, nan, sqrt
from statistics import fmean, stdev

# 97.5 % quantile of Student's t for 1, 2, 3, ... degrees of freedom: two numbers need 12.7 standard errors, many need 1.96.
T = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101,
     2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042)  # fmt: skip


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
    half = T[min(len(values) - 1, len(T)) - 1] * stdev(values) / sqrt(len(values))
    return Estimate(mean, mean - half, mean + half, len(values))


def paired_difference(values: dict[int, float], baseline: dict[int, float]) -> Estimate | None:
    """How far `values` lie above the baseline, seed by seed, where both have the seed; None where they share none.

    Runs of one seed see the same clips in the same order, so that their difference varies less than each of them.
    """
    shared = sorted(values.keys() & baseline.keys())
    return estimate([values[seed] - baseline[seed] for seed in shared]) if shared else None
