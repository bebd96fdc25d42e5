"""The laws of what is shown of "What if?": the numbers and verdicts are those of `look.what_if`."""

from dataclasses import replace

import numpy as np
import pytest
from elements import Element, percents, pixels, read

import workbench as wb
from workbench.draw.charts import chart_to_picture
from workbench.draw.html import note as draw_note
from workbench.draw.what_if import draw_changes
from workbench.explore.what_if import EquivarianceCheck, WhatIf
from workbench.page.what_if import VERDICTS, what_if_section
from workbench.text import percent

LOOKS = {
    "a still clip": {},
    "a motion that mirrors": {"start": 0.0},
    "a motion that does not": {"start": 2.0},
    "a network without the module": {"start": 0.0, "network": "tsm-tiny"},
}


@pytest.fixture(scope="module", params=LOOKS.values(), ids=list(LOOKS))
def look(request, networks, nasa, camouflage) -> wb.Exploration:
    wishes = dict(request.param)
    return networks.look(camouflage if wishes else nasa, wishes.pop("network", None), **wishes)


@pytest.fixture(scope="module")
def result(networks, look) -> WhatIf:
    return wb.what_if(networks.explorer(look.network), look)


@pytest.fixture(scope="module")
def whole(networks, look) -> Element:
    return read(what_if_section(networks, look))


def test_the_share_of_motion_is_that_of_the_package(result, whole, look):
    """As a number and as the length of a bar, with the class that was decided."""
    share = whole.get("motion-share")
    assert [part.words for part in share.all("b")] == [percent(result.motion_share), look.top(1)[0][0]]
    (bar,) = share.all("i")
    assert percents(bar.attributes["style"])[0] == pytest.approx(100 * result.motion_share, abs=0.051)


def test_checks_pass_and_fail_as_in_the_package(result, whole):
    """Their sentences, in the colour of the verdict; without one where the class has no partner."""
    notes = whole.all(kind="note")
    assert len(notes) == 2 and [note.words for note in notes] == [check.sentence for check in result.checks]
    kinds = {True: "note good", False: "note bad", None: "note"}
    assert [note.attributes["class"].strip() for note in notes] == [kinds[check.passed] for check in result.checks]


@pytest.mark.parametrize(("expected", "kind"), [("right", "note good"), ("left", "note bad"), (None, "note")])
def test_a_verdict_can_be_told_by_its_colour(expected, kind):
    check = EquivarianceCheck("mirrored", "left", expected, "right")
    (note,) = read(draw_note(check.sentence, VERDICTS[check.passed])).all()
    assert note.attributes["class"].strip() == kind


def test_every_question_has_its_answer(result, whole):
    """What was done and what the network says then, with its probability; or why it was not asked."""
    sentences = [part.words for part in whole.get("questions").all("dd")]
    assert [part.words for part in whole.get("questions").all("dt")] == [answer.name for answer in result.answers]
    for answer, sentence in zip(result.answers, sentences, strict=True):
        assert sentence.startswith(answer.description)
        if answer.probabilities is None:
            assert sentence.endswith(f"Not asked: {answer.why_not}.")
        else:
            best = int(np.argmax(answer.probabilities))
            assert sentence.endswith(f"Then: {result.labels[best]} ({percent(float(answer.probabilities[best]))}).")


def test_the_bars_are_told_in_words(result, whole, look):
    """For those who cannot see them: each question, and what it led to."""
    (image,) = whole.get("changes").all("img")
    for answer in result.answers:
        assert f"{answer.name}: " in image.attributes["alt"]
    assert ("this network has no motion module" in image.attributes["alt"]) == (look.correspondences is None)
    assert np.array_equal(pixels(image.attributes["src"]), chart_to_picture(draw_changes(result)))


def test_before_a_video_nothing_is_asked(networks):
    assert what_if_section(networks, None) == ""


def test_a_network_that_is_gone_is_a_sentence(networks, exploration):
    (note,) = read(what_if_section(networks, replace(exploration, network="gone"))).all()
    assert note.attributes["role"] == "alert" and "there is no checkpoint 'gone'" in note.words
