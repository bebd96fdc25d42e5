"""How it works, in a real browser: one step at a time, by buttons and by keys, at the cell that is chosen anywhere on the page."""

import re

from playwright.sync_api import Locator, expect
from visiting import PATIENCE, Visit

STEPS = ("Frames", "Features", "Correlation", "Kernel", "Arrow", "Motion features", "Answer")


def step_of(visit: Visit) -> Locator:
    """The one step that is seen."""
    return visit.page.locator("#pipeline article:visible")


def shows(visit: Visit, number: int) -> None:
    """That step and no other, which its name says to everybody."""
    expect(step_of(visit)).to_have_count(1)
    expect(step_of(visit)).to_have_attribute("data-number", str(number))
    expect(visit.page.locator("#pipeline [aria-current=step] span")).to_have_text(STEPS[number - 1])
    expect(visit.page.locator("#pipeline [role=status]")).to_have_text(f"{number} of 7: {STEPS[number - 1]}")


def cell_of_step(visit: Visit) -> str:
    return visit.page.locator("#pipeline article[data-number='1'] .facts dd").first.inner_text()


def test_steps_turn_by_buttons_and_keys(guest: Visit):
    """Next, back, a name, the arrow keys within the tab and not outside it; another pair and another network keep the step."""
    guest.open_tab("How it works")
    expect(step_of(guest)).to_be_visible(timeout=PATIENCE)
    guest.page.locator("#pipeline .stepper button").first.click()
    shows(guest, 1)
    following, back = (guest.page.locator(f"#pipeline [data-move='{by}']") for by in (1, -1))
    following.click()
    shows(guest, 2)
    guest.page.keyboard.press("ArrowRight")
    guest.page.keyboard.press("ArrowRight")
    shows(guest, 4)
    guest.page.keyboard.press("ArrowLeft")
    back.click()
    shows(guest, 2)
    guest.page.locator("#pipeline .stepper button").last.click()
    guest.page.keyboard.press("ArrowRight")
    shows(guest, 7)
    guest.page.locator("#pair input[type=number]").focus()
    guest.page.keyboard.press("ArrowLeft")
    shows(guest, 7)

    guest.page.locator("#pipeline .stepper button").nth(2).click()
    guest.changes("how-correlation", lambda: guest.set_slider("pair", 3))
    shows(guest, 3)
    expect(guest.page.locator("#pipeline article[data-number='1'] .facts")).to_contain_text("3 of 7")


def test_a_cell_is_chosen_for_the_whole_page(guest: Visit):
    """By a click on the source and by keys on it, which keep the focus and the step; the correspondences show the same place."""
    guest.open_tab("How it works")
    guest.page.locator("#pipeline .stepper button").nth(2).click()
    picture = guest.page.locator("#how-cell img")
    box = picture.bounding_box()
    side = box["width"] / 16
    guest.changes("how-correlation", lambda: picture.click(position={"x": 4.5 * side, "y": 6.5 * side}))
    assert cell_of_step(guest) == "6, 4"
    guest.page.locator("#how-cell .picks").focus()
    guest.page.keyboard.press("ArrowDown")
    guest.page.keyboard.press("ArrowRight")
    facts = guest.page.locator("#pipeline article[data-number='1'] .facts dd").first
    expect(facts).to_have_text("7, 5", timeout=PATIENCE)
    expect(guest.page.locator("#how-cell .picks")).to_be_focused()
    shows(guest, 3)

    guest.open_tab("Correspondences")
    expect(guest.page.locator("#why-facts")).to_contain_text(re.compile(r"1[45], 1[01]"), timeout=PATIENCE)  # twice as fine a grid
    guest.changes("source", lambda: guest.page.locator("#source img").click(position={"x": 5, "y": 5}))
    guest.open_tab("How it works")
    expect(facts).to_have_text("0, 0", timeout=PATIENCE)


def test_all_steps_fit_a_telephone(guest: Visit):
    """Nothing is wider than 400 pixels, no picture is empty, and every button can be reached."""
    guest.open_tab("How it works")
    guest.page.set_viewport_size({"width": 400, "height": 900})
    for button in guest.page.locator("#pipeline .stepper button").all():
        button.click()
        assert guest.page.evaluate("document.documentElement.scrollWidth") <= 400
        wide = (
            "[...document.querySelectorAll('#pipeline article:not([hidden]) *')].filter(part => part.getBoundingClientRect().right > 400)"
        )
        assert guest.page.evaluate(f"{wide}.map(part => part.outerHTML.slice(0, 80))") == []
    guest.page.set_viewport_size({"width": 1280, "height": 720})
