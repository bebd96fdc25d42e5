"""The laws of the tab Segments: what a visitor has done is kept, checked, and in every file."""

import csv
import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as XML

import pytest
from bs4 import BeautifulSoup

from workbench.explore.segments import FilmSegments, Segment
from workbench.page.segments import (
    OpenFilm,
    describe_segments,
    describe_stop,
    is_open,
    read_segments,
    segment_files,
    segments_editor,
    segments_of,
    take_edit,
)

SEGMENTS = (Segment(0.0, 2.0, "right", 0.9), Segment(2.0, 3.0, "up", 0.8), Segment(3.0, 6.0, "right", 0.7))
FILM = OpenFilm("key", Path("film.mp4"), FilmSegments("film.mp4", "net", 6.0, ("right", "up"), SEGMENTS))


@pytest.fixture(autouse=True)
def own_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))


def sent(*rows: tuple[float, float, str]) -> list[dict]:
    """What the editor sends."""
    return [{"start": start, "end": end, "class": name, "probability": None} for start, end, name in rows]


def test_an_edit_is_in_every_file():
    film = take_edit(FILM, "key", sent((0.0, 2.5, " my word "), (2.5, 6.0, "up")))
    assert film.film.segments == (Segment(0.0, 2.5, "my word"), Segment(2.5, 6.0, "up"))
    table, facts, document = (Path(button.value["path"]) for button in segment_files(film.film))
    with open(table) as file:
        assert [row[:3] for row in csv.reader(file)][1:] == [["0.000", "2.500", "my word"], ["2.500", "6.000", "up"]]
    assert [row["class"] for row in json.loads(facts.read_text())["segments"]] == ["my word", "up"]
    assert [value.text for value in XML.parse(document).iter("ANNOTATION_VALUE")] == ["my word", "up"]


def test_an_edit_of_another_film_is_dropped():
    assert take_edit(FILM, "other", sent((0.0, 6.0, "up"))) is None
    assert take_edit(None, "key", sent((0.0, 6.0, "up"))) is None


@pytest.mark.parametrize("rows", [[(0.0, 9.0, "up")], [(0.0, 6.0, " ")], [(0.0, float("nan"), "up")], [(3.0, 6.0, "up"), (0.0, 3.0, "up")]])
def test_an_edit_that_cannot_be_is_refused(rows):
    with pytest.raises(ValueError, match=r"segment [12]"):
        take_edit(FILM, "key", sent(*rows))


@pytest.mark.parametrize("rows", [None, [1], [{"start": 0}], [{"start": 0, "end": 1, "class": 5, "probability": None}], "text"])
def test_what_is_no_list_of_segments_is_refused(rows):
    with pytest.raises(ValueError, match="segments have a start"):
        read_segments(rows)


def test_segments_stay_while_their_video_is_looked_at(exploration):
    assert is_open(replace(FILM, path=exploration.info.path), exploration)
    assert not is_open(FILM, exploration)
    assert not is_open(None, exploration)


def test_the_editor_is_given_every_segment_and_class(exploration):
    page = BeautifulSoup(segments_editor(FILM, exploration), "html.parser")
    facts = json.loads(page.find(class_="segments")["data-segments"])
    assert [(row["start"], row["end"], row["class"], row["probability"]) for row in facts] == [
        (each.start, each.end, each.label, each.probability) for each in SEGMENTS
    ]
    assert [option["value"] for option in page.find_all("option")] == ["right", "up"]
    assert len(page.find(class_="film").find_all("img")) == len(exploration.whole_video.thumbnails)


def test_a_name_with_quotes_arrives_as_it_is():
    film = replace(FILM, film=replace(FILM.film, segments=(Segment(0.0, 1.0, "a \"b\" & <i>'c'</i>"),)))
    page = BeautifulSoup(segments_editor(film, None), "html.parser")
    assert json.loads(page.find(class_="segments")["data-segments"])[0]["class"] == "a \"b\" & <i>'c'</i>"
    assert not page.find("i")


def test_the_video_that_is_looked_at_is_cut(networks, camouflage):
    exploration = networks.look_at_span(camouflage, start=1.0)
    film = segments_of(networks, exploration, {"shortest": 0, "least": 0.4}, lambda share: None)
    assert film.path == exploration.info.path
    assert film.film.segments[0].label == "right"
    assert film.film.segments[-1].end == film.film.duration


def test_why_there_are_none_is_a_sentence(networks, exploration):
    assert "Look at a video first" in segments_of(networks, None, {}, lambda share: None)
    gone = replace(exploration, info=replace(exploration.info, path=Path("nowhere.mp4")))
    assert "nowhere.mp4 is no longer here" in segments_of(networks, gone, {"shortest": 0, "least": 0.4}, lambda share: None)


def test_the_sentence_counts_segments_and_time():
    assert "3 segments found in film.mp4, with 2 names; right takes 5.0 of 6.0 s" in describe_segments(FILM.film)


def test_who_stops_it_is_told_of_segments_that_stay():
    assert "The segments below are those found before" in describe_stop(FILM)
    assert "Nothing was made" in describe_stop(None)
