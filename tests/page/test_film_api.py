"""The laws of the endpoints that take long: what they answer is what the package finds, and they tell how far they are."""

import csv
import json
from pathlib import Path
from xml.etree import ElementTree as XML

import pytest

import workbench as wb
from workbench.explore.annotations import segments_as_facts
from workbench.explore.export import film_as_facts
from workbench.explore.film import score_film
from workbench.explore.segments import SegmentConfig, find_segments
from workbench.page.download import Stopped
from workbench.page.film_api import MOST_VIDEOS, FilmApi

CLIPS = Path(__file__).parents[1] / "clips"


@pytest.fixture(scope="module")
def api(networks) -> FilmApi:
    return FilmApi(networks)


@pytest.fixture(autouse=True)
def own_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))


def ignore(share: float) -> None:
    """Nobody asks how far it is."""


def test_scores_are_those_of_the_package(api, explorer, camouflage):
    facts = api.scores(ignore, camouflage, "", {"seconds": 1.5})
    assert facts == film_as_facts(score_film(explorer, camouflage, wb.LookConfig(seconds=1.5)))
    assert json.loads(json.dumps(facts, allow_nan=False))["schema"] == 1


def test_segments_are_those_of_the_package(api, explorer, camouflage):
    film = score_film(explorer, camouflage)
    assert api.segments(ignore, camouflage, "", {}, {"shortest": 2.0}) == segments_as_facts(
        find_segments(film, SegmentConfig(shortest=2.0))
    )


@pytest.mark.parametrize(("ending", "read"), [("eaf", XML.parse), (".csv", csv.reader), ("json", json.load), (None, XML.parse)])
def test_segments_come_as_a_file_of_the_ending(api, camouflage, ending, read):
    path = Path(api.segments_file(ignore, camouflage, "", {}, {}, ending))
    assert path.suffix.lstrip(".") == (ending or "eaf").lstrip(".")
    with open(path) as file:
        assert read(file)


def test_many_videos_are_answered_in_order_and_one_that_is_none_by_a_sentence(api, networks, camouflage):
    shares = []
    answers = api.predict_many(shares.append, [camouflage, str(CLIPS / "text.mp4"), camouflage], "", {"start": 0.0})
    assert [answer["video"]["name"] for answer in answers] == ["camouflage.mp4", "text.mp4", "camouflage.mp4"]
    assert answers[0] == answers[2]
    assert answers[0]["predictions"][0]["label"] == networks.look_at_span(camouflage, start=0.0).top(1)[0][0]
    assert "no known video format" in answers[1]["error"]
    assert shares == [0, 1 / 3, 2 / 3]


def test_the_annotated_video_shows_the_span(api, camouflage):
    info = wb.probe_video(api.annotated(ignore, camouflage, "", {"start": 1.0, "seconds": 1.0}))
    assert info.duration == pytest.approx(1.0, abs=0.15)


def test_what_is_stopped_leaves_no_file(api, camouflage, tmp_path):
    def stop(share: float) -> None:
        raise Stopped

    with pytest.raises(Stopped):
        api.annotated(stop, camouflage)
    assert list(tmp_path.iterdir()) == []


def test_the_report_is_a_page_on_the_video(api, camouflage):
    html = Path(api.report(ignore, camouflage, "", {"start": 1.0})).read_text(encoding="utf-8")
    assert "camouflage.mp4" in html
    assert "Why this arrow?" in html
    assert "What if?" in html


@pytest.mark.parametrize(
    ("question", "words"),
    [
        (lambda api, video: api.scores(ignore, "nowhere.mp4"), "nowhere.mp4 is no longer here"),
        (lambda api, video: api.scores(ignore, ""), "no video was given"),
        (lambda api, video: api.segments(ignore, video, "", {}, {"shortst": 1}), "did you mean 'shortest'"),
        (lambda api, video: api.segments(ignore, video, "", {}, {"least": 2}), "least must be 0 to 1, got 2"),
        (lambda api, video: api.segments(ignore, video, "", {}, [1]), "cut are names with values"),
        (lambda api, video: api.segments_file(ignore, video, "", {}, {}, "doc"), "segments.doc must end in"),
        (lambda api, video: api.predict_many(ignore, []), "give 1 to 100 videos, got 0"),
        (lambda api, video: api.predict_many(ignore, [video] * (MOST_VIDEOS + 1)), "got 101"),
        (lambda api, video: api.predict_many(ignore, [video], "nope"), "no checkpoint 'nope'"),
        (lambda api, video: api.predict_many(ignore, [video], "", {"strat": 1}), "'strat'"),
        (lambda api, video: api.annotated(ignore, video, "", {"start": 99.0}), "start within"),
    ],
)
def test_what_cannot_be_is_a_sentence(api, camouflage, question, words):
    with pytest.raises(ValueError, match=words):
        question(api, camouflage)
