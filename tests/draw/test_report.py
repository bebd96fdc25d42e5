"""The laws of the report: everything is inside, nothing is asked for, and nothing that a file is called can become HTML."""

import base64
import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from html_file import Page
from PIL import Image

import workbench as wb
from workbench.draw.pair import draw_pair
from workbench.draw.report import ReportSection, draw_report

HOSTILE = "<script>alert(1)</script>.mp4"
BREAKOUT = '" onload="alert(2)" x=\'</title></style><img src=https://example.org/x onerror=alert(3)>&amp;'
CURIOUS = ("script", "link", "iframe", "object", "embed", "form", "base", "audio", "video", "svg")


def pixels_of(address: str) -> np.ndarray:
    kind, data = address.split(",", 1)
    assert kind == "data:image/webp;base64"
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data, validate=True))).convert("RGB"))


def with_names(exploration: wb.Exploration, name: str) -> tuple[wb.Exploration, list[ReportSection]]:
    """The exploration and a section where everything that has a name has this one."""
    labels = tuple(f"{name} {label}" for label in exploration.labels)
    picture = np.zeros((8, 8, 3), np.uint8)
    named = replace(exploration, name=name, network=name, note=name, labels=labels, info=replace(exploration.info, codec=name))
    return named, [ReportSection(name, name, ((picture, name),), name)]


@pytest.fixture(scope="module")
def exploration(explorer) -> wb.Exploration:
    return explorer.look(wb.sample_videos()[1].path)


@pytest.fixture(scope="module")
def html(exploration) -> str:
    return draw_report(exploration)


@pytest.fixture(scope="module")
def hostile(exploration) -> str:
    return draw_report(*with_names(exploration, HOSTILE + BREAKOUT))


def test_everything_is_inside(html):
    """Each picture is in the file, nothing else is referred to, and the browser is told to ask for nothing."""
    page = Page(html)
    assert not {tag for tag, _ in page.tags} & set(CURIOUS)
    assert all(attributes["src"].startswith("data:") for attributes in page.images)
    assert not [attributes for _, attributes in page.tags if {"href", "srcset", "background", "action"} & set(attributes)]
    assert "url(" not in html
    assert "@import" not in html
    assert "http" not in page.text
    policy = next(attributes["content"] for _, attributes in page.tags if attributes.get("http-equiv") == "Content-Security-Policy")
    assert "default-src 'none'" in policy
    assert "script-src" not in policy


def test_names_cannot_become_html(exploration, hostile):
    """A file, class, network or section called like a script changes the text and not one tag or attribute."""
    plain, page = Page(draw_report(*with_names(exploration, "clip.mp4"))), Page(hostile)
    assert [(tag, list(attributes)) for tag, attributes in page.tags] == [(tag, list(attributes)) for tag, attributes in plain.tags]
    assert "script" not in {tag for tag, _ in page.tags}
    assert page.text.count(HOSTILE + BREAKOUT) == plain.text.count("clip.mp4") >= 12
    assert page.images[-1]["alt"] == HOSTILE + BREAKOUT


def test_every_pair_is_shown_with_words(exploration, html):
    """Six pictures a pair, each as large as it says, with words for those who cannot see it; no two pairs are alike."""
    images = Page(html).images
    assert len(images) == 2 + 6 * exploration.pairs
    assert all(image["alt"].strip() for image in images)
    assert all(pixels_of(image["src"]).shape[:2] == (int(image["height"]), int(image["width"])) for image in images)
    assert len({image["src"] for image in images[3::6]}) == exploration.pairs
    assert f"Pair {exploration.pairs} of {exploration.pairs}" in Page(html).text


def test_fields_are_exact_and_frames_nearly(exploration, html):
    """A colour of a displacement is a number, so it is kept to the bit; a photograph may lose a little."""
    images, drawn = [pixels_of(image["src"]) for image in Page(html).images[2 + 6 * 3 :][:6]], draw_pair(exploration, 3)
    assert np.array_equal(images[3], drawn.displacement)
    assert np.array_equal(images[5], drawn.probability)
    for picture, other in zip((drawn.source, drawn.target, drawn.overlay, drawn.arrows), (*images[:3], images[4]), strict=True):
        assert np.abs(picture.astype(int) - other).mean() < 6


def test_it_says_what_was_asked_and_answered(explorer):
    """Span, frames, network and the five most probable classes with their probability."""
    exploration = explorer.look(wb.sample_videos()[1].path, start=2.0, seconds=1.5, frames=4, mirrored=True)
    text = Page(draw_report(exploration)).text
    for label, probability in exploration.top(5):
        assert label in text
        assert f"{100 * probability:.1f} %" in text
    assert "1.50 s from 2.00 s" in text
    assert ", ".join(map(str, exploration.indices)) in text
    assert "msnet-small" in text
    assert "mirror image" in text
    assert "320 × 180" in text
    assert f"of {exploration.pairs}:" in text


def test_it_says_that_no_motion_is_the_answer(exploration):
    """With the most probable motion beside it, as the page has it, whatever other class is more probable."""
    label, _ = exploration.nearest
    text = Page(draw_report(replace(exploration, doubt="Something else."))).text
    assert f"{exploration.network} says: Something else. The nearest is {label}," in text


def test_sections_follow_in_order(exploration):
    """What a page adds stands after the pairs: heading, sentence, command and pictures."""
    picture = np.full((40, 900, 3), 255, np.uint8)
    sections = [ReportSection("What if?", "Reversed.", ((picture, "Bars"),)), ReportSection("Again", "In a shell:", (), "papermill & co")]
    page = Page(draw_report(exploration, sections))
    assert page.text.index("Pair 7") < page.text.index("What if?") < page.text.index("Reversed.") < page.text.index("papermill & co")
    assert page.images[-1]["alt"] == "Bars"
    assert ("figure", {"class": "row"}) in page.tags


def test_it_is_small(html):
    """Below 3 MB for the clip that is shown when nothing is chosen."""
    assert len(html.encode()) < 3_000_000


def test_a_network_without_motion_has_a_report_too():
    page = Page(draw_report(wb.Explorer.load("tsm-tiny").look(wb.sample_videos()[1].path)))
    assert len(page.images) == 2
    assert "no motion module" in page.text


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_in_a_browser_it_asks_for_nothing_and_runs_nothing(page, hostile, tmp_path: Path, scheme):
    """From the disk, on a phone: no request, no dialog, no error, every picture is there, nothing hangs over the edge."""
    said, asked = [], []
    page.on("dialog", lambda dialog: (said.append(dialog.message), dialog.dismiss()))
    page.on("request", lambda request: asked.append(request.url) if not request.url.startswith(("file:", "data:")) else None)
    (tmp_path / "report.html").write_text(hostile, encoding="utf-8")
    page.set_viewport_size({"width": 400, "height": 800})
    page.emulate_media(color_scheme=scheme)
    page.goto((tmp_path / "report.html").as_uri())
    assert all(page.evaluate("[...document.images].map(image => image.naturalWidth)"))
    assert (said, asked) == ([], [])
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    assert HOSTILE in page.inner_text("h1")
