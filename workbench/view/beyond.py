"""Cells whose motion may be faster than the window can see, hatched on a picture of the pair."""

import numpy as np
from numpy.typing import ArrayLike

from workbench.view.canvas import as_frame
from workbench.view.hatch import Patch, cells_to_pixels, grey_patch, hatch, patch_legend, share_of

FASTER = "faster than the window can see"


def mark_beyond(picture: ArrayLike, beyond: ArrayLike, height: int | None = None, reach: float | int | None = None) -> np.ndarray:
    """The picture `h w 3` uint8 of a pair with the cells `h w` hatched that are True, over a legend that says what this means.

    height: rows of pixels of the field, where a legend hangs beneath it already; by default the whole picture is field.
    reach: of the window in pixels, to be named. Raises ValueError for other shapes, or a field higher than the picture.
    """
    picture, beyond = as_frame(picture), np.asarray(beyond)
    if beyond.ndim != 2 or 0 in beyond.shape or beyond.dtype != bool:
        raise ValueError(f"cells beyond the window are 'h w' bool, got shape {beyond.shape} {beyond.dtype}")
    whole, width, _ = picture.shape
    rows = whole if height is None else height
    if not 1 <= rows <= whole:
        raise ValueError(f"the field has 1 to {whole} rows of pixels, as the picture, got {height}")

    field = hatch(picture[:rows], cells_to_pixels(beyond, (rows, width)))
    return np.concatenate([field, picture[rows:], beyond_legend(width, beyond, reach)])


def beyond_legend(width: int, beyond: np.ndarray, reach: float | int | None) -> np.ndarray:
    patch = grey_patch(width)
    patch = hatch(patch, np.ones(patch.shape[:2], bool))
    text = FASTER + (f" ({reach:.3g} px)" if reach else "")
    return patch_legend(width, [Patch(patch, text, share_of(beyond))])
