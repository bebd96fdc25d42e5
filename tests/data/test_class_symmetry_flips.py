"""The laws of flips: direction is known by the names of the classes."""

import numpy as np
import pytest

from workbench.data.alphabet.motions import ALPHABET
from workbench.data.class_symmetry import labels_after_flip, mirror_frames, one_sided

# Of the 174 classes of Something-Something (V1 and V2 share them): those that speak of a side, and some that do not.
SOMETHING = (
    "Moving something closer to something", "Moving something and something away from each other", "Moving something up",
    "Plugging something into something but pulling it right out as you remove your hand",
    "Pulling something from left to right", "Pulling something from right to left",
    "Pushing something from left to right", "Pushing something from right to left",
    "Pulling two ends of something so that it gets stretched", "Turning something upside down",
    "Turning the camera upwards while filming something", "Turning the camera left while filming something",
    "Turning the camera right while filming something", "Showing something next to something",
    "Pretending to put something behind something", "Pouring something into something until it overflows",
)  # fmt: skip
PAIRS = (
    ("Pulling something from left to right", "Pulling something from right to left"),
    ("Pushing something from left to right", "Pushing something from right to left"),
    ("Turning the camera left while filming something", "Turning the camera right while filming something"),
)
RIGHT_OUT = "Plugging something into something but pulling it right out as you remove your hand"


def named(labels: tuple[str, ...], flip: str) -> dict[str, str]:
    return {labels[number]: labels[after] for number, after in labels_after_flip(labels, flip).items()}


@pytest.mark.parametrize("labels", [SOMETHING, SOMETHING[::-1]])
def test_something_something_is_flipped_but_for_its_directions(labels):
    """The six classes of direction exchange labels or stay; a class that only may mean a side stays; all others are flipped."""
    sided = {name for pair in PAIRS for name in pair} | {RIGHT_OUT}
    same = {name: name for name in labels if name not in sided}
    assert named(labels, "none") == {}
    assert named(labels, "safe") == same
    assert named(labels, "swap") == same | dict(PAIRS) | {right: left for left, right in PAIRS}


def test_a_side_without_its_partner_is_never_flipped():
    """A class that depends on a side has no label to change to where the partner is missing, or stands there twice."""
    labels = ("move left", "wave", "turn clockwise", "look right", "look left", "Look-Left")
    assert named(labels, "safe") == named(labels, "swap") == {"wave": "wave"}


def test_the_alphabet_knows_its_partners():
    """A letter is flipped as it is where it is its own mirror image; the others with the label of their partner."""
    labels = tuple(letter.name for letter in ALPHABET)
    safe, swap = named(labels, "safe"), named(labels, "swap")
    changed = ("left", "right"), ("clockwise", "counter-clockwise"), ("camera left", "camera right")
    assert set(safe) == set(labels) - {name for pair in changed for name in pair}
    assert all(one == two for one, two in safe.items())
    assert swap == safe | dict(changed) | {right: left for left, right in changed}


def test_names_of_people_and_folders():
    """However words are joined; Kinetics, HMDB and gestures. What only contains the letters of a side has none."""
    sided = ("SwipeLeft", "swipe_right", "left2", "Rolling Hand Anti-Clockwise", "lefthanded throw", "LEFT", "turn-Rightwards")
    free = ("bright light", "cleft", "high kick", "brush_hair", "clean and jerk", "shake sideways", "Thumb Up", "upright bass", "")
    assert one_sided(sided) == frozenset(range(len(sided)))
    assert one_sided(free) == frozenset()
    assert labels_after_flip(("SwipeLeft", "swipe_right"), "swap") == {0: 1, 1: 0}


def test_mirroring_exchanges_left_and_right_of_every_frame():
    """Columns backwards, rows, frames and colours as they were; twice is nothing."""
    frames = np.random.default_rng(0).integers(0, 256, (2, 3, 5, 3), dtype=np.uint8)
    assert all(np.array_equal(mirror_frames(frames)[:, :, x], frames[:, :, 4 - x]) for x in range(5))
    assert np.array_equal(mirror_frames(mirror_frames(frames)), frames)
