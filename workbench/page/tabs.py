"""The tabs of the page: what stands in each, and what happens when it is opened, turned to another pair or used."""

from dataclasses import dataclass

import gradio as gr

from workbench.explore.matching import MatchSettings
from workbench.page.activation import activation_section, class_names
from workbench.page.compare import ComparisonChoice, comparison_choices, comparison_section, look_with
from workbench.page.components import read_front_file
from workbench.page.controls import LAYER, RESOLUTION, SettingControls, dropdown, named
from workbench.page.correspondences import Selection
from workbench.page.download import link_and_command, make_files
from workbench.page.events import EACH, NETWORK, QUICK
from workbench.page.networks import NetworkLibrary
from workbench.page.studies import run_section, study_choices, study_section
from workbench.page.what_if import what_if_section


class Remembered:
    """What is remembered of a visitor.

    Several states, not one value: a look takes seconds, and at its end must not undo what other events have written meanwhile.
    """

    def __init__(self):
        self.exploration, self.last, self.tab = gr.State(), gr.State(), gr.State(CorrespondencesTab.name)
        self.selection, self.comparison = gr.State(Selection()), gr.State(ComparisonChoice())

    @property
    def all(self) -> set:
        return {self.exploration, self.last, self.selection, self.comparison, self.tab}


@dataclass
class Tab:
    """A tab by its title on the page, and by the name under which it is remembered as the open one.

    Its controls ask for it again when they change. shown: what is emptied where there is nothing to see.
    """

    library: NetworkLibrary
    remembered: Remembered
    name, title = "", ""
    controls, shown = (), ()

    def __post_init__(self):
        with gr.Tab(self.title) as self.tab:
            self.lay_out()

    def lay_out(self) -> None:
        """What stands in it."""

    def open(self, values: dict, settings: MatchSettings) -> dict:
        """What it shows when it is opened, and after a look. The network may be asked."""
        return self.turn(values, settings)

    def turn(self, values: dict, settings: MatchSettings) -> dict:
        """What it shows after another pair was chosen. The network is not asked."""
        return {}


class CorrespondencesTab(Tab):
    """The pictures of a pair, and how one cell finds its arrow; the page fills them with every look."""

    name, title = "where", "Correspondences"

    def lay_out(self) -> None:
        self.correspondences = gr.HTML(elem_id="correspondences", js_on_load=read_front_file("picks.js"))
        self.clear = gr.Button("Forget the clicked points", size="sm", elem_id="clear")
        self.trust = gr.HTML(elem_id="trust")
        gr.Markdown("## Why this arrow?")
        self.settings = SettingControls(MatchSettings.of(self.library.motion()))
        self.why = gr.HTML(elem_id="why")


class WhatIfTab(Tab):
    name, title = "what-if", "What if?"

    def lay_out(self) -> None:
        self.answers = gr.HTML(elem_id="wonder")
        self.shown = (self.answers,)

    def open(self, values: dict, settings: MatchSettings) -> dict:
        return {self.answers: what_if_section(self.library, values[self.remembered.exploration])}


class ComparisonTab(Tab):
    name, title = "beside", "Beside others"

    def lay_out(self) -> None:
        with gr.Row(elem_id="others"):
            names = named(comparison_choices(self.library))
            self.network = dropdown("Beside", "Optical flow, or another network.", names, "other")
            self.layer, self.resolution = LAYER.build("other-layer"), RESOLUTION.build("other-resolution")
        self.comparison = gr.HTML(elem_id="comparison")
        self.controls, self.shown = (self.network, self.layer, self.resolution), (self.comparison,)

    def open(self, values: dict, settings: MatchSettings) -> dict:
        choice, layer, resolution = values[self.network], LAYER.read(values[self.layer]), RESOLUTION.read(values[self.resolution])
        before, exploration = values[self.remembered.comparison], values[self.remembered.exploration]
        comparison = look_with(self.library, exploration, before, choice, layer, resolution)
        values = {**values, self.remembered.comparison: comparison}
        return {self.remembered.comparison: comparison, **self.turn(values, settings)}

    def turn(self, values: dict, settings: MatchSettings) -> dict:
        exploration, pair = values[self.remembered.exploration], values[self.remembered.selection].pair
        return {self.comparison: comparison_section(exploration, values[self.remembered.comparison], pair)}


class ActivationTab(Tab):
    name, title = "look", "Where does it look?"

    def lay_out(self) -> None:
        self.label = gr.Dropdown([], label="Class", info="For which the evidence is shown.", elem_id="class")
        self.maps = gr.HTML(elem_id="attention")
        self.controls, self.shown = (self.label,), (self.maps,)

    def open(self, values: dict, settings: MatchSettings) -> dict:
        return {self.maps: activation_section(self.library, values[self.remembered.exploration], values[self.label])}

    def offer(self, exploration) -> dict:
        """The classes of a look, the most probable chosen."""
        classes = class_names(exploration)
        return {self.label: gr.Dropdown(classes, value=classes[0] if classes else None)}


class DownloadTab(Tab):
    name, title = "away", "Take it away"

    def lay_out(self) -> None:
        about = {"buttons": ["copy"], "interactive": False}
        self.link = gr.Textbox(label="Link", info="Opens the page with this picture.", elem_id="link", **about)
        words = "Makes the same pictures by papermill."
        self.command = gr.Textbox(label="In a notebook", info=words, lines=2, elem_id="command", **about)
        self.make = gr.Button("Make the files", variant="primary", elem_id="make")
        self.message = gr.HTML(elem_id="made")
        with gr.Row():
            self.video = gr.Video(label="Annotated video", interactive=False, elem_id="annotated", height=330, min_width=320)
            self.files = gr.Files(label="Files", interactive=False, elem_id="files", min_width=320)
        self.shown = (self.link, self.command, self.video, self.files, self.message)

    def turn(self, values: dict, settings: MatchSettings) -> dict:
        exploration, selection = values[self.remembered.exploration], values[self.remembered.selection]
        return dict(zip((self.link, self.command), link_and_command(exploration, selection, settings), strict=True))

    def join(self, settings: SettingControls) -> None:
        """While files are made the button cannot be pressed, so that two clicks make them once."""
        once, inputs = {"trigger_mode": "once"}, {self.remembered.exploration, self.remembered.selection, *settings.all}
        begun = self.make.click(lambda: gr.Button("Making the files …", interactive=False), None, self.make, **QUICK | once)

        def write(values: dict) -> dict:
            exploration, selection = values[self.remembered.exploration], values[self.remembered.selection]
            made = make_files(self.library, exploration, selection, settings.read(values))
            return dict(zip((self.video, self.files, self.message), made, strict=True))

        made = begun.then(write, inputs, [self.video, self.files, self.message], **NETWORK | once)
        made.then(lambda: gr.Button("Make the files", interactive=True), None, self.make, **QUICK)  # also after an error


class StudiesTab(Tab):
    name, title = "", "Studies"  # shows the same whatever is looked at: it is not opened anew

    def lay_out(self) -> None:
        names = study_choices()
        first, about = names[0][1] if names else None, "One thing changed at a time, over several seeds."
        study = gr.Dropdown(names, value=first, label="Study", info=about, elem_id="study-choice")
        shown = gr.HTML(study_section(first), elem_id="study-shown", js_on_load=read_front_file("runs.js"))
        run = gr.HTML(elem_id="run-shown")
        study.input(study_section, study, shown, **QUICK)
        shown.open(open_notebook, study, run, **EACH)


def open_notebook(event: gr.EventData, name: str) -> str:
    return run_section(name, event.label, event.seed)


TABS = (CorrespondencesTab, WhatIfTab, ComparisonTab, ActivationTab, DownloadTab, StudiesTab)
