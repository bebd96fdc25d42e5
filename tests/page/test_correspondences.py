"""The laws of what is shown of a pair."""

import re

import numpy as np
import pytest

import workbench as wb
from workbench.explore.tracks import follow_points
from workbench.page.correspondences import (
    MOST_TRACKS,
    correspondences_section,
    first_selection,
    select_at,
    select_next,
    tracks_of,
    trust_section,
)
from workbench.page.tab import Selection

NASA = next(sample.path for sample in wb.sample_videos() if sample.name == "nasa")


@pytest.fixture(scope="module")
def exploration(explorer) -> wb.Exploration:
    return explorer.look(NASA)


def test_a_click_chooses_the_cell_under_it(exploration):
    """Shares of the picture, whose legend hangs below the frame, lead to the cell whose middle lies there; its point is followed."""
    rows, columns = exploration.correspondences.grid
    whole = 270 / (270 + 30)  # a frame 480 pixels wide over a legend of two lines of 15
    for cell in ((0, 0), (rows - 1, columns - 1), (7, 30)):
        x, y = (cell[1] + 0.5) / columns, (cell[0] + 0.5) / rows * whole
        selection = select_at(exploration, Selection(2), x, y)
        assert selection.cell == cell and selection.pair == 2
        assert selection.points == ((2, pytest.approx(320 * x), pytest.approx(180 * y / whole)),)


def test_a_click_on_the_legend_counts_for_the_lowest_row(exploration):
    assert select_at(exploration, Selection(), 0.5, 0.999).cell[0] == exploration.correspondences.grid[0] - 1


def test_only_the_last_points_are_followed(exploration):
    selection = Selection()
    for number in range(MOST_TRACKS + 3):
        selection = select_at(exploration, selection, number / 20, 0.3)
    assert len(selection.points) == MOST_TRACKS and selection.points[-1][1] == pytest.approx(320 * (MOST_TRACKS + 2) / 20)


def test_steps_end_at_the_rim(exploration):
    columns = exploration.correspondences.grid[1]
    assert select_next(exploration, Selection(0, (3, 4)), -1, 1).cell == (2, 5)
    assert select_next(exploration, Selection(0, (0, columns - 1)), -1, 1).cell == (0, columns - 1)


def test_tracks_keep_their_numbers_whatever_the_frame_they_began_in(exploration):
    """Points of several frames, in the order of the clicks, have each the track that it has alone."""
    points = ((5, 100.0, 90.0), (0, 40.0, 50.0), (5, 200.0, 60.0), (2, 300.0, 170.0))
    size = exploration.frames.shape[1:3]
    together = tracks_of(exploration.correspondences, Selection(3, (0, 0), points), size)
    for number, (frame, x, y) in enumerate(points):
        alone = follow_points(exploration.correspondences, [(x, y)], frame, size)
        np.testing.assert_array_equal(together.points[:, number], alone.points[:, 0])
        np.testing.assert_array_equal(together.consistent[:, number], alone.consistent[:, 0])


def test_every_picture_has_a_name_and_words(exploration):
    """The plates that the page and its tests ask for by name, each with alternative text that says more than its title."""
    shown = correspondences_section(exploration, first_selection(exploration, Selection())) + trust_section(exploration, 0)
    names = re.findall(r'<figure class="plate" id="([^"]+)"', shown)
    matches, trust = names[:6], names[6:]
    assert matches == ["source", "target", "overlay", "displacement", "arrows", "tracks"]
    assert trust == ["probability", "consistency", "reasons", "confidence"]
    texts = re.findall(r'<img src="data:image/[^"]+" alt="([^"]+)"', shown)
    assert len(texts) == len(names) and all("nothing moves" in text or any(letter.isdigit() for letter in text) for text in texts)


def test_a_network_without_the_module_is_told_how_it_can_be_read():
    tsm = wb.Explorer.load("tsm-tiny").look(NASA)
    assert "Choose a layer" in correspondences_section(tsm, first_selection(tsm, Selection())) and trust_section(tsm, 0) == ""
