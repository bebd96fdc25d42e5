"""Forward-backward consistency over its frame: which cells are led back to where they began."""

import numpy as np
from einops import rearrange
from numpy.typing import ArrayLike
from PIL import ImageColor

from workbench.view.canvas import as_frame, enlarge, mount
from workbench.view.hatch import Patch, as_grey, cells_to_pixels, grey_patch, hatch, patch_legend, share_of
from workbench.view.style import BLUE, ORANGE, PURPLE

CONSISTENT, INCONSISTENT, LEAVES = range(3)
COLOURS = np.array([ImageColor.getrgb(colour) for colour in (BLUE, ORANGE, PURPLE)], dtype=np.uint8)
TINT = np.array([0.3, 0.6, 0.6], dtype=np.float32)  # opacity over the frame: what is in order stays in the background


def draw_consistency(frame: ArrayLike, error_px: ArrayLike, tolerance: float | int, size: tuple[int, int] | None = None) -> np.ndarray:
    """The frame `h w 3` in grey under three colours: consistent, inconsistent (hatched) and leaving the picture (crossed).

    error_px: the forward-backward error `h w` of a pair, nan where the way leads out of the picture; tolerance: up to which it
    is consistent, in the same pixels. The legend says which share of the cells each has.
    Raises ValueError for other shapes, or a tolerance that is not positive.
    """
    error = np.asarray(error_px, dtype=float)
    if error.ndim != 2 or 0 in error.shape:
        raise ValueError(f"a forward-backward error is 'h w', got shape {error.shape}")
    if not tolerance > 0:
        raise ValueError(f"the tolerance must be above 0 pixels, got {tolerance}")
    kinds = np.where(np.isnan(error), LEAVES, np.where(error <= tolerance, CONSISTENT, INCONSISTENT))

    grey = as_grey(enlarge(as_frame(frame), size))
    picture = paint(grey, cells_to_pixels(kinds, grey.shape[:2]))
    return mount(picture, consistency_legend(grey.shape[1], kinds, tolerance))


def paint(grey: np.ndarray, kinds: np.ndarray) -> np.ndarray:
    """Tint and hatching of the kind of each pixel `h w` over a grey picture `h w 3` uint8."""
    tint = rearrange(TINT[kinds], "h w -> h w 1")
    picture = (grey * (1 - tint) + COLOURS[kinds] * tint).astype(np.uint8)
    picture = hatch(picture, kinds == INCONSISTENT)
    return hatch(picture, kinds == LEAVES, crossed=True) if (kinds == LEAVES).any() else picture


def consistency_legend(width: int, kinds: np.ndarray, tolerance: float | int) -> np.ndarray:
    texts = (f"consistent: back within {tolerance:.2g} px", "inconsistent: ends elsewhere", "leaves the picture")
    patch = grey_patch(width)
    painted = [paint(patch, np.full(patch.shape[:2], kind)) for kind in range(3)]
    return patch_legend(width, [Patch(painted[kind], texts[kind], share_of(kinds == kind)) for kind in range(3)])
