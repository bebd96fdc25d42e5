"""Laws of the pictures of one cell's match."""

import math

import numpy as np
import pytest
from PIL import ImageColor

from workbench.draw import match as panels
from workbench.draw.style import ORANGE, SKY, VERMILLION, sequential_colours
from workbench.explore.matching import CellMatch, match_cell

GRID = (6, 8)
FRAME = np.full((60, 80, 3), 40, np.uint8)


def peaked(x: int, y: int, radius: int = 3, **knobs: float) -> CellMatch:
    """A match whose correlation is 0.2, but 1 at one offset."""
    window = np.full((2 * radius + 1, 2 * radius + 1), 0.2)
    window[radius + y, radius + x] = 1
    return match_cell(window, **knobs)


def centre_of(picture: np.ndarray, colour: str) -> tuple[float, float]:
    """Mean x and y of the pixels of one colour."""
    rows, columns = np.nonzero((picture == ImageColor.getrgb(colour)).all(axis=-1))
    assert len(rows), f"no pixel of {colour}"
    return float(columns.mean()), float(rows.mean())


def test_a_surface_shows_its_values_in_cividis_with_dy_downwards() -> None:
    """The colour in the middle of each offset's square is that of its value; the first row is the offset upmost."""
    values = np.linspace(0, 1, 49).reshape(7, 7)
    picture = panels.draw_surface(values, "", peaked(0, 0), width=400)
    size = panels.text_size(400)
    left, head, side = round(2.6 * size), 2 * size, 400 - round(2.6 * size) - 1
    for row, column in [(0, 0), (0, 6), (6, 0), (5, 2), (1, 4)]:
        y, x = head + (row + 0.5) * side / 7, left + (column + 0.5) * side / 7
        assert picture[int(y), int(x)].tolist() == sequential_colours()[round(255 * values[row, column])].tolist()


def test_the_mark_lies_on_the_expected_offset() -> None:
    """Nowhere is in the middle of the square, and a step to the right or down moves the dot by the width of an offset, in every panel."""
    for draw in (panels.draw_correlation, panels.draw_kernel, panels.draw_weights):
        pictures = [draw(peaked(x, y))[:340] for x, y in [(0, 0), (2, 0), (0, 1)]]  # without the legend
        (x, y), (right, level), (_, lower) = (centre_of(panel, VERMILLION) for panel in pictures)
        size = panels.text_size(panels.MATCH_WIDTH)
        left, head = round(2.6 * size), 2 * size
        side = panels.MATCH_WIDTH - left - 1
        step = side / 7
        assert x == pytest.approx(left + side / 2, abs=1.5)
        assert y == pytest.approx(head + side / 2, abs=1.5)
        assert right - x == pytest.approx(2 * step, abs=1.5)
        assert level == pytest.approx(y, abs=1)
        assert lower - y == pytest.approx(step, abs=1.5)


def test_correlations_of_two_cells_can_be_compared() -> None:
    """The scale is 0 to 1 whatever the greatest value; that of the weights follows the greatest, which has full colour."""
    low, high = (match_cell(np.full((5, 5), level), sigma=math.inf) for level in (0.3, 0.9))
    assert (panels.draw_correlation(low) != panels.draw_correlation(high)).any()
    flat = panels.draw_weights(low)
    assert (flat == sequential_colours()[255]).all(axis=-1).sum() > 50_000


@pytest.mark.parametrize("width", [120, 268, 400, 640])
@pytest.mark.parametrize("radius", [1, 4, 7])
def test_every_size_can_be_drawn(width: int, radius: int) -> None:
    """A panel is as wide as asked, whatever the window, the kind and the width; three stand in a row."""
    for sigma in (0.0, 2.0, math.inf):
        match = peaked(1, -1, radius, sigma=sigma)
        assert panels.draw_correlation(match, width).shape[1] == width
        assert panels.draw_surfaces(match, width).shape[1] == 3 * width + 24


def test_the_cell_and_its_window_are_outlined_where_they_are() -> None:
    """The outlines are centred on the chosen cell; the source shows the cell, the target the window around it."""
    cell, width = (2, 3), 320
    middle = (3.5 * width / 8, 2.5 * width / 8)
    source = panels.draw_source(FRAME, cell, GRID, width)[: panels.frame_height(FRAME, width)]
    target = panels.draw_target(FRAME, peaked(0, 0, 1), cell, GRID, width)[: panels.frame_height(FRAME, width)]
    assert centre_of(source, SKY) == pytest.approx(middle, abs=1)
    assert centre_of(target, ORANGE) == pytest.approx(middle, abs=1)
    for picture, colour, cells in [(source, SKY, 1), (target, ORANGE, 3)]:
        rows, _ = np.nonzero((picture == ImageColor.getrgb(colour)).all(axis=-1))
        assert rows.max() - rows.min() == pytest.approx(cells * width / 8, abs=4)


def test_the_arrow_goes_from_the_cell_to_where_its_content_went() -> None:
    """The arrow's light pixels lie between the middle of the cell and the middle of the cell that it matches."""
    width, match = 320, peaked(2, -1)
    picture = panels.draw_target(FRAME, match, (4, 3), GRID, width)[: panels.frame_height(FRAME, width)]
    rows, columns = np.nonzero((picture > 240).all(axis=-1))
    step = width / 8
    assert columns.min() == pytest.approx(3.5 * step, abs=3)
    assert columns.max() == pytest.approx(5.5 * step, abs=3)
    assert rows.max() == pytest.approx(4.5 * step, abs=3)
    assert rows.min() == pytest.approx(3.5 * step, abs=3)


def test_a_cell_beyond_the_grid_is_refused() -> None:
    """With the numbers of the grid and the cell."""
    for cell in [(6, 0), (0, 8), (-1, 0)]:
        with pytest.raises(ValueError, match="6 rows and 8 columns"):
            panels.draw_source(FRAME, cell, GRID)


def test_the_sheet_holds_all_and_changes_nothing() -> None:
    """Source, target and facts above three surfaces, all of one width; frames stay as they were."""
    frame, before = FRAME.copy(), FRAME.copy()
    sheet = panels.draw_match(frame, frame, peaked(1, 1), (0, 0), GRID, width=300)
    above = panels.draw_cell_on_frames(frame, frame, peaked(1, 1), (0, 0), GRID, width=300)
    assert sheet.dtype == np.uint8
    assert sheet.shape[1] == 3 * 300 + 24
    np.testing.assert_array_equal(sheet[: len(above), : above.shape[1]], above)
    np.testing.assert_array_equal(frame, before)
