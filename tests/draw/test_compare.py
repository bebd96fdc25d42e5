"""The laws of two displacements beside each other."""

from dataclasses import replace

import numpy as np
import pytest

import workbench as wb
from workbench.draw.compare import draw_agreement, draw_comparison, draw_field_with_titles, draw_flow_comparison
from workbench.draw.fields import draw_displacement, draw_frame
from workbench.draw.pair import colour_limit, draw_pair
from workbench.draw.style import sequential_colours
from workbench.explore.compare import Agreement, NetworkComparison, estimate_flow_on_grid

NASA = next(sample.path for sample in wb.sample_videos() if sample.name == "nasa")
SIZE = (60, 80)  # of a picture of 6 x 8 cells, 10 pixels each


@pytest.fixture(scope="module")
def exploration() -> wb.Exploration:
    """By a network that sees much move there, right or wrong."""
    return wb.Explorer.load("msnet-tiny").look(NASA)


@pytest.fixture(scope="module")
def cropped(exploration) -> NetworkComparison:
    """A reading beside itself with half the window: still cells stay, far ones change."""
    return NetworkComparison(exploration, replace(exploration, correspondences=exploration.correspondences.with_settings(radius=2)))


def agreement(difference: float, length: float, cell: float = 4.0) -> Agreement:
    """The same in all cells but the first column, where nothing moves."""
    apart, far = np.full((6, 8), difference), np.full((6, 8), length)
    apart[:, 0], far[:, 0] = 0, 0
    return Agreement(apart, far, cell)


def drawn(apart: Agreement, level: int = 100) -> np.ndarray:
    return draw_agreement(np.full((*SIZE, 3), level, np.uint8), apart, SIZE)


def test_both_have_one_scale(cropped: NetworkComparison) -> None:
    """A displacement that both found has one colour in either picture, though B's own scale would be another."""
    assert colour_limit(cropped.b) < 0.8 * colour_limit(cropped.a)
    pictures, size = draw_comparison(cropped, 0), (270, 480)
    a, b = cropped.a.displacement[0], cropped.b.displacement[0]
    rows, columns = np.nonzero((np.abs(a - b).max(axis=0) < 1e-3) & (np.linalg.norm(a, axis=0) > 4))
    assert len(rows) > 10
    y, x = (np.array([rows, columns]).T + 0.5).T * np.array(size)[:, None] / np.array(a.shape[1:])[:, None]
    one, two = (picture[y.astype(int), x.astype(int)].astype(int) for picture in (pictures.a, pictures.b))
    assert np.abs(one - two).max() <= 1
    assert (np.ptp(one, axis=1) > 20).all()


def test_the_scale_is_that_of_all_pictures_of_a(cropped: NetworkComparison) -> None:
    """A's field has the pixels that it has where it stands alone."""
    field = draw_pair(cropped.a, 0).displacement
    np.testing.assert_array_equal(draw_comparison(cropped, 0).a[1:269, 1:479], field[1:269, 1:479])


@pytest.mark.parametrize("width", [360, 480])
def test_pictures_are_as_wide_as_asked_and_fields_level(cropped: NetworkComparison, width: int) -> None:
    """So that they can stand in a row, or in a column on a phone."""
    for pictures in (draw_comparison(cropped, 3, width), draw_flow_comparison(cropped.a, 3, width)):
        sheets = (pictures.a, pictures.b, pictures.agreement)
        assert all(sheet.shape[1] == width and sheet.dtype == np.uint8 for sheet in sheets)
        assert pictures.a.shape == pictures.b.shape


def test_without_correspondences_the_frame_stands_there(exploration: wb.Exploration) -> None:
    """TSN beside MSNet: its source over the words that say why, and no agreement; of two such networks both are frames."""
    blind = replace(exploration, correspondences=None, network="tsn-tiny")
    pictures = draw_comparison(NetworkComparison(exploration, blind), 2)
    assert pictures.agreement is None
    frame = draw_frame(exploration.frames[2], (270, 480))
    np.testing.assert_array_equal(pictures.b[1:269, 1:479], frame[1:269, 1:479])
    both = draw_comparison(NetworkComparison(blind, blind), 0)
    assert both.agreement is None
    assert both.a.shape == both.b.shape


def test_less_than_a_cell_stays_pale() -> None:
    """Full colour is no less than a cell, as far as a match may be off: what jitters in a calm clip is no motion."""
    calm = wb.Explorer.load().look(NASA, estimate="refined")
    assert np.quantile(np.hypot(*calm.displacement.swapaxes(0, 1)), 0.99) < calm.correspondences.cell
    assert colour_limit(calm) == calm.correspondences.cell


def test_flow_is_drawn_where_it_was_measured(exploration: wb.Exploration) -> None:
    """Beside the network on the network's scale: the picture of the field itself."""
    expected = draw_displacement(estimate_flow_on_grid(exploration, 6), (270, 480), colour_limit(exploration))
    np.testing.assert_array_equal(draw_flow_comparison(exploration, 6).b[1:269, 1:479], expected[1:269, 1:479])


def test_what_exceeds_the_scale_is_said() -> None:
    """The legend changes where a displacement is longer than the limit, and only there."""
    short, long = np.full((2, 6, 8), 1.0, np.float32), np.full((2, 6, 8), 3.0, np.float32)
    legends = [draw_field_with_titles(field, (270, 480), 2.0, "A", "note")[270:] for field in (short, long, 0.5 * short)]
    assert (legends[0] != legends[1]).any()
    assert np.array_equal(legends[0], legends[2])


def test_the_middle_of_the_scale_is_one_cell() -> None:
    """0 in the first colour, one cell in the middle, two and more in the last; a block fills its cell."""
    for difference, level in ((0.0, 0), (4.0, 128), (8.0, 255), (99.0, 255)):
        picture = drawn(agreement(difference, 100.0))
        colours = np.unique(picture[1:59, 10:79].reshape(-1, 3), axis=0)
        assert len(colours) == 1
        assert np.abs(colours[0].astype(int) - sequential_colours()[level]).max() <= 2


def test_still_cells_show_the_frame_paler() -> None:
    """Grey, near paper, lighter where the frame is; all of it where nothing moves."""
    dark, light = (drawn(agreement(8.0, 100.0), level)[30, 5].astype(int) for level in (0, 255))
    assert np.ptp(dark) == np.ptp(light) == 0
    assert 180 < dark[0] < light[0] == 255
    still = drawn(agreement(0.5, 1.0))[1:59, 1:79]
    assert (still == still[0, 0]).all()


def test_the_numbers_hang_beneath() -> None:
    """Another share, another median or another cell changes the strip; the same numbers give the same strip."""
    frame = np.zeros((180, 320, 3), np.uint8)
    cases = (agreement(1.0, 9.0), agreement(9.0, 9.0), agreement(1.0, 30.0), agreement(1.0, 9.0, 3.0), agreement(0.0, 0.0))
    strips = [draw_agreement(frame, each)[180:] for each in cases]
    assert all((one != two).any() for i, one in enumerate(strips) for two in strips[:i])
    np.testing.assert_array_equal(strips[0], draw_agreement(frame + 200, agreement(1.0, 9.0))[180:])


def test_what_is_not_there_is_said(cropped: NetworkComparison) -> None:
    blind = replace(cropped.a, correspondences=None, network="tsn-tiny")
    with pytest.raises(ValueError, match="0 to 6, got 7"):
        draw_comparison(cropped, 7)
    with pytest.raises(ValueError, match="tsn-tiny has no motion module"):
        draw_flow_comparison(blind, 0)
    with pytest.raises(ValueError, match=r"'h w 3' uint8, got shape \(6, 8\)"):
        draw_agreement(np.zeros((6, 8), np.uint8), agreement(1.0, 1.0))
