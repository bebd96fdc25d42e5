"""Charts of studies."""

from itertools import pairwise

import numpy as np
import pytest
from matplotlib.colors import to_hex
from pandas import DataFrame

import workbench as wb
from workbench.draw.charts import chart_to_picture
from workbench.draw.studies import draw_study, draw_study_by, draw_study_sheet, draw_trend
from workbench.draw.style import BLUE, INK, MUTED, VERMILLION
from workbench.experiments.results import study_rows

ACCURACY = {"base": [0.50, 0.52, 0.51], "worse": [0.30, 0.33, 0.31], "alike": [0.53, 0.49, 0.51], "better": [0.70, 0.73, 0.71]}


def rows_of(radius: tuple = (4, 1, 2, 2), **groups: float) -> DataFrame:
    rows = [
        {"study": "s", "place": place, "label": label, "seed": seed, "accuracy": accuracy, "parameter radius": radius[place], **groups}
        for place, (label, runs) in enumerate(ACCURACY.items())
        for seed, accuracy in enumerate(runs)
    ]
    return DataFrame(rows)


def test_colours_follow_the_verdicts() -> None:
    """Blue is above the baseline, red below, grey within noise, and the baseline is ink: one dot each at the mean."""
    rows = rows_of()
    (axes,) = draw_study(wb.study_table(rows), rows).axes
    dots = [dot for dot in axes.collections if len(dot.get_offsets()) == 1]
    assert [to_hex(dot.get_facecolor()[0]) for dot in dots] == [INK, VERMILLION, MUTED, BLUE]
    assert [dot.get_offsets()[0][0] for dot in dots] == pytest.approx([100 * np.mean(runs) for runs in ACCURACY.values()])


def test_a_trend_takes_what_does_not_differ_as_given() -> None:
    """A fixed parameter that is no column is the same for all runs; two values at one place are both drawn; places are in order."""
    (axes,) = draw_trend(rows_of(), "radius", dilation=1).axes
    places = axes.containers[0].lines[0].get_xdata().tolist()
    assert places == [1, 2, 2, 4]


def test_where_there_is_nothing_to_draw_a_chart_says_so() -> None:
    """Runs that do not differ in a parameter, and clips that do not differ in camouflage, give a sentence and no error."""
    for chart, words in ((draw_trend(rows_of(), "dilation"), "dilation"), (draw_study_by(rows_of(), "camouflage"), "camouflage")):
        assert words in chart.axes[0].texts[0].get_text()
        assert (chart_to_picture(chart) != 255).any()


def test_groups_without_clips_are_left_out() -> None:
    """A group in which no run has a number is no column; the others keep their numbers."""
    rows = rows_of(**{"accuracy, speed 1 to 4 px": float("nan"), "accuracy, speed 4 to 8 px": 0.25})
    (axes,) = draw_study_by(rows, "speed").axes
    assert [text.get_text() for text in axes.get_xticklabels()] == ["4 to 8 px"]
    assert {text.get_text() for text in axes.texts} == {"25 ±0"}


def test_a_sheet_holds_both_charts() -> None:
    rows = rows_of(**{"accuracy, speed 1 to 4 px": 0.5, "accuracy, speed 4 to 8 px": 0.25})
    sheet = draw_study_sheet(rows, "speed")
    above = chart_to_picture(draw_study(wb.study_table(rows), rows))
    assert sheet.dtype == np.uint8
    assert (sheet[: len(above), : above.shape[1]] == above).all()
    assert len(sheet) > len(above)


@pytest.mark.parametrize("name", ["20_kernel_size", "21_displacement_range", "22_insertion_layer", "23_what_makes_it_work"])
def test_a_narrow_chart_keeps_its_words_apart_and_inside(name: str) -> None:
    """Names beside the axis do not overlap, and no word leaves a chart that a phone can show."""
    rows = study_rows(name)
    for chart in (draw_study(wb.study_table(rows), rows, 4.4), draw_study_by(rows, "speed", 4.4)):
        chart_to_picture(chart)
        (axes,), (width, height) = chart.axes, chart.canvas.get_width_height()
        names = sorted((text.get_window_extent() for text in axes.get_yticklabels()), key=lambda box: box.y0)
        assert all(above.y0 >= below.y1 - 2 for below, above in pairwise(names))
        for text in [*axes.get_yticklabels(), chart._suptitle, *([chart._supxlabel] if chart._supxlabel else [])]:
            box = text.get_window_extent()
            assert box.x0 >= 0
            assert box.x1 <= width
            assert box.y0 >= 0
            assert box.y1 <= height
