"""Charts of a study: its values with error bars, and how they do on slow and fast, plain and camouflaged clips."""

import re
from math import isfinite

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from workbench.lab.results import NOISE, Line, Rows, Table, by_seed, table

from .figure import WIDTH, panels
from .style import BLUE, INK, MUTED, SKY, VERMILLION, sequential_colours

COLOURS = {"above": BLUE, "below": VERMILLION, NOISE: MUTED}


def draw_study(study: Table, rows: Rows) -> Figure:
    """A metric of each value: a dot for the mean over seeds, its 95 % interval, and small dots for the single runs.

    Blue is above the baseline and red below it, beyond noise; grey is within noise. A line marks the baseline.
    """
    figure, (axes,) = panels(height=0.9 + 0.34 * len(study.lines))
    runs = by_seed(rows, study.metric)
    for place, line in enumerate(study.lines):
        draw_line(axes, place, line, study.scale)
        axes.scatter([study.scale * value for value in runs[line.label].values()], [place + 0.22] * len(runs[line.label]),
                     s=9, color=MUTED, linewidths=0, zorder=2)  # fmt: skip
    axes.axvline(study.scale * study.baseline.metric.mean, color=INK, linestyle=(0, (4, 3)), linewidth=1, zorder=1)

    axes.set_yticks(range(len(study.lines)), [line.label for line in study.lines], color=INK)
    axes.set(ylim=(len(study.lines) - 0.4, -0.6))
    axes.grid(axis="x", color="#eeeeee")
    axes.grid(visible=False, axis="y")
    title = f"{study.metric.replace('_', ' ')} ({'%' if study.scale == 100 else 'px'}), mean and 95 % interval"
    axes.set_title(f"{title} of {study.baseline.metric.count} seeds", loc="left", color=INK, fontsize=10)
    axes.set_xlabel("blue: above the baseline, red: below, grey: within noise; small dots: single runs", color=MUTED, fontsize=8)
    return figure


def draw_line(axes: Axes, place: int, line: Line, scale: float) -> None:
    colour, mean = COLOURS.get(line.verdict, INK), scale * line.metric.mean
    if isfinite(line.metric.low):
        axes.plot([scale * line.metric.low, scale * line.metric.high], [place] * 2, color=colour, linewidth=2, solid_capstyle="round")
    axes.scatter([mean], [place], s=46, color=colour, zorder=3)
    axes.annotate(f"{mean:.1f}", (mean, place), (0, 6), textcoords="offset points", ha="center", color=INK, fontsize=8)


def draw_study_by(rows: Rows, split: str) -> Figure:
    """Accuracy of each value in each group of clips, by "speed" or "camouflage": means over seeds in percent, and half the width
    of their 95 % intervals. Raises ValueError where the rows have no such groups."""
    groups = [name for name in rows[0] if name.startswith(f"accuracy, {split} ")]
    if not groups:
        raise ValueError(f"these runs have no accuracy by {split}")
    tables = [table(rows, name) for name in groups]
    labels = [line.label for line in tables[0].lines]
    found = [{line.label: line.metric for line in each.lines} for each in tables]

    figure, (axes,) = panels(height=1.1 + 0.36 * len(labels), width=WIDTH)
    means = np.array([[100 * column[label].mean if label in column else np.nan for column in found] for label in labels])
    axes.imshow(sequential_colours()[np.nan_to_num(means * 2.55).astype(int)], aspect="auto")
    for row, label in enumerate(labels):
        for place, column in enumerate(found):
            if label in column:
                write_cell(axes, place, row, column[label])
    axes.set_xticks(range(len(groups)), [re.sub(rf"^accuracy, {split} ", "", name) for name in groups], color=INK)
    axes.set_yticks(range(len(labels)), labels, color=INK)
    axes.grid(visible=False)
    axes.set_title(f"accuracy in % by {split}, ± half the 95 % interval", loc="left", color=INK, fontsize=10)
    return figure


def write_cell(axes: Axes, place: int, row: int, metric) -> None:
    ink = "#ffffff" if metric.mean < 0.55 else "#111111"
    half = f" ±{50 * (metric.high - metric.low):.0f}" if isfinite(metric.low) else ""
    axes.text(place, row, f"{100 * metric.mean:.0f}{half}", ha="center", va="center", color=ink, fontsize=9)


def draw_trend(rows: Rows, parameter: str, metric: str = "accuracy", **fixed: str) -> Figure:
    """A metric over one numeric parameter, with 95 % intervals over seeds; `fixed` chooses the runs by other parameters.

    Raises ValueError where no run has the parameter.
    """
    column = f"parameter {parameter}"
    chosen = [row for row in rows if row.get(column, "") != "" and all(str(row.get(f"parameter {k}")) == str(v) for k, v in fixed.items())]
    if not chosen:
        raise ValueError(f"no run of this study has a {parameter} of its own")
    labels = {str(row["label"]): float(row[column]) for row in chosen}
    lines = sorted((labels[line.label], line.metric) for line in table(chosen, metric).lines)
    scale = table(chosen, metric).scale

    figure, (axes,) = panels(height=2.8)
    places, means = [place for place, _ in lines], [scale * value.mean for _, value in lines]
    errors = [[scale * (value.mean - value.low) for _, value in lines], [scale * (value.high - value.mean) for _, value in lines]]
    axes.errorbar(places, means, yerr=np.nan_to_num(errors), color=BLUE, ecolor=SKY, marker="o", capsize=4, linewidth=2)
    axes.set_xlabel(parameter.replace("_", " "), color=INK)
    axes.set_title(f"{metric.replace('_', ' ')} ({'%' if scale == 100 else 'px'}), 95 % intervals", loc="left", color=INK, fontsize=10)
    return figure
