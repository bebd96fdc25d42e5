"""`read_video`: any video file, animated GIF or folder of pictures -> frames; what is wrong with a file is one sentence."""

import operator
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np

from workbench.paths import ASSETS
from workbench.video.worker import WorkerFailure, worker

Reader = Literal["pyav", "decord"]
MAX_FRAMES = 3000
MAX_SECONDS = 3600
MAX_PIXELS = 8192 * 4320
MOST_ELONGATED = 16  # times the shorter side of a frame: networks see frames of a given short side, however long that makes the other
TIMEOUT = 20


class VideoError(ValueError):
    """One sentence: the file's name, what is wrong with it, and the remedy if there is one."""


@dataclass(frozen=True)
class VideoInfo:
    """A video as it is shown: rotation is applied, frames that players hide are not counted."""

    path: Path
    times: tuple[float, ...]  # when each frame is shown, in seconds from the first
    fps: float  # mean, measured from the times of the frames
    duration: float  # seconds
    height: int
    width: int
    rotation: int  # degrees clockwise by which the stored picture is turned to be shown: 0, 90, 180, 270
    codec: str
    note: str  # what is known to be unusual or wrong with the file, "" if nothing
    mirrored: bool = False  # from left to right, before it is turned
    damage: str = ""  # the part of the note that tells of lost pictures

    @property
    def num_frames(self) -> int:
        return len(self.times)


@dataclass(frozen=True)
class Video:
    """Decoded frames `t h w c`, uint8 RGB, upright."""

    frames: np.ndarray
    fps: float  # of the file, not of the frames chosen
    indices: tuple[int, ...]  # in the file, in order of display
    times: tuple[float, ...]  # seconds from the first frame of the file
    backend: str  # "pyav", "decord" or "pillow"
    note: str  # what is unusual, or was repaired or left out, "" if nothing
    damage: str = ""  # the part of the note that tells of lost pictures


def probe_video(
    path: str | os.PathLike,
    fps: float = 12,
    max_seconds: float = MAX_SECONDS,
    max_pixels: int = MAX_PIXELS,
    timeout: float = TIMEOUT,
) -> VideoInfo:
    """What a file holds: read from its packets and first frame, or by decoding it once where they do not tell which frames there are.

    fps: of a folder of pictures. timeout: seconds of computing without progress. Raises VideoError.
    """
    limits = {"frames": MAX_FRAMES, "seconds": max_seconds, "pixels": max_pixels}
    header, _ = ask_worker({"do": "probe", "path": os.fspath(path), "fps": float(fps), "limits": limits}, timeout)
    info = VideoInfo(Path(path), tuple(header.pop("times")), **header)
    if max(info.height, info.width) > MOST_ELONGATED * min(info.height, info.width):
        raise VideoError(
            f"{info.path.name} is too narrow: {info.width} x {info.height} pixels, where one side may have {MOST_ELONGATED} times "
            "the pixels of the other; crop it or add a border."
        )
    return info


def read_video(
    path: str | os.PathLike,
    indices: Iterable[int] | None = None,
    short_side: int | None = None,
    fps: float = 12,
    max_frames: int = MAX_FRAMES,
    max_seconds: float = MAX_SECONDS,
    max_pixels: int = MAX_PIXELS,
    timeout: float = TIMEOUT,
    reader: Reader = "pyav",
) -> Video:
    """Frames by their indices, in the order asked for (default: all), never more than those in memory.

    short_side: pixels; frames are made smaller while they are decoded, never larger.
    fps: of a folder of pictures, which has none of its own.
    max_frames, max_seconds, max_pixels: a read of more frames, a longer video, larger stored frames (h * w) are refused.
    timeout: seconds of computing without progress after which decoding is given up.
    reader: "pyav", or "decord" for files that it is not known to show wrongly; it says nothing of damaged frames.

    A frame is what the decoder gives, in the order of display, upright, of square pixels; what is transparent is shown on black. Grey
    of more than 8 bits in a folder of pictures is scaled so that the least of 8, 10, 12, 14 and 16 bits that hold it become 0 to 255
    (fractions: 0 to 1). Of several series of pictures in a folder the natural one is read, or all are named. A frame that cannot be
    decoded is replaced by the one before it. `note` says what of these there was.
    Raises VideoError (a ValueError) for every file that gives no frames, and for indices outside the video.
    """
    if short_side is not None and short_side < 1:
        raise ValueError(f"short_side must be at least 1 pixel, not {short_side}")
    if fps <= 0:
        raise ValueError(f"fps must be above 0, not {fps}")
    if reader not in get_args(Reader):
        raise ValueError(f"reader must be one of {', '.join(get_args(Reader))}, not {reader!r}")
    request = {
        "do": "read",
        "path": os.fspath(path),
        "fps": float(fps),
        "short_side": short_side,
        "reader": reader,
        "indices": None if indices is None else [operator.index(index) for index in indices],
        "limits": {"frames": max_frames, "seconds": max_seconds, "pixels": max_pixels},
    }
    if request["indices"] == []:
        raise ValueError("no frame was asked for")
    header, frames = ask_worker(request, timeout)
    return Video(frames, indices=tuple(header.pop("indices")), times=tuple(header.pop("times")), **header)


def ask_worker(request: dict, timeout: float) -> tuple[dict, Any]:
    name = Path(request["path"]).name or request["path"]
    try:
        header, pixels = worker.ask(request, timeout)
    except WorkerFailure as failure:
        if failure.late:
            raise VideoError(
                f"{name} could not be read within {timeout:g} s of computing; ask for fewer frames or make it smaller."
            ) from failure
        raise VideoError(
            f"{name} made the decoding process crash (code {failure.code}); the file is damaged, convert it first."
        ) from failure
    if "refused" in header:
        raise VideoError(f"{name} {header['refused']}.")
    return header, pixels


@dataclass(frozen=True)
class Sample:
    """A video that may be shown to anyone: its file's name without ending, a title for people, where it is from, and what it teaches.

    start: where something worth seeing happens, in seconds; None for the middle.
    """

    name: str
    title: str
    source: str
    lesson: str
    start: float | None = None

    @property
    def path(self) -> Path:
        return ASSETS / f"{self.name}.mp4"

    @property
    def poster(self) -> Path:
        """A small picture of it, JPEG."""
        return ASSETS / f"{self.name}.jpg"


OWN_WORK = "generated by this workbench, no rights reserved"


def sample_videos() -> tuple[Sample, ...]:
    return (
        Sample("camouflage", "Camouflage", OWN_WORK, "in a still the shape is hard to see; in motion it stands out.", start=0.0),
        Sample(
            "nasa",
            "NASA",
            "NASA, public domain, by way of the test resources of meta-pytorch/torchcodec",
            "a real film that fades from one scene to another. The network knows no word for that, and says so.",
            start=5.0,
        ),
        Sample(
            "bunny",
            "Bunny",
            "Big Buck Bunny, (c) 2008 Blender Foundation, www.bigbuckbunny.org, CC BY 3.0; made smaller and cut",
            "fur is easy to find again, so each part of the body has its own arrows; none of the network's words fits.",
            start=0.9,
        ),
        Sample(
            "cat",
            "Cat",
            "a photograph by Stéfan van der Walt (CC0) under a camera of this workbench",
            "the camera moves to the right, so the whole picture goes left. Move the range past 2 s to see it approach.",
            start=0.5,
        ),
        Sample(
            "stripes",
            "Stripes",
            OWN_WORK,
            "slanted, they move to the right behind a round hole. All spots along a stripe look alike, so other directions fit as well.",
            start=1.0,
        ),
        Sample(
            "wallpaper",
            "Wallpaper",
            OWN_WORK,
            "dots that repeat move up. Each looks like its neighbours, so no match is certain and the arrows are faint.",
            start=1.0,
        ),
    )
