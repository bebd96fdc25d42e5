"""Any two frames of the video beside each other: chosen by number, or stepped by the arrow keys, with the arrows between them."""

from typing import Any

import gradio as gr
from markupsafe import Markup

from workbench.draw.html import note, plate, plates
from workbench.draw.pair import draw_pair
from workbench.explore.compare import describe_pair
from workbench.explore.explorer import Exploration
from workbench.explore.two_frames import describe_distance, match_two_frames
from workbench.explore.warping import warping_of_pair
from workbench.page.controls import Updates, Values
from workbench.page.networks import NetworkLibrary
from workbench.page.tab import NETWORK, SessionControls, errors_as_html

MOST_FRAME_NUMBER = 10**6


class TwoFramesSection:
    """Two numbers of frames, and what the network finds between them."""

    def __init__(self, networks: NetworkLibrary, session: SessionControls):
        self.networks, self.session = networks, session
        with gr.Accordion("Any two frames", open=False, elem_id="two-frames"):
            with gr.Row():
                self.source, self.target = (frame_number(label) for label in ("Source", "Target"))
                take = gr.Button("The pair shown", size="sm", elem_id="two-take", min_width=140)
            self.pictures = gr.HTML(elem_id="two-pictures")
        self.outputs = (self.source, self.target, self.pictures)
        inputs = {*session.all, self.source, self.target}
        gr.on([self.source.input, self.target.input], self.compare, inputs, self.pictures, **NETWORK)
        take.click(self.take, session.all, [*self.outputs], **NETWORK)

    def compare(self, values: Values) -> str:
        exploration, numbers = self.session.read(values).exploration, (values[self.source], values[self.target])
        return two_frames_section(self.networks, exploration, *numbers)

    def take(self, values: Values) -> Updates:
        session = self.session.read(values)
        if (exploration := session.exploration) is None:
            return {self.pictures: two_frames_section(self.networks, None, None, None)}
        source, target = exploration.indices[session.selection.pair : session.selection.pair + 2]
        pictures = two_frames_section(self.networks, exploration, source, target)
        return {self.source: source, self.target: target, self.pictures: pictures}


def frame_number(label: str) -> gr.Number:
    info = "A frame of the video, from 0; the arrow keys step."
    name = f"two-{label.lower()}"
    return gr.Number(
        None, label=label, info=info, elem_id=name, precision=0, minimum=0, maximum=MOST_FRAME_NUMBER, step=1, min_width=140
    )  # fmt: skip


@errors_as_html
def two_frames_section(networks: NetworkLibrary, exploration: Exploration | None, source: Any, target: Any) -> Markup:
    """Both frames, the displacement and its probability, how far apart they lie, and how well the arrows predict the target."""
    if exploration is None:
        return note("Look at a video first.")
    if source is None or target is None:
        return note("Say the numbers of two frames, or take those of the pair shown and step on from there.")
    matched = match_two_frames(networks.explorer(exploration.network), exploration, int(source), int(target))
    pictures, words = draw_pair(matched, 0), describe_pair(matched, 0)
    figures = [
        plate("two-first", "Source", f"frame {source}", pictures.source, f"Frame {source} of {matched.name}", True),
        plate("two-second", "Target", f"frame {target}", pictures.target, f"Frame {target} of {matched.name}", True),
        plate("two-arrows", "Arrows", "from the source to the target", pictures.arrows, f"Arrows: {words}", True),
        plate("two-field", "Displacement", "hue: direction", pictures.displacement, f"Displacement: {words}"),
        plate("two-sure", "Probability", "that it is right within a cell", pictures.probability, "Probability of every match"),
    ]
    return plates(figures) + note(f"{describe_distance(matched, exploration)}.") + note(f"{warping_of_pair(matched, 0)}.")
