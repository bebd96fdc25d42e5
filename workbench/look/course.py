"""A whole video in passing: what a network says in a window that slides over it, and thumbnails."""

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float, UInt8

from workbench.data.augment import resize_short_side
from workbench.data.video import VideoInfo, read_video
from workbench.look.config import LookConfig

if TYPE_CHECKING:
    from workbench.look.explore import Explorer

MOST_WINDOWS = 32  # of the scores over time: the hop grows with the length of the video, not the work
WINDOWS_AT_ONCE = 8
THUMBNAILS = 12


@dataclass(frozen=True)
class Course:
    """Scores `n k` in windows around times `n` (s); thumbnails `m h w 3`, evenly spread, at thumbnail_times `m` (s)."""

    times: Float[np.ndarray, " n"]
    scores: Float[np.ndarray, "n k"]
    thumbnails: UInt8[np.ndarray, "m h w 3"]
    thumbnail_times: tuple[float, ...]


def run_through(explorer: "Explorer", path: str | os.PathLike, config: LookConfig, info: VideoInfo, seconds: float) -> Course:
    """Probabilities in windows of `seconds` that slide over the video, and thumbnails from the same frames.

    Raises VideoError where the frames cannot be read.
    """
    last = max(info.duration - seconds, 0.0)
    count = int(np.clip(np.ceil(4 * last / seconds) + 1, 1, MOST_WINDOWS))
    starts = np.linspace(0, last, count)
    windows = [explorer.sample(config, info, start, seconds) for start in starts.tolist()]

    spread = np.linspace(0, info.num_frames - 1, min(THUMBNAILS, info.num_frames)).astype(int).tolist()
    wanted = sorted({index for window in (*windows, spread) for index in window})
    frames = unmirrored(read_video(path, wanted, short_side=explorer.protocol(config).short_side).frames, config)
    place = {index: position for position, index in enumerate(wanted)}

    crops = explorer.crop(frames)
    clips = [crops[[place[index] for index in window]] for window in windows]
    scores = [explorer.classify(np.stack(clips[i : i + WINDOWS_AT_ONCE])) for i in range(0, count, WINDOWS_AT_ONCE)]
    middles = starts + min(seconds, info.duration) / 2

    thumbnails = resize_short_side(frames[[place[index] for index in spread]], explorer.preprocessing.size)
    return Course(middles, np.concatenate(scores), thumbnails, tuple(info.times[index] - info.times[0] for index in spread))


def unmirrored(frames: UInt8[np.ndarray, "t h w 3"], config: LookConfig) -> UInt8[np.ndarray, "t h w 3"]:
    """The frames as the world was: a mirror image is turned back."""
    return np.ascontiguousarray(frames[:, :, ::-1]) if config.mirrored else frames
