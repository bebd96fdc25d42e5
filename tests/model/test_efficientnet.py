"""EfficientNet-Lite0: the network that its ImageNet weights belong to, and its temporal shift."""

import importlib.metadata
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import skimage.data
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from workbench.model.backbone import STAGES, Backbone
from workbench.model.convert import LITE_PIXELS
from workbench.model.efficientnet import InvertedResidual
from workbench.model.load import load_weights
from workbench.model.motion import MotionConfig
from workbench.model.msnet import BACKBONES, ModelConfig, MSNet
from workbench.model.pretrained import PACKAGED, packaged_file
from workbench.video.transforms import centre_crop, normalise, resize_short_side

NAME = "efficientnet-lite0"
# Of each block, in the order of the network: kernel, stride and whether its input is added.
BLOCKS = (
    (3, 1, False),
    *((3, 2, False), (3, 1, True)),
    *((5, 2, False), (5, 1, True)),
    *((3, 2, False), (3, 1, True), (3, 1, True), (5, 1, False), (5, 1, True), (5, 1, True)),
    *((5, 2, False), (5, 1, True), (5, 1, True), (5, 1, True), (3, 1, False)),
)
LAST_BLOCKS = {0: "stem", 2: "layer1", 4: "layer2", 10: "layer3"}


@pytest.fixture(scope="module")
def weights_file() -> Path:
    return packaged_file(*PACKAGED[NAME])


@pytest.fixture(scope="module")
def theirs(weights_file: Path) -> dict[str, Tensor]:
    return {name: tensor.double() for name, tensor in torch.load(weights_file, weights_only=True).items()}


@pytest.fixture(scope="module")
def classifier(weights_file: Path) -> MSNet:
    """The network that names the 1,000 classes of ImageNet in single frames."""
    return load_weights(weights_file, num_classes=1000, motion=None, shift_div=None).model


def slow_convolution(pixels: Tensor, weight: Tensor, stride: int) -> Tensor:
    """Tap by tap, on a picture that zeros surround: as many cells as strides begin in it, the window of each as nearly in the middle of
    its stride as whole pixels allow, else farther down and to the right."""
    height, width, kernel = *pixels.shape[-2:], weight.shape[-1]
    rows, columns = -(-height // stride), -(-width // stride)
    missing = [max((cells - 1) * stride + kernel - side, 0) for cells, side in ((rows, height), (columns, width))]
    around = F.pad(pixels, (missing[1] // 2, kernel, missing[0] // 2, kernel))
    total = torch.zeros((), dtype=pixels.dtype)
    for y in range(kernel):
        for x in range(kernel):
            taken = around[:, :, y : y + stride * rows : stride, x : x + stride * columns : stride][:, :, :rows, :columns]
            depthwise = weight.shape[1] == 1 and pixels.shape[1] > 1
            tap = weight[:, :, y, x]
            total = total + (taken * tap.T[..., None, None] if depthwise else torch.einsum("bchw,kc->bkhw", taken, tap))
    return total


def slow_features(weights: Mapping[str, Tensor], pixels: Tensor) -> dict[str, Tensor]:
    """What stands after each stage, by the names in the file alone."""

    def step(features: Tensor, convolution: str, norm: str, stride: int = 1, clip: bool = True) -> Tensor:
        features = slow_convolution(features, weights[f"{convolution}.weight"], stride)
        scale, bias, mean, variance = (
            weights[f"{norm}.{name}"][:, None, None] for name in ("weight", "bias", "running_mean", "running_var")
        )
        features = (features - mean) / (variance + 0.001).sqrt() * scale + bias
        return features.clamp(0, 6) if clip else features

    found, features = {}, step(pixels, "_conv_stem", "_bn0", stride=2)
    for number, (_, stride, adds) in enumerate(BLOCKS):
        block, before = f"_blocks.{number}.", features
        if number > 0:
            features = step(features, f"{block}_expand_conv", f"{block}_bn0")
        features = step(features, f"{block}_depthwise_conv", f"{block}_bn1", stride)
        features = step(features, f"{block}_project_conv", f"{block}_bn2", clip=False)
        features = features + before if adds else features
        if number in LAST_BLOCKS:
            found[LAST_BLOCKS[number]] = features
    return found | {"layer4": step(features, "_conv_head", "_bn1")}


def features_of(backbone: Backbone, frames: Tensor, num_frames: int) -> dict[str, Tensor]:
    features = backbone.stem(frames)
    found = {"stem": features}
    for stage in STAGES[1:]:
        found[stage] = features = backbone.get_submodule(stage)(features, num_frames)
    return found


# ------------------------------------------------------------------------------------------------------- ImageNet's weights


def test_every_weight_of_the_file_has_its_place(weights_file: Path):
    """None is left over and none is missing, the classifier's included: 4.65 million, as the authors' table has it."""
    loaded = load_weights(weights_file, num_classes=1000, motion=None)
    assert (loaded.report.missing, loaded.report.unused, loaded.report.num_loaded) == ((), (), 296)
    assert sum(parameter.numel() for parameter in loaded.model.parameters()) == 4_652_008


def test_the_kernels_are_those_of_the_file(theirs: dict[str, Tensor]):
    """The table of this test, by which the slow network is built, is that of the weights."""
    assert [theirs[f"_blocks.{number}._depthwise_conv.weight"].shape[-1] for number in range(16)] == [kernel for kernel, _, _ in BLOCKS]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("size", [(64, 64), (33, 46)])
def test_features_are_those_of_a_slow_network(weights_file: Path, theirs: dict[str, Tensor], size: tuple[int, int], dtype: torch.dtype):
    """Whatever the parity of the sides, to the rounding of 49 convolutions of at most 1,280 terms: so many half units in the last place,
    of the largest value of a stage."""
    frames = torch.rand(1, 3, *size, generator=torch.Generator().manual_seed(0), dtype=torch.float64) * 2 - 1
    backbone = load_weights(weights_file, motion=None, shift_div=None).model.backbone.to(dtype)
    with torch.no_grad():
        slow, fast = slow_features(theirs, frames), features_of(backbone, frames.to(dtype), 1)
    bound = 49 * 1280 * torch.finfo(dtype).eps / 2
    assert set(slow) == set(fast) == set(STAGES)
    for stage in STAGES:
        assert (fast[stage] - slow[stage]).abs().max() <= bound * slow[stage].abs().max(), stage


@pytest.mark.parametrize(("picture", "classes"), [("coffee", {967}), ("chelsea", {281, 282, 285})])
def test_a_photograph_is_named(classifier: MSNet, picture: str, classes: set[int]):
    """Espresso; a tabby, a tiger cat or an Egyptian cat: ImageNet's three kinds of house cat that look like this one."""
    photograph = np.asarray(getattr(skimage.data, picture)())[None]
    frames = torch.from_numpy(centre_crop(resize_short_side(photograph, 256), 224))[None]
    with torch.inference_mode():
        logits = classifier(normalise(frames, LITE_PIXELS.mean, LITE_PIXELS.std)).logits[0]
    assert set(logits.topk(len(classes)).indices.tolist()) == classes


def test_its_pixels_go_with_it(weights_file: Path):
    """The grey levels become numbers as they were in its training, not as in that of the ResNets: (level - 127) / 128."""
    pixels = load_weights(weights_file).preprocessing
    levels = torch.tensor([0, 127, 255], dtype=torch.uint8)[:, None, None, None].expand(3, 1, 1, 3)
    numbers = normalise(levels, pixels.mean, pixels.std)[:, 0, 0, 0]
    torch.testing.assert_close(numbers, torch.tensor([-127 / 128, 0.0, 1.0]), rtol=0, atol=1e-6)


# -------------------------------------------------------------------------------------------------------- the temporal shift


def noise(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(1))


def test_the_input_is_added_without_a_shift():
    """With a branch that gives nothing, a block passes its input on as it was."""
    block = InvertedResidual(16, 16, kernel=3, stride=1, expansion=6, shift_div=8).eval()
    nn.init.zeros_(block.project[1].weight)
    features = noise(4, 16, 5, 5)
    assert torch.equal(block(features, 2), features)


@pytest.mark.parametrize(("channels_out", "stride", "meet"), [(16, 1, True), (24, 1, False), (16, 2, False)])
def test_frames_meet_where_the_input_is_added_alone(channels_out: int, stride: int, meet: bool):
    """What a frame's neighbour holds changes the output of a block whose shape stays, and of no other."""
    torch.manual_seed(0)
    block = InvertedResidual(16, channels_out, kernel=3, stride=stride, expansion=6, shift_div=8).eval()
    features = noise(2, 16, 5, 5)
    other = torch.stack([features[0], noise(2, 16, 5, 5)[1] + 1])
    with torch.no_grad():
        same = torch.equal(block(features, 2)[0], block(other, 2)[0])
    assert same == (not meet)


def test_nine_of_its_blocks_shift():
    """Those whose input is added."""
    blocks = [module for module in BACKBONES[NAME].build(8).modules() if isinstance(module, InvertedResidual)]
    assert [block.shift_div for block in blocks] == [8 if adds else None for _, _, adds in BLOCKS]


def test_without_the_shift_every_frame_is_alone(classifier: MSNet):
    """To the rounding of sums in another order."""
    frames = noise(3, 3, 64, 64)
    with torch.no_grad():
        together = features_of(classifier.backbone, frames, 3)
        alone = [features_of(classifier.backbone, frame, 1) for frame in frames[:, None]]
    for stage in STAGES:
        torch.testing.assert_close(together[stage], torch.cat([features[stage] for features in alone]), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("stage", STAGES)
def test_a_module_may_stand_after_every_stage(stage: str):
    """Its motion has the stage's grid, and the loss reaches the first convolution and the module."""
    torch.manual_seed(0)
    config = ModelConfig(NAME, num_classes=3, num_frames=2, dropout=0.0, motion=MotionConfig(radius=1, channels=8), motion_after=(stage,))
    model = MSNet(config).train()
    prediction = model(noise(2, 2, 3, 64, 64))
    prediction.logits.square().sum().backward()
    side = 64 // model.backbone.strides[stage]
    assert prediction.motions[stage].displacement.shape == (2, 1, 2, side, side)
    assert model.backbone.get_parameter("conv1.weight").grad.abs().sum() > 0
    assert model.motion[stage].transform[-1][3].weight.grad.abs().sum() > 0


def test_the_licence_of_the_weights_is_known():
    """Apache-2.0: they may be used and shared."""
    files = importlib.metadata.files(PACKAGED[NAME][0]) or ()
    [licence] = [file for file in files if file.name == "LICENSE"]
    assert "Apache License, Version 2.0" in licence.read_text()
