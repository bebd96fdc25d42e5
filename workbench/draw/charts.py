"""Charts of predictions for notebooks, of scores over time, and charts as pictures."""

import textwrap
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import PercentFormatter
from numpy.typing import ArrayLike

from workbench.draw.style import BLUE, DASH_PATTERNS, HAIRLINE, INK, MUTED, PAPER, SERIES, SKY
from workbench.explore.explorer import MOST_PROBABLE
from workbench.text import percent

CHART_WIDTH = 6.4  # inches; shown 600 pixels wide, ten points are 13 pixels


def chart_to_picture(figure: Figure) -> np.ndarray:
    """The chart as `h w 3` uint8, to stand beside pictures, or in a notebook, where a figure without pyplot does not show itself."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.array(canvas.buffer_rgba())[..., :3]


def make_axes(height: float, width: float = CHART_WIDTH, columns: int = 1) -> tuple[Figure, list[Axes]]:
    """Tidy axes side by side on paper of their own: no box, a few faint lines to read values by."""
    layout = ConstrainedLayoutEngine(w_pad=0.08, h_pad=0.08)
    figure = Figure(figsize=(width, height), dpi=150, facecolor=PAPER, layout=layout)
    places = list(figure.subplots(1, columns, squeeze=False).flat)
    for axes in places:
        axes.set_facecolor(PAPER)
        axes.spines[["top", "right", "left"]].set_visible(False)
        axes.spines["bottom"].set_color(MUTED)
        axes.tick_params(colors=MUTED, labelsize=10, length=0)
        axes.grid(axis="y", color=HAIRLINE, linewidth=0.8)
        axes.set_axisbelow(True)
    return figure, places


def draw_level(axes: Axes, height: float, name: str) -> None:
    """A dashed line to compare with, named at its right end."""
    axes.axhline(height, color=INK, linestyle=(0, (4, 3)), linewidth=1)
    axes.text(1.01, height, name, transform=axes.get_yaxis_transform(), va="center", color=INK, fontsize=9)


def line_style(place: int) -> dict[str, Any]:
    """Colour and dashes of the line at a place."""
    return {"color": SERIES[place % len(SERIES)], "linestyle": DASH_PATTERNS[place % len(DASH_PATTERNS)], "linewidth": 2}


MOST_LINES = 4  # classes in a chart of scores over time
NAME_HEIGHT = 0.066  # of a chart of scores: what a line of a name at its edge needs


def draw_predictions(labels: Sequence[str], probabilities: ArrayLike) -> Figure:
    """The five most probable classes as bars, the most probable above. `probabilities` is `k` in [0, 1], one for each label.

    Raises ValueError where labels and probabilities do not match.
    """
    probabilities = _as_scores(probabilities, labels, axes=1)
    best = _find_highest(probabilities, MOST_PROBABLE)
    figure, (axes,) = make_axes(height=0.3 + 0.42 * len(best))

    axes.barh(range(len(best)), probabilities[best], height=0.62, color=[BLUE] + [SKY] * (len(best) - 1))
    for row, probability in enumerate(probabilities[best]):
        axes.text(probability + 0.012, row, percent(probability), va="center", color=INK, fontsize=10)

    axes.set_yticks(range(len(best)), [_wrap_short(labels[i], 34) for i in best], color=INK)
    axes.tick_params(axis="y", length=0)
    axes.set(xlim=(0, 1.12), ylim=(len(best) - 0.5, -0.5), xticks=[])
    axes.grid(visible=False)
    axes.spines["bottom"].set_visible(False)
    return figure


def draw_scores(times: ArrayLike, probabilities: ArrayLike, labels: Sequence[str], moment: tuple[float, float] | None = None) -> Figure:
    """Probability over time of the four classes that reach highest, named at the ends of their lines.

    `times` is `n` in seconds, ascending; `probabilities` `n k`; `moment` the span in seconds of the clip now shown.
    Raises ValueError where times, probabilities and labels do not match.
    """
    times, probabilities = np.asarray(times, dtype=float), _as_scores(probabilities, labels, axes=2)
    if times.shape != probabilities.shape[:1] or not len(times):
        raise ValueError(f"scores are 'n k' at times 'n', got shapes {probabilities.shape} and {times.shape}")
    best = _find_highest(probabilities.max(axis=0), MOST_LINES)
    figure, (axes,) = make_axes(height=3.2)

    for place, scores in enumerate(probabilities[:, best].T):
        axes.plot(times, scores, **line_style(place), marker="o" if len(times) == 1 else None, clip_on=False)
    axes.set(ylim=(0, 1), xlim=(times[0] if len(times) > 1 else times[0] - 1, times[-1]))
    _name_ends(axes, probabilities[-1, best], [labels[i] for i in best])

    if moment is not None:
        axes.axvspan(*moment, color=INK, alpha=0.08, linewidth=0)
        axes.set_title("grey: the clip shown", loc="right", color=MUTED, fontsize=9)
    axes.set_xlabel("time (s)", color=INK)
    axes.set_title("probability", loc="left", color=INK, fontsize=10)
    axes.yaxis.set_major_formatter(PercentFormatter(1, symbol=" %"))
    return figure


def _wrap_short(name: str, width: int) -> str:
    return "\n".join(textwrap.wrap(name, width, max_lines=2, placeholder=" …"))


def _as_scores(probabilities: ArrayLike, labels: Sequence[str], axes: int) -> np.ndarray:
    array = np.asarray(probabilities, dtype=float)
    if array.ndim != axes or array.shape[-1] != len(labels) or not len(labels):
        raise ValueError(f"probabilities are {'k' if axes == 1 else 'n k'!r} for k = {len(labels)} labels, got shape {array.shape}")
    return array


def _find_highest(values: np.ndarray, count: int) -> list[int]:
    return np.argsort(-values, kind="stable")[:count].tolist()


def _name_ends(axes: Axes, ends: np.ndarray, names: Sequence[str]) -> None:
    """Each name right of the line it belongs to, led there by a thin line where names had to move apart."""
    names = [_wrap_short(name, 24) for name in names]
    heights = [NAME_HEIGHT * (name.count("\n") + 1) for name in names]
    beside = axes.get_yaxis_transform()  # x in the width of the axes, y in probability
    for place, (end, level) in enumerate(zip(ends, _spread_levels(ends, heights), strict=True)):
        axes.plot([1, 1.03], [end, level], transform=beside, clip_on=False, **line_style(place) | {"linewidth": 1, "linestyle": "-"})
        axes.text(1.04, level, names[place], transform=beside, va="center", color=INK, fontsize=9, linespacing=1.0)


def _spread_levels(levels: np.ndarray, heights: Sequence[float]) -> np.ndarray:
    """The levels moved just so far up, then down from 1, that things so high and centred there do not overlap."""
    order, levels = np.argsort(levels, kind="stable"), np.array(levels, dtype=float)
    for below, above in pairwise(order):
        levels[above] = max(levels[above], levels[below] + (heights[below] + heights[above]) / 2)
    levels[order[-1]] = min(levels[order[-1]], 1)
    for above, below in pairwise(order[::-1]):
        levels[below] = min(levels[below], levels[above] - (heights[below] + heights[above]) / 2)
    return levels


def draw_lines(
    values: Sequence[float | str],
    charts: Mapping[str, Mapping[str, Sequence[float]]],
    changed: str,
    levels: Mapping[str, float] | None = None,
) -> Figure:
    """A panel for each chart, title -> {name of a line: its numbers}, one number for each of `values`, evenly spaced.

    changed: what the values are, with its unit. levels: lines to compare with, name -> height, in every panel. Heights start
    at 0. Raises ValueError for no charts, or a line of another length.
    """
    lines = [(name, np.asarray(line, dtype=float)) for chart in charts.values() for name, line in chart.items()]
    if not lines:
        raise ValueError("there are no lines to draw")
    for name, line in lines:
        if line.shape != (len(values),):
            raise ValueError(f"the line {name!r} has shape {line.shape} for {len(values)} values of {changed}")

    figure, places = make_axes(height=3.1, width=max(CHART_WIDTH, 4.1 * len(charts)), columns=len(charts))
    for axes, (title, chart) in zip(places, charts.items(), strict=True):
        _draw_chart(axes, chart, levels or {})
        axes.set_xticks(range(len(values)), [value if isinstance(value, str) else f"{value:g}" for value in values])
        axes.set_xlabel(changed, color=INK)
        axes.set_title(title, loc="left", color=INK, fontsize=10)
    return figure


def _draw_chart(axes: Axes, chart: Mapping[str, Sequence[float]], levels: Mapping[str, float]) -> None:
    for place, (name, line) in enumerate(chart.items()):
        axes.plot(np.asarray(line, dtype=float), label=name, marker="o", markersize=4, **line_style(place))
    for name, height in levels.items():
        draw_level(axes, height, name)
    axes.margins(y=0.12)
    axes.set_ylim(bottom=0)
    if len(chart) > 1:
        axes.legend(frameon=False, labelcolor=INK, fontsize=9)


SHARES_INCHES = (0.3, 0.55)  # inches: of the title and the heads; of a row


def draw_shares(rows: Mapping[str, Mapping[str, float]], title: str = "") -> Figure:
    """A row for each change, a column for each outcome: shares in [0, 1] as a percentage and a shade, darker for more.

    All rows must have the same outcomes; nan is left blank. Raises ValueError where they have not, or where there are none.
    """
    heads = list(next(iter(rows.values()), {}))
    if not heads or any(list(row) != heads for row in rows.values()):
        raise ValueError(f"every row needs the same outcomes, got {[list(row) for row in rows.values()]}")
    shares = np.array([list(row.values()) for row in rows.values()], dtype=float)

    head, line = SHARES_INCHES
    figure, (axes,) = make_axes(height=2.4 * head + 0.62 * line * len(rows) + 0.15, width=max(CHART_WIDTH, 1.8 + 1.45 * len(heads)))
    axes.imshow(np.ma.masked_invalid(shares), cmap="Blues", vmin=0, vmax=1.15, aspect="auto")
    for row, column in np.argwhere(np.isfinite(shares)):
        share = float(shares[row, column])
        axes.text(column, row, percent(share), ha="center", va="center", color=PAPER if share > 0.6 else INK, fontsize=10)

    axes.set_xticks(range(len(heads)), [textwrap.fill(name, 17) for name in heads], color=INK)
    axes.set_yticks(range(len(rows)), list(rows), color=INK)
    axes.xaxis.tick_top()
    axes.grid(visible=False)
    axes.spines["bottom"].set_visible(False)
    if title:
        axes.set_title(title, loc="left", color=INK, fontsize=10)
    return figure
