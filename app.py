"""Starts the page: what a network sees in a video. Options, the page of `workbench/page/build.py`, and its launch."""

import os
import signal

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # before gradio is imported: nothing is reported to anyone
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

import gradio as gr
import tyro

from workbench.hosting.options import Hosting, functions_of, launch_options
from workbench.hosting.temp_folder import claim_folder
from workbench.page.build import build_page, launch_style
from workbench.page.networks import NetworkLibrary
from workbench.page.tab import LASTING, QUEUES
from workbench.video.read import sample_videos


def build(hosting: Hosting | None = None) -> gr.Blocks:
    """The page with these networks and limits, not launched."""
    hosting = hosting or Hosting()
    networks = NetworkLibrary(hosting.checkpoint, hosting.checkpoints, hosting.limits, hosting.live)
    return build_page(networks, hosting.teaches)


def open_page(hosting: Hosting) -> None:
    """Serve the page until it is stopped. Raises OSError where its port is taken."""
    signal.signal(signal.SIGTERM, stop)
    folder = claim_folder()
    page = build(hosting)
    functions = functions_of(page, *QUEUES), functions_of(page, "live"), functions_of(page, *LASTING)
    options = launch_options(hosting, folder, [sample.path for sample in sample_videos()], *functions)
    try:
        page.queue(max_size=hosting.waiting, api_open=False).launch(inbrowser=not os.environ.get("CI"), **launch_style(), **options)
    except OSError as error:
        raise OSError(f"The page cannot use port {hosting.port} ({error}); choose another one with --port.") from None


def stop(*_: object) -> None:
    """As Ctrl-C does: what was uploaded is removed on the way out."""
    raise KeyboardInterrupt


def main() -> None:
    hosting = tyro.cli(Hosting, description=__doc__)
    try:
        open_page(hosting)
    except (OSError, ValueError) as refusal:
        raise SystemExit(str(refusal)) from None
    except KeyboardInterrupt:  # while it starts; later Gradio closes its server
        raise SystemExit from None


if __name__ == "__main__":
    main()
