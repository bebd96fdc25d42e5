"""The laws of the annotated video: a browser plays it, it runs in real time, and its arrows are those of `look`."""

import gc
import struct
import weakref
from pathlib import Path

import av
import numpy as np
import pytest

import workbench as wb
from workbench.draw import video as annotated
from workbench.draw.canvas import fit_frames
from workbench.draw.fields import draw_frame
from workbench.draw.video import LONGER_SIDE, AnnotatedVideo, draw_annotated, write_annotated_video

NASA = next(sample.path for sample in wb.sample_videos() if sample.name == "nasa")
CLIPS = Path(__file__).parent.parent / "clips"
SPAN = wb.LookConfig(start=8.0, seconds=2.0)


@pytest.fixture(scope="module")
def file(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("annotated") / "nasa.mp4"


@pytest.fixture(scope="module")
def written(explorer, file) -> AnnotatedVideo:
    return write_annotated_video(file, explorer, NASA, SPAN)


def boxes(path: Path) -> list[str]:
    """Names of the outermost boxes of an MP4 file, in order."""
    names, data, at = [], path.read_bytes(), 0
    while at < len(data):
        size, name = struct.unpack(">I4s", data[at : at + 8])
        names.append(name.decode())
        at += size if size > 1 else struct.unpack(">Q", data[at + 8 : at + 16])[0]
    return names


def test_a_browser_plays_it(written, file):
    """H.264, yuv420p, even sides, the index in front of the pictures, every frame decodes."""
    with av.open(str(file)) as video:
        (stream,) = video.streams
        frames = [frame.to_ndarray(format="rgb24") for frame in video.decode(stream)]
        assert (stream.codec.name, stream.pix_fmt) == ("h264", "yuv420p")
        assert stream.width % 2 == stream.height % 2 == 0
    assert boxes(file).index("moov") < boxes(file).index("mdat")
    assert "moof" not in boxes(file)
    assert len(frames) == written.frames == 15
    assert (written.start, written.note) == (8.0, "")


def test_it_runs_in_real_time(written, file):
    """The file lasts as long as the span that it shows: all but the last frame, which has no next."""
    assert wb.probe_video(file).duration == pytest.approx(written.seconds, abs=0.01) == written.frames / written.fps
    assert written.seconds == pytest.approx(2.0 - 1 / written.fps, abs=0.05)


def test_each_frame_carries_its_own_displacement(explorer, written, file):
    """Frame by frame the file shows, within the loss of the encoder, what is drawn from `look` at the same frames."""
    exploration = explorer.look(NASA, start=8.0)
    sure = exploration.probability
    shown = wb.read_video(file).frames[:7].astype(int)
    high, wide = fit_frames(exploration.frames, LONGER_SIDE)
    drawn = [draw_annotated(exploration.frames[p], exploration.displacement[p], sure[p], 10.0, "")[:high] for p in range(7)]
    apart = np.array([[np.abs(frame[:high] - picture[: len(frame)]).mean() for picture in drawn] for frame in shown])
    assert shown.shape[2] == wide
    assert np.array_equal(apart.argmin(axis=1), np.arange(7))


def test_arrows_are_to_scale():
    """A displacement in pixels of the frame is as long in a picture twice as large: white up to its tip, and not beyond."""
    frame, displacement = np.zeros((160, 320, 3), np.uint8), np.zeros((2, 1, 1), np.float32)
    displacement[0] = 80
    light = draw_annotated(frame, displacement, np.ones((1, 1), np.float32), 80.0, "")[160].min(axis=-1) > 200
    assert light[325:475].all()
    assert not light[5:315].any()
    assert not light[490:-5].any()


def test_text_and_legend_hang_beneath(explorer):
    """The frame fills the picture from its top; what is written changes nothing of it, and is written."""
    exploration = explorer.look(NASA, start=8.0)
    one, other = (
        draw_annotated(exploration.frames[0], exploration.displacement[0], exploration.confidence[0], 10.0, text) for text in ("1 s", "2 s")
    )
    high, _ = fit_frames(exploration.frames, LONGER_SIDE)
    assert np.array_equal(one[:high], other[:high])
    assert not np.array_equal(one[high:], other[high:])
    assert len(one) > high + 40


def test_what_is_cut_is_said(explorer, tmp_path, monkeypatch):
    """Beyond the cap nothing is shown, and the note says how much is missing."""
    monkeypatch.setattr(annotated, "MOST_ANNOTATED", 4)
    short = write_annotated_video(tmp_path / "short.mp4", explorer, NASA, SPAN)
    assert short.frames == 4 == wb.probe_video(tmp_path / "short.mp4").num_frames
    assert "first 0.5 s, 4 frames" in short.note
    assert "1.4 s after them are left out" in short.note


def test_no_more_than_a_clip_is_in_memory(explorer, tmp_path, monkeypatch):
    """However long the video: when the next frames are decoded, those before are gone."""
    decode, alive = annotated.read_frames, []

    def counted(*request):
        gc.collect()
        assert not any(before() is not None for before in alive)
        alive.append(weakref.ref(frames := decode(*request)))
        return frames

    monkeypatch.setattr(annotated, "read_frames", counted)
    write_annotated_video(tmp_path / "long.mp4", explorer, NASA, SPAN)
    assert len(alive) == 6  # three clips, to be looked at and to be drawn


def test_a_network_without_motion_names_its_frames(tmp_path):
    """No arrows are made up: the frames in their colours over time and class."""
    made = write_annotated_video(tmp_path / "tsm.mp4", wb.Explorer.load("tsm-tiny"), NASA, wb.LookConfig(start=8.0, seconds=0.5))
    shown = wb.read_video(tmp_path / "tsm.mp4").frames
    exploration = wb.read_video(NASA, [200]).frames
    high, _ = fit_frames(exploration, LONGER_SIDE)
    assert made.frames == len(shown) == 3
    assert np.abs(draw_frame(exploration[0], fit_frames(exploration, LONGER_SIDE))[:high].astype(int) - shown[0, :high]).mean() < 6


@pytest.mark.parametrize("name", ["one_frame.mp4", "decord_rot_90.mov"])
def test_awkward_files_are_annotated(explorer, tmp_path, name):
    """One frame, and a picture that is higher than wide, with sides that are not even."""
    made = write_annotated_video(tmp_path / "out.mp4", explorer, CLIPS / name)
    assert made.frames == wb.probe_video(tmp_path / "out.mp4").num_frames >= 1


def test_what_cannot_be_is_said(explorer, tmp_path):
    with pytest.raises(ValueError, match="99"):
        write_annotated_video(tmp_path / "no.mp4", explorer, NASA, wb.LookConfig(start=99.0))
    with pytest.raises(wb.VideoError, match="text"):
        write_annotated_video(tmp_path / "no.mp4", explorer, CLIPS / "text.mp4")
    assert not (tmp_path / "no.mp4").exists()
