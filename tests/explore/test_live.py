"""A camera is answered as a video of the same frames: `LiveExplorer` equals `Explorer`, without computing anything twice."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import workbench as wb
from workbench.data.alphabet.dataset import MotionAlphabet
from workbench.explore.config import LookConfig
from workbench.explore.explorer import Exploration, Explorer
from workbench.explore.live import MOST_FRAMES_KEPT, LiveAnswer, LiveExplorer
from workbench.explore.volume import near_peak
from workbench.model.checkpoint import Preprocessing
from workbench.model.msnet import ModelConfig, MSNet

STEP = 0.125  # seconds from frame to frame, as the shipped network was trained


@pytest.fixture(scope="module")
def explorer() -> Explorer:
    return Explorer.load()


@pytest.fixture(scope="module")
def shifted() -> Explorer:
    """A network whose frames see one another before they are matched, and that was trained on single pictures of whole videos."""
    torch.manual_seed(0)
    config = ModelConfig(backbone="small", num_classes=3, num_frames=4, motion_after=("layer2",))
    return Explorer(MSNet(config).eval(), ("a", "b", "c"), Preprocessing(size=64))


@pytest.fixture(scope="module")
def right() -> np.ndarray:
    """24 frames of 64 x 64 in which a shape goes right."""
    alphabet = MotionAlphabet("test", camouflage=0.0, num_frames=24, speed=(1.5, 2.0))
    return alphabet[alphabet.labels.index("right")].frames


@pytest.fixture(scope="module")
def look(explorer: Explorer) -> Exploration:
    """At a real video, with frames small enough to be shown as they are."""
    video = next(sample.path for sample in wb.sample_videos() if sample.name == "nasa")
    return explorer.look_at_span(Path(video), start=5.0)


def show_all(live: LiveExplorer, frames: np.ndarray, step: float = STEP, with_motion: bool = True) -> list[LiveAnswer]:
    return [live.show(frame, 100 + number * step, with_motion) for number, frame in enumerate(frames)]


def rounding(model: MSNet) -> float:
    """A bound on the rounding of a correlation in float32: a dot product of unit vectors, each from sums of so many products."""
    stages = (model.backbone.stem_modules(), [model.backbone.get_submodule("layer1"), model.motion["layer1"].reduce])
    weights = [part.weight for parts in stages for module in parts for part in module.modules() if isinstance(part, torch.nn.Conv2d)]
    return 2 * sum(weight[0].numel() for weight in weights) * torch.finfo(torch.float32).eps


def test_the_words_are_those_of_a_look_at_a_video(explorer: Explorer, look: Exploration) -> None:
    answer = show_all(LiveExplorer(explorer), look.frames)[-1]
    np.testing.assert_allclose(answer.probabilities, look.probabilities, atol=1e-5)
    assert answer.nearest == pytest.approx(look.nearest, abs=1e-5)
    assert answer.doubt == look.doubt


def test_the_correspondences_are_those_of_the_last_pair_of_a_look(explorer: Explorer, look: Exploration) -> None:
    pair = show_all(LiveExplorer(explorer), look.frames)[-1].pair
    assert pair.cell == look.correspondences.cell
    error = (pair.correlation - look.correspondences.correlation[-1:]).abs().max().item()
    assert error <= rounding(explorer.model)


def test_every_cell_with_one_best_match_goes_where_a_look_finds_it(explorer: Explorer, look: Exploration) -> None:
    """Where another offset is as good but for rounding, the estimate may take either."""
    pair = show_all(LiveExplorer(explorer), look.frames)[-1].pair
    correlation, bound = look.correspondences.correlation[-1:], rounding(explorer.model)
    best = correlation.flatten(-2).topk(2).values
    clear = (best[..., 0] - best[..., 1] > 2 * bound).numpy()[0]
    error = np.abs(pair.displacement()[0] - look.displacement[-1]).max(axis=0)
    assert clear.mean() > 0.9
    assert error[clear].max() <= 4 * bound / pair.motion.temperature * pair.reach
    assert near_peak(correlation).any()


def test_refined_displacements_are_those_of_a_look(explorer: Explorer, look: Exploration) -> None:
    refined = LookConfig(estimate="refined")
    pair = show_all(LiveExplorer(explorer, refined), look.frames)[-1].pair
    whole = explorer.match(look.frames, refined)
    error = np.abs(pair.displacement()[0] - whole.displacement()[-1]).max(axis=0)
    assert np.quantile(error, 0.99) <= 1e-2


def test_a_network_whose_frames_see_one_another_is_given_the_whole_clip(shifted: Explorer, right: np.ndarray) -> None:
    pair = show_all(LiveExplorer(shifted), right[:6])[-1].pair
    whole = shifted.match(right[2:6], LookConfig())
    np.testing.assert_allclose(pair.correlation, whole.correlation[-1:], atol=1e-5)


def test_nothing_is_computed_twice_of_a_frame(explorer: Explorer, right: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    counts = []
    monkeypatch.setattr(Explorer, "features", lambda *args, whole=Explorer.features: counts.append(len(args[1])) or whole(*args))
    show_all(LiveExplorer(explorer), right[:12])
    assert counts == [1] * 12


def test_words_alone_match_nothing(explorer: Explorer, right: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(Explorer, "features")
    answer = show_all(LiveExplorer(explorer), right[:8], with_motion=False)[-1]
    assert answer.pair is None
    assert answer.nearest[0] == "right"


def test_what_goes_right_for_the_camera_is_called_right_and_goes_right(explorer: Explorer, right: np.ndarray) -> None:
    answer = show_all(LiveExplorer(explorer), right[8:16])[-1]
    x, _ = answer.pair.displacement()[0].mean(axis=(1, 2))
    assert answer.nearest[0] == "right"
    assert x > 0


def test_a_mirrored_picture_is_another_one(explorer: Explorer, right: np.ndarray) -> None:
    answer = show_all(LiveExplorer(explorer), right[8:16, :, ::-1])[-1]
    assert answer.nearest[0] == "left"


def test_a_fast_camera_is_answered_as_one_at_the_speed_of_training(explorer: Explorer, right: np.ndarray) -> None:
    """Three pictures for each frame: the clip has every third."""
    slow = show_all(LiveExplorer(explorer), right[8:16])[-1]
    fast = show_all(LiveExplorer(explorer), np.repeat(right[8:16], 3, axis=0)[:-2], STEP / 3)[-1]
    assert fast.seconds == pytest.approx(STEP)
    np.testing.assert_array_equal(fast.probabilities, slow.probabilities)


def test_a_clip_may_last_longer(explorer: Explorer, right: np.ndarray) -> None:
    """Twice as long: every second picture of a camera at the speed of training."""
    slow = show_all(LiveExplorer(explorer), right[:24:2])[-1]
    long = show_all(LiveExplorer(explorer, LookConfig(seconds=2.0)), right[:23])[-1]
    assert long.span == pytest.approx(2 * slow.span)
    np.testing.assert_array_equal(long.probabilities, slow.probabilities)


def test_before_the_clip_is_whole_there_is_no_word(explorer: Explorer, right: np.ndarray) -> None:
    answers = show_all(LiveExplorer(explorer), right[:8])
    assert [answer.frames for answer in answers] == list(range(1, 9))
    assert [answer.nearest is None for answer in answers] == [True] * 7 + [False]
    assert [answer.pair is None for answer in answers] == [True] + [False] * 7


@pytest.mark.parametrize("change", ["back", "pause", "size"])
def test_what_does_not_follow_begins_a_new_clip(explorer: Explorer, right: np.ndarray, change: str) -> None:
    live = LiveExplorer(explorer)
    show_all(live, right[:8], with_motion=False)
    frame = right[8, :32] if change == "size" else right[8]
    time = {"back": 100.0, "pause": 110.0, "size": 101.0}[change]
    assert live.show(frame, time, with_motion=False).frames == 1


def test_its_memory_is_bounded(explorer: Explorer, right: np.ndarray) -> None:
    """Of a camera that is never switched off so many pictures stay, and what is matched of those alone that can be in a pair."""
    live = LiveExplorer(explorer, replace(LookConfig(), resolution=32))
    for number in range(MOST_FRAMES_KEPT + 20):
        live.show(right[number % 24], number / 30)
    assert len(live._frames) == MOST_FRAMES_KEPT
    assert sum(each.features is not None for each in live._frames) <= 2 + STEP * 30
    assert len(live._matched) <= MOST_FRAMES_KEPT


def test_clips_that_never_fill_leave_nothing_behind(explorer: Explorer, right: np.ndarray) -> None:
    """A camera that pauses after every third picture: of its pairs those of the last clip are remembered."""
    live = LiveExplorer(explorer, replace(LookConfig(), resolution=32))
    for clip in range(4):
        for number in range(3):
            live.show(right[number], 100 * clip + number * STEP)
    assert len(live._matched) == 2


def test_pairs_of_later_pictures_go_when_a_camera_begins_again(explorer: Explorer, right: np.ndarray) -> None:
    live = LiveExplorer(explorer, replace(LookConfig(), resolution=32))
    for start in (300, 200, 100):
        for number in range(3):
            live.show(right[number], start + number * STEP)
    assert len(live._matched) == 2
