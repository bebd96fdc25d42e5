"""The page as a whole: what stands above the tabs, and what happens when a video is given, a control changed or a pair chosen."""

import gradio as gr

from workbench.page.compare import comparison_choices
from workbench.page.components import read_front_file
from workbench.page.controls import LookControls, named
from workbench.page.endpoints import answer_programs
from workbench.page.events import EACH, NETWORK, QUICK
from workbench.page.links import follow_link
from workbench.page.networks import NetworkLibrary
from workbench.page.session import Handlers, Shown
from workbench.page.tabs import TABS, ActivationTab, ComparisonTab, CorrespondencesTab, DownloadTab, Remembered
from workbench.video.read import sample_videos

INTRODUCTION = """
# MotionSqueeze Workbench
A network that finds, inside itself, **where each spot of one frame went in the next**, and names the motion. Give it a video.
"""
SYSTEM_FONTS = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "DejaVu Sans", "sans-serif"]
WEBCAM = gr.WebcamOptions(mirror=False, constraints={"video": {"width": 640, "height": 480}})
WHOLE_ADDRESS = "link => link.startsWith('?') ? location.origin + location.pathname + link : link"
OTHER_FILES = [".zip", ".gif", "image", "video"]


def launch_style() -> dict:
    """What the page looks like, as options of `launch`."""
    colours = {"body_text_color_subdued": "*neutral_500", "block_info_text_color": "*neutral_500"}
    hues = {"primary_hue": "blue", "neutral_hue": "slate", "radius_size": "md"}
    return {
        "theme": gr.themes.Base(**hues, font=SYSTEM_FONTS, font_mono=["ui-monospace", "monospace"]).set(**colours),
        "css": read_front_file("page.css"),
        "head": f"<script>{read_front_file('page.js')}</script>",
        "footer_links": ["api"],
        "show_error": True,
    }


def build_page(library: NetworkLibrary) -> gr.Blocks:
    """The page, not launched."""
    with gr.Blocks(title="MotionSqueeze Workbench", analytics_enabled=False, delete_cache=(60, 3600)) as blocks:
        Page(library).join(blocks)
        answer_programs(library)
        blocks.unload(forget(blocks))
    return blocks


def forget(blocks: gr.Blocks):
    """Free what a visitor looked at as soon as the visit ends."""

    def free(request: gr.Request):
        blocks.state_holder.delete_state(request.session_hash)

    return free


class Page:
    """The components of the page, and what happens when they are used.

    Handlers take the values of their inputs by component and answer with values by component: their order means nothing.
    """

    def __init__(self, library: NetworkLibrary):
        """Everything on the page, from top to bottom."""
        self.library, self.handlers, self.remembered = library, Handlers(library), Remembered()
        gr.Markdown(INTRODUCTION, elem_id="introduction")
        with gr.Row():
            with gr.Column(scale=5, min_width=320):
                self.lay_out_video()
                gr.Markdown(self.handlers.taken(), elem_id="taken")
            with gr.Column(scale=7, min_width=320):
                self.arrived, self.message, self.predictions = (gr.HTML(elem_id=name) for name in ("arrived", "message", "predictions"))
        self.timeline = gr.HTML(elem_id="timeline", js_on_load=read_front_file("timeline.js"))
        self.frames = gr.HTML(elem_id="seen")
        self.look_controls = LookControls(library, self.video)
        with gr.Row(elem_id="turn"):
            about = {"label": "Pair", "info": "Which two consecutive frames to compare."}
            self.pair = gr.Slider(1, 31, value=1, step=1, elem_id="pair", scale=6, buttons=[], **about)
            self.play = gr.Button("▶ Play", elem_id="play", scale=1, min_width=100)
        with gr.Tabs():
            self.tabs = {kind: kind(library, self.remembered) for kind in TABS}
        gr.Markdown(self.handlers.about(), elem_id="about")
        self.clock = gr.Timer(0.7, active=False)
        self.match, self.download = self.tabs[CorrespondencesTab], self.tabs[DownloadTab]
        self.settings = self.match.settings

    def lay_out_video(self) -> None:
        about = {"label": "Video", "elem_id": "video", "height": 330, "include_audio": True}
        self.video = gr.Video(str(sample_videos()[0].path), sources=["upload", "webcam"], webcam_options=WEBCAM, **about)
        with gr.Row(elem_id="samples"):
            self.samples = [gr.Button(sample.title, size="sm", elem_id=sample.name, min_width=100) for sample in sample_videos()]
            files = {"file_count": "multiple", "file_types": OTHER_FILES}
            self.upload = gr.UploadButton("Zip, GIF, pictures", size="sm", elem_id="upload", min_width=100, **files)

    def join(self, blocks: gr.Blocks) -> None:
        self.join_video()
        self.join_look(blocks)
        self.join_tabs()
        self.join_pair()
        self.join_cell()

    # a look, and what stands in the open tab after it

    @property
    def shown(self) -> list:
        """What a look fills, or empties."""
        match, memory = self.match, self.remembered
        always = [memory.exploration, memory.last, memory.selection, self.message, self.predictions, self.timeline, self.frames, self.pair]
        always += [match.correspondences, match.trust, match.why, self.tabs[ActivationTab].label, *self.settings.all]
        return [*always, *(component for tab in self.tabs.values() for component in tab.shown)]

    def look_after(self, event, handler=None):
        """Look when the event happens. handler: what is done instead, and shown in the same places."""
        inputs = {self.remembered.last, self.remembered.selection, *self.look_controls.all, *self.settings.all}
        done = event(handler or self.look, inputs, self.shown, **NETWORK)
        self.open_after(done.then)
        return done

    def look(self, values: dict) -> dict:
        controls, settings = self.look_controls, self.settings.read(values)
        video, network = values[controls.given] or values[controls.video], values[controls.checkpoint]
        last, selection = values[self.remembered.last], values[self.remembered.selection]
        return self.show(self.handlers.look(last, selection, video, network, settings, **controls.read(values)))

    def remove(self, values: dict) -> dict:
        return self.show(self.handlers.remove(values[self.remembered.last], values[self.remembered.selection]))

    def show(self, look: Shown) -> dict:
        """A look in its places; one with nothing to show empties the tabs, too."""
        exploration, pairs, match, memory = look.exploration, self.handlers.pairs(look.exploration), self.match, self.remembered
        turn = {"value": look.spot.pair + 1, "minimum": 1, "maximum": max(pairs, 2)} if exploration else {}
        emptied = {} if exploration else {component: None for tab in self.tabs.values() for component in tab.shown}
        return {
            memory.exploration: exploration, memory.last: look.last, memory.selection: look.spot,
            self.message: look.message, self.predictions: look.predictions, self.timeline: look.timeline, self.frames: look.frames,
            match.correspondences: look.correspondences, match.trust: look.trust, match.why: look.why,
            self.pair: gr.Slider(**turn, interactive=pairs > 1),
            **self.tabs[ActivationTab].offer(exploration), **self.settings.show(look.settings, exploration), **emptied,
        }  # fmt: skip

    def open_after(self, event) -> None:
        """What the open tab shows, by the network where that is needed."""
        controls = [control for tab in self.tabs.values() for control in tab.controls]
        outputs = [self.remembered.comparison, *(component for tab in self.tabs.values() for component in tab.shown)]
        self.complete_link(event(self.open_tab, {*self.remembered.all, *controls, *self.settings.all}, outputs, **NETWORK))

    def open_tab(self, values: dict):
        return self.open_one(values).open(values, self.settings.read(values)) or gr.skip()

    def turn_tab(self, values: dict):
        return self.open_one(values).turn(values, self.settings.read(values)) or gr.skip()

    def open_one(self, values: dict):
        return next(tab for tab in self.tabs.values() if tab.name == values[self.remembered.tab])

    def complete_link(self, event) -> None:
        """A link begins with the address of the page, which the browser knows."""
        event.then(None, self.download.link, self.download.link, js=WHOLE_ADDRESS, **QUICK)

    # what a visitor gives, and chooses

    def join_video(self) -> None:
        controls, remembered = self.look_controls, self.remembered
        outputs = [controls.span, controls.given]
        for event in (self.video.upload, self.video.stop_recording):
            self.look_at_given(event(self.give, {remembered.exploration, self.arrived}, outputs, **QUICK))
        uploaded = self.upload.upload(self.give, {remembered.exploration, self.arrived, self.upload}, outputs, **QUICK)
        self.look_at_given(uploaded.then(lambda: None, None, self.video, **QUICK))
        removed = self.video.clear(lambda: ((None, None), None, ""), None, [*outputs, self.arrived], **QUICK)
        self.look_after(removed.then, self.remove)
        for button, sample in zip(self.samples, sample_videos(), strict=True):
            chosen = (str(sample.path), (sample.start, None), None, "")
            event = button.click(lambda chosen=chosen: chosen, None, [self.video, *outputs, self.arrived], **QUICK)
            self.look_after(event.then)

    def look_at_given(self, event) -> None:
        self.look_after(event.then).then(lambda: "", None, self.arrived, **QUICK)

    def give(self, values: dict) -> dict:
        """The whole of a video, unless a link, which says the span, waits for it."""
        waits = values[self.remembered.exploration] is None and values[self.arrived]
        span = {} if waits else {self.look_controls.span: (None, None)}
        return {self.look_controls.given: values.get(self.upload), **span}

    def join_look(self, blocks: gr.Blocks) -> None:
        self.look_after(lambda *how, **more: gr.on([control.input for control in self.look_controls.choices], *how, **more))
        self.look_after(self.timeline.release(read_span, None, self.look_controls.span, **EACH).then)
        compared = self.tabs[ComparisonTab].network
        arrived = [self.remembered.selection, *self.look_controls.all, *self.settings.all, self.arrived, compared]
        self.look_after(blocks.load(self.follow_link, None, arrived, **QUICK).then)

    def follow_link(self, request: gr.Request) -> dict:
        """What the address of the page asks for, as values of the controls, and the networks that there are by now."""
        link, networks, controls = (
            follow_link(self.library, dict(request.query_params)),
            named(self.library.checkpoints()),
            self.look_controls,
        )
        chosen = {"value": link.checkpoint} if link.checkpoint else {}
        shown = {controls.checkpoint: gr.Dropdown(networks, **chosen)}
        shown[self.tabs[ComparisonTab].network] = gr.Dropdown(named(comparison_choices(self.library)))
        if link.look is not None:
            shown |= controls.show(link.look) | self.settings.show(link.settings)
            shown |= {self.remembered.selection: link.selection, controls.video: link.video or None}
        return shown | ({self.arrived: link.message} if link.message else {})

    def join_tabs(self) -> None:
        for tab in self.tabs.values():
            if tab.name:
                self.open_after(tab.tab.select(lambda name=tab.name: name, None, self.remembered.tab, **QUICK).then)
            for control in tab.controls:
                self.open_after(control.input)
        self.download.join(self.settings)

    # the pair, its cell, and the settings of the estimate

    def join_pair(self) -> None:
        exploration = self.remembered.exploration
        self.turn_after(self.pair.input)
        self.turn_after(self.clock.tick(self.handlers.next_pair, [exploration, self.pair], self.pair, **QUICK).then)
        self.play.click(play_or_pause, self.play, [self.play, self.clock], **QUICK)

    def turn_after(self, event) -> None:
        """The pictures of the pair first, then what takes longer."""
        memory, match = self.remembered, self.match
        outputs = [memory.selection, self.timeline, self.frames, match.correspondences]
        turned = event(self.handlers.turn, [memory.exploration, memory.selection, self.pair], outputs, **QUICK)
        inputs = {*memory.all, self.pair, *self.settings.all}
        explained = turned.then(self.explain, inputs, [match.trust, match.why], **QUICK)
        outputs = [component for tab in self.tabs.values() for component in tab.shown]
        self.complete_link(explained.then(self.turn_tab, inputs, outputs, **QUICK))

    def explain(self, values: dict) -> dict:
        exploration, selection = values[self.remembered.exploration], values[self.remembered.selection]
        trust, why = self.handlers.explain(exploration, selection, values[self.pair], self.settings.read(values))
        return {self.match.trust: trust, self.match.why: why}

    def join_cell(self) -> None:
        memory, match = self.remembered, self.match
        inputs, outputs = {memory.exploration, memory.selection, *self.settings.all}, [memory.selection, match.correspondences, match.why]
        match.correspondences.spot(self.point, inputs, outputs, **EACH)
        match.correspondences.step(self.step, inputs, outputs, **QUICK)
        match.clear.click(self.handlers.clear, [memory.exploration, memory.selection], outputs[:2], **QUICK)
        for setting in self.settings.all:
            setting.input(self.explain_cell, inputs, match.why, **QUICK)

    def point(self, event: gr.EventData, values: dict) -> dict:
        return self.show_cell(self.handlers.point, values, event.x, event.y)

    def step(self, event: gr.EventData, values: dict) -> dict:
        return self.show_cell(self.handlers.step, values, event.row, event.column)

    def show_cell(self, handler, values: dict, *where) -> dict:
        exploration, selection = values[self.remembered.exploration], values[self.remembered.selection]
        shown = handler(exploration, selection, *where, self.settings.read(values))
        return dict(zip((self.remembered.selection, self.match.correspondences, self.match.why), shown, strict=True))

    def explain_cell(self, values: dict) -> str:
        exploration, selection = values[self.remembered.exploration], values[self.remembered.selection]
        return self.handlers.why(exploration, selection, self.settings.read(values))


def read_span(event: gr.EventData) -> tuple[float, float]:
    return event.start, event.seconds


def play_or_pause(label: str) -> tuple[str, gr.Timer]:
    start = label.startswith("▶")
    return "⏸ Pause" if start else "▶ Play", gr.Timer(active=start)
