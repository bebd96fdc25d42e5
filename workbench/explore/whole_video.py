"""The whole of a video around the clip that is looked at: scores in windows that slide over it, and thumbnails."""

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float, UInt8

from workbench.explore.config import LookConfig, sample_as_trained
from workbench.explore.highlights import measure_change
from workbench.video.read import VideoInfo, read_video
from workbench.video.transforms import resize_short_side

if TYPE_CHECKING:
    from workbench.explore.explorer import Explorer

HOPS = 4  # from the start of a window to its end
MOST_WINDOWS = 32  # of the scores over time: the hop grows with the length of the video, not the work
WINDOWS_AT_ONCE = 8
THUMBNAILS = 12


@dataclass(frozen=True)
class WholeVideo:
    """Scores `n k` in windows around times `n` (s), and how much moves in each: its median `measure_change`; thumbnails `m h w 3`, evenly
    spread.

    scanned: whether the whole of the video was looked at, or tried to be; else these are the scores of the clip, without thumbnails.
    """

    times: Float[np.ndarray, " n"]
    scores: Float[np.ndarray, "n k"]
    change: Float[np.ndarray, " n"]
    thumbnails: UInt8[np.ndarray, "m h w 3"]
    scanned: bool = True


def scan_video(explorer: "Explorer", path: str | os.PathLike, config: LookConfig, info: VideoInfo, seconds: float) -> WholeVideo:
    """Probabilities in windows of `seconds` that slide over the video, and thumbnails from the same frames.

    Raises VideoError where the frames cannot be read.
    """
    protocol, length = explorer.protocol(config), explorer.num_frames(config)
    starts = window_starts(info.duration, seconds, MOST_WINDOWS)
    windows = [sample_as_trained(config, protocol, info, (start, seconds), length) for start in starts.tolist()]

    spread = np.linspace(0, info.num_frames - 1, min(THUMBNAILS, info.num_frames)).astype(int).tolist()
    indices = sorted({index for window in (*windows, spread) for index in window})
    frames = undo_mirror(read_video(path, indices, short_side=protocol.short_side).frames, config)
    place = {index: position for position, index in enumerate(indices)}

    crops = explorer.crop(frames)
    clips = [crops[[place[index] for index in window]] for window in windows]
    scores = [explorer.classify(np.stack(clips[i : i + WINDOWS_AT_ONCE])) for i in range(0, len(clips), WINDOWS_AT_ONCE)]
    middles = starts + min(seconds, info.duration) / 2

    thumbnails = resize_short_side(frames[[place[index] for index in spread]], explorer.preprocessing.size)
    change = np.array([np.median(measure_change(clip)) for clip in clips])
    return WholeVideo(middles, np.concatenate(scores), change, thumbnails)


def undo_mirror(frames: UInt8[np.ndarray, "t h w 3"], config: LookConfig) -> UInt8[np.ndarray, "t h w 3"]:
    """The frames as the world was: a mirror image is turned back."""
    return np.ascontiguousarray(frames[:, :, ::-1]) if config.mirrored else frames


def window_starts(duration: float, seconds: float, most: int) -> Float[np.ndarray, " n"]:
    """Evenly spaced from 0 to the last at which a window fits, `HOPS` to a window, or as many as are allowed."""
    last = max(duration - seconds, 0.0)
    return np.linspace(0, last, int(np.clip(np.ceil(HOPS * last / seconds - 1e-6) + 1, 1, most)))
