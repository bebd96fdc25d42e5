"""A displacement refined for display: neighbouring cells decide together (semi-global matching), and a finer grid sharpens it.

Ours, not the paper's: the network itself uses the estimate of its module, in which every cell decides alone.
Source of the aggregation: Hirschmueller, "Stereo processing by semiglobal matching and mutual information", PAMI 2008, with offsets in
two dimensions in the place of disparities.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from einops import rearrange, reduce
from jaxtyping import Bool, Float, Int, Shaped
from torch import Tensor

from workbench.explore.probability import probability_of_match, stand_out
from workbench.explore.volume import backward_correlation, inside_picture, peak_steps, split_pairs
from workbench.model.checkpoint import Calibration
from workbench.model.correlation import local_correlation, unit_length
from workbench.model.displacement import window_size
from workbench.model.motion import MotionConfig

# In units of the correlation. Chosen on four pairs of FlyingChairs and the motorcycle of Middlebury 2014 (LOG.md).
NEXT_OFFSET = 0.03  # what it costs a cell to move by one step more or less than its neighbour
OTHER_OFFSET = 0.3  # what it costs to move in any other way: the rim of what moves
OUTSIDE = 0.02  # a target outside the picture counts as nearly as good as the best one inside: it cannot be seen
LONGER = 1e-4  # a step of length: where all offsets match alike, nothing moves
# In cells. Matches peak on whole cells, and so do their errors: on the shipped network anything from 0.25 to 0.75 decides almost
# alike. (Sundaram, Brox and Keutzer, ECCV 2010, whose displacement is one of pixels, allow half a pixel and a hundredth of it.)
CELL_TOLERANCE = 0.5
LEAST_SAY = 0.8  # probability from which a cell has a say for its neighbours
# Of the finer grid, chosen on generated scenes, slow ones among them (LOG.md).
SHARPEN_OVER = 7  # cells each way that decide together on the rest of a displacement
SHARPEN_STEPS = 2
SHARPEN_DAMPING = 0.03  # in units of a squared gradient of unit-length features: where they hardly change, the rest stays small


@dataclass(frozen=True)
class RefinedDisplacement:
    """Of each pair `p 2 h w`, x then y, in cells: there from the source, and back from the target.

    Both are made once, when a network looks: every picture, track and check of every pair asks for them.
    """

    there: Float[Tensor, "p 2 h w"]
    back: Float[Tensor, "p 2 h w"]

    @classmethod
    @torch.inference_mode()
    def of(cls, features: Sequence[Float[Tensor, "t c _ _"]], motion: MotionConfig, calibration: Calibration) -> "RefinedDisplacement":
        """From the features of a clip on the grid of the displacement, and of the same clip on finer grids if any.

        Matched cell by cell whatever `kernel_size`: it is here that neighbours come in.
        """
        (frames, _, rows, columns), window = features[0].shape, 2 * motion.radius + 1
        parts = split_pairs(frames - 1, rows * columns * window**2)
        refined = [cls.of_all([each[pairs.start : pairs.stop + 1] for each in features], motion, calibration) for pairs in parts]
        return cls(torch.cat([part.there for part in refined]), torch.cat([part.back for part in refined]))

    @classmethod
    def of_all(cls, features: Sequence[Float[Tensor, "t c _ _"]], motion: MotionConfig, calibration: Calibration) -> "RefinedDisplacement":
        """The same, of all pairs at once."""
        (source, *finer_sources), (target, *finer_targets) = ([each[part] for each in features] for part in (slice(-1), slice(1, None)))
        correlation = local_correlation(source[None], target[None], motion.radius, motion.dilation, motion.relu)[0]
        there, back = refine_both_ways(correlation, motion.dilation, calibration)
        for source, target in zip(finer_sources, finer_targets, strict=True):
            there, back = (to_grid(cells, source.shape[-2:]) for cells in (there, back))
            for _ in range(SHARPEN_STEPS):
                there, back = sharpen_displacement(there, source, target), sharpen_displacement(back, target, source)
        return cls(*(to_grid(cells, features[0].shape[-2:]).cpu() for cells in (there, back)))

    def of_pairs(self, pairs: slice) -> "RefinedDisplacement":
        return RefinedDisplacement(self.there[pairs], self.back[pairs])

    def backward(self) -> "RefinedDisplacement":
        """With source and target exchanged."""
        return RefinedDisplacement(self.back, self.there)


def refine_both_ways(
    correlation: Float[Tensor, "p h w dy dx"], dilation: int, calibration: Calibration
) -> tuple[Float[Tensor, "p 2 h w"], Float[Tensor, "p 2 h w"]]:
    """From source to target and back, in cells: once with what every cell says, and then again with those alone whose match is probable.
    The others, wrong, covered or without texture, follow their neighbours."""
    volumes = correlation, backward_correlation(correlation, dilation)
    there, back = (refine_displacement(volume, dilation) for volume in volumes)
    errors = return_error(there, back), return_error(back, there)
    sure = (
        probability_of_match(stand_out(volume, kernel_size=1), error, calibration) >= LEAST_SAY
        for volume, error in zip(volumes, errors, strict=True)
    )
    there, back = (refine_displacement(volume, dilation, cells) for volume, cells in zip(volumes, sure, strict=True))
    return there, back


def return_error(there: Float[Tensor, "p 2 h w"], back: Float[Tensor, "p 2 h w"]) -> Float[Tensor, "p h w"]:
    """How far in cells from its middle a cell ends that goes there and, from where it arrives, back; the rim of `back` goes on outside."""
    return (there + between_cells(back, target_places(there))).norm(dim=1)


def refine_displacement(
    correlation: Float[Tensor, "p h w dy dx"], dilation: int = 1, sure: Bool[Tensor, "p h w"] | None = None
) -> Float[Tensor, "p 2 h w"]:
    """The displacement of every cell, x then y, in cells, from what all cells of its pair correlate with.

    The offset whose aggregated similarity is largest, moved to the top of the parabola through it and its two neighbours along each axis;
    of that the median over 3 x 3 cells. sure: the cells that have a say, by default all; to the others every offset is alike.

    Raises ValueError for a window that is not square and odd.
    """
    if sure is None:
        sure = torch.ones(correlation.shape[:3], dtype=torch.bool, device=correlation.device)
    parts = split_pairs(len(correlation), correlation[0].numel())
    return torch.cat([refine_pairs(correlation[pairs], dilation, sure[pairs]) for pairs in parts])


def refine_pairs(correlation: Float[Tensor, "p h w dy dx"], dilation: int, sure: Bool[Tensor, "p h w"]) -> Float[Tensor, "p 2 h w"]:
    similarity = hide_outside(correlation, dilation) * rearrange(sure, "p h w -> p h w 1 1")
    together = aggregate(prefer_short(similarity))
    inside = inside_picture(correlation, dilation).expand_as(together)
    row, column = peak_steps(together)
    radius = window_size(correlation) // 2

    def part(axis: Literal["dx", "dy"]) -> Tensor:
        return top_of_parabola(*(values_beside(volume, row, column, axis) for volume in (together, inside)))

    return dilation * median_of_cells(torch.stack([column - radius + part("dx"), row - radius + part("dy")], dim=1))


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
    pairs = len(similarity)
    across = follow_both_ways(rearrange(similarity, "p h w dy dx -> w dy dx (p h)"))
    along = follow_both_ways(rearrange(similarity, "p h w dy dx -> h dy dx (p w)"))
    across, along = rearrange(across, "w dy dx (p h) -> p h w dy dx", p=pairs), rearrange(along, "h dy dx (p w) -> p h w dy dx", p=pairs)
    return across + along - 3 * similarity  # each of the four ways holds the cell's own


def follow_both_ways(similarity: Float[Tensor, "n dy dx lines"]) -> Float[Tensor, "n dy dx lines"]:
    """Along n cells and back; lines of cells are followed together."""
    return follow_cells(similarity) + follow_cells(similarity.flip(0)).flip(0)


def follow_cells(similarity: Float[Tensor, "n dy dx lines"]) -> Float[Tensor, "n dy dx lines"]:
    """The best sum over the cells before and the cell itself, for each offset that it may end with."""
    sums = [similarity[0]]
    for here in similarity[1:]:
        before = sums[-1]
        best = reduce(before, "dy dx lines -> 1 1 lines", "max")
        beside = best_beside(best_beside(before, 0), 1) - NEXT_OFFSET
        sums.append(here + torch.maximum(torch.maximum(before, beside), best - OTHER_OFFSET) - best)
    return torch.stack(sums)


def best_beside(sums: Float[Tensor, "dy dx lines"], axis: int) -> Float[Tensor, "dy dx lines"]:
    """The largest of each offset and its two neighbours along an axis of the window."""
    best, steps = sums.clone(), sums.shape[axis] - 1
    for one, other in ((0, 1), (1, 0)):
        here = best.narrow(axis, one, steps)
        torch.maximum(here, sums.narrow(axis, other, steps), out=here)
    return best


def median_of_cells(displacement: Float[Tensor, "p 2 h w"]) -> Float[Tensor, "p 2 h w"]:
    """Of x and of y over the 3 x 3 cells around each; the rim is repeated.

    Each column of three is put in order, and of the nine the median is that of the largest first, the median second and the smallest last.
    """
    wide = F.pad(displacement, (1, 1, 1, 1), mode="replicate")
    first, second, last = in_order(*(wide[..., row : row + displacement.shape[-2], :] for row in range(3)))
    firsts, seconds, lasts = ([each[..., step : step + displacement.shape[-1]] for step in range(3)] for each in (first, second, last))
    return in_order(in_order(*firsts)[2], in_order(*seconds)[1], in_order(*lasts)[0])[1]


def in_order(one: Float[Tensor, "*n"], other: Float[Tensor, "*n"], third: Float[Tensor, "*n"]) -> tuple[Tensor, Tensor, Tensor]:
    """The least, the median and the largest of three, place by place."""
    least, most = torch.minimum(one, other), torch.maximum(one, other)
    return torch.minimum(least, third), torch.maximum(least, torch.minimum(most, third)), torch.maximum(most, third)


def to_grid(displacement: Float[Tensor, "p 2 h w"], grid: Sequence[int]) -> Float[Tensor, "p 2 h2 w2"]:
    """The same on another grid, in its cells: bilinear on a finer one, the mean on a coarser one."""
    rows, columns = grid
    finer = rows > displacement.shape[-2]
    moved = F.interpolate(displacement, (rows, columns), mode="bilinear" if finer else "area", align_corners=False if finer else None)
    scale = torch.tensor([columns / displacement.shape[-1], rows / displacement.shape[-2]], device=displacement.device)
    return moved * rearrange(scale, "xy -> xy 1 1")


def sharpen_displacement(
    displacement: Float[Tensor, "p 2 h w"], source: Float[Tensor, "p c h w"], target: Float[Tensor, "p c h w"]
) -> Float[Tensor, "p 2 h w"]:
    """A displacement in cells, moved by at most a cell each way to where the features match best: the target is drawn back by it, and what
    is left is what explains the differences over 7 x 7 cells best, by least squares; of that the median.

    Source: Lucas and Kanade, "An iterative image registration technique with an application to stereo vision", IJCAI 1981, with features in
    the place of grey levels.
    """
    pairs = zip(*(each.split(1) for each in (displacement, source, target)), strict=True)
    return torch.cat([sharpen_pair(*pair) for pair in pairs])  # one by one, what is computed of a pair stays in the processor's cache


def sharpen_pair(
    displacement: Float[Tensor, "1 2 h w"], source: Float[Tensor, "1 c h w"], target: Float[Tensor, "1 c h w"]
) -> Float[Tensor, "1 2 h w"]:
    source, target = unit_length(source), unit_length(between_cells(target, target_places(displacement)))
    wide = F.pad(target, (1, 1, 1, 1), mode="replicate")
    dx, dy = (wide[..., 1:-1, 2:] - wide[..., 1:-1, :-2]) / 2, (wide[..., 2:, 1:-1] - wide[..., :-2, 1:-1]) / 2
    xx, xy, yy = (mean_around(one * other) for one, other in ((dx, dx), (dx, dy), (dy, dy)))
    x, y = (mean_around(slope * (source - target)) for slope in (dx, dy))

    xx, yy = xx + SHARPEN_DAMPING, yy + SHARPEN_DAMPING
    rest = torch.stack([yy * x - xy * y, xx * y - xy * x], dim=1) / rearrange(xx * yy - xy**2, "p h w -> p 1 h w")
    return median_of_cells(displacement + rest.clamp(-1, 1))


def mean_around(products: Float[Tensor, "p c h w"]) -> Float[Tensor, "p h w"]:
    """Their sum over the channels, and of that the mean over the cells that decide together; the rim is repeated."""
    margin = SHARPEN_OVER // 2
    total = reduce(products, "p c h w -> p 1 h w", "sum")
    return rearrange(F.avg_pool2d(F.pad(total, (margin,) * 4, mode="replicate"), SHARPEN_OVER, stride=1), "p 1 h w -> p h w")


def target_places(displacement: Float[Tensor, "p 2 h w"]) -> Float[Tensor, "p 2 h w"]:
    """Where the middle of each cell goes, x then y, both in cells."""
    height, width = displacement.shape[-2:]
    y, x = torch.meshgrid(torch.arange(height) + 0.5, torch.arange(width) + 0.5, indexing="ij")
    return torch.stack([x, y]).to(displacement) + displacement


def between_cells(field: Float[Tensor, "p c h w"], places: Float[Tensor, "p 2 h2 w2"]) -> Float[Tensor, "p c h2 w2"]:
    """The field at places x, y in cells, bilinear between the middles of cells; out from the outermost ones it stays as it is."""
    height, width = field.shape[-2:]
    places = rearrange(places, "p xy h w -> p h w xy") * 2 / torch.tensor([width, height], device=places.device) - 1
    return F.grid_sample(field, places, "bilinear", "border", align_corners=False)
