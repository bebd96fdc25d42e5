"""Clips of videos -> batches; a video that cannot be read becomes its name and the reason, and does not stop the others."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from workbench.data.clips import VideoClip, VideoClips
from workbench.data.video import VideoError
from workbench.lab.batch import Batch


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


def collate(clips: list[VideoClip | Unreadable]) -> Batch:
    """The clips that could be read, as one batch; it may hold none."""
    read = [clip for clip in clips if isinstance(clip, VideoClip)]
    skipped = {clip.name: clip.reason for clip in clips if isinstance(clip, Unreadable)}
    frames = np.stack([clip.frames for clip in read]) if read else np.zeros((0, 1, 1, 1, 3), np.uint8)
    return Batch(torch.from_numpy(frames), torch.tensor([clip.label for clip in read], dtype=torch.int64), skipped=skipped)
