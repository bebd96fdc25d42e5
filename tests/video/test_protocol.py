"""The laws of test protocols: which frames, which crops, how many views."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from workbench.video import protocol as viewing
from workbench.video import read as reading
from workbench.video.protocol import TestProtocol, clip_indices, crops_of, cut_views, load_views, protocol_of
from workbench.video.read import VideoInfo, read_video
from workbench.video.sampling import Sampling, dense_indices, segment_indices
from workbench.video.transforms import resize_as
from workbench.video.write import write_video

KINETICS = TestProtocol(clips=10, crops=3, resize=256, size=256, sampling=Sampling("dense", 4))
KINETICS_LIKE = TestProtocol(clips=10, crops=3, resize=32, size=32, sampling=Sampling("dense", 2))
SMALL = TestProtocol(clips=2, crops=3, resize=32, size=32)


def info(count: int, fps: float = 25.0) -> VideoInfo:
    return VideoInfo(Path("clip.mp4"), tuple(i / fps for i in range(count)), fps, count / fps, 48, 64, 0, "h264", "")


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Twenty pictures of 40 x 70; red tells the frame, green the column, blue the row, so that every pixel tells where it is from."""
    path = tmp_path_factory.mktemp("frames")
    for number in range(20):
        rows, columns = np.mgrid[:40, :70]
        pixels = np.stack([np.full((40, 70), 10 * number), 3 * columns, 6 * rows], axis=-1).astype(np.uint8)
        Image.fromarray(pixels).save(path / f"img_{number + 1:05d}.png")
    return path


# ------------------------------------------------------------------------------------------------------------------- frames


def test_one_clip_of_segments_is_the_middles():
    """One clip by segments is the authors' test sampling: floor(tick / 2 + tick i); longer and shorter videos alike."""
    for count in (3, 8, 11, 80):
        assert clip_indices(TestProtocol(), info(count), 8) == [segment_indices(count, 8)]
    assert clip_indices(TestProtocol(), info(80), 8) == [[5, 15, 25, 35, 45, 55, 65, 75]]


def test_several_clips_of_segments_share_no_frame():
    """In a video that is long enough each clip takes one frame of each part, every time another one."""
    clips = clip_indices(TestProtocol(clips=10), info(160), 8)
    assert clips[0] == [1 + 20 * i for i in range(8)] and clips[9] == [19 + 20 * i for i in range(8)]
    assert len({index for clip in clips for index in clip}) == 80
    assert all(index // 20 == part for clip in clips for part, index in enumerate(clip))


def test_ten_dense_clips_start_where_the_authors_start_them():
    """linspace(0, n - 64, 10) as whole numbers, every fourth frame; a video of fewer than 64 frames begins anew."""
    clips = clip_indices(KINETICS, info(300), 16)
    assert [clip[0] for clip in clips] == [0, 26, 52, 78, 104, 131, 157, 183, 209, 236]
    assert all(np.diff(clip).tolist() == [4] * 15 for clip in clips) and clips[-1][-1] == 296
    assert clip_indices(KINETICS, info(30), 16) == [[4 * i % 30 for i in range(16)]] * 10


def test_eight_frames_span_as_much_as_sixteen():
    """Twice the stride of half the frames: the clips start at the same places."""
    eight = TestProtocol(clips=10, crops=3, resize=256, size=256, sampling=Sampling("dense", 8))
    starts = [[clip[0] for clip in clip_indices(p, info(300), t)] for p, t in ((KINETICS, 16), (eight, 8))]
    assert starts[0] == starts[1]


def test_one_dense_clip_lies_in_the_middle():
    """As many frames before it as after it; from the first frame where it fills the video or does not fit."""
    one = TestProtocol(sampling=Sampling("dense", 4))
    assert clip_indices(one, info(100), 16) == [[18 + 4 * i for i in range(16)]]
    assert clip_indices(one, info(64), 16)[0][0] == clip_indices(one, info(50), 16)[0][0] == 0


def test_seconds_are_spread_from_the_first_frame_to_the_last():
    """Clips of a second in four: one in the middle, three at the start, in the middle and at the end; a short video is shown whole."""
    one, three = (TestProtocol(clips=clips, sampling=Sampling("dense", seconds=1.0)) for clips in (1, 3))
    times = info(100).times
    assert clip_indices(one, info(100), 8) == [dense_indices(times, 1.5, 1.0, 8)]
    assert clip_indices(three, info(100), 8) == [dense_indices(times, start, 1.0, 8) for start in (0.0, 1.5, 3.0)]
    assert clip_indices(one, info(10), 8) == [dense_indices(info(10).times, 0.0, 0.4, 8)]


# -------------------------------------------------------------------------------------------------------------------- crops


def places(height: int, width: int, protocol: TestProtocol) -> list[tuple[int, int]]:
    return [(crop.top, crop.left) for crop in crops_of(height, width, protocol)]


def test_crops_lie_along_the_longer_side():
    """Wide frames: left, centre, right; tall ones: top, centre, bottom; together they reach from edge to edge."""
    assert places(256, 341, KINETICS) == [(0, 0), (0, 42), (0, 85)]
    assert places(400, 256, KINETICS) == [(0, 0), (72, 0), (144, 0)]
    assert places(240, 320, TestProtocol()) == [(8, 48)]
    assert places(240, 320, TestProtocol(crops=3)) == [(8, 0), (8, 48), (8, 96)]
    assert [(crop.height, crop.width) for crop in crops_of(240, 320, TestProtocol(size=None))] == [(240, 320)]


def test_views_are_cut_from_the_resized_frames(folder):
    """Each view is what resizing the whole frame by hand and cutting gives, clip by clip, from left to right."""
    views = load_views(folder, SMALL, 4)
    assert views.frames.shape == (6, 4, 32, 32, 3) and views.indices == ((1, 6, 11, 16), (3, 8, 13, 18)) and views.note == ""
    for clip in range(2):
        whole = resize_as(read_video(folder, views.indices[clip]).frames, 32)
        assert whole.shape == (4, 32, 56, 3)
        for crop, left in enumerate((0, 12, 24)):
            assert np.array_equal(views.frames[3 * clip + crop], whole[:, :, left : left + 32])


def test_frames_are_resized_whatever_their_aspect_or_by_the_short_side(folder):
    """(24, 32) makes every frame that; full resolution leaves it uncut, and nothing is resized that has the size already."""
    assert load_views(folder, TestProtocol(resize=(24, 32), size=None), 4).frames.shape == (1, 4, 24, 32, 3)
    assert load_views(folder, TestProtocol(resize=20, size=None), 4).frames.shape == (1, 4, 20, 35, 3)
    same = load_views(folder, TestProtocol(resize=(40, 70), size=40), 4)
    assert same.frames[0, :, 0, 0, 0].tolist() == [20, 70, 120, 170] and same.frames[0, 0, 0, :2, 1].tolist() == [45, 48]


def test_each_frame_is_read_once(folder, monkeypatch):
    """Clips that share frames, and a video that is read in parts, ask for every frame once; the views are the same."""
    whole = load_views(folder, KINETICS_LIKE, 8)
    asked: list[int] = []

    def count(path, indices, *rest):
        asked.extend(indices)
        return reading.read_video(path, indices, *rest)

    monkeypatch.setattr(viewing, "read_video", count)
    monkeypatch.setattr(viewing, "HELD", 3 * 3 * 40 * 70)
    again = load_views(folder, KINETICS_LIKE, 8)
    assert sorted(asked) == sorted({index for clip in again.indices for index in clip}) and len(asked) > 3
    assert np.array_equal(again.frames, whole.frames)


def test_a_file_and_its_frames_give_the_same_views(tmp_path, folder):
    """A video is read at the same places as the folder of its frames, up to what its compression changes."""
    write_video(tmp_path / "clip.mp4", read_video(folder).frames, 12, quality=1)
    from_file, from_folder = (load_views(path, SMALL, 4) for path in (tmp_path / "clip.mp4", folder))
    assert from_file.indices == from_folder.indices
    assert np.abs(from_file.frames.astype(int) - from_folder.frames).mean() < 3


# ----------------------------------------------------------------------------------------------------------------- protocols


def test_a_checkpoint_is_tested_as_it_was_trained():
    """One clip and the centre crop; spread out, a Kinetics network is tested by the paper's ten clips and three crops."""
    own = protocol_of(224, 256, Sampling("dense", 4))
    assert own == TestProtocol(1, 1, 256, 224, Sampling("dense", 4)) and own.views == 1
    assert own.spread(10, 3) == KINETICS and KINETICS.views == 30
    assert protocol_of(64, None, Sampling("dense", seconds=1.0)) == TestProtocol(
        resize=64, size=64, sampling=Sampling("dense", seconds=1.0)
    )
    assert own.spread(10, 1).size == 224


@pytest.mark.parametrize(
    ("fields", "said"),
    [({"clips": 0}, "clips must be at least 1, got 0"), ({"crops": 2}, "crops must be one of 1, 3, got 2"),
     ({"size": None, "crops": 3}, "got 3"),
     ({"size": 241}, r"at least the 241 pixels .* got \(240, 320\)"), ({"resize": 200}, "at least the 224 pixels .* got 200"),
     ({"size": 0}, "size must be at least 1 pixel"), ({"average": "votes"}, "one of logits, probabilities, got 'votes'")],
)  # fmt: skip
def test_what_cannot_be_is_said(fields, said):
    with pytest.raises(ValueError, match=said):
        TestProtocol(**fields)


def test_a_video_that_gives_no_frames_is_named(tmp_path):
    (tmp_path / "empty.mp4").write_bytes(b"")
    with pytest.raises(reading.VideoError, match=r"empty\.mp4"):
        load_views(tmp_path / "empty.mp4", TestProtocol(), 8)


def test_cutting_keeps_time_and_channels():
    """Crops first, then frames in their order; a frame is not mixed with another."""
    frames = np.stack([np.full((40, 60, 3), 20 * number, np.uint8) for number in range(5)])
    cuts = cut_views(frames, TestProtocol(crops=3, resize=32, size=32))
    assert cuts.shape == (3, 5, 32, 32, 3) and (cuts == 20 * np.arange(5, dtype=np.uint8)[None, :, None, None, None]).all()
