"""A table of shares: what an experiment changed, by what came of it."""

import textwrap
from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from workbench.view.figure import WIDTH, panels, percent
from workbench.view.style import INK, PAPER

PLACES = (0.3, 0.55)  # inches: of the title and the heads; of a row


def draw_shares(rows: Mapping[str, Mapping[str, float]], title: str = "") -> Figure:
    """A row for each change, a column for each outcome: shares in [0, 1] as a percentage and a shade, darker for more.

    All rows must have the same outcomes; nan is left blank. Raises ValueError where they have not, or where there are none.
    """
    heads = list(next(iter(rows.values()), {}))
    if not heads or any(list(row) != heads for row in rows.values()):
        raise ValueError(f"every row needs the same outcomes, got {[list(row) for row in rows.values()]}")
    shares = np.array([list(row.values()) for row in rows.values()], dtype=float)

    head, line = PLACES
    figure, (axes,) = panels(height=2.4 * head + 0.62 * line * len(rows) + 0.15, width=max(WIDTH, 1.8 + 1.45 * len(heads)))
    axes.imshow(np.ma.masked_invalid(shares), cmap="Blues", vmin=0, vmax=1.15, aspect="auto")
    for row, column in np.argwhere(np.isfinite(shares)):
        share = float(shares[row, column])
        axes.text(column, row, percent(share), ha="center", va="center", color=PAPER if share > 0.6 else INK, fontsize=10)

    axes.set_xticks(range(len(heads)), [wrapped(name) for name in heads], color=INK)
    axes.set_yticks(range(len(rows)), list(rows), color=INK)
    axes.xaxis.tick_top()
    axes.grid(visible=False)
    axes.spines["bottom"].set_visible(False)
    if title:
        axes.set_title(title, loc="left", color=INK, fontsize=10)
    return figure


def wrapped(name: str, width: int = 17) -> str:
    """The name in lines of about `width` letters."""
    return "\n".join(textwrap.wrap(name, width))
