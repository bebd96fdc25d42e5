"""What lies over a camera's picture, as numbers or a small picture: a browser draws it faster than a whole picture travels."""

import numpy as np
from numpy.typing import ArrayLike

from workbench.draw.canvas import as_png
from workbench.draw.fields import colour_layer, place_arrows
from workbench.draw.html import as_data_uri

DRAWN_ACROSS = 560  # pixels for which arrows are placed, as those of the clip that plays


def list_arrows(displacement: ArrayLike, probability: ArrayLike, frame: tuple[int, int]) -> list[list[float]]:
    """Each arrow as x, y, dx, dy, in shares of the frame's width and height, and its opacity in [0, 1]; the faintest first.

    displacement `2 h w` in pixels of the frame, x then y; frame: its rows and columns. Raises ValueError for another shape.
    """
    height, width = frame
    size = (max(round(DRAWN_ACROSS * height / width), 1), DRAWN_ACROSS)
    arrows = place_arrows(displacement, probability, size)
    values = np.column_stack([arrows.starts / size[::-1], arrows.offsets / (width, height), arrows.strength])
    known = values[np.isfinite(values).all(axis=1)]
    return np.round(known[np.argsort(known[:, 4], kind="stable")], 4).tolist()


def colours_as_uri(displacement: ArrayLike, probability: ArrayLike, limit: float) -> str:
    """The colours over a grey frame, a pixel a cell, as the address of a picture; limit: pixels, as the displacement, in full colour."""
    return as_data_uri("png", as_png(colour_layer(displacement, probability, limit), quick=True))
