"""Laws of what stands beneath pictures: legends and colour bars."""

import numpy as np
import pytest

from workbench.draw.legends import Muted, draw_colour_bar, draw_legend, draw_scale, draw_swatch, draw_wheel_legend
from workbench.draw.style import VERMILLION, sequential_colours

RED = draw_swatch("#ff0000", 12)


def columns_of(picture: np.ndarray, colour: tuple[int, int, int]) -> np.ndarray:
    """The columns in which a colour is."""
    return np.flatnonzero((picture == colour).all(axis=-1).any(axis=0))


def test_a_line_starts_left_and_ends_right() -> None:
    """What stands before None is at the left edge, what stands after it at the right."""
    legend = draw_legend(200, [RED, "left", None, draw_swatch("#0000ff", 12)])
    assert columns_of(legend, (255, 0, 0))[0] == 0
    assert columns_of(legend, (0, 0, 255))[-1] == 199


def test_lines_follow_each_other_downwards() -> None:
    legend = draw_legend(100, [draw_swatch("#ff0000", 12)], [draw_swatch("#0000ff", 12)])
    red, blue = (np.flatnonzero((legend == colour).all(axis=-1).any(axis=1)) for colour in ((255, 0, 0), (0, 0, 255)))
    assert red.max() < blue.min()


@pytest.mark.parametrize("width", [1, 16, 92, 480])
def test_a_legend_is_as_wide_as_its_picture(width: int) -> None:
    """However long its words are."""
    words = "a long sentence that does not fit " * 3
    assert draw_legend(width, [words, None, "12 %"], [Muted(words)]).shape[1] == width
    assert draw_scale(width, "confidence", ("0", "1")).shape[1] == width
    assert draw_wheel_legend(width, 12.5, "px").shape[1] == width


def test_words_make_room_for_what_ends_the_line() -> None:
    """A sentence that is too long does not run into the number at the right: that looks as it does alone."""
    alone = draw_legend(200, [None, "12 %"])
    crowded = draw_legend(200, ["a sentence much longer than the line " * 2, None, "12 %"])
    number = np.flatnonzero((alone != 255).any(axis=(0, 2)))
    np.testing.assert_array_equal(crowded[:, number[0] :], alone[:, number[0] :])


def test_a_colour_bar_runs_from_the_first_colour_to_the_last() -> None:
    """Between its two ends in words, as long as asked."""
    bar = draw_colour_bar("0", "1", 256, 12)
    row = bar[len(bar) // 2]
    start = int(np.flatnonzero((row == sequential_colours()[0]).all(axis=-1))[0])
    np.testing.assert_array_equal(row[start : start + 256], sequential_colours())


def test_a_mark_stands_at_the_middle_of_the_bar() -> None:
    """And reaches below it."""
    plain, marked = (draw_colour_bar("", "1", 100, 12, mark=mark) for mark in (False, True))
    changed = np.argwhere((plain != marked).any(axis=-1))
    assert changed[:, 1].mean() == pytest.approx(50, abs=1)
    assert changed[:, 0].max() == len(plain) - 1


def test_a_swatch_has_one_colour() -> None:
    swatch = draw_swatch(VERMILLION, 20)
    assert len(np.unique(swatch.reshape(-1, 3), axis=0)) == 1
