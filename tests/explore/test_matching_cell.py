"""Laws of one cell's match."""

import math

import numpy as np
import pytest
import torch

import workbench as wb
from workbench.explore.matching import find_moving_cell, match_cell

SIGMAS = (0.0, 0.5, 1.0, 5.0, math.inf)


@pytest.fixture
def volume() -> np.ndarray:
    """Correlation `p h w dy dx` with offsets outside the frame, as a network leaves it."""
    features = torch.randn(1, 4, 8, 6, 7, generator=torch.Generator().manual_seed(0)).abs()
    return wb.local_correlation(features[:, :-1], features[:, 1:], radius=3)[0].numpy()


@pytest.mark.parametrize("sigma", SIGMAS)
@pytest.mark.parametrize("temperature", [0.01, 0.3])
def test_a_cell_finds_what_the_model_finds(volume: np.ndarray, sigma: float, temperature: float) -> None:
    """Displacement and confidence of every cell are the model's, in cells."""
    batch = torch.from_numpy(volume)[None]
    displacement = 3 * wb.kernel_soft_argmax(batch, sigma, temperature)[0].numpy()
    for row, column in [(0, 0), (2, 3), (5, 6)]:
        match = match_cell(volume[1, row, column], sigma=sigma, temperature=temperature)
        np.testing.assert_allclose(match.displacement, displacement[1, :, row, column], atol=1e-5)
        assert match.confidence == wb.peak_confidence(batch)[0, 1, 0, row, column]


@pytest.mark.parametrize("sigma", SIGMAS)
def test_the_weights_are_the_softmax_of_what_is_shown(volume: np.ndarray, sigma: float) -> None:
    """softmax(kernel * correlation / temperature), by hand, is the weights; they sum to 1, and hard ones are the kernel itself."""
    match = match_cell(volume[0, 3, 3], sigma=sigma, temperature=0.1)
    by_hand = np.exp(match.kernel * match.correlation / 0.1)
    expected = match.kernel if sigma == 0 else by_hand / by_hand.sum()
    np.testing.assert_allclose(match.weights, expected, rtol=1e-4, atol=1e-7)
    assert match.weights.sum() == pytest.approx(1, abs=1e-5)


def test_the_kernel_stands_at_the_peak(volume: np.ndarray) -> None:
    """It is 1 at the peak, exp(-1/2) one sigma beside it, and 1 everywhere when sigma is infinite."""
    window = np.zeros((7, 7))
    window[2, 4] = 0.9
    match = match_cell(window, sigma=2)
    assert match.peak == (1, -1)
    assert match.confidence == 0.9
    assert match.kernel[2, 4] == 1
    assert match.kernel[4, 4] == match.kernel[2, 2] == pytest.approx(math.exp(-0.5))
    assert (match_cell(window, sigma=math.inf).kernel == 1).all()


def test_a_smaller_radius_is_the_middle_of_the_window(volume: np.ndarray) -> None:
    """Nothing is computed anew: radius 1 of a stored 7 x 7 window equals the match of its middle 3 x 3."""
    smaller, middle = match_cell(volume[2, 3, 4], radius=1), match_cell(volume[2, 3, 4, 2:5, 2:5])
    np.testing.assert_array_equal(smaller.weights, middle.weights)
    assert (smaller.radius, smaller.peak, smaller.displacement) == (1, middle.peak, middle.displacement)


def test_a_dilated_window_counts_in_cells(volume: np.ndarray) -> None:
    """With two cells in a step, peak and displacement are twice as long."""
    once, twice = match_cell(volume[0, 2, 2]), match_cell(volume[0, 2, 2], dilation=2)
    assert twice.peak == tuple(2 * steps for steps in once.peak)
    np.testing.assert_allclose(twice.displacement, 2 * np.array(once.displacement))


@pytest.mark.parametrize(
    ("shape", "knobs", "words"),
    [
        ((7, 5), {}, "7 x 5"),
        ((3, 7, 7), {}, r"\(3, 7, 7\)"),
        ((7, 7), {"radius": 4}, "1 to 3"),
        ((7, 7), {"radius": 0}, "1 to 3"),
        ((7, 7), {"sigma": -1}, "sigma -1"),
        ((7, 7), {"temperature": 0}, "temperature 0"),
    ],
)
def test_what_cannot_be_is_refused_with_numbers(shape: tuple, knobs: dict, words: str) -> None:
    """Another shape, a radius beyond what is stored, a negative sigma, a temperature of 0."""
    with pytest.raises(ValueError, match=words):
        match_cell(np.zeros(shape), **knobs)


def test_the_stored_correlation_stays_as_it_was(volume: np.ndarray) -> None:
    """Looking at a cell changes nothing, and what was found does not change with the store."""
    before = volume.copy()
    match = match_cell(volume[0, 0, 0])
    volume[0, 0, 0] = 0
    assert match.correlation.max() > 0
    np.testing.assert_array_equal(volume[1:], before[1:])


def test_the_first_cell_is_in_the_middle_of_what_moves() -> None:
    """Where only a patch of cells has its peak off the middle of the window, the cell lies within the patch."""
    volume = torch.zeros(12, 16, 7, 7)
    volume[..., 3, 3] = 1.0
    volume[2:5, 10:14, 3, 3], volume[2:5, 10:14, 3, 6] = 0.0, 1.0
    row, column = find_moving_cell(volume, 1.0)
    assert 2 <= row < 5
    assert 10 <= column < 14
