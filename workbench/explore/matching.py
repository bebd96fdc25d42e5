"""Correspondences: the stored correlation, the settings of the estimate, and how one cell finds its displacement."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
import torch
from einops import rearrange
from jaxtyping import Bool, Float
from numpy.typing import ArrayLike
from torch import Tensor

from workbench.explore.probability import LEAST_PROBABILITY, probability_of_match, stand_out
from workbench.explore.refinement import RefinedDisplacement, return_error
from workbench.explore.volume import backward_correlation, crop_window, peak_on_border, split_pairs
from workbench.model.checkpoint import Calibration
from workbench.model.correlation import local_correlation
from workbench.model.displacement import (
    expected_offset,
    gaussian_kernel,
    kernel_soft_argmax,
    matching_weights,
    peak_confidence,
    window_size,
)
from workbench.model.inference import features_after
from workbench.model.interventions import motion_modules
from workbench.model.motion import MotionConfig
from workbench.model.msnet import MSNet
from workbench.parameters import check_ranges
from workbench.text import signed

ArgmaxKind = Literal["kernel-soft-argmax", "soft-argmax", "hard argmax"]

# The sigma that makes each kind: none of the window but its peak, all of it alike; None: any other, what lies around the peak.
ESTIMATES: dict[ArgmaxKind, float | None] = {"kernel-soft-argmax": None, "soft-argmax": math.inf, "hard argmax": 0.0}


def kind_of_argmax(sigma: float) -> ArgmaxKind:
    """Which of `ESTIMATES` a width of the kernel makes."""
    for kind, width in ESTIMATES.items():
        if width == sigma:
            return kind
    return "kernel-soft-argmax"


@dataclass(frozen=True)
class MatchSettings:
    """The settings of the estimate; None: as the network has it.

    radius: steps of the window. kind: of argmax. sigma: width of the kernel in steps; only the kernel-soft-argmax reads it.
    exponent: of the temperature, 10 ** exponent.
    """

    radius: int | None = None
    kind: ArgmaxKind = "kernel-soft-argmax"
    sigma: float | None = None
    exponent: float | None = None

    @classmethod
    def of(cls, motion: MotionConfig) -> "MatchSettings":
        """As a network has them."""
        kind = kind_of_argmax(motion.sigma)
        sigma = motion.sigma if ESTIMATES[kind] is None else MotionConfig.sigma
        return cls(motion.radius, kind, sigma, math.log10(motion.temperature))

    def within(self, motion: MotionConfig) -> "MatchSettings":
        """The same with a radius of at most the network's."""
        return self if self.radius is None else replace(self, radius=min(self.radius, motion.radius))

    def change(self, motion: MotionConfig) -> MotionConfig:
        """The network's numbers with these in their place. Raises ValueError for a kind that is none, or a value that cannot be."""
        check_ranges(self)
        sigma = self.sigma if ESTIMATES[self.kind] is None else ESTIMATES[self.kind]
        return replace(
            motion,
            radius=motion.radius if self.radius is None else int(self.radius),
            sigma=motion.sigma if sigma is None else float(sigma),
            temperature=motion.temperature if self.exponent is None else power_of_ten(self.exponent, motion.temperature),
        )


NO_CHANGES = MatchSettings()


def power_of_ten(exponent: float, usual: float) -> float:
    """10 ** exponent; `usual`, or the number of at most 12 digits, whose logarithm that is: the power alone may miss it by a bit."""
    power = 10.0**exponent if exponent < 300 else math.inf
    short = float(f"{power:.12g}")
    return usual if math.isclose(power, usual) else short if short and math.log10(short) == exponent else power


@dataclass(frozen=True)
class CellMatch:
    """One cell against its window: correlation, kernel and weights `dy dx`, each in [0, 1]; the weights sum to 1.

    peak: the largest correlation's offset x, y; displacement: the expected offset x, y; both in cells.
    confidence: the largest correlation. sigma, temperature, dilation: the numbers of `MotionConfig` that led here.
    """

    correlation: Float[np.ndarray, "dy dx"]
    kernel: Float[np.ndarray, "dy dx"]
    weights: Float[np.ndarray, "dy dx"]
    peak: tuple[int, int]
    displacement: tuple[float, float]
    confidence: float
    sigma: float
    temperature: float
    dilation: int

    @property
    def radius(self) -> int:
        """Steps from the middle of the window to its rim."""
        return len(self.correlation) // 2

    @property
    def kind(self) -> ArgmaxKind:
        return kind_of_argmax(self.sigma)

    def describe_settings(self) -> dict[str, str]:
        """How the estimate was set, as name -> value with its unit, to be written beside a picture."""
        widths = {"hard argmax": "0: the peak alone", "soft-argmax": "∞: no kernel"}
        return {
            "estimate": self.kind,
            "sigma": widths.get(self.kind, f"{self.sigma * self.dilation:.3g} cells"),
            "temperature": f"{self.temperature:.3g}" if self.sigma else "does not matter",
            "window": f"radius {self.radius}: {len(self.weights)} × {len(self.weights)}",
        }

    def describe_result(self) -> dict[str, str]:
        """What came of it, likewise."""
        (px, py), (x, y) = self.peak, self.displacement
        return {
            "peak (dx, dy)": signed(f"{px}, {py} cells"),
            "expected (dx, dy)": signed(f"{x:.2f}, {y:.2f} cells"),
            "confidence": f"{self.confidence:.2f}",
        }


def match_cell(
    correlation: ArrayLike, radius: int | None = None, sigma: float = 5.0, temperature: float = 0.01, dilation: int = 1
) -> CellMatch:
    """From the stored correlation of one cell, `dy dx` in [0, 1], to its displacement, by the model's own functions.

    radius: of the window looked at, in steps, by default all that is stored; a smaller one crops it around its middle.
    sigma: width of the kernel in steps; 0 is the hard argmax, infinite the soft-argmax without a kernel.

    Raises ValueError for another shape, a radius beyond the stored one, a negative sigma or a temperature that is not positive.
    """
    surface = torch.as_tensor(correlation).detach().cpu().clone()
    if surface.ndim != 2:
        raise ValueError(f"the correlation of one cell is 'dy dx', got shape {tuple(surface.shape)}")
    volume = rearrange(surface.to(torch.promote_types(surface.dtype, torch.float32)), "dy dx -> 1 1 1 1 dy dx")
    radius = window_size(volume) // 2 if radius is None else radius
    volume, sigma, temperature = crop_window(volume, radius), float(sigma), float(temperature)

    weights = matching_weights(volume, sigma, temperature)
    peak = rearrange(volume, "b p h w dy dx -> b p h w (dy dx)").argmax(dim=-1)
    window = 2 * radius + 1
    kernel = weights if sigma == 0 else rearrange(gaussian_kernel(peak, window, sigma, volume), "... (dy dx) -> ... dy dx", dy=window)
    x, y = (expected_offset(weights).flatten() * radius * dilation).tolist()
    row, column = divmod(int(peak), window)
    surfaces = (rearrange(values, "1 1 1 1 dy dx -> dy dx").numpy() for values in (volume, kernel, weights))

    return CellMatch(
        *surfaces,
        peak=((column - radius) * dilation, (row - radius) * dilation),
        displacement=(x, y),
        confidence=peak_confidence(volume).item(),
        sigma=sigma,
        temperature=temperature,
        dilation=dilation,
    )


def find_moving_cell(volume: Float[torch.Tensor, "h w dy dx"], sigma: float = 5.0) -> tuple[int, int]:
    """Row and column of the centre of gravity of all displacements of a pair of frames: mostly a cell of what moves, worth looking
    at first."""
    lengths = kernel_soft_argmax(rearrange(volume, "h w dy dx -> 1 1 h w dy dx"), sigma)[0, 0].norm(dim=0) + 1e-9
    rows, columns = (lengths.sum(dim=axis) @ torch.arange(lengths.shape[1 - axis]).to(lengths) for axis in (1, 0))
    return round((rows / lengths.sum()).item()), round((columns / lengths.sum()).item())


@dataclass(frozen=True)
class Correspondences:
    """What was matched after one stage, for all pairs of a clip, on the CPU.

    correlation `p h w dy dx`: all else follows from it. stage: where it was read; trained: whether a motion module stands
    there (else the features of the stage themselves are matched). motion: the numbers of the estimate.
    cell: side of a cell in pixels of the frames shown. refined: the displacement where neighbouring cells decide together; None where
    each decides alone, as in the network. calibration: that of the network, from which probabilities follow.
    """

    correlation: Float[Tensor, "p h w dy dx"]
    stage: str
    trained: bool
    motion: MotionConfig
    cell: float
    refined: RefinedDisplacement | None = None
    calibration: Calibration = field(default_factory=Calibration)

    @property
    def pairs(self) -> int:
        return len(self.correlation)

    @property
    def grid(self) -> tuple[int, int]:
        """Rows and columns of cells."""
        _, rows, columns, *_ = self.correlation.shape
        return rows, columns

    @property
    def reach(self) -> float:
        """How far the window sees, in pixels of the frames shown."""
        return self.motion.radius * self.motion.dilation * self.cell

    def displacement(self) -> Float[np.ndarray, "p 2 h w"]:
        """In pixels of the frames shown, x then y."""
        if self.refined:
            return self.refined.there.numpy() * self.cell
        volumes = (rearrange(part.correlation, "p h w dy dx -> 1 p h w dy dx") for part in self.parts())
        estimates = [kernel_soft_argmax(volume, self.motion.sigma, self.motion.temperature)[0] for volume in volumes]
        return torch.cat(estimates).numpy() * self.reach

    def confidence(self) -> Float[np.ndarray, "p h w"]:
        """The paper's: the largest correlation, which the module hands on; not a probability."""
        return peak_confidence(rearrange(self.correlation, "p h w dy dx -> 1 p h w dy dx"))[0, :, 0].numpy()

    def peak_on_border(self) -> Bool[np.ndarray, "p h w"]:
        """Whether the best match lies on the border of the window: the motion may be faster than the window can see."""
        if self.refined:
            steps = self.refined.there.numpy() / self.motion.dilation
            return np.abs(steps).max(axis=1) > self.motion.radius - 0.5
        return peak_on_border(self.correlation).numpy()

    def probability(self) -> Float[np.ndarray, "p h w"]:
        """That the displacement is right within a cell, as far as the calibration of the network holds; 0 where a rival is as good."""
        return self._probability

    @cached_property
    def _probability(self) -> Float[np.ndarray, "p h w"]:
        return probability_of_match(self.stand_out(), self.return_error(), self.calibration).numpy()

    def stand_out(self) -> Float[Tensor, "p h w"]:
        """By how much the best offset of each cell stands out."""
        return torch.cat([stand_out(part.correlation, self.motion.kernel_size) for part in self.parts()])

    def return_error(self) -> Float[Tensor, "p h w"]:
        """How far in cells from where it began a cell ends that goes there and back."""
        there = torch.from_numpy(self.displacement()) / self.cell
        back = torch.cat([torch.from_numpy(part.backward().displacement()) / self.cell for part in self.parts()])
        return return_error(there, back)

    def backward(self) -> "Correspondences":
        """The same with source and target of each pair exchanged: pair i leads from frame i + 1 to frame i.

        The features stay those of the clip as it runs: it is not what the network finds in a clip that is played backwards.
        """
        correlation = backward_correlation(self.correlation, self.motion.dilation)
        return replace(self, correlation=correlation, refined=self.refined and self.refined.backward())

    def of_pair(self, pair: int) -> "Correspondences":
        """The same of one pair alone, counted from 0. Raises ValueError for a pair that is not there."""
        if not 0 <= pair < self.pairs:
            raise ValueError(f"pair must be one of 0 to {self.pairs - 1}, got {pair}")
        return self.of_pairs(slice(pair, pair + 1))

    def of_pairs(self, pairs: slice) -> "Correspondences":
        return replace(self, correlation=self.correlation[pairs], refined=self.refined and self.refined.of_pairs(pairs))

    def parts(self) -> Iterator["Correspondences"]:
        """The same, a few pairs at a time: what is computed of all needs no more memory than of a part."""
        return map(self.of_pairs, split_pairs(self.pairs, self.correlation[0].numel()))

    def with_settings(self, settings: MatchSettings | None = None, **changes: Any) -> "Correspondences":
        """Another estimate from what is stored, as the network makes it: a radius up to the stored one crops the window.

        settings, changes: how it is set, `with_settings(sigma=2.0)`.

        Raises ValueError for a radius beyond what is stored, or values that `MotionConfig` refuses.
        """
        motion = replace(settings or MatchSettings(), **changes).change(self.motion)
        return replace(self, correlation=crop_window(self.correlation, motion.radius), motion=motion, refined=None)


def match_in_pair(correspondences: Correspondences, cell: tuple[int, int]) -> CellMatch:
    """How a cell (row, column) of the first pair finds its arrow, with the settings of the correspondences.

    Raises ValueError for a cell that the grid does not have.
    """
    (row, column), (rows, columns) = cell, correspondences.grid
    if not (0 <= row < rows and 0 <= column < columns):
        raise ValueError(f"the grid has {rows} rows and {columns} columns of cells, so there is no cell {row}, {column}")
    motion = correspondences.motion
    return match_cell(correspondences.correlation[0, row, column], None, motion.sigma, motion.temperature, motion.dilation)


@torch.inference_mode()
def features_to_match(model: MSNet, clip: Float[Tensor, "1 t 3 h w"], stage: str) -> Float[Tensor, "t c gh gw"]:
    """The features of each frame that are matched after a stage: the module's own, reduced, where one stands there, else the stage's."""
    features = features_after(model, clip, stage)
    if stage in model.motion:
        return motion_modules(model)[stage].reduce_features(features, clip.shape[1])[0].float()
    return features.float()


@torch.inference_mode()
def correlate_frames(features: Float[Tensor, "t c gh gw"], motion: MotionConfig) -> Float[Tensor, "p gh gw dy dx"]:
    """The correlation of consecutive frames, as a module of these numbers has it, on the CPU."""
    (frames, _, rows, columns), window = features.shape, 2 * motion.radius + 1
    correlation = torch.empty(frames - 1, rows, columns, window, window)
    for pairs in split_pairs(frames - 1, correlation[0].numel()):
        source, target = features[None, pairs], features[None, pairs.start + 1 : pairs.stop + 1]
        correlation[pairs] = local_correlation(source, target, motion.radius, motion.dilation, motion.relu, motion.kernel_size)[0]
    return correlation


LEAST_MOTION = 0.5  # cells: a shorter displacement shows no motion on a grid
DIRECTION_WORDS = ("right", "down and right", "down", "down and left", "left", "up and left", "up", "up and right")
UNITED = 0.5  # of the mean length: a shorter mean vector means that directions cancel


def describe_displacement(
    displacement: Float[np.ndarray, "2 h w"], cell: float, probability: Float[np.ndarray, "h w"] | None = None
) -> str:
    """Which share of the cells moves, where and how far: "18 % of the cells move, mostly left, up to 24 px".

    displacement in pixels, x then y; cell: side of a cell in pixels, of which half counts as moving. probability: that each is right;
    those more likely wrong do not count as moving, and where they are the most it is said.
    """
    lengths = np.hypot(*displacement)
    likely = np.ones_like(lengths, dtype=bool) if probability is None else probability >= LEAST_PROBABILITY
    moving = likely & (lengths > LEAST_MOTION * cell)
    doubt = "" if likely.mean() >= 0.5 else "; most matches are more likely wrong than right"
    if not moving.any():
        return f"nothing moves{doubt}"
    share, (x, y) = moving.mean(), displacement[:, moving].mean(axis=1)
    where = "in several directions"
    if np.hypot(x, y) > UNITED * lengths[moving].mean():
        where = f"mostly {DIRECTION_WORDS[round(np.arctan2(y, x) / (np.pi / 4)) % 8]}"
    return f"{share:.0%} of the cells move, {where}, up to {lengths[moving].max():.3g} px{doubt}"
