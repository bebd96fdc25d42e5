"""Laws of the pictures that lessons are made of: fields in a table, lines of an experiment, reliefs."""

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure

from workbench.draw.charts import chart_to_picture, draw_lines
from workbench.draw.fields import draw_fields
from workbench.draw.heatmaps import draw_reliefs


def test_fields_share_one_scale() -> None:
    """The same displacement has the same colour in every row and column, whatever else is shown."""
    slow, fast = np.zeros((2, 2, 4, 4), np.float32), np.zeros((2, 2, 4, 4), np.float32)
    slow[:, 0], fast[:, 0] = 1, 4
    picture = draw_fields({"a": slow, "b": fast}, width=40)
    alone = draw_fields({"a": slow, "b": slow}, limit=4, width=40)
    assert picture.shape == alone.shape
    rows = np.flatnonzero((picture != alone).any(axis=(1, 2)))
    assert rows.min() > 26 + 40  # the first row is the same in both, below the captions


def test_fields_stand_in_a_table() -> None:
    """A column for each pair and a row for each name; a tensor does as well as an array."""
    one, three = (draw_fields({"a": torch.zeros(pairs, 2, 4, 4)}, limit=1.0, width=60) for pairs in (1, 3))
    two_rows = draw_fields({"a": torch.zeros(1, 2, 4, 4), "b": torch.zeros(1, 2, 4, 4)}, limit=1.0, width=60)
    assert three.shape[1] - one.shape[1] == 2 * 68
    assert two_rows.shape[0] - one.shape[0] == 68
    assert one.dtype == np.uint8


@pytest.mark.parametrize(
    ("rows", "captions", "message"),
    [
        ({}, (), "one number of pairs"),
        ({"a": np.zeros((2, 4, 4))}, (), "p 2 h w"),
        ({"a": np.zeros((2, 3, 4, 4))}, (), "p 2 h w"),
        ({"a": np.zeros((2, 2, 4, 4)), "b": np.zeros((3, 2, 4, 4))}, (), "one number of pairs"),
        ({"a": np.zeros((2, 2, 4, 4))}, ("one",), "1 captions for 2 pairs"),
    ],
)
def test_fields_complain(rows, captions, message: str) -> None:
    """What is no table of displacements is refused with its shape."""
    with pytest.raises(ValueError, match=message):
        draw_fields(rows, captions)


def test_lines_show_the_numbers_given() -> None:
    """Each panel has its lines, with their names and heights, over the values in their order; nan leaves a gap."""
    figure = draw_lines(["hard", 0.5, 5], {"error": {"a": [1, 2, 3], "b": [3.0, float("nan"), 1.0]}, "cost": {"c": (4, 5, 6)}}, "sigma")
    error, cost = figure.axes
    assert [line.get_label() for line in error.lines] == ["a", "b"]
    assert error.lines[0].get_ydata().tolist() == [1, 2, 3]
    assert cost.lines[0].get_ydata().tolist() == [4, 5, 6]
    assert [tick.get_text() for tick in error.get_xticklabels()] == ["hard", "0.5", "5"]
    assert error.get_ylim()[0] == 0
    assert error.get_ylim()[1] > 3
    assert error.get_xlabel() == "sigma"


def test_lines_of_nothing_but_nan_are_drawn() -> None:
    """An experiment in which nothing could be measured still has its chart."""
    figure = draw_lines([1, 2], {"error": {"a": [float("nan")] * 2}}, "radius", {"chance": 0.5})
    assert chart_to_picture(figure).ndim == 3


@pytest.mark.parametrize(("charts", "message"), [({}, "no lines"), ({"error": {"a": [1.0]}}, "'a' has shape")])
def test_lines_complain(charts, message: str) -> None:
    """No lines, or a line that is too short, is refused by name."""
    with pytest.raises(ValueError, match=message):
        draw_lines([1, 2], charts, "radius")


def test_reliefs_span_their_own_scale() -> None:
    """Each surface is coloured from its lowest to its highest value, and the square lies on the highest."""
    surface = np.full((5, 5), 0.9)
    surface[1, 3] = 0.95
    figure = draw_reliefs({"low": surface, "twice": torch.from_numpy(2 * surface)})
    images = [axes.images[0] for axes in figure.axes if axes.images and axes.patches]
    assert [image.get_clim() for image in images] == [pytest.approx((0.9, 0.95)), pytest.approx((1.8, 1.9))]
    assert images[0].axes.patches[0].get_xy() == (0.5, -1.5)  # dx = 1, dy = -1


def test_a_flat_relief_shows_no_rounding() -> None:
    """Differences of a millionth are no hills: the scale is a hundredth wide at least."""
    low, top = draw_reliefs({"flat": 1 - 1e-6 * np.random.default_rng(0).random((9, 9))}).axes[0].images[0].get_clim()
    assert top - low == pytest.approx(0.01)


@pytest.mark.parametrize("surface", [np.zeros((4, 4)), np.zeros((3, 5)), np.zeros(9)], ids=lambda surface: str(surface.shape))
def test_reliefs_complain(surface) -> None:
    """A surface is square and odd, or refused with its shape."""
    with pytest.raises(ValueError, match="square and odd"):
        draw_reliefs({"window": surface})
    with pytest.raises(ValueError, match="no surfaces"):
        draw_reliefs({})
    assert isinstance(draw_reliefs({"window": np.zeros((3, 3))}), Figure)
