"""The laws of pictures with other settings: they are comparable with the network's own, and every cell fits the field."""

import numpy as np
import pytest

import workbench as wb
from workbench.draw.match import draw_pair_match, draw_with_settings
from workbench.draw.pair import draw_pair
from workbench.explore.matching import match_in_pair


@pytest.fixture(scope="module")
def exploration(explorer) -> wb.Exploration:
    return explorer.look(wb.sample_videos()[0].path, start=4.0)


def test_settings_as_they_are_draw_the_networks_own_field(exploration):
    """To the pixel, legend included: on the scale of the whole clip, not of this pair."""
    assert np.array_equal(draw_with_settings(exploration, exploration.correspondences.of_pair(2)), draw_pair(exploration, 2).displacement)


def test_the_scale_does_not_move_with_the_settings(exploration):
    """Another sigma changes colours, and the legend beneath stays."""
    own, other = (
        draw_with_settings(exploration, exploration.correspondences.of_pair(2).with_settings(sigma=sigma)) for sigma in (None, np.inf)
    )
    field = round(own.shape[1] * exploration.frames.shape[1] / exploration.frames.shape[2])
    assert np.array_equal(own[field:], other[field:])
    assert not np.array_equal(own[:field], other[:field])


@pytest.mark.parametrize("settings", [{}, {"radius": 2}, {"sigma": 0.0}, {"sigma": 1.0, "exponent": -0.5}])
def test_a_cell_fits_its_field(exploration, settings):
    """What one cell explains is what the field shows there, whatever is set otherwise."""
    correspondences = exploration.correspondences.of_pair(2).with_settings(**settings)
    for row, column in ((0, 0), (10, 20), (31, 31)):
        match = match_in_pair(correspondences, (row, column))
        assert np.allclose(
            np.array(match.displacement) * correspondences.cell, correspondences.displacement()[0, :, row, column], atol=1e-3
        )


def test_a_cell_that_is_not_there_is_said(exploration):
    with pytest.raises(ValueError, match="32 rows and 32 columns"):
        draw_pair_match(exploration, 2, (32, 0), exploration.correspondences.of_pair(2))
