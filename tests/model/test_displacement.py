"""From a correlation volume to displacement and confidence."""

import math

import pytest
import torch
from einops import rearrange
from torch import Tensor

from workbench.model.correlation import local_correlation
from workbench.model.displacement import expected_offset, hard_argmax, kernel_soft_argmax, matching_weights, peak_confidence, soft_argmax


def random_volume(window: int = 5, height: int = 3, width: int = 4, seed: int = 0) -> Tensor:
    shape = (2, 2, height, width, window, window)
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64).requires_grad_()


def slow_displacement(surface: Tensor, sigma: float, temperature: float) -> Tensor:
    """One cell: `dy dx` -> x, y. Offset by offset, as the kernel-soft-argmax is defined."""
    window, radius = len(surface), len(surface) // 2
    peak_y, peak_x = divmod(int(surface.argmax()), window)
    total, x, y = 0.0, 0.0, 0.0
    for dy in range(window):
        for dx in range(window):
            kernel = math.exp(-((dx - peak_x) ** 2 + (dy - peak_y) ** 2) / (2 * sigma**2))
            weight = torch.exp(kernel * surface[dy, dx] / temperature)
            total, x, y = total + weight, x + weight * (dx - radius), y + weight * (dy - radius)
    return torch.stack([x, y]) / total / radius


@pytest.mark.parametrize(("sigma", "temperature"), [(5.0, 0.01), (0.5, 0.1), (2.0, 1.0), (math.inf, 0.05)])
@pytest.mark.parametrize("window", [3, 5])
def test_equals_the_loop_over_offsets(window: int, sigma: float, temperature: float):
    """Value and gradient agree with the equations written out, cell by cell."""
    volume = random_volume(window)
    fast = rearrange(kernel_soft_argmax(volume, sigma, temperature), "b p xy h w -> (b p h w) xy")
    slow = torch.stack(
        [slow_displacement(surface, sigma, temperature) for surface in rearrange(volume, "b p h w dy dx -> (b p h w) dy dx")]
    )
    torch.testing.assert_close(fast, slow, rtol=0, atol=1e-12)

    weighting = torch.randn(fast.shape, generator=torch.Generator().manual_seed(1), dtype=fast.dtype)
    gradients = [torch.autograd.grad((displacement * weighting).sum(), volume)[0] for displacement in (fast, slow)]
    torch.testing.assert_close(*gradients, rtol=1e-10, atol=1e-10)


def test_gradient_is_that_of_finite_differences():
    assert torch.autograd.gradcheck(lambda volume: kernel_soft_argmax(volume, 2.0, 0.5), random_volume(3, 2, 2), fast_mode=True)


def moving_features(step: tuple[int, int], size: int = 16) -> tuple[Tensor, Tensor]:
    """Random features, and the same moved by `step` cells, x then y; new ones come in at the border."""
    dx, dy = step
    field = torch.randn(1, 1, 64, size + 16, size + 16, generator=torch.Generator().manual_seed(0))
    return field[..., 8 : 8 + size, 8 : 8 + size], field[..., 8 - dy : 8 - dy + size, 8 - dx : 8 - dx + size]


@pytest.mark.parametrize(("step", "dilation"), [((0, 0), 1), ((3, 0), 1), ((0, -4), 1), ((-2, 1), 1), ((4, 4), 1), ((-8, 4), 2)])
def test_a_translation_comes_back_as_itself(step: tuple[int, int], dilation: int):
    """Inside the margin a translation by d is found as d, x then y, with confidence 1. Without one it is 0 everywhere."""
    radius, (dx, dy) = 4, step
    volume = local_correlation(*moving_features(step), radius, dilation)
    inside = (..., slice(abs(dy), 16 - abs(dy)), slice(abs(dx), 16 - abs(dx)))  # the rest leaves the image

    in_cells = kernel_soft_argmax(volume)[inside] * radius * dilation
    torch.testing.assert_close(in_cells, rearrange(torch.tensor(step), "xy -> xy 1 1").expand_as(in_cells).float(), atol=1e-5, rtol=0)
    confidence = peak_confidence(volume)[inside]
    torch.testing.assert_close(confidence, torch.ones_like(confidence), atol=1e-6, rtol=0)


@pytest.mark.parametrize("sigma", [0.5, 5.0, math.inf])
def test_at_temperature_0_it_is_the_hard_argmax(sigma: float):
    """A kernel is 1 at the peak and less elsewhere, so that it never moves the peak."""
    volume = random_volume(7)
    torch.testing.assert_close(kernel_soft_argmax(volume, sigma, 1e-7), hard_argmax(volume), atol=1e-9, rtol=0)


def test_an_infinite_sigma_is_the_plain_soft_argmax():
    """The kernel becomes 1 everywhere, in the limit and at infinity."""
    volume = random_volume()
    plain = torch.softmax(rearrange(volume / 0.01, "b p h w dy dx -> b p h w (dy dx)"), dim=-1)
    plain = expected_offset(rearrange(plain, "b p h w (dy dx) -> b p h w dy dx", dy=5))
    for displacement in (kernel_soft_argmax(volume, math.inf), soft_argmax(volume), kernel_soft_argmax(volume, sigma=1e8)):
        torch.testing.assert_close(displacement, plain, atol=1e-9, rtol=0)


def test_a_small_kernel_ignores_a_rival_far_away():
    """Two equal peaks: without a kernel the answer lies between them, with one it is at the first."""
    volume = torch.zeros(1, 1, 1, 1, 9, 9)
    volume[..., 4, 0] = volume[..., 4, 8] = 1
    assert soft_argmax(volume)[0, 0, 0].abs().max() < 1e-6
    assert kernel_soft_argmax(volume, sigma=1.0)[0, 0, 0].item() == pytest.approx(-1)


def test_the_hard_argmax_takes_the_first_of_equals_and_passes_no_gradient():
    volume = torch.zeros(1, 1, 1, 1, 5, 5, requires_grad=True)
    assert hard_argmax(volume).flatten().tolist() == [-1, -1]
    assert not hard_argmax(volume).requires_grad


def test_weights_sum_to_one():
    weights = matching_weights(random_volume(), 5.0, 0.01)
    torch.testing.assert_close(weights.sum((-1, -2)), torch.ones(weights.shape[:4], dtype=weights.dtype))


def test_adding_up_offsets_reaches_the_rim_of_the_window():
    """Weight 1 at one offset gives that offset: x along the columns, y along the rows, -1 and 1 at the rim."""
    weights = torch.zeros(1, 1, 1, 1, 5, 5)
    weights[..., 0, 3] = 1
    assert expected_offset(weights).flatten().tolist() == [0.5, -1]


@pytest.mark.parametrize("sigma", [0.0, 5.0, math.inf])
def test_the_device_is_that_of_the_input(sigma: float):
    """Tried on the device without memory, which refuses to meet a constant made on the CPU."""
    features = torch.empty(1, 2, 8, 4, 5, device="meta", requires_grad=True)
    displacement = kernel_soft_argmax(local_correlation(features, features, 2), sigma)
    assert displacement.device.type == "meta"
    assert displacement.shape == (1, 2, 2, 4, 5)


@pytest.mark.parametrize(
    ("arguments", "number"),
    [({"sigma": -1.0}, "sigma -1"), ({"temperature": 0.0}, "temperature 0"), ({"temperature": -0.5}, "temperature -0.5")],
)
def test_impossible_numbers_are_refused(arguments: dict, number: str):
    with pytest.raises(ValueError, match=number):
        kernel_soft_argmax(random_volume(), **arguments)


@pytest.mark.parametrize(("dy", "dx"), [(4, 4), (3, 5), (1, 1)])
def test_a_window_without_a_middle_is_refused(dy: int, dx: int):
    with pytest.raises(ValueError, match=f"{dy} x {dx}"):
        kernel_soft_argmax(torch.zeros(1, 1, 2, 2, dy, dx))
