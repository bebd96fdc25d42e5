"""The laws of correspondences that are kept whole."""

import numpy as np
import pytest
import torch

import workbench as wb
from workbench.explore.matching import Correspondences, match_cell
from workbench.model.motion import MotionConfig

NASA = next(sample.path for sample in wb.samples() if sample.name == "nasa")


@pytest.fixture(scope="module")
def exploration(explorer) -> wb.Exploration:
    return explorer.look(NASA)


def test_everything_follows_from_the_correlation(explorer, exploration):
    """Displacement and confidence recomputed from what is stored are those that the network's own module gave."""
    from workbench.video.transforms import resize_short_side

    small = resize_short_side(exploration.frames, explorer.resolution, multiple=4)
    with torch.inference_mode():
        motion = explorer.model(explorer.as_input(small[None])).motion
    pixels = motion.displacement[0].numpy() * exploration.reach
    assert np.allclose(exploration.displacement, pixels, atol=1e-4)
    assert np.array_equal(exploration.confidence, motion.confidence[0, :, 0].numpy())


def test_a_turned_reading_is_every_cell_turned(exploration):
    """The knobs do to the whole field what `match_cell` does to one cell."""
    knobs = {"radius": 2, "sigma": 1.5, "temperature": 0.05}
    turned, (row, column) = exploration.correspondences.of_pair(3).turned(**knobs), (10, 20)
    cell = match_cell(exploration.correspondences.correlation[3, row, column], **knobs)
    found = turned.displacement()[0, :, row, column] / turned.cell
    assert np.allclose(found, cell.displacement, atol=1e-4) and turned.reach == pytest.approx(2 * turned.cell)


def test_a_knob_left_alone_changes_nothing(exploration):
    assert np.array_equal(exploration.correspondences.turned().displacement(), exploration.displacement)


@pytest.mark.parametrize(("knobs", "said"), [({"radius": 5}, "1 to 4"), ({"sigma": -1.0}, "sigma"), ({"temperature": 0.0}, "temperature")])
def test_knobs_that_cannot_be_are_said(exploration, knobs, said):
    with pytest.raises(ValueError, match=said):
        exploration.correspondences.turned(**knobs)


@pytest.mark.parametrize(("layer", "stride"), [("stem", 2), ("layer1", 4), ("layer2", 8)])
def test_any_layer_can_be_read(explorer, layer, stride):
    """The grid is that of the layer; only where the module stands is the reading a trained one."""
    correspondences = explorer.look(NASA, layer=layer, resolution=128).correspondences
    assert correspondences.grid[0] == 128 // stride and correspondences.trained == (layer == "layer1")
    assert correspondences.cell == pytest.approx(180 / correspondences.grid[0])


def test_a_network_without_the_module_can_be_read_by_its_features():
    """TSM matches nothing by itself; the features of a layer can be matched for it."""
    tsm = wb.Explorer.load("tsm-tiny").look(NASA, layer="layer1")
    assert tsm.pairs == 7 and not tsm.correspondences.trained and np.isfinite(tsm.displacement).all()


def test_beyond_is_the_border_of_the_window():
    """A cell whose peak lies on the outermost offsets is marked as faster than the window can see."""
    correlation = torch.zeros(1, 1, 2, 5, 5)
    correlation[0, 0, 0, 0, 2] = correlation[0, 0, 1, 2, 3] = 1
    assert Correspondences(correlation, "layer1", True, MotionConfig(radius=2), 4.0).beyond().tolist() == [[[True, False]]]


def test_what_is_ambiguous_is_drawn_faintly():
    """A cell with one clear peak keeps its confidence; where two offsets apart match alike, the strength is 0."""
    correlation = torch.full((1, 1, 9, 5, 5), 0.3)
    correlation[..., 2, 1] = 0.9
    correlation[0, 0, :5, 2, 3] = 0.9
    strength = Correspondences(correlation, "layer1", True, MotionConfig(radius=2), 4.0).strength()[0, 0]
    assert (strength[1:5] == 0).all() and strength[5:] == pytest.approx(0.9)
