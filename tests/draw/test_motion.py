"""The laws of the pictures of a clip that plays: one for each pair, of one size and scale, and what moves is where it is drawn."""

from dataclasses import replace

import numpy as np
import pytest

import workbench as wb
from workbench.draw.motion import MOTION_WIDTH, TRACKS_ACROSS, draw_motion, lay_points
from workbench.explore.explorer import Exploration, Explorer

STYLES = ("arrows", "colours", "tracks", "speed")


@pytest.fixture(scope="module")
def exploration() -> Exploration:
    return Explorer.load().look_at_span(wb.sample_videos()[0].path, start=0.0)


@pytest.mark.parametrize("style", STYLES)
def test_there_is_a_picture_for_each_pair(exploration, style):
    """Of tracks one for each frame: they are followed up to the last."""
    drawn = draw_motion(exploration, style)
    assert len(drawn.pictures) == exploration.pairs + (style == "tracks")
    assert {picture.shape for picture in drawn.pictures} == {(MOTION_WIDTH, MOTION_WIDTH, 3)}


def without_motion(exploration: Exploration) -> Exploration:
    still = replace(exploration)
    still.__dict__.update(displacement=np.zeros_like(exploration.displacement), probability=np.ones_like(exploration.probability))
    return still


@pytest.mark.parametrize("style", ["arrows", "colours", "speed"])
def test_of_one_frame_in_which_nothing_moves_all_pictures_are_one(exploration, style):
    still = without_motion(replace(exploration, frames=np.repeat(exploration.frames[:1], len(exploration.frames), axis=0)))
    first, *others = draw_motion(still, style).pictures
    for picture in others:
        np.testing.assert_array_equal(picture, first)


@pytest.mark.parametrize("style", ["arrows", "colours", "speed"])
def test_what_moves_is_where_it_is_drawn(exploration, style):
    """Cells that go farther than half the longest differ more from the picture without motion than those that stay."""
    moving, plain = draw_motion(exploration, style).pictures[0], draw_motion(without_motion(exploration), style).pictures[0]
    length = np.linalg.norm(exploration.displacement[0], axis=0)
    cells = np.arange(MOTION_WIDTH) * len(length) // MOTION_WIDTH
    change, far = np.abs(moving.astype(int) - plain).mean(axis=-1), length[np.ix_(cells, cells)] > length.max() / 2
    assert change[far].mean() > 3 * change[~far].mean()


def test_one_scale_serves_all_pairs(exploration):
    assert draw_motion(exploration, "colours").legend.shape[1] == MOTION_WIDTH
    assert draw_motion(exploration, "arrows").legend is None


def test_without_correspondences_the_frames_play(exploration):
    plain = draw_motion(replace(exploration, correspondences=None))
    assert len(plain.pictures) == len(exploration.frames)


@pytest.mark.parametrize(("rows", "columns"), [(240, 320), (320, 240), (100, 100), (16, 1000)])
def test_points_are_as_far_apart_both_ways(rows, columns):
    """Half a gap from the edges, however long the picture is."""
    points = lay_points(rows, columns)
    x, y = np.unique(points[:, 0]), np.unique(points[:, 1])
    assert max(len(x), len(y)) == TRACKS_ACROSS
    assert x[0] == pytest.approx(columns - x[-1])
    assert y[0] == pytest.approx(rows - y[-1])
