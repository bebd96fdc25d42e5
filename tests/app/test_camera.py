"""The camera that records takes, in a browser: asked for once, off when nobody sees it, and told of where there is none."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserType, Page, expect
from visiting import PATIENCE

from workbench.page.tab import read_front_file
from workbench.training.takes import MOST_TAKES

PERMIT_LATER = """const media = navigator.mediaDevices, ask = media.getUserMedia.bind(media);
window.requests = 0; window.permission = new Promise((permit) => { window.permit = permit; });
media.getUserMedia = async (wishes) => { requests += 1; await permission; return ask(wishes); };"""
NO_CAMERA = "Object.defineProperty(navigator, 'mediaDevices', {value: undefined})"  # as on pages at http
FILL_TRAY = (
    "(count) => document.querySelector('#recorder .tray').append(...Array.from({length: count}, () => document.createElement('li')))"
)


@pytest.fixture(scope="module")
def with_camera(browser_type: BrowserType, browser_type_launch_args: dict) -> Iterator[Browser]:
    flags = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
    browser = browser_type.launch(**{**browser_type_launch_args, "args": [*browser_type_launch_args.get("args", ()), *flags]})
    yield browser
    browser.close()


@pytest.fixture
def open_teach(with_camera: Browser, address: str) -> Iterator[object]:
    contexts = []

    def open_page(script: str = "") -> Page:
        contexts.append(with_camera.new_context(reduced_motion="reduce"))
        page = contexts[-1].new_page()
        page.add_init_script(script)
        page.goto(address)
        page.get_by_role("tab", name="Teach").click()
        expect(page.locator("#recorder .open")).to_be_visible(timeout=PATIENCE)
        return page

    yield open_page
    for context in contexts:
        context.close()


def hint(page: Page):
    return page.locator("#recorder .hint")


def test_a_second_click_asks_for_no_second_camera(open_teach) -> None:
    """While permission is waited for; a camera that nobody holds would never be switched off."""
    page = open_teach(PERMIT_LATER)
    page.evaluate("for (let click = 0; click < 2; click++) document.querySelector('#recorder .open').click()")
    expect(page.locator("#recorder .open")).to_be_disabled()
    page.evaluate("permit()")
    expect(page.locator("#recorder video")).to_be_visible(timeout=PATIENCE)
    assert page.evaluate("requests") == 1


@pytest.mark.parametrize(
    "leave",
    [
        "document.querySelector('#about-teaching').closest('[role=tabpanel]').style.display = 'none'",
        "Object.defineProperty(document, 'hidden', {value: true}); document.dispatchEvent(new Event('visibilitychange'))",
    ],
    ids=["the tab of the page", "the tab of the browser"],
)
def test_the_camera_goes_off_out_of_sight(open_teach, leave: str) -> None:
    page = open_teach()
    page.locator("#recorder .open").click()
    expect(page.locator("#recorder .record")).to_be_visible(timeout=PATIENCE)
    page.evaluate("window.track = document.querySelector('#recorder video').srcObject.getTracks()[0]")
    page.evaluate(leave)
    page.wait_for_function("track.readyState === 'ended'", timeout=PATIENCE)
    expect(hint(page)).to_contain_text("switched off as you left")


def test_where_there_is_no_camera_it_says_why(open_teach) -> None:
    page = open_teach(NO_CAMERA)
    page.locator("#recorder .open").click()
    expect(hint(page)).to_contain_text("https or localhost")
    expect(page.locator("#recorder .open")).to_be_enabled()


def test_takes_that_have_no_motion_yet_stay_in_the_tray(open_teach) -> None:
    page = open_teach()
    page.evaluate(FILL_TRAY, 2)
    page.evaluate("document.querySelector('#recorder .keep-all').click()")
    expect(hint(page)).to_have_text("Name a motion first, then keep its takes.")
    expect(page.locator("#recorder .tray li")).to_have_count(2)


def test_a_full_tray_takes_no_more(open_teach) -> None:
    page = open_teach()
    page.evaluate(FILL_TRAY, MOST_TAKES)
    page.locator("#recorder .open").click()
    page.locator("#recorder .record").click()
    expect(hint(page)).to_contain_text(f"{MOST_TAKES} takes wait")
    expect(page.locator("#recorder .record")).to_have_text("Record takes")


def test_the_tray_holds_as_many_takes_as_a_motion() -> None:
    [most] = re.findall(r"const MOST = (\d+);", read_front_file("recorder.js"))
    assert int(most) == MOST_TAKES
