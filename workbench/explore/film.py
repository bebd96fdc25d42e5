"""The scores of a whole film: windows that slide over it, a few at a time, so that a long one takes no more memory than a short one."""

import os
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from workbench.explore.config import LookConfig, choose_span, sample_as_trained
from workbench.explore.explorer import Exploration, Explorer
from workbench.explore.whole_video import undo_mirror, window_starts
from workbench.video.read import MAX_FRAMES, VideoInfo, probe_video, read_video
from workbench.video.uploads import VideoLimits

MOST_SCORED = 2400  # windows of a film: ten minutes at four a second; in a longer one they are further apart
BYTES_READ_AT_ONCE = 10**8  # of frames in memory together: a film with few key frames is decoded from the last one for each part
CLASSIFIED_AT_ONCE = 24  # windows; progress is told after each so many, and at least the frames of so many are read together


@dataclass(frozen=True)
class FilmScores:
    """Probabilities of the classes in windows of `seconds` that slide over a whole video.

    times `n`: the middles of the windows, in seconds; scores `n k`, of one clip and crop each; labels `k`; duration: of the video, in
    seconds. network, video: by name.
    """

    network: str
    video: str
    labels: tuple[str, ...]
    duration: float
    seconds: float
    times: Float[np.ndarray, " n"]
    scores: Float[np.ndarray, "n k"]

    @property
    def edges(self) -> Float[np.ndarray, " m"]:
        """Where one window hands over to the next, in seconds: halfway between their middles; the first begins with the film, the last
        ends with it. One more than there are windows."""
        return np.concatenate([[0.0], (self.times[1:] + self.times[:-1]) / 2, [self.duration]])


def score_film(
    explorer: Explorer,
    path: str | os.PathLike,
    config: LookConfig | None = None,
    limits: VideoLimits | None = None,
    progress: Callable[[float], None] = lambda share: None,
) -> FilmScores:
    """The whole video in windows as long as a clip that `Explorer.look` shows, four to that length; wherever the config starts.

    A network that is trained on whole videos sees one window, unless the config says `seconds`. progress: is told the share that is
    done, and ends the work where it raises. Raises VideoError for a file that gives no frames or is beyond the limits, ValueError for
    a config that cannot be.
    """
    config, info = replace(config or LookConfig(), start=None), probe_video(path)
    if limits is not None:
        limits.check(info)
    protocol, length = explorer.protocol(config), explorer.num_frames(config)
    _, seconds = choose_span(config, info, protocol.sampling.span(length, info.fps), length)
    starts = window_starts(info.duration, seconds, MOST_SCORED)

    windows = np.array([sample_as_trained(config, protocol, info, (start, seconds), length) for start in starts.tolist()])
    scores, at_once = [], windows_read_at_once(info, protocol.short_side, length)
    progress(0.0)
    for first in range(0, len(windows), at_once):
        together = windows[first : first + at_once]
        indices = np.unique(together)
        frames = undo_mirror(read_video(path, indices.tolist(), short_side=protocol.short_side).frames, config)
        for part in np.split(together, range(CLASSIFIED_AT_ONCE, len(together), CLASSIFIED_AT_ONCE)):
            needed = np.unique(part)
            crops = explorer.crop(frames[np.searchsorted(indices, needed)])
            scores.append(explorer.classify(crops[np.searchsorted(needed, part)]))
            progress(sum(map(len, scores)) / len(windows))
    middles = starts + seconds / 2
    return FilmScores(explorer.name, info.path.name, explorer.labels, info.duration, seconds, middles, np.concatenate(scores))


def windows_read_at_once(info: VideoInfo, short_side: int, length: int) -> int:
    """Windows of so many frames that are read together: a multiple of those that are classified together, as far as frames fit in memory
    and into one reading."""
    shrink = min(short_side / min(info.height, info.width), 1.0)
    bytes_of_window = 3 * length * info.height * info.width * shrink**2
    most = min(int(BYTES_READ_AT_ONCE / bytes_of_window), MAX_FRAMES // length)
    return max(most // CLASSIFIED_AT_ONCE, 1) * CLASSIFIED_AT_ONCE


def film_of(exploration: Exploration) -> FilmScores:
    """The scores over time of a look (`Explorer.scan`), whose windows lie further apart in a long video."""
    info = exploration.info
    times, scores = exploration.score_times, exploration.scores
    return FilmScores(exploration.network, exploration.name, exploration.labels, info.duration, exploration.span[1], times, scores)
