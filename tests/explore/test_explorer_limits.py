"""A look keeps to the limits of a video, if there are any."""

from dataclasses import replace
from pathlib import Path

import pytest

import workbench as wb
from workbench.video.uploads import VideoLimits

CLIP = Path(__file__).parents[1] / "clips/h264.mp4"


def test_a_look_beyond_the_limits_is_refused_before_anything_is_decoded(explorer, monkeypatch: pytest.MonkeyPatch) -> None:
    """By length and by size, with the sentence of the limits; within them, and without any, the look is the same."""
    free, within = explorer.look(CLIP), explorer.look(CLIP, limits=VideoLimits())
    assert free.top() == within.top()
    assert free.indices == within.indices

    monkeypatch.setattr("workbench.explore.explorer.read_video", lambda *_, **__: pytest.fail("decodes"))
    for limits, said in ((VideoLimits(minutes=0.01), "too long"), (replace(VideoLimits(), largest=(32, 32)), "too large")):
        with pytest.raises(wb.VideoError, match=said):
            explorer.look(CLIP, limits=limits)
