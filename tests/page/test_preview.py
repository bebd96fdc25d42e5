"""The laws of the small copy of a video that browsers do not play."""

import base64
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from elements import read
from PIL import Image

import workbench as wb
from workbench.page.preview import COPY_FPS, COPY_SECONDS, COPY_SIDE, make_copy, plays_in_browsers, preview_section

CLIPS = Path(__file__).parent.parent / "clips"


def as_gif(path: Path, frames: np.ndarray, milliseconds: int) -> Path:
    first, *rest = map(Image.fromarray, frames)
    first.save(path, save_all=True, append_images=rest, duration=milliseconds)
    return path


def moving_dot(count: int) -> np.ndarray:
    frames = np.zeros((count, 240, 320, 3), np.uint8)
    for number in range(count):
        frames[number, 100:140, number * 280 // count : number * 280 // count + 40] = 255
    return frames


@pytest.mark.parametrize(
    ("name", "plays"),
    [("h264.mp4", True), ("av1.mp4", True), ("live.webm", True), ("decord_rot_90.mov", True), ("h265_video.mp4", False), ("x.ts", False)],
)
def test_what_browsers_play_is_known_by_container_and_codec(name, plays):
    assert plays_in_browsers(wb.probe_video(CLIPS / name)) is plays


def test_the_copy_is_small_and_keeps_the_time(tmp_path):
    """H.264 of the first seconds, at most so many frames a second, whose pictures are those of the video at these moments."""
    path = as_gif(tmp_path / "dot.gif", moving_dot(300), 50)
    (tmp_path / "copy.mp4").write_bytes(make_copy(path, 0))
    info, copy = wb.probe_video(tmp_path / "copy.mp4"), wb.read_video(tmp_path / "copy.mp4")
    assert plays_in_browsers(info)
    assert info.duration == pytest.approx(COPY_SECONDS, abs=0.2)
    assert info.fps <= COPY_FPS + 0.1
    assert copy.frames.shape[1] == COPY_SIDE
    for moment in (0.0, 5.0, 9.0):
        shown = [wb.read_video(file, [int(moment * wb.probe_video(file).fps)]).frames[0] for file in (path, tmp_path / "copy.mp4")]
        middles = [np.nonzero(picture.mean(axis=2) > 128)[1].mean() / picture.shape[1] for picture in shown]
        assert middles[0] == pytest.approx(middles[1], abs=0.02)


def test_what_plays_has_no_copy_and_what_is_gone_neither(exploration):
    assert preview_section(None) == ""
    assert preview_section(exploration) == ""
    gone = replace(exploration, info=replace(exploration.info, path=Path("gone.gif"), codec="gif"))
    assert preview_section(gone) == ""


def test_a_gif_is_shown_as_video(networks, tmp_path):
    exploration = networks.look_at_span(str(as_gif(tmp_path / "dot.gif", moving_dot(24), 80)))
    [video] = read(preview_section(exploration)).all("video")
    kind, data = video.attributes["src"].split(",")
    assert kind == "data:video/mp4;base64"
    assert base64.b64decode(data) == make_copy(exploration.info.path, exploration.info.path.stat().st_mtime_ns)
    assert "dot.gif" in video.attributes["aria-label"]
