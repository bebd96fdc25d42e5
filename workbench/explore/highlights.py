"""What to look at first: the stretch of a video, the pair of its frames and the cell in which most can be seen to move."""

from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float, UInt8

from workbench.explore.config import LookConfig, choose_span
from workbench.video.read import VideoError, VideoInfo, probe_video, read_video

if TYPE_CHECKING:
    from workbench.explore.explorer import Exploration, Explorer

MOST_PIXELS_READ = 80_000_000  # of all frames of a video: what is decoded in less than half a second
STEPS = 8  # frames of which the liveliness of a window is taken
MOST_FRAMES_READ = 256
READ_SHORT_SIDE = 64  # pixels of the short side
LIVELIER = 1.5  # times the change of the clip: what is worth another look


def choose_liveliest(explorer: "Explorer", path: Path, config: LookConfig) -> LookConfig:
    """The same wishes from where most moves, if they do not say from where, and the video is soon read as a whole and can be.

    Raises VideoError for a file that gives no frames.
    """
    if (config.start, config.seconds, config.stride) != (None, None, None):
        return config
    info, length = probe_video(path), explorer.num_frames(config)
    _, seconds = choose_span(config, info, explorer.protocol(config).sampling.span(length, info.fps), length)
    if seconds >= info.duration or info.num_frames * info.width * info.height > MOST_PIXELS_READ:
        return config
    try:
        return replace(config, start=find_liveliest_start(path, path.stat().st_mtime_ns, seconds))
    except VideoError:  # of a file that is damaged elsewhere
        return config


@lru_cache(64)
def find_liveliest_start(path: Path, changed: int, seconds: float) -> float:
    """The start, in seconds, of the window in which most moves, of those that lie half a window apart; the first of several.

    changed: when the file was written, in nanoseconds: another file of the same name has another answer. Raises VideoError.
    """
    info = probe_video(path)
    step = max(seconds / STEPS, info.duration / MOST_FRAMES_READ)
    window = max(seconds, 2 * step)  # of a long video it is longer than what is looked at, so that every window has frames
    moments, starts = np.arange(0, info.duration, step), np.arange(0, info.duration - window + 1e-9, window / 2)
    change, middles = measure_change(read_moments(path, info, moments)), moments[:-1] + step / 2
    liveliness = [np.median(change[(middles >= start) & (middles < start + window)]) for start in starts]
    return round(float(starts[int(np.argmax(liveliness))]), 2)


def find_livelier_start(exploration: "Exploration") -> float | None:
    """From where clearly more moves than in the clip that is looked at, in seconds; None where nothing does, as long as the whole of the
    video was not looked at, or where that is a part of the clip."""
    whole, (start, seconds) = exploration.whole_video, exploration.span
    here = int(np.abs(whole.times - (start + seconds / 2)).argmin())
    best = int(whole.change.argmax())
    first = max(float(whole.times[best]) - seconds / 2, 0.0)
    livelier = whole.change[best] > LIVELIER * whole.change[here]
    return round(first, 2) if livelier and abs(first - start) > seconds / 2 else None


def read_moments(path: Path, info: VideoInfo, moments: Float[np.ndarray, " t"]) -> UInt8[np.ndarray, "t h w 3"]:
    """The frames that are shown at these seconds from the first, small."""
    indices = (np.searchsorted(np.asarray(info.times) - info.times[0], moments + 1e-6, side="right") - 1).clip(0)
    return read_video(path, indices.tolist(), short_side=READ_SHORT_SIDE).frames


def measure_change(frames: UInt8[np.ndarray, "t h w 3"]) -> Float[np.ndarray, " p"]:
    """How much each frame differs from the next: the mean absolute difference of grey, without what becomes lighter as a whole."""
    grey = frames.mean(axis=3)
    differences = np.diff(grey - grey.mean(axis=(1, 2), keepdims=True), axis=0)
    return np.abs(differences).mean(axis=(1, 2))


def visible_motion(exploration: "Exploration") -> Float[np.ndarray, "p gh gw"]:
    """How many pixels each cell goes, times the probability that this is right: the mean of the cell and those around it.

    Raises ValueError where nothing was matched.
    """
    if exploration.displacement is None or exploration.probability is None:
        raise ValueError(f"{exploration.network} matched nothing in {exploration.name}; choose a layer to match")
    motion = np.linalg.norm(exploration.displacement, axis=1) * exploration.probability
    padded = np.pad(motion, ((0, 0), (1, 1), (1, 1)))  # so that the rim counts less: what leaves the picture is not found again
    return np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(1, 2)).mean(axis=(3, 4))


def find_liveliest_pair(exploration: "Exploration") -> int:
    """The pair in which most is seen to move, counted from 0; the first where nothing was matched."""
    return int(visible_motion(exploration).mean(axis=(1, 2)).argmax()) if exploration.correspondences else 0


def find_liveliest_cell(exploration: "Exploration", pair: int) -> tuple[int, int]:
    """Row and column of the cell of a pair that is seen to move most."""
    motion = visible_motion(exploration)[pair]
    row, column = np.unravel_index(int(motion.argmax()), motion.shape)
    return int(row), int(column)
