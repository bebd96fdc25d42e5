"""The laws of the doctor's report: every name is there and none can become HTML, copies are shown, and a phone can read it."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from html_file import Page
from small_sets import make_set

from workbench.data.doctor import diagnose
from workbench.data.findings import FINDING_KINDS, Case, Diagnosis, Finding, SplitFacts
from workbench.draw.report import COPIES, draw_dataset_report, middle_frame
from workbench.video.read import read_video

HOSTILE = "<script>alert(1)</script>\" onload='alert(2)' </style></title><img src=https://example.org/x onerror=alert(3)>&amp;.mp4"


def named(name: str, path: str = "", cases: int = 50) -> Diagnosis:
    """Findings of every kind, in which all that has a name has this one, with a number."""
    split = SplitFacts("train", {f"{name} {i}": 7 * i for i in range(30)}, (4, 8, 90))
    findings = tuple(Finding(kind, tuple(Case("train", f"{name} {i}", f"is {name}", path) for i in range(cases))) for kind in FINDING_KINDS)
    return Diagnosis(name, name, 8, False, (split, SplitFacts("test", dict.fromkeys(split.counts, 3), ())), findings)


def test_every_name_is_there(tmp_path: Path):
    """All cases of all findings are in the file, however many, under the sentence of their finding and its severity; and so is
    the count of each class in each split, a missing one in words."""
    text = Page(draw_dataset_report(named("clip"))).text
    assert all(text.count(f"trainclip {i}is clip") == len(FINDING_KINDS) for i in range(50))
    assert all(f"{severity.capitalize()}{what}: 50; {remedy}." in text for severity, what, remedy in FINDING_KINDS.values())
    assert all(f"clip {i}{7 * i} train3 test" in text for i in range(1, 30))
    assert "clip 0none in train3 test" in text
    assert f"{7 * 29 * 30 // 2:,} videos" in text
    assert "4 to 90 frames, median 8" in text


def test_bars_are_as_long_as_their_counts():
    """The longest bar is that of the largest count; twice the videos make a bar of twice the length."""
    bars = [attributes["style"] for tag, attributes in Page(draw_dataset_report(named("clip"))).tags if tag == "i"]
    widths = [float(style.split("width:")[1].split("%")[0]) for style in bars]
    train, test = widths[0::2], widths[1::2]
    assert train == sorted(train, reverse=True)
    assert len(set(test)) == 1
    assert train[0] / train[-2] == pytest.approx(29, rel=0.05)
    assert test[0] / train[-2] == pytest.approx(3 / 7, rel=0.1)


def test_names_cannot_become_html():
    """A folder, layout, class, video or reason called like a script changes the text and not one tag or attribute."""
    plain, page = Page(draw_dataset_report(named("clip"))), Page(draw_dataset_report(named(HOSTILE)))
    assert [(tag, list(attributes)) for tag, attributes in page.tags] == [(tag, list(attributes)) for tag, attributes in plain.tags]
    assert "script" not in {tag for tag, _ in page.tags}
    assert page.text.count(HOSTILE) >= 2 * 50 * len(FINDING_KINDS)


def test_copies_are_shown(tmp_path: Path):
    """A few of the videos that are there twice are shown by their middle frame, other findings and lost files by none."""
    folder = make_set(tmp_path / "set", "folders", frames=9)
    shutil.copy(folder / "train/left/clip 1.mp4", folder / "val/left/copy.mp4")
    (folder / "train/left/clip 2.mp4").write_text("no video")
    diagnosis = diagnose(folder, progress=False)
    path = str(folder / "train/left/clip 1.mp4")
    images = [attributes for tag, attributes in Page(draw_dataset_report(diagnosis)).tags if tag == "img"]
    assert [image["alt"] for image in images] == ["The middle frame of left/clip 1.mp4"]
    assert images[0]["src"].startswith("data:image/webp;base64,")
    assert (images[0]["width"], images[0]["height"]) == ("80", "60")
    assert np.array_equal(middle_frame(Case("train", "", "", path)), read_video(path, [4]).frames[0])

    many = [tag for tag, _ in Page(draw_dataset_report(named("clip", path))).tags].count("img")
    assert many == 6 * len(COPIES)
    assert "<img" not in draw_dataset_report(named("clip", str(folder / "gone.mp4")))


def test_a_healthy_set_says_so(tmp_path: Path):
    split = SplitFacts("train", {"a": 2}, (8, 8, 8))
    text = Page(draw_dataset_report(Diagnosis("set", "folders", 8, True, (split,), ()))).text
    assert "Nothing was found: the set is healthy." in text
    assert "every frame was decoded" in text


@pytest.mark.parametrize("width", [400, 1280])
def test_in_a_browser_it_asks_for_nothing_and_fits(page, tmp_path: Path, width: int):
    """From the disk: no request, no dialog, nothing hangs over the edge, and what is folded away opens without a script."""
    said, asked = [], []
    page.on("dialog", lambda dialog: (said.append(dialog.message), dialog.dismiss()))
    page.on("request", lambda request: asked.append(request.url) if not request.url.startswith(("file:", "data:")) else None)
    (tmp_path / "doctor.html").write_text(draw_dataset_report(named(HOSTILE + "x" * 90)), encoding="utf-8")
    page.set_viewport_size({"width": width, "height": 800})
    page.goto((tmp_path / "doctor.html").as_uri())
    assert (said, asked) == ([], [])
    assert "onerror=alert(3)>&amp;" in page.inner_text("h1")
    assert "onerror=alert(3)>&amp;" in page.title()
    for place in range(len(FINDING_KINDS) + 1):
        page.locator("summary").nth(place).click()
    assert page.locator("details[open]").count() == len(FINDING_KINDS) + 1
    assert page.evaluate("document.documentElement.scrollWidth") <= width
