"""The page: what a network sees in a video. Layout and wiring only; every handler is a function of the package."""

import os
from dataclasses import dataclass, fields

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # before gradio is imported: nothing is reported to anyone
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

import gradio as gr
import tyro

import workbench as wb

INTRODUCTION = """
# MotionSqueeze Workbench
A network that finds, inside itself, **where each spot of one frame went in the next**, and names the motion. Give it a video.
"""
SYSTEM_FONTS = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "DejaVu Sans", "sans-serif"]
LOOKS = {
    "theme": gr.themes.Base(
        primary_hue="blue", neutral_hue="slate", radius_size="md", font=SYSTEM_FONTS, font_mono=["ui-monospace", "monospace"]
    ).set(body_text_color_subdued="*neutral_500", block_info_text_color="*neutral_500"),
    "css": wb.read_front_file("page.css"),
    "head": f"<script>{wb.read_front_file('page.js')}</script>",
    "footer_links": ["api"],
    "show_error": True,
}
ONE_AFTER_THE_OTHER = {"concurrency_id": "network", "concurrency_limit": 1}
# always_last: what is asked while the answer to an earlier question is awaited is asked once that is there, not dropped.
NETWORK = {**ONE_AFTER_THE_OTHER, "trigger_mode": "always_last", "api_visibility": "private"}
AT_ONCE = {"queue": False, "show_progress": "hidden", "trigger_mode": "always_last", "api_visibility": "private"}  # no network is asked
CHOSEN = {"queue": False, "show_progress": "hidden", "trigger_mode": "always_last", "api_visibility": "private"}
# Events that carry data: a deferred event would be answered with the data of the first one.
EACH = {**CHOSEN, "trigger_mode": "multiple"}
WEBCAM = gr.WebcamOptions(mirror=False, constraints={"video": {"width": 640, "height": 480}})
WHOLE_ADDRESS = "link => link.startsWith('?') ? location.origin + location.pathname + link : link"
GIFTS = [".zip", ".gif", "image", "video"]
RANGES = {"radius": (1, 15), "sigma": (0.2, 10), "exponent": (-3, 0)}  # of the knobs, unless a value lies beyond


@dataclass(frozen=True)
class Wishes:
    """The controls that say what to look at, and how; after the first three, those that ask for another look when they change."""

    video: gr.Video
    given: gr.State
    span: gr.State
    checkpoint: gr.Dropdown
    mirrored: gr.Checkbox
    frames: gr.Dropdown
    stride: gr.Dropdown
    resolution: gr.Dropdown
    layer: gr.Dropdown
    clips: gr.Dropdown
    crops: gr.Dropdown

    @property
    def all(self) -> list:
        return [getattr(self, field.name) for field in fields(self)]


@dataclass(frozen=True, eq=False)
class Parts:
    """The parts of the page that wires join. exploration, last, spot, other, tab: what is remembered of a visitor."""

    exploration: gr.State
    last: gr.State
    spot: gr.State
    other: gr.State
    tab: gr.State
    wishes: Wishes
    upload: gr.UploadButton
    samples: list[gr.Button]
    arrived: gr.HTML
    message: gr.HTML
    predictions: gr.HTML
    timeline: gr.HTML
    frames: gr.HTML
    pair: gr.Slider
    play: gr.Button
    clock: gr.Timer
    tabs: dict[str, gr.Tab]
    correspondences: gr.HTML
    clear: gr.Button
    trust: gr.HTML
    why: gr.HTML
    knobs: list
    wonder: gr.HTML
    beside: list
    comparison: gr.HTML
    label: gr.Dropdown
    attention: gr.HTML
    link: gr.Textbox
    command: gr.Textbox
    make: gr.Button
    made: list
    study: gr.Dropdown
    study_shown: gr.HTML
    run: gr.HTML


def build(hosting: wb.Hosting | None = None) -> gr.Blocks:
    """The page, not launched."""
    hosting = hosting or wb.Hosting()
    visitor = wb.Handlers(wb.NetworkLibrary(hosting.checkpoint, hosting.checkpoints, hosting.limits))
    with gr.Blocks(title="MotionSqueeze Workbench", analytics_enabled=False, delete_cache=(60, 3600)) as page:
        Wires(visitor, lay_out(visitor)).join(page)
        answer_programs(visitor.desk)
        page.unload(forget(page))
    return page


# ---------------------------------------------------------------------------------------------------------------------- wires


@dataclass(frozen=True, eq=False)
class Wires:
    """What happens when a part of the page is used: which handler is asked, and which parts show what it answers."""

    visitor: wb.Handlers
    parts: Parts

    @property
    def desk(self) -> wb.NetworkLibrary:
        return self.visitor.desk

    def join(self, page: gr.Blocks) -> None:
        self.join_giving()
        self.join_wishes(page)
        self.join_tabs()
        self.join_turning()
        self.join_pointing()
        self.join_taking_away()

    # a look, and what stands in the open tab after it

    def looks_after(self, event, handler=None):
        """Look when the event happens; handler: what is done instead of a look, and shown in the same places."""
        parts = self.parts
        asked = [parts.last, parts.spot, *parts.wishes.all, *parts.knobs]
        shown = [parts.exploration, parts.last, parts.spot, parts.message, parts.predictions, parts.timeline, parts.frames]
        shown += [parts.correspondences, parts.trust, parts.why, parts.pair, parts.label, *parts.knobs]
        done = event(handler or self.look, asked, [*shown, *self.answers], **NETWORK)
        self.opens_after(done.then)
        return done

    @property
    def answers(self) -> list:
        """What stands in the tabs until it is asked for again."""
        parts = self.parts
        return [parts.wonder, parts.comparison, parts.attention, parts.link, parts.command, *parts.made]

    def opens_after(self, event) -> None:
        parts = self.parts
        asked = [parts.tab, parts.exploration, parts.spot, parts.other, parts.label, *parts.beside, *parts.knobs]
        opened = [parts.wonder, parts.attention, parts.other, parts.comparison, parts.link, parts.command]
        self.completes_link(event(self.open_tab, asked, opened, **NETWORK))

    def completes_link(self, done) -> None:
        done.then(None, self.parts.link, self.parts.link, js=WHOLE_ADDRESS, **CHOSEN)

    def look(self, last, place, clip, given, span, name, mirrored, count, stride, resolution, layer, clips, crops, *turned):
        found = self.visitor.look(
            last, place, given or clip, name, wb.MatchSettings(*turned), start=span[0], seconds=span[1], mirrored=mirrored,
            frames=count or None, stride=stride or None, resolution=resolution or None, layer=layer or None,
            clips=clips, crops=crops,
        )  # fmt: skip
        return self.show(found)

    def remove(self, last, place, *_):
        return self.show(self.visitor.remove(last, place))

    def show(self, found):
        """A look in the page's parts; one that has found nothing empties the tabs, too."""
        exploration, pairs = found.exploration, self.visitor.pairs(found.exploration)
        classes = wb.class_names(exploration)
        where = {"value": found.spot.pair + 1, "minimum": 1, "maximum": max(pairs, 2)} if exploration else {}
        kept = [gr.skip() if exploration else None for _ in self.answers]
        return (
            exploration, found.last, *found[1:9], gr.Slider(**where, interactive=pairs > 1),
            gr.Dropdown(classes, value=classes[0] if classes else None), *knobs_at(found.settings, exploration), *kept,
        )  # fmt: skip

    def open_tab(self, tab, exploration, place, other, label, name, layer, resolution, *turned):
        if tab == "beside":
            other = wb.look_with(self.desk, exploration, other, name, layer or None, resolution or None)
        return (
            wb.what_if_section(self.desk, exploration) if tab == "what-if" else gr.skip(),
            wb.activation_section(self.desk, exploration, label) if tab == "look" else gr.skip(),
            other,
            *self.turn_tab(tab, exploration, place, other, *turned),
        )

    def turn_tab(self, tab, exploration, place, other, *turned):
        return (
            wb.comparison_section(exploration, other, place.pair) if tab == "beside" else gr.skip(),
            *(wb.link_and_command(exploration, place, wb.MatchSettings(*turned)) if tab == "away" else (gr.skip(), gr.skip())),
        )

    # what a visitor gives, and wishes

    def join_giving(self) -> None:
        parts, wishes = self.parts, self.parts.wishes
        given = {"outputs": [wishes.span, wishes.given], **CHOSEN}
        giving = [
            event(self.give, [parts.exploration, parts.arrived], **given) for event in (wishes.video.upload, wishes.video.stop_recording)
        ]
        uploaded = parts.upload.upload(self.give, [parts.exploration, parts.arrived, parts.upload], **given)
        for event in (*giving, uploaded.then(lambda: None, None, wishes.video, **CHOSEN)):
            self.looks_after(event.then).then(lambda: "", None, parts.arrived, **CHOSEN)
        removed = wishes.video.clear(lambda: ((None, None), None, ""), None, [wishes.span, wishes.given, parts.arrived], **CHOSEN)
        self.looks_after(removed.then, self.remove)
        for button, sample in zip(parts.samples, wb.samples(), strict=True):
            chosen = (str(sample.path), (sample.start, None), None, "")
            chooses = button.click(lambda chosen=chosen: chosen, None, [wishes.video, wishes.span, wishes.given, parts.arrived], **CHOSEN)
            self.looks_after(chooses.then)

    def give(self, exploration, asked, files=None):
        kept = exploration is None and asked  # by a link that waits for this video
        return gr.skip() if kept else (None, None), files

    def join_wishes(self, page: gr.Blocks) -> None:
        parts, wishes = self.parts, self.parts.wishes
        for control in wishes.all[3:]:
            self.looks_after(control.input)
        self.looks_after(parts.timeline.release(cut, None, wishes.span, **EACH).then)
        arrived = [parts.spot, *wishes.all, *parts.knobs, parts.arrived, parts.beside[0]]
        self.looks_after(page.load(follow_link(self.desk, wishes), None, arrived, **CHOSEN).then)

    def join_tabs(self) -> None:
        for name, tab in self.parts.tabs.items():
            self.opens_after(tab.select(lambda name=name: name, None, self.parts.tab, **CHOSEN).then)
        for control in (*self.parts.beside, self.parts.label):
            self.opens_after(control.input)

    # the pair

    def join_turning(self) -> None:
        parts = self.parts
        self.turns_after(parts.pair.input)
        self.turns_after(parts.clock.tick(self.visitor.next_pair, [parts.exploration, parts.pair], parts.pair, **CHOSEN).then)
        parts.play.click(playing, parts.play, [parts.play, parts.clock], **CHOSEN)

    def turns_after(self, event) -> None:
        parts = self.parts
        shown = [parts.spot, parts.timeline, parts.frames, parts.correspondences]
        turned = event(self.visitor.turn, [parts.exploration, parts.spot, parts.pair], shown, **AT_ONCE)
        explained = turned.then(
            self.explain, [parts.exploration, parts.spot, parts.pair, *parts.knobs], [parts.trust, parts.why], **AT_ONCE
        )
        asked = [parts.tab, parts.exploration, parts.spot, parts.other, *parts.knobs]
        self.completes_link(explained.then(self.turn_tab, asked, [parts.comparison, parts.link, parts.command], **AT_ONCE))

    def explain(self, exploration, place, number, *turned):
        return self.visitor.explain(exploration, place, number, wb.MatchSettings(*turned))

    # a spot, and the knobs

    def join_pointing(self) -> None:
        parts = self.parts
        asked, shown = [parts.exploration, parts.spot, *parts.knobs], [parts.spot, parts.correspondences, parts.why]
        parts.correspondences.spot(self.point, asked, shown, **EACH)
        parts.correspondences.step(self.step, asked, shown, **AT_ONCE)
        parts.clear.click(self.visitor.clear, [parts.exploration, parts.spot], [parts.spot, parts.correspondences], **AT_ONCE)
        for each in parts.knobs:
            each.input(self.turn_knob, asked, parts.why, **AT_ONCE)

    def point(self, event: gr.EventData, exploration, place, *turned):
        return self.visitor.point(exploration, place, event.x, event.y, wb.MatchSettings(*turned))

    def step(self, event: gr.EventData, exploration, place, *turned):
        return self.visitor.step(exploration, place, event.row, event.column, wb.MatchSettings(*turned))

    def turn_knob(self, exploration, place, *turned):
        return self.visitor.why(exploration, place, wb.MatchSettings(*turned))

    # what is taken away, and studies

    def join_taking_away(self) -> None:
        parts = self.parts
        once = {"trigger_mode": "once"}  # while files are made the button cannot be pressed
        begun = parts.make.click(lambda: gr.Button("Making the files …", interactive=False), None, parts.make, **CHOSEN | once)
        made = begun.then(self.make_files, [parts.exploration, parts.spot, *parts.knobs], parts.made, **NETWORK | once)
        made.then(lambda: gr.Button("Make the files", interactive=True), None, parts.make, **CHOSEN)  # also after an error
        parts.study.input(wb.study_section, parts.study, parts.study_shown, **CHOSEN)
        parts.study_shown.open(open_run, parts.study, parts.run, **EACH)

    def make_files(self, exploration, place, *turned):
        return wb.make_files(self.desk, exploration, place, wb.MatchSettings(*turned))


# --------------------------------------------------------------------------------------------------------------------- layout


def lay_out(visitor: wb.Handlers) -> Parts:
    """Everything on the page, from top to bottom."""
    desk = visitor.desk
    remembered = {
        "exploration": gr.State(),
        "last": gr.State(),
        "spot": gr.State(wb.Selection()),
        "other": gr.State(wb.ComparisonChoice()),
        "tab": gr.State("where"),
    }
    gr.Markdown(INTRODUCTION, elem_id="introduction")
    with gr.Row():
        with gr.Column(scale=5, min_width=320):
            video, upload, samples = give_video()
            gr.Markdown(visitor.taken(), elem_id="taken")
        with gr.Column(scale=7, min_width=320):
            answer = {name: gr.HTML(elem_id=name) for name in ("arrived", "message", "predictions")}
    timeline = gr.HTML(elem_id="timeline", js_on_load=wb.read_front_file("timeline.js"))
    frames = gr.HTML(elem_id="seen")
    wishes = choose(desk, video)
    pair, play = turn()
    sections = lay_out_tabs(desk)
    gr.Markdown(visitor.about(), elem_id="about")
    below = {"timeline": timeline, "frames": frames, "wishes": wishes, "pair": pair, "play": play, "clock": gr.Timer(0.7, active=False)}
    return Parts(**remembered, upload=upload, samples=samples, **answer, **below, **sections)


def lay_out_tabs(desk: wb.NetworkLibrary) -> dict:
    """A tab for each question, and its parts by name."""
    tabs = {}
    with gr.Tabs():
        with gr.Tab("Correspondences") as tabs["where"]:
            parts = correspond(wb.MatchSettings.of(desk.motion()))
        with gr.Tab("What if?") as tabs["what-if"]:
            parts["wonder"] = gr.HTML(elem_id="wonder")
        with gr.Tab("Beside others") as tabs["beside"]:
            parts["beside"], parts["comparison"] = compare(desk)
        with gr.Tab("Where does it look?") as tabs["look"]:
            parts["label"] = gr.Dropdown([], label="Class", info="For which the evidence is shown.", elem_id="class")
            parts["attention"] = gr.HTML(elem_id="attention")
        with gr.Tab("Take it away") as tabs["away"]:
            parts |= take_away()
        with gr.Tab("Studies"):
            parts |= studies()
    return {"tabs": tabs, **parts}


def turn() -> tuple[gr.Slider, gr.Button]:
    with gr.Row(elem_id="turn"):
        about = {"label": "Pair", "info": "Which two consecutive frames to compare."}
        pair = gr.Slider(1, 31, value=1, step=1, elem_id="pair", scale=6, buttons=[], **about)
        return pair, gr.Button("▶ Play", elem_id="play", scale=1, min_width=100)


def give_video() -> tuple[gr.Video, gr.UploadButton, list[gr.Button]]:
    video = gr.Video(
        str(wb.samples()[0].path), label="Video", sources=["upload", "webcam"], include_audio=True, height=330, webcam_options=WEBCAM,
        elem_id="video",
    )  # fmt: skip
    with gr.Row(elem_id="samples"):
        samples = [gr.Button(sample.title, size="sm", elem_id=sample.name, min_width=100) for sample in wb.samples()]
        upload = gr.UploadButton("Zip, GIF, pictures", size="sm", file_count="multiple", file_types=GIFTS, elem_id="upload", min_width=100)
    return video, upload, samples


def choose(desk: wb.NetworkLibrary, video: gr.Video) -> Wishes:
    """The row of controls beneath the timeline."""
    networks = options(desk.checkpoints())
    with gr.Row(elem_id="wishes"):
        return Wishes(
            video=video,
            given=gr.State(),
            span=gr.State((wb.samples()[0].start, None)),
            checkpoint=choice("Network", "Whose eyes to look with.", networks, "checkpoint", desk.first),
            mirrored=gr.Checkbox(False, label="Mirror image", info="Where writing reads backwards.", elem_id="mirrored", min_width=140),
            frames=choice("Frames", "How many the clip has.", numbers("as trained", range(2, 33)), "number"),
            stride=choice("Stride", "Frames from one to the next.", numbers("spread", range(1, 17)), "stride"),
            resolution=resolution_choice("resolution"),
            layer=layer_choice("layer"),
            clips=choice("Clips", "The answer is their mean.", [("the one shown", 1), ("3 over the video", 3), ("10", 10)], "clips"),
            crops=choice("Crops", "Of each clip, for the answer.", [("centre", 1), ("three", 3)], "crops"),
        )


def options(names) -> list[tuple[str, str]]:
    return [(name, name) for name in names]


def choice(label: str, info: str, options: list[tuple], name: str, value: str | int | None = None) -> gr.Dropdown:
    value = options[0][1] if value is None else value
    return gr.Dropdown(options, value=value, label=label, info=info, elem_id=name, min_width=140)


def numbers(usual: str, values: range | tuple[int, ...], unit: str = "") -> list[tuple[str, int]]:
    return [(usual, 0), *((f"{value}{unit}", value) for value in values)]


def resolution_choice(name: str) -> gr.Dropdown:
    return choice("Resolution", "Short side, for displacement.", numbers("twice as trained", (64, 96, 128, 192, 224, 256), " px"), name)


def layer_choice(name: str) -> gr.Dropdown:
    return choice("Layer", "Whose features are matched.", [("the module's", ""), *((stage, stage) for stage in wb.STAGES)], name)


def correspond(turned: wb.MatchSettings) -> dict:
    """The pictures of a pair, and how one cell finds its arrow. turned: how the knobs stand first."""
    correspondences = gr.HTML(elem_id="correspondences", js_on_load=wb.read_front_file("picks.js"))
    clear = gr.Button("Forget the clicked points", size="sm", elem_id="clear")
    trust = gr.HTML(elem_id="trust")
    gr.Markdown("## Why this arrow?")
    with gr.Row(elem_id="knobs"):
        knobs = [
            knob("radius", turned.radius, step=1, label="Radius", info="How far the window reaches, in steps.", elem_id="radius"),
            gr.Radio(list(wb.ESTIMATES), value=turned.kind, label="Estimate", info="How it becomes one offset.", elem_id="kind"),
            knob("sigma", turned.sigma, step=0.1, label="Sigma", info="Width of the kernel, in cells.", elem_id="sigma"),
            knob("exponent", turned.exponent, step=0.05, label="Temperature", info="A power of ten: −2 is 0.01.", elem_id="temperature"),
        ]
    why = gr.HTML(elem_id="why")
    return {"correspondences": correspondences, "clear": clear, "trust": trust, "why": why, "knobs": knobs}


def knob(name: str, value: float, **more) -> gr.Slider:
    """A knob at a value, with a range that holds it."""
    least, most = RANGES[name]
    return gr.Slider(minimum=min(least, value), maximum=max(most, value), value=value, buttons=[], **more)


def knobs_at(turned: wb.MatchSettings | None, exploration: wb.Exploration | None) -> list:
    """The knobs after a look, moved where `turned` says so; that of the radius reaches as far as was matched."""
    correspondences = exploration and exploration.correspondences
    radius = {"minimum": 1, "maximum": max(correspondences.motion.radius, 2)} if correspondences else {}
    if turned is None:
        return [gr.Slider(**radius) if radius else gr.skip(), *(gr.skip() for _ in range(3))]
    return [gr.Slider(value=turned.radius, **radius), turned.kind, knob("sigma", turned.sigma), knob("exponent", turned.exponent)]


def compare(desk: wb.NetworkLibrary) -> tuple[list, gr.HTML]:
    """What stands beside, and the comparison."""
    with gr.Row(elem_id="others"):
        controls = [
            choice("Beside", "Optical flow, or another network.", options(wb.comparison_choices(desk)), "other"),
            layer_choice("other-layer"),
            resolution_choice("other-resolution"),
        ]
    return controls, gr.HTML(elem_id="comparison")


def take_away() -> dict:
    link = gr.Textbox(label="Link", info="Opens the page with this picture.", buttons=["copy"], interactive=False, elem_id="link")
    command = gr.Textbox(
        label="In a notebook", info="Makes the same pictures by papermill.", buttons=["copy"], interactive=False, lines=2, elem_id="command"
    )
    make = gr.Button("Make the files", variant="primary", elem_id="make")
    told = gr.HTML(elem_id="made")
    with gr.Row():
        annotated = gr.Video(label="Annotated video", interactive=False, elem_id="annotated", height=330, min_width=320)
        files = gr.Files(label="Files", interactive=False, elem_id="files", min_width=320)
    return {"link": link, "command": command, "make": make, "made": [annotated, files, told]}


def studies() -> dict:
    names = wb.study_choices()
    first = names[0][1] if names else None
    study = gr.Dropdown(names, value=first, label="Study", info="One thing changed at a time, over several seeds.", elem_id="study-choice")
    shown = gr.HTML(wb.study_section(first), elem_id="study-shown", js_on_load=wb.read_front_file("runs.js"))
    return {"study": study, "study_shown": shown, "run": gr.HTML(elem_id="run-shown")}


# ------------------------------------------------------------------------------------------------------------------- programs


def answer_programs(desk: wb.NetworkLibrary) -> None:
    """Named endpoints for `gradio_client`; docs/api.md tells how to ask them."""
    api = wb.Api(desk)
    with gr.Row(visible=False):
        video, network = gr.File(label="video"), gr.Textbox("", label="network")
        wishes, knobs = gr.JSON({}, label="wishes"), gr.JSON({}, label="knobs")
        pair, row, column = (gr.Number(0, precision=0, label=name) for name in ("pair", "row", "column"))
        answer, file, ask = gr.JSON(label="answer"), gr.File(label="file"), gr.Button()
    one = [video, network, wishes]

    def networks():
        """The names of the networks to choose from."""
        return api.networks()

    def predict(video, network, wishes):
        """Every class with its probability, the frames seen, and facts about the video. wishes: fields of LookConfig."""
        return said(api.predict, video, network, wishes=wishes)

    def displacement(video, network, wishes):
        """Displacement in pixels and confidence of all pairs, as an NPZ file. wishes: fields of LookConfig."""
        return said(wb.write_displacement, desk, video, network, wishes=wishes)

    def why(video, network, wishes, pair, row, column, knobs):
        """How a cell of a pair, counted from 0, finds its arrow. knobs: radius, kind, sigma, exponent."""
        return said(api.why, video, network, pair, row, column, knobs, wishes=wishes)

    def what_if(video, network, wishes):
        """The share of motion in the decision, checks of mirroring and reversal, and the answer to each question."""
        return said(api.what_if, video, network, wishes=wishes)

    ask.click(networks, None, answer, api_name="networks", queue=False)
    ask.click(predict, one, answer, api_name="predict", **ONE_AFTER_THE_OTHER)
    ask.click(displacement, one, file, api_name="displacement", **ONE_AFTER_THE_OTHER)
    ask.click(why, [*one, pair, row, column, knobs], answer, api_name="why", **ONE_AFTER_THE_OTHER)
    ask.click(what_if, one, answer, api_name="what_if", **ONE_AFTER_THE_OTHER)


def said(question, *given, wishes):
    """The answer; what cannot be done reaches the asker as a sentence."""
    try:
        return question(*given, **wb.Api.mapping("wishes", wishes))
    except wb.USER_ERRORS as refusal:
        raise gr.Error(str(refusal), print_exception=False) from None


# ------------------------------------------------------------------------------------------------------- values of the controls


def cut(event: gr.EventData) -> tuple[float, float]:
    return event.start, event.seconds


def open_run(event: gr.EventData, name: str) -> str:
    return wb.run_section(name, event.label, event.seed)


def playing(label: str) -> tuple[str, gr.Timer]:
    start = label.startswith("▶")
    return "⏸ Pause" if start else "▶ Play", gr.Timer(active=start)


def follow_link(desk: wb.NetworkLibrary, wishes: Wishes):
    """What the address of the page asks for, as values of the controls, and the networks that there are by now."""

    def follow(request: gr.Request):
        asked = wb.follow_link(desk, dict(request.query_params))._asdict()
        shown = {name: gr.skip() if value is None else value for name, value in asked.items()}
        shown["video"] = None if asked["video"] == "" else shown["video"]
        shown |= {name: knob(name, asked[name]) for name in RANGES if asked[name] is not None}
        shown |= {name: offer(getattr(wishes, name), asked[name]) for name in ("frames", "stride", "resolution", "clips") if asked[name]}
        networks = options(desk.checkpoints())
        shown["checkpoint"] = gr.Dropdown(networks, value=asked["checkpoint"]) if asked["checkpoint"] else gr.Dropdown(networks)
        return *shown.values(), gr.Dropdown(options(wb.comparison_choices(desk)))

    return follow


def offer(control: gr.Dropdown, value: int) -> gr.Dropdown:
    """A choice, also of what only a link can ask for."""
    known = [each for _, each in control.choices]
    return gr.Dropdown(control.choices if value in known else [*control.choices, (str(value), value)], value=value)


def forget(page: gr.Blocks):
    """Free what a visitor looked at as soon as the visit ends."""

    def free(request: gr.Request):
        page.state_holder.delete_state(request.session_hash)

    return free


def open_page(hosting: wb.Hosting) -> None:
    """Serve the page until it is stopped. Raises OSError where its port is taken."""
    folder = wb.claim_folder()
    page = build(hosting)
    options = wb.launch_options(hosting, folder, [sample.path for sample in wb.samples()], wb.functions_of(page, "network"))
    try:
        page.queue(max_size=hosting.waiting, api_open=False).launch(inbrowser=not os.environ.get("CI"), **LOOKS, **options)
    except OSError as error:
        raise OSError(f"The page cannot use port {hosting.port} ({error}); choose another one with --port.") from None


def main() -> None:
    hosting = tyro.cli(wb.Hosting, description=__doc__)
    try:
        open_page(hosting)
    except (OSError, ValueError) as refusal:
        raise SystemExit(str(refusal)) from None


if __name__ == "__main__":
    main()
