"""A visit that is reloaded, the files on their way to the page, and the hint for whoever comes for the first time."""

import re
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect
from visiting import CLIPS, PATIENCE, Visit

import workbench as wb

PAIR = "#pair input[type=number]"


def test_a_reload_finds_the_same_spot(visit: Visit):
    """Sample, pair and cell, by the address alone."""
    visit.looks(visit.page.locator("#cat").click)
    visit.says("cat.mp4")
    visit.changes("overlay", lambda: visit.set_slider("pair", 3))
    visit.changes("tracks", lambda: visit.page.locator("#source img").click(position={"x": 40, "y": 40}))
    row, column = (cell := visit.page.locator("#why-facts dd").first.inner_text()).split(", ")
    expect(visit.page).to_have_url(re.compile(f"video=cat.*pair=2.*row={row}&column={column}(&|$)"))
    arrow = visit.address_of("why-target")
    visit.page.reload()
    visit.says("cat.mp4")
    visit.unfold()
    expect(visit.page.locator(PAIR)).to_have_value("3")
    expect(visit.page.locator("#why-facts dd").first).to_have_text(cell)
    expect(visit.page.locator("#why-target img")).to_have_attribute("src", arrow)


@pytest.mark.parametrize("way", ["reload", "back"])
def test_own_files_are_kept_while_the_tab_is_open(page: Page, address: str, way: str):
    """The same address in another tab asks for the video."""
    page.goto(address)
    visit = Visit(page)
    visit.says("camouflage.mp4")
    visit.rests()
    visit.give(CLIPS / "h264.mp4")
    visit.says("h264.mp4")
    expect(page).to_have_url(re.compile("video=h264.mp4"))
    before = visit.address_of("overlay")
    if way == "reload":
        page.reload()
    else:
        page.goto("about:blank")
        page.go_back()
    visit.says("h264.mp4")
    expect(page.locator("#overlay img")).to_have_attribute("src", before)
    other = page.context.new_page()
    other.goto(page.url)
    expect(other.locator("#arrived")).to_contain_text("give this video again")


def test_an_empty_visit_has_an_empty_address(guest: Visit):
    guest.remove()
    guest.says("was removed")
    expect(guest.page).not_to_have_url(re.compile("video="))


def test_other_kinds_are_taken_by_the_same_box(guest: Visit, tmp_path: Path):
    """A GIF in the box of the video is looked at, and shown as a small copy, which goes with it."""
    frames = list(map(Image.fromarray, wb.read_video(CLIPS / "h264.mp4", range(0, 40, 4)).frames))
    frames[0].save(tmp_path / "moving.gif", save_all=True, append_images=frames[1:], duration=80)
    guest.give(tmp_path / "moving.gif")
    guest.says("moving.gif")
    copy = guest.page.locator("#preview video")
    expect(copy).to_have_attribute("aria-label", re.compile("moving.gif"))
    assert copy.evaluate(
        "video => new Promise(done => video.readyState ? done(video.videoWidth) : video.onloadeddata = () => done(video.videoWidth))"
    )
    guest.looks(guest.page.locator("#camouflage").click)
    expect(copy).to_have_count(0)


def test_an_upload_shows_its_share_and_can_be_stopped(guest: Visit, tmp_path: Path):
    """At 100 kB a second; what is stopped is not looked at, and the box takes another one."""
    (tmp_path / "large.mp4").write_bytes((CLIPS / "h264.mp4").read_bytes() + bytes(3_000_000))
    guest.remove()
    network = guest.page.context.new_cdp_session(guest.page)
    speed = {"offline": False, "latency": 0, "downloadThroughput": -1}
    network.send("Network.emulateNetworkConditions", {**speed, "uploadThroughput": 100_000})
    guest.page.locator("#video input[type=file]").set_input_files(tmp_path / "large.mp4")
    expect(guest.page.locator("#sending output")).to_have_text(re.compile(r"[1-9]\d? % of 3\.4 MB"), timeout=PATIENCE)
    guest.page.locator("#sending button").click()
    expect(guest.page.locator("#sending")).to_have_count(0)
    network.send("Network.emulateNetworkConditions", {**speed, "uploadThroughput": -1})
    guest.page.locator("#video input[type=file]").set_input_files(CLIPS / "h264.mp4")
    guest.says("h264.mp4")


def test_the_hint_goes_away_for_good(page: Page, address: str):
    page.goto(address)
    expect(page.locator("#hint li")).to_have_count(3)
    expect(page.locator("#hint li").last).to_be_visible()
    page.locator("#hint button").click()
    expect(page.locator("#hint li").last).to_be_hidden()
    page.reload()
    Visit(page).says("camouflage.mp4")
    expect(page.locator("#hint li").last).to_be_hidden()


def test_a_figure_says_what_it_shows(guest: Visit):
    """By keyboard, and it closes by Escape."""
    words = guest.page.locator("#about-overlay")
    guest.page.locator("#overlay .explain").focus()
    guest.page.keyboard.press("Enter")
    expect(words).to_be_visible()
    expect(words).to_contain_text("notebooks/02_displacement.ipynb")
    guest.page.keyboard.press("Escape")
    expect(words).to_be_hidden()


def test_the_livelier_stretch_is_looked_at_by_a_click(guest: Visit):
    """The first sample begins where less moves than later: what the button says is looked at, and then there is none."""
    button = guest.page.locator("#timeline .livelier")
    start = float(button.get_attribute("data-start"))
    assert start > 1
    button.click()
    guest.says(f"camouflage.mp4, {start:.1f}")
    guest.rests()
    expect(button).to_have_count(0)
