"""The tab Where does it look?: the class activation map over the frames."""

import numpy as np
from markupsafe import Markup

from workbench.draw.heatmaps import draw_activations
from workbench.draw.html import note, plate
from workbench.explore.activation import class_activation
from workbench.explore.explorer import Exploration
from workbench.page.components import errors_as_html
from workbench.page.networks import NetworkLibrary
from workbench.text import signed

TILE, COLUMNS = 240, 4  # pixels of a frame, and frames to a row


@errors_as_html
def activation_section(desk: NetworkLibrary, exploration: Exploration | None, label: str | None = None) -> Markup:
    """The class activation map of each frame on one scale. label: by default the most probable class.

    A label of another network, which may stand in the control still, counts as none.
    """
    if exploration is None:
        return Markup()
    label = label if label in exploration.labels else exploration.top(1)[0][0]
    evidence = class_activation(desk.explorer(exploration.network), exploration, exploration.labels.index(label))
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
