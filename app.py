"""The page: what a network sees in a video. Layout and wiring only; every handler is a function of the package."""

import os
from dataclasses import dataclass, fields

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # before gradio is imported: nothing is reported to anyone
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

import gradio as gr

import workbench as wb

INTRODUCTION = """
# MotionSqueeze Workbench
A network that finds, inside itself, **where each spot of one frame went in the next**, and names the motion. Give it a video.
"""
SYSTEM_FONTS = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "DejaVu Sans", "sans-serif"]
LAUNCH = {
    "theme": gr.themes.Base(
        primary_hue="blue", neutral_hue="slate", radius_size="md", font=SYSTEM_FONTS, font_mono=["ui-monospace", "monospace"]
    ),
    "css": wb.front("page.css"),
    "head": f"<script>{wb.front('page.js')}</script>",
    "footer_links": [],
    "show_error": True,
    "max_file_size": "200mb",
    "ssr_mode": False,
    "allowed_paths": [str(sample.path) for sample in wb.samples()],
}
NETWORK = {"concurrency_id": "network", "concurrency_limit": 1, "api_visibility": "private"}  # visitors are answered in turn
AT_ONCE = {"queue": False, "show_progress": "hidden", "trigger_mode": "always_last", "api_visibility": "private"}  # no network is asked
CHOSEN = {"show_progress": "hidden", "queue": False, "api_visibility": "private"}
WEBCAM = gr.WebcamOptions(mirror=False, constraints={"video": {"width": 640, "height": 480}})


@dataclass(frozen=True)
class Wishes:
    """The controls that say what to look at, and how."""

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

    @property
    def controls(self) -> list:
        """Those that a visitor turns after a video is there."""
        return self.all[3:]


def build(desk: wb.Desk | None = None) -> gr.Blocks:
    """The page, not launched."""
    visitor = wb.Visitor(desk or wb.Desk())
    with gr.Blocks(title="MotionSqueeze Workbench", analytics_enabled=False, delete_cache=(3600, 3600)) as page:
        seen, spot, other = gr.State(time_to_live=3600), gr.State(wb.Spot()), gr.State(wb.Other(), time_to_live=3600)
        gr.Markdown(INTRODUCTION, elem_id="introduction")
        with gr.Row():
            with gr.Column(scale=5, min_width=320):
                video, upload, samples = give_video()
            with gr.Column(scale=7, min_width=320):
                message, predictions = gr.HTML(elem_id="message"), gr.HTML(elem_id="predictions")
        timeline = gr.HTML(elem_id="timeline", js_on_load=wb.front("timeline.js"))
        frames = gr.HTML(elem_id="seen")
        wishes = choose(visitor, video)
        with gr.Row(elem_id="turn"):
            pair = gr.Slider(1, 31, value=1, step=1, label="Pair", info="Which two consecutive frames to compare.", elem_id="pair", scale=6)
            play = gr.Button("▶ Play", size="sm", elem_id="play", scale=1, min_width=100)
        with gr.Tabs():
            with gr.Tab("Where did each spot go?") as where_tab:
                correspondences, trust, why, knobs = correspond()
            with gr.Tab("What if?") as what_if_tab:
                wonder = gr.HTML(elem_id="wonder")
            with gr.Tab("Beside others") as beside_tab:
                beside, comparison = compare(visitor)
            with gr.Tab("Where does it look?") as look_tab:
                label = gr.Dropdown([], label="Class", info="For which the evidence is shown.", elem_id="class")
                attention = gr.HTML(elem_id="attention")
        gr.Markdown(visitor.about(), elem_id="about")
        clock, tab = gr.Timer(0.7, active=False), gr.State("where")

        def look(before, place, clip, given, span, name, mirrored, count, stride, resolution, layer, *turned):
            shown = visitor.look(
                before, place, given or clip, name, wb.Knobs(*turned), start=span[0], seconds=span[1], mirrored=mirrored,
                frames=count or None, stride=stride or None, resolution=resolution or None, layer=layer or None,
            )  # fmt: skip
            classes = wb.classes(shown.seen)
            choice = gr.Dropdown(classes, value=classes[0] if classes else None)
            return *shown, gr.Slider(value=shown.spot.pair + 1, maximum=max(visitor.pairs(shown.seen), 2)), choice

        def open_tab(tab, exploration, number, other, label, *chosen):
            if tab == "beside":
                other = wb.look_with(visitor.desk, exploration, other, *beside_of(*chosen))
            return (
                wb.wonder(visitor.desk, exploration) if tab == "what-if" else gr.skip(),
                wb.attention(visitor.desk, exploration, label) if tab == "look" else gr.skip(),
                other,
                wb.comparison(exploration, other, number - 1) if tab == "beside" else gr.skip(),
            )

        asked = [seen, spot, *wishes.all, *knobs]
        shown = [seen, spot, message, predictions, timeline, frames, correspondences, trust, why, pair, label]
        opened = {
            "fn": open_tab,
            "inputs": [tab, seen, pair, other, label, *beside],
            "outputs": [wonder, attention, other, comparison],
            **NETWORK,
        }

        def looks_after(event):
            event(look, asked, shown, **NETWORK).then(**opened, show_progress="hidden")

        for given in (video.upload, video.stop_recording):
            looks_after(given(lambda: ((None, None), None), None, [wishes.span, wishes.given], **CHOSEN).then)
        for button, sample in zip(samples, wb.samples(), strict=True):
            chosen = (str(sample.path), (sample.start, None), None)
            looks_after(button.click(lambda chosen=chosen: chosen, None, [video, wishes.span, wishes.given], **CHOSEN).then)
        for event in (page.load, *(control.input for control in wishes.controls)):
            looks_after(event)
        looks_after(timeline.release(cut, None, wishes.span, **CHOSEN).then)
        for name, opener in {"where": where_tab, "what-if": what_if_tab, "beside": beside_tab, "look": look_tab}.items():
            opener.select(lambda name=name: name, None, tab, **CHOSEN).then(**opened)
        for control in (*beside, label):
            control.input(**opened)

        def explain(exploration, place, number, *turned):
            return visitor.explain(exploration, place, number, wb.Knobs(*turned))

        def turn_other(tab, exploration, other, number):
            return wb.comparison(exploration, other, number - 1) if tab == "beside" else gr.skip()

        def turns_after(event):
            event(visitor.turn, [seen, spot, pair], [spot, timeline, frames, correspondences], **AT_ONCE).then(
                explain, [seen, spot, pair, *knobs], [trust, why], **AT_ONCE
            ).then(turn_other, [tab, seen, other, pair], comparison, **AT_ONCE)

        turns_after(pair.input)
        turns_after(clock.tick(lambda exploration, number: number % max(visitor.pairs(exploration), 1) + 1, [seen, pair], pair, **CHOSEN).then)
        play.click(playing, play, [play, clock], **CHOSEN)

        def point(event: gr.EventData, exploration, place, *turned):
            return visitor.point(exploration, place, event.x, event.y, wb.Knobs(*turned))

        def step(event: gr.EventData, exploration, place, *turned):
            return visitor.step(exploration, place, event.row, event.column, wb.Knobs(*turned))

        pointed = {"inputs": [seen, spot, *knobs], "outputs": [spot, correspondences, why]}
        correspondences.spot(point, **pointed, **AT_ONCE)
        correspondences.step(step, **pointed, **AT_ONCE)
        for knob in knobs:
            knob.input(lambda exploration, place, *turned: visitor.why(exploration, place, wb.Knobs(*turned)), [seen, spot, *knobs], why, **AT_ONCE)

        def forget(request: gr.Request):
            page.state_holder.delete_state(request.session_hash)

        page.unload(forget)
    return page


def give_video() -> tuple[gr.Video, gr.UploadButton, list[gr.Button]]:
    video = gr.Video(
        str(wb.samples()[0].path), label="Video", sources=["upload", "webcam"], include_audio=True, elem_id="video", height=330, webcam_options=WEBCAM
    )
    with gr.Row(elem_id="samples"):
        samples = [gr.Button(sample.title, size="sm", elem_id=sample.name, min_width=100) for sample in wb.samples()]
        upload = gr.UploadButton("Frames: a zip, a GIF or pictures", size="sm", file_count="multiple", elem_id="upload", min_width=100)
    return video, upload, samples


def choose(visitor: wb.Visitor, video: gr.Video) -> Wishes:
    """The row of controls beneath the timeline."""
    with gr.Row(elem_id="wishes"):
        return Wishes(
            video=video,
            given=gr.State(),
            span=gr.State((wb.samples()[0].start, None)),
            checkpoint=gr.Dropdown(
                list(visitor.desk.checkpoints()), value=visitor.desk.first, label="Network", info="Whose eyes to look with.",
                elem_id="checkpoint", min_width=140,
            ),
            mirrored=gr.Checkbox(False, label="Mirror image", info="Where writing reads backwards.", elem_id="mirrored", min_width=140),
            frames=gr.Dropdown(
                [("as trained", 0), *((str(n), n) for n in range(2, 33))], value=0, label="Frames", info="How many the clip has.",
                elem_id="number", min_width=140,
            ),
            stride=gr.Dropdown(
                [("spread", 0), *((str(n), n) for n in range(1, 17))], value=0, label="Stride", info="Frames from one to the next.",
                elem_id="stride", min_width=140,
            ),
            resolution=resolution_choice("resolution"),
            layer=layer_choice("layer"),
        )  # fmt: skip


def correspond() -> tuple[gr.HTML, gr.HTML, gr.HTML, list]:
    """The pictures of a pair, and how one cell finds its arrow."""
    correspondences, trust = gr.HTML(elem_id="correspondences", js_on_load=wb.front("picks.js")), gr.HTML(elem_id="trust")
    gr.Markdown("## Why this arrow?")
    with gr.Row(elem_id="knobs"):
        knobs = [
            gr.Slider(1, 15, value=15, step=1, label="Radius", info="How far the window reaches, in steps.", elem_id="radius", min_width=180),
            gr.Radio(list(wb.KINDS), value="kernel-soft-argmax", label="Estimate", info="How the window becomes one offset.", elem_id="kind"),
            gr.Slider(0.2, 10, value=5, step=0.1, label="Sigma", info="Width of the kernel, in cells.", elem_id="sigma", min_width=180),
            gr.Slider(-3, 0, value=-2, step=0.05, label="Temperature", info="A power of ten: −2 is the paper's 0.01.", elem_id="temperature", min_width=180),
        ]  # fmt: skip
    return correspondences, trust, gr.HTML(elem_id="why"), knobs


def compare(visitor: wb.Visitor) -> tuple[list, gr.HTML]:
    """What stands beside, and the comparison."""
    with gr.Row(elem_id="others"):
        controls = [
            gr.Dropdown(wb.others(visitor.desk), value=wb.FLOW, label="Beside", info="Optical flow, or another network.", elem_id="other"),
            layer_choice("other-layer"),
            resolution_choice("other-resolution"),
        ]
    return controls, gr.HTML(elem_id="comparison")


def beside_of(name: str, layer: str, resolution: int) -> tuple[str, str | None, int | None]:
    return name, layer or None, resolution or None


def resolution_choice(name: str) -> gr.Dropdown:
    sizes = [("twice as trained", 0), *((f"{side} px", side) for side in (64, 96, 128, 192, 224, 256))]
    return gr.Dropdown(sizes, value=0, label="Resolution", info="Short side, for displacement.", elem_id=name, min_width=140)


def layer_choice(name: str) -> gr.Dropdown:
    layers = [("the module's", ""), *((stage, stage) for stage in wb.STAGES)]
    return gr.Dropdown(layers, value="", label="Layer", info="Whose features are matched.", elem_id=name, min_width=140)


def cut(event: gr.EventData) -> tuple[float, float]:
    return event.start, event.seconds


def playing(label: str) -> tuple[str, gr.Timer]:
    start = label.startswith("▶")
    return "⏸ Pause" if start else "▶ Play", gr.Timer(active=start)


def main() -> None:
    import argparse

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=7860)
    parser.add_argument("--checkpoint", default=None, help="weights to show instead of the shipped MSNet")
    options = parser.parse_args()
    page = build(wb.Desk(options.checkpoint)).queue(max_size=40)
    try:
        page.launch(server_name="127.0.0.1", server_port=options.port, inbrowser=not os.environ.get("CI"), **LAUNCH)
    except OSError as error:
        raise SystemExit(f"The page cannot use port {options.port} ({error}); choose another one with --port.") from None


if __name__ == "__main__":
    main()
