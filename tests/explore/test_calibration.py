"""The probability that a match is right: monotone, near 0 where nothing can be matched, and as often right as it says."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from command import workbench

import workbench as wb
from workbench.data.flow_pairs import FlowPair
from workbench.explore.calibration import calibrate, evidence_of, held_out_scenes
from workbench.explore.config import LookConfig
from workbench.explore.explorer import Explorer
from workbench.explore.probability import probability_of_match
from workbench.explore.volume import MARGIN
from workbench.model.checkpoint import Calibration
from workbench.model.load import load_weights

NETWORKS = ("msnet-small", "msnet-tiny")
REFINED = LookConfig(estimate="refined")


def test_it_rises_with_the_gap_and_falls_with_the_way_back():
    """Whatever the calibration; and is 0 where a rival is as good as the peak."""
    gap, error = torch.linspace(2 * MARGIN, 1, 50), torch.linspace(0, 5, 50)
    for calibration in (Calibration(), Calibration(0.3, 2.0, 4.0)):
        assert (probability_of_match(gap, torch.full_like(gap, 0.3), calibration).diff() > 0).all()
        assert (probability_of_match(torch.full_like(error, 0.3), error, calibration).diff() < 0).all()
        assert probability_of_match(torch.tensor([0.0, MARGIN]), torch.zeros(2), calibration).tolist() == [0, 0]


def test_it_is_the_logistic_function_of_both():
    """By the definition, in numbers."""
    calibration = Calibration(rival_gap=1.5, way_back=2.5, offset=4.0)
    logit = 4.0 + 1.5 * np.log(0.2) - 2.5 * np.log(1 + 2 * 0.4)
    assert probability_of_match(torch.tensor(0.2), torch.tensor(0.4), calibration).item() == pytest.approx(1 / (1 + np.exp(-logit)))


def clip_of(frame) -> np.ndarray:
    return np.repeat(np.asarray(frame, np.uint8)[None], 3, axis=0)


SMOOTH = {
    "black": clip_of(np.zeros((180, 240, 3))),
    "grey": clip_of(np.full((180, 240, 3), 128)),
    "white": clip_of(np.full((180, 240, 3), 255)),
    "two greys in turn": np.stack([np.full((180, 240, 3), level, np.uint8) for level in (90, 140, 100)]),
}


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("clip", SMOOTH)
def test_where_nothing_can_be_matched_nothing_is_probable(clip, name):
    """Mean probability below 0.1 for what has no texture, while the paper's confidence may be 1; and the refined displacement is
    none: half a cell is the least that counts as motion."""
    matched = Explorer.load(name).match(SMOOTH[clip], REFINED)
    assert matched.probability().mean() < 0.1
    assert np.median(np.hypot(*matched.displacement().swapaxes(0, 1))) < 0.25 * matched.cell


@pytest.mark.parametrize("name", NETWORKS)
def test_what_stands_still_with_texture_is_sure(name):
    """The same frame again: no motion, and surely so."""
    frame = wb.read_video(wb.sample_videos()[1].path, [40]).frames[0]
    matched = Explorer.load(name).match(clip_of(frame), REFINED)
    assert np.quantile(np.hypot(*matched.displacement().swapaxes(0, 1)), 0.95) < 0.25 * matched.cell
    assert matched.probability().max() > 0.95


@pytest.fixture(autouse=True)
def few_clips(monkeypatch):
    """Two of each class: what the numbers are does not matter here."""
    monkeypatch.setattr("workbench.explore.calibration.CALIBRATION_CLIPS", 36)


@pytest.fixture(scope="module")
def scenes() -> list[FlowPair]:
    """Small ones, which are drawn soon."""
    return list(held_out_scenes("test", count=12, size=64))


def test_calibration_finds_the_weights_that_made_the_data(scenes, monkeypatch):
    """Right and wrong drawn by a known calibration from the evidence of real matches: the fit comes back to it."""
    truth, rng = Calibration(rival_gap=1.0, way_back=2.0, offset=3.0), np.random.default_rng(0)

    def drawn(explorer, pair, estimates):
        for values, _ in evidence_of(explorer, pair, estimates):
            logit = values @ [truth.rival_gap, truth.way_back, truth.offset]
            yield values, rng.random(len(values)) < 1 / (1 + np.exp(-logit))

    monkeypatch.setattr("workbench.explore.calibration.evidence_of", drawn)
    fitted = calibrate(Explorer.load(), scenes)
    for name in ("rival_gap", "way_back", "offset"):
        assert getattr(fitted, name) == pytest.approx(getattr(truth, name), abs=0.4)


def test_evidence_is_what_the_probability_follows_from(scenes):
    """The logistic function of it is `Correspondences.probability`, cell by cell."""
    explorer = Explorer.load()
    values, _ = next(evidence_of(explorer, scenes[0], ("refined",)))
    matched, calibration = explorer.match(scenes[0].frames, REFINED), explorer.calibration
    logit = values @ [calibration.rival_gap, calibration.way_back, calibration.offset]
    probability = matched.probability()[0]
    assert 1 / (1 + np.exp(-logit)) == pytest.approx(probability[matched.stand_out()[0].numpy() > MARGIN], abs=1e-5)


def test_without_a_module_there_is_nothing_to_calibrate(scenes):
    with pytest.raises(ValueError, match="no motion module"):
        calibrate(Explorer.load("tsm-tiny"), scenes[:1])


def test_one_outcome_teaches_no_probability(scenes):
    """A pair whose truth is unreachable leaves all matches wrong."""
    far = replace(scenes[0], flow=scenes[0].flow + 1000)
    with pytest.raises(ValueError, match="all"):
        calibrate(Explorer.load(), [far])


def test_the_command_writes_it_into_the_file(tmp_path, monkeypatch):
    """The weights stay to the bit, and what the file says is what the network then uses."""
    monkeypatch.setattr("workbench.cli.held_out_scenes", partial(held_out_scenes, count=4, size=64))
    file = tmp_path / "own.safetensors"
    before = load_weights("msnet-tiny")
    wb.save_checkpoint(file, before.model, before.labels, before.preprocessing, before.provenance)
    assert load_weights(file).calibration is None
    done = workbench("calibrate", file)
    assert done.returncode == 0, done.stderr
    after = load_weights(file)
    assert Explorer.load(file).calibration == after.calibration
    assert str(after.calibration) in done.stdout
    assert all(torch.equal(mine, after.model.state_dict()[key]) for key, mine in before.model.state_dict().items())
    assert (after.labels, after.preprocessing, after.provenance) == (before.labels, before.preprocessing, before.provenance)
