"""The frames of a video that one look takes, from a `LookConfig`."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from workbench.explore.config import LookConfig
from workbench.video.protocol import TestProtocol, clip_indices
from workbench.video.read import VideoInfo
from workbench.video.sampling import dense_indices, segment_indices


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
