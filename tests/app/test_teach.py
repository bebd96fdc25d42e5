"""Motions of one's own, dropped as clips or recorded by a camera, taught and used, in a real browser."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from own_takes import WAYS, write_take
from playwright.sync_api import Browser, BrowserType, Page, expect
from visiting import PATIENCE, Visit


def arrive(page: Page, address: str) -> Visit:
    """A visitor who has just opened the page, and sees the first sample."""
    page.goto(address)
    visit = Visit(page)
    visit.says("camouflage.mp4")
    visit.unfold()
    return visit


def name_motion(page: Page, name: str) -> None:
    page.get_by_label("Name of a motion").fill(name)
    page.get_by_role("button", name="Add this motion").click()
    expect(takes_of(page, name)).to_have_count(0, timeout=PATIENCE)
    expect(page.get_by_role("radio", name=name)).to_be_checked(timeout=PATIENCE)


def takes_of(page: Page, motion: str):
    return page.locator(f'#takes section[aria-label="{motion}"] li')


def test_dropped_clips_are_taught_and_used(visit: Visit, browser: Browser, address: str, tmp_path: Path) -> None:
    """Two motions of three clips: the answer says how good it is; used, it is what the page looks with, in this visit and no other."""
    visit.open_tab("Teach")
    for place, (motion, turn) in enumerate(WAYS.items()):
        name_motion(visit.page, motion)
        clips = [write_take(tmp_path / f"{place}{number}.mp4", 10 * place + number, turn) for number in range(3)]
        visit.page.locator("#clips input[type=file]").set_input_files(clips)
        expect(takes_of(visit.page, motion)).to_have_count(3, timeout=PATIENCE)

    visit.page.get_by_role("button", name="Teach", exact=True).click()
    expect(visit.page.locator("#lesson-learned")).to_contain_text("of 6 held-out takes right", timeout=PATIENCE)
    expect(visit.page.locator("#doctor")).to_contain_text("The doctor on these takes", timeout=PATIENCE)
    visit.page.get_by_role("button", name="Use it").click()
    visit.says("says my motions (head)")
    expect(visit.page.locator("#predictions .name")).to_have_count(2, timeout=PATIENCE)
    visit.page.locator("#checkpoint input").click()
    expect(visit.page.locator("#checkpoint").get_by_role("option", name="my motions (head)")).to_have_count(1)

    other = browser.new_page()
    arrive(other, address)
    other.locator("#checkpoint input").click()
    expect(other.locator("#checkpoint").get_by_role("option", name="msnet-small")).to_have_count(1)
    expect(other.locator("#checkpoint").get_by_role("option", name="my motions")).to_have_count(0)
    other.close()

    visit.page.get_by_role("button", name="Drop take 001 of to and fro").click()
    expect(takes_of(visit.page, "to and fro")).to_have_count(2, timeout=PATIENCE)


@pytest.fixture
def filmed_page(browser_type: BrowserType, browser_type_launch_args: dict, tmp_path: Path) -> Iterator[Page]:
    """A page in a browser whose camera is a file."""
    film = tmp_path / "film.y4m"
    noise = np.random.default_rng(0).integers(16, 235, (30, 120, 160), np.uint8)
    film.write_bytes(b"YUV4MPEG2 W160 H120 F15:1 Ip A1:1 C420\n" + b"".join(b"FRAME\n" + frame.tobytes() + GREY for frame in noise))
    camera = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", f"--use-file-for-fake-video-capture={film}"]
    browser = browser_type.launch(**{**browser_type_launch_args, "args": [*browser_type_launch_args["args"], *camera]})
    yield browser.new_page(reduced_motion="reduce")
    browser.close()


GREY = bytes([128]) * (2 * 60 * 80)  # the colours of a frame


def test_takes_are_recorded_and_kept_or_dropped(filmed_page: Page, address: str) -> None:
    """The camera counts and records one take after the other until it is stopped; what is kept stands with its motion."""
    visit = arrive(filmed_page, address)
    visit.open_tab("Teach")
    name_motion(filmed_page, "waving")
    filmed_page.get_by_role("button", name="Turn the camera on").click()
    filmed_page.get_by_role("button", name="Record takes").click()
    expect(filmed_page.locator("#recorder .count")).to_have_text("3", timeout=PATIENCE)
    tray = filmed_page.locator("#recorder .tray li")
    expect(tray).to_have_count(2, timeout=PATIENCE)
    filmed_page.get_by_role("button", name="Stop recording").click()
    tray.first.get_by_role("button", name="Drop").click()
    expect(tray).to_have_count(1)
    filmed_page.get_by_role("button", name="Keep all").click()
    expect(takes_of(filmed_page, "waving")).to_have_count(1, timeout=PATIENCE)
    expect(tray).to_have_count(0)
    filmed_page.get_by_role("button", name="Turn it off").click()
    expect(filmed_page.get_by_role("button", name="Turn the camera on")).to_be_visible()
