"""A displacement in words, for those who cannot see the picture of it."""

import numpy as np
from jaxtyping import Float

from workbench.look.agreement import MOVES

DIRECTIONS = ("right", "down and right", "down", "down and left", "left", "up and left", "up", "up and right")
UNITED = 0.5  # of the mean length: a shorter mean vector means that directions cancel


def in_words(displacement: Float[np.ndarray, "2 h w"], cell: float | int) -> str:
    """Which share of the cells moves, where and how far: "18 % of the cells move, mostly left, up to 24 px".

    displacement in pixels, x then y; cell: side of a cell in pixels, of which half counts as moving.
    """
    lengths = np.hypot(*displacement)
    moving = lengths > MOVES * cell
    if not moving.any():
        return "nothing moves"
    share, (x, y) = moving.mean(), displacement[:, moving].mean(axis=1)
    where = "in several directions"
    if np.hypot(x, y) > UNITED * lengths[moving].mean():
        where = f"mostly {DIRECTIONS[round(np.arctan2(y, x) / (np.pi / 4)) % 8]}"
    return f"{share:.0%} of the cells move, {where}, up to {lengths.max():.3g} px"
