"""Correlation volume -> displacement and confidence of every cell: soft-argmax, Gaussian kernel, hard argmax, peak."""

import math

import torch
from einops import rearrange, reduce
from jaxtyping import Float, Int
from torch import Tensor


def kernel_soft_argmax(
    correlation: Float[Tensor, "b p h w dy dx"], sigma: float = 5.0, temperature: float = 0.01
) -> Float[Tensor, "b p 2 h w"]:
    """The expected offset, x then y, divided by the radius: in [-1, 1].

    sigma: width of the Gaussian kernel at the largest correlation, in steps of the window (cells, at dilation 1).
    Infinite: plain soft-argmax. 0: the largest correlation itself, which passes no gradient.

    Raises ValueError for a negative sigma, a temperature that is not positive, or a window that is not square and odd.
    Source: Kwon et al. 2020, "Displacement estimation" (kernel-soft-argmax).
    """
    weights = matching_weights(correlation, sigma, temperature)

    return expected_offset(weights)


def soft_argmax(correlation: Float[Tensor, "b p h w dy dx"], temperature: float = 0.01) -> Float[Tensor, "b p 2 h w"]:
    """The expected offset without a kernel, which is the kernel's with infinite sigma."""
    return kernel_soft_argmax(correlation, math.inf, temperature)


def hard_argmax(correlation: Float[Tensor, "b p h w dy dx"]) -> Float[Tensor, "b p 2 h w"]:
    """The offset of the largest correlation, the first of equals, divided by the radius."""
    return kernel_soft_argmax(correlation, sigma=0.0)


def peak_confidence(correlation: Float[Tensor, "b p h w dy dx"]) -> Float[Tensor, "b p 1 h w"]:
    """The largest correlation, before any kernel: in [0, 1], not a probability."""
    return reduce(correlation, "b p h w dy dx -> b p 1 h w", "max")


def matching_weights(correlation: Float[Tensor, "b p h w dy dx"], sigma: float, temperature: float) -> Float[Tensor, "b p h w dy dx"]:
    """How much each offset counts: softmax of kernel * correlation / temperature over the window. Sums to 1."""
    if not (sigma >= 0 and temperature > 0):
        raise ValueError(f"sigma must be at least 0 and temperature above 0, got sigma {sigma} and temperature {temperature}")
    window = window_size(correlation)
    flat = rearrange(correlation, "b p h w dy dx -> b p h w (dy dx)")
    peak = flat.argmax(dim=-1)

    if sigma == 0:
        weights = torch.nn.functional.one_hot(peak, window * window).to(correlation.dtype)
    else:
        kernel = 1 if math.isinf(sigma) else gaussian_kernel(peak, window, sigma, correlation)
        weights = torch.softmax(flat * (kernel / temperature), dim=-1)

    return rearrange(weights, "b p h w (dy dx) -> b p h w dy dx", dy=window)


def gaussian_kernel(peak: Int[Tensor, "b p h w"], window: int, sigma: float, like: Tensor) -> Float[Tensor, "b p h w dydx"]:
    """A Gaussian over the window around each peak: an outer product of two rows of one small table."""
    offset = torch.arange(window, dtype=like.dtype, device=like.device)
    table = torch.exp(((rearrange(offset, "o -> 1 o") - rearrange(offset, "o -> o 1")) / sigma).square() / -2)

    rows, columns = table[peak // window], table[peak % window]

    return rearrange(rearrange(rows, "b p h w dy -> b p h w dy 1") * rearrange(columns, "b p h w dx -> b p h w 1 dx"),
                     "b p h w dy dx -> b p h w (dy dx)")  # fmt: skip


def expected_offset(weights: Float[Tensor, "b p h w dy dx"]) -> Float[Tensor, "b p 2 h w"]:
    """Mean offset under the weights, x then y, in units of the radius."""
    window = window_size(weights)
    offset = torch.linspace(-1, 1, window, dtype=weights.dtype, device=weights.device)
    dy, dx = torch.meshgrid(offset, offset, indexing="ij")
    offsets = rearrange([dx, dy], "xy dy dx -> (dy dx) xy")

    displacement = rearrange(weights, "b p h w dy dx -> b p h w (dy dx)") @ offsets

    return rearrange(displacement, "b p h w xy -> b p xy h w")


def window_size(volume: Tensor) -> int:
    dy, dx = volume.shape[-2:]
    if dy != dx or dy % 2 == 0 or dy < 3:
        raise ValueError(f"the window must be square, odd and at least 3 wide, got {dy} x {dx} offsets")
    return dx
