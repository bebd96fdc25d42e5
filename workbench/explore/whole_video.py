"""A network over a whole stretch of video, clip after clip."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float, UInt8

from workbench.explore.config import LookConfig
from workbench.explore.explorer import LARGEST_SHOWN, Explorer, undo_mirror
from workbench.explore.frames import choose_span
from workbench.video.read import VideoInfo, read_video


@dataclass(frozen=True)
class ClipPlan:
    """indices and times (s): of frames of the video, in order. spacing: seconds from one to the next, on average.

    seconds_left_out: seconds of the stretch asked for that are not walked over.
    """

    indices: tuple[int, ...]
    times: tuple[float, ...]
    spacing: float
    seconds_left_out: float

    def clips(self, length: int) -> Iterator[slice]:
        """Which frames make a clip: `length` at a time, each clip's last the next one's first, so that every pair is in one.

        A network trained on single frames is given two.
        """
        length = max(length, 2)
        for first in range(0, len(self.indices) - 1, length - 1):
            yield slice(first, min(first + length, len(self.indices)))


@dataclass(frozen=True)
class ClipResult:
    """What a network found in one clip of a walk: probabilities `k`; displacement `p 2 h w` in pixels of the frames shown and
    how firmly to draw it, `p h w` (`Correspondences.strength`), None without motion."""

    probabilities: Float[np.ndarray, " k"]
    displacement: Float[np.ndarray, "p 2 h w"] | None
    strength: Float[np.ndarray, "p h w"] | None


def plan_clips(explorer: Explorer, config: LookConfig, info: VideoInfo, most: int) -> ClipPlan:
    """At most `most` pairs of frames from the start of the span asked for, by default of the video, to its end.

    The spacing is the one that a clip has when no span is asked for: longer steps would leave the window of the network.
    Where the video has fewer frames, it is theirs. Raises ValueError for a start beyond the video's end.
    """
    length = explorer.num_frames(config)
    _, seconds = choose_span(
        replace(config, start=None, seconds=None), info, explorer.preprocessing.sampling.span(length, info.fps), length
    )
    start, stretch = choose_stretch(config, info)
    spacing = seconds / length

    count = int(np.ceil(stretch / spacing - 1e-6))
    moments = info.times[0] + start + spacing * np.arange(min(count, most + 1))
    indices = np.unique((np.searchsorted(info.times, moments + 1e-6, side="right") - 1).clip(0))
    if len(indices) == 1:  # there is no pair: one of the frame with itself, or with the next
        indices = np.array([indices[0], min(indices[0] + 1, info.num_frames - 1)])
    times = tuple(info.times[index] for index in indices)
    return ClipPlan(
        tuple(indices.tolist()), times, (times[-1] - times[0]) / (len(times) - 1) or spacing, max(count - most - 1, 0) * spacing
    )


def choose_stretch(config: LookConfig, info: VideoInfo) -> tuple[float, float]:
    """Start and length in seconds of the span asked for, by default the whole video. Raises ValueError for a start beyond its end."""
    whole = replace(config, start=config.start or 0.0, seconds=config.seconds or info.duration, stride=None)
    return choose_span(whole, info, None, 1)


def look_at_clip(explorer: Explorer, frames: UInt8[np.ndarray, "t h w 3"], config: LookConfig) -> ClipResult:
    """One clip, answered as `Explorer.look` answers it."""
    correspondences = explorer.match(frames, config)
    found = (correspondences.displacement(), correspondences.strength()) if correspondences else (None, None)
    return ClipResult(explorer.classify(explorer.crop(frames)[None])[0], *found)


def read_clip(video: str | os.PathLike, walk: ClipPlan, clip: slice, config: LookConfig) -> UInt8[np.ndarray, "t h w 3"]:
    """The frames of a clip, decoded when they are needed. Raises VideoError."""
    return undo_mirror(read_video(video, walk.indices[clip], short_side=LARGEST_SHOWN).frames, config)
