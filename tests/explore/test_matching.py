"""The laws of correspondences that are kept whole."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

import workbench as wb
from workbench.explore.matching import ESTIMATES, Correspondences, MatchSettings, match_cell
from workbench.model.motion import MotionConfig

NASA = next(sample.path for sample in wb.sample_videos() if sample.name == "nasa")


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


# how it is set -> the numbers of the network that this changes
SETTINGS = {
    "as the network has it": (MatchSettings(), {}),
    "a smaller window": (MatchSettings(radius=2), {"radius": 2}),
    "a narrow kernel": (MatchSettings(sigma=0.7), {"sigma": 0.7}),
    "hotter": (MatchSettings(exponent=-0.5), {"temperature": 10**-0.5}),
    "the paper's temperature": (MatchSettings(exponent=-2), {"temperature": 0.01}),
    "no kernel, whatever its width": (MatchSettings(kind="soft-argmax", sigma=3), {"sigma": math.inf}),
    "no kernel, by its width": (MatchSettings(sigma=math.inf), {"sigma": math.inf}),
    "the peak alone, whatever the width": (MatchSettings(kind="hard argmax", sigma=3), {"sigma": 0.0}),
    "all at once": (MatchSettings(3, "kernel-soft-argmax", 2, -1), {"radius": 3, "sigma": 2.0, "temperature": 0.1}),
}


@pytest.mark.parametrize(("settings", "numbers"), SETTINGS.values(), ids=SETTINGS)
def test_settings_are_the_networks_numbers_changed(exploration, settings, numbers):
    """The kind of argmax is a sigma, the exponent a temperature; what is None stays."""
    motion = exploration.correspondences.motion
    assert exploration.correspondences.with_settings(settings).motion == replace(motion, **numbers)


def test_the_whole_field_is_every_cell(exploration):
    """Settings do to the whole field what `match_cell` does to one cell."""
    numbers = {"radius": 2, "sigma": 1.5}
    correspondences, (row, column) = exploration.correspondences.of_pair(3).with_settings(**numbers, exponent=-1), (10, 20)
    cell = match_cell(exploration.correspondences.correlation[3, row, column], **numbers, temperature=0.1)
    found = correspondences.displacement()[0, :, row, column] / correspondences.cell
    assert np.allclose(found, cell.displacement, atol=1e-4)
    assert correspondences.reach == pytest.approx(2 * correspondences.cell)


def test_settings_left_alone_change_nothing(exploration):
    assert np.array_equal(exploration.correspondences.with_settings().displacement(), exploration.displacement)


def test_a_temperature_survives_its_logarithm(exploration):
    """What a person wrote, at most 12 digits, comes back to the bit."""
    for temperature in (0.02, 0.03, 0.0123, 0.7, 1.0, 123.456, 1e-5):
        settings = MatchSettings(exponent=math.log10(temperature))
        assert settings.change(exploration.correspondences.motion).temperature == temperature


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        (MatchSettings(kind="hardest argmax"), r"one of kernel-soft-argmax, soft-argmax, hard argmax, got 'hardest argmax'"),
        (MatchSettings(radius=0), "radius"),
        (MatchSettings(radius=5), "1 to 4"),
        (MatchSettings(sigma=-1), "sigma"),
        (MatchSettings(exponent=math.inf), "temperature"),
        (MatchSettings(exponent=-400), "temperature"),
    ],
)
def test_settings_that_cannot_be_are_refused(exploration, settings, named):
    with pytest.raises(ValueError, match=named):
        exploration.correspondences.with_settings(settings)


def test_settings_within_what_is_stored_are_taken(exploration):
    """A radius beyond it becomes all that is stored."""
    motion = exploration.correspondences.motion
    assert MatchSettings(radius=15).within(motion).change(motion) == motion


def test_settings_of_a_network_change_nothing(exploration):
    """They are its numbers, also where its temperature is no round power of ten or its kernel none."""
    for numbers in ({}, {"sigma": 0.7, "temperature": 0.03}, {"sigma": math.inf}, {"sigma": 0.0}):
        motion = replace(exploration.correspondences.motion, **numbers)
        assert MatchSettings.of(motion).change(motion) == motion


def test_a_kind_makes_the_match_of_its_name(exploration):
    """As the match itself calls what its sigma makes."""
    for kind in ESTIMATES:
        correspondences = exploration.correspondences.with_settings(kind=kind)
        assert match_cell(correspondences.correlation[0, 0, 0], sigma=correspondences.motion.sigma).kind == kind


@pytest.mark.parametrize(("layer", "stride"), [("stem", 2), ("layer1", 4), ("layer2", 8)])
def test_any_layer_can_be_read(explorer, layer, stride):
    """The grid is that of the layer; only where the module stands is the reading a trained one."""
    correspondences = explorer.look(NASA, layer=layer, resolution=128).correspondences
    assert correspondences.grid[0] == 128 // stride
    assert correspondences.trained == (layer == "layer1")
    assert correspondences.cell == pytest.approx(180 / correspondences.grid[0])


def test_a_network_without_the_module_can_be_read_by_its_features():
    """TSM matches nothing by itself; the features of a layer can be matched for it."""
    tsm = wb.Explorer.load("tsm-tiny").look(NASA, layer="layer1")
    assert tsm.pairs == 7
    assert not tsm.correspondences.trained
    assert np.isfinite(tsm.displacement).all()


def test_beyond_is_the_border_of_the_window():
    """A cell whose peak lies on the outermost offsets is marked as faster than the window can see."""
    correlation = torch.zeros(1, 1, 2, 5, 5)
    correlation[0, 0, 0, 0, 2] = correlation[0, 0, 1, 2, 3] = 1
    assert Correspondences(correlation, "layer1", True, MotionConfig(radius=2), 4.0).peak_on_border().tolist() == [[[True, False]]]


def test_what_is_ambiguous_is_not_probable():
    """Where two offsets apart match alike the probability is 0; where one stands out and leads back it is near 1."""
    correlation = torch.full((1, 1, 9, 5, 5), 0.3)
    correlation[..., 2, 1] = 0.9
    correlation[0, 0, :5, 2, 3] = 0.9
    probability = Correspondences(correlation, "layer1", True, MotionConfig(radius=2, kernel_size=5), 4.0).probability()[0, 0]
    assert (probability[2:4] == 0).all()
    assert (probability[7:] > 0.95).all()
