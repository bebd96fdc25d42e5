"""`open_dataset`: a folder of videos -> videos and classes by split; the list of layouts, each read by a file in data/layouts/.

>>> train = open_dataset("ssv2", "something-v2", split="train")
>>> train.labels[train.items[0].label], train.items[0].path

Nothing is copied or changed. A listed video is a file of any usual format or a folder of pictures; where both are there, the folder.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from workbench.data.layouts.base import SPLITS, DatasetError, Disk, Index, Layout, Listing, scan_tree
from workbench.data.layouts.benchmarks import HMDB51, KINETICS, SOMETHING_V1, SOMETHING_V2
from workbench.data.layouts.folders import FOLDERS
from workbench.data.layouts.lists import LISTS, UCF101

LAYOUTS = {
    layout.name: layout for layout in (SOMETHING_V1, SOMETHING_V2, HMDB51, UCF101, KINETICS, LISTS, FOLDERS)
}  # the surest sign first


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
    """The videos of one split, in the order of the list. missing: names that are listed but have no file. ignored: files among
    the videos that are none, where the videos are not listed; unread: lists that were not understood."""

    layout: str
    split: str
    labels: tuple[str, ...]
    items: tuple[VideoItem, ...]
    missing: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.items)


def open_dataset(folder: str | os.PathLike, layout: str = "auto", split: str = "train", fold: int = 1) -> VideoSet:
    """The videos of a split: "train", "validation" or "test".

    layout: one of `LAYOUTS`, or "auto" to recognise it. fold: of the three official divisions of HMDB-51 and UCF-101. A set without
    validation videos, as these are, answers with its test videos for them; `split` of the answer then says "test".
    Raises DatasetError for a folder or list that is wrong, and for a split that is not there or has no labels.
    """
    if split not in SPLITS:
        raise DatasetError(f"A split is one of {', '.join(SPLITS)}, not {split!r}.")
    disk, chosen, listing = open_lists(folder, layout, fold)
    if split == "validation" and "validation" not in listing.splits and "test" in listing.splits:
        split = "test"
    if split not in listing.splits:
        raise DatasetError(f"{disk.folder} has no {split} split, only {' and '.join(listing.splits)}; ask for one of them.")
    if lacks_labels(listing, split):
        raise DatasetError(f"The {split} videos of {disk.folder} have no labels; ask for another split.")
    return find_videos(disk, chosen, listing, [split])[split]


def open_splits(folder: str | os.PathLike, layout: str = "auto", fold: int = 1) -> dict[str, VideoSet]:
    """All splits that are there and have labels, by name. Raises DatasetError as `open_dataset` does."""
    disk, chosen, listing = open_lists(folder, layout, fold)
    labelled = [split for split in SPLITS if split in listing.splits and not lacks_labels(listing, split)]
    if not labelled:
        raise DatasetError(f"No list of {disk.folder} gives each video a class; correct the lists.")
    return find_videos(disk, chosen, listing, labelled)


def open_lists(folder: str | os.PathLike, layout: str, fold: int) -> tuple[Disk, Layout, Listing]:
    disk = Disk(Path(folder))
    if not disk.folder.is_dir():
        raise DatasetError(f"{disk.folder} is no folder; give the one that a data set was unpacked into.")
    chosen = recognise(disk) if layout == "auto" else layout_by_name(disk, layout)
    if not 1 <= fold <= chosen.folds:
        there = f"divisions 1 to {chosen.folds}" if chosen.folds > 1 else "one division into splits"
        raise DatasetError(f"A data set of layout {chosen.name} has {there}, there is no fold {fold}.")
    return disk, chosen, chosen.read(disk, fold)


def recognise(disk: Disk) -> Layout:
    for layout in LAYOUTS.values():
        if layout.fits(disk):
            return layout
    known = "; ".join(f"{layout.name} ({layout.looks_for})" for layout in LAYOUTS.values())
    raise DatasetError(f"{disk.folder} is no data set of a known layout. Looked for, there and one folder below: {known}.")


def layout_by_name(disk: Disk, name: str) -> Layout:
    if name not in LAYOUTS:
        raise DatasetError(f"A layout is auto or one of {', '.join(LAYOUTS)}, not {name!r}.")
    layout = LAYOUTS[name]
    if not layout.fits(disk):
        raise DatasetError(f"{disk.folder} is no data set of layout {name}: there is no {layout.looks_for}, there or one folder below.")
    return layout


def lacks_labels(listing: Listing, split: str) -> bool:
    return any(not entry.label for entry in listing.splits[split])


def find_videos(disk: Disk, layout: Layout, listing: Listing, splits: Iterable[str]) -> dict[str, VideoSet]:
    """Listed videos with their paths. Raises DatasetError for a split of which nothing is there."""
    entries = chain(*listing.splits.values())
    names = {key.rpartition("/")[2] for entry in entries for key in entry.keys}
    index = Index(scan_tree(disk.folder, names).clips if names else ())
    return {split: find_split_videos(disk, layout, listing, split, index) for split in splits}


def find_split_videos(disk: Disk, layout: Layout, listing: Listing, split: str, index: Index) -> VideoSet:
    entries, numbers = listing.splits[split], listing.numbers(split)
    paths = [entry.path or index.find(entry.keys, entry.folders) for entry in entries]
    items = tuple(
        VideoItem(entry.name, disk.folder / path, number, entry.num_frames)
        for entry, path, number in zip(entries, paths, numbers, strict=True)
        if path
    )
    missing = tuple(entry.name for entry, path in zip(entries, paths, strict=True) if not path)
    if not items:
        example = f", such as {missing[0]!r}, a file or a folder of pictures" if missing else ""
        raise DatasetError(f"None of the {len(entries)} {split} videos lies in {disk.folder}{example}; unpack the videos there.")
    return VideoSet(layout.name, split, listing.labels, items, missing, listing.ignored, listing.unread)
