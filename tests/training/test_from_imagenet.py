"""Training that starts from ImageNet weights: where they go, and that pixels become the numbers that they were trained on."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from workbench.model.checkpoint import Preprocessing, save_checkpoint
from workbench.model.convert import LITE_PIXELS
from workbench.model.load import load_weights
from workbench.model.motion import MotionConfig
from workbench.model.msnet import ModelConfig, MSNet
from workbench.model.pretrained import initial_weights
from workbench.training.alphabet import AlphabetTraining, train
from workbench.training.config import TrainConfig
from workbench.training.matching import MatchingConfig, MatchingTraining, train_matching

LITE = ModelConfig("efficientnet-lite0", num_classes=18, num_frames=2, motion=MotionConfig(radius=2), motion_after=("layer1",))
QUICK = {"epochs": 1, "clips": 4, "batch_size": 4, "size": 32, "workers": 0, "device": "cpu", "progress": False}


@pytest.mark.parametrize("task", [AlphabetTraining(TrainConfig(LITE, "imagenet")), MatchingTraining(MatchingConfig(LITE, "imagenet"))])
def test_the_backbone_starts_from_imagenet(task: AlphabetTraining | MatchingTraining):
    """Every weight of it is that of the file."""
    imagenet = initial_weights("imagenet", LITE).model.backbone.state_dict()
    assert all(torch.equal(tensor, imagenet[name]) for name, tensor in task.network().backbone.state_dict().items())


@pytest.mark.parametrize(
    ("backbone", "init", "pixels"),
    [
        ("efficientnet-lite0", "imagenet", LITE_PIXELS),
        ("resnet18", "imagenet", Preprocessing()),
        ("efficientnet-lite0", "none", Preprocessing()),
    ],
)
def test_pixels_are_those_of_the_first_weights(backbone: str, init: str, pixels: Preprocessing):
    """Of random weights the paper's."""
    for config in (TrainConfig(replace(LITE, backbone=backbone), init), MatchingConfig(replace(LITE, backbone=backbone), init)):
        assert (config.preprocessing.mean, config.preprocessing.std) == (pixels.mean, pixels.std)


def test_a_run_learns_from_them_and_keeps_their_pixels(tmp_path: Path):
    """First to match, then the names around it: the checkpoint says how pixels become numbers, and what was matched by stays."""
    [matching] = train_matching(MatchingConfig(LITE, "imagenet", validation_clips=2, num_frames=2, output=tmp_path / "matching", **QUICK))
    [record] = train(
        TrainConfig(LITE, "imagenet", validation_clips=18, matching_from=tmp_path / "matching", output=tmp_path / "names", **QUICK)
    )
    taught, named = (load_weights(tmp_path / name) for name in ("matching", "names"))
    assert matching.loss > 0 and record.loss > 0
    assert (named.preprocessing.mean, named.preprocessing.std) == (LITE_PIXELS.mean, LITE_PIXELS.std)
    assert torch.equal(taught.model.backbone.layer1[0].depthwise[0].weight, named.model.backbone.layer1[0].depthwise[0].weight)
    assert not torch.equal(taught.model.backbone.layer2[0].depthwise[0].weight, named.model.backbone.layer2[0].depthwise[0].weight)


def test_matching_of_other_pixels_is_refused(tmp_path: Path):
    """Kept weights would see other numbers than they learned from, and match worse without a word."""
    save_checkpoint(tmp_path / "model.safetensors", MSNet(LITE), preprocessing=LITE_PIXELS)
    with pytest.raises(ValueError, match="matching_from learned from pixels of another mean or std"):
        list(train(TrainConfig(LITE, "none", validation_clips=18, matching_from=tmp_path, **QUICK)))


@pytest.mark.parametrize("kind", [TrainConfig, MatchingConfig])
def test_a_backbone_without_imagenet_weights_is_refused_at_once(kind: type):
    with pytest.raises(ValueError, match="no ImageNet weights for 'tiny'"):
        kind(replace(LITE, backbone="tiny"), "imagenet")
