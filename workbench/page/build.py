"""The page as a whole: what stands above the tabs, the list of tabs, and what happens when a video or control changes."""

from collections.abc import Callable
from functools import partial
from typing import Any

import gradio as gr
from gradio.components import Component
from gradio.events import Dependency

from workbench.draw.html import render
from workbench.explore.explorer import Exploration
from workbench.page.activation import ActivationTab
from workbench.page.address import KEPT_FILES, Address, kept_files
from workbench.page.api import add_endpoints
from workbench.page.blocks import PageBlocks
from workbench.page.compare import ComparisonTab
from workbench.page.controls import Inputs, LookControls, Updates, Values, move_ends
from workbench.page.correspondences import CorrespondencesTab
from workbench.page.download import DownloadTab
from workbench.page.links import follow_link
from workbench.page.live import LiveTab
from workbench.page.look import REMOVED, Look, count_pairs, empty_look, look, next_pair, scan, timeline_section, turn
from workbench.page.networks import NetworkLibrary
from workbench.page.pipeline import PipelineTab
from workbench.page.player import Player, clip_of, select_in_clip
from workbench.page.preview import preview_section
from workbench.page.samples import choose_sample, lesson_section, samples_section
from workbench.page.segments import SegmentsTab
from workbench.page.studies import StudiesTab
from workbench.page.tab import EACH, NETWORK, QUICK, SessionControls, Tab, read_front_file
from workbench.page.teach import TeachTab
from workbench.page.what_if import WhatIfTab
from workbench.text import plain_markdown
from workbench.video.decoder.kinds import PICTURE_SUFFIXES, VIDEO_SUFFIXES
from workbench.video.read import sample_videos
from workbench.video.uploads import SECONDS_KEPT, ending_of
from workbench.video.worker import follow_reading

INTRODUCTION = """
# MotionSqueeze Workbench
A network that finds, inside itself, **where each spot of one frame went in the next**, and names the motion. Give it a video.
"""
SYSTEM_FONTS = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "DejaVu Sans", "sans-serif"]
WEBCAM = gr.WebcamOptions(mirror=False, constraints={"video": {"width": 640, "height": 480}})
PROGRESS = gr.Progress()  # Gradio fills it in for each event
OTHER_FILES = [".zip", *VIDEO_SUFFIXES, *PICTURE_SUFFIXES, "image", "video"]
# After the correspondences, which every look fills; the tab Teach, which a host may leave out, stands between the two.
LEADING_TABS: tuple[type[Tab], ...] = (PipelineTab, LiveTab)
MORE_TABS: tuple[type[Tab], ...] = (WhatIfTab, ComparisonTab, ActivationTab, SegmentsTab, DownloadTab, StudiesTab)


def launch_style() -> dict[str, Any]:
    """What the page looks like, as options of `launch`."""
    theme = gr.themes.Base(
        primary_hue="blue", neutral_hue="slate", radius_size="md", font=SYSTEM_FONTS, font_mono=["ui-monospace", "monospace"]
    )
    return {
        "theme": theme.set(body_text_color_subdued="*neutral_500", block_info_text_color="*neutral_500"),
        "css": read_front_file("page.css") + read_front_file("live.css"),
        "head": f"<script>{''.join(map(read_front_file, ('page.js', 'upload.js', 'camera.js')))}</script>",
        "footer_links": ["api"],
        "show_error": True,
    }


def build_page(networks: NetworkLibrary, teaching: bool = True) -> gr.Blocks:
    """The page, not launched. teaching: whether visitors may teach networks motions of their own."""

    def forget(request: gr.Request) -> None:
        """What a visitor looked at is freed as soon as the visit ends."""
        if request.session_hash:
            blocks.state_holder.delete_state(request.session_hash)
            page.leave(request.session_hash)

    with PageBlocks(title="MotionSqueeze Workbench", analytics_enabled=False, delete_cache=(60, SECONDS_KEPT)) as blocks:
        page = Page(networks, teaching)
        add_endpoints(networks)
        blocks.unload(forget)
    return blocks


def describe_limits(networks: NetworkLibrary) -> str:
    """What is taken here, in sentences."""
    limits, (width, height) = networks.limits, networks.limits.largest
    return (
        f"Videos, GIFs, a zip, or pictures that are frames: up to {limits.megabytes} MB and {limits.minutes:g} minutes, frames of up to "
        f"{width} × {height} pixels. The webcam is recorded as the world is, not mirrored: left is left."
    )


def describe_network(networks: NetworkLibrary) -> str:
    """What the first network is and knows, and whose the method is, in Markdown."""
    explorer = networks.explorer()
    config, parameters = explorer.model.config, sum(p.numel() for p in explorer.model.parameters())
    return (
        f"{plain_markdown(explorer.name)} is {config.kind} ({config.backbone}, {parameters / 1e6:.1f} million parameters); it knows "
        f"{len(explorer.labels)} classes and no other words. Method: Kwon, Kim, Kwak, Cho, *MotionSqueeze*, ECCV 2020. "
        "What is given here is seen by the machine of this page and by no other."
    )


class Page:
    """The components of the page, and what happens when they are used."""

    def __init__(self, networks: NetworkLibrary, teaching: bool):
        """Everything on the page, from top to bottom, then its events."""
        self.networks, self.session, self.open_name = networks, SessionControls(networks.motion()), gr.State(CorrespondencesTab.name)
        self.looked_at = gr.State()  # the video, or the files, of the exploration
        self.address = Address(networks, self.session, self.looked_at)
        self.video = gr.Video(
            str(sample_videos()[0].path), sources=["upload", "webcam"], webcam_options=WEBCAM, label="Video", elem_id="video", height=230,
            include_audio=True, render=False,
        )  # fmt: skip
        self.controls = LookControls(networks, self.video)
        gr.Markdown(INTRODUCTION, elem_id="introduction")
        gr.HTML(render("hint.html"), elem_id="hint", js_on_load=read_front_file("hint.js"))
        with gr.Row(elem_id="lead"):
            with gr.Column(scale=6, min_width=320):
                self.player = Player(self.session)
                with gr.Row(elem_id="motion-controls"):
                    self.player.style.render()
                    self.controls.estimate.render()
            with gr.Column(scale=5, min_width=320):
                self.link_message, self.message, self.predictions = (
                    gr.HTML(elem_id=name) for name in ("arrived", "message", "predictions")
                )
                self.lay_out_video()
        self.timeline = gr.HTML(elem_id="timeline", js_on_load=read_front_file("timeline.js"))
        with gr.Accordion("What the network saw", open=False, elem_id="about-frames"):
            self.frames = gr.HTML(elem_id="seen")
        with gr.Accordion("Network, frames and resolution", open=False, elem_id="settings"):
            self.controls.render()
        with gr.Row(elem_id="turn"):
            info = "Which two consecutive frames to compare."
            self.pair = gr.Slider(1, 31, value=1, step=1, label="Pair", info=info, elem_id="pair", scale=6, buttons=[])
            self.play = gr.Button("▶ Play", elem_id="play", scale=1, min_width=100)
        with gr.Tabs():
            self.match = CorrespondencesTab(networks, self.session)
            self.tabs: list[Tab] = [self.match, *(kind(networks, self.session) for kind in LEADING_TABS)]
            self.teach = TeachTab(networks, self.session) if teaching else None
            self.tabs += [kind(networks, self.session) for kind in MORE_TABS]
        gr.Markdown(describe_network(networks), elem_id="about")
        self.clock = gr.Timer(0.7, active=False)
        self.connect_video()
        self.connect_look()
        self.connect_tabs()
        self.connect_pair()

    def lay_out_video(self) -> None:
        self.preview = gr.HTML(elem_id="preview")
        self.video.render()
        self.samples = gr.HTML(samples_section(), elem_id="samples", js_on_load=read_front_file("samples.js"))
        self.lesson = gr.HTML(lesson_section(str(sample_videos()[0].path)), elem_id="lesson")
        with gr.Row(elem_id="other-files"):
            label = "Zip, GIF, pictures and other files"
            self.upload = gr.UploadButton(label, size="sm", elem_id="upload", min_width=100, file_count="multiple", file_types=OTHER_FILES)
        gr.Markdown(describe_limits(self.networks), elem_id="taken")

    # a look, and what stands in the open tab after it

    def look_after(self, event: Callable[..., Dependency], handler: Callable | None = None) -> Dependency:
        """Look when the event happens, and remember it. handler: what is done instead, and shown in the same places."""
        looked = self.show_after(event, handler)
        self.address.remember_after(looked.then)
        return looked

    def show_after(self, event: Callable[..., Dependency], handler: Callable | None = None) -> Dependency:
        match, player = self.match, self.player
        outputs = [self.message, self.looked_at, player.picture, player.drawn, self.predictions, self.timeline, self.frames, self.pair]
        outputs += [match.pictures, match.trust, match.why]
        outputs += [*self.session.all, *self.tab_outputs, *(control for tab in self.tabs for control in tab.offers)]
        inputs: Inputs = {*self.session.all, *self.controls.all, self.player.style}
        event = event(handler or self.look, inputs, outputs, **NETWORK)
        unfolded = match.draw_unfolded_after(player.redraw_after(event.then).then)
        event.then(preview_section, self.session.exploration, self.preview, **QUICK)
        opened = self.open_after(unfolded.then)
        exploration, selection = self.session.exploration, self.session.selection
        scanned = opened.then(self.scan, exploration, [exploration, self.message], **NETWORK)
        scanned.then(timeline_section, [exploration, selection], self.timeline, **QUICK)  # of the pair that is chosen by then
        return event

    @property
    def tab_outputs(self) -> list[Component]:
        return [component for tab in self.tabs for component in tab.outputs]

    def look(self, values: Values, progress: gr.Progress = PROGRESS) -> Updates:
        controls, session = self.controls, self.session.read(values)
        video, network = self.video_of(values), values[controls.checkpoint]
        with follow_reading(lambda share: progress(share, desc="Reading the video")):
            outcome = look(self.networks, session, video, network, values[self.player.style], **controls.read(values))
        drawn = clip_of(outcome.exploration), values[self.player.style]
        return {self.looked_at: video, self.player.drawn: drawn} | self.show(outcome)

    def scan(self, exploration: Exploration | None) -> Any:
        return scan(self.networks, exploration) or (gr.skip(), gr.skip())

    def remove(self, values: Values) -> Updates:
        return self.show(empty_look(self.session.read(values), REMOVED))

    def show(self, look: Look) -> Updates:
        """A look in its places; one with nothing to show empties the tabs, too."""
        exploration, pairs = look.exploration, count_pairs(look.exploration)
        pair = gr.Slider(1, max(pairs, 2), look.selection.pair + 1, interactive=pairs > 1) if exploration else gr.Slider(interactive=False)
        updates: Updates = {} if exploration else dict.fromkeys(self.tab_outputs)
        for tab in self.tabs:
            updates |= tab.offer(exploration)
        return updates | self.session.settings.show(look.settings, exploration) | {
            self.session.exploration: exploration, self.session.selection: look.selection, self.session.motion: look.motion,
            self.pair: pair, self.message: look.message, self.player.picture: look.player, self.predictions: look.predictions,
            self.timeline: look.timeline, self.frames: look.frames,
            self.match.pictures: look.correspondences, self.match.trust: "", self.match.why: "",  # drawn while they are unfolded
        }  # fmt: skip

    def open_after(self, event: Callable[..., Dependency]) -> Dependency:
        """What the open tab shows, by the network where that is needed."""
        return event(self.open_tab, self.tab_inputs, self.tab_outputs, **NETWORK)

    @property
    def tab_inputs(self) -> Inputs:
        states = [component for component in self.tab_outputs if isinstance(component, gr.State)]
        return {self.open_name, *self.session.all, *states, *(control for tab in self.tabs for control in tab.controls)}

    def open_tab(self, values: Values) -> Any:
        return self.tab_of(values).open(self.session.read(values), values) or gr.skip()

    def turn_tab(self, values: Values) -> Any:
        return self.tab_of(values).turn(self.session.read(values), values) or gr.skip()

    def tab_of(self, values: Values) -> Tab:
        return next(tab for tab in self.tabs if tab.name == values[self.open_name])

    # what a visitor gives, and chooses

    def connect_video(self) -> None:
        # The timeline goes at once: its handles would move the span of the next video.
        outputs = [self.controls.span, self.controls.files, self.timeline, self.lesson]
        inputs = {self.session.exploration, self.link_message}
        for event in (self.video.upload, self.video.stop_recording):
            self.look_at_upload(event(self.take, inputs, outputs, **QUICK))
        upload = self.upload.upload(self.take, {*inputs, self.upload}, outputs, **QUICK)
        self.look_at_upload(upload.then(lambda: None, None, self.video, **QUICK))
        clear = self.video.clear(lambda: ((None, None), None, "", "", ""), None, [*outputs, self.link_message], **QUICK)
        self.look_after(clear.then, self.remove)
        self.look_after(self.samples.choose(choose_sample, None, [self.video, *outputs, self.link_message], **EACH).then)

    def look_at_upload(self, event: Dependency) -> None:
        self.look_after(event.then).then(lambda: "", None, self.link_message, **QUICK)

    def take(self, values: Values) -> Updates:
        """The whole of a video, unless a link, which says the span, waits for it."""
        waits = values[self.session.exploration] is None and values[self.link_message]
        span = {} if waits else {self.controls.span: (None, None)}
        return {self.controls.files: values.get(self.upload), self.timeline: "", self.lesson: "", **span}

    def connect_look(self) -> None:
        self.look_after(partial(gr.on, [control.input for control in self.controls.choices]))
        inputs: Inputs = {self.session.exploration, self.controls.span, self.looked_at, self.controls.files, self.controls.video}
        if self.teach:
            self.look_after(self.teach.use_in(self.controls.checkpoint))
        self.look_after(self.timeline.release(self.move_ends, inputs, self.controls.span, **EACH).then)
        outputs = [
            self.session.selection,
            self.session.motion,
            *self.session.settings.all,
            *self.controls.all,
            self.link_message,
            self.lesson,
            self.controls.files,
        ]
        loaded = gr.on(None, self.follow_link, {self.address.files}, outputs, js=KEPT_FILES, **QUICK)
        self.show_after(loaded.then)
        for event in self.match.chosen:
            self.address.remember_after(event.then)

    def move_ends(self, event: gr.EventData, values: Values) -> Any:
        exploration, span = values[self.session.exploration], values[self.controls.span]
        if exploration is None or self.video_of(values) != values[self.looked_at]:  # the timeline is that of another video
            return gr.skip()
        return move_ends(span, exploration.span, event.start, event.end)

    def video_of(self, values: Values) -> str | list[str] | None:
        return values[self.controls.files] or values[self.controls.video]

    def follow_link(self, request: gr.Request, values: Values) -> Updates:
        """What the address of the page asks for, as values of the controls, with files that this tab of the browser was given before,
        and the networks that there are by now."""
        link, names = follow_link(self.networks, dict(request.query_params)), list(self.networks.checkpoints())
        network = gr.Dropdown(names, value=link.checkpoint) if link.checkpoint else gr.Dropdown(names)
        updates: Updates = {self.controls.checkpoint: network}
        files = kept_files(values[self.address.files]) if link.look and not link.video else []
        if link.message and not files:
            updates[self.link_message] = link.message
        if link.look:
            video = files[0] if len(files) == 1 and ending_of(files[0]) in VIDEO_SUFFIXES else None
            updates |= {self.session.selection: link.selection, self.session.motion: link.motion, self.controls.video: link.video or video}
            updates[self.controls.files] = files if files and not video else None
            updates[self.lesson] = lesson_section(link.video)
            updates |= self.controls.show(link.look) | self.session.settings.show(link.settings)
        return updates

    def leave(self, session_hash: str) -> None:
        for tab in self.tabs:
            tab.leave(session_hash)

    def connect_tabs(self) -> None:
        for tab in self.tabs:
            tab.connect(self.controls)
            if tab.name:
                self.open_after(tab.tab.select(lambda name=tab.name: name, None, self.open_name, **QUICK).then)
            for control in tab.controls:
                self.open_after(control.input)

    # the pair

    def connect_pair(self) -> None:
        self.turn_after(self.pair.input)
        self.turn_after(self.clock.tick(next_pair, [self.session.exploration, self.pair], self.pair, **QUICK).then)
        inputs: Inputs = {self.session.exploration, self.session.selection}
        outputs = [self.session.selection, self.pair, self.match.about_arrow, self.match.why_open]
        self.turn_after(self.player.picture.point(self.point_in_clip, inputs, outputs, **EACH).then)
        self.play.click(play_or_pause, self.play, [self.play, self.clock], **QUICK)
        for tab in self.tabs:
            for event in tab.selects:
                self.match_after(event.then)

    def turn_after(self, event: Callable[..., Dependency]) -> None:
        """The pictures of the pair first, then what takes longer."""
        self.match_after(event).then(self.turn_tab, self.tab_inputs, self.tab_outputs, **QUICK)

    def match_after(self, event: Callable[..., Dependency]) -> Dependency:
        """The correspondences of the pair and the cell."""
        session, match = self.session, self.match
        outputs = [session.selection, self.timeline, self.frames, match.pictures]
        pictures = event(turn, [session.exploration, session.selection, self.pair], outputs, **QUICK)
        self.address.remember_after(pictures.then)
        return match.draw_unfolded_after(pictures.then)

    def point_in_clip(self, event: gr.EventData, values: Values) -> Updates:
        exploration, selection = values[self.session.exploration], values[self.session.selection]
        selection = select_in_clip(exploration, selection, event.pair, event.x, event.y)
        return {self.session.selection: selection, self.pair: selection.pair + 1, **self.match.unfold_why()}


def play_or_pause(label: str) -> tuple[str, gr.Timer]:
    start = label.startswith("▶")
    return "⏸ Pause" if start else "▶ Play", gr.Timer(active=start)
