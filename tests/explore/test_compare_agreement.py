"""The laws of how far two displacements agree."""

import cv2
import numpy as np
import pytest

from workbench.explore.compare import Agreement, average_on_grid, measure_agreement


def field(seed: int, grid: tuple[int, int] = (6, 8), spread: float = 6.0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, spread, (2, *grid)).astype(np.float32)


def constant(x: float, y: float, grid: tuple[int, int] = (6, 8)) -> np.ndarray:
    return np.broadcast_to(np.float32((x, y))[:, None, None], (2, *grid)).copy()


def test_a_field_agrees_with_itself() -> None:
    """Everywhere, to the last digit."""
    same = measure_agreement(field(0), field(0), 4.0)
    assert same.share == same.share_moving == 1
    assert same.median == same.median_moving == 0
    assert same.moving.any()


def test_agreement_is_symmetric() -> None:
    """Neither of the two is the truth: exchanged, on one grid or on two, they agree as much."""
    for other in (field(1), field(1, (4, 5))):
        one, two = measure_agreement(field(0), other, 4.0), measure_agreement(other, field(0), 4.0)
        assert np.array_equal(one.difference, two.difference)
        assert np.array_equal(one.length, two.length)


def test_the_difference_is_between_the_endpoints() -> None:
    """In pixels: 3 to the side and 4 down is 5; the length is that of the longer of the two."""
    exploration = measure_agreement(constant(1, 2), constant(4, -2), 4.0)
    np.testing.assert_allclose(exploration.difference, 5, rtol=1e-6)
    np.testing.assert_allclose(exploration.length, np.hypot(4, 2), rtol=1e-6)


def test_another_unit_changes_no_share() -> None:
    """Displacements and cell in other units: differences scale with them, what agrees and what moves stays."""
    pixels, doubled = measure_agreement(field(0), field(1), 4.0), measure_agreement(2 * field(0), 2 * field(1), 8.0)
    assert pixels.share == doubled.share
    assert pixels.share_moving == doubled.share_moving
    np.testing.assert_allclose(doubled.difference, 2 * pixels.difference, rtol=1e-6)


def test_one_cell_apart_agrees_and_more_does_not() -> None:
    """The border belongs to agreement."""
    assert measure_agreement(constant(0, 0), constant(4, 0), 4.0).share == 1
    assert measure_agreement(constant(0, 0), constant(4.01, 0), 4.0).share == 0


def test_what_stands_still_is_counted_apart() -> None:
    """A quarter moves, by either of the two, and there they disagree: three quarters of all agree, none of what moves."""
    one, two = constant(0, 0), constant(0, 0)
    one[0, :, 0], two[0, :, 1] = 9, 9
    exploration = measure_agreement(one, two, 4.0)
    assert (exploration.moving.mean(), exploration.share, exploration.share_moving) == (0.25, 0.75, 0)
    assert (
        exploration.median,
        exploration.median_moving,
    ) == (0, 9)
    assert exploration.median_length == 9


def test_cells_where_neither_moves_always_agree() -> None:
    """Two displacements of at most half a cell lie at most a cell apart, wherever they point: the reason to count them apart."""
    exploration = measure_agreement(field(0, (40, 40)), field(1, (40, 40)), 12.0)
    assert (~exploration.moving).any()
    assert exploration.agrees[~exploration.moving].all()


def test_where_nothing_moves_there_is_no_share_of_it() -> None:
    still = measure_agreement(constant(0, 0), constant(0, 0), 4.0)
    assert np.isnan([still.share_moving, still.median_moving, still.median_length]).all()
    assert "none moves" in str(still)


def test_the_sentence_has_the_numbers() -> None:
    one = constant(0, 0)
    one[0, :, 0] = 9
    said = str(measure_agreement(one, constant(0, 0), 4.0))
    assert "88 % of all 48 cells" in said
    assert "0 % of the 6 that move" in said
    assert "9 px apart" in said
    assert "4 px" in said


def test_a_cell_is_the_mean_of_what_it_covers() -> None:
    """Whole cells: the plain mean. Any other grid: the area average of OpenCV; the mean of the whole is kept."""
    fine = field(2, (12, 20))
    by_hand = fine.reshape(2, 4, 3, 5, 4).mean(axis=(2, 4))
    np.testing.assert_allclose(average_on_grid(fine, (4, 5)), by_hand, atol=1e-5)
    for grid in ((5, 7), (11, 13), (12, 3)):
        by_opencv = cv2.resize(fine.transpose(1, 2, 0), grid[::-1], interpolation=cv2.INTER_AREA).transpose(2, 0, 1)
        np.testing.assert_allclose(average_on_grid(fine, grid), by_opencv, atol=1e-4)
        np.testing.assert_allclose(average_on_grid(fine, grid).mean((1, 2)), fine.mean((1, 2)), atol=1e-5)


def test_a_finer_grid_repeats() -> None:
    """Three cells where there was one have its value."""
    np.testing.assert_allclose(average_on_grid(field(3, (2, 3)), (6, 9)), field(3, (2, 3)).repeat(3, 1).repeat(3, 2), atol=1e-5)


def test_two_grids_meet_on_the_coarser() -> None:
    """Along each axis for itself; a constant motion is the same on any grid."""
    exploration = measure_agreement(constant(7, -2, (6, 20)), constant(7, -2, (9, 8)), 4.0)
    assert exploration.difference.shape == (6, 8)
    assert exploration.median < 1e-5


@pytest.mark.parametrize("cell", [0, -1.0, float("nan"), float("inf")])
def test_a_cell_without_a_size_is_refused(cell: float) -> None:
    with pytest.raises(ValueError, match="side of a cell"):
        measure_agreement(field(0), field(0), cell)


def test_an_agreement_is_a_value() -> None:
    """Built by hand it answers as one that was measured."""
    exploration = Agreement(np.float32([[0, 3], [5, 9]]), np.float32([[1, 3], [5, 9]]), 4.0)
    assert exploration.share == 0.5
    assert exploration.share_moving == pytest.approx(1 / 3)
    assert exploration.median == 4
    assert exploration.median_moving == 5
