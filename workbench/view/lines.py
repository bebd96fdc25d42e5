"""A chart of what an experiment measured: a few lines over the values of the one thing that was changed."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from workbench.view.figure import WIDTH, panels, pen
from workbench.view.style import INK


def draw_lines(
    values: Sequence[float | int | str],
    charts: Mapping[str, Mapping[str, Sequence[float | int]]],
    changed: str,
    levels: Mapping[str, float | int] | None = None,
    log: bool = False,
) -> Figure:
    """A panel for each chart, title -> {name of a line: its numbers}, one number for each of `values`, evenly spaced.

    changed: what the values are, with its unit. levels: lines to compare with, name -> height, in every panel. log: of the
    heights. All lines start their axis at 0 unless log. Raises ValueError for no charts, or a line of another length.
    """
    lines = [(name, np.asarray(line, dtype=float)) for chart in charts.values() for name, line in chart.items()]
    if not lines:
        raise ValueError("there are no lines to draw")
    for name, line in lines:
        if line.shape != (len(values),):
            raise ValueError(f"the line {name!r} has shape {line.shape} for {len(values)} values of {changed}")

    figure, places = panels(height=3.1, width=max(WIDTH, 4.1 * len(charts)), columns=len(charts))
    for axes, (title, chart) in zip(places, charts.items(), strict=True):
        _draw_chart(axes, chart, levels or {}, log)
        axes.set_xticks(range(len(values)), [value if isinstance(value, str) else f"{value:g}" for value in values])
        axes.set_xlabel(changed, color=INK)
        axes.set_title(title, loc="left", color=INK, fontsize=10)
    return figure


def _draw_chart(axes: Axes, chart: Mapping[str, Sequence[float | int]], levels: Mapping[str, float | int], log: bool) -> None:
    for place, (name, line) in enumerate(chart.items()):
        axes.plot(np.asarray(line, dtype=float), label=name, marker="o", markersize=4, **pen(place))
    for name, height in levels.items():
        axes.axhline(height, color=INK, linestyle=(0, (4, 3)), linewidth=1)
        axes.text(1.01, height, name, transform=axes.get_yaxis_transform(), va="center", color=INK, fontsize=9)
    if log:
        axes.set_yscale("log")
    else:
        axes.margins(y=0.12)
        axes.set_ylim(bottom=0)
    if len(chart) > 1:
        axes.legend(frameon=False, labelcolor=INK, fontsize=9)
