"""Which classes turn into each other when a video is mirrored or reversed, and which clips may be flipped."""

import re
from collections.abc import Callable, Sequence
from itertools import chain
from typing import Literal

import numpy as np
from jaxtyping import UInt8

from workbench.data.alphabet.motions import ALPHABET, MotionClass, mirror_motion, reverse_motion

MOTIONS_BY_NAME = {motion.name: motion for motion in ALPHABET}

SIDES = (("left", "right"), ("leftward", "rightward"), ("leftwards", "rightwards"), ("clockwise", "counterclockwise"))
WAYS = (
    *(("up", "down"), ("upward", "downward"), ("upwards", "downwards"), ("forward", "backward"), ("forwards", "backwards")),
    *(("towards", "away from"), ("into", "out of"), ("onto", "off of"), ("zooming in", "zooming out")),
)
DEEDS = (  # the hand that pushes a thing along leads it on the way back, which is to pull
    *(("open", "close"), ("opening", "closing"), ("push", "pull"), ("pushing", "pulling"), ("putting", "taking")),
    *(("fold", "unfold"), ("folding", "unfolding"), ("covering", "uncovering"), ("sit", "stand"), ("sitting", "standing")),
)
SAME = {"(?:counter|anti) ?clockwise": "counterclockwise", "approaching": "moving towards", "closer to|toward": "towards"}
ONE_WAY = r"\b(?:pretend|try|fail|pour|drop|fall|throw|spill|thumb)"  # backwards: neither their opposite nor, mostly, possible
SEAM = r"(?<=[a-z])(?=[A-Z])|(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])"  # between words: "SwipeLeft", "left2"


def mirror_partners(labels: Sequence[str]) -> dict[int, int]:
    """The number of each class -> that of the class which its videos show when left and right are exchanged.

    The motions of the alphabet know their partner, which may be the motion itself. Of other names the words for
    sides are exchanged, "from left to right" with "from right to left". A class whose name says nothing of sides, or whose
    partner is not among the labels, is left out. The partner of a partner is the class itself.
    """
    return find_partners(labels, mirror_motion, SIDES)


def one_sided(labels: Sequence[str]) -> frozenset[int]:
    """Numbers of the classes whose videos show something else when left and right are exchanged, with or without a partner:
    those of which a word begins like one for a side.

    Every such word counts, the "right" of "pulling it right out" among them: nobody can say what it means there.
    """
    side = re.compile(rf"\b(?:{'|'.join(chain(*SIDES))})")
    return frozenset(number for number, label in enumerate(labels) if side.search(plain_label(label)))


def reversal_partners(labels: Sequence[str]) -> dict[int, int]:
    """The same for videos played backwards: "opening" with "closing", "pushing left" with "pulling right".

    What is pretended, fails, pours or falls does not become its opposite, and is left out.
    """
    return find_partners(labels, reverse_motion, (*SIDES, *WAYS, *DEEDS), ONE_WAY)


def find_partners(
    labels: Sequence[str], turn: Callable[[MotionClass], MotionClass], pairs: Sequence[tuple[str, str]], left_out: str = r"\b\B"
) -> dict[int, int]:
    """Numbers of classes that turn into each other: motions by `turn`, other names by exchanging the words of `pairs`.

    left_out: pattern of names that have no partner, by default of none.
    """
    names = [plain_label(label) for label in labels]
    partner_of = {}
    for number, name in enumerate(names):
        motion = MOTIONS_BY_NAME.get(labels[number])
        other = plain_label(turn(motion).name) if motion else exchange_words(name, pairs, left_out)
        if other is not None and names.count(other) == 1:
            partner_of[number] = names.index(other)
    return {number: other for number, other in partner_of.items() if partner_of.get(other) == number}


def plain_label(name: str) -> str:
    """A name in lower-case words, of several that mean the same always one: "PushCounter-Clockwise" -> "push counterclockwise"."""
    text = " ".join(re.findall(r"[^\W_]+", re.sub(SEAM, " ", name).lower()))
    for pattern, word in SAME.items():
        text = re.sub(rf"\b(?:{pattern})\b", word, text)
    return text


def exchange_words(name: str, pairs: Sequence[tuple[str, str]], left_out: str) -> str | None:
    """The plain name with the words of each pair exchanged; None where there are none."""
    other = {one: two for pair in pairs for one, two in (pair, pair[::-1])}
    text, count = re.subn(rf"\b(?:{'|'.join(other)})\b", lambda match: other[match[0]], name)
    return text if count and not re.search(left_out, name) else None


Flip = Literal["none", "safe", "swap"]


def labels_after_flip(labels: Sequence[str], flip: Flip) -> dict[int, int]:
    """The number of each class whose clips may be mirrored -> the number of the class that they then show.

    "none" mirrors nothing; "safe" the classes whose names do not depend on a side; "swap" also those that have a mirror
    partner among the labels. A class that depends on a side without such a partner is never mirrored.
    """
    if flip == "none":
        return {}
    sided_classes = one_sided(labels)
    same = {number: number for number in range(len(labels)) if number not in sided_classes}
    return same | mirror_partners(labels) if flip == "swap" else same


def mirror_frames(frames: UInt8[np.ndarray, "t h w 3"]) -> UInt8[np.ndarray, "t h w 3"]:
    """Left and right of every frame exchanged."""
    return np.ascontiguousarray(frames[:, :, ::-1])
