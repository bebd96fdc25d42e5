"""Predictions, correspondences, and how one cell finds its arrow, in a real browser."""

from collections.abc import Callable
from urllib.parse import urlsplit

import numpy as np
import pytest
from playwright.sync_api import expect
from visiting import PATIENCE, Visit

PLATES = ("source", "target", "overlay", "displacement", "arrows", "tracks", "confidence", "consistency", "reasons")


def test_five_classes_scores_over_time_and_the_current_moment(guest: Visit):
    """The five most probable classes with their shares, four lines over the film, and a mark that moves with the pair."""
    expect(guest.page.locator("#predictions li")).to_have_count(5)
    shares = [float(text.removesuffix(" %")) for text in guest.page.locator("#predictions .value").all_inner_texts()]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] > 50
    expect(guest.page.locator("#timeline polyline")).to_have_count(4)
    before = guest.page.locator("#timeline .moment").get_attribute("style")
    guest.set_slider("pair", 6)
    expect(guest.page.locator("#timeline .moment")).not_to_have_attribute("style", before, timeout=PATIENCE)


def test_the_network_is_a_choice(visit: Visit):
    """Another checkpoint answers, with its labels; without a motion module the page says how it can be read all the same."""
    visit.choose("checkpoint", "tsm-tiny")
    visit.says("says tsm-tiny")
    expect(visit.page.locator("#correspondences")).to_contain_text("Choose a layer")
    visit.choose("layer", "layer1")
    expect(visit.page.locator("#displacement img")).to_be_visible(timeout=PATIENCE)


def test_the_layer_and_the_resolution_are_choices(visit: Visit):
    visit.changes("displacement", lambda: visit.choose("resolution", "64 px"))
    visit.changes("displacement", lambda: visit.choose("layer", "stem"))


def test_another_pair_is_another_nine_pictures(guest: Visit):
    """Every picture of the pair changes, and has words that say what it shows."""
    before = {name: guest.address_of(name) for name in PLATES}
    guest.set_slider("pair", 5)
    for name in PLATES:
        expect(guest.page.locator(f"#{name} img")).not_to_have_attribute("src", before[name], timeout=PATIENCE)
        assert len(guest.page.locator(f"#{name} img").get_attribute("alt")) > 12


def test_play_goes_through_the_pairs_and_stops(guest: Visit):
    guest.page.locator("#play").click()
    expect(guest.page.locator("#pair input[type=number]")).to_have_value("4", timeout=PATIENCE)
    guest.page.locator("#play").click()
    expect(guest.page.locator("#play")).to_have_text("▶ Play")
    assert stands_still(lambda: guest.page.locator("#pair input[type=number]").input_value(), guest)


def stands_still(value: Callable[[], str], visit: Visit, looks: int = 20) -> bool:
    """Some time it is the same after two turns of the clock; at first an answer may be under way still."""
    for _ in range(looks):
        before = value()
        visit.page.wait_for_timeout(1500)
        if value() == before:
            return True
    return False


def test_a_click_explains_the_cell_and_follows_the_point(guest: Visit):
    """A click on the source picture: its cell is explained, its point followed; arrow keys go on cell by cell."""
    cell = guest.page.locator("#source img").bounding_box()["width"] / 32  # the sample is square
    guest.changes("tracks", lambda: guest.page.locator("#source img").click(position={"x": 24.5 * cell, "y": 6.5 * cell}))
    facts = guest.page.locator("#why-facts")
    expect(facts).to_contain_text("6, 24", timeout=PATIENCE)

    guest.page.locator("#source .picks").focus()
    guest.page.keyboard.press("ArrowDown")
    expect(facts).to_contain_text("7, 24", timeout=PATIENCE)
    guest.changes("tracks", lambda: guest.page.locator("#clear").click())


def test_the_knobs_recompute_the_arrow(visit: Visit):
    """Radius, sigma, temperature and the kind of argmax each change the facts that they are about."""
    facts = visit.page.locator("#why-facts")
    visit.set_slider("radius", 2)
    expect(facts).to_contain_text("radius 2: 5 × 5", timeout=PATIENCE)
    visit.set_slider("sigma", 1)
    expect(facts).to_contain_text("1 cells", timeout=PATIENCE)
    visit.set_slider("temperature", -1)
    expect(facts).to_contain_text("0.1", timeout=PATIENCE)
    visit.page.get_by_text("hard argmax", exact=True).first.click()
    expect(facts).to_contain_text("0: the peak alone", timeout=PATIENCE)


@pytest.mark.parametrize(("control", "value", "picture"), [("sigma", 2, "why-kernel"), ("pair", 3, "overlay")])
def test_a_slider_waits_for_nobody(guest: Visit, control: str, value: float, picture: str):
    """Its answer comes at once, without a place in the queue of those who ask a network. (How fast: benchmarks/page.py.)"""
    asked = []
    guest.page.on("request", lambda request: asked.append(urlsplit(request.url).path) if request.method == "POST" else None)
    guest.changes(picture, lambda: guest.set_slider(control, value))
    assert set(asked) == {"/gradio_api/run/predict"}


def test_a_picture_fills_the_screen(guest: Visit):
    guest.page.locator("#overlay .enlarge").click()
    guest.page.wait_for_function("document.fullscreenElement && document.fullscreenElement.id === 'overlay'", timeout=PATIENCE)
    guest.page.evaluate("document.exitFullscreen()")


def test_pictures_are_what_their_words_say(guest: Visit):
    """The sample shows a shape that moves to the right: the words of the displacement say so, and most colour in its picture is
    that of right."""
    guest.changes("displacement", lambda: guest.set_slider("pair", 4))
    assert "mostly right" in guest.page.locator("#displacement img").get_attribute("alt")
    field = guest.pixels("displacement")[:480].astype(int)
    coloured = field[np.ptp(field, axis=2) > 100]
    assert (coloured[:, 0] > coloured[:, 2]).mean() > 0.7  # red and yellow: right and down in the colours of the wheel
