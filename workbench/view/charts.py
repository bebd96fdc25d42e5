"""Charts: numbers in, `matplotlib.figure.Figure` out; pyplot's global state is never touched."""

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import MaxNLocator, PercentFormatter
from numpy.typing import ArrayLike

from .style import BLUE, HAIRLINE, INK, LINES, MUTED, PAPER, SERIES, SKY

WIDTH = 6.4  # inches; shown 600 pixels wide, ten points are 13 pixels
LINE_HEIGHT = 0.066  # of a chart of scores: what a line of a name at its edge needs

# title of a panel: {name of a line: field of a record}
CURVES = {
    "loss": {"training": "loss"},
    "accuracy": {"training": "accuracy", "validation": "validation_accuracy"},
    "endpoint error (px)": {"training": "endpoint_error"},
}


def draw_predictions(labels: Sequence[str], probabilities: ArrayLike, top: int = 5) -> Figure:
    """The `top` most probable classes as bars, the most probable above. `probabilities` is `k` in [0, 1], one for each label.

    Raises ValueError where labels and probabilities do not match.
    """
    probabilities = _scores(probabilities, labels, axes=1)
    best = _highest(probabilities, top)
    figure, (axes,) = _panels(height=0.3 + 0.42 * len(best))

    axes.barh(range(len(best)), probabilities[best], height=0.62, color=[BLUE] + [SKY] * (len(best) - 1))
    for row, probability in enumerate(probabilities[best]):
        axes.text(probability + 0.012, row, _percent(probability), va="center", color=INK, fontsize=10)

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
    figure, (axes,) = _panels(height=3.2)

    for place, scores in enumerate(probabilities[:, best].T):
        axes.plot(times, scores, **_pen(place), marker="o" if len(times) == 1 else None, clip_on=False)
    axes.set(ylim=(0, 1), xlim=(times[0] if len(times) > 1 else times[0] - 1, times[-1]))
    _name_ends(axes, probabilities[-1, best], [labels[i] for i in best])

    if moment is not None:
        axes.axvspan(*moment, color=INK, alpha=0.08, linewidth=0)
        axes.set_title("grey: the clip shown", loc="right", color=MUTED, fontsize=9)
    axes.set_xlabel("time (s)", color=INK)
    axes.set_title("probability", loc="left", color=INK, fontsize=10)
    axes.yaxis.set_major_formatter(PercentFormatter(1, symbol=" %"))
    return figure


def draw_curves(records: Iterable[Any]) -> Figure:
    """Loss, accuracy and endpoint error over epochs, a panel each; a panel nobody has numbers for is left out.

    A record is a mapping or an object with epoch and, where known, loss, accuracy and validation_accuracy (fractions),
    and endpoint_error (pixels). Raises ValueError where no record has any of them.
    """
    records = list(records)
    found = {}
    for title, fields in CURVES.items():
        lines = {name: _line(records, field) for name, field in fields.items()}
        found[title] = {name: line for name, line in lines.items() if len(line)}
    found = {title: lines for title, lines in found.items() if lines}
    if not found:
        raise ValueError(f"no loss, accuracy or endpoint_error in {len(records)} records")

    figure, panels = _panels(height=2.5, width=max(WIDTH, 2.45 * len(found)), columns=len(found))
    for axes, (title, lines) in zip(panels, found.items(), strict=True):
        _draw_lines(axes, title, lines)
    return figure


def draw_accuracy(rows: Iterable[Mapping[str, Any]], chance: float | None = None) -> Figure:
    """Accuracy of each model by camouflage: bars with 95 % intervals, and a line at `chance`.

    A row has model, camouflage, and accuracy, low, high as fractions. Models keep the order in which they appear.
    Raises ValueError where there are no rows.
    """
    rows = list(rows)
    if not rows:
        raise ValueError("no rows of accuracy to draw")
    models, levels = list(dict.fromkeys(row["model"] for row in rows)), sorted({row["camouflage"] for row in rows})
    (figure, (axes,)), width = _panels(height=3.2), 0.8 / len(models)

    for place, model in enumerate(models):
        _draw_bars(axes, [row for row in rows if row["model"] == model], levels, (place - (len(models) - 1) / 2) * width, width)
    if chance is not None:
        axes.axhline(chance, color=INK, linestyle=(0, (4, 3)), linewidth=1)
        note = f"chance {_percent(chance)}"
        axes.text(1.01, chance, note, transform=axes.get_yaxis_transform(), va="center", color=INK, fontsize=9)

    axes.set_xticks(range(len(levels)), [f"{level:g}" for level in levels])
    axes.set(ylim=(0, 1.06), yticks=np.linspace(0, 1, 5))
    axes.set_xlabel("camouflage", color=INK)
    axes.set_title("accuracy, 95 % intervals", loc="left", color=INK, fontsize=10)
    axes.yaxis.set_major_formatter(PercentFormatter(1, symbol=" %"))
    axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=len(models), frameon=False, labelcolor=INK, fontsize=10)
    return figure


def chart_to_picture(figure: Figure) -> np.ndarray:
    """The chart as `h w 3` uint8, to stand beside pictures, or in a notebook, where a figure without pyplot does not show itself."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.array(canvas.buffer_rgba())[..., :3]


def _panels(height: float, width: float = WIDTH, columns: int = 1) -> tuple[Figure, list[Axes]]:
    """Tidy axes side by side on paper of their own: no box, a few faint lines to read values by."""
    layout = ConstrainedLayoutEngine(w_pad=0.08, h_pad=0.08)
    figure = Figure(figsize=(width, height), dpi=150, facecolor=PAPER, layout=layout)
    panels = list(figure.subplots(1, columns, squeeze=False).flat)
    for axes in panels:
        axes.set_facecolor(PAPER)
        axes.spines[["top", "right", "left"]].set_visible(False)
        axes.spines["bottom"].set_color(MUTED)
        axes.tick_params(colors=MUTED, labelsize=10, length=0)
        axes.grid(axis="y", color=HAIRLINE, linewidth=0.8)
        axes.set_axisbelow(True)
    return figure, panels


def _pen(place: int) -> dict[str, Any]:
    return {"color": SERIES[place % len(SERIES)], "linestyle": LINES[place % len(LINES)], "linewidth": 2}


def _percent(fraction: float) -> str:
    digits = 0 if 0.1 <= fraction < 0.99 or fraction in (0, 1) else 1  # near the ends a whole percent says too little
    return f"{100 * fraction:.{digits}f} %"


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
        axes.plot([1, 1.03], [end, level], transform=beside, clip_on=False, **_pen(place) | {"linewidth": 1, "linestyle": "-"})
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


def _line(records: Sequence[Any], field: str) -> np.ndarray:
    """`n 2` of epoch and value, from the records that have the value."""
    read = [record.get if isinstance(record, Mapping) else lambda key, record=record: getattr(record, key, None) for record in records]
    return np.array([(get("epoch"), get(field)) for get in read if get(field) is not None], dtype=float)


def _draw_lines(axes: Axes, title: str, lines: Mapping[str, np.ndarray]) -> None:
    for place, (name, line) in enumerate(lines.items()):
        axes.plot(*line.T, label=name, **_pen(place), marker="o" if len(line) == 1 else None)
    accuracy = title == "accuracy"
    axes.set_ylim(0, 1 if accuracy else None)
    if accuracy:
        axes.yaxis.set_major_formatter(PercentFormatter(1, symbol=" %"))
    if len(lines) > 1:
        axes.legend(frameon=False, labelcolor=INK, fontsize=9)
    axes.set_title(title, loc="left", color=INK, fontsize=10)
    axes.set_xlabel("epoch", color=INK)
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True, min_n_ticks=1))


def _draw_bars(axes: Axes, rows: Sequence[Mapping[str, Any]], levels: Sequence[float], shift: float, width: float) -> None:
    """One model's bars, with the interval as a whisker and the value above it."""
    places = [levels.index(row["camouflage"]) + shift for row in rows]
    accuracy, low, high = (np.array([row[key] for row in rows], dtype=float) for key in ("accuracy", "low", "high"))
    colour = SERIES[len(axes.containers) // 2 % len(SERIES)]
    axes.bar(places, accuracy, 0.92 * width, color=colour, label=rows[0]["model"])
    axes.errorbar(places, accuracy, yerr=[accuracy - low, high - accuracy], fmt="none", ecolor=INK, elinewidth=1, capsize=3)
    for place, value, top in zip(places, accuracy, high, strict=True):
        axes.text(place, top + 0.012, f"{100 * value:.0f}", ha="center", va="bottom", color=INK, fontsize=9)
