"""The laws of which frames a clip is made of."""

from pathlib import Path

import numpy as np
import pytest

import workbench as wb
from workbench.explore.config import choose_span, half_speed_indices, sample_frames
from workbench.video.read import VideoInfo


def info(count: int = 100, fps: float = 25.0) -> VideoInfo:
    return VideoInfo(Path("clip.mp4"), tuple(i / fps for i in range(count)), fps, count / fps, 240, 320, 0, "h264", "")


def test_a_stride_takes_every_nth_frame_from_the_start():
    span = choose_span(wb.LookConfig(start=1.0, stride=3), info(), None, 8)
    assert span == (1.0, pytest.approx(24 / 25))
    assert sample_frames(info(), *span, 8, 3, False) == [25, 28, 31, 34, 37, 40, 43, 46]


def test_where_the_video_ends_too_soon_the_clip_begins_earlier():
    assert sample_frames(info(), 3.9, 0.1, 8, 3, False)[-1] == 99
    assert sample_frames(info(5), 0.0, 0.2, 8, 3, False) == [0, 3, 4, 4, 4, 4, 4, 4]


def test_by_default_the_clip_is_as_long_as_trained_and_in_the_middle():
    assert choose_span(wb.LookConfig(), info(), 1.0, 8) == (1.5, 1.0)
    assert choose_span(wb.LookConfig(), info(), None, 8) == (0.0, 4.0)


def test_half_speed_lies_between():
    """As many frames, from the first of the clip to its middle; none where the video shows nothing in between."""
    between = half_speed_indices(info().times, [0, 4, 8, 12])
    assert between == [0, 2, 4, 6]
    assert half_speed_indices(info().times, [0, 1, 2, 3]) is None
    assert half_speed_indices(info().times, [5, 5, 5]) is None


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [("frames", 1, "2 to 32"), ("frames", 99, "2 to 32"), ("stride", 0, "stride"), ("start", -1.0, "start must be at least 0 s"),
     ("seconds", 0.0, "above 0 s"), ("layer", "layer9", "layer9"), ("resolution", 9999, "1 to 512")],
)  # fmt: skip
def test_what_cannot_be_is_said(field, value, said):
    with pytest.raises(ValueError, match=said):
        wb.LookConfig(**{field: value})


def test_a_mirror_image_is_turned_back_before_the_network_sees_it(explorer):
    """The crops of a video said to be mirrored are those of the video itself, left and right exchanged."""
    path = next(sample.path for sample in wb.sample_videos() if sample.name == "nasa")
    plain, turned = explorer.look(path), explorer.look(path, mirrored=True)
    assert np.array_equal(turned.frames, plain.frames[:, :, ::-1])
    assert not np.array_equal(turned.probabilities, plain.probabilities)


def test_number_and_stride_choose_the_frames(explorer):
    path = next(sample.path for sample in wb.sample_videos() if sample.name == "nasa")
    exploration = explorer.look(path, frames=12, stride=2, start=1.0)
    assert len(exploration.frames) == 12
    assert set(np.diff(exploration.indices)) == {2}
    assert exploration.pairs == 11
