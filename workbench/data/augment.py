"""Frames -> clip: at what size a network sees them, and in what numbers."""

import numpy as np
import torch
import torch.nn.functional as F
from einops import rearrange
from jaxtyping import Float, UInt8
from torch import Tensor


def resize_short_side(frames: UInt8[np.ndarray, "t h w 3"], size: int, multiple: int = 1) -> UInt8[np.ndarray, "t h2 w2 3"]:
    """Frames whose shorter side is `size` pixels, the aspect kept as nearly as sides that are multiples allow."""
    height, width = frames.shape[1:3]
    scale = size / min(height, width)
    new = tuple(max(multiple, round(side * scale / multiple) * multiple) for side in (height, width))
    if new == (height, width):
        return frames
    pixels = rearrange(torch.from_numpy(np.ascontiguousarray(frames)), "t h w c -> t c h w").float()
    pixels = F.interpolate(pixels, new, mode="bilinear", antialias=True, align_corners=False)
    return rearrange(pixels.round().clamp(0, 255).byte(), "t c h w -> t h w c").numpy()


def centre_crop(frames: UInt8[np.ndarray, "t h w 3"], size: int) -> UInt8[np.ndarray, "t s s 3"]:
    """The middle square of frames that are at least `size` pixels each way."""
    top, left = ((side - size) // 2 for side in frames.shape[1:3])
    return frames[:, top : top + size, left : left + size]


def normalise(frames: UInt8[Tensor, "*b t h w 3"], mean: tuple[float, ...], std: tuple[float, ...]) -> Float[Tensor, "*b t 3 h w"]:
    """Grey levels -> the numbers a network takes, (level / 255 - mean) / std by channel."""
    centre, spread = (torch.tensor(values, device=frames.device) for values in (mean, std))
    return rearrange((frames / 255 - centre) / spread, "... h w c -> ... c h w")
