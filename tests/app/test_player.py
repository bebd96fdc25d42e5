"""The clip that plays at the top of the page: it halts, shows a moment, changes what is drawn, and a click in it chooses the spot."""

import re

import pytest
from playwright.sync_api import Browser, expect
from visiting import PATIENCE, Visit

PICTURE, BUTTON, TIME = "#playing .reel img:not(.hidden)", "#playing .moments button", "#playing .moments span"


def test_it_plays_until_it_is_halted(guest: Visit):
    """One picture at a time, another one after a while, none any more after Pause."""
    page = guest.page
    page.locator(BUTTON).click()
    expect(page.locator(PICTURE)).to_have_count(1)
    before = page.locator(TIME).inner_text()
    expect(page.locator(TIME)).not_to_have_text(before)
    page.locator(BUTTON).click()
    expect(page.locator(BUTTON)).to_have_text("Play")
    halted = page.locator(TIME).inner_text()
    page.wait_for_timeout(1500)  # longer than a picture is seen
    assert page.locator(TIME).inner_text() == halted


def test_a_moment_is_shown_and_a_click_in_it_chooses_the_spot(guest: Visit):
    """The spot of the pair that was seen: the pair is turned to, why its arrow points there is unfolded, and a ring marks the spot in
    that moment alone."""
    page = guest.page
    page.locator("#about-arrow > button").click()
    expect(page.locator("#why-facts")).to_be_hidden()
    slider = page.locator("#playing input[type=range]")
    slider.focus()
    for _ in range(10):
        page.keyboard.press("ArrowLeft")
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    expect(page.locator(TIME)).to_have_text("0.50 s")
    box = page.locator(PICTURE).bounding_box()
    page.locator(PICTURE).click(position={"x": 0.51 * box["width"], "y": 0.26 * box["height"]})
    expect(page.locator("#pair input[type=number]")).to_have_value("5")
    expect(page.locator("#why-facts")).to_contain_text(re.compile(r"8, 16"), timeout=PATIENCE)
    ring = page.locator("#playing .spot").bounding_box()
    assert ring["x"] + ring["width"] / 2 == pytest.approx(box["x"] + 0.51 * box["width"], abs=2)
    slider.focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#playing .spot")).to_be_hidden()


def test_what_is_drawn_can_be_chosen(guest: Visit):
    """Each style is another picture of the same moment, and stays for the next look."""
    page, pictures = guest.page, set()
    for style in ("Colours", "Tracks", "Speed", "Arrows", "Colours"):
        before = page.locator("#playing img").first.get_attribute("src")
        page.locator("#style").get_by_text(style, exact=True).click()
        expect(page.locator("#playing img").first).not_to_have_attribute("src", before, timeout=PATIENCE)
        pictures.add(page.locator("#playing img").first.get_attribute("src"))
    assert len(pictures) == 4
    page.locator("#nasa").click()
    guest.says("nasa.mp4")
    guest.rests()
    expect(page.locator("#playing figcaption")).to_contain_text("direction")
    page.locator("#style").get_by_text("Arrows", exact=True).click()


def test_a_style_chosen_during_a_look_is_the_one_that_is_drawn(guest: Visit):
    guest.looks(lambda: guest.page.locator("#nasa").click())
    guest.page.locator("#style").get_by_text("Speed", exact=True).click()
    guest.says("nasa.mp4")
    guest.rests()
    expect(guest.page.locator("#playing figcaption")).to_contain_text("How far")
    assert "nasa.mp4" in guest.page.locator("#playing").get_attribute("data-clip")
    guest.page.locator("#style").get_by_text("Arrows", exact=True).click()


@pytest.mark.parametrize(("wish", "button"), [("reduce", "Play"), ("no-preference", "Pause")])
def test_who_wants_less_motion_sees_it_halted(browser: Browser, address: str, wish: str, button: str):
    with browser.new_context(reduced_motion=wish) as context:
        page = context.new_page()
        page.goto(address)
        expect(page.locator(BUTTON)).to_have_text(button)
        if button == "Pause":
            expect(page.locator(TIME)).not_to_have_text("0.50 s")  # where most moves


def test_the_first_screen_holds_clip_and_answer(browser: Browser, address: str):
    """At 1280 pixels within 800, at 400 within two screens: the clip that plays, the answer, the classes, and where to give a video."""
    for width, bottom in ((1280, 800), (400, 1600)):
        with browser.new_context(viewport={"width": width, "height": 800}, reduced_motion="reduce") as context:
            page = context.new_page()
            page.goto(address)
            expect(page.locator(PICTURE)).to_be_visible(timeout=PATIENCE)
            for part in ("#playing", "#message", "#predictions", "#video"):
                box = page.locator(part).bounding_box()
                assert box["y"] + box["height"] <= bottom, f"{part} at {width}"
