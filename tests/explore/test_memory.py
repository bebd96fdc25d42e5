"""What a look takes is known before it begins, and bounded whatever is asked for."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import workbench as wb
from workbench.explore import volume
from workbench.explore.config import LookConfig
from workbench.explore.matching import correlate_frames
from workbench.explore.refinement import RefinedDisplacement
from workbench.model.checkpoint import Calibration
from workbench.model.motion import MotionConfig
from workbench.video.read import VideoInfo
from workbench.video.uploads import VideoLimits

CLIP = Path(__file__).parents[1] / "clips/h264.mp4"
ONE_GIGABYTE = VideoLimits(gigabytes=1.0)


@pytest.fixture(scope="module")
def info() -> VideoInfo:
    return wb.probe_video(wb.sample_videos()[1].path)


def need(explorer: wb.Explorer, info: VideoInfo, **changes) -> int:
    return explorer.estimate_memory(info, LookConfig(**changes)).most


MORE = {
    "frames": ({"frames": 8}, {"frames": 32}),
    "resolution": ({"resolution": 128}, {"resolution": 512}),
    "clips": ({"clips": 1}, {"clips": 10}),
    "crops": ({"clips": 10}, {"clips": 10, "crops": 3}),
    "an earlier layer": ({"layer": "layer2", "frames": 32}, {"layer": "stem", "frames": 32}),
    "a refined estimate": ({"resolution": 256}, {"resolution": 256, "estimate": "refined"}),
}


@pytest.mark.parametrize(("less", "more"), MORE.values(), ids=MORE)
def test_who_asks_for_more_needs_more(explorer, info, less, more) -> None:
    assert need(explorer, info, **less) < need(explorer, info, **more)


def test_a_longer_side_needs_more(explorer, info) -> None:
    """The short side is the same, so the long one counts."""
    assert need(explorer, replace(info, height=180, width=320)) < need(explorer, replace(info, height=180, width=1800))


def test_frames_that_are_made_smaller_need_no_more(explorer, info) -> None:
    """A large video is decoded small."""
    small, large = (replace(info, height=height, width=height * 16 // 9) for height in (480, 2160))
    assert need(explorer, small) == pytest.approx(need(explorer, large), rel=0.01)


@pytest.mark.parametrize("changes", [{}, {"frames": 32}, {"frames": 32, "clips": 10, "crops": 3}, {"resolution": 256, "frames": 32}])
def test_what_a_laptop_can_do_is_allowed(explorer, info, changes) -> None:
    VideoLimits().check_memory(info, need(explorer, info, **changes))


MEASURE = """
import re, resource, sys
from pathlib import Path
import workbench as wb
from workbench.model.checkpoint import Preprocessing

def most_memory():
    status = Path("/proc/self/status")
    if status.exists():  # what getrusage tells begins with the memory of the process that started this one
        return int(re.search(r"VmHWM:\\s*(\\d+)", status.read_text())[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

if sys.argv[2] == "msnet-tiny":
    explorer, wishes = wb.Explorer.load("msnet-tiny"), dict(frames=16, resolution=256)
else:
    model = wb.MSNet(wb.ModelConfig(sys.argv[2], num_classes=2)).eval()
    explorer, wishes = wb.Explorer(model, ("one", "other"), Preprocessing()), dict(frames=16, resolution=160)
info = wb.probe_video(sys.argv[1])
before = most_memory()
explorer.look(sys.argv[1], **wishes)
print(most_memory() - before, explorer.estimate_memory(info, wb.LookConfig(**wishes)).most)
"""


@pytest.mark.parametrize("network", ["msnet-tiny", "efficientnet-lite0"])
def test_the_estimate_is_what_a_look_takes(network: str) -> None:
    """Measured in a process of its own: not less than was taken, and not several times as much; also of blocks that widen their input."""
    path = str(wb.sample_videos()[1].path)
    printed = subprocess.run([sys.executable, "-c", MEASURE, path, network], capture_output=True, text=True, check=True).stdout
    taken, estimated = map(int, printed.split())
    assert taken < estimated < 4 * taken


def test_a_look_that_needs_too_much_is_refused_before_anything_is_decoded(explorer, monkeypatch) -> None:
    """The sentence names the need, what is allowed, and the remedy."""
    monkeypatch.setattr("workbench.explore.explorer.read_video", lambda *_, **__: pytest.fail("decodes"))
    with pytest.raises(wb.VideoError, match=r"h264\.mp4.* needs about \d+\.\d GB.*1 GB are allowed.*lower resolution or fewer frames"):
        explorer.look(CLIP, frames=32, resolution=512, limits=ONE_GIGABYTE)


@pytest.mark.parametrize("size", [(128, 1), (1, 128), (340, 20)])
def test_frames_that_are_hardly_wider_than_a_line_are_refused(explorer, tmp_path, size) -> None:
    """However small the file: a network would make the short side as long as it was trained on."""
    for number in range(3):
        Image.fromarray(np.full((size[1], size[0], 3), 60 * number, np.uint8)).save(tmp_path / f"{number}.png")
    with pytest.raises(wb.VideoError, match=f"too narrow: {size[0]} x {size[1]} pixels.*crop it or add a border"):
        explorer.look(tmp_path)


@pytest.fixture
def features() -> torch.Tensor:
    return torch.rand(6, 8, 7, 9, generator=torch.Generator().manual_seed(0))


def test_pairs_that_are_matched_part_by_part_give_the_same(features, monkeypatch) -> None:
    whole = correlate_frames(features, MotionConfig(radius=2, kernel_size=3))
    monkeypatch.setattr(volume, "MOST_VALUES", 2 * whole[0].numel())
    assert torch.equal(correlate_frames(features, MotionConfig(radius=2, kernel_size=3)), whole)


@pytest.mark.parametrize("name", ["displacement", "probability", "return_error", "stand_out"])
def test_what_follows_from_the_correlation_is_the_same_part_by_part(explorer, nasa, monkeypatch, name) -> None:
    correspondences = explorer.look(nasa, frames=4).correspondences
    whole = np.asarray(getattr(correspondences, name)())
    monkeypatch.setattr(volume, "MOST_VALUES", 1)
    assert np.allclose(np.asarray(getattr(correspondences, name)()), whole, atol=1e-5)


def test_what_is_refined_is_the_same_part_by_part(features, monkeypatch) -> None:
    whole = RefinedDisplacement.of([features], MotionConfig(radius=2), Calibration())
    monkeypatch.setattr(volume, "MOST_VALUES", 1)
    parts = RefinedDisplacement.of([features], MotionConfig(radius=2), Calibration())
    assert torch.allclose(parts.there, whole.there, atol=1e-5) and torch.allclose(parts.back, whole.back, atol=1e-5)
