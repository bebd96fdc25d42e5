"""Tracks of points through a clip: displacement chained from pair to pair."""

from dataclasses import dataclass

import numpy as np
import torch
from einops import einsum, rearrange
from jaxtyping import Bool, Float
from numpy.typing import ArrayLike
from torch import Tensor

from workbench.explore.matching import Correspondences
from workbench.explore.probability import probability_of_match
from workbench.explore.refinement import CELL_TOLERANCE
from workbench.model.displacement import kernel_soft_argmax

EDGE = 0.01  # cells: a point at the very edge of the picture does not leave it by rounding


@dataclass(frozen=True)
class Tracks:
    """Points that were followed through a clip from the frame `start`, both ways.

    points `t n 2`: x, y in pixels of the frames shown, nan before a track enters the picture and after it leaves.
    Of the step between the two frames of each pair, `p n`: probability that it is right within a cell, nan where no step was made;
    consistent, whether the way back ends within half a cell (`forward_backward_error`).
    """

    points: Float[np.ndarray, "t n 2"]
    probability: Float[np.ndarray, "p n"]
    consistent: Bool[np.ndarray, "p n"]
    start: int


@torch.inference_mode()
def follow_points(correspondences: Correspondences, points: ArrayLike, start: int = 0, size: tuple[int, int] | None = None) -> Tracks:
    """Chain the displacement from points `n 2` (x, y), in pixels of the frames shown, at the frame `start` of the clip.

    Onwards by the displacement, to earlier frames by the backward one, bilinear between cells. A track ends where it leaves
    the picture. Matches lie within it: what is covered, or gone, goes on with something like it, mostly inconsistent.
    size: rows and columns of the frames in pixels; by default cells are square, which is true but for rounding.

    Raises ValueError for a frame that is not there, another shape, or points outside the picture.
    """
    if not 0 <= start <= correspondences.pairs:
        raise ValueError(f"the start must be one of the frames 0 to {correspondences.pairs} of the clip, got {start}")
    rows, columns = size or (correspondences.cell * cells for cells in correspondences.grid)
    placed = as_points(points, columns, rows)
    cell = torch.tensor([columns / correspondences.grid[1], rows / correspondences.grid[0]])
    path = torch.full((correspondences.pairs + 1, *placed.shape), torch.nan)
    path[start] = placed / cell
    probability = torch.full((correspondences.pairs, len(placed)), torch.nan)
    consistent = torch.zeros(probability.shape, dtype=torch.bool)

    for pair in range(start, correspondences.pairs):
        there, back = correspondences.of_pair(pair), correspondences.of_pair(pair).backward()
        path[pair + 1], probability[pair], consistent[pair] = step_points(there, back, path[pair])
    for pair in reversed(range(start)):
        there, back = correspondences.of_pair(pair).backward(), correspondences.of_pair(pair)
        path[pair], probability[pair], consistent[pair] = step_points(there, back, path[pair + 1])

    return Tracks((path * cell).numpy(), probability.numpy(), consistent.numpy(), start)


def as_points(points: ArrayLike, width: float, height: float) -> Float[Tensor, "n 2"]:
    """Raises ValueError for another shape than `n 2`, or points outside a picture so large."""
    points = torch.as_tensor(np.asarray(points, dtype=np.float32))
    if points.numel() == 0:
        return torch.empty(0, 2)
    if points.ndim != 2 or points.shape[1] != 2:
        raise ValueError(f"points are 'n 2' (x, y), got shape {tuple(points.shape)}")
    for x, y in points.tolist():
        if not (0 <= x <= width and 0 <= y <= height):
            raise ValueError(f"a point must lie within the {width:.0f} x {height:.0f} pixels of the picture, got ({x:g}, {y:g})")
    return points


def step_points(there: Correspondences, back: Correspondences, points: Float[Tensor, "n 2"]) -> tuple[Float[Tensor, "n 2"], Tensor, Tensor]:
    """Points of the source, in cells, to where they lie in the target of one pair, which is given in both directions; the
    probability `n` that the step is right, and whether it is consistent. nan and False from where a point leaves."""
    here = points.nan_to_num()
    moved = here + displacement_at(there, here)
    inside = (moved >= -EDGE) & (moved <= torch.tensor(there.grid[::-1]) + EDGE)
    goes_on = (inside & points.isfinite()).all(dim=1)

    row, column = (here[:, axis].long().clamp(0, there.grid[1 - axis] - 1) for axis in (1, 0))
    error = (moved + displacement_at(back, moved) - here).norm(dim=1)
    probability = probability_of_match(there.stand_out()[0, row, column], error, there.calibration)

    moved[~goes_on], probability[~goes_on] = torch.nan, torch.nan
    return moved, probability, goes_on & (error <= CELL_TOLERANCE)


def displacement_at(pair: Correspondences, points: Float[Tensor, "n 2"]) -> Float[Tensor, "n 2"]:
    """The displacement of one pair at points, all in cells, bilinear between the middles of the four cells around each; where
    cells decide alone, only these four are estimated, so that a click costs nothing."""
    (columns, across), (rows, down) = (neighbouring_cells(points[:, axis], pair.grid[1 - axis]) for axis in (0, 1))
    around = (rearrange(rows, "n y -> n y 1"), rearrange(columns, "n x -> n 1 x"))
    if pair.refined:
        cells = rearrange(pair.refined.there[0], "xy h w -> h w xy")[around]
        corners = rearrange(cells, "n y x xy -> n xy y x")
    else:
        windows = rearrange(pair.correlation[0][around], "n y x dy dx -> 1 n y x dy dx")
        corners = kernel_soft_argmax(windows, pair.motion.sigma, pair.motion.temperature)[0] * pair.motion.radius * pair.motion.dilation
    return einsum(corners, down, across, "n xy y x, n y, n x -> n xy")


def neighbouring_cells(place: Float[Tensor, " n"], cells: int) -> tuple[Tensor, Float[Tensor, "n 2"]]:
    """Along one axis: the two cells between whose middles a place lies, `n 2`, and their shares; the outermost twice at the rim."""
    place = (place - 0.5).clamp(0, cells - 1)
    low = place.long()
    share = place - low
    return torch.stack([low, (low + 1).clamp(max=cells - 1)], dim=1), torch.stack([1 - share, share], dim=1)
