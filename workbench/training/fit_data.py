"""Training and validation videos of a run as batches; unreadable videos stop it, or are left out and listed."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from workbench.data.clips import VideoClip, VideoClips
from workbench.data.datasets import VideoSet, open_dataset
from workbench.data.doctor import diagnose
from workbench.data.findings import Diagnosis
from workbench.data.layouts.base import DatasetError
from workbench.training.fit_config import FitRun
from workbench.training.loop import LabelledBatch
from workbench.video.read import VideoError

DIAGNOSIS = "diagnosis.json"  # in the run's folder: a set that has not changed since is not examined again


@dataclass(frozen=True)
class VideoSplits:
    """train, validation: what can be used. skipped: "split: name" of what cannot, with the reason."""

    train: VideoSet
    validation: VideoSet
    skipped: dict[str, str]

    @property
    def digest(self) -> str:
        """Changes with the names of the videos and their order."""
        names = [item.name for videos in (self.train, self.validation) for item in videos.items]
        return hashlib.sha256("\n".join(names).encode()).hexdigest()


def check_splits(config: FitRun) -> Diagnosis | None:
    """The doctor's word on the data set; None where it is not to be asked.

    Raises DatasetError for a set that it calls broken, unless what is bad is to be skipped.
    """
    if not config.check:
        return None
    cache = config.output and config.output / DIAGNOSIS
    diagnosis = diagnose(config.data, config.layout, config.fold, config.of.model.num_frames, progress=config.progress, cache=cache)
    if diagnosis.broken and not config.skip_bad:
        errors = [finding for finding in diagnosis.findings if finding.severity == "error"]
        raise DatasetError(
            f"{config.data.name} is broken: {errors[0].sentence} For example {errors[0].cases[0]}. "
            f"`workbench doctor {config.data.name}` names them all, and `skip_bad` trains without those that cannot be used"
        )
    return diagnosis


def usable_splits(config: FitRun, diagnosis: Diagnosis | None) -> VideoSplits:
    """Both splits without the videos that the diagnosis says to skip. Raises DatasetError where nothing is left of one."""
    usable, skipped = [], {}
    for split in ("train", "validation"):
        videos = open_dataset(config.data, config.layout, split, config.fold)
        bad = diagnosis.bad(videos.split) if diagnosis else {}
        reasons = dict.fromkeys(videos.missing, "is listed, and not there") | bad
        skipped |= {f"{videos.split}: {name}": reason for name, reason in reasons.items()}
        usable.append(replace(videos, items=tuple(item for item in videos.items if item.name not in bad)))
        if not usable[-1].items:
            raise DatasetError(f"{config.data.name} has no {videos.split} video that can be used")
    train, validation = usable
    return VideoSplits(train, validation, skipped)


@dataclass(frozen=True)
class Unreadable:
    """A video without a clip, as "split: name", and why."""

    name: str
    reason: str


class Readable(Sequence[VideoClip | Unreadable]):
    """The same clips, with an Unreadable in the place of each that cannot be read."""

    def __init__(self, clips: VideoClips):
        self.clips = clips

    def __len__(self) -> int:
        return len(self.clips)

    def __getitem__(self, index: int) -> VideoClip | Unreadable:
        try:
            return self.clips[index]
        except VideoError as error:
            return Unreadable(f"{self.clips.videos.split}: {self.clips.video_of(index).name}", str(error))


def collate(clips: list[VideoClip | Unreadable]) -> LabelledBatch:
    """The clips that could be read, as one batch; it may hold none."""
    read = [clip for clip in clips if isinstance(clip, VideoClip)]
    skipped = {clip.name: clip.reason for clip in clips if isinstance(clip, Unreadable)}
    frames = np.stack([clip.frames for clip in read]) if read else np.zeros((0, 1, 1, 1, 3), np.uint8)
    return LabelledBatch(torch.from_numpy(frames), torch.tensor([clip.label for clip in read], dtype=torch.int64), skipped=skipped)
