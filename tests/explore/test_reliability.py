"""What a correlation objects to: each objection on a window made for it, and none on a clear peak."""

import numpy as np
import pytest
import torch
from torch import Tensor

from workbench.draw.reliability import draw_issues
from workbench.explore.matching import Correspondences
from workbench.explore.reliability import MatchIssue, best_match_of_target, find_issues, issues_of
from workbench.explore.volume import MARGIN, peak_on_border, rival_gap
from workbench.model.motion import MotionConfig

SIDE, WINDOW = 9, 5
HERE = (0, SIDE // 2, SIDE // 2)  # a cell whose whole window lies in the picture


def volume(peaks: dict[tuple[int, int], float], ground: float = 0.3) -> Tensor:
    """A correlation `1 9 9 5 5` in which every cell has these values at offsets (dy, dx), and the ground elsewhere; 0 outside."""
    correlation = torch.full((1, SIDE, SIDE, WINDOW, WINDOW), ground)
    for (dy, dx), value in peaks.items():
        correlation[..., dy + WINDOW // 2, dx + WINDOW // 2] = value
    at, step = torch.arange(SIDE), torch.arange(WINDOW) - WINDOW // 2
    inside = ((at[:, None] + step) >= 0) & ((at[:, None] + step) < SIDE)
    return correlation * (inside[:, None, :, None] & inside[None, :, None, :])


def test_a_clear_peak_meets_no_objection() -> None:
    """One high peak inside the window, whatever its offset: nothing to object to where the target lies in the picture."""
    for offset in ((0, 0), (1, -1), (-1, 0)):
        assert find_issues(volume({offset: 0.99}))[HERE] == MatchIssue.NONE


@pytest.mark.parametrize(
    ("peaks", "ground", "reason"),
    [
        ({}, 1.0, MatchIssue.FLAT),
        ({(0, -1): 0.99, (0, 0): 0.99, (0, 1): 0.99}, 0.3, MatchIssue.FLAT),  # a line of equals: flat in one direction
        ({(0, -1): 0.99, (0, 1): 0.99}, 0.3, MatchIssue.PEAKS),
        ({(-1, -1): 0.99, (1, 1): 0.99, (-1, 1): 0.99, (1, -1): 0.99}, 0.3, MatchIssue.PEAKS),
        ({(0, 2): 0.99}, 0.3, MatchIssue.BORDER),
        ({(-2, 0): 0.99}, 0.3, MatchIssue.BORDER),
    ],
)
def test_each_objection_on_a_window_made_for_it(peaks: dict, ground: float, reason: MatchIssue) -> None:
    """Ties side by side are flat, ties apart are peaks, a peak at the rim is on the border."""
    assert find_issues(volume(peaks, ground))[HERE] == reason


def test_two_neighbours_alike_are_no_objection() -> None:
    """A motion by half a cell ties two neighbours, and no others: that is neither flat nor a rival."""
    assert find_issues(volume({(0, 0): 0.99, (0, 1): 0.99}))[HERE] == MatchIssue.NONE


def test_a_target_that_another_cell_matches_better_is_taken() -> None:
    """Two cells want one target: the worse match is taken, the better one is not."""
    correlation = volume({(0, 0): 0.97})
    _, row, column = HERE
    correlation[0, row, column, 2, 3] = 0.98  # one to the right, where the neighbour finds itself
    correlation[0, row, column + 1, 2, 2] = 0.99
    reasons = find_issues(correlation)
    assert (reasons[0, row, column], reasons[0, row, column + 1]) == (MatchIssue.TAKEN, MatchIssue.NONE)
    assert best_match_of_target(correlation, 1)[0, row, column] == pytest.approx(0.99)


def test_the_first_objection_counts() -> None:
    """Equal peaks come before a weak match, a weak match before the border; which are weak is said by the caller."""
    weak = torch.ones(1, SIDE, SIDE, dtype=torch.bool)
    assert find_issues(volume({(0, -1): 0.5, (0, 1): 0.5}), weak)[HERE] == MatchIssue.PEAKS
    assert find_issues(volume({(0, 2): 0.5}), weak)[HERE] == MatchIssue.WEAK
    assert find_issues(volume({(0, 2): 0.5}))[HERE] == MatchIssue.BORDER


def test_the_margin_says_what_is_equal() -> None:
    """A rival within the margin is an equal; beyond it, none."""
    near, far = (volume({(0, -1): 0.99, (0, 1): 0.99 - gap}) for gap in (0.5 * MARGIN, 2 * MARGIN))
    assert find_issues(near)[HERE] == MatchIssue.PEAKS
    assert find_issues(far)[HERE] == MatchIssue.NONE


def test_what_lies_outside_the_picture_is_no_rival() -> None:
    """Where all is 0 the offsets outside the picture, which are 0 for another reason, change nothing: all cells are flat."""
    assert set(find_issues(torch.zeros(2, 4, 5, 5, 5)).unique().tolist()) == {int(MatchIssue.FLAT)}


def test_dilation_spreads_the_window() -> None:
    """With steps of 2 cells only the middle offset of a 3 x 3 window lies in a picture of 3 x 3: it is alone, and has no rival."""
    flat = torch.full((1, 3, 3, 3, 3), 0.99)
    inside = torch.zeros_like(flat)
    inside[..., 1, 1] = 0.99
    assert find_issues(inside, dilation=2)[0, 1, 1] == MatchIssue.NONE
    assert find_issues(flat, dilation=2)[0, 1, 1] != MatchIssue.FLAT
    assert find_issues(torch.full((1, 5, 5, 5, 5), 0.99), dilation=1)[0, 2, 2] == MatchIssue.FLAT


def test_border_and_gap_by_counting() -> None:
    """The two parts that lesson 05 asks for, against a loop over cells and offsets."""
    correlation = torch.rand(2, 3, 4, 7, 7, generator=torch.Generator().manual_seed(0))
    border, gap = peak_on_border(correlation), rival_gap(correlation)
    for p, h, w in np.ndindex(2, 3, 4):
        window = correlation[p, h, w].numpy()
        row, column = np.unravel_index(window.argmax(), window.shape)
        rest = [window[place] for place in np.ndindex(7, 7) if max(abs(place[0] - row), abs(place[1] - column)) > 1]
        assert border[p, h, w] == (row in (0, 6) or column in (0, 6))
        assert gap[p, h, w] == pytest.approx(window.max() - max(rest))


def test_drawn_reasons_cover_their_cells_and_spare_the_others() -> None:
    """The frame stays grey where nothing is objected to; a cell with a reason has its colour; the legend hangs beneath."""
    frame = np.full((64, 64, 3), 120, np.uint8)
    reasons = np.zeros((4, 4), int)
    reasons[1, 2] = MatchIssue.BORDER
    picture = draw_issues(frame, reasons, (256, 256))
    assert picture.dtype == np.uint8
    assert picture.shape[1] == 256
    assert picture.shape[0] > 256
    assert (picture[10:60, 10:60] == 120).all()
    red, green, blue = picture[70, 135]
    assert red > green > blue
    assert draw_issues(frame, torch.zeros(2, 2, dtype=torch.long)).shape[1] == 64


def test_other_shapes_are_refused() -> None:
    """A window that is not square and odd, and reasons that are not 'h w', are named in the error."""
    with pytest.raises(ValueError, match="square, odd"):
        find_issues(torch.zeros(1, 2, 2, 4, 4))
    with pytest.raises(ValueError, match=r"\(2, 2, 2\)"):
        draw_issues(np.zeros((8, 8, 3), np.uint8), np.zeros((2, 2, 2), int))


def test_the_border_is_the_outermost_offsets() -> None:
    """A peak on the outermost offsets is marked, one inside is not."""
    correlation = torch.zeros(1, 1, 3, 5, 5)
    correlation[0, 0, 0, 0, 2] = correlation[0, 0, 1, 2, 4] = correlation[0, 0, 2, 3, 1] = 1
    assert peak_on_border(correlation).tolist() == [[[True, True, False]]]


@pytest.mark.parametrize(("probability", "issue"), [(0.49, MatchIssue.WEAK), (0.51, MatchIssue.NONE)])
def test_a_match_more_likely_wrong_than_right_is_weak(monkeypatch, probability: float, issue: MatchIssue) -> None:
    """Of the pair asked for; what its correlation objects to as well comes first."""
    pairs = torch.cat([volume({(0, 0): 0.99}), volume({(0, -1): 0.99, (0, 1): 0.99})])
    correspondences = Correspondences(pairs, "layer1", True, MotionConfig(radius=WINDOW // 2), 4.0)
    monkeypatch.setattr(Correspondences, "probability", lambda self: np.stack([np.full((SIDE, SIDE), p) for p in (probability, 0.0)]))
    assert issues_of(correspondences, 0)[HERE[1:]] == issue
    assert issues_of(correspondences, 1)[HERE[1:]] == MatchIssue.PEAKS
