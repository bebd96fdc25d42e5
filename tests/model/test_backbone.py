"""The networks under the module, and the temporal shift."""

import pytest
import torch
from torch import Tensor, nn

from workbench.model.backbone import BLOCK_STAGES, STAGES, Block, temporal_shift
from workbench.model.msnet import BACKBONES
from workbench.model.resnet import RESNETS

# Parameters of torchvision's networks without their classifier of 1,000 classes.
PARAMETERS = {
    "resnet18": 11_689_512 - 513_000,
    "resnet34": 21_797_672 - 513_000,
    "resnet50": 25_557_032 - 2_049_000,
    "resnet101": 44_549_160 - 2_049_000,
}


def slow_shift(features: Tensor, num_frames: int, shift_div: int) -> Tensor:
    """Frame by frame, channel by channel."""
    shifted, fold = features.clone(), features.shape[1] // shift_div
    for row in range(len(features)):
        frame = row % num_frames
        for channel in range(fold):
            shifted[row, channel] = features[row + 1, channel] if frame + 1 < num_frames else 0
            shifted[row, fold + channel] = features[row - 1, fold + channel] if frame > 0 else 0
    return shifted


@pytest.mark.parametrize("channels", [16, 19])
@pytest.mark.parametrize(("num_frames", "shift_div"), [(4, 8), (1, 8), (2, 4), (8, 2)])
def test_shift_equals_the_loop(channels: int, num_frames: int, shift_div: int):
    """Frames trade channels within their clip; the last frame has no next one, the first no previous one."""
    features = torch.randn(8, channels, 3, 2, generator=torch.Generator().manual_seed(0))
    assert torch.equal(temporal_shift(features, num_frames, shift_div), slow_shift(features, num_frames, shift_div))


def test_the_first_eighth_looks_ahead_and_the_second_back():
    """Frames hold their number: the first c // 8 channels show the next one's, the second c // 8 the previous one's."""
    frames = torch.arange(1.0, 5.0)[:, None, None, None].expand(4, 16, 1, 1)
    shifted = temporal_shift(frames, 4, 8)[:, :, 0, 0]
    assert shifted[:, 0].tolist() == shifted[:, 1].tolist() == [2, 3, 4, 0]
    assert shifted[:, 2].tolist() == shifted[:, 3].tolist() == [0, 1, 2, 3]
    assert shifted[:, 4].tolist() == shifted[:, 15].tolist() == [1, 2, 3, 4]


@pytest.mark.parametrize(("name", "number"), PARAMETERS.items())
def test_depths_are_those_of_torchvision(name: str, number: int):
    """Every parameter is there, and none more."""
    with torch.device("meta"):
        backbone = BACKBONES[name].build(8)
    assert sum(parameter.numel() for parameter in backbone.parameters()) == number


@pytest.mark.parametrize("name", ["tiny", "resnet18", "resnet50", "efficientnet-lite0"])
def test_stages_have_the_channels_and_strides_that_they_say(name: str):
    backbone = BACKBONES[name].build(8).eval()
    with torch.no_grad():
        features = backbone.stem(torch.zeros(2, 3, 64, 96))
        for stage in STAGES:
            features = features if stage == "stem" else backbone.get_submodule(stage)(features, 2)
            stride = backbone.strides[stage]
            assert features.shape == (2, backbone.channels[stage], 64 // stride, 96 // stride)


def test_the_shift_is_in_the_branch_alone():
    """With a branch that gives nothing, a block passes its input on as it was: the identity is not shifted."""
    block = RESNETS["tiny"].block(16, 16, 1, 8).eval()
    nn.init.zeros_(block.bn2.weight)
    features = torch.rand(4, 16, 5, 5, generator=torch.Generator().manual_seed(0))
    assert torch.equal(block(features, 2), features)


@pytest.mark.parametrize("name", ["tiny", "resnet50"])
def test_every_block_shifts_and_none_without_the_divisor(name: str):
    for shift_div in (8, None):
        blocks = [module for module in RESNETS[name].build(shift_div).modules() if isinstance(module, Block)]
        assert len(blocks) == sum(RESNETS[name].depths)
        assert {block.shift_div for block in blocks} == {shift_div}


@pytest.mark.parametrize("name", BACKBONES)
def test_only_the_stages_that_are_asked_for_shift(name: str):
    backbone = BACKBONES[name].build(8, ("layer3",))
    shifting = {
        stage for stage in BLOCK_STAGES for block in backbone.get_submodule(stage).modules() if isinstance(block, Block) and block.shift_div
    }
    assert shifting == {"layer3"}


@pytest.mark.parametrize("name", BACKBONES)
def test_the_modules_of_its_stages_hold_every_weight_once(name: str):
    """What is kept when a network's matching is kept: nothing of a stage may be forgotten."""
    with torch.device("meta"):
        backbone = BACKBONES[name].build(8)
    held = [id(parameter) for stage in STAGES for module in backbone.stage_modules(stage) for parameter in module.parameters()]
    assert sorted(held) == sorted(map(id, backbone.parameters()))
