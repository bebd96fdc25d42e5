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
    "css": wb.front("page.css"),
    "head": f"<script>{wb.front('page.js')}</script>",
    "footer_links": ["api"],
    "show_error": True,
}
ONE_AFTER_THE_OTHER = {"concurrency_id": "network", "concurrency_limit": 1}
NETWORK = {**ONE_AFTER_THE_OTHER, "api_visibility": "private"}
AT_ONCE = {"queue": False, "show_progress": "hidden", "trigger_mode": "always_last", "api_visibility": "private"}  # no network is asked
CHOSEN = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
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

    @property
    def all(self) -> list:
        return [getattr(self, field.name) for field in fields(self)]


def build(hosting: wb.Hosting | None = None) -> gr.Blocks:
    """The page, not launched."""
    hosting = hosting or wb.Hosting()
    desk = wb.Desk(hosting.checkpoint, hosting.checkpoints, hosting.limits)
    visitor = wb.Visitor(desk)

    with gr.Blocks(title="MotionSqueeze Workbench", analytics_enabled=False, delete_cache=(60, 3600)) as page:
        seen, spot, other, tab = gr.State(), gr.State(wb.Spot()), gr.State(wb.Other()), gr.State("where")
        gr.Markdown(INTRODUCTION, elem_id="introduction")
        with gr.Row():
            with gr.Column(scale=5, min_width=320):
                video, upload, samples = give_video()
                gr.Markdown(visitor.taken(), elem_id="taken")
            with gr.Column(scale=7, min_width=320):
                arrived, message, predictions = gr.HTML(elem_id="arrived"), gr.HTML(elem_id="message"), gr.HTML(elem_id="predictions")
        timeline = gr.HTML(elem_id="timeline", js_on_load=wb.front("timeline.js"))
        frames = gr.HTML(elem_id="seen")
        wishes = choose(desk, video)
        with gr.Row(elem_id="turn"):
            about_pair = {"label": "Pair", "info": "Which two consecutive frames to compare."}
            pair = gr.Slider(1, 31, value=1, step=1, elem_id="pair", scale=6, buttons=[], **about_pair)
            play = gr.Button("▶ Play", elem_id="play", scale=1, min_width=100)
        with gr.Tabs():
            with gr.Tab("Correspondences") as where_tab:
                correspondences, clear, trust, why, knobs = correspond(wb.Knobs.of(desk.motion()))
            with gr.Tab("What if?") as what_if_tab:
                wonder = gr.HTML(elem_id="wonder")
            with gr.Tab("Beside others") as beside_tab:
                beside, comparison = compare(desk)
            with gr.Tab("Where does it look?") as look_tab:
                label = gr.Dropdown([], label="Class", info="For which the evidence is shown.", elem_id="class")
                attention = gr.HTML(elem_id="attention")
            with gr.Tab("Take it away") as away_tab:
                link, command, make, told, annotated, files = take_away()
            with gr.Tab("Studies"):
                study, run = studies()
        gr.Markdown(visitor.about(), elem_id="about")
        clock = gr.Timer(0.7, active=False)

        asked = [seen, spot, *wishes.all, *knobs]
        shown = [seen, spot, message, predictions, timeline, frames, correspondences, trust, why, pair, label, *knobs]
        opened = [wonder, attention, other, comparison, link, command]

        def look(before, place, clip, given, span, name, mirrored, count, stride, resolution, layer, *turned):
            found = visitor.look(
                before, place, given or clip, name, wb.Knobs(*turned), start=span[0], seconds=span[1], mirrored=mirrored,
                frames=count or None, stride=stride or None, resolution=resolution or None, layer=layer or None,
            )  # fmt: skip
            classes, pairs = wb.classes(found.seen), visitor.pairs(found.seen)
            turned_to = knobs_at(visitor.fresh_knobs(before, found.seen), found.seen)
            return (
                *found, gr.Slider(value=found.spot.pair + 1, minimum=1, maximum=max(pairs, 2), interactive=pairs > 1),
                gr.Dropdown(classes, value=classes[0] if classes else None), *turned_to,
            )  # fmt: skip

        def open_tab(tab, exploration, place, other, label, name, layer, resolution, *turned):
            if tab == "beside":
                other = wb.look_with(desk, exploration, other, name, layer or None, resolution or None)
            return (
                wb.wonder(desk, exploration) if tab == "what-if" else gr.skip(),
                wb.attention(desk, exploration, label) if tab == "look" else gr.skip(),
                other,
                *turn_tab(tab, exploration, place, other, *turned),
            )

        def turn_tab(tab, exploration, place, other, *turned):
            return (
                wb.comparison(exploration, other, place.pair) if tab == "beside" else gr.skip(),
                *(wb.link_and_command(exploration, place, wb.Knobs(*turned)) if tab == "away" else (gr.skip(), gr.skip())),
            )

        def opens_after(event):
            done = event(open_tab, [tab, seen, spot, other, label, *beside, *knobs], opened, **NETWORK)
            done.then(None, link, link, js=WHOLE_ADDRESS, **CHOSEN)

        def looks_after(event):
            done = event(look, asked, shown, **NETWORK)
            opens_after(done.then)
            return done

        def give(exploration, asked, files=None):
            kept = exploration is None and asked  # by a link that waits for this video
            return gr.skip() if kept else (None, None), files

        given = {"outputs": [wishes.span, wishes.given], **CHOSEN}
        giving = [event(give, [seen, arrived], **given) for event in (video.upload, video.stop_recording)]
        giving.append(upload.upload(give, [seen, arrived, upload], **given).then(lambda: None, None, video, **CHOSEN))
        for event in giving:
            looks_after(event.then).then(lambda: "", None, arrived, **CHOSEN)
        for button, sample in zip(samples, wb.samples(), strict=True):
            chosen = (str(sample.path), (sample.start, None), None)
            chooses = button.click(lambda chosen=chosen: (*chosen, ""), None, [video, wishes.span, wishes.given, arrived], **CHOSEN)
            looks_after(chooses.then)
        for control in wishes.all[3:]:
            looks_after(control.input)
        looks_after(timeline.release(cut, None, wishes.span, **CHOSEN).then)
        looks_after(page.load(follow_link(desk, wishes), None, [spot, *wishes.all, *knobs, arrived, beside[0]], **CHOSEN).then)

        tabs = {"where": where_tab, "what-if": what_if_tab, "beside": beside_tab, "look": look_tab, "away": away_tab}
        for name, opener in tabs.items():
            opens_after(opener.select(lambda name=name: name, None, tab, **CHOSEN).then)
        for control in (*beside, label):
            opens_after(control.input)

        def explain(exploration, place, number, *turned):
            return visitor.explain(exploration, place, number, wb.Knobs(*turned))

        def turns_after(event):
            turned = event(visitor.turn, [seen, spot, pair], [spot, timeline, frames, correspondences], **AT_ONCE)
            explained = turned.then(explain, [seen, spot, pair, *knobs], [trust, why], **AT_ONCE)
            beside_it = explained.then(turn_tab, [tab, seen, spot, other, *knobs], [comparison, link, command], **AT_ONCE)
            beside_it.then(None, link, link, js=WHOLE_ADDRESS, **CHOSEN)

        turns_after(pair.input)
        turns_after(clock.tick(visitor.next_pair, [seen, pair], pair, **CHOSEN).then)
        play.click(playing, play, [play, clock], **CHOSEN)

        def point(event: gr.EventData, exploration, place, *turned):
            return visitor.point(exploration, place, event.x, event.y, wb.Knobs(*turned))

        def step(event: gr.EventData, exploration, place, *turned):
            return visitor.step(exploration, place, event.row, event.column, wb.Knobs(*turned))

        pointed = {"inputs": [seen, spot, *knobs], "outputs": [spot, correspondences, why], **AT_ONCE}
        correspondences.spot(point, **pointed)
        correspondences.step(step, **pointed)
        clear.click(visitor.clear, [seen, spot], [spot, correspondences], **AT_ONCE)

        def turn_knob(exploration, place, *turned):
            return visitor.why(exploration, place, wb.Knobs(*turned))

        for knob in knobs:
            knob.input(turn_knob, pointed["inputs"], why, **AT_ONCE)

        def make_files(exploration, place, *turned):
            return wb.make_files(desk, exploration, place, wb.Knobs(*turned))

        make.click(make_files, pointed["inputs"], [annotated, files, told], **NETWORK)
        study[0].input(wb.study_shown, study[0], study[1], **CHOSEN)
        study[1].open(open_run, study[0], run, **CHOSEN)
        answer_programs(desk)
        page.unload(forget(page))
    return page


def give_video() -> tuple[gr.Video, gr.UploadButton, list[gr.Button]]:
    video = gr.Video(
        str(wb.samples()[0].path), label="Video", sources=["upload", "webcam"], include_audio=True, height=330, webcam_options=WEBCAM,
        elem_id="video",
    )  # fmt: skip
    with gr.Row(elem_id="samples"):
        samples = [gr.Button(sample.title, size="sm", elem_id=sample.name, min_width=100) for sample in wb.samples()]
        upload = gr.UploadButton("Zip, GIF, pictures", size="sm", file_count="multiple", file_types=GIFTS, elem_id="upload", min_width=100)
    return video, upload, samples


def choose(desk: wb.Desk, video: gr.Video) -> Wishes:
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


def correspond(turned: wb.Knobs) -> tuple[gr.HTML, gr.Button, gr.HTML, gr.HTML, list]:
    """The pictures of a pair, and how one cell finds its arrow. turned: how the knobs stand first."""
    correspondences = gr.HTML(elem_id="correspondences", js_on_load=wb.front("picks.js"))
    clear = gr.Button("Forget the clicked points", size="sm", elem_id="clear")
    trust = gr.HTML(elem_id="trust")
    gr.Markdown("## Why this arrow?")
    with gr.Row(elem_id="knobs"):
        knobs = [
            knob("radius", turned.radius, step=1, label="Radius", info="How far the window reaches, in steps.", elem_id="radius"),
            gr.Radio(list(wb.KINDS), value=turned.kind, label="Estimate", info="How it becomes one offset.", elem_id="kind"),
            knob("sigma", turned.sigma, step=0.1, label="Sigma", info="Width of the kernel, in cells.", elem_id="sigma"),
            knob("exponent", turned.exponent, step=0.05, label="Temperature", info="A power of ten: −2 is 0.01.", elem_id="temperature"),
        ]
    return correspondences, clear, trust, gr.HTML(elem_id="why"), knobs


def knob(name: str, value: float, **more) -> gr.Slider:
    """A knob at a value, with a range that holds it."""
    least, most = RANGES[name]
    return gr.Slider(minimum=min(least, value), maximum=max(most, value), value=value, buttons=[], **more)


def knobs_at(turned: wb.Knobs | None, seen: wb.Exploration | None) -> list:
    """The knobs after a look, moved where `turned` says so; that of the radius reaches as far as was matched."""
    reading = seen and seen.reading
    radius = {"minimum": 1, "maximum": max(reading.motion.radius, 2)} if reading else {}
    if turned is None:
        return [gr.Slider(**radius) if radius else gr.skip(), *(gr.skip() for _ in range(3))]
    return [gr.Slider(value=turned.radius, **radius), turned.kind, knob("sigma", turned.sigma), knob("exponent", turned.exponent)]


def compare(desk: wb.Desk) -> tuple[list, gr.HTML]:
    """What stands beside, and the comparison."""
    with gr.Row(elem_id="others"):
        controls = [
            choice("Beside", "Optical flow, or another network.", options(wb.others(desk)), "other"),
            layer_choice("other-layer"),
            resolution_choice("other-resolution"),
        ]
    return controls, gr.HTML(elem_id="comparison")


def take_away() -> tuple[gr.Textbox, gr.Textbox, gr.Button, gr.HTML, gr.Video, gr.Files]:
    link = gr.Textbox(label="Link", info="Opens the page with this picture.", buttons=["copy"], interactive=False, elem_id="link")
    command = gr.Textbox(
        label="In a notebook", info="Makes the same pictures by papermill.", buttons=["copy"], interactive=False, lines=2, elem_id="command"
    )
    make = gr.Button("Make the files", variant="primary", elem_id="make")
    told = gr.HTML(elem_id="made")
    with gr.Row():
        annotated = gr.Video(label="Annotated video", interactive=False, elem_id="annotated", height=330, min_width=320)
        files = gr.Files(label="Files", interactive=False, elem_id="files", min_width=320)
    return link, command, make, told, annotated, files


def studies() -> tuple[tuple[gr.Dropdown, gr.HTML], gr.HTML]:
    names = wb.study_choices()
    first = names[0][1] if names else None
    study = gr.Dropdown(names, value=first, label="Study", info="One thing changed at a time, over several seeds.", elem_id="study-choice")
    shown = gr.HTML(wb.study_shown(first), elem_id="study-shown", js_on_load=wb.front("runs.js"))
    return (study, shown), gr.HTML(elem_id="run-shown")


def answer_programs(desk: wb.Desk) -> None:
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
    except wb.REFUSED as refusal:
        raise gr.Error(str(refusal), print_exception=False) from None


def cut(event: gr.EventData) -> tuple[float, float]:
    return event.start, event.seconds


def open_run(event: gr.EventData, name: str) -> str:
    return wb.run_opened(name, event.label, event.seed)


def playing(label: str) -> tuple[str, gr.Timer]:
    start = label.startswith("▶")
    return "⏸ Pause" if start else "▶ Play", gr.Timer(active=start)


def follow_link(desk: wb.Desk, wishes: Wishes):
    """What the address of the page asks for, as values of the controls, and the networks that there are by now."""

    def follow(request: gr.Request):
        asked = wb.follow_link(desk, dict(request.query_params))._asdict()
        shown = {name: gr.skip() if value is None else value for name, value in asked.items()}
        shown["video"] = None if asked["video"] == "" else shown["video"]
        shown |= {name: knob(name, asked[name]) for name in RANGES if asked[name] is not None}
        shown |= {name: offer(getattr(wishes, name), asked[name]) for name in ("frames", "stride", "resolution") if asked[name]}
        networks = options(desk.checkpoints())
        shown["checkpoint"] = gr.Dropdown(networks, value=asked["checkpoint"]) if asked["checkpoint"] else gr.Dropdown(networks)
        return *shown.values(), gr.Dropdown(options(wb.others(desk)))

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
