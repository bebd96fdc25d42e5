"""How far two displacements of one pair of frames agree, cell by cell, whoever found them."""

from dataclasses import dataclass

import numpy as np
from einops import rearrange
from jaxtyping import Bool, Float

from workbench.look.explore import Exploration
from workbench.look.reading import Reading

MOVES = 0.5  # cells: where both are shorter, a grid shows no motion


@dataclass(frozen=True)
class Agreement:
    """Two displacements beside each other, in pixels of the frames shown.

    difference `gh gw`: how far apart the two endpoints lie; length `gh gw`: of the longer of the two. cell: side of a cell.

    The two agree at a cell where their endpoints lie at most one cell apart: no finer than they were matched. (KITTI 2015,
    Menze and Geiger, calls a pixel right within 3 px or 5 %.) A cell moves where either displacement is longer than half a
    cell. Where neither is, the two agree whatever they say, so that the moving cells are counted for themselves.
    """

    difference: Float[np.ndarray, "gh gw"]
    length: Float[np.ndarray, "gh gw"]
    cell: float

    @property
    def agrees(self) -> Bool[np.ndarray, "gh gw"]:
        return self.difference <= self.cell

    @property
    def moving(self) -> Bool[np.ndarray, "gh gw"]:
        return self.length > MOVES * self.cell

    @property
    def share(self) -> float:
        """Of all cells that agree."""
        return float(self.agrees.mean())

    @property
    def share_moving(self) -> float:
        """Of the moving cells that agree; nan where nothing moves."""
        return float(self.agrees[self.moving].mean()) if self.moving.any() else float("nan")

    @property
    def median(self) -> float:
        """Difference in pixels over all cells."""
        return float(np.median(self.difference))

    @property
    def median_moving(self) -> float:
        """Difference in pixels over the moving cells; nan where nothing moves."""
        return float(np.median(self.difference[self.moving])) if self.moving.any() else float("nan")

    @property
    def median_length(self) -> float:
        """How far the moving cells move, in pixels: what a difference is to be held against. nan where nothing moves."""
        return float(np.median(self.length[self.moving])) if self.moving.any() else float("nan")

    def __str__(self) -> str:
        """In a sentence, for those who do not see the picture."""
        whole = f"{100 * self.share:.0f} % of all {self.difference.size} cells agree within one cell ({self.cell:.3g} px)"
        if not self.moving.any():
            return f"{whole}; none moves"
        moved, apart = f"{self.median_length:.2g} px", f"{self.median_moving:.2g} px"
        return f"{whole}, and {100 * self.share_moving:.0f} % of the {self.moving.sum()} that move ({moved}, in the median {apart} apart)"


def agree(displacement: Float[np.ndarray, "2 gh gw"], other: Float[np.ndarray, "2 gh2 gw2"], cell: float | int) -> Agreement:
    """Two displacements of one pair, in pixels, on the coarser of their two grids along each axis.

    cell: side in pixels of a cell of that coarser grid. Raises ValueError where it is not positive.
    """
    if not 0 < cell < np.inf:
        raise ValueError(f"the side of a cell must be a positive number of pixels, got {cell}")
    grid = tuple(np.minimum(displacement.shape[1:], other.shape[1:]).tolist())
    one, two = on_grid(displacement, grid), on_grid(other, grid)
    length = np.maximum(np.linalg.norm(one, axis=0), np.linalg.norm(two, axis=0))
    return Agreement(np.linalg.norm(one - two, axis=0), length, float(cell))


def matched(exploration: Exploration, pair: int) -> tuple[Float[np.ndarray, "2 gh gw"], Reading]:
    """The displacement that a network found in a pair, in pixels of the frames shown, and the reading that it is from.

    Raises ValueError for a network that was not matched, and for a pair that is not there.
    """
    displacement, reading = exploration.displacement, exploration.reading
    if displacement is None or reading is None:
        raise ValueError(f"{exploration.network} has no motion module: no correspondences; choose the layer whose features are matched")
    if not 0 <= pair < reading.pairs:
        raise ValueError(f"pair must be one of 0 to {reading.pairs - 1}, got {pair}")
    return displacement[pair], reading


def on_grid(field: Float[np.ndarray, "c h w"], grid: tuple[int, int]) -> Float[np.ndarray, "c gh gw"]:
    """The mean of a field over each cell of a grid; what lies across an edge counts by its share on either side."""
    if field.shape[1:] == grid:
        return field
    rows, columns = (overlap(cells, size).astype(field.dtype) for cells, size in zip(grid, field.shape[1:], strict=True))
    return rows @ field @ rearrange(columns, "gw w -> w gw")


def overlap(cells: int, size: int) -> Float[np.ndarray, "cells size"]:
    """The share of each of `size` pixels in the mean of each of `cells` that cover the same length; rows sum to 1."""
    edges, pixels = np.arange(cells + 1) * size / cells, np.arange(size)
    low, high = np.maximum.outer(edges[:-1], pixels), np.minimum.outer(edges[1:], pixels + 1)
    return np.clip(high - low, 0, None) * cells / size
