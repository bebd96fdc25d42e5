"""What charts share: paper, pens, and the way to a picture; pyplot's global state is never touched."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from .style import HAIRLINE, LINES, MUTED, PAPER, SERIES

WIDTH = 6.4  # inches; shown 600 pixels wide, ten points are 13 pixels


def chart_to_picture(figure: Figure) -> np.ndarray:
    """The chart as `h w 3` uint8, to stand beside pictures, or in a notebook, where a figure without pyplot does not show itself."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.array(canvas.buffer_rgba())[..., :3]


def panels(height: float, width: float = WIDTH, columns: int = 1) -> tuple[Figure, list[Axes]]:
    """Tidy axes side by side on paper of their own: no box, a few faint lines to read values by."""
    layout = ConstrainedLayoutEngine(w_pad=0.08, h_pad=0.08)
    figure = Figure(figsize=(width, height), dpi=150, facecolor=PAPER, layout=layout)
    panels = list(figure.subplots(1, columns, squeeze=False).flat)
    for axes in panels:
        axes.set_facecolor(PAPER)
        axes.spines[["top", "right", "left"]].set_visible(False)
        axes.spines["bottom"].set_color(MUTED)
        axes.tick_params(colors=MUTED, labelsize=10, length=0)
        axes.grid(axis="y", color=HAIRLINE, linewidth=0.8)
        axes.set_axisbelow(True)
    return figure, panels


def pen(place: int) -> dict[str, Any]:
    """Colour and dashes of the line at a place."""
    return {"color": SERIES[place % len(SERIES)], "linestyle": LINES[place % len(LINES)], "linewidth": 2}


def percent(fraction: float) -> str:
    digits = 0 if 0.1 <= fraction < 0.99 or fraction in (0, 1) else 1  # near the ends a whole percent says too little
    return f"{100 * fraction:.{digits}f} %"
