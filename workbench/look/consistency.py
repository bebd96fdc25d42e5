"""Forward-backward consistency: does the way back from where a cell went end where it began? From what is stored alone."""

from dataclasses import replace

import numpy as np
import torch
import torch.nn.functional as F
from einops import rearrange
from jaxtyping import Bool, Float
from torch import Tensor

from workbench.look.reading import Reading
from workbench.model.displacement import window_size

# In cells. Matches peak on whole cells, and so do their errors: on the shipped network anything from 0.25 to 0.75 decides almost
# alike. (Sundaram, Brox and Keutzer, ECCV 2010, whose displacement is one of pixels, allow half a pixel and a hundredth of it.)
TOLERANCE = 0.5


def backward_correlation(correlation: Float[Tensor, "p h w dy dx"], dilation: int = 1) -> Float[Tensor, "p h w dy dx"]:
    """How alike each target cell is to the source cells around it: the same dot products in another order.

    The target at y + dy, x + dx sees the source y, x at offset -dy, -dx. Offsets outside the source are 0.
    dilation: cells in a step of the window. Raises ValueError for a window that is not square and odd, or a dilation below 1.
    """
    if dilation < 1:
        raise ValueError(f"dilation must be at least 1 cell, got {dilation}")
    pairs, height, width, *_ = correlation.shape
    window = window_size(correlation)
    margin = window // 2 * dilation
    sources = F.pad(correlation, (0, 0, 0, 0, margin, margin, margin, margin))

    # One step down in the window is one to the source so far below and, in the source's own window, one step up.
    cell = window * window
    row = cell * (width + 2 * margin)
    strides = (row * (height + 2 * margin), row, cell, dilation * row - window, dilation * cell - 1)
    return sources.as_strided((pairs, height, width, window, window), strides, cell - 1).contiguous()


def backward(reading: Reading) -> Reading:
    """The same with source and target of each pair exchanged: pair i leads from frame i + 1 to frame i.

    The features stay those of the clip as it runs: it is not what the network finds in a clip that is played backwards.
    """
    return replace(reading, correlation=backward_correlation(reading.correlation, reading.motion.dilation))


def forward_backward_error(reading: Reading) -> Float[np.ndarray, "p h w"]:
    """How far from its middle a cell ends that follows its displacement and then, from there, the backward displacement.

    In pixels of the frames shown; the backward displacement is bilinear between cells. nan where the way leads out of the
    picture: nothing there can be asked for the way back, which is no error of the match.
    """
    there, back = (torch.from_numpy(each.displacement()) / reading.cell for each in (reading, backward(reading)))
    target = cell_middles(reading.grid) + there
    error = reading.cell * (there + between_cells(back, target)).norm(dim=1)
    return error.masked_fill(~inside_grid(target, reading.grid), torch.nan).numpy()


def default_tolerance(reading: Reading) -> float:
    """The forward-backward error in pixels of the frames shown up to which a match is consistent: half a cell."""
    return TOLERANCE * reading.cell


def consistent(reading: Reading, tolerance_px: float | int | None = None) -> Bool[np.ndarray, "p h w"]:
    """Whether a cell's forward-backward error is at most the tolerance, by default half a cell; False where it leaves the picture.

    Raises ValueError for a tolerance that is not positive.
    """
    tolerance = default_tolerance(reading) if tolerance_px is None else tolerance_px
    if not tolerance > 0:
        raise ValueError(f"the tolerance must be above 0 pixels, got {tolerance}")
    return forward_backward_error(reading) <= tolerance


def cell_middles(grid: tuple[int, int]) -> Float[Tensor, "2 h w"]:
    """x and y of the middle of each cell, in cells from the picture's corner."""
    y, x = torch.meshgrid(*(torch.arange(cells) + 0.5 for cells in grid), indexing="ij")
    return torch.stack([x, y])


def inside_grid(places: Float[Tensor, "p 2 h w"], grid: tuple[int, int]) -> Bool[Tensor, "p h w"]:
    x, y = places.unbind(dim=1)
    return (x >= 0) & (x <= grid[1]) & (y >= 0) & (y <= grid[0])


def between_cells(field: Float[Tensor, "p 2 h w"], places: Float[Tensor, "p 2 h w"]) -> Float[Tensor, "p 2 h w"]:
    """The field at places x, y in cells, bilinear between the middles of cells; out from the outermost ones it stays as it is."""
    height, width = field.shape[-2:]
    places = rearrange(places, "p xy h w -> p h w xy") * 2 / torch.tensor([width, height]) - 1
    return F.grid_sample(field, places, "bilinear", "border", align_corners=False)
