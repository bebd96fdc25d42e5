"""The whole network: its laws, its variants, its complaints."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from workbench.model.backbone import BLOCK_STAGES, STAGES
from workbench.model.motion import MotionConfig
from workbench.model.msnet import ModelConfig, MSNet, Prediction


def answer(model: nn.Module, clip: Tensor) -> Prediction:
    with torch.no_grad():
        return model(clip)


def like(model: MSNet, **changes) -> MSNet:
    """The network with some config fields changed, and all the weights that both have."""
    other = MSNet(replace(model.config, **changes)).eval()
    missing, _ = other.load_state_dict(model.state_dict(), strict=False)
    assert not missing
    return other


def test_what_it_returns(tiny_model: MSNet, clip: Tensor):
    prediction = answer(tiny_model, clip)
    assert prediction.logits.shape == (2, 18)
    assert prediction.frame_logits.shape == (2, 4, 18)
    assert prediction.motion is prediction.motions["layer1"]
    assert prediction.motion.displacement.shape == (2, 3, 2, 8, 8)


def test_logits_are_the_mean_over_frames(tiny_model: MSNet, clip: Tensor):
    prediction = answer(tiny_model, clip)
    torch.testing.assert_close(prediction.logits, torch.stack([prediction.frame_logits[:, t] for t in range(4)]).sum(0) / 4)


def test_clips_do_not_meet(tiny_model: MSNet, clip: Tensor):
    """Whatever stands in clip 1, the answer for clip 0 stays."""
    among_others = answer(tiny_model, torch.stack([clip[0], torch.randn_like(clip[1])]))
    before, alone = answer(tiny_model, clip), answer(tiny_model, clip[:1])
    for other in (among_others, alone):
        torch.testing.assert_close(other.logits[0], before.logits[0], rtol=1e-5, atol=1e-5)
        torch.testing.assert_close(other.motion.displacement[0], before.motion.displacement[0], rtol=0, atol=1e-5)


def test_the_order_of_frames_counts_but_not_for_tsn(tiny_model: MSNet, clip: Tensor):
    """MSNet and TSM answer differently to the film run backwards; TSN looks at frames one by one."""
    backwards = clip.flip(1)
    tsm = like(tiny_model, motion=None)
    tsn = like(tiny_model, motion=None, shift_div=None)

    for model in (tiny_model, tsm, like(tiny_model, shift_div=None)):
        assert (answer(model, backwards).logits - answer(model, clip).logits).abs().max() > 1e-2
    torch.testing.assert_close(answer(tsn, backwards).logits, answer(tsn, clip).logits, rtol=1e-5, atol=1e-5)


def test_switched_off_the_module_leaves_tsm(tiny_model: MSNet, clip: Tensor):
    """With the last BatchNorm at zero nothing is added, and the answer is that of the network without a module."""
    tsm = like(tiny_model, motion=None)
    assert (answer(tiny_model, clip).logits - answer(tsm, clip).logits).abs().max() > 1e-2

    last_norm = tiny_model.motion["layer1"].transform[-1][-2]
    nn.init.zeros_(last_norm.weight)
    nn.init.zeros_(last_norm.bias)
    assert torch.equal(answer(tiny_model, clip).logits, answer(tsm, clip).logits)


def test_without_motion_none_is_reported(tiny_model: MSNet, clip: Tensor):
    prediction = answer(like(tiny_model, motion=None), clip)
    assert prediction.motion is None
    assert prediction.motions == {}


def gradient_through_motion_alone(model: MSNet, clip: Tensor) -> Tensor:
    """Of the stem's weights, with the appearance taken away after the module, in value and in gradient."""
    model.motion["layer1"].register_forward_hook(lambda module, inputs, output: (output[0] - inputs[0], output[1]))
    model(clip).logits.square().sum().backward()
    return model.backbone.conv1.weight.grad


def test_gradient_reaches_the_stem_through_the_module_alone(tiny_model: MSNet, clip: Tensor):
    """Matching teaches the features that it matches; the hard argmax without confidence teaches nothing."""
    hard = MSNet(replace(tiny_model.config, motion=replace(tiny_model.config.motion, sigma=0.0, confidence=False))).eval()
    assert gradient_through_motion_alone(tiny_model, clip).abs().max() > 1e-4
    assert gradient_through_motion_alone(hard, clip).abs().max() < 1e-6


@pytest.mark.parametrize("places", [(name,) for name in STAGES] + [("layer3", "stem"), STAGES])
def test_the_module_stands_after_any_stage_or_several(tiny: ModelConfig, clip: Tensor, places: tuple[str, ...]):
    """Motions come in the order of the network, each on the grid of its stage; the first is the one."""
    model = MSNet(replace(tiny, motion_after=places)).eval()
    prediction = answer(model, clip)
    assert list(prediction.motions) == [name for name in STAGES if name in places]
    assert prediction.motion is prediction.motions[min(places, key=STAGES.index)]
    for name, motion in prediction.motions.items():
        grid = 32 // model.backbone.strides[name]
        assert motion.displacement.shape == (2, 3, 2, grid, grid)


def added_parameters(config: ModelConfig) -> int:
    with torch.device("meta"):
        with_module, without = MSNet(config), MSNet(replace(config, motion=None))
    return sum(p.numel() for p in with_module.parameters()) - sum(p.numel() for p in without.parameters())


@pytest.mark.parametrize("backbone", ["resnet50", "resnet101"])
def test_the_deep_networks_of_the_paper(backbone: str):
    """The same code, with 70,905 parameters more than TSM."""
    config = ModelConfig(backbone)
    prediction = answer(MSNet(config).eval(), torch.zeros(1, 4, 3, 64, 64))
    assert prediction.logits.shape == (1, 174)
    assert prediction.motion.correlation.shape == (1, 3, 8, 8, 15, 15)
    assert added_parameters(config) == 70_905


@pytest.mark.parametrize("num_frames", [2, 16])
def test_clips_of_any_length(tiny_model: MSNet, num_frames: int):
    prediction = answer(tiny_model, torch.randn(1, num_frames, 3, 32, 40))
    assert prediction.frame_logits.shape == (1, num_frames, 18)
    assert prediction.motion.displacement.shape == (1, num_frames - 1, 2, 8, 10)


def test_dtype_follows_the_input(tiny_model: MSNet, clip: Tensor):
    prediction = answer(tiny_model.double(), clip.double())
    assert {prediction.logits.dtype, prediction.frame_logits.dtype, prediction.motion.displacement.dtype} == {torch.float64}


def test_nothing_is_remembered(tiny_model: MSNet, clip: Tensor):
    """Looking twice gives the same; what was seen in between leaves no trace."""
    first = answer(tiny_model, clip)
    answer(tiny_model, torch.randn(1, 7, 3, 48, 32))
    assert torch.equal(answer(tiny_model, clip).logits, first.logits)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"backbone": "resnet19"}, "resnet19"),
        ({"num_classes": 0}, "num_classes .* got 0"),
        ({"num_frames": 0}, "num_frames .* got 0"),
        ({"num_frames": 1}, "at least 2, got 1"),
        ({"shift_div": 1}, "got 1"),
        ({"dropout": 1.0}, "got 1.0"),
        ({"dropout": -0.1}, "got -0.1"),
        ({"motion_after": ("layer5",)}, "layer5"),
        ({"motion_after": ("layer2", "layer2")}, "twice"),
        ({"shift_stages": ("stem",)}, "stem"),
        ({"shift_stages": ("layer1", "layer1")}, "twice"),
        ({"motion_after": ()}, "motion=None"),
    ],
)
def test_the_config_complains_with_the_number(changes: dict, complaint: str):
    with pytest.raises(ValueError, match=complaint):
        ModelConfig(**changes)


def test_an_ablation_is_a_value():
    """Configs compare by value, and the order in which stages are named does not matter."""
    assert ModelConfig(motion=MotionConfig(radius=7)) == ModelConfig()
    assert ModelConfig(motion_after=("layer3", "layer1")) == ModelConfig(motion_after=("layer1", "layer3"))
    assert ModelConfig(motion=None, num_frames=1).motion is None


def test_a_network_has_the_fields_name() -> None:
    """MSNet; TSM without motion; TSN without the shift as well."""
    names = [config.kind for config in (ModelConfig(), ModelConfig(motion=None), ModelConfig(motion=None, shift_div=None))]
    assert names == ["MSNet", "TSM", "TSN"]


def test_the_stages_named_shift(tiny_model: MSNet, clip: Tensor):
    """The others see each frame alone: what is matched of it does not depend on the clip around it."""
    model = like(tiny_model, shift_stages=("layer2", "layer4"))
    whole, pair = answer(model, clip).motion, answer(model, clip[:, 1:3]).motion
    torch.testing.assert_close(whole.correlation[:, 1:2], pair.correlation, rtol=0, atol=1e-5)
    assert (answer(tiny_model, clip).motion.correlation[:, 1:2] - answer(tiny_model, clip[:, 1:3]).motion.correlation).abs().max() > 1e-3
    shifting = [name for name in BLOCK_STAGES if model.backbone.get_submodule(name)[0].shift_div]
    assert shifting == ["layer2", "layer4"]


def test_all_stages_shift_unless_it_is_said():
    assert ModelConfig().shift_stages == BLOCK_STAGES
