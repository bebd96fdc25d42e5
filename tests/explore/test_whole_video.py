"""The laws of leading a network over a longer stretch of a video: every pair once, at the spacing it was trained with."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

import workbench as wb
from workbench.explore.config import ClipPlan, plan_clips
from workbench.explore.explorer import read_frames
from workbench.video.read import VideoInfo

NASA = next(sample.path for sample in wb.sample_videos() if sample.name == "nasa")


@pytest.fixture(scope="module")
def info() -> VideoInfo:
    return wb.probe_video(NASA)


def plan(explorer: wb.Explorer, config: wb.LookConfig, info: VideoInfo, most: int) -> ClipPlan:
    return plan_clips(config, explorer.protocol(config), info, explorer.num_frames(config), most)


@pytest.mark.parametrize("count", [2, 3, 8, 9, 15, 16, 100])
@pytest.mark.parametrize("length", [1, 2, 8])
def test_every_pair_is_in_exactly_one_clip(count, length):
    """In order, and no clip is longer than the network's; one that sees single frames is given two."""
    walk = ClipPlan(tuple(range(count)), tuple(map(float, range(count))), 1.0, 0.0)
    clips = [range(count)[clip] for clip in walk.clips(length)]
    length = max(length, 2)
    assert [pair for clip in clips for pair in pairwise(clip)] == list(pairwise(range(count)))
    assert all(2 <= len(clip) <= length for clip in clips)


def test_the_spacing_is_the_networks_whatever_is_asked_for(explorer, info):
    """A longer span is more frames, not longer steps: an eighth of a second, as in the one second of training."""
    for config in (wb.LookConfig(), wb.LookConfig(start=2.0, seconds=4.0), wb.LookConfig(seconds=0.6)):
        walk = plan(explorer, config, info, 240)
        assert walk.spacing == pytest.approx(1 / 8, abs=0.01)
        assert np.diff(walk.indices).min() >= 2
        assert walk.times[0] == pytest.approx(config.start or 0, abs=0.05)
        assert walk.times[-1] - walk.times[0] == pytest.approx((config.seconds or info.duration) - 1 / 8, abs=0.1)


def test_the_first_clip_is_the_one_that_look_shows(explorer, info):
    """From the same start the same frames, probabilities, displacement and its probability, to the bit."""
    exploration = explorer.look(NASA, start=8.0)
    config = wb.LookConfig(start=8.0)
    walk = plan(explorer, config, info, 240)
    first = next(walk.clips(8))
    assert walk.indices[first] == exploration.indices
    assert walk.times[first] == exploration.times
    result = explorer.look_at_clip(read_frames(NASA, walk.indices[first], config), config)
    assert np.array_equal(result.displacement, exploration.displacement)
    assert np.array_equal(result.probability, exploration.probability)
    assert np.array_equal(result.probabilities, exploration.probabilities)


def test_a_mirror_image_is_turned_back():
    plain, mirrored = (read_frames(NASA, (200, 203), wb.LookConfig(mirrored=mirrored)) for mirrored in (False, True))
    assert np.array_equal(mirrored, plain[:, :, ::-1])


def test_a_stride_is_kept(explorer, info):
    walk = plan(explorer, wb.LookConfig(stride=5, start=1.0), info, 240)
    assert set(np.diff(walk.indices)) == {5}
    assert walk.indices[0] == 25
    assert walk.spacing == pytest.approx(5 / 25)


def test_what_is_too_long_is_counted(explorer, info):
    """At most so many pairs; the seconds left out are those that are missing."""
    walk, whole = plan(explorer, wb.LookConfig(), info, 10), plan(explorer, wb.LookConfig(), info, 240)
    assert walk.indices == whole.indices[:11]
    assert whole.seconds_left_out == 0
    assert walk.seconds_left_out == pytest.approx(whole.times[-1] - walk.times[-1], abs=0.1)


def test_a_video_with_fewer_frames_gives_all_it_has(explorer, info):
    """At two frames a second every frame is one step, and the spacing is the video's."""
    slow = replace(info, times=tuple(i / 2 for i in range(12)), fps=2.0, duration=6.0)
    walk = plan(explorer, wb.LookConfig(), slow, 240)
    assert walk.indices == tuple(range(12))
    assert walk.spacing == pytest.approx(0.5)
    single = plan(explorer, wb.LookConfig(), replace(info, times=(0.0,), duration=0.04), 240)
    assert single.indices == (0, 0)
    assert single.spacing > 0


def test_a_start_beyond_the_end_is_said(explorer, info):
    with pytest.raises(ValueError, match="99 s"):
        plan(explorer, wb.LookConfig(start=99.0), info, 240)
