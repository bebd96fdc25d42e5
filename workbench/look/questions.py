"""What if? Each question as a value: the clip, or the network, with one thing altered."""

from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt

import numpy as np
from einops import rearrange, repeat
from jaxtyping import UInt8

from workbench.look.altered import altered, switched_off
from workbench.look.explore import Exploration
from workbench.model.msnet import MSNet

Crops = UInt8[np.ndarray, "t s s 3"]
Clips = UInt8[np.ndarray, "n t s s 3"]


def as_seen(exploration: Exploration) -> Clips:
    return rearrange(exploration.crops, "t h w c -> 1 t h w c")


def reverse(exploration: Exploration) -> Clips:
    return as_seen(exploration)[:, ::-1]


def mirror(exploration: Exploration) -> Clips:
    return as_seen(exploration)[:, :, :, ::-1]


def slow_down(exploration: Exploration) -> Clips | None:
    return None if exploration.slow is None else rearrange(exploration.slow, "t h w c -> 1 t h w c")


def freeze(exploration: Exploration) -> Clips:
    """As many clips as there are frames, each of one frame only: together all of the appearance and none of the motion."""
    return repeat(exploration.crops, "n h w c -> n t h w c", t=len(exploration.crops))


def shuffle(exploration: Exploration) -> Clips | None:
    order = shuffled_order(len(exploration.crops))
    return None if order is None else as_seen(exploration)[:, order]


def shuffled_order(num_frames: int) -> list[int] | None:
    """Frames by the fractional part of their number times the golden ratio: 0 5 2 7 4 1 6 3 of eight.

    Always the same; steps forward and back take turns, so that no direction is kept. From three frames on it is neither
    the order of the clip nor, since it begins with frame 0, its reversal; None for fewer, which have no other order.
    """
    golden = (sqrt(5) - 1) / 2
    return sorted(range(num_frames), key=lambda frame: frame * golden % 1) if num_frames > 2 else None


def unaltered(model: MSNet) -> MSNet:
    return model


def without_module(model: MSNet) -> MSNet | None:
    return switched_off(model) if model.motion else None


def without_displacement(model: MSNet) -> MSNet | None:
    return altered(model, "displacement zero") if model.motion else None


@dataclass(frozen=True)
class Question:
    """One thing altered, all else as it was.

    name; done: what was done, a sentence. clips: what the network is shown, `n t s s 3`; the logits of several clips are
    averaged, as the network averages those of frames. network: the one that is asked. Where either is None the question
    has no answer, and why_not says so.
    """

    name: str
    done: str
    clips: Callable[[Exploration], np.ndarray | None] = as_seen
    network: Callable[[MSNet], MSNet | None] = unaltered
    why_not: str = ""


AS_SEEN = Question("as seen", "Nothing is altered.")
QUESTIONS = (
    Question("reversed", "The frames run backwards.", reverse),
    Question("shuffled", "The frames come in another order, forward and back in turn.", shuffle, why_not="two frames have no other order"),
    Question("frozen", "Each frame in turn stands still for a whole clip; the answers are averaged.", freeze),
    Question("mirrored", "Left and right of every frame are exchanged.", mirror),
    Question("half speed", "The first half of the clip takes all of its time, with the frames in between.", slow_down,
             why_not="the video shows nothing in between"),
    Question("module off", "The motion module adds nothing to the features.", network=without_module,
             why_not="this network has no motion module"),
    Question("displacement zero", "The module finds that nothing moves, as confident as before.", network=without_displacement,
             why_not="this network has no motion module"),
)  # fmt: skip
