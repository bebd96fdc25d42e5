"""Why this arrow? One cell from its correlation to its displacement, under other settings too."""

import numpy as np
from markupsafe import Markup

from workbench.draw.html import note, plate, plates, render
from workbench.draw.match import describe_cell, draw_correlation, draw_kernel, draw_target, draw_weights, draw_with_settings
from workbench.draw.pair import PAIR_WIDTH, caption, picture_size
from workbench.explore.explorer import Exploration
from workbench.explore.matching import NO_CHANGES, CellMatch, MatchSettings, describe_displacement, match_in_pair
from workbench.page.tab import Selection, errors_as_html
from workbench.text import signed

ABOUT_REFINED = (
    "The pictures above are refined for display: neighbouring cells decide together. Below, the cell decides alone, as it does in the"
    " network; so its arrow may be another one."
)


@errors_as_html
def why_section(exploration: Exploration | None, selection: Selection, settings: MatchSettings = NO_CHANGES) -> str:
    """The target with window and arrow, correlation, kernel and weights of a cell, facts, and the whole field so set.

    Everything is computed from what is stored; the network is not asked again.
    """
    if not exploration or not exploration.correspondences:
        return Markup()
    pair, cell = selection.pair, selection.cell
    correspondences = exploration.correspondences.of_pair(pair)
    correspondences = correspondences.with_settings(settings.within(correspondences.motion))
    match, size, side = match_in_pair(correspondences, cell), picture_size(exploration), correspondences.cell
    field, (dx, dy) = correspondences.displacement()[0], match.displacement
    where = signed(f"cell {cell[0]}, {cell[1]} moves by {dx:.2f}, {dy:.2f} cells")

    target = draw_target(exploration.frames[pair + 1], match, cell, correspondences.grid, size[1], caption(exploration, pair + 1))
    about = note(ABOUT_REFINED) if exploration.correspondences.refined else Markup()
    facts = describe_cell(cell) | match.describe_settings() | match.describe_result() | {"in pixels": arrow_in_pixels(match, side)}
    return about + plates([
        plate("why-target", "The arrow", "from the cell to where it went", target, f"Target frame with the window: {where}", photo=True),
        plate("why-correlation", "Correlation", "how alike each offset is", draw_correlation(match, PAIR_WIDTH), correlation_alt(match)),
        plate("why-kernel", "Kernel", "a Gaussian around the peak", draw_kernel(match, PAIR_WIDTH),
              f"Kernel: {match.describe_settings()['sigma']}"),
        plate("why-weights", "Weights", "after the softmax; they sum to 1", draw_weights(match, PAIR_WIDTH),
              f"Weights over the window: the largest is {np.max(match.weights):.2f}"),
        plate("why-field", "The whole field", "every cell with these knobs", draw_with_settings(exploration, correspondences),
              f"Displacement with these knobs: {describe_displacement(field, side)}"),
        render("facts.html", id="why-facts", facts=facts.items()),
    ])  # fmt: skip


def arrow_in_pixels(match: CellMatch, cell: float) -> str:
    parts = (f"{part * cell:.1f}".replace("-0.0", "0.0") for part in match.displacement)
    return signed(", ".join(parts) + " px")


def correlation_alt(match: CellMatch) -> str:
    x, y = match.peak
    return signed(f"Correlation over the window: the peak, {match.confidence:.2f}, lies {x} cells to the right and {y} down")
