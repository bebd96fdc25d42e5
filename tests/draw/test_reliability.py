"""Laws of the pictures that mark doubtful cells: forward-backward consistency, and motion beyond the window."""

from itertools import pairwise

import numpy as np
import pytest

from workbench.draw.canvas import hatch, share_of
from workbench.draw.fields import draw_displacement
from workbench.draw.reliability import draw_border_peaks, draw_consistency

SIZE = (160, 240)
FRAME = np.full((40, 60, 3), 120, np.uint8)


def spread(pixels: np.ndarray) -> float:
    """How much the lightness varies: little where a tint is even, much under lines."""
    return float(pixels.astype(float).mean(axis=-1).std())


def three_kinds() -> np.ndarray:
    """An error `4 6`: two columns that lead back within a pixel, two that do not, two that leave the picture."""
    error = np.full((4, 6), 0.5)
    error[:, 2:4], error[:, 4:] = 1.5, np.nan
    return error


def test_the_three_kinds_can_be_told_without_colour() -> None:
    """Consistent cells are even, inconsistent ones hatched, those that leave hatched twice: darker and busier in grey, too."""
    picture = draw_consistency(FRAME, three_kinds(), 1.0, SIZE)
    consistent, inconsistent, leaves = (picture[4:156, left + 4 : left + 76] for left in (0, 80, 160))
    assert spread(consistent) == 0
    assert min(spread(inconsistent), spread(leaves)) > 20
    dark = [(kind.max(axis=-1) < 60).mean() for kind in (consistent, inconsistent, leaves)]
    assert all(more > 1.2 * less for less, more in pairwise(dark[1:]))
    assert dark[0] == 0 < dark[1]


def test_the_tolerance_is_what_parts_the_kinds() -> None:
    """An error at the tolerance is consistent still; with a wider one nothing but what leaves is marked."""
    assert spread(draw_consistency(FRAME, np.full((4, 6), 1.0), 1.0, SIZE)[4:156, 4:-4]) == 0
    wide = draw_consistency(FRAME, three_kinds(), 2.0, SIZE)
    assert spread(wide[4:156, 4:156]) == 0
    assert spread(wide[4:156, 164:236]) > 20


def test_the_frame_shows_through() -> None:
    """Under every kind a light frame stays lighter than a dark one."""
    light, dark = (draw_consistency(np.full((40, 60, 3), level, np.uint8), three_kinds(), 1.0, SIZE).astype(int) for level in (220, 40))
    for left in (0, 80, 160):
        assert (light - dark)[4:156, left + 4 : left + 76].mean() > 20


def test_legends_hang_beneath_in_the_same_width() -> None:
    """The field fills the size from the top left, so that a click falls on the cell it shows; phones get a narrower one."""
    for size in (SIZE, (270, 480), (60, 90)):
        picture = draw_consistency(FRAME, three_kinds(), 1.0, size)
        assert picture.dtype == np.uint8
        assert picture.shape[1:] == (size[1], 3)
        assert picture.shape[0] > size[0] + 20
        assert draw_border_peaks(picture, np.ones((2, 2), bool), size[0], 22.5).shape[0] > picture.shape[0]


def test_only_marked_cells_are_hatched() -> None:
    """All else is left as it was to the last byte: the other cells, the legend that hangs there, and the argument itself."""
    picture = draw_displacement(np.random.default_rng(0).normal(size=(2, 4, 6)), SIZE)
    before, beyond = picture.copy(), np.zeros((4, 6), bool)
    beyond[1, 2] = True
    marked = draw_border_peaks(picture, beyond, SIZE[0], 22.5)
    changed = (marked[: len(picture)] != picture).any(axis=-1)
    cell = np.zeros_like(changed)
    cell[40:80, 80:120] = True
    assert changed.any()
    assert not (changed & ~cell).any()
    assert np.array_equal(picture, before)


@pytest.mark.parametrize("colour", [(255, 255, 255), (0, 0, 0), (255, 0, 0), (88, 0, 255), (255, 229, 0), (128, 128, 128)])
def test_hatching_can_be_seen_on_every_colour(colour: tuple[int, int, int]) -> None:
    """Dark lines edged with light: some of it is far from any colour beneath."""
    ground = np.full((60, 90, 3), colour, np.uint8)
    lines = hatch(ground, np.ones((60, 90), bool))
    away = np.abs(lines.astype(int) - ground).max(axis=-1)
    assert (away > 100).mean() > 0.05
    assert (away < 30).mean() > 0.3


def test_shares_do_not_round_to_none_or_all() -> None:
    cells = np.zeros((30, 40), bool)
    assert share_of(cells) == "0 %"
    assert share_of(~cells) == "100 %"
    cells[0, 0] = True
    assert share_of(cells) == "<1 %"
    assert share_of(~cells) == ">99 %"
    cells[:15] = True
    assert share_of(cells) == "50 %"


@pytest.mark.parametrize(("call", "said"), [
    (lambda: draw_consistency(FRAME, np.zeros(4), 1.0), r"\(4,\)"),
    (lambda: draw_consistency(FRAME, np.zeros((4, 4)), 0), "tolerance"),
    (lambda: draw_consistency(FRAME[..., 0], np.zeros((4, 4)), 1.0), "'h w 3'"),
    (lambda: draw_border_peaks(FRAME, np.zeros(4, bool), 40, 4.0), r"\(4,\)"),
    (lambda: draw_border_peaks(FRAME, np.zeros((4, 4), bool), 41, 4.0), "1 to 40"),
])  # fmt: skip
def test_what_cannot_be_is_said(call, said) -> None:
    with pytest.raises(ValueError, match=said):
        call()
