"""Frames -> clip: which frames a network sees, at what size, and in what numbers."""

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from einops import rearrange
from jaxtyping import Float, UInt8
from torch import Tensor


def segment_indices(num_frames: int, length: int) -> list[int]:
    """Segment sampling as in testing: the middle of each of `length` equal parts of a video (Wang et al., TSN, 2016)."""
    check_counts(num_frames, length)
    tick = num_frames / length
    return [int(tick / 2 + tick * i) for i in range(length)]


def dense_indices(times: Sequence[float], start: float, seconds: float, length: int) -> list[int]:
    """The frames shown at `length` moments evenly spaced over `seconds` from `start`, by the times (s) at which frames appear.

    Where so few frames are shown that one would be taken twice, as many consecutive ones as there are.
    """
    check_counts(len(times), length)
    moments = times[0] + start + seconds / length * np.arange(length)
    indices = (np.searchsorted(times, moments + 1e-6, side="right") - 1).clip(0)
    if len(np.unique(indices)) < length:
        first = min(indices[0], max(len(times) - length, 0))
        indices = np.minimum(first + np.arange(length), len(times) - 1)
    return indices.tolist()


def check_counts(num_frames: int, length: int) -> None:
    if num_frames < 1 or length < 1:
        raise ValueError(f"a clip needs at least 1 frame of a video with at least 1, got {length} of {num_frames}")


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
