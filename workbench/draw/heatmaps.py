"""Heat maps with their scale: channels, errors, correlation surfaces, and class activation over the frames of a clip."""

from collections.abc import Mapping, Sequence

import numpy as np
from einops import rearrange, repeat
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike
from PIL import Image, ImageColor

from workbench.draw.canvas import as_frame, as_grey, as_map, as_shares, enlarge, mount
from workbench.draw.charts import make_axes
from workbench.draw.fields import draw_strip
from workbench.draw.legends import MIDDLE_GREY, TWO_LINES, Item, draw_colour_bar, draw_legend, draw_scale
from workbench.draw.style import (
    BLUE,
    HAIRLINE,
    INK,
    MUTED,
    ORANGE,
    PAPER,
    PLAIN_COLOURS,
    SIGNED_COLOURS,
    letter_size,
    values_to_colour,
)

MAP_SIDE, MAP_LEFT, MAP_BELOW, MAP_TITLE = 2.3, 0.5, 0.45, 0.3  # inches: a map with its margin, numbers and name of an axis, title
MAP_GAP, MAP_BAR, MAP_UNDER = 0.14, 0.09, 0.45  # between two maps; the colour bar; what stands beneath it


def draw_maps(
    maps: Mapping[str, ArrayLike], unit: str = "", limit: float | None = None, axes_names: tuple[str, str] | None = None
) -> Figure:
    """Maps `h w` under their titles, each over a colour bar in `unit`; those with negative values are purple below and orange above 0.

    limit: the end of all scales, by default the greatest value of each map; larger values have the colour of the end.
    axes_names: what counts across and down, with numbers on the axes, where that is not the picture's own x and y.
    Raises ValueError where there are no maps, or for another shape.
    """
    fields = {title: as_map(field, f"the map {title!r}").astype(float) for title, field in maps.items()}
    if not fields:
        raise ValueError("there are no maps to draw")

    each = MAP_SIDE if len(fields) < 5 else 0.85 * MAP_SIDE
    left, below = (MAP_LEFT, MAP_BELOW) if axes_names else (0.0, 0.1)
    size = np.array([(each + left) * len(fields), each + below + MAP_BAR + MAP_UNDER + MAP_TITLE])
    figure = Figure(figsize=tuple(size), dpi=150, facecolor=PAPER)
    for place, (title, field) in enumerate(fields.items()):
        corner = np.array([(each + left) * place + left + MAP_GAP / 2, MAP_BAR + MAP_UNDER + below])
        axes = figure.add_axes((*corner / size, *np.array([each - MAP_GAP, each]) / size))
        bar = figure.add_axes((*np.array([corner[0], MAP_UNDER]) / size, *np.array([each - MAP_GAP, MAP_BAR]) / size))
        _draw_map(axes, bar, field, limit, axes_names)
        axes.set_title(title, loc="left", color=INK, fontsize=10)
        bar.set_xlabel(unit, color=MUTED, fontsize=8)
    return figure


def _draw_map(axes: Axes, bar: Axes, field: np.ndarray, limit: float | None, names: tuple[str, str] | None) -> None:
    signed, top = bool(np.nanmin(field) < 0), limit or float(np.nanmax(np.abs(field))) or 1.0
    picture = axes.imshow(
        field, cmap=SIGNED_COLOURS if signed else PLAIN_COLOURS, vmin=-top if signed else 0, vmax=top, aspect="auto" if names else "equal"
    )
    scale = bar.figure.colorbar(picture, cax=bar, orientation="horizontal")
    scale.outline.set_edgecolor(HAIRLINE)
    scale.locator = MaxNLocator(4)
    bar.tick_params(colors=MUTED, labelsize=8, length=0)
    axes.tick_params(colors=MUTED, labelsize=8, length=0)
    axes.spines[:].set_color(HAIRLINE)
    if names:
        axes.set_xlabel(names[0], color=INK, fontsize=9)
        axes.set_ylabel(names[1], color=INK, fontsize=9)
    else:
        axes.set(xticks=[], yticks=[])


def draw_heat_map(
    values: ArrayLike,
    size: tuple[int, int],
    scale: tuple[float, float],
    name: str,
    ends: tuple[str, str],
    keys: Sequence[Item] = (),
    letter: int | None = None,
) -> np.ndarray:
    """Values `h w` in cividis at `size`, one block a cell, over their name and colour bar: `h w 3` uint8, to stand beside frames.

    scale: the values in the darkest and the brightest colour, which those beyond have, too; cells that are nan are grey. ends: the
    words for both. keys: patches and words of the legend beside the bar. letter: its size in pixels. Raises ValueError for another shape.
    """
    field = enlarge(values_to_colour(as_map(values, f"a map of {name}"), *scale), size, smooth=False)
    return mount(field, draw_scale(size[1], name, ends, keys, letter))


def draw_confidence(confidence: ArrayLike, size: tuple[int, int], low: float = 0.0) -> np.ndarray:
    """`h w` in [0, 1] as a heat map from `low` to 1.

    Cosines of a trained network crowd near 1, so that a scale from 0 may show one colour. Raises ValueError for another shape.
    """
    return draw_heat_map(as_shares(confidence), size, (low, 1), "confidence", (f"{low:g}", "1"))


def draw_probability(probability: ArrayLike, size: tuple[int, int]) -> np.ndarray:
    """`h w`, that each match is right within a cell, as a heat map from 0 to 1. Raises ValueError for another shape."""
    return draw_heat_map(as_shares(probability), size, (0, 1), "probability of being right within a cell", ("0", "1"))


def draw_error(error: ArrayLike, size: tuple[int, int], limit: float) -> np.ndarray:
    """An endpoint error `h w` in pixels as a heat map up to the limit. Raises ValueError for another shape."""
    return draw_heat_map(error, size, (0, limit), "endpoint error", ("0", f"{limit:g} px or more"))


LEAST_RANGE = 0.01  # of a scale, from its lowest to its highest value: rounding is no relief


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

    figure, places = make_axes(height=3.6, width=0.3 + 2.9 * len(arrays), columns=len(arrays))
    for axes, (name, surface) in zip(places, arrays.items(), strict=True):
        _draw_relief(axes, surface)
        axes.set_title(name, loc="left", color=INK, fontsize=10)
    places[0].set_ylabel("dy in cells, downwards", color=MUTED, fontsize=9)
    return figure


def _draw_relief(axes: Axes, surface: np.ndarray) -> None:
    radius, top = len(surface) // 2, float(surface.max())
    low, rim = min(float(surface.min()), top - LEAST_RANGE), radius + 0.5
    image = axes.imshow(surface, cmap=PLAIN_COLOURS, vmin=low, vmax=top, extent=(-rim, rim, rim, -rim))
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


# One light, one dark: so they can be told without colours.
FOR, AGAINST = (np.array(ImageColor.getrgb(colour), dtype=np.float32) for colour in (ORANGE, BLUE))
FULL_EVIDENCE = 0.7  # the frame stays visible under full colour


def draw_activations(
    frames: ArrayLike,
    evidence: ArrayLike,
    limit: float,
    captions: Sequence[str] = (),
    columns: int | None = None,
    width: int = 120,
    label: str = "the class",
) -> np.ndarray:
    """The evidence `t gh gw` in logits over all frames of a clip `t h w 3`, in reading order over one legend, since they have one
    scale: orange for the class, blue against it.

    limit: the evidence in full colour. Tiles are `width` pixels wide, `columns` to a row, by default all. label: of the class,
    for the legend. Raises ValueError for other shapes, or a limit that is not a positive number.
    """
    frames, evidence = np.asarray(frames), np.asarray(evidence, dtype=np.float32)
    if frames.ndim != 4 or evidence.ndim != 3 or len(frames) != len(evidence) or 0 in evidence.shape:
        raise ValueError(f"evidence is 't gh gw' over as many frames 't h w 3', got shapes {evidence.shape} and {frames.shape}")
    size = (round(width * frames.shape[1] / frames.shape[2]), width)
    tiles = [lay_evidence_over(enlarge(as_frame(frame), size), each, limit) for frame, each in zip(frames, evidence, strict=True)]
    strip = draw_strip(np.stack(tiles), captions, columns=columns, width=width)
    return np.concatenate([strip, draw_activation_legend(strip.shape[1], limit, label)])


def lay_evidence_over(frame: np.ndarray, evidence: np.ndarray, limit: float) -> np.ndarray:
    """The frame `h w 3` in grey, coloured the more the stronger the evidence, smooth between the middles of cells."""
    if not 0 < limit < np.inf:
        raise ValueError(f"the limit must be a positive number, got {limit}")
    h, w, _ = frame.shape
    smooth = np.asarray(Image.fromarray(evidence).resize((w, h), Image.Resampling.BILINEAR))
    level = rearrange(np.clip(smooth / limit, -1, 1), "h w -> h w 1")
    opacity = FULL_EVIDENCE * np.abs(level)
    return np.rint(as_grey(frame) * (1 - opacity) + np.where(level > 0, FOR, AGAINST) * opacity).astype(np.uint8)


def draw_activation_legend(width: int, limit: float, label: str) -> np.ndarray:
    """What is shown, and its scale over the grey that a frame might be: against the class on the left, for it on the right."""
    size, length = letter_size(width), max(width // 3, 1)
    levels = repeat(np.linspace(-limit, limit, length, dtype=np.float32), "x -> 1 x")
    (colours,) = lay_evidence_over(np.full((1, length, 3), MIDDLE_GREY, np.uint8), levels, limit)
    bar = draw_colour_bar(f"against: −{limit:.2g}", f"for: {limit:.2g}", length, size, colours)
    return draw_legend(width, [f"evidence for {label}, in logits"], [bar], height=round(TWO_LINES * size))
