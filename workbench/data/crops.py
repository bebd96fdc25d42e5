"""Crops of several sizes at fixed places, resized to one: training sees things near and far, whole and at the rim.

Source: Wang et al., Temporal Segment Networks, ECCV 2016, section 4.1 (corner cropping and scale jittering).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from jaxtyping import UInt8

NEARLY = 3  # pixels by which a side may miss the size of the network's input and be taken for it: no resize for so little
QUARTERS = 4  # of the room that a crop leaves: its places lie on this grid


@dataclass(frozen=True)
class Crop:
    """A rectangle of a frame, in pixels."""

    top: int
    left: int
    height: int
    width: int


def crop_at(frames: UInt8[np.ndarray, "t h w 3"], crop: Crop) -> UInt8[np.ndarray, "t h2 w2 3"]:
    """The same rectangle of all frames."""
    return frames[:, crop.top : crop.top + crop.height, crop.left : crop.left + crop.width]


def crop_sides(height: int, width: int, size: int, scales: Sequence[float], distortion: int) -> list[tuple[int, int]]:
    """Heights and widths that a crop may have: shares of the short side, at most `distortion` places apart in their list."""
    shares = [int(min(height, width) * scale) for scale in scales]
    sides = [size if abs(side - size) < NEARLY and size <= min(height, width) else side for side in shares]
    places = product(range(len(sides)), repeat=2)
    return [(sides[row], sides[column]) for row, column in places if abs(row - column) <= distortion]


def crop_places(height: int, width: int, crop_height: int, crop_width: int) -> list[tuple[int, int]]:
    """Top and left of the thirteen places of a crop: on a grid of quarters of the room around it, those where the quarters
    down and across are both even (corners, middles of the sides, centre) or both odd."""
    down, across = (height - crop_height) // QUARTERS, (width - crop_width) // QUARTERS
    grid = product(range(QUARTERS + 1), repeat=2)
    return [(row * down, column * across) for row, column in grid if row % 2 == column % 2]


def random_crop(
    height: int, width: int, size: int, scales: Sequence[float], distortion: int, rng: np.random.Generator
) -> Crop:
    """One of the sizes, then one of its places, each as likely as the others."""
    sides = crop_sides(height, width, size, scales, distortion)
    crop_height, crop_width = sides[rng.integers(len(sides))]
    places = crop_places(height, width, crop_height, crop_width)
    return Crop(*places[rng.integers(len(places))], crop_height, crop_width)
