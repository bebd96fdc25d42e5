"""The chart of what changes when something is altered."""

import numpy as np
import pytest
from matplotlib.colors import to_hex

from workbench.draw.charts import chart_to_picture
from workbench.draw.style import SERIES
from workbench.draw.what_if import draw_changes
from workbench.explore.what_if import EquivarianceCheck, WhatIf, WhatIfAnswer

LABELS = ("left", "right", "still", "up")
LONG = tuple(f"Putting something similar to other things that are already on the table {number}" for number in range(4))
SEEN = np.array([0.02, 0.90, 0.05, 0.03])
TURNED = np.array([0.80, 0.10, 0.06, 0.04])


def changes(labels: tuple[str, ...] = LABELS) -> WhatIf:
    answers = (
        WhatIfAnswer("mirrored", "Left and right are exchanged.", TURNED),
        WhatIfAnswer("half speed", "Slower.", None, "nothing in between"),
        WhatIfAnswer("frozen", "It stands still.", SEEN),
    )
    checks = (EquivarianceCheck("mirrored", "right", "left", "left"), EquivarianceCheck("reversed", "right", "left", "up"))
    return WhatIf(labels, SEEN, answers, checks, 0.84)


def texts(figure) -> str:
    (legend,) = figure.legends
    written = [*figure.axes[0].texts, *legend.get_texts(), legend.get_title()]
    return "\n".join(text.get_text() for text in written)


def test_bars_are_the_changes() -> None:
    """A bar for each top class, from 0 to its change, the decided class above and each class in its colour everywhere."""
    figure = draw_changes(changes())
    bars = figure.axes[0].patches
    assert [bar.get_width() for bar in bars[:4]] == pytest.approx([-0.80, 0.78, 0.01, 0.01])
    assert [to_hex(bar.get_facecolor()) for bar in bars] == [*SERIES[:4], *SERIES[:4]]
    assert [to_hex(key.get_facecolor()) for key in figure.legends[0].get_patches()] == list(SERIES[:4])
    heights = [bar.get_y() for bar in bars[:4]]
    assert heights == sorted(heights)
    assert figure.axes[0].yaxis_inverted()


def test_the_chart_says_all_that_is_known() -> None:
    """How probable each class was, the share of motion, numbers at the longest bars, a reason where there is no answer."""
    written = texts(draw_changes(changes()))
    assert all(said in written for said in ("right, 90 % as seen", "left, 2.0 % as seen", "84 % of the decision", "−80", "+78"))
    assert "nothing in between" in written
    assert "less than 1 point" in written


def test_passed_and_failed_look_different() -> None:
    """In words as well as in colour, and only where something was asked."""
    passed, failed = changes(), changes()
    failed = WhatIf(LABELS, SEEN, failed.answers, (EquivarianceCheck("mirrored", "right", "left", "up"),), 0.84)
    unasked = WhatIf(LABELS, SEEN, failed.answers, (EquivarianceCheck("mirrored", "right", None, "up"),), 0.84)
    assert "✓ pass" in texts(draw_changes(passed))
    assert "fail" not in texts(draw_changes(passed))
    assert "✗ fail" in texts(draw_changes(failed))
    assert "pass" not in texts(draw_changes(failed))
    assert not any(word in texts(draw_changes(unasked)) for word in ("pass", "fail"))


def test_long_names_are_not_cut_off_and_cost_the_bars_nothing() -> None:
    """All lies on the paper, the legend above the bars, which are as high as with short names."""
    short, figure = draw_changes(changes()), draw_changes(changes(LONG))
    chart_to_picture(short)
    picture = chart_to_picture(figure)
    assert picture.shape[1] == 720
    edges = np.concatenate([picture[:3].ravel(), picture[-3:].ravel(), picture[:, :3].ravel(), picture[:, -3:].ravel()])
    assert (edges == 255).all()
    assert figure.legends[0].get_window_extent().y0 > figure.axes[0].get_window_extent().y1
    assert figure.axes[0].get_window_extent().height >= 0.95 * short.axes[0].get_window_extent().height
