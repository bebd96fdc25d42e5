"""The layout of your own classes: a folder for each class; splits by folders, by a table, or by names."""

import hashlib
from collections import defaultdict
from collections.abc import Sequence

from workbench.data.layouts.base import (
    SPLITS,
    DatasetError,
    Disk,
    Entry,
    Index,
    Layout,
    Listing,
    choose_one,
    classes_of,
    count_of,
    find_lists,
    find_texts,
    group_of_name,
    quote_first,
    read_cells,
    split_of_word,
    stem_of,
)

HELD_OUT = 5  # one video of so many


Splits = dict[str, list[Entry]]


def read_folders(disk: Disk, fold: int) -> Listing:
    """`CLASS/video`, or `train/CLASS/video` beside `val`, `validation` or `test`; classes by alphabet, those of the training
    videos.

    Without folders for the splits, `splits.csv` (name,split) says which video is of which. Without that, the videos of each
    class are ordered by a hash of their names, and every fifth is for validation, at least one where there are two; those of one
    recording, as UCF-101 names them (`_g07_`), stay together. Where
    `groups.csv` (name,group) says which videos belong together, of one person or one place, every fifth group is, whole.
    Files among the videos that are none, nor pictures in a folder of them alone, are named in `ignored`.
    """
    clips = disk.contents.clips
    if clips and all(clip.count("/") == 2 and split_of_word(clip.split("/")[0]) for clip in clips):
        splits = split_by_folder(clips)
    else:
        check_places(clips)
        entries = [Entry(clip, clip.split("/")[0], path=clip) for clip in clips]
        splits = split_by_table(disk, entries) or split_by_group(disk, entries) or split_by_name(entries)
    labels, unread = classes_of(splits), [path.name for split in SPLITS for path in find_lists(disk, split)]
    if len(labels) == 1 and unread:
        raise DatasetError(
            f"{unread[0]} seems to list videos and is not understood, and the folders make one class, {labels[0]!r}; give each line as "
            f"'path num_frames label' or 'path label'."
        )
    return Listing(labels, splits, tuple(path for path in disk.contents.others if "/" in path), tuple(unread))


def check_places(clips: Sequence[str]) -> None:
    if not clips:
        raise DatasetError("There are no videos in this folder; put them into a folder for each class.")
    if outside := [clip for clip in clips if clip.count("/") != 1]:
        raise DatasetError(
            f"{count_of(outside, 'video')} of {len(clips)} {'do' if len(outside) > 1 else 'does'} not lie directly in the folder of a "
            f"class: {quote_first(outside)}; lay all of them as CLASS/video, or all as train/CLASS/video and val/CLASS/video."
        )


def split_by_folder(clips: Sequence[str]) -> Splits:
    """A video is named without its split, by which one that stands in two of them is known."""
    splits = defaultdict(list)
    for clip in clips:
        split, name = clip.split("/", 1)
        splits[split_of_word(split)].append(Entry(name, name.split("/")[0], path=clip))
    return splits


def split_by_table(disk: Disk, entries: list[Entry]) -> Splits:
    words = read_pairs(disk, "splits", "split", entries)
    if not words:
        return {}
    if absent := [entry.name for entry in entries if entry.name not in words]:
        raise DatasetError(f"splits.csv does not name {count_of(absent, 'video')}: {quote_first(absent)}; add a line for each.")
    if bad := sorted({word for word in words.values() if not split_of_word(word)}):
        raise DatasetError(f"splits.csv has {quote_first(bad)} where train, validation or test is wanted; correct it.")
    splits = defaultdict(list)
    for entry in entries:
        splits[split_of_word(words[entry.name])].append(entry)
    return splits


def split_by_group(disk: Disk, entries: list[Entry]) -> Splits:
    """A video of no group is one by itself."""
    group_of = read_pairs(disk, "groups", "group", entries)
    if not group_of:
        return {}
    groups = {entry.name: group_of.get(entry.name, stem_of(entry.name)) for entry in entries}
    held_out = hold_out(set(groups.values()))
    return divide(entries, {name for name, group in groups.items() if group in held_out})


def split_by_name(entries: list[Entry]) -> Splits:
    classes = defaultdict(set)
    for entry in entries:
        classes[entry.label].add(group_of_name(stem_of(entry.name)))
    held_out = set().union(*map(hold_out, classes.values()))
    return divide(entries, {entry.name for entry in entries if group_of_name(stem_of(entry.name)) in held_out})


def hold_out(names: set[str]) -> set[str]:
    """About one in five, at least one of two, the same ones on every machine."""
    most = max(1, round(len(names) / HELD_OUT)) if len(names) > 1 else 0
    return set(sorted(names, key=lambda name: hashlib.sha256(name.encode("utf-8", "surrogateescape")).digest())[:most])


def divide(entries: list[Entry], held_out: set[str]) -> Splits:
    train = [entry for entry in entries if entry.name not in held_out]
    return {"train": train, "validation": [entry for entry in entries if entry.name in held_out]}


def read_pairs(disk: Disk, name: str, column: str, entries: list[Entry]) -> dict[str, str]:
    """What a table of two columns says of each video by its full name. Raises DatasetError for a video that is not there."""
    path = choose_one(find_texts(disk, rf"{name}\.csv"), f"the {name}")
    rows = read_cells(path) if path else []
    if bad := [row for row in rows if len(row) != 2]:
        raise DatasetError(f"{name}.csv has {','.join(bad[0])!r} where 'name,{column}' is wanted; correct the line.")
    index = Index(entry.name for entry in entries)
    pairs = [(video, index.find([stem_of(video)]), word) for video, word in rows if [video, word] != ["name", column]]
    if absent := [video for video, clip, _ in pairs if not clip]:
        raise DatasetError(f"{name}.csv names {count_of(absent, 'video')} that cannot be found: {quote_first(absent)}; correct the names.")
    return {clip: word for _, clip, word in pairs if clip}


FOLDERS = Layout(
    "folders", "a folder for each class with videos in it", lambda disk: any("/" in clip for clip in disk.contents.clips), read_folders
)
