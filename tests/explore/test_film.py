"""The laws of the scores of a whole film: each window is a look of its own, however many are read at once."""

from dataclasses import replace

import numpy as np
import pytest

import workbench as wb
from workbench.explore import film as film_module
from workbench.explore.film import BYTES_READ_AT_ONCE, MOST_SCORED, FilmScores, score_film, windows_read_at_once
from workbench.explore.whole_video import HOPS, MOST_WINDOWS, scan_video, window_starts
from workbench.video.read import MAX_FRAMES
from workbench.video.uploads import VideoLimits


@pytest.fixture(scope="module")
def film(explorer: wb.Explorer, camouflage: str) -> FilmScores:
    return score_film(explorer, camouflage)


def test_windows_lie_from_end_to_end(film, camouflage):
    info = wb.probe_video(camouflage)
    assert film.times[0] == pytest.approx(film.seconds / 2)
    assert film.times[-1] == pytest.approx(info.duration - film.seconds / 2)
    assert np.diff(film.times).max() <= film.seconds / HOPS + 1e-9


def test_a_window_scores_what_a_look_at_it_says(film, explorer, camouflage):
    """But for the rounding of frames that are made smaller in one step, not in two."""
    for number in (0, 7, len(film.times) - 1):
        exploration = explorer.look_at_span(camouflage, start=float(film.times[number]) - film.seconds / 2, seconds=film.seconds)
        assert np.abs(film.scores[number] - exploration.probabilities).max() < 0.02


def test_the_scores_do_not_depend_on_how_many_are_read_or_classified_at_once(film, explorer, camouflage, monkeypatch):
    monkeypatch.setattr(film_module, "CLASSIFIED_AT_ONCE", 3)
    assert np.abs(score_film(explorer, camouflage).scores - film.scores).max() < 1e-5
    monkeypatch.setattr(film_module, "BYTES_READ_AT_ONCE", 1)
    assert np.abs(score_film(explorer, camouflage).scores - film.scores).max() < 1e-5


@pytest.mark.parametrize(("most", "reads"), [(10**8, 1), (1, 8)])
def test_a_film_is_read_in_as_few_parts_as_memory_allows(film, explorer, camouflage, monkeypatch, most, reads):
    """Each begins at a key frame, which may be that of the beginning; progress is told more often."""
    parts, shares, read = [], [], film_module.read_video
    monkeypatch.setattr(film_module, "CLASSIFIED_AT_ONCE", 3)
    monkeypatch.setattr(film_module, "BYTES_READ_AT_ONCE", most)
    monkeypatch.setattr(film_module, "read_video", lambda path, indices, **options: parts.append(indices) or read(path, indices, **options))
    score_film(explorer, camouflage, progress=shares.append)
    assert len(parts) == reads
    assert len(shares) == 1 + -(-len(film.times) // 3)


def test_what_is_read_at_once_fits_in_memory(camouflage):
    """Large frames in parts of few windows, which are classified together; small ones in parts of many. Frames are never made larger."""
    info = replace(wb.probe_video(camouflage), height=1080, width=1920)
    small, large = windows_read_at_once(info, 128, 8), windows_read_at_once(info, 720, 8)
    assert 24 < small == windows_read_at_once(replace(info, height=128, width=228), 999, 8)
    assert 3 * 8 * small * 128 * 228 <= BYTES_READ_AT_ONCE
    assert large == 24
    assert windows_read_at_once(info, 8, 8) * 8 <= MAX_FRAMES  # more are not read at once


def test_a_mirror_image_is_turned_back(film, explorer, camouflage):
    mirrored = score_film(explorer, camouflage, wb.LookConfig(mirrored=True))
    left, right = (film.labels.index(label) for label in ("left", "right"))
    assert film.scores[0, right] > 0.9
    assert mirrored.scores[0, left] > 0.9


def test_the_edges_are_halfway_between_windows(film):
    assert (film.edges[0], film.edges[-1]) == (0, film.duration)
    assert film.edges[1:-1] == pytest.approx((film.times[1:] + film.times[:-1]) / 2)


def test_a_long_film_has_no_more_windows_than_are_allowed():
    assert len(window_starts(100_000.0, 1.0, MOST_SCORED)) == MOST_SCORED
    assert window_starts(0.5, 1.0, MOST_SCORED).tolist() == [0.0]


def test_a_look_and_a_film_have_the_same_windows(explorer, camouflage):
    """Where the look may have as many; a last one that the rounding of a length would add is in neither."""
    config, info = wb.LookConfig(), wb.probe_video(camouflage)
    for seconds in (1.0, (info.duration / 3) * (1 - 1e-9)):
        film = score_film(explorer, camouflage, wb.LookConfig(seconds=seconds))
        scanned = scan_video(explorer, camouflage, config, info, seconds)
        assert len(film.times) < MOST_WINDOWS
        assert scanned.times == pytest.approx(film.times)


def test_progress_grows_to_the_whole_and_can_end_the_work(explorer, camouflage):
    shares = []
    score_film(explorer, camouflage, progress=shares.append)
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0, 1)

    def stop(share: float) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        score_film(explorer, camouflage, progress=stop)


def test_a_film_that_is_too_long_is_refused(explorer, camouflage):
    with pytest.raises(wb.VideoError, match="too long"):
        score_film(explorer, camouflage, limits=VideoLimits(minutes=0.01))
