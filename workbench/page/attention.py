"""Where does it look? The evidence for a class over the frames that were classified."""

import numpy as np

from workbench.look.activation import class_activation
from workbench.look.explore import Exploration
from workbench.look.match import signed
from workbench.page.desk import Desk
from workbench.page.markup import note, plate
from workbench.page.refusal import in_a_sentence
from workbench.view.activation import draw_activations

TILE, COLUMNS = 240, 4  # pixels of a frame, and frames to a row


@in_a_sentence
def attention(desk: Desk, seen: Exploration | None, label: str | None = None) -> str:
    """The class activation map of each frame on one scale. label: by default the most probable class.

    A label of another network, which may stand in the control still, counts as none.
    """
    if seen is None:
        return ""
    label = label if label in seen.labels else seen.top(1)[0][0]
    evidence = class_activation(desk.explorer(seen.network), seen, seen.labels.index(label))
    captions = [f"{time:.2f} s: {logit:+.1f}" for time, logit in zip(seen.times, evidence.frame_logits, strict=True)]
    picture = draw_activations(seen.crops, evidence.map, evidence.limit, captions, COLUMNS, TILE, label)
    strongest = int(np.argmax(evidence.frame_logits))
    about = f"orange speaks for {label}, blue against it; beneath each frame its time and logit"
    alt = f"Class activation map of {label}: strongest in the frame at {seen.times[strongest]:.2f} s"
    sentence = (
        f"The mean over all cells and frames, and the bias {signed(f'{evidence.bias:+.2f}')}, is the logit of {label}: "
        f"{signed(f'{evidence.logit:+.2f}')}. "
        "What neighbouring frames brought into a cell counts where it arrived."
    )
    return plate("activation", "Class activation map", about, picture, alt, photo=True) + note(sentence)


def classes(seen: Exploration | None) -> list[str]:
    """The classes to choose from, the most probable first."""
    return [label for label, _ in seen.top(len(seen.labels))] if seen else []
