"""Reading by decord, for those who ask for it: the frames that PyAV gives, or a sentence."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from workbench.video.read import VideoError, read_video, sample_videos

CLIPS = Path(__file__).parents[1] / "clips"
SAMPLE = sample_videos()[0].path

with_decord = pytest.mark.skipif(importlib.util.find_spec("decord") is None, reason="decord has no wheel for this system")


@with_decord
def test_it_gives_the_frames_that_pyav_gives():
    """Of an ordinary file at its own size, to the bit; backwards, and one of them twice."""
    indices = [100, 3, 50, 3]
    video = read_video(SAMPLE, indices, reader="decord")
    assert video.backend == "decord"
    np.testing.assert_array_equal(video.frames, read_video(SAMPLE, indices).frames)


@pytest.mark.parametrize("name", ["decord_rot_90.mov", "x.ts"])
def test_what_it_shows_otherwise_than_players_is_refused(name):
    with pytest.raises(VideoError, match=f"{name} is not read by decord as players show it; leave `reader` at 'pyav'"):
        read_video(CLIPS / name, [0], reader="decord")


def test_an_unknown_reader_is_refused():
    with pytest.raises(ValueError, match="reader must be one of pyav, decord, not 'opencv'"):
        read_video(SAMPLE, [0], reader="opencv")
