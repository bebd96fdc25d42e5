"""Charts of what a network says about a video: numbers in, `matplotlib.figure.Figure` out."""

import textwrap
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter
from numpy.typing import ArrayLike

from .figure import panels, pen, percent
from .style import BLUE, INK, MUTED, SKY

LINE_HEIGHT = 0.066  # of a chart of scores: what a line of a name at its edge needs


def draw_predictions(labels: Sequence[str], probabilities: ArrayLike, top: int = 5) -> Figure:
    """The `top` most probable classes as bars, the most probable above. `probabilities` is `k` in [0, 1], one for each label.

    Raises ValueError where labels and probabilities do not match.
    """
    probabilities = _scores(probabilities, labels, axes=1)
    best = _highest(probabilities, top)
    figure, (axes,) = panels(height=0.3 + 0.42 * len(best))

    axes.barh(range(len(best)), probabilities[best], height=0.62, color=[BLUE] + [SKY] * (len(best) - 1))
    for row, probability in enumerate(probabilities[best]):
        axes.text(probability + 0.012, row, percent(probability), va="center", color=INK, fontsize=10)

    axes.set_yticks(range(len(best)), [_wrapped(labels[i], 34) for i in best], color=INK)
    axes.tick_params(axis="y", length=0)
    axes.set(xlim=(0, 1.12), ylim=(len(best) - 0.5, -0.5), xticks=[])
    axes.grid(visible=False)
    axes.spines["bottom"].set_visible(False)
    return figure


def draw_scores(
    times: ArrayLike, probabilities: ArrayLike, labels: Sequence[str], top: int = 4, moment: tuple[float, float] | None = None
) -> Figure:
    """Probability over time of the `top` classes that reach highest, named at the ends of their lines.

    `times` is `n` in seconds, ascending; `probabilities` `n k`; `moment` the span in seconds of the clip now shown.
    Raises ValueError where times, probabilities and labels do not match.
    """
    times, probabilities = np.asarray(times, dtype=float), _scores(probabilities, labels, axes=2)
    if times.shape != probabilities.shape[:1] or not len(times):
        raise ValueError(f"scores are 'n k' at times 'n', got shapes {probabilities.shape} and {times.shape}")
    best = _highest(probabilities.max(axis=0), top)
    figure, (axes,) = panels(height=3.2)

    for place, scores in enumerate(probabilities[:, best].T):
        axes.plot(times, scores, **pen(place), marker="o" if len(times) == 1 else None, clip_on=False)
    axes.set(ylim=(0, 1), xlim=(times[0] if len(times) > 1 else times[0] - 1, times[-1]))
    _name_ends(axes, probabilities[-1, best], [labels[i] for i in best])

    if moment is not None:
        axes.axvspan(*moment, color=INK, alpha=0.08, linewidth=0)
        axes.set_title("grey: the clip shown", loc="right", color=MUTED, fontsize=9)
    axes.set_xlabel("time (s)", color=INK)
    axes.set_title("probability", loc="left", color=INK, fontsize=10)
    axes.yaxis.set_major_formatter(PercentFormatter(1, symbol=" %"))
    return figure


def _wrapped(name: str, width: int) -> str:
    return "\n".join(textwrap.wrap(name, width, max_lines=2, placeholder=" …"))


def _scores(probabilities: ArrayLike, labels: Sequence[str], axes: int) -> np.ndarray:
    array = np.asarray(probabilities, dtype=float)
    if array.ndim != axes or array.shape[-1] != len(labels) or not len(labels):
        raise ValueError(f"probabilities are {'k' if axes == 1 else 'n k'!r} for k = {len(labels)} labels, got shape {array.shape}")
    return array


def _highest(values: np.ndarray, top: int) -> list[int]:
    return np.argsort(-values, kind="stable")[:top].tolist()


def _name_ends(axes: Axes, ends: np.ndarray, names: Sequence[str]) -> None:
    """Each name right of the line it belongs to, led there by a thin line where names had to move apart."""
    names = [_wrapped(name, 24) for name in names]
    heights = [LINE_HEIGHT * (name.count("\n") + 1) for name in names]
    beside = axes.get_yaxis_transform()  # x in the width of the axes, y in probability
    for place, (end, level) in enumerate(zip(ends, _apart(ends, heights), strict=True)):
        axes.plot([1, 1.03], [end, level], transform=beside, clip_on=False, **pen(place) | {"linewidth": 1, "linestyle": "-"})
        axes.text(1.04, level, names[place], transform=beside, va="center", color=INK, fontsize=9, linespacing=1.0)


def _apart(levels: np.ndarray, heights: Sequence[float]) -> np.ndarray:
    """The levels moved just so far up, then down from 1, that things so high and centred there do not overlap."""
    order, levels = np.argsort(levels, kind="stable"), np.array(levels, dtype=float)
    for below, above in pairwise(order):
        levels[above] = max(levels[above], levels[below] + (heights[below] + heights[above]) / 2)
    levels[order[-1]] = min(levels[order[-1]], 1)
    for above, below in pairwise(order[::-1]):
        levels[below] = min(levels[below], levels[above] - (heights[below] + heights[above]) / 2)
    return levels
