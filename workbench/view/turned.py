"""What other knobs make of a pair, from what is stored: one cell's whole way, and the whole field."""

import numpy as np

from workbench.look.explore import Exploration
from workbench.look.match import CellMatch, match_cell
from workbench.look.reading import Reading
from workbench.view.draw import draw_displacement
from workbench.view.panels import colour_limit, shown_size
from workbench.view.spot import draw_match


def match_of(turned: Reading, cell: tuple[int, int]) -> CellMatch:
    """How a cell (row, column) of the first pair of a reading finds its arrow, by the reading's own numbers.

    Raises ValueError for a cell that the grid does not have.
    """
    row, column = cell
    if not (0 <= row < turned.grid[0] and 0 <= column < turned.grid[1]):
        raise ValueError(f"the grid has {turned.grid[0]} rows and {turned.grid[1]} columns of cells, so there is no cell {row}, {column}")
    motion = turned.motion
    return match_cell(turned.correlation[0, row, column], None, motion.sigma, motion.temperature, motion.dilation)


def draw_spot(exploration: Exploration, pair: int, cell: tuple[int, int], turned: Reading) -> np.ndarray:
    """A cell's way to its arrow on one sheet, `h w 3` uint8; turned: the reading of this one pair, with any knobs."""
    source, target = exploration.frames[pair : pair + 2]
    return draw_match(source, target, match_of(turned, cell), cell, turned.grid)


def draw_turned(exploration: Exploration, turned: Reading) -> np.ndarray:
    """The displacement of one pair with other knobs, on the scale of the clip as the network found it: `h w 3` uint8."""
    return draw_displacement(turned.displacement()[0], shown_size(exploration), colour_limit(exploration))
