"""What a browser draws over a camera's picture is what the page draws over a frame."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from workbench.draw.fields import colour_layer
from workbench.draw.live import colours_as_uri, list_arrows

FRAME = (60, 80)  # rows, columns


@pytest.fixture
def displacement() -> np.ndarray:
    field = np.zeros((2, 6, 8), np.float32)
    field[0, :, 4:] = 8.0  # a tenth of the width to the right
    field[1, 3:] = -6.0  # a tenth of the height up
    return field


def test_arrows_are_in_shares_of_the_frame(displacement: np.ndarray) -> None:
    arrows = np.array(list_arrows(displacement, np.ones((6, 8)), FRAME))
    x, y, dx, dy, _ = arrows.T
    assert len(arrows) == 48
    np.testing.assert_allclose(dx, np.where(x > 0.5, 0.1, 0.0))
    np.testing.assert_allclose(dy, np.where(y > 0.5, -0.1, 0.0))


def test_arrows_begin_in_the_middle_of_their_cells(displacement: np.ndarray) -> None:
    starts = {(x, y) for x, y, *_ in list_arrows(displacement, np.ones((6, 8)), FRAME)}
    assert (0.0625, 0.0833) in starts
    assert (0.9375, 0.9167) in starts


def test_the_surest_lies_on_top_and_unknown_ones_are_left_out(displacement: np.ndarray) -> None:
    displacement[0, 0, 0] = np.nan
    probability = np.linspace(1, 0, 48).reshape(6, 8)
    strength = [arrow[4] for arrow in list_arrows(displacement, probability, FRAME)]
    assert strength == sorted(strength)
    assert len(strength) == 47


def test_colours_are_those_of_the_overlay(displacement: np.ndarray) -> None:
    uri = colours_as_uri(displacement, np.full((6, 8), 0.5), 10.0)
    picture = np.asarray(Image.open(io.BytesIO(base64.b64decode(uri.split(",")[1]))))
    np.testing.assert_array_equal(picture, colour_layer(displacement, np.full((6, 8), 0.5), 10.0))
    assert picture[0, 0, 3] == 0
    assert picture[0, 7, 3] == 80  # of 200: 0.8 of the length, half as probable
