"""How good a network is: charts of confusion, classes, accuracy and training, and answers and displacements beside the truth."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter
from numpy.typing import ArrayLike
from PIL import ImageColor

from workbench.draw.canvas import as_frame, enlarge, longest_but_outliers, mount
from workbench.draw.charts import CHART_WIDTH, draw_level, line_style, make_axes
from workbench.draw.fields import draw_hues, draw_strip, side_by_side
from workbench.draw.heatmaps import draw_heat_map
from workbench.draw.legends import Muted, draw_caption, draw_swatch, draw_wheel_legend
from workbench.draw.style import BLUE, HAIRLINE, INK, MUTED, PAPER, SERIES, VERMILLION, as_displacement, letter_size, load_font
from workbench.text import percent

AccuracyRow = Mapping[str, Any]
MOST_NAMED, MOST_NUMBERED = 60, 26  # classes: with more, letters or numbers would overlap
DODGE = 0.008  # of the axis: between the marks of two networks at one place, so that their intervals do not hide each other


def draw_confusion(confusion: ArrayLike, labels: Sequence[str]) -> Figure:
    """Answers (columns) to the clips of each class (rows) in percent of the row: right ones blue, wrong ones orange.

    `confusion` is `k k` in clips; a class without clips is left grey. The colour grows as the root of the share, so that
    a mistake made once in a hundred times still shows. Raises ValueError where confusion and labels do not match.
    """
    counts = np.asarray(confusion, dtype=float)
    if counts.shape != (len(labels),) * 2 or not len(labels):
        raise ValueError(f"a confusion is 'k k' for k = {len(labels)} labels, got shape {counts.shape}")
    clips = counts.sum(axis=1, keepdims=True)
    shares = np.divide(counts, clips, out=np.zeros_like(counts), where=clips > 0)
    figure, (axes,) = make_axes(height=CHART_WIDTH)

    axes.imshow(_share_colours(shares, clips[:, 0] == 0))
    if len(labels) <= MOST_NUMBERED:
        for row, column in np.argwhere(counts):
            ink = PAPER if shares[row, column] > 0.45 else INK
            axes.text(
                column, row, f"{100 * shares[row, column]:.0f}", ha="center", va="center", color=ink, fontsize=_cell_letter(len(labels))
            )

    _name_cells(axes, labels)
    axes.set_xlabel("answer", color=INK)
    axes.set_ylabel("truth", color=INK)
    axes.set_title("answers in % of a class's clips · blue: right, orange: wrong", loc="left", color=INK, fontsize=10)
    return figure


def draw_per_class(rows: Iterable[AccuracyRow]) -> Figure:
    """Accuracy of each class with its 95 % interval, the hardest above, and what it is most often taken for.

    A row has label, clips, accuracy, low and high as fractions, and mistaken_for ("" without mistakes).
    Raises ValueError where there are no rows.
    """
    rows = sorted(_require_rows(rows), key=lambda row: row["accuracy"])
    figure, (axes,) = make_axes(height=0.85 + 0.26 * len(rows))
    places, (accuracy, low, high) = np.arange(len(rows)), _columns(rows, "accuracy", "low", "high")

    axes.hlines(places, low, high, color=BLUE, linewidth=2)
    axes.plot(accuracy, places, "o", color=BLUE, markersize=6, clip_on=False)
    beside = axes.get_yaxis_transform()  # x in the width of the axes, y in rows
    for place, row in enumerate(rows):
        mistake = f"taken for {row['mistaken_for']}" if row["mistaken_for"] else ""
        axes.text(1.03, place, percent(row["accuracy"]), transform=beside, va="center", color=INK, fontsize=9)
        axes.text(1.2, place, mistake, transform=beside, va="center", color=MUTED, fontsize=9)

    axes.set_yticks(places, [row["label"] for row in rows], color=INK)
    axes.set(xlim=(0, 1), ylim=(len(rows) - 0.5, -0.5))
    axes.xaxis.set_major_formatter(PercentFormatter(1, symbol=" %"))
    axes.set_title(f"accuracy, 95 % intervals · {_clips(rows)} clips a class", loc="left", color=INK, fontsize=10)
    return figure


def draw_accuracy_by(rows: Iterable[AccuracyRow], xlabel: str, chance: float | None = None) -> Figure:
    """Accuracy with 95 % intervals over speed, camouflage or another number, a line for each network, and a line at `chance`.

    A row has value (where it stands), accuracy, low and high as fractions, clips, and where there are several networks
    the name of its `model`. Raises ValueError where there are no rows.
    """
    series = _series(rows)
    (figure, (axes,)), span = make_axes(height=3.2), np.ptp([row["value"] for line in series.values() for row in line])

    for place, (name, line) in enumerate(series.items()):
        value, accuracy, low, high = _columns(line, "value", "accuracy", "low", "high")
        value, stroke = value + DODGE * span * (place - (len(series) - 1) / 2), line_style(place)
        axes.vlines(value, low, high, color=stroke["color"], linewidth=1.5)
        axes.plot(value, accuracy, label=name, marker="o", **stroke)
    if chance is not None:
        draw_level(axes, chance, f"chance {percent(chance)}")

    axes.set(ylim=(0, 1.02), yticks=np.linspace(0, 1, 5))
    axes.yaxis.set_major_formatter(PercentFormatter(1, symbol=" %"))
    _label_axes(axes, series, f"accuracy, 95 % intervals · {_clips(next(iter(series.values())))} clips a point", xlabel)
    return figure


def draw_error_by(rows: Iterable[AccuracyRow], xlabel: str) -> Figure:
    """Endpoint error of the learned displacement where the picture moves, over speed or camouflage, a line for each network;
    in grey the length of the true displacement, which is the error of saying that nothing moves.

    A row has value, moving_error and moving_length in pixels (nan without motion), and where there are several networks
    the name of its `model`. Raises ValueError where there are no rows.
    """
    series = _series(rows)
    figure, (axes,) = make_axes(height=3.2)
    known = {name: line for name, line in series.items() if np.isfinite(_columns(line, "moving_error")).any()}

    for place, (name, line) in enumerate(known.items()):
        axes.plot(*_columns(line, "value", "moving_error"), label=name or "learned", marker="o", clip_on=False, **line_style(place))
    if known:
        axes.plot(*_columns(next(iter(known.values())), "value", "moving_length"), label="if nothing moved", color=MUTED, linewidth=1.5)
        axes.set_ylim(bottom=0)
    else:
        axes.text(0.5, 0.5, "this network reads no displacement", transform=axes.transAxes, ha="center", color=MUTED)
        axes.set(yticks=[], xlim=(0, 1), xticks=[])

    _label_axes(axes, known | {"if nothing moved": []}, "endpoint error where the picture moves (px)", xlabel)
    return figure


def _share_colours(shares: np.ndarray, absent: np.ndarray) -> np.ndarray:
    """`k k 3` in [0, 1]: paper at 0, full blue on the diagonal and orange beside it at 1; grey rows where a class is absent."""
    right, wrong, paper = (np.array(to_rgb(name)) for name in (BLUE, VERMILLION, PAPER))
    full = np.where(np.eye(len(shares), dtype=bool)[..., None], right, wrong)
    colours = paper + np.sqrt(shares)[..., None] * (full - paper)
    colours[absent] = to_rgb(HAIRLINE)
    return colours


def _name_cells(axes: Axes, labels: Sequence[str]) -> None:
    size, names = _cell_letter(len(labels)) + 1, range(len(labels)) if len(labels) <= MOST_NAMED else []
    axes.set_xticks(names, [labels[i] for i in names], rotation=90, color=INK, fontsize=size)
    axes.set_yticks(names, [labels[i] for i in names], color=INK, fontsize=size)
    axes.grid(visible=False)
    edges = np.arange(len(labels) + 1) - 0.5
    axes.hlines(edges, -0.5, len(labels) - 0.5, color=HAIRLINE, linewidth=0.5)
    axes.vlines(edges, -0.5, len(labels) - 0.5, color=HAIRLINE, linewidth=0.5)
    axes.set(xlim=(-0.5, len(labels) - 0.5), ylim=(len(labels) - 0.5, -0.5))


def _cell_letter(count: int) -> float:
    """Points of a letter for tables of so many rows."""
    return float(np.clip(150 / count, 3, 8))


def _label_axes(axes: Axes, series: Mapping[str, Any], title: str, xlabel: str) -> None:
    axes.set_title(title, loc="left", color=INK, fontsize=10)
    axes.set_xlabel(xlabel, color=INK)
    axes.margins(x=0.04)
    if len(series) > 1:
        axes.legend(frameon=False, labelcolor=INK, fontsize=9)


def _series(rows: Iterable[AccuracyRow]) -> dict[str, list[AccuracyRow]]:
    """The rows of each network in the order given; one that is not named is ""."""
    rows = _require_rows(rows)
    names = dict.fromkeys(row.get("model", "") for row in rows)
    return {name: [row for row in rows if row.get("model", "") == name] for name in names}


def _require_rows(rows: Iterable[AccuracyRow]) -> list[AccuracyRow]:
    rows = list(rows)
    if not rows:
        raise ValueError("there are no rows to draw")
    return rows


def _columns(rows: Sequence[AccuracyRow], *keys: str) -> np.ndarray:
    return np.array([[row[key] for row in rows] for key in keys], dtype=float)


def _clips(rows: Sequence[AccuracyRow]) -> str:
    least, most = min(row["clips"] for row in rows), max(row["clips"] for row in rows)
    return f"{least}" if least == most else f"{least} to {most}"


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
    records, panels = list(records), {}
    for title, fields in CURVES.items():
        lines = {name: _line(records, field) for name, field in fields.items()}
        if lines := {name: line for name, line in lines.items() if len(line)}:
            panels[title] = lines
    if not panels:
        raise ValueError(f"no loss, accuracy or endpoint_error in {len(records)} records")

    figure, places = make_axes(height=2.5, width=max(CHART_WIDTH, 2.45 * len(panels)), columns=len(panels))
    for axes, (title, lines) in zip(places, panels.items(), strict=True):
        _draw_lines(axes, title, lines)
    return figure


def draw_accuracy(rows: Iterable[Mapping[str, Any]], chance: float | None = None) -> Figure:
    """Accuracy of each model by camouflage: bars with 95 % intervals, and a line at `chance`.

    A row has model, camouflage, and accuracy, low, high as fractions. Models keep the order in which they appear.
    Raises ValueError where there are no rows.
    """
    rows = _require_rows(rows)
    models, levels = list(dict.fromkeys(row["model"] for row in rows)), sorted({row["camouflage"] for row in rows})
    (figure, (axes,)), width = make_axes(height=3.2), 0.8 / len(models)

    for place, model in enumerate(models):
        _draw_bars(axes, [row for row in rows if row["model"] == model], levels, (place - (len(models) - 1) / 2) * width, width)
    if chance is not None:
        draw_level(axes, chance, f"chance {percent(chance)}")

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
        axes.plot(*line.T, label=name, **line_style(place), marker="o" if len(line) == 1 else None)
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
    accuracy, low, high = _columns(rows, "accuracy", "low", "high")
    colour = SERIES[len(axes.containers) // 2 % len(SERIES)]
    axes.bar(places, accuracy, 0.92 * width, color=colour, label=rows[0]["model"])
    axes.errorbar(places, accuracy, yerr=[accuracy - low, high - accuracy], fmt="none", ecolor=INK, elinewidth=1, capsize=3)
    for place, value, top in zip(places, accuracy, high, strict=True):
        axes.text(place, top + 0.012, f"{100 * value:.0f}", ha="center", va="bottom", color=INK, fontsize=9)


STRIP_FRAME, PANEL, PANEL_GAP, PANEL_LETTER = 96, 300, 16, 14  # pixels: of a frame in a strip, of a panel, between panels, of a letter


def draw_worst(clips: Sequence[Any], evaluation: Any, count: int = 6) -> np.ndarray:
    """The clips with the highest loss, the most wrong first: for each, what it shows and what was answered, over its frames.

    `clips` are those that were evaluated: each has frames `t h w 3`, and a name where its speed is not known. `evaluation` has
    labels, worst(count), and for each clip truth, predicted, probability, camouflage and speed in pixels a frame. Raises
    ValueError where there is none.
    """
    indices = evaluation.worst(count)
    if not indices:
        raise ValueError("there are no clips to draw")
    return np.concatenate([_answer(clips[i], evaluation, i) for i in indices])


def draw_against_truth(comparison: Any, pair: int = 0) -> np.ndarray:
    """A pair of frames in four panels: the source and the error map, the true displacement and the learned one.

    `comparison` has frames `t h w 3`, truth and learned `p 2 gh gw` in pixels, and visible `p gh gw`; where learned is None,
    for want of motion, source and truth are shown alone. Truth and learned share colours and limit; where a cell is covered
    or outside in the next frame the error is grey. Raises ValueError for a pair that is not there.
    """
    if not 0 <= pair < len(comparison.truth):
        raise ValueError(f"pair must be one of 0 to {len(comparison.truth) - 1}, got {pair}")
    truth, visible = as_displacement(comparison.truth[pair]), np.asarray(comparison.visible[pair])
    frame = enlarge(as_frame(comparison.frames[pair]), (PANEL, PANEL))
    source = mount(frame, _caption(f"frame {pair + 1} of {len(comparison.frames)}"))
    if comparison.learned is None:
        limit = longest_but_outliers(np.hypot(*truth))
        row = side_by_side(source, _panel(truth, limit, "true displacement; none was learned"), gap=PANEL_GAP)
        return np.concatenate([row, draw_wheel_legend(row.shape[1], limit)])

    learned = as_displacement(comparison.learned[pair])
    limit = longest_but_outliers(np.hypot(*truth), np.hypot(*learned))
    above = side_by_side(source, _error_map(np.where(visible, np.hypot(*(learned - truth)), np.nan)), gap=PANEL_GAP)
    below = side_by_side(_panel(truth, limit, "true displacement"), _panel(learned, limit, "learned displacement"), gap=PANEL_GAP)
    between = np.full((PANEL_GAP // 2, above.shape[1], 3), ImageColor.getrgb(PAPER), np.uint8)
    return np.concatenate([above, between, below, draw_wheel_legend(above.shape[1], limit)])


def _answer(clip: Any, evaluation: Any, index: int) -> np.ndarray:
    """A strip of frames, above it the truth, the answer and how sure it was, beside it what the clip is like."""
    strip = draw_strip(clip.frames, width=STRIP_FRAME)
    truth, answer = (evaluation.labels[number[index]] for number in (evaluation.truth, evaluation.predicted))
    verdict = f"{truth} → {answer} ({100 * evaluation.probability[index]:.0f} %)"
    like = f"clip {index} · {evaluation.speed[index]:.1f} px a frame · camouflage {evaluation.camouflage[index]:.2g}"
    if np.isnan(evaluation.speed[index]):  # a real video, of which nobody knows it
        like = clip.name
    width, size = strip.shape[1], letter_size(strip.shape[1])
    left, right = (round(load_font(size).getlength(words)) + 2 * size for words in (verdict, like))
    if left + right > width:
        return np.concatenate([draw_caption(width, verdict), draw_caption(width, like, MUTED), strip])
    caption = np.concatenate([draw_caption(left, verdict, INK, size), draw_caption(width - left, like, MUTED, size)], axis=1)
    return np.concatenate([caption, strip])


def _caption(text: str) -> np.ndarray:
    return draw_caption(PANEL, text, size=PANEL_LETTER)


def _panel(displacement: np.ndarray, limit: float, caption: str) -> np.ndarray:
    return draw_hues(displacement, (PANEL, PANEL), limit, _caption(caption))


def _error_map(error: np.ndarray) -> np.ndarray:
    """`h w` in pixels as a heat map, grey where it is nan, over its mean and its scale."""
    limit, known = longest_but_outliers(error), np.isfinite(error)
    words = f"endpoint error: {error[known].mean():.2g} px on average" if known.any() else "endpoint error: nothing stays visible"
    keys = draw_swatch(HAIRLINE, PANEL_LETTER), Muted("not seen again")
    return draw_heat_map(error, (PANEL, PANEL), (0, limit), words, ("0", f"{limit:.2g} px"), keys, PANEL_LETTER)
