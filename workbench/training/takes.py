"""Motions of your own and their takes: short clips in a folder for each motion, as `open_dataset` and notebook 13 read them."""

import os
import re
import shutil
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from workbench.data.datasets import VideoItem, VideoSet
from workbench.video.read import VideoError, VideoInfo, probe_video, read_video
from workbench.video.transforms import resize_short_side
from workbench.video.uploads import VideoLimits, as_video
from workbench.video.write import write_video

MOST_MOTIONS = 8
MOST_TAKES = 40  # of a motion
MOST_SECONDS = 10.0  # of a take
FEWEST_FRAMES = 8  # of a take: as many as a network looks at
KEPT_SIDE = 144  # pixels of what is kept: twice what the small networks are shown, so that training reads quickly
MOST_FPS = 30.0
KEPT_QUALITY = 18  # of what is kept, the encoder's constant rate factor
TAKE_PICTURE_SIDE = 72  # pixels of the short side of a take's picture
LONGEST_NAME = 40  # characters
NO_FOLDER_NAME = re.compile(r'[<>:"/\\|?*\x00-\x1f]|^\.|[. ]$')


class TeachingError(ValueError):
    """What cannot be taught, in a sentence with the remedy."""


@dataclass(frozen=True)
class Take:
    """A clip of a motion. path: of what is kept of it; digest: of that file; picture: its middle frame, small."""

    motion: str
    path: Path
    seconds: float
    digest: str
    picture: UInt8[np.ndarray, "h w 3"]

    @property
    def name(self) -> str:
        """As the data set names it."""
        return f"{self.motion}/{self.path.name}"


@dataclass(frozen=True)
class TakeSet:
    """Motions in the order in which they were named, and their takes. Every change gives a new value; the files lie in `folder`, in a
    folder for each motion. number: of the take that was added last."""

    folder: Path
    motions: tuple[str, ...] = ()
    takes: tuple[Take, ...] = ()
    number: int = 0

    def of(self, motion: str) -> tuple[Take, ...]:
        return tuple(take for take in self.takes if take.motion == motion)

    @property
    def labels(self) -> tuple[str, ...]:
        """The motions that have takes, by the alphabet, as the data set orders its classes."""
        return tuple(sorted({take.motion for take in self.takes}))

    def videos(self) -> VideoSet:
        """All takes as one split, in the order in which they were added."""
        items = (VideoItem(take.name, take.path, self.labels.index(take.motion)) for take in self.takes)
        return VideoSet("folders", "train", self.labels, tuple(items))

    def add_motion(self, name: str) -> "TakeSet":
        """Raises TeachingError for a name that is none, is there already, or is one too many."""
        name = " ".join(name.split())
        if not name:
            raise TeachingError("A motion needs a name, such as waving.")
        if len(name) > LONGEST_NAME or NO_FOLDER_NAME.search(name):
            raise TeachingError(
                f"{name[:LONGEST_NAME]!r} cannot be the name of a motion: it is the name of a folder, too. "
                f"Take letters, digits and spaces, at most {LONGEST_NAME} of them."
            )
        if name.casefold() in map(str.casefold, self.motions):
            raise TeachingError(f"There is a motion {name!r} already; choose it, or take another name.")
        if len(self.motions) == MOST_MOTIONS:
            raise TeachingError(f"There are {MOST_MOTIONS} motions already, which is the most; remove one first.")
        return replace(self, motions=(*self.motions, name))

    def remove_motion(self, name: str) -> "TakeSet":
        """With its takes, whose files go, too."""
        if name in self.motions:
            shutil.rmtree(self.folder / name, ignore_errors=True)
        motions = tuple(motion for motion in self.motions if motion != name)
        return replace(self, motions=motions, takes=tuple(take for take in self.takes if take.motion != name))

    def add_take(self, motion: str, video: str | os.PathLike, limits: VideoLimits | None = None) -> "TakeSet":
        """A clip is kept small, at an even pace of at most 30 frames a second, so that recordings of browsers are read like any other.

        limits: of what is given. Raises VideoError for what gives no frames or is beyond the limits, TeachingError for a motion that is
        not there, and for a take that is too long, too short, there already or one too many; all takes together may be as large as one
        upload.
        """
        if motion not in self.motions:
            raise TeachingError(f"There is no motion {motion!r}; name it first.")
        if len(self.of(motion)) >= MOST_TAKES:
            raise TeachingError(f"{motion!r} has {MOST_TAKES} takes already, which is the most; drop one first.")
        limits = limits or VideoLimits()
        info = probe_video(as_video(video, limits))
        limits.check(info)
        check_length(info)
        path = self.folder / motion / f"take {self.number + 1:03}.mp4"
        path.parent.mkdir(parents=True, exist_ok=True)
        frames, fps = read_evenly(info)
        write_video(path, frames, fps, KEPT_QUALITY, preset="ultrafast")  # x264's others are not the same to the bit each time
        take = Take(motion, path, info.duration, blake2b(path.read_bytes(), digest_size=16).hexdigest(), small_picture(frames))
        if sum(path.stat().st_size for path in self.folder.rglob("*.mp4")) > limits.bytes:
            path.unlink()
            raise TeachingError(f"The takes are too large together: at most {limits.megabytes} MB are kept of a visit; drop some first.")
        if twin := next((other for other in self.takes if other.digest == take.digest), None):
            path.unlink()
            raise TeachingError(f"{info.path.name} is here already, as a take of {twin.motion!r}; a take counts once.")
        return replace(self, takes=(*self.takes, take), number=self.number + 1)

    def drop_take(self, name: str) -> "TakeSet":
        """Without the take of that name, whose file goes, too. Nothing changes where there is none."""
        for take in self.takes:
            if take.name == name:
                take.path.unlink(missing_ok=True)
        return replace(self, takes=tuple(take for take in self.takes if take.name != name))

    def check(self) -> None:
        """Raises TeachingError, with what is still missing, where nothing can be taught yet."""
        if len(self.motions) < 2:
            raise TeachingError("Name at least two motions, so that there is something to tell apart.")
        if few := [motion for motion in self.motions if len(self.of(motion)) < 2]:
            raise TeachingError(
                f"{few[0]!r} needs at least 2 takes, one to learn from and one to be tested with; it has {len(self.of(few[0]))}. "
                "Ten are better."
            )
        if gone := [take for take in self.takes if not take.path.is_file()]:
            are = "1 take is" if len(gone) == 1 else f"{len(gone)} takes are"
            raise TeachingError(f"{are} no longer here: takes are kept for a limited time. Remove the motions, and begin anew.")


def check_length(info: VideoInfo) -> None:
    """Raises TeachingError for what is no take."""
    if info.duration > MOST_SECONDS:
        raise TeachingError(
            f"{info.path.name} lasts {info.duration:.1f} s; a take is one motion of about 2 s, and at most {MOST_SECONDS:g} s: cut it."
        )
    if info.num_frames < FEWEST_FRAMES:
        raise VideoError(f"{info.path.name} has {info.num_frames} frames; a take needs at least {FEWEST_FRAMES}.")


def read_evenly(info: VideoInfo) -> tuple[UInt8[np.ndarray, "t h w 3"], float]:
    """The frames shown at evenly spaced moments, with their pace: a browser records at a pace that varies."""
    fps = min(info.fps, MOST_FPS)
    moments = info.times[0] + np.arange(max(round(info.duration * fps), FEWEST_FRAMES)) / fps
    indices = (np.searchsorted(info.times, moments + 1e-6, side="right") - 1).clip(0)
    wanted, places = np.unique(indices, return_inverse=True)
    return read_video(info.path, wanted.tolist(), short_side=KEPT_SIDE).frames[places], fps


def small_picture(frames: UInt8[np.ndarray, "t h w 3"]) -> UInt8[np.ndarray, "h2 w2 3"]:
    middle = len(frames) // 2
    return resize_short_side(frames[middle : middle + 1], TAKE_PICTURE_SIDE)[0]
