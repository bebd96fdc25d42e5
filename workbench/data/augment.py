"""Frames -> clip: at what size a network sees them, and in what numbers."""

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
        new[:] = Image.fromarray(np.ascontiguousarray(frame)).resize((width, height), Image.Resampling.BILINEAR)
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
