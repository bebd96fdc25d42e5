"""Why this arrow? One cell's way from its correlation to its displacement, and what the same knobs do to the whole field."""

import math
from dataclasses import dataclass
from html import escape

import numpy as np

from workbench.look.explore import Exploration
from workbench.look.match import CellMatch, signed
from workbench.look.reading import Reading
from workbench.look.words import in_words
from workbench.model.motion import MotionConfig
from workbench.page.markup import plate, plates
from workbench.view.panels import WIDTH, caption, shown_size
from workbench.view.spot import draw_target, place_of
from workbench.view.surface import draw_correlation, draw_kernel, draw_weights
from workbench.view.turned import draw_turned, match_of

KINDS = {"kernel-soft-argmax": None, "soft-argmax": math.inf, "hard argmax": 0.0}  # the sigma that makes each; None: as the slider says


@dataclass(frozen=True)
class Knobs:
    """How the estimate is turned; None: as the network has it.

    radius: steps, at most those that are stored. kind: one of `KINDS`. sigma: cells. exponent: of the temperature, 10 ** exponent.
    """

    radius: int | None = None
    kind: str = "kernel-soft-argmax"
    sigma: float | int | None = None
    exponent: float | int | None = None

    @classmethod
    def of(cls, motion: MotionConfig) -> "Knobs":
        """As a network has them."""
        kind = next((name for name, sigma in KINDS.items() if sigma == motion.sigma), next(iter(KINDS)))
        width = motion.sigma if KINDS[kind] is None else MotionConfig.sigma
        return cls(motion.radius, kind, width, math.log10(motion.temperature))

    def turn(self, reading: Reading) -> Reading:
        """The reading with these knobs. Raises ValueError for a kind that is none, or a value that cannot be."""
        if self.kind not in KINDS:
            raise ValueError(f"the kind of argmax must be one of {', '.join(KINDS)}, got {self.kind!r}")
        sigma = self.sigma if KINDS[self.kind] is None else KINDS[self.kind]
        radius = None if self.radius is None else min(self.radius, reading.motion.radius)
        temperature = None if self.exponent is None else 10.0**self.exponent if self.exponent < 300 else math.inf
        if temperature is not None and math.isclose(temperature, reading.motion.temperature):
            temperature = None  # the network's own, which its logarithm holds about
        return reading.turned(radius, None if sigma is None else float(sigma), temperature)


PLAIN = Knobs()


def fresh_knobs(before: Exploration | None, seen: Exploration | None) -> Knobs | None:
    """As the network has them, where what is seen is read by other numbers than what was seen before; else None: they stay."""
    if before is None or seen is None or seen.reading is None:
        return None
    same = before.reading is not None and before.reading.motion == seen.reading.motion
    return None if same else Knobs.of(seen.reading.motion)


def why(seen: Exploration, pair: int, cell: tuple[int, int], knobs: Knobs) -> str:
    """The target with window and arrow, correlation, kernel and weights of a cell, facts, and the whole field so turned.

    Everything is computed from what is stored; the network is not asked again.
    """
    turned = knobs.turn(seen.reading.of_pair(pair))
    match = match_of(turned, cell)
    field, (dx, dy) = turned.displacement()[0], match.displacement
    where = signed(f"cell {cell[0]}, {cell[1]} moves by {dx:.2f}, {dy:.2f} cells")

    target = draw_target(seen.frames[pair + 1], match, cell, turned.grid, shown_size(seen)[1], caption(seen, pair + 1))
    pictures = [
        plate("why-target", "The arrow", "from the cell to where it went", target, f"Target frame with the window: {where}", photo=True),
        plate("why-correlation", "Correlation", "how alike each offset is", draw_correlation(match, WIDTH), correlation_alt(match)),
        plate("why-kernel", "Kernel", "a Gaussian around the peak", draw_kernel(match, WIDTH), f"Kernel: {match.knobs()['sigma']}"),
        plate("why-weights", "Weights", "after the softmax; they sum to 1", draw_weights(match, WIDTH), weights_alt(match)),
        plate("why-field", "The whole field", "every cell with these knobs", draw_turned(seen, turned),
              f"Displacement with these knobs: {in_words(field, turned.cell)}"),
        facts(place_of(cell) | match.knobs() | match.answer() | {"in pixels": pixels(match, turned.cell)}),
    ]  # fmt: skip
    return plates(pictures)


def facts(values: dict[str, str]) -> str:
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
