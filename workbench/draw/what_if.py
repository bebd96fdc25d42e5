"""A chart of the answers to the what-if questions: how far each of the top classes gains or loses."""

import textwrap
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from workbench.draw.charts import make_axes
from workbench.draw.style import GREEN, HAIRLINE, INK, MUTED, SERIES, VERMILLION
from workbench.explore.what_if import WhatIf, WhatIfAnswer
from workbench.text import percent, signed

CHANGES_WIDTH = 4.8  # inches: narrow, so that it can be read on a phone
BAR_HEIGHT, GROUP_GAP, KEY_HEIGHT = 0.105, 0.16, 0.19  # inches: of a bar, between the bars of two questions, of a line of the legend
KEY_LETTERS = 44  # letters of a class's name in a line
SMALLEST_CHANGE = 0.005  # a smaller change rounds to nothing


def draw_changes(what_if: WhatIf) -> Figure:
    """Bars of the change in probability of the five top classes, a group for each question, in percentage points.

    To the right a class gains, to the left it loses; the legend says how probable each was as seen, and pass or fail is what
    mirroring and reversal should have changed.
    """
    classes = what_if.top()
    names = [textwrap.fill(f"{what_if.labels[i]}, {percent(float(what_if.unaltered[i]))} as seen", KEY_LETTERS) for i in classes]
    group = BAR_HEIGHT * len(classes) + GROUP_GAP
    figure, (axes,) = make_axes(
        height=1.25 + group * len(what_if.answers) + KEY_HEIGHT * sum(name.count("\n") + 1 for name in names), width=CHANGES_WIDTH
    )

    for row, answer in enumerate(what_if.answers):
        _draw_group(axes, row, answer, what_if.change(answer.name), classes, BAR_HEIGHT / group)
    _name_rows(axes, what_if)
    _scale(axes, len(what_if.answers))

    keys = [Patch(color=colour, label=name) for colour, name in zip(SERIES, names, strict=False)]
    figure.legend(handles=keys, loc="outside upper left", frameon=False, labelcolor=INK, fontsize=10, handlelength=1, labelspacing=0.3,
                  title=f"{percent(what_if.motion_share)} of the decision rests on motion", alignment="left",
                  title_fontproperties={"size": 12, "weight": "bold"})  # fmt: skip
    return figure


def _draw_group(axes: Axes, row: int, answer: WhatIfAnswer, change: np.ndarray | None, classes: Sequence[int], thickness: float) -> None:
    """The bars of a question, the decided class above; a number at the greatest gain and the greatest loss."""
    if change is None:
        axes.text(0, row, textwrap.fill(answer.why_not, 34), ha="center", va="center", color=MUTED, fontsize=9, style="italic", zorder=3,
                  backgroundcolor=axes.get_facecolor())  # fmt: skip
        return
    lengths = change[list(classes)]
    places = row + (np.arange(len(classes)) - (len(classes) - 1) / 2) * thickness
    axes.barh(places, lengths, height=0.92 * thickness, color=SERIES[: len(classes)])
    if np.abs(lengths).max() < SMALLEST_CHANGE:
        axes.text(0.04, row, "less than 1 point", va="center", color=MUTED, fontsize=9)
    for length, place in {(float(lengths[extreme]), float(places[extreme])) for extreme in (lengths.argmin(), lengths.argmax())}:
        if abs(length) >= SMALLEST_CHANGE:
            side, align = (1, "left") if length > 0 else (-1, "right")
            axes.text(length + 0.03 * side, place, signed(f"{100 * length:+.0f}"), ha=align, va="center_baseline", color=INK, fontsize=9)


def _name_rows(axes: Axes, what_if: WhatIf) -> None:
    """The question's name, and under it whether its check was passed."""
    passed = {check.question: check.passed for check in what_if.checks if check.passed is not None}
    axes.set_yticks(range(len(what_if.answers)), [""] * len(what_if.answers))
    beside = axes.get_yaxis_transform()
    for row, answer in enumerate(what_if.answers):
        axes.text(-0.03, row, answer.name, transform=beside, ha="right", va="bottom" if answer.name in passed else "center", color=INK,
                  fontsize=10)  # fmt: skip
        if answer.name in passed:
            verdict, colour = ("✓ pass", GREEN) if passed[answer.name] else ("✗ fail", VERMILLION)
            axes.text(-0.03, row, verdict, transform=beside, ha="right", va="top", color=colour, fontsize=10, weight="bold")


def _scale(axes: Axes, rows: int) -> None:
    """From losing all to gaining all, with a line between questions."""
    axes.axvline(0, color=INK, linewidth=1)
    for row in range(1, rows):
        axes.axhline(row - 0.5, color=HAIRLINE, linewidth=0.8)
    axes.grid(visible=False)
    axes.set(xlim=(-1.35, 1.35), ylim=(rows - 0.5, -0.5))
    axes.set_xticks([-1, -0.5, 0, 0.5, 1], ["−100", "−50", "0", "+50", "+100"])
    axes.set_xlabel("← less probable · more probable →", color=MUTED, fontsize=9)
    axes.set_title("change in percentage points", color=MUTED, fontsize=9)
