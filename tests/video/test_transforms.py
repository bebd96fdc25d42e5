"""The laws of crops for training and of the one resize."""

from collections import Counter

import numpy as np
import pytest
from PIL import Image

from workbench.video.transforms import Crop, crop_at, crop_places, crop_sides, random_crop, resize, resize_as

SCALES = (1.0, 0.875, 0.75, 0.66)


def ramp(height: int, width: int, frames: int = 2) -> np.ndarray:
    """Frames whose red is the row and green the column."""
    rows, columns = np.mgrid[:height, :width].astype(np.uint8)
    return np.repeat(np.stack([rows, columns, np.zeros_like(rows)], axis=-1)[None], frames, axis=0)


def test_sides_of_240_rows_and_320_columns():
    """By hand: 240, 210, 180 and int(158.4) pixels, each with itself and its neighbours in the list."""
    assert crop_sides(240, 320, 224, SCALES, 1) == [
        (240, 240), (240, 210), (210, 240), (210, 210), (210, 180), (180, 210), (180, 180), (180, 158), (158, 180), (158, 158),
    ]  # fmt: skip


def test_sides_by_distortion():
    """At 0 only squares, at 3 every pair; the orientation of the frame does not matter."""
    assert crop_sides(320, 240, 224, SCALES, 0) == [(side, side) for side in (240, 210, 180, 158)]
    assert len(crop_sides(240, 320, 224, SCALES, 3)) == 16
    assert crop_sides(100, 200, 64, (0.5,), 5) == [(50, 50)]


def test_a_side_that_nearly_is_the_input_is_the_input():
    """Of 254 pixels 0.875 are 222: two off, so 224 are cut; a side three off stays, and none grows beyond the frame."""
    assert crop_sides(254, 340, 224, (1.0, 0.875), 0) == [(254, 254), (224, 224)]
    assert crop_sides(253, 340, 224, (1.0, 0.875), 0) == [(253, 253), (221, 221)]
    assert crop_sides(256, 340, 224, SCALES, 0) == [(256, 256), (224, 224), (192, 192), (168, 168)]
    assert crop_sides(223, 340, 224, (1.0,), 0) == [(223, 223)]


def test_the_thirteen_places_by_hand():
    """Of a crop of 160 x 200 in 240 x 320: quarters of 20 rows and 30 columns; corners, middles of sides, centre, inner four."""
    corners = [(0, 0), (0, 120), (80, 0), (80, 120)]
    middles = [(0, 60), (40, 0), (40, 120), (80, 60)]
    inner = [(20, 30), (20, 90), (60, 30), (60, 90)]
    assert sorted(crop_places(240, 320, 160, 200)) == sorted([*corners, *middles, (40, 60), *inner])
    assert len(crop_places(240, 320, 160, 200)) == 13


@pytest.mark.parametrize(("height", "width"), [(240, 320), (320, 240), (256, 341), (64, 64), (71, 97)])
def test_crops_lie_inside_and_all_occur(height, width):
    """Every size at every place comes up about as often as any other, and none reaches outside."""
    rng = np.random.default_rng(0)
    drawn = Counter(random_crop(height, width, min(height, width, 224), SCALES, 1, rng) for _ in range(5200))
    assert all(0 <= c.top <= height - c.height and 0 <= c.left <= width - c.width for c in drawn)

    sides = crop_sides(height, width, min(height, width, 224), SCALES, 1)
    possible = Counter(Crop(*place, *side) for side in sides for place in crop_places(height, width, *side))
    assert set(drawn) == set(possible)
    expected = {crop: 5200 / 130 * times for crop, times in possible.items()}
    assert all(abs(drawn[crop] - count) < 6 * count**0.5 for crop, count in expected.items())


def test_a_crop_takes_the_same_rectangle_of_all_frames():
    """Its corner is the pixel named, its size the one asked for."""
    cut = crop_at(ramp(50, 60, 3), Crop(7, 11, 20, 30))
    assert cut.shape == (3, 20, 30, 3) and (cut[:, 0, 0, :2] == (7, 11)).all() and (cut[:, -1, -1, :2] == (26, 40)).all()


@pytest.mark.parametrize("sides", [(30, 45), (112, 60), (60, 80), (61, 200)])
def test_resizing_is_pillows(sides):
    """Each frame as Pillow's bilinear filter makes it, whatever the memory layout of what it is given."""
    frames = np.random.default_rng(0).integers(0, 256, (3, 60, 80, 3), dtype=np.uint8)
    expected = [np.asarray(Image.fromarray(frame).resize((sides[1], sides[0]), Image.Resampling.BILINEAR)) for frame in frames]
    assert np.array_equal(resize(frames, *sides), expected)
    wide = np.zeros((3, 80, 160, 3), np.uint8)
    wide[:, 10:70, ::2] = frames
    assert np.array_equal(resize(wide[:, 10:70, ::2], *sides), expected)


def test_a_resize_keeps_the_aspect_or_does_not():
    """A number is the short side; two are rows and columns, whatever becomes of the aspect."""
    frames = ramp(60, 81)
    assert resize_as(frames, 30).shape == (2, 30, 40, 3) and resize_as(frames, (30, 30)).shape == (2, 30, 30, 3)
    assert resize_as(np.swapaxes(frames, 1, 2), 30).shape == (2, 40, 30, 3)
