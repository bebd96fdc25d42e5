"""The laws of any two frames: neighbours give what the look gave, and the way back is the way there turned round."""

import numpy as np
import pytest

import workbench as wb
from workbench.explore.two_frames import describe_distance, match_two_frames


@pytest.fixture(scope="module")
def moving(explorer: wb.Explorer, camouflage: str) -> wb.Exploration:
    return explorer.look_at_span(camouflage, start=0.0)


def test_neighbours_of_the_clip_are_matched_as_in_the_clip(explorer, moving):
    """The network that is shipped matches each frame by its own features."""
    pair = match_two_frames(explorer, moving, *moving.indices[2:4])
    assert np.array_equal(pair.frames, moving.frames[2:4])
    assert np.abs(pair.displacement[0] - moving.displacement[2]).max() < 1e-2


def test_a_frame_is_where_it_was(explorer, moving):
    pair = match_two_frames(explorer, moving, 30, 30)
    assert np.abs(pair.displacement).mean() < 0.05 * pair.correspondences.cell


def test_back_is_there_turned_round(explorer, moving):
    """Of the cells that move, most."""
    there, back = (match_two_frames(explorer, moving, *numbers) for numbers in ((0, 3), (3, 0)))
    moves = np.hypot(*there.displacement[0]) > there.correspondences.cell
    assert moves.sum() > 20
    assert np.median(there.displacement[0, 0][moves]) > 0 > np.median(back.displacement[0, 0][moves])


def test_the_pair_says_which_frames_it_has(explorer, moving):
    pair = match_two_frames(explorer, moving, 20, 5)
    assert (pair.pairs, pair.indices) == (1, (20, 5))
    assert pair.times == (moving.info.times[20], moving.info.times[5])
    assert "s back from frame 20" in describe_distance(pair, moving)


@pytest.mark.parametrize(("source", "target", "words"), [(-1, 3, "source must be one of the frames 0 to 144"), (0, 145, "target must be")])
def test_a_frame_that_is_not_there_is_named(explorer, moving, source, target, words):
    with pytest.raises(ValueError, match=words):
        match_two_frames(explorer, moving, source, target)


def test_a_network_without_motion_is_refused(moving):
    with pytest.raises(ValueError, match="no motion module"):
        match_two_frames(wb.Explorer.load("tsm-tiny"), moving, 0, 3)
