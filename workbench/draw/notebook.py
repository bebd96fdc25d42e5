"""What notebooks show: pictures and charts, also while a cell runs, and widgets, which are still pictures without a live kernel."""

import base64
import math
from collections.abc import Callable
from functools import lru_cache

import anywidget
import ipywidgets
import numpy as np
import torch
import traitlets
from IPython.display import DisplayHandle
from IPython.display import Image as ShownImage
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from workbench.draw.canvas import as_png
from workbench.draw.charts import chart_to_picture
from workbench.draw.fields import draw_frame, draw_strip, side_by_side
from workbench.draw.html import TEMPLATES, piece
from workbench.draw.legends import draw_caption
from workbench.draw.match import MATCH_WIDTH, describe_cell, draw_match, draw_source, draw_surfaces, draw_target, frame_height
from workbench.explore.matching import find_moving_cell, match_cell
from workbench.model.motion import Motion, MotionConfig

DENSITY = 1.6  # pixels of a chart for each that it takes on the page: sharp on fine screens


def show(picture: np.ndarray | Figure, alt: str = "") -> ShownImage:
    """A picture `h w 3` uint8, or a chart, as the last value of a cell. alt: what it shows, for those who cannot see it."""
    density = DENSITY if isinstance(picture, Figure) else 1
    pixels = chart_to_picture(picture) if isinstance(picture, Figure) else np.asarray(picture)
    return ShownImage(data=as_png(pixels), format="png", width=round(pixels.shape[1] / density), alt=alt or None)


class LivePicture:
    """Shown where it is made, changed by `update`; what stays in the notebook is the last picture."""

    def __init__(self, alt: str = ""):
        self.alt, self.handle, self.visible = alt, DisplayHandle(), False

    def update(self, picture: Figure) -> None:
        (self.handle.update if self.visible else self.handle.display)(show(picture, self.alt))
        self.visible = True


class CellPicker(anywidget.AnyWidget):
    """A PNG over which a grid of rows and columns lies; `cell`, row and column from 0, follows clicks and arrow keys.

    field: share of the picture's height, from the top, that the grid covers; below hang caption and legend.
    description: what screen readers say. As wide on the page as its layout says; needs nothing from outside the machine.
    """

    _esm = (TEMPLATES / "cell_picker.js").read_text(encoding="utf-8")
    _css = """
        .cell-picker { position: relative; line-height: 0; }
        .cell-picker img { width: 100%; height: auto; cursor: crosshair; }
        .cell-picker div { position: absolute; box-sizing: border-box; pointer-events: none;
                           border: 1px solid white; outline: 1px solid black; }
        .cell-picker:focus-visible { outline: 2px solid #0072b2; outline-offset: 2px; }
    """
    picture = traitlets.Bytes().tag(sync=True)
    grid = traitlets.Tuple(traitlets.Int(), traitlets.Int(), default_value=(1, 1)).tag(sync=True)
    cell = traitlets.Tuple(traitlets.Int(), traitlets.Int(), default_value=(0, 0)).tag(sync=True)
    field = traitlets.Float(1.0).tag(sync=True)
    description = traitlets.Unicode("").tag(sync=True)


WIDGET_PANEL, WIDGET_GAP = 268, 8  # pixels of a panel on the page, and between two; its picture has half as many again, for fine screens
SIGMAS = {"hard": 0.0, "soft": math.inf}  # of the kinds of argmax that need no slider
SLIDER = {"style": {"description_width": "86px"}, "layout": {"width": f"{WIDGET_PANEL}px", "margin": "2px 0"}}


class StillBox(ipywidgets.VBox):
    """A box that is widgets in a live notebook, and the picture of `still()` wherever there is no kernel."""

    about = ""
    scale = 1.0  # of the picture on a page

    def still(self) -> np.ndarray:
        """The state as one picture, `h w 3` uint8."""
        raise NotImplementedError

    def __repr__(self) -> str:
        return self.about

    def _repr_mimebundle_(self, **options) -> tuple[dict, dict]:
        """Both, in one bundle: a page shows the first kind it can."""
        picture = self.still()
        data = {**(super()._repr_mimebundle_(**options) or {}), "image/png": base64.b64encode(as_png(picture)).decode()}
        return data, {"image/png": {"width": round(picture.shape[1] * self.scale), "alt": self.about}}


class MatchWidget(StillBox):
    """Choose a cell of the source frame by a click or the arrow keys, change the settings, and see how the cell finds its arrow.

    frames: `t h w 3` uint8. motion: of one clip, from each frame to the next.
    config: the settings at the start, and the dilation; by default the paper's. The radius starts at all that is stored, the
    cell in the middle of what moves.

    `pair`, `radius`, `kind`, `sigma` and `temperature` are the controls, `picker.cell` is the cell (row, column), and `match`
    what they lead to. Raises ValueError for arrays of other shapes.
    """

    about = "How a cell finds its arrow (click a cell, turn the knobs: needs a live kernel)"
    scale = WIDGET_PANEL / MATCH_WIDTH

    def __init__(self, frames: ArrayLike, motion: Motion, config: MotionConfig | None = None):
        if len(motion.correlation) != 1:
            raise ValueError(f"motion must be of one clip, got {len(motion.correlation)}")
        self.frames, self.correlation = np.asarray(frames), motion.correlation[0].detach().cpu().numpy()
        pairs, rows, columns, window, _ = self.correlation.shape
        if self.frames.ndim != 4 or len(self.frames) != pairs + 1:
            raise ValueError(f"{pairs} pairs need frames 't h w 3' with t = {pairs + 1}, got shape {self.frames.shape}")
        config = config or MotionConfig()
        self.dilation, self.grid = config.dilation, (rows, columns)

        self.pair = ipywidgets.IntSlider(0, 0, pairs - 1, description="pair", **SLIDER)
        self.radius = ipywidgets.IntSlider(window // 2, 1, window // 2, description="radius", **SLIDER)
        self.kind, self.sigma = make_argmax_controls(config.sigma)
        self.temperature = ipywidgets.FloatLogSlider(config.temperature, min=-4, max=1, step=0.05, description="temperature", **SLIDER)
        self.picker = CellPicker(
            grid=self.grid,
            cell=find_moving_cell(torch.as_tensor(self.correlation[0]), config.sigma),
            layout=fix_width(WIDGET_PANEL),
            description=self.about,
        )
        self.target, self.surfaces = make_image(WIDGET_PANEL), make_image(3 * WIDGET_PANEL + 2 * WIDGET_GAP)
        self.facts = ipywidgets.HTML()

        self.refresh()
        controls = [self.pair, self.radius, self.kind, self.sigma, self.temperature]
        for control in controls:
            control.observe(self.refresh, "value")
        self.picker.observe(self.refresh, "cell")
        # A browser draws no slider of one value.
        drawable = [control for control in controls if getattr(control, "min", 0) != getattr(control, "max", 1)]
        super().__init__([make_row(self.picker, self.target, ipywidgets.VBox([*drawable, self.facts])), self.surfaces])

    def refresh(self, change: dict | None = None) -> None:
        """The match that the settings lead to, and its pictures."""
        pair, cell = self.pair.value, self.picker.cell
        source = draw_source(self.frames[pair], cell, self.grid, caption=f"source: frame {pair} · click a cell")

        kind = str(self.kind.value)
        self.sigma.disabled = kind in SIGMAS
        sigma = SIGMAS.get(kind, self.sigma.value or 0.0)
        self.match = match_cell(self.correlation[pair][cell], self.radius.value, sigma, self.temperature.value, self.dilation)
        target = draw_target(self.frames[pair + 1], self.match, cell, self.grid, caption=f"target: frame {pair + 1}")

        self.picker.field = frame_height(self.frames[pair], MATCH_WIDTH) / len(source)
        self.picker.picture = as_png(source, quick=True)
        self.target.value, self.surfaces.value = as_png(target, quick=True), as_png(draw_surfaces(self.match), quick=True)
        self.facts.value = str(piece("fact_table", describe_cell(cell) | {"estimate": self.match.kind} | self.match.describe_result()))

    def still(self) -> np.ndarray:
        source, target = self.frames[self.pair.value : self.pair.value + 2]
        return draw_match(source, target, self.match, self.picker.cell, self.grid)


class CamouflageWidget(StillBox):
    """A clip and what a network makes of it, for every camouflage from 0 to 1.

    make: camouflage -> frames `t h w 3` uint8 and a picture `h w 3` uint8 to stand beside them, called once for each value.
    width: of the frame on the page, in pixels. `camouflage` and `frame` are the sliders.
    """

    about = "A clip under camouflage (move the sliders: needs a live kernel)"

    def __init__(self, make: Callable[[float], tuple[np.ndarray, np.ndarray]], camouflage: float = 1.0, width: int = 300):
        self.width = width
        self.make = lru_cache(maxsize=None)(make)
        self.camouflage = ipywidgets.FloatSlider(camouflage, min=0, max=1, step=0.1, description="camouflage", **SLIDER)
        self.camouflage.continuous_update = False  # a network may have to look at each value
        self.frame = ipywidgets.IntSlider(0, 0, len(self.make_current()[0]) - 1, description="frame", **SLIDER)
        self.play = ipywidgets.Play(max=self.frame.max, interval=200, repeat=True)
        self.link = ipywidgets.jslink((self.play, "value"), (self.frame, "value"))
        self.clip, self.picture = make_image(width), make_image()

        self.refresh()
        self.camouflage.observe(self.refresh, "value")
        self.frame.observe(self.show_frame, "value")
        super().__init__([make_row(self.camouflage, self.frame, self.play), make_row(self.clip, self.picture)])

    def make_current(self) -> tuple[np.ndarray, np.ndarray]:
        """Frames and picture at this camouflage."""
        return self.make(round(self.camouflage.value, 6))

    def refresh(self, change: dict | None = None) -> None:
        self.picture.value = as_png(self.make_current()[1])
        self.show_frame()

    def show_frame(self, change: dict | None = None) -> None:
        """To the frame of the slider."""
        frame = self.make_current()[0][self.frame.value]
        self.clip.value = as_png(draw_frame(frame, (frame_height(frame, self.width), self.width), f"frame {self.frame.value}"))

    def still(self) -> np.ndarray:
        frames, picture = self.make_current()
        strip = draw_strip(frames, [f"frame {i}" for i in range(len(frames))], columns=(len(frames) + 1) // 2)
        title = draw_caption(strip.shape[1], f"camouflage {self.camouflage.value:.1f}", size=14)
        return side_by_side(np.concatenate([title, strip]), picture)


def make_argmax_controls(sigma: float) -> tuple[ipywidgets.ToggleButtons, ipywidgets.FloatSlider]:
    """The kind of argmax, and the kernel's width where it has one: sigma 0 is the hard one, infinite the soft one."""
    kind = next((kind for kind, width in SIGMAS.items() if width == sigma), "kernel")
    start = 5.0 if kind in SIGMAS else sigma
    hints = ["the peak alone", "all offsets, no kernel", "a Gaussian around the peak"]
    buttons = ipywidgets.ToggleButtons(options=[*SIGMAS, "kernel"], value=kind, tooltips=hints, style={"button_width": "82px"})
    return buttons, ipywidgets.FloatSlider(start, min=0, max=max(start, 10), step=0.25, description="sigma", **SLIDER)


def make_image(width: int | None = None) -> ipywidgets.Image:
    """A picture so wide on the page, or as wide as it is."""
    return ipywidgets.Image(layout=fix_width(width))


def fix_width(width: int | None) -> dict[str, str]:
    return {"width": f"{width}px" if width else "auto", "margin": "0", "align_self": "flex-start", "flex": "0 0 auto"}


def make_row(*widgets: ipywidgets.DOMWidget) -> ipywidgets.HBox:
    return ipywidgets.HBox(widgets, layout={"flex_flow": "row wrap", "grid_gap": f"{WIDGET_GAP}px"})
