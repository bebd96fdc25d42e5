"""Maps, errors and tables of shares."""

import numpy as np
import pytest

from workbench.draw.charts import draw_shares
from workbench.draw.heatmaps import draw_error, draw_maps
from workbench.draw.style import sequential_colours


def test_one_limit_makes_maps_comparable() -> None:
    """With a limit all maps end their scale there; without one each has its own; negative values make a scale even about 0."""
    maps = {"low": np.full((2, 3), 1.0), "high": np.full((2, 3), 4.0), "signed": np.array([[-2.0, 1.0]])}
    shared, own = ([axes.images[0].get_clim() for axes in draw_maps(maps, limit=limit).axes if axes.images] for limit in (4.0, None))
    assert shared == [(0, 4), (0, 4), (-4, 4)]
    assert own == [(0, 1), (0, 4), (-2, 2)]


def test_an_error_is_a_block_of_its_colour() -> None:
    """Zero is the darkest colour, the limit and all beyond it the brightest, in blocks as large as cells, from the top left corner."""
    picture, colours = draw_error(np.array([[0.0, 2.0], [4.0, 9.0]]), (200, 200), 4.0), sequential_colours()
    assert (picture[50, 50] == colours[0]).all()
    assert (picture[150, 50] == colours[-1]).all()
    assert (picture[150, 150] == colours[-1]).all()
    assert picture.shape[1] == 200
    assert len(picture) > 200
    with pytest.raises(ValueError, match="shape"):
        draw_error(np.zeros(3), (10, 10), 4.0)


def test_shares_are_written_as_percentages() -> None:
    """Every cell tells its share, what is not known is blank, and rows must agree in their columns."""
    chart = draw_shares({"as found": {"own": 1.0, "other": 0.0}, "changed": {"own": 0.25, "other": float("nan")}})
    told = [text.get_text() for axes in chart.axes for text in axes.texts]
    assert "100 %" in told
    assert "25 %" in told
    assert not any("nan" in text for text in told)
    with pytest.raises(ValueError):
        draw_shares({"a": {"own": 1.0}, "b": {"other": 1.0}})
    with pytest.raises(ValueError):
        draw_shares({})
