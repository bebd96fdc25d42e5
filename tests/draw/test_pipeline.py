"""The laws of the pictures of the way through the network: what is bright is where the numbers are."""

import numpy as np
import pytest

from workbench.draw.pipeline import STEP_PICTURES, STEP_WIDTH, draw_cell_map, draw_correlation_over, draw_pipeline_step
from workbench.draw.style import values_to_colour
from workbench.explore.matching import match_cell
from workbench.explore.pipeline import CellTrace, trace_pipeline

GREY = np.full((160, 160, 3), 128, np.uint8)


@pytest.fixture(scope="module")
def at(networks, exploration) -> CellTrace:
    return CellTrace(trace_pipeline(networks.explorer(exploration.network), exploration), 2, (9, 4))


@pytest.mark.parametrize("step", STEP_PICTURES)
def test_every_step_has_pictures_with_words(exploration, at, step):
    """Each is a picture of its own, has words for those who cannot see it, and stands on the sheet of a notebook."""
    pictures = STEP_PICTURES[step](exploration, at)
    assert len({picture.name for picture in pictures}) == len(pictures) >= 2
    assert all(picture.alt and picture.title for picture in pictures)
    sheet = draw_pipeline_step(exploration, at, step)
    assert sheet.dtype == np.uint8 and sheet.shape[1] >= sum(picture.pixels.shape[1] for picture in pictures)


def test_a_step_that_is_none_is_named(exploration, at):
    with pytest.raises(ValueError, match=r"step must be one of frames, .*'answers'"):
        draw_pipeline_step(exploration, at, "answers")


@pytest.mark.parametrize("offset", [(2, -1), (-2, 0), (1, 2)])
def test_the_correlation_lies_over_the_cell_it_is_of(offset):
    """One offset alone is alike: over the target its cell alone has the brightest colour, away from the outlines of cell and peak."""
    (dy, dx), cell, grid, width = offset, (3, 4), (8, 8), 320
    surface = np.zeros((5, 5), np.float32)
    surface[dy + 2, dx + 2] = 1
    picture = draw_correlation_over(GREY, match_cell(surface, None, 1.0, 0.1), cell, grid, "", width).astype(int)
    tiles = picture[:width].reshape(8, 40, 8, 40, 3)[:, 12:28, :, 12:28]  # the middle of each cell
    brightness = tiles.mean(axis=(1, 3)) @ [1, 1, -1]  # cividis goes from blue to yellow
    assert np.unravel_index(brightness.argmax(), grid) == (cell[0] + dy, cell[1] + dx)
    window = np.zeros(grid, bool)
    window[1:6, 2:7] = True
    coloured = (tiles.max(axis=-1) - tiles.min(axis=-1)).mean(axis=(1, 3)) > 5
    assert np.array_equal(coloured, window)  # outside the window the frame stays grey


def test_a_window_beyond_the_frame_is_cut_off():
    """At a corner the part of the window inside the frame is there, and nothing breaks."""
    picture = draw_correlation_over(GREY, match_cell(np.ones((5, 5), np.float32), None, 1.0, 0.1), (0, 7), (8, 8), "", 320)
    assert picture.shape[1] == 320


def test_a_map_has_two_colours_where_it_has_two_signs():
    """Below zero purple, above orange, zero white; a map without negative values is on the scale of heat maps."""
    values = np.array([[-1.0, 0.0], [0.0, 1.0]])
    picture = draw_cell_map(values, (0, 1), (-1, 1), "x", ("-1", "1"), 200).astype(int)
    below, above, zero = picture[20, 20], picture[170, 170], picture[170, 20]
    assert below[2] > below[1] and above[0] > above[2] and zero.min() > 240
    plain = draw_cell_map(np.abs(values), (0, 1), (0, 1), "x", ("0", "1"), 200)
    assert np.array_equal(plain[170, 170], values_to_colour(np.array([[1.0]]), 0, 1)[0, 0])


def test_pictures_that_take_clicks_are_of_the_source(exploration, at):
    """Their upper part is a square as wide as the picture: what the browser takes a click for."""
    picks = [picture for draw in STEP_PICTURES.values() for picture in draw(exploration, at) if picture.picks]
    assert [picture.title for picture in picks] == ["Source"] * 2
    assert all(picture.pixels.shape[1] == STEP_WIDTH < picture.pixels.shape[0] for picture in picks)
