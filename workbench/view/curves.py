"""Charts of experiments: curves of a run, accuracy of several. Numbers in, `matplotlib.figure.Figure` out."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from .figure import WIDTH, panels, pen, percent
from .style import INK, SERIES

# title of a panel: {name of a line: field of a record}
CURVES = {
    "loss": {"training": "loss"},
    "accuracy": {"training": "accuracy", "validation": "validation_accuracy"},
    "endpoint error (px)": {"training": "endpoint_error"},
}


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

    figure, places = panels(height=2.5, width=max(WIDTH, 2.45 * len(found)), columns=len(found))
    for axes, (title, lines) in zip(places, found.items(), strict=True):
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
    (figure, (axes,)), width = panels(height=3.2), 0.8 / len(models)

    for place, model in enumerate(models):
        _draw_bars(axes, [row for row in rows if row["model"] == model], levels, (place - (len(models) - 1) / 2) * width, width)
    if chance is not None:
        axes.axhline(chance, color=INK, linestyle=(0, (4, 3)), linewidth=1)
        note = f"chance {percent(chance)}"
        axes.text(1.01, chance, note, transform=axes.get_yaxis_transform(), va="center", color=INK, fontsize=9)

    axes.set_xticks(range(len(levels)), [f"{level:g}" for level in levels])
    axes.set(ylim=(0, 1.06), yticks=np.linspace(0, 1, 5))
    axes.set_xlabel("camouflage", color=INK)
    axes.set_title("accuracy, 95 % intervals", loc="left", color=INK, fontsize=10)
    axes.yaxis.set_major_formatter(PercentFormatter(1, symbol=" %"))
    axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=len(models), frameon=False, labelcolor=INK, fontsize=10)
    return figure


def _line(records: Sequence[Any], field: str) -> np.ndarray:
    """`n 2` of epoch and value, from the records that have the value."""
    read = [record.get if isinstance(record, Mapping) else lambda key, record=record: getattr(record, key, None) for record in records]
    return np.array([(get("epoch"), get(field)) for get in read if get(field) is not None], dtype=float)


def _draw_lines(axes: Axes, title: str, lines: Mapping[str, np.ndarray]) -> None:
    for place, (name, line) in enumerate(lines.items()):
        axes.plot(*line.T, label=name, **pen(place), marker="o" if len(line) == 1 else None)
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
