"""A displacement refined for display: neighbouring cells decide together (semi-global matching), then a median and parts of cells.

Ours, not the paper's: the network itself uses the estimate of its module, in which every cell decides alone.
Source of the aggregation: Hirschmueller, "Stereo processing by semiglobal matching and mutual information", PAMI 2008, with offsets in
two dimensions in the place of disparities.
"""

from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from einops import rearrange, reduce
from jaxtyping import Bool, Float, Int, Shaped
from torch import Tensor

from workbench.explore.volume import backward_correlation, inside_picture, peak_steps
from workbench.model.displacement import window_size

# In units of the correlation. Chosen on four pairs of FlyingChairs and the motorcycle of Middlebury 2014 (LOG.md).
NEXT_OFFSET = 0.03  # what it costs a cell to move by one step more or less than its neighbour
OTHER_OFFSET = 0.3  # what it costs to move in any other way: the rim of what moves
OUTSIDE = 0.02  # a target outside the picture counts as nearly as good as the best one inside: it cannot be seen
LONGER = 1e-4  # a step of length: where all offsets match alike, nothing moves
MOST_VALUES = 2**22  # correlations that are refined at once: the work takes ten times their memory


@dataclass(frozen=True)
class RefinedDisplacement:
    """Of each pair `p 2 h w`, x then y, in steps of the window: there from the source, and back from the target.

    Both are made once, when a network looks: every picture, track and check of every pair asks for them.
    """

    there: Float[Tensor, "p 2 h w"]
    back: Float[Tensor, "p 2 h w"]

    @classmethod
    def of(cls, correlation: Float[Tensor, "p h w dy dx"], dilation: int = 1) -> "RefinedDisplacement":
        return cls(*(refine_displacement(volume, dilation) for volume in (correlation, backward_correlation(correlation, dilation))))

    def of_pair(self, pair: int) -> "RefinedDisplacement":
        return RefinedDisplacement(self.there[pair : pair + 1], self.back[pair : pair + 1])

    def backward(self) -> "RefinedDisplacement":
        """With source and target exchanged."""
        return RefinedDisplacement(self.back, self.there)


def refine_displacement(correlation: Float[Tensor, "p h w dy dx"], dilation: int = 1) -> Float[Tensor, "p 2 h w"]:
    """The displacement of every cell, x then y, in steps of the window, from what all cells of its pair correlate with.

    The offset whose aggregated similarity is largest, moved to the top of the parabola through it and its two neighbours along each axis;
    of that the median over 3 x 3 cells. Raises ValueError for a window that is not square and odd.
    """
    pairs_at_once = max(MOST_VALUES // correlation[0].numel(), 1)
    return torch.cat([refine_pairs(pairs, dilation) for pairs in correlation.split(pairs_at_once)])


def refine_pairs(correlation: Float[Tensor, "p h w dy dx"], dilation: int) -> Float[Tensor, "p 2 h w"]:
    together = aggregate(prefer_short(hide_outside(correlation, dilation)))
    inside = inside_picture(correlation, dilation).expand_as(together)
    row, column = peak_steps(together)
    radius = window_size(correlation) // 2

    def part(axis: Literal["dx", "dy"]) -> Tensor:
        return top_of_parabola(*(values_beside(volume, row, column, axis) for volume in (together, inside)))

    return median_of_cells(torch.stack([column - radius + part("dx"), row - radius + part("dy")], dim=1))


def values_beside(
    volume: Shaped[Tensor, "p h w dy dx"], row: Int[Tensor, "p h w"], column: Int[Tensor, "p h w"], axis: Literal["dx", "dy"]
) -> Shaped[Tensor, "3 p h w"]:
    """The values before, at and after an offset of each cell along an axis of the window; beyond its rim 0."""
    window = window_size(volume) + 2
    flat = rearrange(F.pad(volume, (1, 1, 1, 1)), "p h w dy dx -> p h w (dy dx)")
    place, step = (row + 1) * window + column + 1, 1 if axis == "dx" else window
    places = rearrange([place - step, place, place + step], "beside p h w -> p h w beside")
    return rearrange(flat.gather(-1, places), "p h w beside -> beside p h w")


def top_of_parabola(values: Float[Tensor, "3 p h w"], inside: Bool[Tensor, "3 p h w"]) -> Float[Tensor, "p h w"]:
    """Where a parabola through three values is highest, from -0.5 to 0.5 steps; 0 where one lies outside picture or window."""
    before, at, after = values
    bend = 2 * (2 * at - before - after)
    top = torch.where(bend > 0, (after - before) / bend, torch.zeros_like(bend))
    return torch.where(inside.all(dim=0), top.clamp(-0.5, 0.5), torch.zeros_like(top))


def hide_outside(correlation: Float[Tensor, "p h w dy dx"], dilation: int) -> Float[Tensor, "p h w dy dx"]:
    """Offsets that lead out of the picture are a little worse than the best inside, instead of 0: such a cell follows its neighbours."""
    best = reduce(correlation, "p h w dy dx -> p h w 1 1", "max")
    return torch.where(inside_picture(correlation, dilation), correlation, best - OUTSIDE)


def prefer_short(correlation: Float[Tensor, "p h w dy dx"]) -> Float[Tensor, "p h w dy dx"]:
    steps = torch.arange(window_size(correlation), device=correlation.device) - window_size(correlation) // 2
    return correlation - LONGER * torch.hypot(rearrange(steps, "dy -> dy 1").float(), rearrange(steps, "dx -> 1 dx").float())


def aggregate(similarity: Float[Tensor, "p h w dy dx"]) -> Float[Tensor, "p h w dy dx"]:
    """For every cell and offset, its own similarity and the best that the rows and columns leading to the cell reach with it.

    Each of four ways, from left, right, above and below, adds up the similarity of one offset a cell, less the costs of changing it.
    """
    ways = [similarity, similarity.flip(2), rearrange(similarity, "p h w dy dx -> p w h dy dx")]
    ways.append(ways[2].flip(2))
    right, left, down, up = map(follow_rows, ways)
    columns = rearrange(down + up.flip(2), "p w h dy dx -> p h w dy dx")
    return right + left.flip(2) + columns - 3 * similarity  # each way holds the cell's own


def follow_rows(similarity: Float[Tensor, "p h w dy dx"]) -> Float[Tensor, "p h w dy dx"]:
    """The best sum over the cells to the left and the cell itself, for each offset that it may end with."""
    sums = [similarity[:, :, 0]]
    for column in similarity.unbind(dim=2)[1:]:
        before = sums[-1]
        best = reduce(before, "p h dy dx -> p h 1 1", "max")
        beside = F.max_pool2d(before, 3, stride=1, padding=1) - NEXT_OFFSET
        sums.append(column + torch.maximum(torch.maximum(before, beside), best - OTHER_OFFSET) - best)
    return torch.stack(sums, dim=2)


def median_of_cells(displacement: Float[Tensor, "p 2 h w"]) -> Float[Tensor, "p 2 h w"]:
    """Of x and of y over the 3 x 3 cells around each; the rim is repeated."""
    windows = F.pad(displacement, (1, 1, 1, 1), mode="replicate").unfold(2, 3, 1).unfold(3, 3, 1)
    return rearrange(windows, "p xy h w i j -> p xy h w (i j)").median(dim=-1).values
