"""Why this arrow? One cell's way from its correlation to its displacement, and what the same knobs do to the whole field."""

import math
from dataclasses import dataclass
from html import escape

import numpy as np

from workbench.draw.html import plate, plates
from workbench.draw.match import draw_correlation, draw_kernel, draw_target, draw_weights, draw_with_settings, match_in_pair, place_of
from workbench.draw.pair import WIDTH, caption, shown_size
from workbench.explore.explorer import Exploration
from workbench.explore.matching import CellMatch, Correspondences, describe_displacement
from workbench.model.motion import MotionConfig
from workbench.text import signed

ESTIMATES = {"kernel-soft-argmax": None, "soft-argmax": math.inf, "hard argmax": 0.0}  # the sigma that makes each; None: as the slider says


@dataclass(frozen=True)
class MatchSettings:
    """How the estimate is turned; None: as the network has it.

    radius: steps, at most those that are stored. kind: one of `KINDS`. sigma: cells. exponent: of the temperature, 10 ** exponent.
    """

    radius: int | None = None
    kind: str = "kernel-soft-argmax"
    sigma: float | int | None = None
    exponent: float | int | None = None

    @classmethod
    def of(cls, motion: MotionConfig) -> "MatchSettings":
        """As a network has them."""
        kind = next((name for name, sigma in ESTIMATES.items() if sigma == motion.sigma), next(iter(ESTIMATES)))
        width = motion.sigma if ESTIMATES[kind] is None else MotionConfig.sigma
        return cls(motion.radius, kind, width, math.log10(motion.temperature))

    def turn(self, correspondences: Correspondences) -> Correspondences:
        """The reading with these knobs. Raises ValueError for a kind that is none, or a value that cannot be."""
        if self.kind not in ESTIMATES:
            raise ValueError(f"the kind of argmax must be one of {', '.join(ESTIMATES)}, got {self.kind!r}")
        sigma = self.sigma if ESTIMATES[self.kind] is None else ESTIMATES[self.kind]
        radius = None if self.radius is None else min(self.radius, correspondences.motion.radius)
        temperature = None if self.exponent is None else 10.0**self.exponent if self.exponent < 300 else math.inf
        if temperature is not None and math.isclose(temperature, correspondences.motion.temperature):
            temperature = None  # the network's own, which its logarithm holds about
        return correspondences.turned(radius, None if sigma is None else float(sigma), temperature)


NO_CHANGES = MatchSettings()


def fresh_settings(before: Exploration | None, exploration: Exploration | None) -> MatchSettings | None:
    """As the network has them, where what is seen is read by other numbers than what was seen before; else None: they stay."""
    if before is None or exploration is None or exploration.correspondences is None:
        return None
    same = before.correspondences is not None and before.correspondences.motion == exploration.correspondences.motion
    return None if same else MatchSettings.of(exploration.correspondences.motion)


def why(exploration: Exploration, pair: int, cell: tuple[int, int], knobs: MatchSettings) -> str:
    """The target with window and arrow, correlation, kernel and weights of a cell, facts, and the whole field so turned.

    Everything is computed from what is stored; the network is not asked again.
    """
    turned = knobs.turn(exploration.correspondences.of_pair(pair))
    match = match_in_pair(turned, cell)
    field, (dx, dy) = turned.displacement()[0], match.displacement
    where = signed(f"cell {cell[0]}, {cell[1]} moves by {dx:.2f}, {dy:.2f} cells")

    target = draw_target(exploration.frames[pair + 1], match, cell, turned.grid, shown_size(exploration)[1], caption(exploration, pair + 1))
    pictures = [
        plate("why-target", "The arrow", "from the cell to where it went", target, f"Target frame with the window: {where}", photo=True),
        plate("why-correlation", "Correlation", "how alike each offset is", draw_correlation(match, WIDTH), correlation_alt(match)),
        plate("why-kernel", "Kernel", "a Gaussian around the peak", draw_kernel(match, WIDTH), f"Kernel: {match.knobs()['sigma']}"),
        plate("why-weights", "Weights", "after the softmax; they sum to 1", draw_weights(match, WIDTH), weights_alt(match)),
        plate("why-field", "The whole field", "every cell with these knobs", draw_with_settings(exploration, turned),
              f"Displacement with these knobs: {describe_displacement(field, turned.cell)}"),
        facts_html(place_of(cell) | match.knobs() | match.answer() | {"in pixels": pixels(match, turned.cell)}),
    ]  # fmt: skip
    return plates(pictures)


def facts_html(values: dict[str, str]) -> str:
    rows = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in values.items())
    return f'<dl class="facts" id="why-facts">{rows}</dl>'


def pixels(match: CellMatch, cell: float) -> str:
    parts = (f"{part * cell:.1f}".replace("-0.0", "0.0") for part in match.displacement)
    return signed(", ".join(parts) + " px")


def correlation_alt(match: CellMatch) -> str:
    x, y = match.peak
    return signed(f"Correlation over the window: the peak, {match.confidence:.2f}, lies {x} cells to the right and {y} down")


def weights_alt(match: CellMatch) -> str:
    return f"Weights over the window: the largest is {np.max(match.weights):.2f}"
