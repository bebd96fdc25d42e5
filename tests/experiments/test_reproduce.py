"""The laws of testing a recipe's networks."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from small_sets import make_set
from train_small import SMALL, small_recipes

from workbench.data.datasets import open_dataset
from workbench.data.layouts.base import DatasetError
from workbench.evaluation.scores import read_scores
from workbench.experiments.reproduce import ReproduceConfig, reproduce
from workbench.model.checkpoint import Preprocessing, WeightsError, save_checkpoint
from workbench.model.load import load_weights
from workbench.model.msnet import MSNet

TWICE = replace(SMALL, name="small-twice", model=replace(SMALL.model, num_frames=16))
BOTH = replace(SMALL, name="small-both", members=("small", "small-twice"))


@pytest.fixture(scope="module", autouse=True)
def recipes():
    with small_recipes(TWICE, BOTH):
        yield


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    """Seven validation videos of two classes: more than one batch of four views, and a rest."""
    return make_set(tmp_path_factory.mktemp("sets") / "mine", "folders", classes=2, per_class=(1, 4), size=(40, 56), frames=20)


def network(path: Path, num_frames: int, seed: int) -> str:
    """An untrained network whose answers differ from video to video."""
    torch.manual_seed(seed)
    model = MSNet(replace(SMALL.model, num_classes=2, num_frames=num_frames))
    model.fc.weight.data.normal_()
    save_checkpoint(path, model, ("left", "right"), Preprocessing(32, resize=40))
    return str(path)


def test_an_ensemble_is_the_weighted_mean_of_its_members(data, tmp_path):
    """Each member is asked at its own number of frames; all three are kept, and the mean is that of the logits by the weights."""
    files = network(tmp_path / "a.safetensors", 8, 1), network(tmp_path / "b.safetensors", 16, 2)
    config = ReproduceConfig("small-both", data, files, (3.0, 1.0), clips=2, workers=0, device="cpu", output=tmp_path / "new")
    done = reproduce(config)
    first, second = done.members
    np.testing.assert_allclose(done.scores.scores, 0.75 * first.scores + 0.25 * second.scores, rtol=1e-5, atol=1e-6)
    assert len(done.scores) == 8 and done.scores.protocol.clips == 2
    assert np.abs(first.scores - second.scores).max() > 1e-3

    for scores in (first, second, done.scores):
        kept = read_scores(tmp_path / "new" / f"{scores.network}.npz")
        assert kept.names == scores.names and np.array_equal(kept.scores, scores.scores)
    assert {path.stem for path in (tmp_path / "new").glob("*.npz")} == {"small", "small-twice", "small-both"}


def test_one_network_is_tested_at_its_recipes_protocol(data, tmp_path):
    """One clip and the centre; more views, full resolution and probabilities where they are asked for."""
    file = network(tmp_path / "a.safetensors", 8, 1)
    usual = reproduce(ReproduceConfig("small", data, (file,), workers=0, device="cpu")).scores
    assert usual.protocol == SMALL.protocol and usual.network == "small" and len(usual) == 8
    config = ReproduceConfig("small", data, (file,), clips=2, full_resolution=True, average="probabilities", workers=0, device="cpu")
    other = reproduce(config).scores
    assert (other.protocol.clips, other.protocol.size, other.protocol.average) == (2, None, "probabilities")
    np.testing.assert_allclose(other.scores.sum(axis=1), 1, rtol=1e-5)


def test_the_views_of_a_reported_number_are_its_own():
    """TSM's two clips of three crops are squares of 256 at full height, wherever its one clip is cut to 224; other counts of
    views spread the recipe's own."""
    config = ReproduceConfig("tsm-r50-8f-ssv1", clips=2, crops=3)
    [reported] = [row.protocol for row in config.of.reported if row.protocol.crops == 3]
    assert config.protocol("tsm-r50-8f-ssv1") == reported and reported.size == 256
    assert ReproduceConfig("tsm-r50-8f-ssv1", clips=5).protocol("tsm-r50-8f-ssv1") == replace(config.of.protocol, clips=5)
    whole = ReproduceConfig("msnet-r50-16f-k400", full_resolution=True).protocol("msnet-r50-16f-k400")
    assert (whole.clips, whole.crops, whole.size) == (10, 1, None)


def test_scores_that_were_kept_take_the_place_of_a_network(data, tmp_path):
    """An ensemble of a network and of kept scores, weighted anew, is the one of two networks."""
    files = network(tmp_path / "a.safetensors", 8, 1), network(tmp_path / "b.safetensors", 16, 2)
    common = dict(workers=0, device="cpu", output=tmp_path / "kept")
    reproduce(ReproduceConfig("small-both", data, files, **common))
    kept = str(tmp_path / "kept" / "small.npz"), files[1]
    again, afresh = (reproduce(ReproduceConfig("small-both", data, pair, (2.0, 1.0), **common)).scores for pair in (kept, files))
    np.testing.assert_allclose(again.scores, afresh.scores, atol=1e-6)


def test_another_network_or_fold_is_refused(data, tmp_path):
    """By name: what differs, and which fold a network was trained on."""
    file = network(tmp_path / "a.safetensors", 16, 1)
    with pytest.raises(WeightsError, match="no network of small: its num_frames is 16, not 8"):
        reproduce(ReproduceConfig("small", data, (file,)))
    loaded = load_weights(network(tmp_path / "b.safetensors", 8, 1))
    save_checkpoint(tmp_path / "b.safetensors", loaded.model, loaded.labels, loaded.preprocessing, {"fold": 2})
    with pytest.raises(WeightsError, match="trained on fold 2"):
        reproduce(ReproduceConfig("small", data, (str(tmp_path / "b.safetensors"),)))


def test_missing_videos_are_refused_or_counted(tmp_path):
    """Half a validation split is none, unless that is asked for; then what is missing is told with the number."""
    folder = make_set(tmp_path / "hmdb", "hmdb51", classes=2, per_class=(2, 2), size=(40, 56))
    held_out = open_dataset(folder, "hmdb51", "validation").items[0]
    held_out.path.unlink()
    torch.manual_seed(0)
    names = open_dataset(folder, "hmdb51", "validation").labels
    model = MSNet(replace(SMALL.model, num_classes=len(names)))
    save_checkpoint(tmp_path / "a.safetensors", model, names, Preprocessing(32, resize=40))
    config = ReproduceConfig("small", folder, (str(tmp_path / "a.safetensors"),), layout="hmdb51", workers=0, device="cpu")
    with pytest.raises(DatasetError, match="skip_bad"):
        reproduce(config)
    scores = reproduce(replace(config, skip_bad=True)).scores
    assert len(scores) == 3 and list(scores.skipped) == [held_out.name]


def test_every_member_needs_its_checkpoint(data, tmp_path):
    """What is missing or too much is named, before anything is read."""
    file = network(tmp_path / "a.safetensors", 8, 1)
    with pytest.raises(ValueError, match="small, small-twice, got 1"):
        reproduce(ReproduceConfig("small-both", data, (file,)))
    with pytest.raises(ValueError, match="one for each of small, small-twice"):
        ReproduceConfig("small-both", data, weights=(1.0,))
