"""Features of two frames -> correlation volume: how alike is this cell to each cell around it in the next frame?"""

import torch
import torch.nn.functional as F
from einops import rearrange
from jaxtyping import Float
from torch import Tensor
from torch.autograd.function import once_differentiable

EPSILON = 1e-6
BLOCK_ROWS = 4  # source rows in one matrix product: 4 keep the product in the cache; a whole map at once is up to 8 times slower


def unit_length(features: Float[Tensor, "*n c h w"]) -> Float[Tensor, "*n c h w"]:
    """Divide each feature vector by its length, sqrt(sum of squares over channels + 1e-6)."""
    return features / (features.square().sum(dim=-3, keepdim=True) + EPSILON).sqrt()


def local_correlation(
    source: Float[Tensor, "b p c h w"],
    target: Float[Tensor, "b p c h w"],
    radius: int,
    dilation: int = 1,
    relu: bool = True,
    kernel_size: int = 1,
) -> Float[Tensor, "b p h w dy dx"]:
    """Cosine similarity of every source cell to the target cells around it; with `relu`, the paper's way, none below zero.

    `dy` and `dx` each count 2 radius + 1 offsets from -radius * dilation to radius * dilation cells, in steps of
    `dilation`. Offsets outside the target are 0. kernel_size: each value is the mean over so many cells each way around the
    source, at the same offset; 1 is the paper's. Computed clip by clip, in the dtype of the input.

    Raises ValueError for a radius or dilation below 1, for an even kernel_size, or for maps of two shapes.
    Source: Kwon et al. 2020, "Correlation computation"; Dosovitskiy et al., FlowNet, ICCV 2015, whose correlation compares patches.
    """
    if radius < 1 or dilation < 1:
        raise ValueError(f"radius and dilation must be at least 1 cell, got radius {radius} and dilation {dilation}")

    if source.shape != target.shape:
        raise ValueError(f"source and target must be of one shape, got {tuple(source.shape)} and {tuple(target.shape)}")

    source, target = unit_length(source), unit_length(target)
    volumes = [WindowProduct.apply(s, t, radius, dilation) for s, t in zip(source, target, strict=True)]

    volume = average_neighbours(torch.stack(volumes), kernel_size)
    return F.relu(volume) if relu else volume


def average_neighbours(correlation: Float[Tensor, "b p h w dy dx"], kernel_size: int) -> Float[Tensor, "b p h w dy dx"]:
    """The mean over kernel_size x kernel_size source cells around each, offset by offset; at the rim of those that there are.

    Raises ValueError for a kernel_size that is not positive and odd.
    """
    if kernel_size < 1 or kernel_size % 2 == 0:
        raise ValueError(f"kernel_size must be odd, so that a cell is in the middle, got {kernel_size}")
    if kernel_size == 1:
        return correlation

    pictures = rearrange(correlation, "b p h w dy dx -> (b p) (dy dx) h w")
    mean = F.avg_pool2d(pictures, kernel_size, stride=1, padding=kernel_size // 2, count_include_pad=False)
    return rearrange(mean, "(b p) (dy dx) h w -> b p h w dy dx", b=len(correlation), dy=correlation.shape[-2])


class WindowProduct(torch.autograd.Function):
    """Dot products of each source vector with the target vectors in its window: `p c h w` twice -> `p h w dy dx`.

    A few source rows meet all the target rows they can reach in one matrix product; the products inside the window
    are then a strided view of it. This does about three times the needed arithmetic, and is still far faster than
    gathering the windows first.
    """

    @staticmethod
    def forward(ctx, source: Tensor, target: Tensor, radius: int, dilation: int) -> Tensor:
        ctx.save_for_backward(source, target)
        ctx.radius, ctx.dilation = radius, dilation
        margin, width = radius * dilation, source.shape[3]
        target, window = F.pad(target, 4 * (margin,)), 2 * radius + 1
        volume = source.new_empty(source.shape[0], source.shape[2], width, window, window)

        for rows, reach in row_blocks(source.shape[2], margin):
            product = source[:, :, rows].flatten(2).mT @ target[:, :, reach].flatten(2)
            volume[:, rows] = window_view(product, width, radius, dilation)  # a copy: a view would keep the whole product
        return volume

    @staticmethod
    @once_differentiable
    def backward(ctx, grad: Tensor):
        source, target = ctx.saved_tensors
        margin, width = ctx.radius * ctx.dilation, source.shape[3]
        target = F.pad(target, 4 * (margin,))
        grad_source, grad_target = [], torch.zeros_like(target)

        for rows, reach in row_blocks(source.shape[2], margin):
            s, t = source[:, :, rows].flatten(2), target[:, :, reach].flatten(2)
            product = s.new_zeros(s.shape[0], s.shape[2], t.shape[2])
            window_view(product, width, ctx.radius, ctx.dilation).copy_(grad[:, rows])
            grad_source.append(rearrange(t @ product.mT, "p c (h w) -> p c h w", w=width))
            grad_target[:, :, reach] += rearrange(s @ product, "p c (h w) -> p c h w", w=target.shape[3])

        return torch.cat(grad_source, dim=2), grad_target[:, :, margin:-margin, margin:-margin], None, None


def row_blocks(height: int, margin: int) -> list[tuple[slice, slice]]:
    """Source rows, and the rows of the padded target that they can reach, a few at a time."""
    starts = range(0, height, BLOCK_ROWS)
    ends = [min(start + BLOCK_ROWS, height) for start in starts]
    return [(slice(start, end), slice(start, end + 2 * margin)) for start, end in zip(starts, ends, strict=True)]


def window_view(product: Tensor, width: int, radius: int, dilation: int) -> Tensor:
    """The entries of a block `p (h w) (y x)` that lie inside each source cell's window, as a view `p h w dy dx`.

    A step to the next source cell moves its window by one target cell, so that both steps add up to one stride.
    """
    pairs, sources, targets = product.shape
    window, padded = 2 * radius + 1, width + 2 * radius * dilation
    size = (pairs, sources // width, width, window, window)
    stride = (sources * targets, width * targets + padded, targets + 1, dilation * padded, dilation)
    return product.as_strided(size, stride)
