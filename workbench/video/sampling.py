"""Which frames of a video a clip is made of: segment sampling (TSN) and dense sampling (I3D)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np

from workbench.parameters import Range, check_ranges


@dataclass(frozen=True)
class Sampling:
    """How the frames of a clip are chosen: "segment" takes one from each of equal parts of the whole video; "dense" takes every
    stride-th, or spreads them over `seconds`.

    Raises ValueError for what cannot be.
    """

    kind: Literal["segment", "dense"] = "segment"
    stride: Annotated[int | None, Range(1, 10_000, unit="frames")] = None
    seconds: Annotated[float | None, Range(above=0, most=10_000, unit="s")] = None

    def __post_init__(self):
        check_ranges(self)
        if (self.stride is not None) + (self.seconds is not None) != (self.kind == "dense"):
            wanted = {"dense": "either a stride or the seconds of a clip", "segment": "neither stride nor seconds: it spans the video"}
            raise ValueError(f"{self.kind} sampling takes {wanted[self.kind]}, got stride {self.stride} and seconds {self.seconds}")

    def span(self, length: int, fps: float) -> float | None:
        """Seconds that a clip of `length` frames spans in a video; None where that is all of it."""
        return self.seconds if self.stride is None else self.stride * length / fps

    def draw(self, num_frames: int, length: int, rng: np.random.Generator) -> list[int]:
        """The frames of a clip in training, at random: of each part, or every stride-th from a random start."""
        if self.stride is None:
            return random_segment_indices(num_frames, length, rng)
        start = int(rng.integers(max(1, num_frames - self.stride * length + 1)))
        return strided_indices(num_frames, length, self.stride, start)

    def __str__(self) -> str:
        if self.seconds is not None:
            return f"frames spread over {self.seconds:g} s"
        return f"frames {self.stride} apart" if self.stride else "one frame of each part of the video"


SEGMENT_SAMPLING = Sampling()


def segment_indices(num_frames: int, length: int) -> list[int]:
    """Segment sampling as in testing: the middle of each of `length` equal parts of a video (Wang et al., TSN, 2016)."""
    return spread_segment_indices(num_frames, length, clips=1)[0]


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


def random_segment_indices(num_frames: int, length: int, rng: np.random.Generator) -> list[int]:
    """Segment sampling as in training: one frame at random from each of `length` parts of num_frames // length frames.

    A video with fewer frames than that has no parts to choose from, and is sampled as in testing.
    """
    check_counts(num_frames, length)
    part = num_frames // length
    if part == 0:
        return segment_indices(num_frames, length)
    return (part * np.arange(length) + rng.integers(part, size=length)).tolist()


def spread_segment_indices(num_frames: int, length: int, clips: int) -> list[list[int]]:
    """Several clips of one video: clip j takes the frame at (j + 1/2) / clips of each of `length` equal parts. One clip is
    `segment_indices`."""
    check_counts(num_frames, length)
    tick = num_frames / length
    return [[int(tick * (2 * j + 1) / (2 * clips) + tick * i) for i in range(length)] for j in range(clips)]


def strided_indices(num_frames: int, length: int, stride: int, start: int) -> list[int]:
    """Dense sampling: every stride-th frame from `start`; a video that ends too soon begins anew."""
    check_counts(num_frames, length)
    return ((start + stride * np.arange(length)) % num_frames).tolist()
