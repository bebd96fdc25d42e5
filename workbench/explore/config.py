"""`LookConfig`: which part of a video to look at, and how; and the frames that this chooses."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Literal

import numpy as np

from workbench.model.backbone import StageName
from workbench.parameters import Range, check_ranges
from workbench.video.protocol import TestProtocol, clip_indices
from workbench.video.read import VideoInfo
from workbench.video.sampling import dense_indices, segment_indices

MOST_FRAMES = 32  # of a clip: what a laptop answers in a second or two
MOST_CLIPS = 10  # that answers are averaged over: what the paper tests with
EstimateName = Literal["network", "refined"]
FINEST = 512  # pixels of the short side at which displacement is read: frames are kept for looking at 480


@dataclass(frozen=True)
class LookConfig:
    """Which frames of a video a network sees, and how its correspondences are read. None: as the network was trained.

    Raises ValueError for what cannot be.

    Args:
        start: of the clip, in seconds; by default it lies in the middle of the video.
        seconds: that the clip lasts.
        frames: how many the clip has.
        stride: frames of the video from one to the next; by default they spread over the span.
        mirrored: the video is a mirror image, as some cameras record; left and right are exchanged before the network sees it.
        resolution: short side in pixels at which displacement is read; by default twice the training size, up to 224.
        layer: the stage whose features are matched; by default the first after which a motion module stands.
        clips: test views in time that the answer is averaged over, each as long as the one shown. Frames and correspondences are those of
            one clip.
        crops: test views of each clip, the centre (1) or left, centre and right (3, squares of the whole short side).
        estimate: of the displacement, as the "network" uses it, every cell for itself, or "refined" for display, neighbours together.
    """

    start: Annotated[float | None, Range(0, unit="s")] = None
    seconds: Annotated[float | None, Range(above=0, unit="s")] = None
    frames: Annotated[int | None, Range(2, MOST_FRAMES)] = None
    stride: Annotated[int | None, Range(1, unit="frame of the video")] = None
    mirrored: bool = False
    resolution: Annotated[int | None, Range(1, FINEST, unit="pixels")] = None
    layer: StageName | None = None
    clips: Annotated[int, Range(1, MOST_CLIPS)] = 1
    crops: Literal[1, 3] = 1
    estimate: EstimateName = "network"

    def __post_init__(self):
        check_ranges(self)

    @property
    def view_words(self) -> str:
        """Over which views the answer is the mean, in words; "" for one."""
        views = [f"{count} {name}" for count, name in ((self.clips, "clips"), (self.crops, "crops")) if count > 1]
        return f"the mean over {' x '.join(views)}" if views else ""


AS_TRAINED = LookConfig()  # nothing is asked for


def choose_span(config: LookConfig, info: VideoInfo, trained: float | None, num_frames: int) -> tuple[float, float]:
    """Start and length of the clip in seconds. trained: the seconds that a clip spanned in training, None for a whole video.

    Raises ValueError for a start beyond the video's end.
    """
    wanted = trained or info.duration
    if config.stride is not None:
        wanted = num_frames * config.stride / info.fps
    if config.seconds is not None:
        wanted = config.seconds if config.stride is None else min(config.seconds, wanted)
    start = config.start if config.start is not None else max((info.duration - wanted) / 2, 0.0)
    if start >= info.duration:
        raise ValueError(f"the clip must start within the {info.duration:.2f} s of the video, got {wanted:g} s from {start:g} s")
    return float(start), float(min(wanted, info.duration - start))


def sample_frames(info: VideoInfo, start: float, seconds: float, length: int, stride: int | None, segments: bool) -> list[int]:
    """Indices of a clip's frames: every stride-th from the start, or spread over the span; for networks trained so, the
    middles of segments where the span is the whole video. Where the video ends too soon, the clip begins earlier."""
    if stride is not None:
        reach = stride * (length - 1)
        first = int(np.searchsorted(info.times, info.times[0] + start - 1e-6))
        first = max(min(first, info.num_frames - 1 - reach), 0)
        return [min(first + stride * i, info.num_frames - 1) for i in range(length)]
    if segments and seconds >= info.duration - 1e-6:
        return segment_indices(info.num_frames, length)
    return dense_indices(info.times, start, seconds, length)


def choose_clips(config: LookConfig, protocol: TestProtocol, info: VideoInfo, span: tuple[float, float], length: int) -> list[list[int]]:
    """Indices of the frames of each of the protocol's clips: as the protocol has them, unless the config says which span or
    stride; then one clip is that span, and several are as long and evenly spaced over the video."""
    if (config.start, config.seconds, config.stride) == (None, None, None):
        return clip_indices(protocol, info, length)
    starts = [span[0]] if protocol.clips == 1 else np.linspace(0, max(info.duration - span[1], 0.0), protocol.clips).tolist()
    return [sample_as_trained(config, protocol, info, (start, span[1]), length) for start in starts]


def sample_as_trained(config: LookConfig, protocol: TestProtocol, info: VideoInfo, span: tuple[float, float], length: int) -> list[int]:
    """Indices of the frames of a clip over a span, by the config's stride, else as the network was trained."""
    own = protocol.sampling.stride if config.seconds is None else None
    if own is not None and config.stride is None and info.num_frames < own * length:
        return clip_indices(replace(protocol, clips=1), info, length)[0]
    return sample_frames(info, *span, length, config.stride or own, protocol.sampling.kind == "segment")


def half_speed_indices(times: Sequence[float], indices: Sequence[int]) -> list[int] | None:
    """Frames from the first of a clip to its middle, as many as the clip has: what it would show at half the speed.

    None where the video has too few frames in between.
    """
    first, last = times[indices[0]], times[indices[-1]]
    moments = first + (np.asarray([times[i] for i in indices]) - first) / 2
    between = (np.searchsorted(times, moments + 1e-6, side="right") - 1).clip(0)
    return between.tolist() if last > first and len(np.unique(between)) == len(indices) else None


@dataclass(frozen=True)
class ClipPlan:
    """Frames of a whole stretch of video, clip after clip: indices and times (s), in order; spacing: seconds between two, on average.

    seconds_left_out: seconds of the stretch that no clip shows.
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


def plan_clips(config: LookConfig, protocol: TestProtocol, info: VideoInfo, length: int, most: int) -> ClipPlan:
    """At most `most` pairs of frames from the start of the span, by default of the video, to its end.

    The spacing is the one that a clip of `length` frames has when no span is set: longer steps would leave the window of the
    network. Where the video has fewer frames, it is theirs. Raises ValueError for a start beyond the video's end.
    """
    _, seconds = choose_span(replace(config, start=None, seconds=None), info, protocol.sampling.span(length, info.fps), length)
    spacing = seconds / length
    whole = replace(config, start=config.start or 0.0, seconds=config.seconds or info.duration, stride=None)
    start, stretch = choose_span(whole, info, None, 1)

    count = int(np.ceil(stretch / spacing - 1e-6))
    moments = info.times[0] + start + spacing * np.arange(min(count, most + 1))
    indices = np.unique((np.searchsorted(info.times, moments + 1e-6, side="right") - 1).clip(0))
    if len(indices) == 1:  # there is no pair: one of the frame with itself, or with the next
        indices = np.array([indices[0], min(indices[0] + 1, info.num_frames - 1)])
    times = tuple(info.times[index] for index in indices)
    mean_spacing = (times[-1] - times[0]) / (len(times) - 1) or spacing
    return ClipPlan(tuple(indices.tolist()), times, mean_spacing, max(count - most - 1, 0) * spacing)
