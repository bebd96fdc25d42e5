"""The tab Why this arrow?: one cell from its correlation to its displacement, under other settings too."""

from typing import NamedTuple

import numpy as np
from markupsafe import Markup

from workbench.draw.html import plate, plates, render
from workbench.draw.match import describe_cell, draw_correlation, draw_kernel, draw_target, draw_weights, draw_with_settings
from workbench.draw.pair import PAIR_WIDTH, caption, picture_size
from workbench.explore.explorer import Exploration
from workbench.explore.matching import CellMatch, MatchSettings, describe_displacement, match_in_pair
from workbench.model.motion import MotionConfig
from workbench.text import signed


class LastLook(NamedTuple):
    """What the next look must know of the last one, also where that has left nothing to show.

    motion: the numbers by which its video was matched; None where it was not.
    """

    motion: MotionConfig | None

    @classmethod
    def of(cls, exploration: Exploration) -> "LastLook":
        return cls(exploration.correspondences.motion if exploration.correspondences else None)


def fresh_settings(last: LastLook | None, exploration: Exploration | None) -> MatchSettings | None:
    """As the network has them, where a video is matched by other numbers than in the last look; else None: they stay."""
    if last is None or exploration is None or exploration.correspondences is None:
        return None
    motion = exploration.correspondences.motion
    return None if motion == last.motion else MatchSettings.of(motion)


def why(exploration: Exploration, pair: int, cell: tuple[int, int], settings: MatchSettings) -> Markup:
    """The target with window and arrow, correlation, kernel and weights of a cell, facts, and the whole field so set.

    Everything is computed from what is stored; the network is not asked again.
    """
    correspondences = exploration.correspondences.of_pair(pair)
    correspondences = correspondences.with_settings(settings.within(correspondences.motion))
    match, size, side = match_in_pair(correspondences, cell), picture_size(exploration), correspondences.cell
    field, (dx, dy) = correspondences.displacement()[0], match.displacement
    where = signed(f"cell {cell[0]}, {cell[1]} moves by {dx:.2f}, {dy:.2f} cells")

    target = draw_target(exploration.frames[pair + 1], match, cell, correspondences.grid, size[1], caption(exploration, pair + 1))
    facts = describe_cell(cell) | match.describe_settings() | match.describe_result() | {"in pixels": pixels(match, side)}
    pictures = [
        plate("why-target", "The arrow", "from the cell to where it went", target, f"Target frame with the window: {where}", photo=True),
        plate("why-correlation", "Correlation", "how alike each offset is", draw_correlation(match, PAIR_WIDTH), correlation_alt(match)),
        plate("why-kernel", "Kernel", "a Gaussian around the peak", draw_kernel(match, PAIR_WIDTH),
              f"Kernel: {match.describe_settings()['sigma']}"),
        plate("why-weights", "Weights", "after the softmax; they sum to 1", draw_weights(match, PAIR_WIDTH), weights_alt(match)),
        plate("why-field", "The whole field", "every cell with these knobs", draw_with_settings(exploration, correspondences),
              f"Displacement with these knobs: {describe_displacement(field, side)}"),
        render("facts.html", id="why-facts", facts=facts.items()),
    ]  # fmt: skip
    return plates(pictures)


def pixels(match: CellMatch, cell: float) -> str:
    parts = (f"{part * cell:.1f}".replace("-0.0", "0.0") for part in match.displacement)
    return signed(", ".join(parts) + " px")


def correlation_alt(match: CellMatch) -> str:
    x, y = match.peak
    return signed(f"Correlation over the window: the peak, {match.confidence:.2f}, lies {x} cells to the right and {y} down")


def weights_alt(match: CellMatch) -> str:
    return f"Weights over the window: the largest is {np.max(match.weights):.2f}"
