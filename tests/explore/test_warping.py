"""The laws of the warping error: the true displacement leaves nothing, none leaves what was there, and every method is held to the same."""

import math

import numpy as np
import pytest

import workbench as wb
from workbench.data.warp import warp_picture
from workbench.explore.compare import compare
from workbench.explore.warping import DIS_CELLS, DIS_PIXELS, measure_warping, over_pixels, warping_of_networks, warping_of_pair


@pytest.fixture(scope="module")
def picture() -> np.ndarray:
    """Noise that is smooth enough to lie between two pixels."""
    noise = np.random.default_rng(0).integers(0, 256, (24, 32, 3), np.uint8)
    return np.kron(noise, np.ones((4, 4, 1), np.uint8))


def constant(x: float, y: float, height: int, width: int) -> np.ndarray:
    return np.broadcast_to(np.float32([x, y]).reshape(2, 1, 1), (2, height, width)).copy()


def test_a_whole_shift_is_predicted_exactly(picture):
    """Three to the right and two down: pixels whose target is inside are the same."""
    source, target = picture[:-2, :-3], np.zeros_like(picture[:-2, :-3])
    target[2:, 3:] = source[:-2, :-3]
    errors = measure_warping(source, target, {"truth": constant(3, 2, *source.shape[:2])})
    assert errors.errors["truth"] == 0
    assert errors.explained("truth") == 1
    assert errors.nothing > 10
    assert errors.counted == pytest.approx((1 - 2 / 94) * (1 - 3 / 125))


def test_the_wrong_way_is_worse_than_nothing(picture):
    target = np.roll(picture, 3, axis=1)
    errors = measure_warping(picture, target, {"wrong": constant(-3, 0, 96, 128)})
    assert errors.explained("wrong") < 0
    assert "worse than the guess that nothing moves" in str(errors)


def test_no_displacement_leaves_the_difference_of_the_frames(picture):
    target = np.roll(picture, 3, axis=1)
    errors = measure_warping(picture, target, {"still": constant(0, 0, 96, 128)})
    assert errors.errors["still"] == errors.nothing == pytest.approx(np.abs(picture.astype(float) - target).mean(), rel=1e-5)
    assert errors.counted == 1


def test_the_truth_of_a_warped_picture_leaves_little_more_than_noise(nasa):
    """Two pictures, each with noise of one grey level: what the exact displacement leaves is about that."""
    pair = warp_picture(wb.read_video(nasa, [150]).frames[0], "curved", 4.0)
    errors = measure_warping(pair.frames[0], pair.frames[1], {"truth": pair.flow, "half": pair.flow / 2})
    assert errors.errors["truth"] < 2
    assert errors.errors["truth"] < errors.errors["half"] < errors.nothing


def test_all_are_counted_on_the_same_pixels(picture):
    """Whoever leads pixels out of the picture does not choose what the others are judged by."""
    target = np.roll(picture, 3, axis=1)
    alone = measure_warping(picture, target, {"a": constant(60, 0, 96, 128)})
    both = measure_warping(picture, target, {"b": constant(3, 0, 96, 128), "a": constant(60, 0, 96, 128)})
    assert (both.counted, both.nothing, both.errors["a"]) == (alone.counted, alone.nothing, alone.errors["a"])


def test_cells_are_bilinear_between_their_middles():
    ramp = np.stack([np.tile(np.arange(8.0), (4, 1)), np.zeros((4, 8))]).astype(np.float32)  # of cells of 4 pixels
    pixels = over_pixels(ramp, (16, 32))
    assert pixels[0, 5, 2:30] == pytest.approx((np.arange(2, 30) + 0.5) / 4 - 0.5, abs=1e-5)


def test_equal_frames_have_nothing_to_predict(picture):
    errors = measure_warping(picture, picture, {"still": constant(0, 0, 96, 128)})
    assert math.isnan(errors.explained("still"))
    assert "nothing to predict" in str(errors)


def test_the_networks_arrows_predict_the_next_frame(explorer, camouflage):
    """Of a shape that moves, with optical flow beside it, on cells no better than at every pixel."""
    errors = warping_of_pair(explorer.look_at_span(camouflage, start=0.0), 2)
    assert list(errors.errors) == ["msnet-small", DIS_CELLS, DIS_PIXELS]
    assert errors.explained("msnet-small") > 0.25
    assert errors.errors[DIS_PIXELS] < errors.errors[DIS_CELLS]


def test_two_networks_stand_beside_each_other(explorer, camouflage):
    comparison = compare(explorer, wb.Explorer.load("tsm-tiny"), camouflage, wb.LookConfig(start=0.0))
    assert list(warping_of_networks(comparison, 0).errors) == ["A: msnet-small", DIS_PIXELS]


def test_what_cannot_be_warped_is_refused(picture):
    with pytest.raises(ValueError, match="no displacement"):
        measure_warping(picture, picture, {})
    with pytest.raises(ValueError, match="every pixel out"):
        measure_warping(picture, picture, {"far": constant(999, 0, 96, 128)})
