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
    drawn = draw_motion(exploration, style)
    assert len(drawn.pictures) == exploration.pairs
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


@pytest.mark.parametrize("style", ["colours", "speed"])
def test_one_scale_serves_all_pairs(exploration, style):
    """A pair is drawn paler beside one that goes ten times as far, over a legend that says so."""
    faster = without_motion(exploration)
    displacement = exploration.displacement.copy()
    displacement[1] *= 10
    faster.__dict__.update(displacement=displacement, probability=exploration.probability)
    alone, beside, plain = (draw_motion(each, style) for each in (exploration, faster, without_motion(exploration)))
    change, less = (np.abs(each.pictures[0].astype(int) - plain.pictures[0]).mean() for each in (alone, beside))
    assert less < 0.8 * change
    assert not np.array_equal(alone.legend, beside.legend)


def test_tracks_begin_as_points(exploration):
    """The first picture has them, and none has a trail yet."""
    first = draw_motion(exploration, "tracks").pictures[0]
    bare = draw_motion(replace(exploration, correspondences=None)).pictures[0]
    changed = np.abs(first.astype(int) - bare).max(axis=-1) > 30
    assert 0.005 < changed.mean() < 0.06


def test_without_correspondences_the_frames_play(exploration):
    plain = draw_motion(replace(exploration, correspondences=None))
    assert len(plain.pictures) == len(exploration.frames)


@pytest.mark.parametrize(("rows", "columns"), [(240, 320), (320, 240), (100, 100), (16, 1000)])
def test_points_keep_half_a_gap_from_the_edges(rows, columns):
    """However long the picture is."""
    points = lay_points(rows, columns)
    x, y = np.unique(points[:, 0]), np.unique(points[:, 1])
    assert max(len(x), len(y)) == TRACKS_ACROSS
    assert x[0] == pytest.approx(columns - x[-1])
    assert y[0] == pytest.approx(rows - y[-1])


@pytest.mark.parametrize(("rows", "columns"), [(240, 320), (320, 240), (100, 100)])
def test_points_are_as_far_apart_both_ways(rows, columns):
    """But for half a point that does not fit."""
    points = lay_points(rows, columns)
    x, y = np.unique(points[:, 0]), np.unique(points[:, 1])
    assert np.diff(x).mean() == pytest.approx(np.diff(y).mean(), rel=0.55 / min(len(x), len(y)))
