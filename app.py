"""The page: what a network sees in a video. Layout and wiring only; every handler is a function of the package."""

import argparse
import os

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # before gradio is imported: nothing is reported to anyone
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

import gradio as gr

import workbench as wb

INTRODUCTION = """
# MotionSqueeze Workbench
A network that finds, inside itself, **where each spot of one frame went in the next**, and names the motion.
Give it a video: a sample, a file or your webcam.
"""
PICTURES = {
    "source": "**Source** · here, now",
    "target": "**Target** · the next frame sampled",
    "overlay": "**Overlay** · grey is still, colour is direction",
    "displacement": "**Displacement** · a cell's colour says where it went",
    "arrows": "**Arrows** · faint where the match is doubtful",
    "confidence": "**Confidence** · how alike the best match is",
}
SYSTEM_FONTS = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "DejaVu Sans", "sans-serif"]
LAUNCH = {
    "theme": gr.themes.Base(
        primary_hue="blue", neutral_hue="slate", radius_size="md", font=SYSTEM_FONTS, font_mono=["ui-monospace", "monospace"]
    ),
    "css": """
        .gradio-container { max-width: 1240px !important; margin: 0 auto !important; }
        #introduction h1 { font-size: 1.7rem; letter-spacing: -0.01em; margin-bottom: 0.2rem; }
        #message { font-size: 1.08rem; padding: 0.6rem 0.9rem; border-left: 4px solid #0072b2; background: var(--block-background-fill); }
        #correspondences { margin-top: 1.2rem; }
        .title { overflow: visible !important; margin-bottom: -0.4rem; }
        .title p { margin: 0; line-height: 1.3; }
        #top img, #timeline img, #frames img, #source img, #target img, #overlay img, #displacement img, #arrows img, #confidence img {
            background: #fff; object-fit: contain; width: 100%; }
        #look { align-self: center; }
        #about { color: var(--body-text-color-subdued); font-size: 0.9rem; }
    """,
    "footer_links": [],
    "show_error": True,
    "max_file_size": "200mb",
    "ssr_mode": False,
    "allowed_paths": [str(sample.path) for sample in wb.samples()],
}


def build(checkpoint: str | None = None) -> gr.Blocks:
    """The page, not launched."""
    visitor = wb.Visitor(wb.Explorer.load(checkpoint))

    with gr.Blocks(title="MotionSqueeze Workbench", analytics_enabled=False, delete_cache=(3600, 3600)) as page:
        exploration = gr.State(time_to_live=3600)
        gr.Markdown(INTRODUCTION, elem_id="introduction")
        with gr.Row():
            with gr.Column(scale=5, min_width=320):
                video = gr.Video(
                    str(wb.samples()[0].path),
                    label="Video",
                    sources=["upload", "webcam"],
                    include_audio=True,
                    elem_id="video",
                    height=360,
                    webcam_options=gr.WebcamOptions(mirror=False, constraints={"video": {"width": 640, "height": 480}}),
                )
                with gr.Row(elem_id="samples"):
                    samples = [gr.Button(sample.title, size="sm", elem_id=sample.name) for sample in wb.samples()]
            with gr.Column(scale=7, min_width=320):
                message = gr.Markdown("Choose a sample or give a video to begin.", elem_id="message")
                top = picture("top", "**Predictions** · for the clip")
                with gr.Row():
                    start = gr.Textbox(
                        label="Start (s)", info="Where the clip begins.", placeholder="the middle", elem_id="start", min_width=110
                    )
                    seconds = gr.Textbox(
                        label="Length (s)", info="How long it lasts.", placeholder="as trained", elem_id="seconds", min_width=110
                    )
                    resolution = gr.Dropdown(
                        visitor.resolutions(),
                        value=visitor.explorer.resolution,
                        label="Resolution (px)",
                        info="Short side, for displacement.",
                        elem_id="resolution",
                        min_width=130,
                    )
                    look = gr.Button("Look again", variant="primary", elem_id="look", min_width=110)
        with gr.Row():
            frames = picture("frames", "**What was classified** · the pair shown below is outlined")
            timeline = picture("timeline", "**Scores over time** · in a window that slides over the video")
        gr.Markdown("## Where did each spot go?", elem_id="correspondences")
        pair = gr.Slider(1, visitor.pairs, value=1, step=1, label="Pair", info="Which two consecutive frames to compare.", elem_id="pair")
        with gr.Row():
            source, target, overlay = (picture(name, PICTURES[name]) for name in ("source", "target", "overlay"))
        with gr.Row():
            displacement, arrows, confidence = (picture(name, PICTURES[name]) for name in ("displacement", "arrows", "confidence"))
        gr.Markdown(visitor.about(), elem_id="about")

        asked = [exploration, pair, video, start, seconds, resolution]
        shown = [frames, source, target, overlay, displacement, arrows, confidence]
        answered = [exploration, message, top, timeline, *shown]
        one_at_a_time = {"concurrency_id": "network", "concurrency_limit": 1}
        for trigger in (look.click, video.upload, video.stop_recording, start.submit, seconds.submit, resolution.input):
            trigger(visitor.look, asked, answered, api_visibility="private", **one_at_a_time)
        for button, sample in zip(samples, wb.samples(), strict=True):
            button.click(lambda path=str(sample.path): path, None, video, api_visibility="private").then(
                visitor.look, asked, answered, api_visibility="private", **one_at_a_time
            )
        page.load(visitor.look, asked, answered, api_visibility="private", **one_at_a_time)
        pair.input(
            visitor.turn_to, [exploration, pair], shown, show_progress="hidden", trigger_mode="always_last", api_visibility="private"
        )

    return page


def picture(name: str, title: str) -> gr.Image:
    """A titled picture; the title stands above it, where it hides nothing."""
    with gr.Column(min_width=300):
        gr.Markdown(title, elem_classes="title")
        return gr.Image(
            elem_id=name, show_label=False, interactive=False, format="png", buttons=["fullscreen"], alt_text=title.replace("*", "")
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=7860)
    parser.add_argument("--checkpoint", default=None, help="weights to show instead of the shipped MSNet")
    options = parser.parse_args()
    page = build(options.checkpoint).queue(max_size=40)
    try:
        page.launch(server_name="127.0.0.1", server_port=options.port, inbrowser=not os.environ.get("CI"), **LAUNCH)
    except OSError as error:
        raise SystemExit(f"The page cannot use port {options.port} ({error}); choose another one with --port.") from None


if __name__ == "__main__":
    main()
