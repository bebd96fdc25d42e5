"""A displacement in words says where things go, and no more than is there."""

import numpy as np
import pytest

from workbench.explore.matching import describe_displacement


@pytest.mark.parametrize(
    ("x", "y", "where"),
    [(9, 0, "mostly right"), (-9, 0, "mostly left"), (0, 9, "mostly down"), (0, -9, "mostly up"), (-9, -9, "mostly up and left")],
)
def test_a_common_direction_is_named(x, y, where):
    field = np.zeros((2, 4, 4), np.float32)
    field[:, :2] = np.array([x, y])[:, None, None]
    assert where in describe_displacement(field, 4)
    assert describe_displacement(field, 4).startswith("50%")


def test_directions_that_cancel_are_not_called_one():
    field = np.zeros((2, 4, 4), np.float32)
    field[0, :2], field[0, 2:] = 9, -9
    assert "several directions" in describe_displacement(field, 4)


def test_less_than_half_a_cell_is_no_motion():
    assert describe_displacement(np.full((2, 3, 3), 1.0, np.float32), 4) == "nothing moves"


def test_what_is_more_likely_wrong_does_not_count():
    """Two of four columns move, one of them only probably wrong; and where most are wrong it is said."""
    field, probability = np.zeros((2, 4, 4), np.float32), np.ones((4, 4), np.float32)
    field[0, :, :2], probability[:, 0] = 9, 0.4
    assert describe_displacement(field, 4, probability).startswith("25% of the cells move, mostly right, up to 9 px")
    assert "wrong" not in describe_displacement(field, 4, probability)
    assert describe_displacement(field, 4, 0.4 * probability).startswith("nothing moves; most matches are more likely wrong")
