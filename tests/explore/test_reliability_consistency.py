"""The laws of forward-backward consistency."""

import math

import numpy as np
import pytest
import torch
from einops import rearrange
from torch import Tensor

import workbench as wb
from workbench.explore.matching import Correspondences
from workbench.explore.reliability import (
    default_tolerance,
    forward_backward_error,
)
from workbench.explore.volume import backward_correlation
from workbench.model.correlation import local_correlation
from workbench.model.inference import features_after
from workbench.model.motion import MotionConfig, MotionSqueeze

CELL = 4.0


def random(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def read(frames: Tensor, radius: int = 3, dilation: int = 1) -> Correspondences:
    """Features of frames `t c h w`, matched as the module does."""
    correlation = local_correlation(frames[None, :-1], frames[None, 1:], radius, dilation)[0]
    return Correspondences(correlation, "layer1", True, MotionConfig(radius=radius, dilation=dilation), CELL)


def moving(texture: Tensor, x: int, y: int) -> Tensor:
    """Two frames `2 c 12 14` cut from a texture, whose content moves by x, y."""
    return torch.stack([texture[:, 4:16, 4:18], texture[:, 4 - y : 16 - y, 4 - x : 18 - x]])


def backward_by_counting(correlation: Tensor, dilation: int) -> Tensor:
    _, height, width, window, _ = correlation.shape
    found = torch.zeros_like(correlation)
    for y, x, dy, dx in np.ndindex(*correlation.shape[1:]):
        there = y + (dy - window // 2) * dilation, x + (dx - window // 2) * dilation
        if 0 <= there[0] < height and 0 <= there[1] < width:
            found[:, there[0], there[1], window - 1 - dy, window - 1 - dx] = correlation[:, y, x, dy, dx]
    return found


def between(field: np.ndarray, x: float, y: float) -> np.ndarray:
    """The field `2 h w` at x, y in cells from the corner, cell by cell."""
    x, y = (min(max(place - 0.5, 0), cells - 1) for place, cells in ((x, field.shape[2]), (y, field.shape[1])))
    parts = [(math.floor(y), 1 - y % 1), (math.ceil(y), y % 1)], [(math.floor(x), 1 - x % 1), (math.ceil(x), x % 1)]
    return sum(field[:, row, column] * down * across for row, down in parts[0] for column, across in parts[1])


@pytest.mark.parametrize("dilation", [1, 2])
def test_the_fast_backward_correlation_equals_the_slow_one(dilation):
    """Whatever the volume, also where it is not 0 outside the picture."""
    correlation = torch.rand(2, 4, 5, 5, 5, generator=torch.Generator().manual_seed(0))
    assert torch.equal(backward_correlation(correlation, dilation), backward_by_counting(correlation, dilation))


@pytest.mark.parametrize("dilation", [1, 2])
def test_backward_twice_is_forward(dilation):
    """A correlation is 0 outside the picture, so nothing is lost on the way there and back."""
    correlation = read(random(4, 8, 6, 7), 2, dilation).correlation
    assert torch.equal(backward_correlation(backward_correlation(correlation, dilation), dilation), correlation)


def test_backward_is_what_the_module_says_of_exchanged_frames():
    """Correlation, displacement and confidence of MotionSqueeze.match with source and target exchanged."""
    torch.manual_seed(0)
    module, features = MotionSqueeze(MotionConfig(radius=3), 16), random(1, 5, 16, 7, 9)
    swapped = module.match(features[:, 1:], features[:, :-1])
    correlation = module.match(features[:, :-1], features[:, 1:]).correlation[0]
    found = Correspondences(correlation, "layer1", True, module.config, CELL).backward()
    assert torch.allclose(found.correlation, swapped.correlation[0], atol=1e-6)
    assert np.allclose(found.displacement() / found.reach, swapped.displacement[0].numpy(), atol=1e-4)
    assert np.allclose(found.confidence(), swapped.confidence[0, :, 0].numpy(), atol=1e-6)


def test_backward_of_a_trained_network_is_its_modules():
    """On real features, whose correlations crowd near 1, too: the same dot products. (Averaged ones differ at the rim of the picture.)"""
    explorer = wb.Explorer.load("msnet-tiny")
    frames = np.random.default_rng(0).integers(0, 255, (4, 48, 64, 3)).astype(np.uint8)
    clip, module = explorer.as_input(frames[None]), explorer.model.motion["layer1"]
    with torch.inference_mode():
        features = rearrange(module.reduce(features_after(explorer.model, clip, "layer1")), "t c h w -> 1 t c h w")
        there, back = module.match(features[:, :-1], features[:, 1:]), module.match(features[:, 1:], features[:, :-1])
    assert torch.allclose(backward_correlation(there.correlation[0]), back.correlation[0], atol=1e-5)


@pytest.mark.parametrize(("x", "y"), [(0, 0), (2, -1), (-3, 3)])
def test_a_translated_texture_leads_back(x, y):
    """Inside the margin, cells whose content is still in the picture end where they began."""
    error = forward_backward_error(read(moving(random(32, 20, 22), x, y)))
    assert np.abs(error[0, 3:-3, 3:-3]).max() < 1e-3


def test_what_gets_covered_does_not_lead_back():
    """A patch moves three cells to the right over a resting ground: the ground that it covers is inconsistent, and nothing else.
    (What it lays bare is left empty: new content could by chance be the best match of what is covered, and the other way round.)"""
    frames, patch = random(1, 32, 14, 16).repeat(2, 1, 1, 1), random(32, 4, 4, seed=1)
    frames[0, :, 5:9, 4:8] = frames[1, :, 5:9, 7:11] = patch
    frames[1, :, 5:9, 4:7] = 0
    covered = np.zeros((14, 16), bool)
    covered[5:9, 8:11] = True
    correspondences = read(frames)
    consistent = forward_backward_error(correspondences)[0] <= default_tolerance(correspondences)
    assert np.array_equal(consistent, ~covered)


def test_the_error_equals_the_slow_one():
    """Cell by cell: there, bilinearly back, the length of the sum; nan where there is outside."""
    correlation = torch.rand(3, 5, 6, 5, 5, generator=torch.Generator().manual_seed(1))
    correspondences = Correspondences(correlation, "layer1", True, MotionConfig(radius=2, temperature=0.05), CELL)
    there, back = correspondences.displacement() / CELL, correspondences.backward().displacement() / CELL
    error = forward_backward_error(correspondences)
    for pair, row, column in np.ndindex(3, 5, 6):
        dx, dy = there[pair, :, row, column]
        x, y = column + 0.5 + dx, row + 0.5 + dy
        left = not (0 <= x <= 6 and 0 <= y <= 5)
        expected = math.nan if left else CELL * math.hypot(*np.add(between(back[pair], x, y), (dx, dy)))
        assert error[pair, row, column] == pytest.approx(expected, abs=1e-4, nan_ok=True)
    assert np.isnan(error).any()
    assert np.isfinite(error).any()


@pytest.mark.parametrize(("call", "said"), [
    (lambda: backward_correlation(torch.zeros(1, 3, 3, 4, 4)), "square, odd"),
    (lambda: backward_correlation(torch.zeros(1, 3, 3, 3, 3), 0), "dilation"),
])  # fmt: skip
def test_what_cannot_be_is_said(call, said):
    with pytest.raises(ValueError, match=said):
        call()
