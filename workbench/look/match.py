"""How one cell finds its arrow: its correlation with the window, the kernel, the weights, the expected offset."""

import math
from dataclasses import dataclass

import numpy as np
import torch
from einops import rearrange
from jaxtyping import Float
from numpy.typing import ArrayLike

from workbench.model.displacement import (
    expected_offset,
    gaussian_kernel,
    kernel_soft_argmax,
    matching_weights,
    peak_confidence,
    window_size,
)


@dataclass(frozen=True)
class CellMatch:
    """One cell against its window: correlation, kernel and weights `dy dx`, each in [0, 1]; the weights sum to 1.

    peak: the largest correlation's offset x, y; displacement: the expected offset x, y; both in cells.
    confidence: the largest correlation. sigma, temperature, dilation: the knobs of `MotionConfig` that led here.
    """

    correlation: Float[np.ndarray, "dy dx"]
    kernel: Float[np.ndarray, "dy dx"]
    weights: Float[np.ndarray, "dy dx"]
    peak: tuple[int, int]
    displacement: tuple[float, float]
    confidence: float
    sigma: float
    temperature: float
    dilation: int = 1

    @property
    def radius(self) -> int:
        """Steps from the middle of the window to its rim."""
        return len(self.correlation) // 2

    @property
    def kind(self) -> str:
        """Which argmax a sigma makes: none of the window but its peak, all of it alike, or what lies around the peak."""
        return "hard argmax" if self.sigma == 0 else "soft-argmax" if math.isinf(self.sigma) else "kernel-soft-argmax"

    def knobs(self) -> dict[str, str]:
        """What was turned, as name -> value with its unit, to be written beside a picture."""
        widths = {"hard argmax": "0: the peak alone", "soft-argmax": "∞: no kernel"}
        return {
            "estimate": self.kind,
            "sigma": widths.get(self.kind, f"{self.sigma * self.dilation:.3g} cells"),
            "temperature": f"{self.temperature:.3g}" if self.sigma else "does not matter",
            "window": f"radius {self.radius}: {len(self.weights)} × {len(self.weights)}",
        }

    def answer(self) -> dict[str, str]:
        """What came of it, likewise."""
        (px, py), (x, y) = self.peak, self.displacement
        return {
            "peak (dx, dy)": signed(f"{px}, {py} cells"),
            "expected (dx, dy)": signed(f"{x:.2f}, {y:.2f} cells"),
            "confidence": f"{self.confidence:.2f}",
        }


def match_cell(
    correlation: ArrayLike, radius: int | None = None, sigma: float | int = 5.0, temperature: float | int = 0.01, dilation: int = 1
) -> CellMatch:
    """From the stored correlation of one cell, `dy dx` in [0, 1], to its displacement, by the model's own functions.

    radius: of the window looked at, in steps, by default all that is stored; a smaller one crops it around its middle.
    sigma: width of the kernel in steps; 0 is the hard argmax, infinite the soft-argmax without a kernel.

    Raises ValueError for another shape, a radius beyond the stored one, a negative sigma or a temperature that is not positive.
    """
    sigma, temperature, volume = float(sigma), float(temperature), as_window(correlation)
    radius = window_size(volume) // 2 if radius is None else radius
    volume = crop_window(volume, radius)

    weights = matching_weights(volume, sigma, temperature)
    peak = rearrange(volume, "b p h w dy dx -> b p h w (dy dx)").argmax(dim=-1)
    window = 2 * radius + 1
    kernel = weights if sigma == 0 else rearrange(gaussian_kernel(peak, window, sigma, volume), "... (dy dx) -> ... dy dx", dy=window)
    x, y = (expected_offset(weights).flatten() * radius * dilation).tolist()
    row, column = divmod(int(peak), window)

    return CellMatch(
        correlation=surface_of(volume),
        kernel=surface_of(kernel),
        weights=surface_of(weights),
        peak=((column - radius) * dilation, (row - radius) * dilation),
        displacement=(x, y),
        confidence=peak_confidence(volume).item(),
        sigma=sigma,
        temperature=temperature,
        dilation=dilation,
    )


def crop_window(volume: Float[torch.Tensor, "*cells dy dx"], radius: int) -> Float[torch.Tensor, "*cells dy2 dx2"]:
    """The offsets at most `radius` steps from the middle of the window. Raises ValueError for a radius beyond what is stored."""
    stored = window_size(volume) // 2
    if not 1 <= radius <= stored:
        raise ValueError(f"the radius must be one of 1 to {stored}, as far as the correlation was computed, got {radius}")
    if radius == stored:
        return volume
    return volume[..., stored - radius : stored + radius + 1, stored - radius : stored + radius + 1].contiguous()


def moving_cell(volume: Float[torch.Tensor, "h w dy dx"], sigma: float = 5.0) -> tuple[int, int]:
    """Row and column of the centre of gravity of all displacements of a pair of frames: mostly a cell of what moves, worth looking
    at first."""
    lengths = kernel_soft_argmax(rearrange(volume, "h w dy dx -> 1 1 h w dy dx"), sigma)[0, 0].norm(dim=0) + 1e-9
    rows, columns = (lengths.sum(dim=axis) @ torch.arange(lengths.shape[1 - axis]).to(lengths) for axis in (1, 0))
    return round((rows / lengths.sum()).item()), round((columns / lengths.sum()).item())


def as_window(correlation: ArrayLike) -> torch.Tensor:
    """`dy dx` as a volume of one cell, `1 1 1 1 dy dx`, float32 or wider. Raises ValueError naming the shape where it is another."""
    window = torch.as_tensor(correlation).detach().cpu().clone()
    if window.ndim != 2:
        raise ValueError(f"the correlation of one cell is 'dy dx', got shape {tuple(window.shape)}")
    return rearrange(window.to(torch.promote_types(window.dtype, torch.float32)), "dy dx -> 1 1 1 1 dy dx")


def surface_of(volume: torch.Tensor) -> np.ndarray:
    """The one cell of a volume: `dy dx`."""
    return rearrange(volume, "1 1 1 1 dy dx -> dy dx").numpy()


def signed(text: str) -> str:
    """With the minus of print, and no minus before what rounds to zero."""
    return text.replace("-0.00", "0.00").replace("-", "−")
