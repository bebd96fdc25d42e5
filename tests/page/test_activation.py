"""The laws of where a network looks: the evidence shown is that of the class asked for, on the clip that was classified."""

from dataclasses import replace

import numpy as np
import pytest
from elements import Element, pixels, read

import workbench as wb
from workbench.draw.heatmaps import draw_activations
from workbench.page.activation import COLUMNS, TILE, activation_section, class_names
from workbench.page.networks import NetworkLibrary
from workbench.text import signed


def shown(desk: NetworkLibrary, exploration: wb.Exploration, label: str | None = None) -> tuple[np.ndarray, Element]:
    whole = read(activation_section(desk, exploration, label))
    (image,) = whole.get("activation").all("img")
    return pixels(image.attributes["src"]), whole


@pytest.fixture(params=["exploration", "tsm_exploration"])
def looked(request) -> wb.Exploration:
    """With and without a motion module."""
    return request.getfixturevalue(request.param)


def test_the_most_probable_class_is_the_first_choice(desk, looked):
    """And all others stand behind it, the more probable before the less."""
    assert class_names(looked) == [label for label, _ in looked.top(18)] and class_names(None) == []
    picture, whole = shown(desk, looked)
    first, _ = shown(desk, looked, looked.top(1)[0][0])
    assert np.array_equal(picture, first) and f"for {looked.top(1)[0][0]}," in whole.words


@pytest.mark.parametrize("place", [0, 7])
def test_the_evidence_is_that_of_the_package(desk, looked, place):
    """The map over every frame, about as drawn, since it is packed as a photo; its frames' times and logits beneath."""
    label = looked.top(18)[place][0]
    evidence = wb.class_activation(desk.explorer(looked.network), looked, looked.labels.index(label))
    captions = [f"{time:.2f} s: {logit:+.1f}" for time, logit in zip(looked.times, evidence.frame_logits, strict=True)]
    drawn = draw_activations(looked.crops, evidence.map, evidence.limit, captions, COLUMNS, TILE, label)
    picture, whole = shown(desk, looked, label)
    assert picture.shape == drawn.shape and np.abs(picture.astype(int) - drawn).mean() < 3

    strongest = looked.times[int(np.argmax(evidence.frame_logits))]
    assert whole.all("img")[0].attributes["alt"] == f"Class activation map of {label}: strongest in the frame at {strongest:.2f} s"
    (note,) = whole.all(kind="note")
    logit, bias = (signed(f"{value:+.2f}") for value in (evidence.logit, evidence.bias))
    assert f"is the logit of {label}: {logit}." in note.words and f"bias {bias}," in note.words


def test_a_label_of_another_network_counts_as_none(desk, exploration):
    """It may stand in the control still, from before the network was changed."""
    assert (
        activation_section(desk, exploration, "class 7")
        == activation_section(desk, exploration, "")
        == activation_section(desk, exploration, None)
    )
    assert activation_section(desk, exploration, "left") != activation_section(desk, exploration, None)


def test_before_a_video_there_is_nothing(desk):
    assert activation_section(desk, None, "left") == ""


def test_a_network_that_is_gone_is_a_sentence(desk, exploration):
    (note,) = read(activation_section(desk, replace(exploration, network="gone"))).all()
    assert note.attributes["role"] == "alert" and "there is no checkpoint 'gone'" in note.words
