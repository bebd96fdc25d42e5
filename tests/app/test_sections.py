"""What if, beside others, where it looks, take it away, and studies, in a real browser."""

import json
import re
import shlex
from itertools import pairwise
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import av
import numpy as np
import papermill
from playwright.sync_api import Page, expect
from visiting import PATIENCE, ROOT, Visit

import workbench as wb
from workbench.explore.what_if import QUESTIONS


def test_what_if(guest: Visit):
    """A shape that moves to the right: mirrored and reversed it moves to the left, and the decision rests on motion."""
    guest.open_tab("What if?")
    expect(guest.page.locator("#motion-share b").first).to_have_text(re.compile(r"\d+ %"), timeout=PATIENCE)
    assert int(re.match(r"\d+", guest.page.inner_text("#motion-share b"))[0]) > 80
    expect(guest.page.locator("#wonder .note.good")).to_have_count(2, timeout=PATIENCE)
    expect(guest.page.locator("#wonder")).to_contain_text("mirrored: right → left: pass")
    expect(guest.page.locator("#questions div")).to_have_count(len(QUESTIONS))
    assert "reversed: left" in guest.page.locator("#changes img").get_attribute("alt")


def test_beside_optical_flow_and_another_network(visit: Visit):
    """Optical flow first, with the agreement of cells; then TSM, which answers but matches nothing until a layer is chosen.
    One slider turns both."""
    visit.open_tab("Beside others")
    expect(visit.page.locator("#agreement img")).to_be_visible(timeout=PATIENCE)
    visit.changes("beside-b", lambda: visit.set_slider("pair", 3))
    visit.choose("other", "tsm-tiny")
    expect(visit.page.locator("#answers")).to_contain_text("no motion module", timeout=PATIENCE)
    visit.choose("other-layer", "layer1")
    expect(visit.page.locator("#answers")).to_contain_text("not trained to match", timeout=PATIENCE)
    expect(visit.page.locator("#agreement img")).to_be_visible()


def test_any_two_frames_and_pairs_with_truth(guest: Visit):
    """The pair shown, then a target five frames on, by the keyboard; and how far the arrows are from a displacement that is known. Another
    video takes all of that away."""
    page = guest.page
    guest.open_tab("Beside others")
    guest.unfold()
    page.locator("#two-take").click()
    expect(page.locator("#two-pictures")).to_contain_text("In camouflage.mp4 frame 3 lies 0.12 s on from frame 0", timeout=PATIENCE)
    page.locator("#two-target input").focus()
    for _ in range(5):
        page.keyboard.press("ArrowUp")
    expect(page.locator("#two-pictures")).to_contain_text("In camouflage.mp4 frame 8 lies 0.33 s on from frame 0", timeout=PATIENCE)
    page.locator("#truth-warp").click()
    expect(page.locator("#truth-report iframe")).to_be_visible(timeout=PATIENCE)
    expect(page.locator("#truth-report .note")).to_contain_text("over 3 pairs msnet-small is")
    guest.looks(page.locator("#nasa").click)
    guest.says("nasa.mp4")
    expect(page.locator("#two-pictures img, #truth-report iframe")).to_have_count(0)
    expect(page.locator("#two-source input")).to_have_value("")


def test_where_it_looks(guest: Visit):
    """The map of the class decided, then that of another one."""
    guest.open_tab("Where does it look?")
    expect(guest.page.locator("#attention")).to_contain_text("is the logit of right", timeout=PATIENCE)
    guest.changes("activation", lambda: guest.choose("class", "left"))


def test_segments_are_corrected_and_taken_away(guest: Visit, tmp_path: Path):
    """A border by keys and by the mouse, a name, a split, a removal and its undoing; all of it stays when the video is looked at again, and
    is in the file."""
    page = guest.page
    guest.open_tab("Segments")
    page.locator("#find-segments").click()
    names, borders = page.locator("#segments [data-name]"), page.locator("#segments .border")
    expect(names.first).to_have_value("right", timeout=PATIENCE)
    count = names.count()
    assert count > 1

    begin = float(borders.first.get_attribute("aria-valuenow"))
    borders.first.focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect(borders.first).to_have_attribute("aria-valuenow", f"{begin - 0.2:.2f}")
    expect(borders.first).to_be_focused()
    box = borders.first.bounding_box()
    page.mouse.move(box["x"] + 5, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 45, box["y"] + 20, steps=4)
    page.mouse.up()
    assert float(borders.first.get_attribute("aria-valuenow")) > begin

    names.first.fill("walks in")
    names.first.press("Enter")
    page.get_by_role("button", name="Split segment 1").click()
    expect(names).to_have_count(count + 1)
    page.get_by_role("button", name="Remove segment 1").click()
    expect(names).to_have_count(count)
    page.locator("#segments [data-do=undo]").click()
    expect(names).to_have_count(count + 1)
    expect(page.locator("#segments-message")).to_contain_text(f"{count + 1} segments edited")

    guest.set_slider("pair", 2)
    guest.rests()
    guest.looks(page.locator("#camouflage").click)
    guest.rests()
    expect(names).to_have_count(count + 1)
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV").click()
    download.value.save_as(tmp_path / "segments.csv")
    rows = (tmp_path / "segments.csv").read_text().splitlines()[1:]
    assert [row.split(",")[2] for row in rows[:2]] == ["walks in", "walks in"]
    assert rows[0].split(",")[1] == rows[1].split(",")[0]

    guest.looks(page.locator("#nasa").click)
    expect(page.locator("#segments .piece")).to_have_count(0, timeout=PATIENCE)
    expect(page.get_by_role("button", name="CSV")).to_be_disabled()


def test_files_to_take_away(guest: Visit, tmp_path: Path):
    """A video that browsers play, arrays, a table, predictions, and a report that asks for nothing."""
    guest.open_tab("Take it away")
    guest.page.locator("#make").click()
    expect(guest.page.locator("#files a")).to_have_count(6, timeout=PATIENCE)
    files = {}
    for link in guest.page.locator("#files a").all():
        name = Path(urlsplit(link.get_attribute("href")).path).name
        (tmp_path / name).write_bytes(guest.page.request.get(link.get_attribute("href")).body())
        files[name] = tmp_path / name

    with av.open(str(files["annotated.mp4"])) as video:
        stream = video.streams.video[0]
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert stream.height % 2 == 0
    assert files["annotated.mp4"].read_bytes().index(b"moov") < files["annotated.mp4"].read_bytes().index(b"mdat")
    assert guest.page.evaluate("document.querySelector('#annotated video').error") is None
    with np.load(files["displacement.npz"]) as arrays:
        assert arrays["displacement"].shape == (7, 2, 32, 32)
    assert len(files["displacement.csv"].read_text().splitlines()) == 1 + 7 * 32 * 32
    assert files["scores.csv"].read_text().startswith("time (s),start (s),end (s),still,")
    assert json.loads(files["predictions.json"].read_text())["predictions"][0]["label"] == "right"
    opens_alone(guest.page, files["report.html"])


def opens_alone(page: Page, report: Path) -> None:
    """The report in another tab: its pictures are there, and nothing else was asked for."""
    asked: list[str] = []
    tab = page.context.new_page()
    tab.on("request", lambda request: asked.append(request.url))
    tab.goto(report.as_uri())
    loaded = tab.evaluate("[...document.images].every(image => image.complete && image.naturalWidth > 0) && document.images.length")
    assert loaded > 40
    assert {url.split(":")[0] for url in asked} <= {"file", "data"}
    assert "What if?" in tab.inner_text("main")
    assert "Why this arrow?" in tab.inner_text("main")
    tab.close()


def test_a_sample_is_chosen_with_what_it_teaches(guest: Visit):
    """Whichever: one line says what to look for, and whose it is; of another video that line is gone."""
    for sample in wb.sample_videos()[1:]:
        guest.page.get_by_role("button", name=sample.title, exact=True).click()
        guest.says(f"in {sample.path.name}")
        expect(guest.page.locator(".lesson")).to_have_text(f"{sample.title}: {sample.lesson} {sample.source}")
    guest.remove()
    expect(guest.page.locator(".lesson")).to_have_count(0)


def test_a_link_opens_the_same_picture(visit: Visit, page: Page):
    """Another pair, another cell, another sigma: whoever follows the link sees the same pictures."""
    visit.changes("consistency", lambda: visit.set_slider("pair", 4))
    visit.changes("why-target", lambda: visit.page.locator("#source img").click(position={"x": 150, "y": 60}))
    visit.changes("why-kernel", lambda: visit.set_slider("sigma", 1.5))
    visit.open_tab("Take it away")
    value_of(visit, "link", r"http://127.0.0.1.*pair=3")
    visit.set_slider("pair", 3)
    value_of(visit, "link", r"http://127.0.0.1.*pair=2")
    visit.set_slider("pair", 4)
    link = value_of(visit, "link", r"http://127.0.0.1.*pair=3")
    shown = {name: visit.address_of(name) for name in ("overlay", "why-kernel", "why-field")}

    other = Visit(page.context.new_page())
    other.page.goto(link)
    other.says("camouflage.mp4")
    other.unfold()
    expect(other.page.locator("#pair input[type=number]")).to_have_value("4", timeout=PATIENCE)
    for name, address in shown.items():
        expect(other.page.locator(f"#{name} img")).to_have_attribute("src", address, timeout=PATIENCE)
    assert parse_qs(urlsplit(link).query)["sigma"] == ["1.5"]


def test_a_link_that_cannot_be_is_a_sentence(page: Page, address: str):
    """The page opens as it does without, and says what is wrong."""
    page.goto(f"{address}?video=..%2F..%2Fetc%2Fpasswd")
    Visit(page).says("camouflage.mp4")
    expect(page.locator("#arrived")).to_contain_text("without its folder")


def test_the_command_makes_the_same_pictures(visit: Visit):
    """The papermill command names the notebook of this repository and parameters that it has."""
    visit.set_slider("sigma", 2)
    visit.open_tab("Take it away")
    words = shlex.split(value_of(visit, "command", "^papermill notebooks/06_one_video.ipynb"))
    known = papermill.inspect_notebook(str(ROOT / words[1]))
    named = [name for flag, name in pairwise(words) if flag in ("-p", "-r")]
    assert "sigma" in named
    assert set(named) <= set(known)


def value_of(visit: Visit, box: str, pattern: str) -> str:
    """What a text box comes to hold."""
    text = visit.page.locator(f"#{box} textarea, #{box} input").first
    expect(text).to_have_value(re.compile(pattern), timeout=PATIENCE)
    return text.input_value()


def test_studies(guest: Visit):
    """Each study has its figures; a click on a run opens its notebook, or says how to make it."""
    guest.open_tab("Studies")
    expect(guest.page.locator("#study img")).to_be_visible(timeout=PATIENCE)
    guest.page.locator("#runs .run").first.click()
    expect(guest.page.locator("#run-shown iframe, #run-shown .note")).to_be_visible(timeout=PATIENCE)
    guest.changes("study", lambda: guest.choose("study-choice", "Insertion layer"))
