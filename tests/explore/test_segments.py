"""The laws of segments: they cover the film, none is too short, no other way to cut it is better, and borders lie where motions change."""

from itertools import combinations, pairwise, product

import numpy as np
import pytest

import workbench as wb
from workbench.data.alphabet.open_set import ELSE, UNCLEAR
from workbench.explore.film import FilmScores, score_film
from workbench.explore.segments import FilmSegments, Segment, SegmentConfig, best_cuts, find_segments

LABELS = ("left", "right", UNCLEAR, ELSE)


def film_of(*classes: str, seconds: float = 1.0) -> FilmScores:
    """Windows that are sure of a class each, a quarter of a second apart."""
    scores = np.array([[0.97 if label == each else 0.01 for label in LABELS] for each in classes])
    times = seconds / 2 + 0.25 * np.arange(len(classes))
    return FilmScores("net", "film.mp4", LABELS, float(times[-1] + seconds / 2), seconds, times, scores)


def names(film: FilmScores, **config: float) -> list[str]:
    return [segment.label for segment in find_segments(film, SegmentConfig(**config)).segments]


# A row of motions, of which each keeps what moves in the picture.
COURSE, SECONDS, FPS = ("camera left", "clockwise", "camera right", "closer", "orbit"), 4, 8


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory, explorer: wb.Explorer) -> FilmScores:
    """A generated film: `COURSE`, four seconds of each."""
    options = {"size": 128, "num_frames": SECONDS * FPS, "speed": (4.0, 4.0), "camouflage": 0.0, "seed": 3}
    clips = wb.MotionAlphabet("test", length=36, **options)
    frames = np.concatenate([clips[18 + clips.labels.index(name)].frames for name in COURSE])
    path = tmp_path_factory.mktemp("course") / "course.mp4"
    wb.write_video(path, frames, FPS)
    return score_film(explorer, path)


def test_the_motions_of_a_film_are_found_in_order(course):
    assert names(course) == list(COURSE)


def test_borders_lie_within_a_window_of_where_the_motion_changes(course):
    ends = [segment.end for segment in find_segments(course).segments]
    assert np.abs(np.array(ends) - SECONDS * np.arange(1, len(COURSE) + 1)).max() < course.seconds


def test_segments_cover_the_film(course):
    segments = find_segments(course).segments
    assert (segments[0].start, segments[-1].end) == (0, course.duration)
    assert all(first.end == second.start for first, second in pairwise(segments))


def test_the_probability_is_the_mean_over_the_windows_of_the_segment(course):
    segment = find_segments(course).segments[1]
    inside = (course.times > segment.start) & (course.times < segment.end)
    assert segment.probability == pytest.approx(course.scores[inside, course.labels.index(segment.label)].mean())


def test_a_class_that_wins_a_window_is_no_segment():
    film = film_of(*["left"] * 9, "right", *["left"] * 9)
    assert names(film) == ["left"]
    assert names(film, shortest=0.2) == ["left", "right", "left"]


@pytest.mark.parametrize("label", [ELSE, UNCLEAR])
def test_windows_across_a_cut_are_no_segment(label):
    """Four windows of a second, a quarter apart, see both motions: the border is in the middle."""
    first, second = find_segments(film_of(*["left"] * 8, *[label] * 4, *["right"] * 8)).segments
    assert (first.label, second.label) == ("left", "right")
    assert first.end == pytest.approx((film_of(*["left"] * 20).duration) / 2)


def test_what_is_no_motion_for_longer_is_a_segment():
    assert names(film_of(*["left"] * 8, *[ELSE] * 8, *["right"] * 8)) == ["left", ELSE, "right"]


def test_where_no_class_is_probable_there_is_no_clear_motion():
    film = film_of(*["left"] * 10)
    film.scores[:] = 0.25
    assert names(film) == [UNCLEAR]
    assert names(film, least=0.0) != [UNCLEAR]


def test_a_network_without_that_class_has_it_too():
    film = film_of(*["left"] * 10)
    two = FilmScores("net", "film.mp4", LABELS[:2], film.duration, 1.0, film.times, np.full((10, 2), 0.3))
    [segment] = find_segments(two).segments
    assert (segment.label, segment.probability) == (UNCLEAR, None)


def test_no_other_cuts_are_better():
    """Every way to cut eight windows into pieces of at least two, with whatever classes."""
    worth = np.random.default_rng(0).random((8, 3))
    edges = np.arange(9.0)

    def total(cuts: list[int]) -> float:
        return sum(worth[first:last].sum(axis=0).max() for first, last in pairwise(cuts))

    every = [[0, *inner, 8] for count in range(4) for inner in combinations(range(1, 8), count)]
    allowed = [cuts for cuts in every if np.diff(cuts).min() >= 2]
    assert len(allowed) > 10
    assert total(best_cuts(worth, edges, 2.0)) == pytest.approx(max(map(total, allowed)))


def test_no_piece_is_too_short():
    worth = np.random.default_rng(1).random((40, 5))
    for shortest, count in product((1.0, 3.0, 7.5), (1, 8, 40)):
        cuts = best_cuts(worth[:count], np.arange(count + 1.0), min(shortest, float(count)))
        assert (cuts[0], cuts[-1]) == (0, count)
        assert np.diff(cuts).min() >= min(shortest, count)


@pytest.mark.parametrize(
    ("segments", "words"),
    [
        ([Segment(0, 1, " ")], "name of segment 1"),
        ([Segment(0, 1, "a\nb")], "name of segment 1"),
        ([Segment(0, 1, "a"), Segment(0.5, 2, "b")], "segment 2 must lie between 1.000 s"),
        ([Segment(0, 9, "a")], "the end of the film, 4.000 s"),
        ([Segment(2, 2, "a")], "got 2.000 to 2.000 s"),
        ([Segment(float("nan"), 2, "a")], "segment 1 must lie"),
    ],
)
def test_what_is_no_segment_is_refused(segments, words):
    with pytest.raises(ValueError, match=words):
        FilmSegments("film.mp4", "net", 4.0, LABELS, tuple(segments))


def test_a_setting_out_of_range_is_refused():
    with pytest.raises(ValueError, match="shortest"):
        SegmentConfig(shortest=0)
