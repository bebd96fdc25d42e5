"""The layout of the authors' lists (TSN, TSM): `path num_frames label` in each line, and a file of class names."""

import re
from itertools import takewhile
from pathlib import Path

from workbench.data.layouts.base import (
    SPLITS,
    DatasetError,
    Disk,
    Entry,
    Layout,
    Listing,
    choose_one,
    find_texts,
    read_lines,
    split_of_word,
    stem_of,
)

LIST_LINE = re.compile(r"(.+?)\s+(\d+)\s+(\d+)")
CATEGORIES = r"(?:categor(?:y|ies)|classes|labels|.*label_map)\.txt"


ListLine = tuple[str, int, int]  # path, number of frames, label


def fits_lists(disk: Disk) -> bool:
    return any(is_list(path) for split in SPLITS for path in find_candidates(disk, split))


def find_candidates(disk: Disk, split: str) -> list[Path]:
    """The texts whose names have a word for the split, `train_videofolder.txt` before all others."""
    texts = [path for path in find_texts(disk, r".*\.txt") if split in map(split_of_word, re.split(r"[^a-z]+", path.stem.lower()))]
    usual = [path for path in texts if path.stem.lower().endswith("_videofolder")]
    return usual or texts


def is_list(path: Path) -> bool:
    with open(path, encoding="utf-8-sig", errors="replace") as file:
        return bool(LIST_LINE.fullmatch(next((line.strip() for line in file if line.strip()), "")))


def read_lists(disk: Disk, fold: int) -> Listing:
    """Paths are those of files or of folders of frames in the folder, or in any folder below; what all begin with may be left
    out there, or be the path of another machine. Without a file of names the classes are named by their numbers."""
    paths = {split: choose_one([path for path in find_candidates(disk, split) if is_list(path)], f"{split} videos") for split in SPLITS}
    lists = {split: [parse_line(path, line) for line in read_lines(path)] for split, path in paths.items() if path}
    if not lists:
        raise DatasetError("There is no list of videos in this folder; put train_videofolder.txt and val_videofolder.txt there.")
    category = choose_one(find_texts(disk, CATEGORIES), "the classes")
    labels = read_classes(category, max(label for lines in lists.values() for _, _, label in lines))
    shared = shared_beginning([path for lines in lists.values() for path, _, _ in lines])
    entries = {split: [entry_of_line(line, labels, shared) for line in lines] for split, lines in lists.items()}
    return Listing(labels, entries)


def read_classes(category: Path | None, most: int) -> tuple[str, ...]:
    """The names of the classes up to number `most` at least."""
    labels = tuple(read_lines(category) if category else map(str, range(most + 1)))
    if category and most >= len(labels):
        raise DatasetError(
            f"A list has a video of class {most}, but {category.name} names {len(labels)} classes, 0 to {len(labels) - 1}; "
            f"add the missing names, or correct the list."
        )
    return labels


def parse_line(path: Path, line: str) -> ListLine:
    """From the right, as a path may hold spaces."""
    parts = LIST_LINE.fullmatch(line)
    if not parts:
        raise DatasetError(f"{path.name} has {line!r} where 'path num_frames label' is wanted; correct the line.")
    return parts[1].replace("\\", "/"), int(parts[2]), int(parts[3])


def shared_beginning(paths: list[str]) -> int:
    """How many characters are of folders that all paths begin with."""
    parents = [path.split("/")[:-1] for path in paths]
    same = takewhile(lambda pair: pair[0] == pair[1], zip(min(parents), max(parents), strict=False))
    return sum(len(part) + 1 for part, _ in same)


def entry_of_line(line: ListLine, labels: tuple[str, ...], shared: int) -> Entry:
    path, num_frames, label = line
    return Entry(path, labels[label], (stem_of(path), stem_of(path[shared:])), num_frames=num_frames)


LISTS = Layout("lists", "train_videofolder.txt or another list of 'path num_frames label'", fits_lists, read_lists)
