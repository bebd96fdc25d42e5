"""The matrix product with a strided view is the loop over offsets, in value and gradient."""

import pytest
import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor

from workbench.model.correlation import WindowProduct, average_neighbours, local_correlation


def slow_correlation(source: Tensor, target: Tensor, radius: int, dilation: int) -> Tensor:
    """Offset by offset: move the target, multiply, sum over the channels."""
    height, width = source.shape[-2:]
    source, target = (f / (f.square().sum(2, keepdim=True) + 1e-6).sqrt() for f in (source, target))
    margin, steps = radius * dilation, range(0, 2 * radius * dilation + 1, dilation)
    padded = F.pad(target, (margin,) * 4)
    rows = [[(source * padded[..., y : y + height, x : x + width]).sum(2) for x in steps] for y in steps]
    return torch.stack([torch.stack(row, -1) for row in rows], -2).clamp(min=0)


def features(height: int, width: int, pairs: int = 2, clips: int = 2, channels: int = 5, seed: int = 0) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    source, target = torch.randn(2, clips, pairs, channels, height, width, generator=generator, dtype=torch.float64)
    return source.requires_grad_(), target.requires_grad_()


# Blocks of rows are 4 high: below, at, above and far above. Some maps are smaller than the window.
@pytest.mark.parametrize(("height", "width"), [(4, 6), (5, 3), (9, 12), (3, 2), (1, 7), (1, 1)])
@pytest.mark.parametrize(("radius", "dilation"), [(1, 1), (2, 1), (4, 1), (1, 2), (2, 2), (2, 3), (1, 5)])
def test_equals_the_loop_over_offsets(height: int, width: int, radius: int, dilation: int):
    """Value and both gradients agree with plain autograd, at borders and with dilation, whatever the size."""
    source, target = features(height, width)
    fast, slow = local_correlation(source, target, radius, dilation), slow_correlation(source, target, radius, dilation)
    assert fast.shape == (2, 2, height, width, 2 * radius + 1, 2 * radius + 1)
    torch.testing.assert_close(fast, slow, rtol=0, atol=1e-12)

    weighting = torch.randn(fast.shape, generator=torch.Generator().manual_seed(1), dtype=fast.dtype)
    fast_gradients = torch.autograd.grad((fast * weighting).sum(), (source, target))
    slow_gradients = torch.autograd.grad((slow * weighting).sum(), (source, target))
    torch.testing.assert_close(fast_gradients, slow_gradients, rtol=0, atol=1e-12)


@pytest.mark.parametrize(("radius", "dilation"), [(1, 1), (2, 2)])
def test_gradient_is_that_of_finite_differences(radius: int, dilation: int):
    source, target = (f[0] for f in features(5, 4, channels=2))
    assert torch.autograd.gradcheck(lambda s, t: WindowProduct.apply(s, t, radius, dilation), (source, target), fast_mode=True)


def test_features_that_are_not_contiguous():
    """Frames of one tensor seen as source and target give what copies give, gradient included."""
    frames = torch.randn(1, 3, 6, 7, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    frames = rearrange(frames, "b t c w h -> b t c h w").requires_grad_()
    seen = local_correlation(frames[:, :-1], frames[:, 1:], 2)
    copied = local_correlation(frames[:, :-1].contiguous(), frames[:, 1:].contiguous(), 2)

    torch.testing.assert_close(seen, copied, rtol=0, atol=1e-14)
    gradients = [torch.autograd.grad(volume.square().sum(), frames)[0] for volume in (seen, copied)]
    torch.testing.assert_close(*gradients, rtol=0, atol=1e-13)


def test_only_wanted_gradients_are_needed():
    """A target without gradient, as in a frozen branch, changes nothing for the source."""
    source, target = features(5, 4)
    both = torch.autograd.grad(local_correlation(source, target, 2).sum(), source)
    alone = torch.autograd.grad(local_correlation(source, target.detach(), 2).sum(), source)
    torch.testing.assert_close(both, alone, rtol=0, atol=0)


def test_values_lie_between_0_and_1():
    """They are cosines without their negative half."""
    volume = local_correlation(*features(6, 6), 3)
    assert volume.min() == 0
    assert 0 < volume.max() <= 1


@pytest.mark.parametrize("factor", [0.1, 7.0, 1e6])
def test_scaling_the_features_changes_nothing(factor: float):
    """Only directions count. Very short vectors are the exception: 1e-6 under the root keeps a zero vector at zero."""
    source, target = features(6, 5, channels=64)
    torch.testing.assert_close(local_correlation(factor * source, target, 2), local_correlation(source, target, 2), rtol=2e-6, atol=1e-6)


def test_a_zero_vector_is_like_nothing():
    source, target = (f.detach().clone() for f in features(4, 4))
    source[:, :, :, 1, 2] = 0
    volume = local_correlation(source, target, 1)
    assert volume.isfinite().all()
    assert (volume[:, :, 1, 2] == 0).all()


def test_clips_do_not_meet():
    """Clip i alone gives what it gives among others."""
    source, target = features(5, 6, clips=3)
    together = local_correlation(source, target, 2)
    for clip in range(3):
        torch.testing.assert_close(local_correlation(source[clip, None], target[clip, None], 2)[0], together[clip], rtol=0, atol=0)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_dtype_is_that_of_the_input(dtype: torch.dtype):
    source, target = (f.to(dtype) for f in features(3, 3))
    assert local_correlation(source, target, 1).dtype == dtype


@pytest.mark.parametrize(("radius", "dilation", "number"), [(0, 1, "radius 0"), (-2, 1, "radius -2"), (3, 0, "dilation 0")])
def test_a_window_without_offsets_is_refused(radius: int, dilation: int, number: str):
    with pytest.raises(ValueError, match=number):
        local_correlation(*features(3, 3), radius, dilation)


def test_maps_of_two_sizes_are_refused():
    with pytest.raises((ValueError, TypeError)):  # TypeError from the shape checks that hang on every function under test
        local_correlation(torch.zeros(1, 1, 2, 4, 4), torch.zeros(1, 1, 2, 5, 4), 2)


@pytest.mark.parametrize("kernel_size", [3, 5])
def test_averaged_over_the_cells_around_offset_by_offset(kernel_size: int):
    """By definition, in plain loops; at the rim over the cells that there are, also where the kernel is larger than the map."""
    volume = local_correlation(*features(4, 6), 1).detach()
    reach = kernel_size // 2
    for y in range(4):
        for x in range(6):
            around = volume[:, :, max(y - reach, 0) : y + reach + 1, max(x - reach, 0) : x + reach + 1].mean(dim=(2, 3))
            torch.testing.assert_close(average_neighbours(volume, kernel_size)[:, :, y, x], around, rtol=0, atol=1e-12)


def test_gradients_go_through_the_average():
    source, target = features(3, 4, pairs=1, clips=1, channels=3)
    assert torch.autograd.gradcheck(lambda *maps: local_correlation(*maps, 1, relu=False, kernel_size=3), (source, target))


def test_one_cell_is_the_papers():
    source, target = features(5, 6)
    assert torch.equal(local_correlation(source, target, 2, kernel_size=1), local_correlation(source, target, 2))


@pytest.mark.parametrize("kernel_size", [0, 2, -1])
def test_a_kernel_without_a_middle_is_refused(kernel_size: int):
    with pytest.raises(ValueError, match=f"kernel_size.*{kernel_size}"):
        local_correlation(*features(3, 3), 1, kernel_size=kernel_size)
