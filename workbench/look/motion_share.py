"""One number for how much a decision rests on motion."""

import numpy as np
from jaxtyping import Float


def motion_share(seen: Float[np.ndarray, " k"], frozen: Float[np.ndarray, " k2"]) -> float:
    """The share, in [0, 1], of the decided class's lead over chance that is lost when the frames of the clip stand still.

    seen `k`: probabilities for the clip. frozen `k`: those for the same frames without motion, that is, the softmax of the
    mean of the logits of t clips, each of which shows one of the t frames all the time. With c the most probable class,

        share = (seen[c] - frozen[c]) / (seen[c] - 1 / k),  kept within [0, 1].

    0: the frames alone, one by one, lead as surely to the decision. 1: they say no more for it than a guess, 1 / k, does.
    The frozen clips hold all of the appearance, every frame, and none of the motion; the network combines frames by the
    mean of their logits, and so are the clips combined. So the share is 0 for every clip of a network that looks at frames
    one by one (TSN), and for every network of a clip in which nothing changes. Motion here is all that frames say together
    and not apart: their order and what matching finds. A decision that nothing moves rests on the absence of motion, which
    frozen frames do not lack: its share is 0.

    Of classes that are equally probable the one that loses most counts; where all are, there is no decision, and it is 0.
    The order of the classes does not matter. Raises ValueError where the two are not the same number of classes.
    """
    if seen.shape != frozen.shape or not len(seen):
        raise ValueError(f"both answers must be about the same classes, got {len(seen)} and {len(frozen)}")
    most = seen.max()
    lost, lead = float((most - frozen)[seen == most].max()), float(most - 1 / len(seen))
    return min(max(lost / lead, 0.0), 1.0) if lead > 1e-6 else 0.0
