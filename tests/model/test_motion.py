"""The module: what it finds, what it adds, and what it leaves alone."""

import math
from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn
from untrained import adopt_statistics

from workbench.model.correlation import average_neighbours
from workbench.model.motion import FeatureTransformation, Motion, MotionConfig, MotionSqueeze

SMALL = MotionConfig(radius=3, channels=8)


@pytest.fixture
def features() -> Tensor:
    """Two clips of three frames."""
    return torch.rand(6, 16, 7, 9, generator=torch.Generator().manual_seed(1))


@pytest.fixture
def module(features: Tensor) -> MotionSqueeze:
    torch.manual_seed(0)
    module = MotionSqueeze(SMALL, channels=16)
    adopt_statistics(module, features, 3)
    return module.eval()


def test_what_it_returns(module: MotionSqueeze, features: Tensor):
    """Features of the same shape, and maps for every pair of consecutive frames, in their ranges."""
    added, motion = module(features, 3)
    assert added.shape == features.shape
    assert motion.displacement.shape == (2, 2, 2, 7, 9)
    assert motion.confidence.shape == (2, 2, 1, 7, 9)
    assert motion.correlation.shape == (2, 2, 7, 9, 7, 7)
    assert motion.displacement.abs().max() <= 1
    assert 0 <= motion.confidence.min() <= motion.confidence.max() <= 1


def test_in_cells_counts_radius_times_dilation():
    """A displacement of 1 is the whole reach of the window."""
    motion = Motion(torch.ones(1, 1, 2, 1, 1), torch.ones(1, 1, 1, 1, 1), torch.ones(1, 1, 1, 1, 7, 7))
    assert motion.in_cells(MotionConfig(radius=3, dilation=2)).unique().item() == 6


def test_identical_frames_have_displacement_0_and_confidence_1(module: MotionSqueeze):
    """Every cell matches itself best."""
    frame = torch.randn(1, 2, 64, 7, 9, generator=torch.Generator().manual_seed(2))
    motion = module.match(frame, frame)
    assert motion.displacement.abs().max() < 1e-5
    torch.testing.assert_close(motion.confidence, torch.ones_like(motion.confidence), atol=1e-5, rtol=0)


def test_clips_do_not_meet(module: MotionSqueeze, features: Tensor):
    """Clip i alone gives what it gives among others: no pair is made of frames of two clips."""
    together, motion = module(features, 3)
    for clip, rows in enumerate((slice(0, 3), slice(3, 6))):
        alone, its_motion = module(features[rows], 3)
        torch.testing.assert_close(alone, together[rows])
        torch.testing.assert_close(its_motion.displacement[0], motion.displacement[clip])


def test_the_last_frame_takes_the_motion_of_the_last_pair(module: MotionSqueeze, features: Tensor):
    """t - 1 pairs serve t frames."""
    added, _ = module(features, 3)
    motion_features = added - features
    torch.testing.assert_close(motion_features[2], motion_features[1], atol=1e-6, rtol=1e-5)
    assert (motion_features[1] - motion_features[0]).abs().max() > 1e-3


def test_scaling_the_reduced_features_changes_nothing(module: MotionSqueeze):
    """Matching is by direction, whatever the light."""
    source, target = torch.rand(2, 1, 2, 8, 5, 5, generator=torch.Generator().manual_seed(0))
    bright, plain = module.match(30 * source, 7 * target), module.match(source, target)
    torch.testing.assert_close(bright.displacement, plain.displacement, atol=1e-3, rtol=0)  # 1e-6 in the length, times 100 in the softmax
    torch.testing.assert_close(bright.confidence, plain.confidence, atol=1e-5, rtol=0)


def test_matching_stays_in_float32_under_autocast(module: MotionSqueeze, features: Tensor):
    """A temperature of 0.01 would magnify the rounding of bfloat16 beyond use; the convolutions may have it."""
    with torch.autocast("cpu", torch.bfloat16):
        added, motion = module(features, 3)
        transformed = module.transform(torch.rand(1, 3, 4, 4))
    assert motion.correlation.dtype == motion.displacement.dtype == motion.confidence.dtype == torch.float32
    assert transformed.dtype == torch.bfloat16
    assert added.dtype == torch.float32


def test_float64_stays_float64(module: MotionSqueeze, features: Tensor):
    added, motion = module.double()(features.double(), 3)
    assert {added.dtype, motion.displacement.dtype, motion.correlation.dtype} == {torch.float64}


@pytest.mark.parametrize("field", ["displacement", "confidence", "correlation"])
def test_gradient_reaches_the_reduction_from_every_map(module: MotionSqueeze, features: Tensor, field: str):
    _, motion = module(features, 3)
    getattr(motion, field).square().sum().backward()
    assert module.reduce[0].weight.grad.abs().max() > 0


def test_without_confidence_the_transformation_sees_two_maps(features: Tensor):
    """The map is still reported, but no longer used."""
    module = MotionSqueeze(MotionConfig(radius=3, channels=8, confidence=False), channels=16).eval()
    added, motion = module(features, 3)
    assert module.transform[0][0].in_channels == 2
    assert motion.confidence.shape == (2, 2, 1, 7, 9)
    assert added.shape == features.shape


@pytest.mark.parametrize("first_kernel", [1, 3, 7, 9])
def test_the_first_kernel_has_the_size_asked_for_and_keeps_the_map(first_kernel: int):
    transform = FeatureTransformation(MotionConfig(first_kernel=first_kernel), channels=32)
    assert transform[0][0].kernel_size == (first_kernel, first_kernel)
    assert transform(torch.zeros(2, 3, 6, 5)).shape == (2, 32, 6, 5)


def test_the_paper_adds_70905_parameters():
    """ResNet-50 after stage 2: 512 channels."""
    assert sum(parameter.numel() for parameter in MotionSqueeze(MotionConfig(), channels=512).parameters()) == 70_905


def test_there_is_no_bias_before_a_batchnorm(module: MotionSqueeze):
    assert all(part.bias is None for part in module.modules() if isinstance(part, nn.Conv2d))


def test_a_single_frame_has_no_motion(module: MotionSqueeze, features: Tensor):
    with pytest.raises(ValueError, match="clip of 1"):
        module(features, 1)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("radius", 0),
        ("radius", -3),
        ("dilation", 0),
        ("channels", 0),
        ("sigma", -0.5),
        ("sigma", math.nan),
        ("temperature", 0.0),
        ("temperature", -0.01),
        ("temperature", math.inf),
        ("first_kernel", 4),
        ("first_kernel", 0),
        ("kernel_size", 2),
        ("kernel_size", -1),
    ],
)
def test_the_config_complains_with_the_number(field: str, value: float):
    with pytest.raises(ValueError, match=f"{field} must be .* got {value}"):
        MotionConfig(**{field: value})


def test_the_config_takes_the_limits():
    """Hard argmax and plain soft-argmax are values of sigma."""
    assert MotionConfig(sigma=0.0).sigma == 0
    assert MotionConfig(sigma=math.inf, radius=1, first_kernel=1).sigma == math.inf


def test_half_precision_goes_through():
    """A network in bfloat16 answers in bfloat16, though matching is done in float32."""
    module = MotionSqueeze(MotionConfig(radius=2, channels=8), 16).bfloat16().eval()
    features, motion = module(torch.randn(4, 16, 6, 6).bfloat16(), 4)
    assert features.dtype == torch.bfloat16
    assert motion.correlation.dtype == torch.float32


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_the_gradient_that_reaches_the_features_is_the_share(share: float):
    """The numbers stay, and of the module's own gradient only the share passes back; the identity's stays whole."""
    torch.manual_seed(0)
    whole, part = (MotionSqueeze(MotionConfig(radius=2, channels=8, gradient=g), 16).double().eval() for g in (1.0, share))
    part.load_state_dict(whole.state_dict())

    def answer(module: MotionSqueeze) -> tuple[torch.Tensor, torch.Tensor]:
        features = torch.randn(4, 16, 6, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(1)).requires_grad_()
        out, _ = module(features, 4)
        (gradient,) = torch.autograd.grad(out.square().sum(), features)
        return out, gradient - 2 * out.detach()  # without what comes through the residual

    (out_whole, grad_whole), (out_part, grad_part) = answer(whole), answer(part)
    torch.testing.assert_close(out_part, out_whole)
    torch.testing.assert_close(grad_part, share * grad_whole)
    assert grad_whole.abs().max() > 0


def test_what_is_averaged_is_what_the_estimate_reads(module: MotionSqueeze, features: Tensor):
    """With a kernel of 3, displacement and confidence are those of the averaged correlation; its weights are as many."""
    wider = MotionSqueeze(replace(module.config, kernel_size=3), features.shape[1])
    wider.load_state_dict(module.state_dict())
    single, motion = module.eval().find(features, 3), wider.eval().find(features, 3)
    expected = module.estimate(average_neighbours(single.correlation, 3))
    assert torch.equal(motion.correlation, expected.correlation)
    assert torch.equal(motion.displacement, expected.displacement)
    assert torch.equal(motion.confidence, expected.confidence)
