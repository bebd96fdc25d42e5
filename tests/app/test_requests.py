"""Nothing that a visitor asks while the page looks is lost, and no answer stands beside a question that it does not answer."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import APIResponse, Page, Request, Route, expect
from visiting import CLIPS, PATIENCE, Visit

import workbench as wb


def test_the_video_given_last_is_answered(guest: Visit):
    """One is given, removed while the page looks at it, and another one given."""
    guest.looks(lambda: guest.give(CLIPS / "h264.mp4"))
    guest.give(CLIPS / "av1.mp4")
    guest.says("in av1.mp4,")
    guest.rests()
    assert "in av1.mp4," in guest.message


def test_the_stride_chosen_last_is_seen(visit: Visit):
    """One stride, and while the page looks at that another."""
    visit.looks(lambda: visit.choose("stride", "1"))
    visit.choose("stride", "8")
    visit.rests()
    expect(visit.page.locator("#frames li").nth(1)).to_contain_text("0.33 s")


def test_both_ends_of_the_range_are_moved(guest: Visit):
    """The end, and while the page looks at that the start: what is looked at begins and ends where the handles were let go."""
    guest.page.locator("#nasa").click()
    guest.says("nasa.mp4, 5.00 to 5.84 s of 13.0 s")
    guest.rests()
    guest.looks(lambda: guest.drag("end", 150))
    guest.drag("start", -60)
    guest.rests()
    begins, ends = (float(guest.page.locator("#timeline .timeline").get_attribute(f"data-{end}")) for end in ("start", "end"))
    assert begins < 4.9
    assert ends > 6
    expect(guest.page.locator("#message")).to_contain_text(f"nasa.mp4, {begins:.1f}")


def test_an_end_is_moved_while_the_timeline_is_drawn_again(visit: Visit):
    """The scores over time, which come after the answer, leave a handle where a key put it, with the focus; and that is asked for."""
    page, start, scores = visit.page, visit.page.locator(".handle.start"), visit.page.locator("#timeline .film img")
    visit.rests()
    held: list[tuple[Route, APIResponse | None]] = []

    def hold_scores(route: Route) -> None:
        """The answer with the scores waits, and what is asked after it, which is the release."""
        if held:
            held.append((route, None))
        elif "film" in (answer := route.fetch()).text() and "data:image" in answer.text():
            held.append((route, answer))
        else:
            route.fulfill(response=answer)

    page.route(QUICK, hold_scores)
    page.locator("#nasa").click()
    visit.says("nasa.mp4, 5.00 to 5.84 s of 13.0 s")
    wait_until(lambda: held, page)
    expect(scores).to_have_count(0)
    start.focus()
    page.keyboard.press("ArrowLeft")
    held[0][0].fulfill(response=held[0][1])
    expect(scores).not_to_have_count(0)
    expect(start).to_have_attribute("aria-valuenow", "4.90")
    expect(start).to_be_focused()
    wait_until(lambda: len(held) > 1, page)
    page.unroute(QUICK)  # the release goes on
    visit.says("4.88 to 5.84")  # the frame shown at 4.9 s


def test_the_timeline_of_the_video_before_moves_nothing(visit: Visit):
    """An arrow key on a handle, and at once another video: that is looked at where it begins, not where the handle was."""
    visit.rests()
    visit.page.locator(".handle.end").focus()
    visit.page.keyboard.press("ArrowLeft")
    visit.page.locator("#nasa").click()
    visit.says("nasa.mp4")
    visit.rests()
    expect(visit.page.locator("#message")).to_contain_text("nasa.mp4, 5.00 to 5.84 s of 13.0 s")


def test_a_choice_during_another_one_is_seen_too(visit: Visit):
    """Two controls, the second while the page looks for the first: both hold."""
    visit.looks(lambda: visit.choose("number", "12"))
    visit.choose("stride", "2")
    visit.rests()
    expect(visit.page.locator("#frames li")).to_have_count(12)
    expect(visit.page.locator("#frames li").nth(1)).to_contain_text("0.08 s")


def test_of_a_video_that_was_removed_nothing_is_shown(guest: Visit):
    """Neither in the tab that is open nor in another one; the page says what happened, and takes another video."""
    guest.open_tab("What if?")
    expect(guest.page.locator("#changes img")).to_be_visible()
    guest.remove()
    guest.says("The video was removed")
    guest.rests()
    guest.shows_nothing()
    guest.page.locator("#nasa").click()
    guest.says("nasa.mp4")


def test_a_video_removed_during_its_look_leaves_nothing(visit: Visit):
    """Its answer, which comes later, does not stand there without it."""
    visit.looks(lambda: visit.page.locator("#nasa").click())
    visit.remove()
    visit.says("The video was removed")
    visit.rests()
    visit.shows_nothing()


@pytest.mark.parametrize("name", ["text.mp4", "audio_only.mp4"])
def test_of_a_video_before_a_refused_one_nothing_is_shown(guest: Visit, name: str):
    guest.give(CLIPS / name)
    guest.says(name)
    guest.rests()
    guest.shows_nothing()


def test_every_arrow_key_counts_once(visit: Visit):
    """Right, right and left, the last two while the page draws the first, end one cell to the right; so does a key after another tab
    was open."""
    page, facts = visit.page, visit.page.locator("#why-facts")
    page.locator("#source img").click(position={"x": 150, "y": 60})
    expect(facts).to_contain_text(re.compile(r"\d+, \d+"))
    visit.rests()
    row, column = map(int, re.search(r"(\d+), (\d+)", facts.inner_text()).groups())

    routes: list[Route] = []
    page.route(QUICK, lambda route: route.continue_() if routes else routes.append(route))  # the first one waits
    page.locator("#source .picks").focus()
    with page.expect_request(QUICK):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    with page.expect_event("requestfinished", quick_request(4)):  # two steps, each with the address that remembers it
        routes[0].continue_()
    expect(facts).to_contain_text(f"{row}, {column + 1}")

    visit.open_tab("Studies")
    expect(page.locator("#study img")).to_be_visible()
    visit.open_tab("Correspondences")
    page.locator("#source .picks").focus()
    page.keyboard.press("ArrowRight")
    expect(facts).to_contain_text(f"{row}, {column + 2}")


QUICK = "**/run/predict**"  # where questions go that need no network


def wait_until(holds: Callable[[], object], page: Page) -> None:
    """For what the page is not seen to do."""
    for _ in range(PATIENCE // 50):
        if holds():
            return
        page.wait_for_timeout(50)
    raise AssertionError("what was waited for did not happen")


def quick_request(number: int) -> Callable[[Request], bool]:
    """Whether a request is the one of that number among those that need no network."""
    requests: list[Request] = []

    def is_it(request: Request) -> bool:
        requests.extend([request] * ("/run/predict" in request.url))
        return len(requests) == number

    return is_it


def test_files_are_made_once_for_two_clicks(guest: Visit):
    """While they are made the button cannot be pressed and says so; afterwards it can."""
    guest.open_tab("Take it away")
    expect(guest.page.locator("#link textarea")).not_to_have_value("")
    made = []
    guest.page.on("request", lambda request: made.append(request) if "queue/join" in request.url else None)
    guest.page.locator("#make").dblclick()
    expect(guest.page.locator("#make")).to_be_disabled()
    expect(guest.page.locator("#files a")).to_have_count(6)
    expect(guest.page.locator("#make")).to_be_enabled()
    guest.rests()
    assert len(made) == 2  # the wait for a look that is running, and the files


def test_files_asked_for_during_a_look_are_of_that_look(guest: Visit):
    """Neither is lost: the files wait for the look, and are named after what it saw."""
    guest.open_tab("Take it away")
    guest.looks(lambda: guest.page.locator("#nasa").click())
    guest.page.locator("#make").click()
    expect(guest.page.locator("#files a")).to_have_count(6)
    expect(guest.page.locator("#made")).to_contain_text("from 5.0")
    assert wb.sample_videos()[1].start == 5
