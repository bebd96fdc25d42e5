"""A list of videos -> clips for training: frames sampled, resized, cropped and flipped, the same for clip i on every machine."""

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import UInt8


@dataclass(frozen=True)
class ClipConfig:
    """How a video becomes a clip for training; the defaults are the authors' for Something-Something.

    size: pixels of the square crop. resize: of whole frames before it, rows and columns whatever the aspect, or the short
    side alone. sampling: "segment" takes one frame at random from each of num_frames equal parts, "dense" every stride-th
    from a random start. scales: sides of the crop as shares of the short side, height and width at most `distortion` places
    apart in that list. flip: "none"; "safe", half of the clips but for classes that depend on a side; or "swap", those too,
    with the label of their mirror partner.
    """

    size: int = 224
    resize: tuple[int, int] | int = (240, 320)
    sampling: str = "segment"
    stride: int | None = None
    scales: tuple[float, ...] = (1.0, 0.875, 0.75, 0.66)
    distortion: int = 1
    flip: str = "safe"


@dataclass(frozen=True)
class VideoClip:
    """frames `t h w 3` uint8, the number of the class (of the mirror partner, where the clip was flipped with its label), the
    name of the video, and what had to be repaired in it."""

    frames: UInt8[np.ndarray, "t h w 3"]
    label: int
    name: str = ""
    note: str = field(default="", compare=False)
