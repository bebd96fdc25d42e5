"""An answer that is none says so: where nothing can be matched, and where no class has the logit that its clips have."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from einops import rearrange

import workbench as wb
from workbench.data.alphabet.scenes import MovingScenes
from workbench.explore.config import LookConfig
from workbench.explore.explorer import Explorer
from workbench.explore.export import as_json
from workbench.model.checkpoint import Calibration
from workbench.page.predictions import answer_summary

CAMOUFLAGE = wb.sample_videos()[0].path
REFINED = LookConfig(estimate="refined")


@pytest.fixture(scope="module")
def explorer() -> Explorer:
    return Explorer.load()


def doubt_of(explorer: Explorer, frames: np.ndarray) -> str:
    [logits] = explorer.score(rearrange(explorer.crop(frames), "t h w c -> 1 1 t h w c"))
    return explorer.describe_doubt(logits, explorer.match(frames, REFINED))


def noise(strength: float) -> np.ndarray:
    grain = np.random.default_rng(0).normal(128, strength, (8, 180, 240, 3))
    return np.clip(grain, 0, 255).astype(np.uint8)


NO_MOTION = {"black": np.zeros((8, 180, 240, 3), np.uint8), "faint noise": noise(2), "noise": noise(80)}


@pytest.mark.parametrize("clip", NO_MOTION)
def test_what_cannot_be_matched_has_no_clear_motion(clip, explorer):
    """Whatever the most probable class: without this a black clip is "farther", with 98 %."""
    assert doubt_of(explorer, NO_MOTION[clip]).startswith("No clear motion")


def doubted(explorer: Explorer, clips) -> float:
    """The share of clips that are said to show none of the motions, by their scores alone."""
    return float(np.mean([bool(explorer.describe_doubt(explorer.score(clip.frames[None, None])[0], None)) for clip in clips]))


def test_its_own_motions_are_seldom_doubted_and_others_often(explorer):
    """Of the test split of the alphabet 5 %, by design; of scenes where several things move 52 % (360 and 200 clips)."""
    own = doubted(explorer, wb.MotionAlphabet("test", length=180))
    several = doubted(explorer, MovingScenes("test", size=64, num_frames=8, speed=6.0, length=60))
    assert own < 0.12
    assert several > 0.3


def test_what_was_not_measured_is_not_doubted(explorer):
    """A network that was not calibrated answers, however low its logits and probabilities are."""
    uncalibrated = replace(explorer, calibration=Calibration())
    low = torch.full((18,), -100.0)
    assert uncalibrated.describe_doubt(low, uncalibrated.match(NO_MOTION["black"], REFINED)) == ""


def test_the_page_and_json_say_it(explorer):
    """The sample spells a motion a second: the first is clear; from one to the next none is."""
    clear, between = (explorer.look(CAMOUFLAGE, start=start, estimate="refined") for start in (0.0, 0.55))
    assert clear.doubt == ""
    assert clear.top(1)[0][0] == "right"
    assert between.doubt.startswith("None of the 18 motions")
    assert json.loads(as_json(between))["doubt"] == between.doubt
    assert between.doubt in answer_summary(between)
    assert "nearest" not in answer_summary(clear)
