"""Surfaces of cells with their own scale of colour, so that low hills can be seen beside high ground."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike

from workbench.view.figure import panels
from workbench.view.style import INK, MUTED

SHALLOWEST = 0.01  # of a scale, from its lowest to its highest value: rounding is no relief


def draw_reliefs(surfaces: Mapping[str, ArrayLike]) -> Figure:
    """Surfaces `dy dx` by name, side by side, each in cividis from its own lowest to its own highest value.

    The bar beneath says which values these are, a square marks the highest. Offsets are in cells, dx to the right and dy
    downwards. Raises ValueError for no surfaces, or one that is not square and odd.
    """
    arrays = {name: np.asarray(surface, dtype=float) for name, surface in surfaces.items()}
    for name, surface in arrays.items():
        if surface.ndim != 2 or surface.shape[0] != surface.shape[1] or len(surface) % 2 == 0:
            raise ValueError(f"a surface is 'dy dx', square and odd; {name!r} has shape {surface.shape}")
    if not arrays:
        raise ValueError("there are no surfaces to draw")

    figure, places = panels(height=3.6, width=0.3 + 2.9 * len(arrays), columns=len(arrays))
    for axes, (name, surface) in zip(places, arrays.items(), strict=True):
        _draw_relief(axes, surface)
        axes.set_title(name, loc="left", color=INK, fontsize=10)
    places[0].set_ylabel("dy in cells, downwards", color=MUTED, fontsize=9)
    return figure


def _draw_relief(axes: Axes, surface: np.ndarray) -> None:
    radius, top = len(surface) // 2, float(surface.max())
    low, rim = min(float(surface.min()), top - SHALLOWEST), radius + 0.5
    image = axes.imshow(surface, cmap="cividis", vmin=low, vmax=top, extent=(-rim, rim, rim, -rim))
    row, column = np.unravel_index(surface.argmax(), surface.shape)
    axes.add_patch(Rectangle((column - rim, row - rim), 1, 1, fill=False, edgecolor=INK, linewidth=2.2))

    axes.grid(visible=False)
    axes.spines["bottom"].set_visible(False)
    ticks = range(-radius, radius + 1, max(radius // 2, 1))
    axes.set(xticks=ticks, yticks=ticks)
    axes.set_xlabel("dx in cells   (□ the peak)", color=MUTED, fontsize=9)
    bar = axes.figure.colorbar(image, ax=axes, orientation="horizontal", shrink=0.75, aspect=22, ticks=[low, top])
    bar.outline.set_visible(False)
    bar.ax.set_xticklabels([f"{low:.2f}", f"{top:.2f}"], color=MUTED, fontsize=9)
