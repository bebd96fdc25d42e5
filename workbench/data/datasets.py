"""Video data sets as people have them on disk -> a list of videos with their classes.

>>> train = open_dataset("ssv2", "something-v2", split="train")
>>> train.labels[train.items[0].label], train.items[0].path
"""

from dataclasses import dataclass
from pathlib import Path


class DatasetError(ValueError):
    """One sentence: what is wrong with a folder or list, and the remedy."""


@dataclass(frozen=True)
class VideoItem:
    """A video by its name in the data set's lists: path of a file or of a folder of frames, the number of its class, and how
    many frames it has where a list says so."""

    name: str
    path: Path
    label: int
    num_frames: int | None = None


@dataclass(frozen=True)
class VideoSet:
    """The videos of one split, in the order of the list. missing: names that are listed but have no file."""

    layout: str
    split: str
    labels: tuple[str, ...]
    items: tuple[VideoItem, ...]
    missing: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.items)
