"""The laws of what is looked at first: where most moves, in a video, in its pairs and in their cells."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import workbench as wb
from workbench.explore import highlights
from workbench.explore.config import LookConfig
from workbench.explore.highlights import (
    choose_liveliest,
    find_livelier_start,
    find_liveliest_cell,
    find_liveliest_pair,
    measure_change,
    visible_motion,
)
from workbench.explore.whole_video import WholeVideo

FPS = 24


def film(path: Path, moving: slice, brighter: slice | None = None) -> Path:
    """Four seconds in which a texture stands still, but in a stretch goes 2 pixels a frame; in another it becomes lighter and darker."""
    texture = np.random.default_rng(3).integers(40, 180, (64, 96, 1)).repeat(3, 2)
    place, frames = 0, []
    for number in range(4 * FPS):
        place += 2 * (number in range(4 * FPS)[moving])
        light = 30 * (number % 2) if brighter is not None and number in range(4 * FPS)[brighter] else 0
        frames.append(np.roll(texture, place, axis=1) + light)
    wb.write_video(path, np.stack(frames).astype(np.uint8), FPS)
    return path


@pytest.fixture(scope="module")
def explorer() -> wb.Explorer:
    return wb.Explorer.load()


@pytest.mark.parametrize("second", [0, 1, 2.5, 3])
def test_a_video_is_looked_at_where_it_moves(explorer, tmp_path, second):
    """The window is half a window or less from the second in which something moves."""
    path = film(tmp_path / "film.mp4", slice(int(second * FPS), int((second + 1) * FPS)))
    assert choose_liveliest(explorer, path, LookConfig()).start == pytest.approx(second, abs=0.5)


def test_what_becomes_lighter_does_not_move(explorer, tmp_path):
    path = film(tmp_path / "film.mp4", slice(3 * FPS, None), brighter=slice(0, FPS))
    assert choose_liveliest(explorer, path, LookConfig()).start == pytest.approx(3, abs=0.5)


def test_a_cut_is_no_motion(explorer, tmp_path):
    """What moves slowly in the last second is looked at, not the cut to another picture in the first, which is the greatest change."""
    path = film(tmp_path / "film.mp4", slice(3 * FPS, None))
    frames = wb.read_video(path).frames
    frames[: FPS // 2] = 255 - frames[: FPS // 2]
    wb.write_video(tmp_path / "cut.mp4", frames, FPS)
    assert measure_change(frames).argmax() == FPS // 2 - 1
    assert choose_liveliest(explorer, tmp_path / "cut.mp4", LookConfig()).start == pytest.approx(3, abs=0.5)


@pytest.mark.parametrize("wish", [{"start": 0.5}, {"seconds": 1.0}, {"stride": 2}])
def test_a_wish_is_kept(explorer, camouflage, wish):
    config = LookConfig(**wish)
    assert choose_liveliest(explorer, Path(camouflage), config) is config


def test_a_video_too_large_to_be_read_as_a_whole_is_looked_at_in_its_middle(explorer, camouflage, monkeypatch):
    monkeypatch.setattr(highlights, "MOST_PIXELS_READ", 10_000)
    assert choose_liveliest(explorer, Path(camouflage), LookConfig()).start is None


def test_what_cannot_be_read_as_a_whole_is_looked_at_in_its_middle(explorer, camouflage, monkeypatch):
    """The look itself says what is wrong, where it is."""

    def fail(*_):
        raise wb.VideoError("damaged")

    monkeypatch.setattr(highlights, "read_moments", fail)
    highlights.find_liveliest_start.cache_clear()
    assert choose_liveliest(explorer, Path(camouflage), LookConfig()).start is None


def test_another_file_of_the_same_name_is_looked_at_anew(explorer, tmp_path):
    first = choose_liveliest(explorer, film(tmp_path / "film.mp4", slice(0, FPS)), LookConfig()).start
    assert choose_liveliest(explorer, film(tmp_path / "film.mp4", slice(3 * FPS, None)), LookConfig()).start > first + 2


def moving_in(exploration: wb.Exploration, pair: int, cell: tuple[int, int]) -> wb.Exploration:
    """The same, but nothing moves except for the cells around one, in one pair."""
    changed = replace(exploration)
    displacement = np.zeros_like(exploration.displacement)
    displacement[pair, 0, cell[0] - 1 : cell[0] + 2, cell[1] - 1 : cell[1] + 2] = 9.0
    vars(changed).update(displacement=displacement, probability=np.ones_like(exploration.probability))
    return changed


@pytest.mark.parametrize(("pair", "cell"), [(0, (4, 5)), (3, (9, 2)), (6, (20, 30))])
def test_first_is_what_moves_most(exploration, pair, cell):
    changed = moving_in(exploration, pair, cell)
    assert find_liveliest_pair(changed) == pair
    assert find_liveliest_cell(changed, pair) == cell


def test_what_cannot_be_believed_counts_for_nothing(exploration):
    changed = moving_in(exploration, 2, (5, 5))
    vars(changed)["probability"] = np.zeros_like(exploration.probability)
    assert visible_motion(changed).max() == 0


def test_without_matches_the_first_pair_is_shown(exploration):
    alone = replace(exploration, correspondences=None)
    assert find_liveliest_pair(alone) == 0
    with pytest.raises(ValueError, match="choose a layer"):
        visible_motion(alone)


def scanned(exploration: wb.Exploration, change: list[float]) -> wb.Exploration:
    """The same in a video of which each second has a window, and so much moves in it."""
    count = len(change)
    whole = WholeVideo(np.arange(count) + 0.5, np.zeros((count, len(exploration.labels))), np.array(change, float), exploration.crops[:0])
    return replace(exploration, span=(1.0, 1.0), whole_video=whole)


def test_another_stretch_is_proposed_where_clearly_more_moves(exploration):
    assert find_livelier_start(scanned(exploration, [1, 1, 1, 9, 1])) == 3.0


@pytest.mark.parametrize("change", [[1, 9, 1, 1, 1], [1, 1, 1, 1.4, 1], [0, 0, 0, 0, 0]])
def test_none_is_where_about_as_much_moves_here(exploration, change):
    assert find_livelier_start(scanned(exploration, change)) is None


def test_the_scan_measures_how_much_moves(explorer, tmp_path):
    """In the window that is all motion more than in the one that is none, and the page may propose it."""
    path = film(tmp_path / "film.mp4", slice(3 * FPS, None))
    exploration = explorer.look(path, start=0.0)
    assert exploration.whole_video.change[0] < 0.1 * exploration.whole_video.change[-1]
    assert find_livelier_start(exploration) == pytest.approx(3, abs=0.5)
