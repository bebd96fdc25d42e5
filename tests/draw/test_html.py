"""The laws of pictures and words as HTML."""

import numpy as np
import pytest
from elements import percents, pixels, read
from jinja2 import DictLoader, UndefinedError
from matplotlib.figure import Figure

from workbench.draw import html
from workbench.draw.charts import chart_to_picture
from workbench.draw.html import bar, data_uri, note, piece, plate, render
from workbench.page.tab import read_front_file
from workbench.text import percent

PICTURE = np.random.default_rng(0).integers(0, 256, (30, 50, 3), dtype=np.uint8)
EVIL = """"><img src=x onerror='alert(1)'>&amp;"""


def test_a_png_decodes_to_the_picture():
    uri = data_uri(PICTURE)
    assert uri.startswith("data:image/png;base64,")
    assert np.array_equal(pixels(uri), PICTURE)


def test_a_photo_decodes_to_about_the_frame_and_is_smaller(exploration):
    """A real frame comes back within a few grey levels, in less than half of the bytes."""
    frame = exploration.frames[0]
    uri = data_uri(frame, photo=True)
    assert uri.startswith("data:image/jpeg;base64,")
    assert len(uri) < len(data_uri(frame)) / 2
    assert np.abs(pixels(uri).astype(int) - frame).mean() < 4


def test_a_chart_is_packed_as_it_is_drawn_for_a_notebook():
    figure = Figure(figsize=(2, 1))
    figure.subplots().plot([1, 3, 2])
    assert np.array_equal(pixels(data_uri(figure)), chart_to_picture(figure))


@pytest.mark.parametrize("hint", ["", EVIL])
def test_what_is_written_on_a_plate_is_words(hint):
    """Title, line, alternative text and hint say what was given and add no element; the picture is the one given."""
    evil, plain = (read(plate("name", text, text, PICTURE, text, hint=hint and text)) for text in (EVIL, "word"))
    assert evil.structure == plain.structure
    assert evil.get("name").attributes["class"] == "plate"
    (image,) = evil.all("img")
    assert image.attributes["alt"] == EVIL
    assert np.array_equal(pixels(image.attributes["src"]), PICTURE)
    assert evil.all("figcaption")[0].words == f"{EVIL} {EVIL}⤢"
    assert [part.attributes["aria-label"] for part in evil.all(kind="picks")] == [hint] * bool(hint)


def test_bars_are_as_long_as_their_shares():
    """In the order given, each with its name and its number beside it."""
    rows = [("left", 0.7), (EVIL, 0.25), ("still", 0.05)]
    whole = read(piece("bars", rows, EVIL))
    assert [name.words for name in whole.all(kind="name")] == [name for name, _ in rows]
    assert [percents(part.attributes["style"])[0] for part in whole.all("i")] == pytest.approx([70, 25, 5])
    assert [value.words for value in whole.all(kind="value")] == ["70 %", "25 %", "5.0 %"]
    assert whole.all("ol")[0].attributes["aria-label"] == EVIL


@pytest.mark.parametrize(("kind", "role"), [("", None), ("good", None), ("refused", "alert")])
def test_only_what_could_not_be_done_interrupts(kind, role):
    """A screen reader is told at once of a refusal, and reads everything else when its reader comes to it."""
    (paragraph,) = read(note(EVIL, kind)).all()
    assert paragraph.words == EVIL
    assert paragraph.attributes.get("role") == role
    assert kind in paragraph.attributes["class"]


def test_commands_in_a_sentence_are_code():
    """What stands between backquotes, and nothing that is written there is an element."""
    paragraph, code = read(note("run `<b>make app</b>` again; one ` alone is a mark")).all()
    assert (paragraph.tag, code.tag) == ("p", "code")
    assert code.words == "<b>make app</b>"
    assert paragraph.words == "run <b>make app</b> again; one ` alone is a mark"


def test_a_percentage_is_the_share():
    """Within half of the last decimal said, of which there is one near either end; only nothing is 0 % and all is 100 %."""
    for share in (*np.linspace(0, 1, 401).tolist(), 1e-4, 0.9996):
        number = percent(share).removesuffix(" %")
        decimals = len(number.partition(".")[2])
        assert float(number) == pytest.approx(100 * share, abs=0.5001 * 10**-decimals)
        assert (number in ("0", "100")) == (share in (0, 1))
        assert (decimals == 1) >= (0 < share < 0.1)
        assert percents(read(bar(share)).all("i")[0].attributes["style"])[0] == pytest.approx(100 * share, abs=0.05001)


@pytest.fixture
def templates(monkeypatch):
    """A folder of templates in memory, name -> text."""
    texts: dict[str, str] = {}
    monkeypatch.setattr(html.ENVIRONMENT, "loader", DictLoader(texts))
    monkeypatch.setattr(html.ENVIRONMENT, "cache", {})
    return texts


def test_a_template_escapes_words_and_keeps_what_another_rendered(templates):
    """A value is text; what `render` gave stands inside another template as it is."""
    templates |= {"inner": "<b>{{ words }}</b>", "outer": "<p>{{ inner }}</p>"}
    (paragraph, bold) = read(render("outer", inner=render("inner", words=EVIL))).all()
    assert (paragraph.tag, bold.tag, bold.words) == ("p", "b", EVIL)


def test_line_breaks_of_a_template_are_for_its_reader(templates):
    """Beside a tag they vanish, between attributes and words they are one space."""
    templates["page"] = """<p class="a"\n   id="b">\n  one\n  two {{ 3 }}\n  {% if true %}\n  <i>four</i>\n  {% endif %}\n</p>\n"""
    assert render("page") == '<p class="a" id="b">one two 3<i>four</i></p>'


def test_a_value_that_is_missing_is_an_error(templates):
    templates["page"] = "{{ nothing }}"
    with pytest.raises(UndefinedError, match="nothing"):
        render("page")


def test_the_front_is_read_from_files_of_the_package():
    assert "{" in read_front_file("page.css")
    assert read_front_file("page.css") is read_front_file("page.css")
