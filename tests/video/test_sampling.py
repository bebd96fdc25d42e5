"""The laws of sampling, resizing, moving real pictures, spelling and writing."""

import weakref

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from workbench.data.alphabet.dataset import SHOWN_BY_CROPS, MovingCrops, spell
from workbench.data.alphabet.motions import ALPHABET
from workbench.video.read import probe_video, read_video
from workbench.video.sampling import Sampling, dense_indices, segment_indices
from workbench.video.transforms import centre_crop, normalise, resize_short_side
from workbench.video.write import write_video


def test_segments_are_the_authors():
    """floor(tick / 2 + tick i), tick = n / T: also for videos shorter than the clip."""
    assert segment_indices(80, 8) == [5, 15, 25, 35, 45, 55, 65, 75]
    assert segment_indices(11, 4) == [1, 4, 6, 9]
    assert segment_indices(3, 8) == [0, 0, 0, 1, 1, 2, 2, 2]


def test_dense_frames_are_evenly_spaced_in_time():
    """A second of 24 fps gives every third frame; times decide, not numbers; too few frames are taken one after the other."""
    steady = [i / 24 for i in range(240)]
    assert dense_indices(steady, 0.0, 1.0, 8) == [0, 3, 6, 9, 12, 15, 18, 21]
    assert dense_indices(steady, 2.0, 2.0, 8) == [48, 54, 60, 66, 72, 78, 84, 90]
    slowing = [0.0, 0.1, 0.2, 0.3, 0.4, 0.6, 0.8, 1.0, 1.2, 1.4]
    assert dense_indices(slowing, 0.4, 1.0, 5) == [4, 5, 6, 7, 8]
    assert dense_indices(steady, 9.9, 0.1, 8) == list(range(232, 240))
    assert dense_indices(steady[:3], 0.0, 1.0, 8) == [0, 1, 2, 2, 2, 2, 2, 2]


def test_no_frames_is_said():
    with pytest.raises(ValueError, match="at least 1"):
        segment_indices(0, 8)


def test_resize_keeps_aspect_and_crop_takes_the_middle():
    frames = np.zeros((2, 90, 160, 3), np.uint8)
    frames[:, :, 80:] = 200
    small = resize_short_side(frames, 45)
    assert small.shape == (2, 45, 80, 3)
    assert resize_short_side(frames, 31, multiple=4).shape[1:3] == (32, 56)
    middle = centre_crop(small, 45)
    assert middle.shape == (2, 45, 45, 3) and middle[0, 0, 0, 0] < 5 and middle[0, 0, -1, 0] > 195


def test_normalise_is_the_formula():
    frames = torch.randint(0, 256, (1, 2, 4, 5, 3), dtype=torch.uint8)
    clip = normalise(frames, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    assert clip.shape == (1, 2, 3, 4, 5)
    assert_allclose(clip[0, 1, 2, 3, 4], (frames[0, 1, 3, 4, 2].item() / 255 - 0.406) / 0.225, rtol=1e-5)


def test_a_crop_slides_against_the_picture():
    """Sliding the crop to the right moves the picture to the left: at each pixel the frame is the picture, shifted."""
    rng = np.random.default_rng(0)
    moved = MovingCrops(rng.integers(0, 255, (2, 128, 128, 3), dtype=np.uint8), length=44)
    assert {ALPHABET[moved[i].label].name for i in range(11)} == {letter.name for letter in SHOWN_BY_CROPS}
    right = next(moved[i] for i in range(11) if moved.labels[moved[i].label] == "camera right")
    assert right.displacement[:, 0].mean() < -1 and np.ptp(right.displacement[0, 0]) < 1e-4
    assert len({moved[i].frames.tobytes() for i in range(44)}) == 44


def test_moved_pictures_never_show_the_seam():
    """Pans stay inside the picture: a picture of one colour with a coloured rim shows no rim in the middle of a clip."""
    picture = np.full((1, 128, 128, 3), 100, np.uint8)
    picture[:, [0, -1]] = picture[:, :, [0, -1]] = 255
    clips = MovingCrops(picture, length=88)
    pans = [clip for clip in (clips[i] for i in range(88)) if clips.labels[clip.label].startswith("camera")]
    assert pans and all((clip.frames == 100).mean() > 0.97 for clip in pans)


def test_spelling_is_continuous():
    """From word to word the shape goes on from where it was: no frame differs from the next by a jump."""
    frames = spell(["right", "clockwise", "left"], 8, size=64, camouflage=0.0, speed=2.0).astype(int)
    steps = np.abs(np.diff(frames, axis=0)).mean(axis=(1, 2, 3))
    assert len(frames) == 25 and steps.max() < 6 * np.median(steps)
    with pytest.raises(ValueError, match="camera left"):
        spell(["camera left"], 8)


def test_a_written_video_reads_back(tmp_path):
    """H.264 in MP4 at even size, the same frames within the loss of the encoder."""
    frames = np.repeat(spell(["right"], 11, size=64, camouflage=0.0)[:, :61], 1, axis=0)
    write_video(tmp_path / "clip.mp4", frames, fps=12, quality=10)
    info, video = probe_video(tmp_path / "clip.mp4"), read_video(tmp_path / "clip.mp4")
    assert (info.codec, info.height, info.width, info.num_frames) == ("h264", 60, 64, 12) and info.fps == pytest.approx(12)
    assert np.abs(video.frames.astype(int) - frames[:, :60]).mean() < 6
    with pytest.raises(ValueError, match="t h w 3"):
        write_video(tmp_path / "bad.mp4", frames[..., :2], 12)


def test_a_video_is_written_one_frame_after_another(tmp_path):
    """Frames that are made when they are asked for give the video that the array gives, and are let go when they are written.

    Each picture of either video is nearest to the frame at its place. (Files and pictures of the same frames may differ by a trifle: x264
    does not always encode alike on a busy machine.)
    """
    frames, given = spell(["right"], 9, size=64, camouflage=0.0), []

    def one_by_one():
        for frame in frames:
            assert sum(before() is not None for before in given) <= 2
            given.append(weakref.ref(fresh := frame.copy()))
            yield fresh
            del fresh

    write_video(tmp_path / "array.mp4", frames, fps=7.5)
    write_video(tmp_path / "frames.mp4", one_by_one(), fps=7.5)
    assert len(given) == len(frames)
    for name in ("array.mp4", "frames.mp4"):
        pictures = read_video(tmp_path / name).frames.astype(int)
        distances = np.abs(pictures[:, None] - frames[None]).mean(axis=(2, 3, 4))
        assert distances.argmin(axis=1).tolist() == list(range(len(frames)))
    assert probe_video(tmp_path / "frames.mp4").fps == pytest.approx(7.5)
    with pytest.raises(ValueError, match="none"):
        write_video(tmp_path / "none.mp4", iter(()), 12)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"kind": "random"}, "kind must be one of segment, dense, got 'random'"),
        ({"stride": 4}, "neither stride nor seconds.* got stride 4"),
        ({"seconds": 2.0}, "neither stride nor seconds.* seconds 2.0"),
        ({"kind": "dense"}, "either a stride or the seconds .* got stride None and seconds None"),
        ({"kind": "dense", "stride": 4, "seconds": 1.0}, "either a stride or the seconds .* got stride 4"),
        ({"kind": "dense", "stride": 0}, "stride must be 1 to 10000 frames, got 0"),
        ({"kind": "dense", "seconds": -1.0}, "seconds must be above 0, at most 10000 s, got -1.0"),
    ],
)
def test_a_sampling_that_cannot_be_says_why(fields, message):
    """The field, what it must be, and its value."""
    with pytest.raises(ValueError, match=message):
        Sampling(**fields)


@pytest.mark.parametrize(("sampling", "seconds"), [(Sampling(), None), (Sampling("dense", 4), 1.6), (Sampling("dense", seconds=2.0), 2.0)])
def test_a_clip_spans_what_its_frames_do(sampling, seconds):
    """Of 10 frames in a video of 25 a second; None for one that spans the video."""
    assert sampling.span(10, 25.0) == seconds
