"""Live in a browser: a camera that shows a shape going right, one visitor at a time, and what is said where there is no camera."""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserType, Page, Request, expect
from visiting import PATIENCE, opened

from workbench.data.alphabet.dataset import MotionAlphabet

CAMERA = "#live video"
WATCH = """window.samples = []; const canvas = document.querySelector("#live canvas");
new MutationObserver(() => samples.push([document.querySelector("#live .live-word").textContent, JSON.parse(canvas.dataset.arrows)[0]]))
  .observe(canvas, {attributeFilter: ["data-arrows"]})"""  # of each answer the word, and how far its arrows go to the right on the whole
TRANSFORM = "getComputedStyle(document.querySelector('#live canvas')).transform"


@pytest.fixture(scope="module")
def right(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three seconds in which a shape of the alphabet goes right, as a fake camera takes them: raw video."""
    alphabet = MotionAlphabet("test", camouflage=0.0, num_frames=24, speed=(1.5, 2.0))
    path = tmp_path_factory.mktemp("camera") / "right.y4m"
    with path.open("wb") as file:
        file.write(b"YUV4MPEG2 W320 H320 F8:1 Ip A1:1 C420jpeg\n")
        for frame in alphabet[alphabet.labels.index("right")].frames:
            y, cb, cr = (np.asarray(plane) for plane in Image.fromarray(frame).resize((320, 320)).convert("YCbCr").split())
            file.write(b"FRAME\n" + y.tobytes() + cb[::2, ::2].tobytes() + cr[::2, ::2].tobytes())
    return path


@pytest.fixture(scope="module")
def only_one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A page on which one visitor can be live."""
    yield from opened(tmp_path_factory.mktemp("live"), "--live", "1")


@pytest.fixture(scope="module")
def with_camera(browser_type: BrowserType, browser_type_launch_args: dict, right: Path) -> Iterator[Browser]:
    flags = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", f"--use-file-for-fake-video-capture={right}"]
    browser = browser_type.launch(**{**browser_type_launch_args, "args": [*browser_type_launch_args.get("args", ()), *flags]})
    yield browser
    browser.close()


def open_live(browser: Browser, address: str, script: str = "", width: int = 1280) -> Page:
    page = browser.new_context(reduced_motion="reduce", viewport={"width": width, "height": 900}).new_page()
    page.add_init_script(script)
    page.goto(address)
    if width > 640:
        page.get_by_role("tab", name="Live").click()
    else:
        page.get_by_role("button", name="More tabs").or_(page.locator(".overflow-menu button")).first.click()
        page.get_by_text("Live", exact=True).last.click()
    expect(page.locator("#live .start")).to_be_visible(timeout=PATIENCE)
    return page


def test_what_goes_right_for_the_camera_is_called_right_and_shown_as_in_a_mirror(with_camera: Browser, only_one: str) -> None:
    """The word and the arrows are those of the world; the picture on the screen is turned. A picture is sent when the last is answered."""
    page, open_questions, most = open_live(with_camera, only_one), set(), [0]

    def begin(request: Request) -> None:
        if '"picture"' in (request.post_data or ""):
            open_questions.add(request)
            most[0] = max(most[0], len(open_questions))

    page.on("request", begin)
    page.on("requestfinished", lambda request: open_questions.discard(request))
    page.locator("#live .start").click()
    expect(page.locator("#live .live-word")).to_have_text("right", timeout=PATIENCE)
    page.evaluate(WATCH)
    page.wait_for_function("samples.length >= 12", timeout=PATIENCE)  # among them where the camera begins again
    samples = page.evaluate("samples")
    assert np.median([x for word, x in samples if word == "right"]) > 0
    assert page.evaluate(TRANSFORM) == "matrix(-1, 0, 0, 1, 0, 0)"
    expect(page.locator("#live .pace")).to_contain_text("pictures a second", timeout=PATIENCE)
    page.get_by_label("Show as in a mirror").uncheck()
    assert page.evaluate(TRANSFORM) == "none"
    assert most == [1]

    page.evaluate(f"window.track = document.querySelector('{CAMERA}').srcObject.getTracks()[0]")
    page.locator("#live .start").click()
    assert page.evaluate("track.readyState") == "ended"
    expect(page.locator("#live .sentence")).to_contain_text("The camera is off")
    page.context.close()


def test_the_second_visitor_waits_with_a_place_until_the_first_leaves_the_tab(with_camera: Browser, only_one: str) -> None:
    first, second = open_live(with_camera, only_one), open_live(with_camera, only_one)
    first.locator("#live .start").click()
    expect(first.locator("#live canvas")).to_have_attribute("data-arrows", re.compile(","), timeout=PATIENCE)
    second.locator("#live .start").click()
    expect(second.locator("#live .sentence")).to_contain_text("You are number 1 in line", timeout=PATIENCE)
    first.evaluate(f"window.track = document.querySelector('{CAMERA}').srcObject.getTracks()[0]")
    first.get_by_role("tab", name="What if?").click()
    first.wait_for_function("track.readyState === 'ended'", timeout=PATIENCE)
    expect(second.locator("#live .pace")).to_contain_text("pictures a second", timeout=PATIENCE)
    first.context.close(), second.context.close()


@pytest.mark.parametrize(
    ("name", "sentence"), [("NotAllowedError", "did not let"), ("NotFoundError", "No camera was found"), ("", "https or localhost")]
)
def test_without_a_camera_one_sentence_says_what_to_do(with_camera: Browser, only_one: str, name: str, sentence: str) -> None:
    refusal = f"getUserMedia: () => Promise.reject(new DOMException('no', '{name}'))" if name else ""
    script = f"Object.defineProperty(navigator, 'mediaDevices', {{value: {{{refusal}}}}})"
    page = open_live(with_camera, only_one, script, width=400)
    page.locator("#live .start").click()
    expect(page.locator("#live .sentence")).to_contain_text(sentence, timeout=PATIENCE)
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    page.context.close()
