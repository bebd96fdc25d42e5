"""The laws of the timeline: everything on it stands where it is in the video."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from elements import Element, percents, pixels, read

import workbench as wb
from workbench.page.predictions import LINES, SHORTEST, timeline
from workbench.text import percent

CLIPS = Path(__file__).parent.parent / "clips"


def left(part: Element, duration: float) -> float:
    """The second at which an element stands, to the hundredth of a percent that is written."""
    (share,) = percents(part.attributes["style"])
    return share / 100 * duration


def drawn(exploration: wb.Exploration, pair: int = 0) -> Element:
    (line,) = read(timeline(exploration, pair)).all(kind="timeline")
    return line


def lines(whole: Element) -> list[np.ndarray]:
    """Their points `n 2`, x and y, in units of the chart."""
    parts = [part.attributes["points"].split() for part in whole.all("polyline")]
    return [np.array([point.split(",") for point in part], float) for part in parts]


@pytest.fixture(
    scope="module", params=[{}, {"start": 1.0, "seconds": 3.0}, {"start": 12.0, "frames": 5}, {"start": 0.5, "stride": 8}], ids=str
)
def look(request, networks, nasa) -> wb.Exploration:
    return networks.look(nasa, **request.param)


def test_handles_stand_at_the_ends_of_the_clip(look):
    """For the eye, for a screen reader and for the script that moves them alike."""
    line, duration = drawn(look), look.info.duration
    ends = [look.span[0], sum(look.span)]
    assert [share * duration / 100 for share in percents(line.attributes["style"])] == pytest.approx(ends, abs=1e-4 * duration)
    assert [float(line.attributes[name]) for name in ("data-start", "data-end")] == pytest.approx(ends)
    handles = line.all(kind="handle")
    assert [handle.attributes["data-end"] for handle in handles] == ["start", "end"]
    for handle, end in zip(handles, ends, strict=True):
        assert handle.attributes["role"] == "slider" and handle.attributes["tabindex"] == "0"
        now, most = (float(handle.attributes[f"aria-value{name}"]) for name in ("now", "max"))
        assert now == pytest.approx(end, abs=0.005) and most == pytest.approx(duration, abs=0.005)
        assert handle.words == handle.attributes["aria-valuetext"] == f"{now:.2f} s"


def test_ticks_stand_at_the_times_of_the_frames_seen(look):
    """Those of source and target are marked, and no other."""
    line, duration = drawn(look, 2).all(kind="strip")[0], look.info.duration
    assert [left(tick, duration) for tick in line.all(kind="tick")] == pytest.approx(look.times, abs=1e-4 * duration)
    assert [left(tick, duration) for tick in line.all(kind="now")] == pytest.approx(look.times[2:4], abs=1e-4 * duration)


def test_the_moment_lies_between_source_and_target(look):
    for pair in range(len(look.times) - 1):
        (moment,) = drawn(look, pair).all(kind="moment")
        middle = sum(look.times[pair : pair + 2]) / 2
        assert left(moment, look.info.duration) == pytest.approx(middle, abs=1e-4 * look.info.duration)
        assert moment.attributes["title"] == f"{middle:.2f} s"


def test_lines_are_the_scores_over_time(look):
    """Of the classes that reach highest, in that order: a point for each window, within the chart, as high as its score."""
    whole, order = drawn(look), np.argsort(-look.scores.max(axis=0), kind="stable")[:LINES]
    curves = lines(whole)
    assert len(curves) == LINES and len({tuple(part.attributes.items()) for part in whole.all("polyline")}) == LINES
    for label, points in zip(order, curves, strict=True):
        assert len(points) == len(look.score_times) and points.min() >= 0 and (points.max(axis=0) <= (1000, 100)).all()
        np.testing.assert_allclose(points[:, 0] / 1000 * look.info.duration, look.score_times, atol=1e-4 * look.info.duration)
        np.testing.assert_allclose(1 - points[:, 1] / 100, look.scores[:, label], atol=5.1e-4)
    names = [part.words for part in whole.all("li")]
    assert names == [*(look.labels[label] for label in order), "frame seen", "pair shown"]


def test_the_class_that_is_named_has_a_line(exploration):
    """Also where others reach higher elsewhere in the video."""
    lowest = int(exploration.scores.max(axis=0)[:18].argmin())
    named = replace(exploration, probabilities=np.eye(len(exploration.labels))[lowest])
    assert exploration.labels[lowest] in [part.words for part in drawn(named).all("li")]
    assert len(lines(drawn(named))) == LINES


def test_a_name_has_the_colour_and_the_dashes_of_its_line(exploration):
    """Two cues, of which no two lines share either."""
    whole = drawn(exploration)
    cues = [(part.attributes["stroke"], part.attributes["stroke-dasharray"]) for part in whole.all("polyline")]
    named = [part.all("path")[0] for part in whole.all("li")[:LINES]]
    assert [(path.attributes["stroke"], path.attributes["stroke-dasharray"]) for path in named] == cues
    assert len({colour for colour, _ in cues}) == len({dashes for _, dashes in cues}) == LINES


def test_the_lines_are_told_in_words(exploration):
    (chart,) = [part for part in drawn(exploration).all("svg") if part.attributes.get("role") == "img"]
    best = int(exploration.scores.max(axis=0).argmax())
    assert f": {exploration.labels[best]} reaches {percent(float(exploration.scores[:, best].max()))}; " in chart.attributes["aria-label"]


def test_the_film_is_the_whole_video(exploration):
    """The thumbnails in order, as pictures that a screen reader passes over in one sentence."""
    (film,) = drawn(exploration).all(kind="film")
    pictures = [pixels(part.attributes["src"]) for part in film.all("img")]
    assert film.attributes["role"] == "img" and "13.0 s" in film.attributes["aria-label"]
    for picture, thumbnail in zip(pictures, exploration.whole_video.thumbnails, strict=True):
        assert np.abs(picture.astype(int) - thumbnail).mean() < 6


def test_a_video_of_one_frame_has_a_line(networks):
    """As long as the shortest range, between whose handles it lies; each class has one score, drawn as wide as the frame lasts."""
    one = networks.look(str(CLIPS / "one_frame.mp4"))
    line = drawn(one)
    assert percents(line.attributes["style"]) == [0, 100] and float(line.attributes["data-duration"]) == SHORTEST
    assert [percents(tick.attributes["style"]) for tick in line.all(kind="strip")[0].all(kind="tick")] == [[0.0]] * len(one.times)
    for points in lines(line):
        np.testing.assert_allclose(points[:, 0] / 1000 * SHORTEST, [0, one.info.duration], atol=1e-4)
        assert points[0, 1] == points[1, 1] and 0 <= points[0, 1] <= 100


def test_a_clip_at_the_very_end_stays_in_the_video(networks, nasa):
    """However short it is: no handle leaves the strip."""
    end = drawn(networks.look(nasa, start=12.97))
    assert percents(end.attributes["style"])[1] == 100
    assert float(end.attributes["data-end"]) == float(end.attributes["data-duration"]) == pytest.approx(13, abs=0.05)


def test_a_short_clip_leaves_room_between_the_handles(networks, nasa):
    line = drawn(networks.look(nasa, start=3.0, seconds=0.01))
    assert float(line.attributes["data-end"]) - float(line.attributes["data-start"]) == pytest.approx(SHORTEST)


def test_a_label_is_words(exploration):
    """Whatever a checkpoint calls its classes, the timeline has the same elements."""
    evil = replace(exploration, labels=tuple(f"""{label}"><script>alert('x')</script>""" for label in exploration.labels))
    assert drawn(evil).structure == drawn(exploration).structure and "still\"><script>alert('x')</script>" in drawn(evil).words


def test_the_livelier_stretch_is_a_button(networks, nasa):
    """Which says from which second on, as does what it asks for."""
    [button] = drawn(networks.look(nasa, start=1.0)).all("button")
    start = float(button.attributes["data-start"])
    assert f"{start:.2f} s" in button.words
    assert not drawn(networks.look(nasa, start=start)).all("button")
