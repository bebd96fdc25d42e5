"""Test protocols: which views (clips x crops) of a video are tested; model/inference.py averages over them.

>>> kinetics = TestProtocol(clips=10, crops=3, resize=256, size=256, sampling=Sampling("dense", stride=4))
>>> views = load_views("clip.mp4", kinetics, num_frames=16)
>>> views.frames.shape    # v t h w c
(30, 16, 256, 256, 3)
"""

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

import numpy as np
from einops import rearrange
from jaxtyping import UInt8

from workbench.parameters import Range, check_ranges
from workbench.video.read import VideoInfo, probe_video, read_video
from workbench.video.sampling import SEGMENT_SAMPLING, Sampling, dense_indices, spread_segment_indices, strided_indices
from workbench.video.transforms import Crop, crop_at, resize_as

Average = Literal["logits", "probabilities"]  # of a video's views
HELD = 256 * 10**6  # bytes of decoded frames at once: a long clip of large frames is read in parts


@dataclass(frozen=True)
class TestProtocol:
    """clips: in time. crops: 1 is the centre, 3 are left, centre and right (top, centre, bottom of tall frames).
    resize: of whole frames, rows and columns whatever the aspect, or the short side alone. size: pixels of the square crop;
    None is full resolution, the resized frame uncut. sampling: as in training. average: of what the answers' mean is taken.

    Raises ValueError for what cannot be.
    """

    clips: Annotated[int, Range(1)] = 1
    crops: Literal[1, 3] = 1
    resize: tuple[int, int] | int = (240, 320)
    size: Annotated[int | None, Range(1, unit="pixel")] = 224
    sampling: Sampling = SEGMENT_SAMPLING
    average: Average = "logits"

    def __post_init__(self):
        check_ranges(self)
        if self.size is None and self.crops != 1:
            raise ValueError(f"crops must be 1 at full resolution, where nothing is cut off, got {self.crops}")
        if self.short_side < (self.size or 1):
            raise ValueError(f"resize must leave at least the {self.size or 1} pixels of the crop each way, got {self.resize!r}")

    @property
    def views(self) -> int:
        """How many a video has."""
        return self.clips * self.crops

    @property
    def short_side(self) -> int:
        """Pixels of the shorter side of a resized frame (of one whose aspect is kept, exactly)."""
        return self.resize if isinstance(self.resize, int) else min(self.resize)

    def spread(self, clips: int, crops: int) -> "TestProtocol":
        """The same with so many views. Three crops are squares of the whole short side, as the authors test on Kinetics."""
        return replace(self, clips=clips, crops=crops, size=self.short_side if crops > 1 else self.size)

    def as_facts(self) -> dict[str, Any]:
        """Flat, as files have it."""
        own = {name: getattr(self, name) for name in ("clips", "crops", "resize", "size")}
        sampling = {"sampling": self.sampling.kind, "stride": self.sampling.stride}
        return {**own, **sampling, "average": self.average, "seconds": self.sampling.seconds}

    @classmethod
    def from_facts(cls, facts: dict[str, Any]) -> "TestProtocol":
        """What `as_facts` gave, by way of JSON. Raises ValueError, TypeError or KeyError for anything else."""
        resize = facts["resize"]
        if not isinstance(resize, int):
            height, width = resize
            resize = height, width
        sampling = Sampling(facts["sampling"], facts["stride"], facts["seconds"])
        return cls(facts["clips"], facts["crops"], resize, facts["size"], sampling, facts["average"])


def protocol_of(size: int, resize: tuple[int, int] | int | None, sampling: Sampling) -> TestProtocol:
    """One clip, centre crop, by the fields of a checkpoint's preprocessing."""
    return TestProtocol(resize=resize or size, size=size, sampling=sampling)


@dataclass(frozen=True)
class Views:
    """What a network is asked about a video: frames `v t h w 3`, for each clip in turn its crops from left to right (top to
    bottom). indices: of the frames of each clip, in the video. note: what had to be repaired, "" if nothing."""

    frames: UInt8[np.ndarray, "v t h w 3"]
    indices: tuple[tuple[int, ...], ...]
    note: str = ""


def load_views(path: str | os.PathLike, protocol: TestProtocol, num_frames: int) -> Views:
    """The views of a file or of a folder of pictures, clips of num_frames. Raises VideoError for what gives no frames."""
    info = probe_video(path)
    return read_views(info, clip_indices(protocol, info, num_frames), protocol)


def read_views(
    info: VideoInfo,
    clips: list[list[int]],
    protocol: TestProtocol,
    short_side: int | None = None,
    turn: Callable[[np.ndarray], np.ndarray] | None = None,
) -> Views:
    """The views of the clips whose frames are named, by the protocol's resize and crops; each frame is read once.

    short_side: to which frames are made smaller while they are decoded. turn: what befalls whole frames `t h w 3` first.
    """
    cuts: dict[int, np.ndarray] = {}  # by the index of a frame: its crops `n h w 3`
    notes: list[str] = []
    for part in parts(sorted({index for clip in clips for index in clip}), info):
        video = read_video(info.path, part, short_side)
        notes += [video.note] * bool(video.note)
        frames = turn(video.frames) if turn else video.frames
        cuts |= zip(part, np.moveaxis(cut_views(frames, protocol), 1, 0), strict=True)
    views = rearrange(np.stack([np.stack([cuts[index] for index in clip]) for clip in clips]), "c t n h w rgb -> (c n) t h w rgb")
    return Views(views, tuple(map(tuple, clips)), "; ".join(dict.fromkeys(notes)))


def clip_indices(protocol: TestProtocol, info: VideoInfo, num_frames: int) -> list[list[int]]:
    """Which frames of a video each clip takes.

    Segments: each clip takes one frame of each of num_frames equal parts, the clips evenly spaced within a part (one clip the
    middle, as the authors; several are our reading). Dense: the clips start at even spaces from the first frame to the last
    one from which a clip fits, and one that does not fit begins anew (Kinetics: 64 frames); one clip alone lies in the middle,
    which is our reading, since the authors' ten have no such case.
    """
    sampling, clips = protocol.sampling, protocol.clips
    if sampling.stride is not None:
        last = max(info.num_frames - sampling.stride * num_frames, 0)
        starts = [last // 2] if clips == 1 else np.linspace(0, last, clips).astype(int).tolist()
        return [strided_indices(info.num_frames, num_frames, sampling.stride, start) for start in starts]
    if sampling.seconds is not None:
        seconds, last = min(sampling.seconds, info.duration), max(info.duration - sampling.seconds, 0.0)
        starts = [last / 2] if clips == 1 else np.linspace(0, last, clips).tolist()
        return [dense_indices(info.times, start, seconds, num_frames) for start in starts]
    return spread_segment_indices(info.num_frames, num_frames, clips)


def parts(indices: list[int], info: VideoInfo) -> Iterable[list[int]]:
    """Frames to read at once."""
    count = max(HELD // (3 * info.height * info.width), 1)
    return (indices[first : first + count] for first in range(0, len(indices), count))


def cut_views(frames: UInt8[np.ndarray, "t h w 3"], protocol: TestProtocol) -> UInt8[np.ndarray, "n t h2 w2 3"]:
    """Whole frames -> resized, then cropped: n crops of them all."""
    resized = resize_as(frames, protocol.resize)
    _, height, width, _ = resized.shape
    return np.stack([crop_at(resized, crop) for crop in crops_of(height, width, protocol)])


def crops_of(height: int, width: int, protocol: TestProtocol) -> list[Crop]:
    """Where the crops of a resized frame lie, along its longer side."""
    if protocol.size is None:
        return [Crop(0, 0, height, width)]
    down, across = height - protocol.size, width - protocol.size
    if protocol.crops == 1:
        return [Crop(down // 2, across // 2, protocol.size, protocol.size)]
    if width >= height:
        places = [(down // 2, left) for left in (0, across // 2, across)]
    else:
        places = [(top, across // 2) for top in (0, down // 2, down)]
    return [Crop(top, left, protocol.size, protocol.size) for top, left in places]
