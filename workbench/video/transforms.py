"""Frames -> clip: resize, crop and normalise."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import torch
from einops import rearrange
from jaxtyping import Float, UInt8
from PIL import Image
from torch import Tensor


def resize(frames: UInt8[np.ndarray, "t h w 3"], height: int, width: int) -> UInt8[np.ndarray, "t h2 w2 3"]:
    """Frames of another size by Pillow's bilinear filter, which the paper's networks were trained with: it widens where a
    picture becomes smaller, so that nothing is skipped."""
    if frames.shape[1:3] == (height, width):
        return frames
    resized = np.empty((len(frames), height, width, 3), np.uint8)
    for new, frame in zip(resized, frames, strict=True):
        new[:] = np.asarray(Image.fromarray(np.ascontiguousarray(frame)).resize((width, height), Image.Resampling.BILINEAR))
    return resized


def resize_short_side(frames: UInt8[np.ndarray, "t h w 3"], size: int, multiple: int = 1) -> UInt8[np.ndarray, "t h2 w2 3"]:
    """Frames whose shorter side is `size` pixels, the aspect kept as nearly as sides that are multiples allow."""
    sides = frames.shape[1:3]
    scale = size / min(sides)
    return resize(frames, *(max(multiple, round(side * scale / multiple) * multiple) for side in sides))


def resize_as(frames: UInt8[np.ndarray, "t h w 3"], sides: tuple[int, int] | int) -> UInt8[np.ndarray, "t h2 w2 3"]:
    """Frames of so many rows and columns whatever their aspect, or of so short a short side."""
    return resize_short_side(frames, sides) if isinstance(sides, int) else resize(frames, *sides)


def centre_crop(frames: UInt8[np.ndarray, "t h w 3"], size: int) -> UInt8[np.ndarray, "t s s 3"]:
    """The middle square of frames that are at least `size` pixels each way."""
    top, left = ((side - size) // 2 for side in frames.shape[1:3])
    return frames[:, top : top + size, left : left + size]


def normalise(frames: UInt8[Tensor, "*b t h w 3"], mean: tuple[float, ...], std: tuple[float, ...]) -> Float[Tensor, "*b t 3 h w"]:
    """Grey levels -> the numbers a network takes, (level / 255 - mean) / std by channel."""
    centre, spread = (torch.tensor(values, device=frames.device) for values in (mean, std))
    return rearrange((frames / 255 - centre) / spread, "... h w c -> ... c h w")


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


def random_crop(height: int, width: int, size: int, scales: Sequence[float], distortion: int, rng: np.random.Generator) -> Crop:
    """One of the sizes, then one of its places, each as likely as the others."""
    sides = crop_sides(height, width, size, scales, distortion)
    crop_height, crop_width = sides[rng.integers(len(sides))]
    places = crop_places(height, width, crop_height, crop_width)
    return Crop(*places[rng.integers(len(places))], crop_height, crop_width)
