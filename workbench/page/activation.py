"""The tab Where does it look?: the class activation map over the frames."""

import gradio as gr
import numpy as np
from markupsafe import Markup

from workbench.draw.heatmaps import draw_activations
from workbench.draw.html import note, plate
from workbench.explore.activation import class_activation
from workbench.explore.explorer import Exploration
from workbench.page.controls import Updates, Values
from workbench.page.networks import NetworkLibrary
from workbench.page.tab import Session, Tab, errors_as_html
from workbench.text import signed

TILE, COLUMNS = 240, 4  # pixels of a frame, and frames to a row


class ActivationTab(Tab):
    name, title = "look", "Where does it look?"

    def lay_out(self) -> None:
        self.label = gr.Dropdown([], label="Class", info="For which the evidence is shown.", elem_id="class")
        self.maps = gr.HTML(elem_id="attention")
        self.controls, self.outputs, self.offers = (self.label,), (self.maps,), (self.label,)

    def open(self, session: Session, values: Values) -> Updates:
        return {self.maps: activation_section(self.networks, session.exploration, values[self.label])}

    def offer(self, exploration: Exploration | None) -> Updates:
        """The classes of a look, the most probable chosen."""
        classes = class_names(exploration)
        return {self.label: gr.Dropdown(classes, value=classes[0] if classes else None)}


@errors_as_html
def activation_section(networks: NetworkLibrary, exploration: Exploration | None, label: str | None = None) -> str:
    """The class activation map of each frame on one scale. label: by default the most probable class.

    A label of another network, which may stand in the control still, counts as none.
    """
    if exploration is None:
        return Markup()
    label = label if label in exploration.labels else exploration.top(1)[0][0]
    evidence = class_activation(networks.explorer(exploration.network), exploration, exploration.labels.index(label))
    captions = [f"{time:.2f} s: {logit:+.1f}" for time, logit in zip(exploration.times, evidence.frame_logits, strict=True)]
    picture = draw_activations(exploration.crops, evidence.map, evidence.limit, captions, COLUMNS, TILE, label)
    strongest = int(np.argmax(evidence.frame_logits))
    about = f"orange speaks for {label}, blue against it; beneath each frame its time and logit"
    alt = f"Class activation map of {label}: strongest in the frame at {exploration.times[strongest]:.2f} s"
    sentence = (
        f"The mean over all cells and frames, and the bias {signed(f'{evidence.bias:+.2f}')}, is the logit of {label}: "
        f"{signed(f'{evidence.logit:+.2f}')}. "
        "What neighbouring frames brought into a cell counts where it arrived."
    )
    return plate("activation", "Class activation map", about, picture, alt, photo=True) + note(sentence)


def class_names(exploration: Exploration | None) -> list[str]:
    """The classes to choose from, the most probable first."""
    return [label for label, _ in exploration.top(len(exploration.labels))] if exploration else []
