"""The controls of the page, one row of a table each: a field of `LookConfig` or `MatchSettings`, its label and its choices."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.blocks import Block
from gradio.components import Component

from workbench.explore.config import LookConfig
from workbench.explore.explorer import Exploration
from workbench.explore.matching import ESTIMATES, MatchSettings
from workbench.model.backbone import STAGES
from workbench.page.networks import NetworkLibrary
from workbench.page.predictions import SHORTEST
from workbench.video.read import sample_videos

Values = Mapping[Component, Any]  # of the inputs of an event, by component: their order means nothing
Updates = dict[Block, Any]  # of its outputs, components or sections, likewise
Span = tuple[float | None, float | None]  # start and length in seconds, None where that is left to the video
Inputs = set[Any]  # components whose values come as `Values`; where Gradio's types name a set, they do not agree on what it holds


def numbers(default: str, values: Iterable[int], unit: str = "") -> tuple[tuple[str, int], ...]:
    """Numbers to choose from; 0 is the default."""
    return ((default, 0), *((f"{value}{unit}", value) for value in values))


def dropdown(label: str, info: str, choices: Sequence[Any], elem_id: str, value: Any, render: bool = True) -> gr.Dropdown:
    return gr.Dropdown(choices, value=value, label=label, info=info, elem_id=elem_id, min_width=140, render=render)


@dataclass(frozen=True)
class LookControl:
    """How a field of `LookConfig` is chosen. choices: text and value, the default first; where that is 0 or "", the field is None.

    Without choices it is a checkbox. component: what it is with choices.
    """

    field: str
    label: str
    info: str
    elem_id: str
    choices: tuple[tuple[str, Any], ...] = ()
    component: type[gr.Dropdown] | type[gr.Radio] = gr.Dropdown

    def build(self, elem_id: str = "", render: bool = True) -> gr.Dropdown | gr.Radio | gr.Checkbox:
        """render: False where it is placed on the page later."""
        common = {"label": self.label, "info": self.info, "elem_id": elem_id or self.elem_id, "min_width": 140, "render": render}
        if not self.choices:
            return gr.Checkbox(False, **common)
        return self.component(list(self.choices), value=self.choices[0][1], **common)

    def read(self, value: Any) -> Any:
        """The field's value, from the control's."""
        return (value or None) if self.choices else value

    def show(self, value: Any) -> Any:
        """The control at a value of the field, also at one that only a link can ask for."""
        if not self.choices:
            return value
        value = value or self.choices[0][1]
        more = [] if value in [choice for _, choice in self.choices] else [(str(value), value)]
        return self.component([*self.choices, *more], value=value)


SIZES = numbers("twice as trained", (64, 96, 128, 192, 224, 256), " px")
RESOLUTION = LookControl("resolution", "Resolution", "Short side, for displacement.", "resolution", SIZES)
LAYER = LookControl("layer", "Layer", "Whose features are matched.", "layer", (("the module's", ""), *((stage, stage) for stage in STAGES)))
ESTIMATE = LookControl(
    "estimate",
    "Displacement",
    "Do neighbours decide together?",
    "estimate",
    (("refined", "refined"), ("as the network uses it", "network")),
    gr.Radio,
)
LOOK_CONTROLS = (
    LookControl("mirrored", "Mirror image", "Where writing reads backwards.", "mirrored"),
    LookControl("frames", "Frames", "How many the clip has.", "number", numbers("as trained", range(2, 33))),
    LookControl("stride", "Stride", "Frames from one to the next.", "stride", numbers("spread", range(1, 17))),
    RESOLUTION,
    LAYER,
    ESTIMATE,
    LookControl("clips", "Clips", "The answer is their mean.", "clips", (("the one shown", 1), ("3 over the video", 3), ("10", 10))),
    LookControl("crops", "Crops", "Of each clip, for the answer.", "crops", (("centre", 1), ("three", 3))),
)  # with start and seconds, which the timeline has, all fields of `LookConfig`


class LookControls:
    """What to look at, and how: the video, the files uploaded instead of one, the span, the network, and `LOOK_CONTROLS`.

    The components are not on the page yet: the video and `estimate` are placed by themselves, `render` places the others.
    """

    def __init__(self, networks: NetworkLibrary, video: gr.Video):
        self.video, self.files, self.span = video, gr.State(), gr.State((sample_videos()[0].start, None))
        names = list(networks.checkpoints())
        self.checkpoint = dropdown("Network", "The network that answers.", names, "checkpoint", networks.first, render=False)
        self.fields = {control: control.build(render=False) for control in LOOK_CONTROLS}
        self.estimate = self.fields[ESTIMATE]

    def render(self) -> None:
        """All of them in a row, but for `estimate`, which has a place of its own."""
        with gr.Row(elem_id="wishes"):
            for component in self.choices:
                if component is not self.estimate:
                    component.render()

    @property
    def choices(self) -> list[gr.Dropdown | gr.Radio | gr.Checkbox]:
        """The controls that ask for another look when they change."""
        return [self.checkpoint, *self.fields.values()]

    @property
    def all(self) -> Inputs:
        return {self.video, self.files, self.span, *self.choices}

    def read(self, values: Values) -> dict[str, Any]:
        """Fields of `LookConfig`."""
        start, seconds = values[self.span]
        fields = {control.field: control.read(values[component]) for control, component in self.fields.items()}
        return {"start": start, "seconds": seconds, **fields}

    def show(self, look: LookConfig) -> Updates:
        """The controls as a link asks for them."""
        fields = {component: control.show(getattr(look, control.field)) for control, component in self.fields.items()}
        return {self.span: (look.start, look.seconds), **fields}


def move_ends(span: Span, clip: tuple[float, float], start: float | None, end: float | None) -> tuple[float, float]:
    """The span with its ends at other moments of the video, in seconds; an end without one stays where it was last asked for, even if
    that is not answered yet.

    clip: start and length of the clip that is looked at, which hold where nothing was asked for.
    """
    first, length = (of_clip if wish is None else wish for wish, of_clip in zip(span, clip, strict=True))
    last = first + length if end is None else end
    first = first if start is None else start
    return first, max(last - first, SHORTEST)


@dataclass(frozen=True)
class SettingControl:
    """How a field of `MatchSettings` is chosen: on a slider from `least` to `most` (a value beyond widens it), or among `choices`."""

    field: str
    label: str
    info: str
    elem_id: str
    least: float = 0
    most: float = 0
    step: float = 1
    choices: tuple[str, ...] = ()

    def build(self, value: Any) -> gr.Slider | gr.Radio:
        """Not on the page yet, but where it is rendered."""
        if self.choices:
            return gr.Radio(list(self.choices), value=value, label=self.label, info=self.info, elem_id=self.elem_id, render=False)
        least, most = self.range(value)
        return gr.Slider(
            least, most, value, step=self.step, label=self.label, info=self.info, elem_id=self.elem_id, buttons=[], render=False
        )

    def range(self, value: float) -> tuple[float, float]:
        return min(self.least, value), max(self.most, value)

    def show(self, value: Any) -> Any:
        """The control at a value."""
        return value if self.choices else gr.Slider(*self.range(value), value)


SETTING_CONTROLS = (
    SettingControl("radius", "Radius", "How far the window reaches, in steps.", "radius", 1, 15),
    SettingControl("kind", "Estimate", "How it becomes one offset.", "kind", choices=tuple(ESTIMATES)),
    SettingControl("sigma", "Sigma", "Width of the kernel, in cells.", "sigma", 0.2, 10, 0.1),
    SettingControl("exponent", "Temperature", "A power of ten: −2 is 0.01.", "temperature", -3, 0, 0.05),
)


class SettingControls:
    """How the estimate is set. Every tab may read them; `render` says where they stand."""

    def __init__(self, settings: MatchSettings):
        self.fields = {control: control.build(getattr(settings, control.field)) for control in SETTING_CONTROLS}

    def render(self) -> None:
        with gr.Row(elem_id="knobs"):
            for component in self.all:
                component.render()

    @property
    def all(self) -> list[gr.Slider | gr.Radio]:
        return list(self.fields.values())

    def read(self, values: Values) -> MatchSettings:
        return MatchSettings(**{control.field: values[component] for control, component in self.fields.items()})

    def show(self, settings: MatchSettings | None, exploration: Exploration | None = None) -> Updates:
        """The controls at these settings, without any as they stand; that of the radius reaches as far as was matched."""
        updates: Updates = {
            component: control.show(getattr(settings, control.field)) for control, component in self.fields.items() if settings
        }
        if exploration and exploration.correspondences:
            most = max(exploration.correspondences.motion.radius, 2)
            updates[self.all[0]] = gr.Slider(1, most, settings.radius) if settings else gr.Slider(1, most)
        return updates
