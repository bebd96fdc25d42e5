"""The laws of pictures with other knobs: they are comparable with the network's own, and every cell fits the field."""

import numpy as np
import pytest

import workbench as wb


@pytest.fixture(scope="module")
def exploration(explorer) -> wb.Exploration:
    return explorer.look(wb.samples()[0].path, start=4.0)


def test_knobs_as_they_are_draw_the_networks_own_field(exploration):
    """To the pixel, legend included: on the scale of the whole clip, not of this pair."""
    assert np.array_equal(
        wb.draw_with_settings(exploration, exploration.correspondences.of_pair(2)), wb.draw_pair(exploration, 2).displacement
    )


def test_the_scale_does_not_move_with_the_knobs(exploration):
    """Another sigma changes colours, and the legend beneath stays."""
    own, turned = (
        wb.draw_with_settings(exploration, exploration.correspondences.of_pair(2).turned(sigma=sigma)) for sigma in (None, np.inf)
    )
    field = round(own.shape[1] * exploration.frames.shape[1] / exploration.frames.shape[2])
    assert np.array_equal(own[field:], turned[field:]) and not np.array_equal(own[:field], turned[:field])


@pytest.mark.parametrize("knobs", [{}, {"radius": 2}, {"sigma": 0.0}, {"sigma": 1.0, "temperature": 0.3}])
def test_a_cell_fits_its_field(exploration, knobs):
    """What one cell explains is what the field shows there, whichever knob was turned."""
    turned = exploration.correspondences.of_pair(2).turned(**knobs)
    for row, column in ((0, 0), (10, 20), (31, 31)):
        match = wb.match_in_pair(turned, (row, column))
        assert np.allclose(np.array(match.displacement) * turned.cell, turned.displacement()[0, :, row, column], atol=1e-3)


def test_a_cell_that_is_not_there_is_said(exploration):
    with pytest.raises(ValueError, match="32 rows and 32 columns"):
        wb.draw_pair_match(exploration, 2, (32, 0), exploration.correspondences.of_pair(2))
