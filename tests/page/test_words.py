"""Every word of the alphabet is explained, and its picture moves as the word says."""

import re

import numpy as np
import pytest
from elements import read

from workbench.data.alphabet.motions import ALPHABET, find_motion, mirror_motion
from workbench.data.alphabet.open_set import OPEN_LABELS
from workbench.page.words import SENTENCES, draw_word, motions_of, predictions_section

SIGNS = {"--x": "(-?[0-9.]+)px", "--y": "(-?[0-9.]+)px", "--turn": "(-?[0-9.]+)deg", "--to": "([0-9.]+)"}


def moves(motion) -> list[dict[str, float]]:
    """Of the scene, then of each shape, where it goes."""
    styles = re.findall(r'style="([^"]*)"', draw_word(motion))
    matches = [{name: re.search(f"{name}: {number}", style) for name, number in SIGNS.items()} for style in styles]
    return [{name: float(match[1]) for name, match in each.items() if match} for each in matches]


def test_every_word_has_a_sentence():
    assert SENTENCES.keys() == set(OPEN_LABELS)


@pytest.mark.parametrize("motion", ALPHABET, ids=lambda motion: motion.name)
def test_a_picture_moves_as_its_word_says(motion):
    scene, *shapes = moves(motion)
    assert (np.sign(scene["--x"]), np.sign(scene["--y"])) == tuple(-sign for sign in motion.pan)
    assert np.sign(shapes[0]["--turn"]) == motion.turn
    assert np.sign(shapes[0]["--to"] - 1) == motion.zoom
    if not motion.gap:
        assert (np.sign(shapes[0]["--x"]), np.sign(shapes[0]["--y"])) == (motion.drift if any(motion.drift) else motion.shake)
        return
    left, right = shapes
    assert np.sign(right["--x"] - left["--x"]) == motion.gap


def test_no_two_words_have_one_picture():
    assert len({draw_word(motion) for motion in ALPHABET}) == len(ALPHABET)


def test_the_picture_of_a_mirrored_motion_is_mirrored():
    left = find_motion(mirror_motion(next(motion for motion in ALPHABET if motion.name == "camera left")))
    assert left.name == "camera right"
    assert moves(left)[0]["--x"] == -moves(mirror_motion(left))[0]["--x"]


def test_words_of_other_networks_are_not_explained():
    """A class called "left" of a network that was trained on something else may be anything."""
    assert motions_of(("left", "right", "jump")) == {}
    assert set(motions_of(OPEN_LABELS)) == {motion.name for motion in ALPHABET}


def test_the_answer_and_every_word_are_shown(networks, camouflage):
    exploration = networks.look_at_span(camouflage, start=0.0)
    section = read(predictions_section(exploration))
    bars = [item.all(kind="name")[0].words for item in section.all("ol")[0].all("li")]
    assert bars == [label for label, _ in exploration.top()]
    assert [term.words for term in section.all("dt")] == list(exploration.labels)
