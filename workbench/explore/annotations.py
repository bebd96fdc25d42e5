"""Segments of a film as files that other programs open: CSV, JSON, and EAF, the format of the annotation program ELAN."""

import csv
import io
import json
import mimetypes
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path, PurePath
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree as XML

from workbench.explore.config import LookConfig
from workbench.explore.explorer import Explorer
from workbench.explore.export import SCHEMA, SCORE_FILES
from workbench.explore.film import score_film
from workbench.explore.segments import FilmSegments, find_segments
from workbench.paths import write_atomically

EAF = "3.0"  # the version of the format (Max Planck Institute for Psycholinguistics, The Language Archive, Nijmegen)
TIER, KIND = "motion", "motion class"


def segments_as_csv(film: FilmSegments) -> str:
    """A header, then a line for each segment: start and end in seconds with three decimals, name, mean probability where there is one."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("start (s)", "end (s)", "class", "probability"))
    for segment in film.segments:
        probability = "" if segment.probability is None else f"{segment.probability:.6f}"
        writer.writerow((f"{segment.start:.3f}", f"{segment.end:.3f}", segment.label, probability))
    return text.getvalue()


def segments_as_facts(film: FilmSegments) -> dict[str, Any]:
    """In values that JSON has; times in seconds."""
    rows = [
        {"start": round(segment.start, 3), "end": round(segment.end, 3), "class": segment.label, "probability": segment.probability}
        for segment in film.segments
    ]
    return {"schema": SCHEMA, "video": film.video, "network": film.network, "duration": film.duration, "segments": rows}


def segments_as_json(film: FilmSegments) -> str:
    return json.dumps(segments_as_facts(film), indent=2, allow_nan=False)


def segments_as_eaf(film: FilmSegments, date: datetime | None = None) -> str:
    """An annotation document of ELAN with one tier, `motion`, that has an annotation for each segment; times in milliseconds.

    The video is named as if it lay beside the file, where ELAN looks for it. date: that stands in the document, by default now.
    """
    date = date or datetime.now(timezone.utc)
    root = XML.Element("ANNOTATION_DOCUMENT", AUTHOR=film.network, DATE=date.isoformat(timespec="seconds"), FORMAT=EAF, VERSION=EAF)
    add_header(root, film.video)
    slots, tier = XML.SubElement(root, "TIME_ORDER"), XML.SubElement(root, "TIER", LINGUISTIC_TYPE_REF=KIND, TIER_ID=TIER)
    for number, segment in enumerate(film.segments, 1):
        ends = {"TIME_SLOT_REF1": f"ts{2 * number - 1}", "TIME_SLOT_REF2": f"ts{2 * number}"}
        for name, moment in zip(ends.values(), (segment.start, segment.end), strict=True):
            XML.SubElement(slots, "TIME_SLOT", TIME_SLOT_ID=name, TIME_VALUE=str(round(1000 * moment)))
        annotation = XML.SubElement(XML.SubElement(tier, "ANNOTATION"), "ALIGNABLE_ANNOTATION", {"ANNOTATION_ID": f"a{number}", **ends})
        XML.SubElement(annotation, "ANNOTATION_VALUE").text = segment.label
    XML.SubElement(root, "LINGUISTIC_TYPE", GRAPHIC_REFERENCES="false", LINGUISTIC_TYPE_ID=KIND, TIME_ALIGNABLE="true")
    XML.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{XML.tostring(root, encoding="unicode")}\n'


def add_header(document: XML.Element, video: str) -> None:
    """The unit of times, and the video; a folder of pictures is none that ELAN plays."""
    header = XML.SubElement(document, "HEADER", MEDIA_FILE="", TIME_UNITS="milliseconds")
    if PurePath(video).suffix:
        kind, place = mimetypes.guess_type(video)[0] or "video/*", f"./{quote(video)}"
        XML.SubElement(header, "MEDIA_DESCRIPTOR", MEDIA_URL=place, MIME_TYPE=kind, RELATIVE_MEDIA_URL=place)


SEGMENT_FILES: dict[str, Callable[[FilmSegments], str]] = {".csv": segments_as_csv, ".json": segments_as_json, ".eaf": segments_as_eaf}


def choose_format(path: Path, formats: dict[str, Callable[[Any], str]]) -> Callable[[Any], str]:
    """By the ending of the name. Raises ValueError for an ending that has no format."""
    if path.suffix.lower() not in formats:
        raise ValueError(f"{path.name} must end in {' or '.join(formats)}, which says how it is written")
    return formats[path.suffix.lower()]


def write_film_files(explorer: Explorer, video: Path, config: LookConfig, scores: Path | None = None, segments: Path | None = None) -> None:
    """The scores of a whole video, and its segments by class, each into a file, if one is given, in the format of its ending.

    Raises ValueError for another ending, before anything is read, and what `score_film` raises.
    """
    wanted = [(scores, SCORE_FILES, lambda film: film), (segments, SEGMENT_FILES, find_segments)]
    files = [(path, choose_format(path, formats), make) for path, formats, make in wanted if path]
    film = score_film(explorer, video, config)
    for path, as_text, make in files:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, as_text(make(film)).encode())
