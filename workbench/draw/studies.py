"""Charts of a study: its values with error bars, and by speed or camouflage."""

import textwrap
from math import isfinite
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from pandas import DataFrame

from workbench.draw.charts import CHART_WIDTH, chart_to_picture, make_axes
from workbench.draw.style import BLUE, INK, MUTED, SKY, VERMILLION, sequential_colours
from workbench.experiments.statistics import (
    NOISE,
    SAME_RESULT,
    StudyLine,
    StudyTable,
    by_seed,
    estimate,
    group_columns,
    study_table,
)

LETTERS_PER_INCH = 17  # small ones, along a chart
NAME_LETTERS = 5.1  # how many a name may have beside an axis, for an inch of the chart
VERDICT_COLOURS = {"above": BLUE, "below": VERMILLION, NOISE: MUTED, SAME_RESULT: MUTED}


def draw_study(study: StudyTable, rows: DataFrame, width: float = CHART_WIDTH) -> Figure:
    """A metric of each value: a dot for the mean over seeds, its 95 % interval, and small dots for the single runs.

    Blue is above the baseline and red below it, beyond noise; grey is within noise. A line marks the baseline.
    width: in inches; in less than the usual the words break into lines, to be read where there is little room.
    """
    figure, (axes,) = make_axes(height=0.9 + 0.34 * len(study.lines), width=width)
    runs = by_seed(rows, study.metric)
    for place, line in enumerate(study.lines):
        draw_study_line(axes, place, line, study.scale)
        axes.scatter([study.scale * value for value in runs[line.label].values()], [place + 0.22] * len(runs[line.label]),
                     s=9, color=MUTED, linewidths=0, zorder=2)  # fmt: skip
    axes.axvline(study.scale * study.baseline.metric.mean, color=INK, linestyle=(0, (4, 3)), linewidth=1, zorder=1)

    axes.set_yticks(range(len(study.lines)), wrap_labels([line.label for line in study.lines], width), **tick_style(width))
    axes.set(ylim=(len(study.lines) - 0.4, -0.6))
    axes.grid(axis="x", color="#eeeeee")
    axes.grid(visible=False, axis="y")
    title = f"{study.title}, mean and 95 % interval of {study.baseline.metric.count} seeds"
    set_title(axes, title, width)
    legend = "blue: above the baseline, red: below, grey: within noise; small dots: single runs"
    figure.supxlabel(textwrap.fill(legend, round(LETTERS_PER_INCH * width)), x=0.02, ha="left", color=MUTED, fontsize=8)
    return figure


def wrap_labels(labels: list[str], width: float) -> list[str]:
    """Names of values as they stand beside an axis, broken into lines in a narrow chart."""
    return labels if width >= CHART_WIDTH else [textwrap.fill(label, round(NAME_LETTERS * width)) for label in labels]


def tick_style(width: float) -> dict[str, Any]:
    """How names along an axis are written."""
    return {"color": INK} if width >= CHART_WIDTH else {"color": INK, "fontsize": 9, "linespacing": 1.0}


def set_title(axes: Axes, title: str, width: float) -> None:
    """A title above the axes; in a narrow chart above all of it, since it is wider than the axes there."""
    if width >= CHART_WIDTH:
        axes.set_title(title, loc="left", color=INK, fontsize=10)
    else:
        axes.figure.suptitle(title, x=0.02, ha="left", color=INK, fontsize=10)


def draw_study_line(axes: Axes, place: int, line: StudyLine, scale: float) -> None:
    colour, mean = VERDICT_COLOURS.get(line.verdict, INK), scale * line.metric.mean
    if isfinite(line.metric.low):
        axes.plot([scale * line.metric.low, scale * line.metric.high], [place] * 2, color=colour, linewidth=2, solid_capstyle="round")
    axes.scatter([mean], [place], s=46, color=colour, zorder=3)
    axes.annotate(f"{mean:.1f}", (mean, place), (0, 6), textcoords="offset points", ha="center", color=INK, fontsize=8)


def draw_study_by(rows: DataFrame, split: str, width: float = CHART_WIDTH) -> Figure:
    """Accuracy of each value in each group of clips, by "speed" or "camouflage": means over seeds in percent, and half the width
    of their 95 % intervals; a sentence where the clips do not differ in it. width: in inches, as of `draw_study`."""
    groups = group_columns(rows, split)
    if not groups:
        return draw_sentence(f"the clips of this study do not differ in {split}")
    tables = [study_table(rows, name) for name in groups]
    labels = [line.label for line in study_table(rows).lines]
    columns = [{line.label: line.metric for line in table.lines} for table in tables]

    figure, (axes,) = make_axes(height=1.1 + 0.36 * len(labels), width=width)
    means = np.array([[100 * column[label].mean if label in column else np.nan for column in columns] for label in labels])
    axes.imshow(sequential_colours()[np.nan_to_num(means * 2.55).astype(int)], aspect="auto")
    for row, label in enumerate(labels):
        for place, column in enumerate(columns):
            if label in column:
                write_cell(axes, place, row, column[label])
    names = [name.removeprefix(f"accuracy, {split} ") for name in groups]
    axes.set_xticks(
        range(len(groups)), names if width >= CHART_WIDTH else [name.replace(" to ", "\nto ") for name in names], **tick_style(width)
    )
    axes.set_yticks(range(len(labels)), wrap_labels(labels, width), **tick_style(width))
    axes.grid(visible=False)
    set_title(axes, f"accuracy in % by {split}, ± half the 95 % interval", width)
    return figure


def write_cell(axes: Axes, place: int, row: int, metric) -> None:
    ink = "#ffffff" if metric.mean < 0.5 else "#111111"
    half = f" ±{50 * (metric.high - metric.low):.0f}" if isfinite(metric.low) else ""
    axes.text(place, row, f"{100 * metric.mean:.0f}{half}", ha="center", va="center", color=ink, fontsize=9)


def draw_trend(rows: DataFrame, parameter: str, **fixed: str | float) -> Figure:
    """Accuracy over one numeric parameter, with 95 % intervals over seeds; `fixed` chooses the runs by other parameters.

    A sentence where no run has the parameter as one that differs.
    """
    column = f"parameter {parameter}"
    chosen = rows.loc[rows[column].map(str) != ""] if column in rows else rows.iloc[:0]
    for name, value in fixed.items():
        if f"parameter {name}" in chosen:  # else it does not differ
            chosen = chosen.loc[chosen[f"parameter {name}"].map(str) == str(value)]
    if chosen.empty:
        return draw_sentence(f"no two runs of this study differ in {parameter}")
    seeds, places = by_seed(chosen, "accuracy"), dict(zip(chosen["label"], map(float, chosen[column]), strict=True))
    points = sorted(((places[label], estimate(list(values.values()))) for label, values in seeds.items()), key=lambda point: point[0])

    figure, (axes,) = make_axes(height=2.8)
    means = [100 * value.mean for _, value in points]
    errors = [[100 * (value.mean - value.low) for _, value in points], [100 * (value.high - value.mean) for _, value in points]]
    pen = {"color": BLUE, "ecolor": SKY, "marker": "o", "capsize": 4, "linewidth": 2}
    axes.errorbar([place for place, _ in points], means, yerr=np.nan_to_num(errors), **pen)
    axes.set_xlabel(parameter.replace("_", " "), color=INK)
    axes.set_title(f"{study_table(rows).title}, mean and 95 % intervals", loc="left", color=INK, fontsize=10)
    return figure


def draw_study_sheet(rows: DataFrame, split: str) -> np.ndarray:
    """Both charts of a study's accuracy, the whole above and by `split` beneath: `h w 3` uint8."""
    charts = [chart_to_picture(chart) for chart in (draw_study(study_table(rows), rows), draw_study_by(rows, split))]
    width = max(chart.shape[1] for chart in charts)
    return np.concatenate([np.pad(chart, ((0, 0), (0, width - chart.shape[1]), (0, 0)), constant_values=255) for chart in charts])


def draw_sentence(sentence: str) -> Figure:
    """A chart's place with a sentence in it, where there is nothing to draw."""
    figure, (axes,) = make_axes(height=0.6)
    axes.set_axis_off()
    axes.text(0, 0.5, sentence, color=MUTED, va="center", fontsize=10)
    return figure
