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


def shown(networks: NetworkLibrary, exploration: wb.Exploration, label: str | None = None) -> tuple[np.ndarray, Element]:
    whole = read(activation_section(networks, exploration, label))
    (image,) = whole.get("activation").all("img")
    return pixels(image.attributes["src"]), whole


@pytest.fixture(params=["exploration", "tsm_exploration"])
def look(request) -> wb.Exploration:
    """With and without a motion module."""
    return request.getfixturevalue(request.param)


def test_the_most_probable_class_is_the_first_choice(look):
    """And all others stand behind it, the more probable before the less."""
    assert class_names(look) == [label for label, _ in look.top(20)]
    assert class_names(None) == []


def test_the_most_probable_class_is_shown_first(networks, look):
    label, (picture, whole) = look.top(1)[0][0], shown(networks, look)
    assert np.array_equal(picture, shown(networks, look, label)[0])
    assert f"for {label}," in whole.words


@pytest.mark.parametrize("place", [0, 7])
def test_the_evidence_is_that_of_the_package(networks, look, place):
    """The map over every frame, about as drawn, since it is packed as a photo; its frames' times and logits beneath."""
    label = look.top(20)[place][0]
    evidence = wb.class_activation(networks.explorer(look.network), look, look.labels.index(label))
    captions = [f"{time:.2f} s: {logit:+.1f}" for time, logit in zip(look.times, evidence.frame_logits, strict=True)]
    drawn = draw_activations(look.crops, evidence.map, evidence.limit, captions, COLUMNS, TILE, label)
    picture, whole = shown(networks, look, label)
    assert picture.shape == drawn.shape and np.abs(picture.astype(int) - drawn).mean() < 3

    strongest = look.times[int(np.argmax(evidence.frame_logits))]
    assert whole.all("img")[0].attributes["alt"] == f"Class activation map of {label}: strongest in the frame at {strongest:.2f} s"
    (note,) = whole.all(kind="note")
    logit, bias = (signed(f"{value:+.2f}") for value in (evidence.logit, evidence.bias))
    assert f"is the logit of {label}: {logit}." in note.words and f"bias {bias}," in note.words


def test_a_label_of_another_network_counts_as_none(networks, exploration):
    """It may stand in the control still, from before the network was changed."""
    assert (
        activation_section(networks, exploration, "class 7")
        == activation_section(networks, exploration, "")
        == activation_section(networks, exploration, None)
    )
    assert activation_section(networks, exploration, "left") != activation_section(networks, exploration, None)


def test_before_a_video_there_is_nothing(networks):
    assert activation_section(networks, None, "left") == ""


def test_a_network_that_is_gone_is_a_sentence(networks, exploration):
    (note,) = read(activation_section(networks, replace(exploration, network="gone"))).all()
    assert note.attributes["role"] == "alert" and "there is no checkpoint 'gone'" in note.words
