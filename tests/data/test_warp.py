"""The law of warped pictures: the first picture holds, at every pixel, what the second has where the field says that it goes."""

from pathlib import Path

import numpy as np
import pytest
import skimage

from workbench.data import warp
from workbench.data.flow_pairs import read_picture
from workbench.data.warp import FIELD_KINDS, draw_field, warp_picture
from workbench.explore.config import LookConfig
from workbench.explore.explorer import Explorer
from workbench.explore.flow_benchmark import DIS, NOTHING, REFINED_NAME, evaluate_flow

WAVES = [(0.11, 0.07, 0.3), (-0.05, 0.13, 1.1), (0.16, -0.02, 2.0), (0.31, 0.27, 0.7), (-0.4, 0.22, 1.9)]


def paint(x, y):
    """A picture of waves at places that need not be whole pixels, `h w 3`."""
    grey = sum(20 * np.sin(a * x + b * y + c) for a, b, c in WAVES)
    return np.stack([128 + grey, 128 - grey, 128 + grey / 2], axis=-1)


@pytest.fixture
def painted():
    y, x = np.mgrid[:90, :120].astype(float)
    return np.rint(paint(x, y)).astype(np.uint8)


@pytest.mark.parametrize("kind", FIELD_KINDS)
def test_the_first_picture_is_the_second_where_its_pixels_go(kind, painted, monkeypatch):
    """Painted anew at the displaced places, without a spline: alike but for rounding, away from the rim."""
    monkeypatch.setattr(warp, "CAMERA_NOISE", 0.0)
    pair = warp_picture(painted, kind, 1.2, seed=3)
    y, x = np.mgrid[:90, :120] + pair.flow[::-1]
    difference = np.abs(pair.frames[0] - paint(x, y))[10:-10, 10:-10]
    assert difference.mean() < 0.45  # a rounding is 0.25 off in the mean, and there are two
    assert difference.max() < 2
    assert np.array_equal(pair.frames[1], painted)


@pytest.mark.parametrize("kind", FIELD_KINDS)
def test_a_field_is_as_long_as_asked_and_smooth(kind):
    field = draw_field(np.random.default_rng(5), kind, (80, 110))
    assert np.hypot(*field).mean() == pytest.approx(1)
    assert max(np.abs(np.diff(field, axis=axis)).max() for axis in (1, 2)) < 0.2


def test_what_leaves_the_picture_does_not_count(painted):
    pair = warp_picture(painted, "shift", 4.0)
    y, x = np.mgrid[:90, :120] + pair.flow[::-1]
    assert np.array_equal(pair.valid, (x >= 0) & (x <= 119) & (y >= 0) & (y <= 89))
    assert 0.8 < pair.valid.mean() < 1


def test_a_motion_of_a_tenth_of_a_cell_is_seen():
    """1 pixel where a cell has 9: refined, the shipped network is less than half as far off as that nothing moves would be."""
    photograph, explorer = read_picture(Path(skimage.__file__).parent / "data" / "chelsea.png"), Explorer.load()
    pairs = [warp_picture(photograph, kind, 1.0, seed) for seed, kind in enumerate(FIELD_KINDS)]
    means = evaluate_flow(pairs, explorer, LookConfig()).means().set_index("method")["all"].to_dict()
    assert means[NOTHING] == pytest.approx(1.0, abs=0.05)
    assert means[DIS] < 0.3
    assert means[REFINED_NAME.format(explorer.name)] < 0.5
