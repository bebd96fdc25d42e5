"""The laws of the files of scores and segments: every number is there, and other programs read them."""

import csv
import io
import json
from datetime import datetime, timezone
from pathlib import Path
from xml.etree import ElementTree as XML

import pytest

import workbench as wb
from workbench.explore.annotations import segments_as_csv, segments_as_eaf, segments_as_json, write_film_files
from workbench.explore.segments import FilmSegments, Segment

SEGMENTS = (Segment(0.0, 1.5, "left", 0.75), Segment(1.5, 2.0004, "mine & <others>"), Segment(3.0, 4.0, "no clear motion", 0.5))
FILM = FilmSegments("my film.mp4", "net", 4.0, ("left", "no clear motion"), SEGMENTS)


@pytest.fixture(scope="module")
def document() -> XML.Element:
    return XML.fromstring(segments_as_eaf(FILM, datetime(2026, 1, 2, tzinfo=timezone.utc)))


def test_csv_has_a_line_for_each_segment():
    rows = list(csv.reader(io.StringIO(segments_as_csv(FILM))))
    assert rows[0] == ["start (s)", "end (s)", "class", "probability"]
    assert rows[1:3] == [["0.000", "1.500", "left", "0.750000"], ["1.500", "2.000", "mine & <others>", ""]]


def test_json_says_its_version_and_every_segment():
    facts = json.loads(segments_as_json(FILM))
    assert facts["schema"] == 1
    assert [(row["start"], row["end"], row["class"], row["probability"]) for row in facts["segments"]] == [
        (round(each.start, 3), round(each.end, 3), each.label, each.probability) for each in SEGMENTS
    ]


def test_eaf_has_the_parts_of_its_schema_in_their_order(document):
    """As EAFv3.0.xsd has them: the parts of a document, and the attributes that must be there."""
    assert [part.tag for part in document] == ["HEADER", "TIME_ORDER", "TIER", "LINGUISTIC_TYPE"]
    assert {"AUTHOR", "DATE", "FORMAT", "VERSION"} <= set(document.attrib)
    assert datetime.fromisoformat(document.get("DATE")).year == 2026
    assert document.find("HEADER").get("TIME_UNITS") == "milliseconds"
    assert {"MEDIA_URL", "MIME_TYPE"} <= set(document.find("HEADER/MEDIA_DESCRIPTOR").attrib)
    assert document.find("TIER").get("LINGUISTIC_TYPE_REF") == document.find("LINGUISTIC_TYPE").get("LINGUISTIC_TYPE_ID")


def test_eaf_holds_every_segment_in_milliseconds(document):
    moments = {slot.get("TIME_SLOT_ID"): int(slot.get("TIME_VALUE")) for slot in document.find("TIME_ORDER")}
    held = [
        (moments[each.get("TIME_SLOT_REF1")], moments[each.get("TIME_SLOT_REF2")], each.findtext("ANNOTATION_VALUE"))
        for each in document.iterfind("TIER/ANNOTATION/ALIGNABLE_ANNOTATION")
    ]
    assert held == [(0, 1500, "left"), (1500, 2000, "mine & <others>"), (3000, 4000, "no clear motion")]


def test_eaf_names_each_thing_once_and_orders_its_moments(document):
    slots, annotations = document.findall("TIME_ORDER/TIME_SLOT"), document.findall("TIER/ANNOTATION/ALIGNABLE_ANNOTATION")
    identities = [slot.get("TIME_SLOT_ID") for slot in slots] + [each.get("ANNOTATION_ID") for each in annotations]
    assert len(set(identities)) == len(identities) == 9
    moments = [int(slot.get("TIME_VALUE")) for slot in slots]
    assert moments == sorted(moments)


def test_eaf_names_the_video_as_an_address(document):
    assert document.find("HEADER/MEDIA_DESCRIPTOR").get("MEDIA_URL") == "./my%20film.mp4"


def test_the_ending_says_the_format(explorer: wb.Explorer, camouflage: str, tmp_path: Path):
    """Scores and segments of one reading of the film."""
    write_film_files(explorer, Path(camouflage), wb.LookConfig(), tmp_path / "scores.csv", tmp_path / "segments.eaf")
    with open(tmp_path / "scores.csv") as file:
        header, *rows = csv.reader(file)
    assert header[3:] == list(explorer.labels)
    assert all(sum(map(float, row[3:])) == pytest.approx(1, abs=1e-4) for row in rows)
    assert XML.parse(tmp_path / "segments.eaf").getroot().tag == "ANNOTATION_DOCUMENT"


def test_an_ending_without_a_format_is_refused_before_anything_is_read(explorer: wb.Explorer):
    with pytest.raises(ValueError, match=r"segments.txt must end in .csv or .json or .eaf"):
        write_film_files(explorer, Path("nowhere.mp4"), wb.LookConfig(), segments=Path("segments.txt"))
