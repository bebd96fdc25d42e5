"""The page in a real browser."""

import os
import re
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

import workbench as wb

ROOT = Path(__file__).parent.parent
CLIPS = Path(__file__).parent / "clips"
NASA = next(sample.path for sample in wb.samples() if sample.name == "nasa")
PICTURES = ("source", "target", "overlay", "displacement", "arrows", "confidence")
SECONDS = 1000


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """The page, started from a folder that is not the clone's."""
    before = Path.cwd()
    os.chdir(tmp_path_factory.mktemp("elsewhere"))
    sys.path.insert(0, str(ROOT))
    import app

    page = app.build()
    _, address, _ = page.queue(max_size=40).launch(
        server_name="127.0.0.1", server_port=None, prevent_thread_lock=True, quiet=True, **app.LAUNCH
    )
    yield address
    page.close()
    os.chdir(before)


def give(page: Page, file: Path) -> None:
    """Put another video in place of the one shown."""
    page.locator("#video button[aria-label=Clear]").first.click()
    page.locator("#video input[type=file]").set_input_files(file)


def sources(page: Page) -> list[str]:
    return [page.locator(f"#{name} img").get_attribute("src") for name in PICTURES]


def pictures(page: Page) -> list[bytes]:
    """What is shown, whatever the address it has been given."""
    return [page.request.get(source).body() for source in sources(page)]


def test_a_video_a_slider_and_a_damaged_file(page: Page, address: str, outside_requests: list[str]):
    """Upload a real clip: a prediction and five pictures; move the slider: other pictures; upload a damaged file: a sentence,
    the pictures stay, and the page goes on working. Nothing is asked of another machine."""
    page.goto(address)
    give(page, NASA)
    message = page.locator("#message")
    expect(message).to_contain_text("nasa", timeout=30 * SECONDS)
    assert re.search(r"\d+%|100%", message.inner_text())
    for name in (*PICTURES, "top", "timeline", "frames"):
        expect(page.locator(f"#{name} img")).to_be_visible(timeout=10 * SECONDS)

    before = sources(page)
    page.locator("#pair input[type=number]").fill("5")
    page.locator("#pair input[type=number]").press("Enter")
    for name, source in zip(PICTURES, before, strict=True):
        expect(page.locator(f"#{name} img")).not_to_have_attribute("src", source, timeout=10 * SECONDS)

    shown = pictures(page)
    give(page, CLIPS / "text.mp4")
    expect(message).to_contain_text("is not a video", timeout=20 * SECONDS)
    expect(message).to_contain_text("text.mp4")
    assert "Traceback" not in page.inner_text("body") and pictures(page) == shown

    page.locator("#camouflage").click()
    expect(message).to_contain_text("camouflage.mp4", timeout=20 * SECONDS)
    assert outside_requests == []


def test_the_page_opens_with_a_sample_and_another_needs_one_click(page: Page, address: str):
    page.goto(address)
    expect(page.locator("#message")).to_contain_text("camouflage.mp4", timeout=30 * SECONDS)
    page.locator("#nasa").click()
    expect(page.locator("#message")).to_contain_text("nasa.mp4", timeout=30 * SECONDS)
    expect(page.locator("#arrows img")).to_be_visible()


def test_on_a_phone_nothing_is_cut_off(page: Page, address: str):
    """At 400 pixels the page does not scroll sideways."""
    page.set_viewport_size({"width": 400, "height": 900})
    page.goto(address)
    page.locator("#nasa").click()
    expect(page.locator("#arrows img")).to_be_visible(timeout=30 * SECONDS)
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
