"""From frames on disk to logits: the whole path of a test, against a plain restatement of the authors' (plain_protocol).

Where ours differs from theirs, on purpose:
- a video of exactly T frames is shown as it is; their validation shows its first frame T times (`test_as_many_frames_...`);
- the last batch of a test set is counted; they drop it (tests/evaluation/test_videos.py);
- the three crops are the left, the middle and the right edge of a frame to the pixel, and the long side of a resized frame is
  rounded to the nearest pixel; their code steps by whole quarters of the room and cuts fractions off, up to 3 pixels and 1 pixel;
- decoded frames of a video file stand beside a folder of its pictures; they always extract JPEG pictures first.
"""

import json
import sys
from pathlib import Path

import numpy as np
import plain_protocol as plain
import pytest
import torch
import torch.nn.functional as F
from einops import rearrange
from PIL import Image

from workbench.data.datasets import VideoItem, VideoSet
from workbench.evaluation import videos as testing
from workbench.model.load import Loaded, load_weights
from workbench.video import protocol as viewing
from workbench.video.protocol import TestProtocol, load_views
from workbench.video.sampling import Sampling

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
if str(GOLDEN) not in sys.path:
    sys.path.insert(0, str(GOLDEN))

import recipe  # noqa: E402

CLASSES = 174
TOLERANCE = 1e-4
KINETICS = TestProtocol(clips=10, crops=3, resize=256, size=256, sampling=Sampling("dense", 8))
SMALL_KINETICS = TestProtocol(clips=10, crops=3, resize=64, size=64, sampling=Sampling("dense", 8))


def make_frames(folder: Path, count: int, height: int, width: int, salt: str) -> Path:
    """A window that slides over a random texture, as JPEG pictures."""
    folder.mkdir()
    texture = recipe.texture(salt, max(height, width) + 2 * count)
    for t in range(count):
        levels = 128 + 110 * texture[:, t : t + height, 2 * t : 2 * t + width]
        pixels = rearrange(levels, "c h w -> h w c").clip(0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"img_{t + 1:05d}.jpg", quality=90)
    return folder


@pytest.fixture(scope="module")
def wide(tmp_path_factory) -> Path:
    """Eighty-seven frames of 100 x 176: as Something-Something has them."""
    return make_frames(tmp_path_factory.mktemp("wide") / "1", 87, 100, 176, "wide")


@pytest.fixture(scope="module")
def large(tmp_path_factory) -> Path:
    """Seventy frames of 270 x 360, which become smaller."""
    return make_frames(tmp_path_factory.mktemp("large") / "1", 70, 270, 360, "large")


@pytest.fixture(scope="module")
def loaded() -> Loaded:
    """The authors' ResNet-18 with the module, by weights that anyone can make again."""
    shapes = json.loads((GOLDEN / "r18_t8_s112.json").read_text())["state_dict"]
    weights = {key: torch.from_numpy(np.asarray(recipe.weight(key, shape))) for key, shape in shapes.items()}
    return load_weights({key: weight.float() if weight.is_floating_point() else weight for key, weight in weights.items()}, num_frames=8)


def ask(loaded: Loaded, folder: Path, protocol: TestProtocol) -> np.ndarray:
    """The logits of the one video by the code that tests whole sets."""
    labels = tuple(f"class {number}" for number in range(CLASSES))
    videos = VideoSet("lists", "validation", labels, (VideoItem("1", folder, 3),))
    return testing.evaluate_videos(loaded, videos, protocol).scores[0]


def levels(views: list[list[Image.Image]]) -> np.ndarray:
    return np.stack([np.stack([np.asarray(frame) for frame in view]) for view in views])


def test_something_something_one_clip_centre_crop(loaded, wide):
    """240 x 320 whatever the aspect, the middle 224, eight frames: the same levels, and logits within 1e-4."""
    views = plain.something_clip(wide, 8)
    assert np.array_equal(load_views(wide, TestProtocol(), 8).frames, levels(views))
    expected = plain.mean_of_logits(loaded.model, views)
    assert np.ptp(expected) > 1
    np.testing.assert_allclose(ask(loaded, wide, TestProtocol()), expected, atol=TOLERANCE, rtol=0)


def test_kinetics_ten_clips_three_crops(loaded, tmp_path):
    """Ten clips by three crops, the mean of logits, where clips begin anew: 40 frames are fewer than 64. (Frames of 64 pixels.)"""
    folder = make_frames(tmp_path / "short", 40, 70, 100, "short")
    views = plain.kinetics_clips(folder, 8, 64)
    assert len(views) == 30
    assert np.array_equal(load_views(folder, SMALL_KINETICS, 8).frames, levels(views))
    expected = plain.mean_of_logits(loaded.model, views)
    np.testing.assert_allclose(ask(loaded, folder, SMALL_KINETICS), expected, atol=TOLERANCE, rtol=0)


def test_kinetics_views_at_their_full_size(large):
    """Thirty views of 256 x 256, level by level."""
    assert np.array_equal(load_views(large, KINETICS, 8).frames, levels(plain.kinetics_clips(large, 8)))


def test_as_many_frames_as_the_clip_has_are_all_shown(loaded, tmp_path):
    """Ours is the rule for longer videos; the authors' habit to repeat the first frame hides all motion, and answers otherwise."""
    folder, small = make_frames(tmp_path / "eight", 8, 100, 176, "eight"), TestProtocol(resize=(72, 96), size=64)
    assert load_views(folder, small, 8).indices == (tuple(range(8)),)
    ours, view = ask(loaded, folder, small), plain.something_clip(folder, 8, 72, 96, 64)[0]
    np.testing.assert_allclose(ours, plain.mean_of_logits(loaded.model, [view]), atol=TOLERANCE, rtol=0)
    assert np.abs(plain.mean_of_logits(loaded.model, [view[:1] * 8]) - ours).max() > 100 * TOLERANCE


def antialiased(frames: np.ndarray, sides: tuple[int, int]) -> np.ndarray:
    """Torch's bilinear resize with antialiasing, rounded to levels."""
    pixels = rearrange(torch.from_numpy(frames), "t h w c -> t c h w").float()
    pixels = F.interpolate(pixels, sides, mode="bilinear", antialias=True, align_corners=False)
    return rearrange(pixels.round().clamp(0, 255).byte(), "t c h w -> t h w c").numpy()


def test_what_another_resize_would_change(loaded, large, monkeypatch):
    """Torch's antialiased resize misses Pillow's, which the authors use, by no more than a level (in 13 to 19 % of the values), and
    moves the logits by far more than the tolerance of parity: with these untrained weights, under which matches are close calls,
    by 0.6 to 1.1 of a range of 18 to 28. So there is one resize, Pillow's."""
    half = TestProtocol(resize=(120, 160), size=112)
    pillow, expected = load_views(large, half, 8).frames, ask(loaded, large, half)
    monkeypatch.setattr(viewing, "resize_as", antialiased)
    other, moved = load_views(large, half, 8).frames, ask(loaded, large, half)
    assert np.abs(pillow.astype(int) - other).max() == 1
    assert 0.05 < (pillow != other).mean() < 0.3
    assert 100 * TOLERANCE < np.abs(moved - expected).max() < 0.1 * np.ptp(expected)
