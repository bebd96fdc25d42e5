"""The laws of clips for training."""

import pickle
from collections import Counter
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from torch.utils.data import DataLoader

from workbench.data.clips import ClipConfig, VideoClip, VideoClips
from workbench.data.datasets import VideoItem, VideoSet
from workbench.video.read import VideoError
from workbench.video.sampling import Sampling, random_segment_indices
from workbench.video.transforms import crop_places, crop_sides
from workbench.video.write import write_video

CLIPS = Path(__file__).parent.parent / "clips"
LABELS = ("move left", "move right", "wave", "look left")
SMALL = ClipConfig(size=24, resize=(32, 40))
STEP = 9  # of blue from frame to frame: its number can be read after any resize


def telling_frames(count: int, height: int = 32, width: int = 40) -> np.ndarray:
    """Frames whose red rises with the columns, green with the rows, and whose blue is the number of the frame."""
    frames = np.empty((count, height, width, 3), np.uint8)
    frames[..., 0], frames[..., 1] = 6 * np.arange(width), 7 * np.arange(height)[:, None]
    frames[..., 2] = STEP * np.arange(count)[:, None, None]
    return frames


def write_folder(folder: Path, frames: np.ndarray) -> Path:
    folder.mkdir(parents=True)
    for number, frame in enumerate(frames, start=1):
        Image.fromarray(frame).save(folder / f"{number:05d}.png")
    return folder


@pytest.fixture(scope="module")
def videos(tmp_path_factory) -> VideoSet:
    """Four folders of 20 frames each, one of each class; the list says wrongly how many frames they have."""
    root = tmp_path_factory.mktemp("videos")
    items = [VideoItem(f"clip {n}", write_folder(root / str(n), telling_frames(20)), n, num_frames=40) for n in range(4)]
    return VideoSet("lists", "train", LABELS, tuple(items))


def alone(path: Path, label: int = 2, labels: tuple[str, ...] = LABELS) -> VideoSet:
    return VideoSet("lists", "train", labels, (VideoItem(path.name, path, label),))


def numbers(clip: VideoClip) -> list[int]:
    """Which frames a clip is made of."""
    blue = clip.frames[..., 2]
    assert (blue == blue[:, :1, :1]).all()
    return (blue[:, 0, 0] // STEP).tolist()


def is_mirrored(clip: VideoClip) -> bool:
    return bool(clip.frames[0, 0, 0, 0] > clip.frames[0, 0, -1, 0])


def same(one: VideoClip, two: VideoClip) -> bool:
    return np.array_equal(one.frames, two.frames) and (one.label, one.name) == (two.label, two.name)


def untouched(clips: list) -> list:
    return clips


def test_a_clip_depends_on_its_number_and_the_seed_alone(videos):
    """In whatever order, by however many workers, and after pickling clip i is the same; another seed gives others."""
    clips = VideoClips(videos, SMALL, 4, seed=3, passes=3)
    backwards = [clips[i] for i in reversed(range(len(clips)))][::-1]
    fresh = VideoClips(videos, SMALL, 4, seed=3, passes=3)
    assert len(clips) == 12
    assert all(same(fresh[i], backwards[i]) for i in range(12))
    assert all(same(pickle.loads(pickle.dumps(clips))[i], backwards[i]) for i in (0, 11))

    loaded = [clip for batch in DataLoader(clips, 3, num_workers=2, collate_fn=untouched) for clip in batch]
    assert all(map(same, loaded, backwards))
    assert same(clips[-1], backwards[-1])
    other = VideoClips(videos, SMALL, 4, seed=4, passes=3)
    assert sum(same(other[i], backwards[i]) for i in range(12)) <= 1


def test_each_pass_shows_every_video_in_another_way(videos):
    """Clip i is of video i modulo their number; more passes leave the first ones as they were."""
    clips = VideoClips(videos, SMALL, 4, passes=5)
    made = [clips[i] for i in range(20)]
    assert [clip.name for clip in made] == [f"clip {i % 4}" for i in range(20)] == [clips.video_of(i).name for i in range(20)]
    assert len({clip.frames.tobytes() for clip in made[::4]}) >= 4
    assert all(map(same, (VideoClips(videos, SMALL, 4)[i] for i in range(4)), made))


def test_a_clip_is_one_crop_of_all_its_frames(videos):
    """It is, to the bit, the frames it names resized by Pillow, cut at one of the places in one of the sizes, resized again
    and perhaps mirrored: the same for every frame."""
    config = ClipConfig(size=24, resize=(36, 48))
    clips = VideoClips(videos, config, 4, passes=3)
    for clip in (clips[i] for i in range(12)):
        frames = [Image.fromarray(telling_frames(20)[number]).resize((48, 36), Image.Resampling.BILINEAR) for number in numbers(clip)]
        assert sum(np.array_equal(clip.frames, way) for way in every_way(frames, config)) >= 1


def every_way(frames: list[Image.Image], config: ClipConfig):
    """All the clips that may be made of resized frames."""
    size = (config.size, config.size)
    for height, width in crop_sides(36, 48, config.size, config.scales, config.distortion):
        for top, left in crop_places(36, 48, height, width):
            cut = [frame.crop((left, top, left + width, top + height)).resize(size, Image.Resampling.BILINEAR) for frame in frames]
            pixels = np.stack([np.asarray(frame) for frame in cut])
            yield from (pixels, pixels[:, :, ::-1])


@pytest.mark.parametrize(("flip", "flipped"), [("none", {}), ("safe", {2: 2}), ("swap", {0: 1, 1: 0, 2: 2})])
def test_flips_change_the_label_or_do_not_happen(videos, flip, flipped):
    """About half of the clips of a class that may be flipped are, with the label that they then show; the others are not."""
    clips = VideoClips(videos, ClipConfig(size=24, resize=(32, 40), flip=flip), 1, passes=40)
    seen = Counter((i % 4, is_mirrored(clip), clip.label) for i, clip in ((i, clips[i]) for i in range(len(clips))))
    usual, turned = {(n, False, n) for n in range(4)}, {(n, True, after) for n, after in flipped.items()}
    assert set(seen) == usual | turned
    assert all(8 <= seen[case] <= 32 for case in turned)


@pytest.mark.parametrize(("count", "length"), [(19, 4), (8, 8), (23, 3), (64, 8)])
def test_random_segments_cover_their_parts_and_no_more(count, length):
    """Every frame of each part of count // length frames is as likely as the others; none lies outside its part."""
    rng, part = np.random.default_rng(0), count // length
    drawn = np.array([random_segment_indices(count, length, rng) for _ in range(200 * part)])
    for number in range(length):
        counts = Counter(drawn[:, number].tolist())
        assert set(counts) == set(range(number * part, (number + 1) * part))
        assert all(abs(times - 200) < 5 * 200**0.5 for times in counts.values())


def test_segments_of_a_clip_are_drawn_apart(videos):
    """A clip has one frame of each part of the frames that the file has, whatever the list says; pairs of them all occur."""
    clips = VideoClips(videos, SMALL, 4, passes=80)
    drawn = [numbers(clips[i]) for i in range(320)]
    assert all(5 * place <= number < 5 * place + 5 for one in drawn for place, number in enumerate(one))
    assert {(one[0], one[3] - 15) for one in drawn} == set(product(range(5), repeat=2))


def test_dense_clips_start_anywhere_that_they_fit(videos):
    """Every third frame from a random start; all starts of the 20 - 12 + 1 occur, and none beyond."""
    clips = VideoClips(videos, ClipConfig(size=24, resize=32, sampling=Sampling("dense", 3)), 4, passes=40)
    drawn = [numbers(clips[i]) for i in range(160)]
    assert {one[0] for one in drawn} == set(range(9))
    assert all((np.diff(one) == 3).all() for one in drawn)


@pytest.mark.parametrize(("config", "expected"), [
    (SMALL, {3: [0, 0, 1, 2, 2], 1: [0] * 5}),
    (ClipConfig(size=24, resize=32, sampling=Sampling("dense", 2)), {3: [0, 2, 1, 0, 2], 1: [0] * 5}),
])  # fmt: skip
def test_short_videos_give_whole_clips(tmp_path, config, expected):
    """Too few frames are sampled as in testing, or begin anew; one is repeated."""
    for count, wanted in expected.items():
        path = write_folder(tmp_path / str(count), telling_frames(count))
        assert numbers(VideoClips(alone(path), config, 5)[0]) == wanted


def test_a_video_file_is_sampled_like_a_folder(tmp_path):
    """The same seed takes the same frames, the same crop and the same side of both, up to the loss of the encoder."""
    frames = telling_frames(20, 64, 80)
    write_video(tmp_path / "clip.mp4", frames, 12, quality=1)
    config = ClipConfig(size=48, resize=56, flip="safe")
    paths = (tmp_path / "clip.mp4", write_folder(tmp_path / "f", frames))
    of_file, of_folder = (VideoClips(alone(path), config, 4, passes=6) for path in paths)
    for i in range(6):
        assert np.abs(of_file[i].frames.astype(int) - of_folder[i].frames).mean() < 4
    assert of_file[0].name == "clip.mp4"
    assert of_file[0].note == ""


def test_what_is_wrong_with_a_video_is_said():
    """A repair is noted; a file that gives no frames raises the sentence that names it, and the clip's video is known."""
    assert "left out" in VideoClips(alone(CLIPS / "dropped.mp4"), SMALL, 2)[0].note
    clips = VideoClips(alone(CLIPS / "text.mp4"), SMALL, 2)
    with pytest.raises(VideoError, match=r"text\.mp4 is not a video"):
        clips[0]
    assert clips.video_of(0).name == "text.mp4"


def test_there_is_no_clip_beyond_the_last(videos):
    clips = VideoClips(videos, SMALL, 4, passes=2)
    for index in (8, -9):
        with pytest.raises(IndexError, match=f"clip {index} of 8"):
            clips[index]
    with pytest.raises(ValueError, match="at least 1"):
        VideoClips(videos, SMALL, 0)


@pytest.mark.parametrize(("wrong", "said"), [
    ({"size": 0}, "got 0"), ({"size": 241}, "at least the 241 pixels"), ({"resize": 200}, "224"), ({"resize": (300, 200)}, "200"),
    ({"sampling": Sampling("dense", seconds=2.0)}, "by a stride in training, got 2 seconds"), ({"scales": ()}, "scales"),
    ({"scales": (1.0, 0.0)}, "scales"), ({"scales": (1.2,)}, "1.2"), ({"scales": (0.001,)}, "0.001"), ({"distortion": -1}, "got -1"),
    ({"flip": "yes"}, "none, safe, swap, got 'yes'"),
])  # fmt: skip
def test_a_config_that_cannot_be_says_why(wrong, said):
    with pytest.raises(ValueError, match=said):
        ClipConfig(**wrong)
