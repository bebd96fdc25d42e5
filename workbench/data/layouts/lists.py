"""The layouts whose lists give a path and a class in each line: the authors' (TSN, TSM), those of other toolboxes, UCF-101's own."""

import re
from collections.abc import Sequence
from itertools import islice, takewhile
from pathlib import Path
from typing import NamedTuple

from workbench.data.layouts.base import (
    SPLITS,
    DatasetError,
    Disk,
    Entry,
    Layout,
    Listing,
    choose_one,
    classes_of,
    find_lists,
    find_texts,
    read_lines,
    read_utf8,
    stem_of,
)

# ------------------------------------------------------------------------------------------------------------- the lists of TSN and TSM
BETWEEN = r"(?:\s*[;,\t]\s*|\s+)"
WITH_FRAMES = re.compile(rf"(.+?){BETWEEN}(\d+){BETWEEN}(\d+)")
WITH_NUMBER = re.compile(rf"(.+?){BETWEEN}(\d+)")
WITH_NAME = re.compile(r"([^;,\t]+?)\s*[;,\t]\s*([^;,\t]+)")
HEAD_WORDS = {"path", "name", "file", "filename", "video", "video_name", "video_path", "id"}
CATEGORIES = r"(?:categor(?:y|ies)|classes|class_?names?|labels|.*label_?map.*)\.txt"


class ListLine(NamedTuple):
    """label: number or name of the class, as it stands there."""

    path: str
    num_frames: int | None
    label: str


def fits_lists(disk: Disk) -> bool:
    return any(choose_lists(disk, split) for split in SPLITS)


def choose_lists(disk: Disk, split: str) -> list[Path]:
    """The lists of a split; where some give numbers of frames, those alone, since a log may have lines of two words, too."""
    patterns = {path: pattern_of(path) for path in find_lists(disk, split)}
    with_frames = [path for path, pattern in patterns.items() if pattern is WITH_FRAMES]
    return with_frames or [path for path, pattern in patterns.items() if pattern]


def pattern_of(path: Path) -> re.Pattern | None:
    """The form of a list's lines, by its first one that is no head; None where the text is no list."""
    with open(path, encoding="utf-8-sig", errors="replace") as file:
        lines = list(islice(filter(None, map(str.strip, file)), 2))
    first = next((line for line in lines if not is_head(line)), "")
    patterns = (WITH_FRAMES, WITH_NUMBER, *([WITH_NAME] if path.suffix.lower() == ".csv" else []))  # a sentence has commas, too
    return next((pattern for pattern in patterns if pattern.fullmatch(first)), None)


def is_head(line: str) -> bool:
    return re.split(r"[\s;,]", line.lower())[0] in HEAD_WORDS


def read_lists(disk: Disk, fold: int) -> Listing:
    """`path num_frames label` or `path label` in each line, with spaces, tabs, commas or semicolons between; the label is a number, or in
    a csv a name.

    Paths are those of files or of folders of frames in the folder, or in any folder below; what all begin with may be left
    out there, or be the path of another machine. Without a file of names the classes are named by their numbers.
    """
    paths = {split: choose_one(choose_lists(disk, split), f"{split} videos") for split in SPLITS}
    lists = {split: parse_list(path) for split, path in paths.items() if path}
    if not lists:
        raise DatasetError("There is no list of videos in this folder; put train_videofolder.txt and val_videofolder.txt there.")
    shared = shared_beginning([line.path for lines in lists.values() for line in lines])
    if not all(line.label.isdigit() for lines in lists.values() for line in lines):
        entries = {split: [entry_of_line(line, line.label, shared) for line in lines] for split, lines in lists.items()}
        return Listing(classes_of(entries), entries)
    category = choose_one(find_texts(disk, CATEGORIES), "the classes")
    labels = read_classes(category, max(int(line.label) for lines in lists.values() for line in lines))
    entries = {split: [entry_of_line(line, labels[int(line.label)], shared) for line in lines] for split, lines in lists.items()}
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


def parse_list(path: Path) -> list[ListLine]:
    """All lines in the form that the first one has. Raises DatasetError for a line of another."""
    lines, pattern = read_lines(path), pattern_of(path) or WITH_FRAMES
    return [parse_line(path, line, pattern) for line in lines[is_head(lines[0]) :]]


def parse_line(path: Path, line: str, pattern: re.Pattern) -> ListLine:
    """From the right, as a path may hold spaces."""
    parts = pattern.fullmatch(line)
    if not parts:
        wanted = "path num_frames label" if pattern is WITH_FRAMES else "path label"
        raise DatasetError(f"{path.name} has {line!r} where {wanted!r} is wanted; correct the line.")
    video, *frames, label = (part.strip('"') for part in parts.groups())
    return ListLine(video.replace("\\", "/"), int(frames[0]) if frames else None, label)


def shared_beginning(paths: list[str]) -> int:
    """How many characters are of folders that all paths begin with."""
    parents = [path.split("/")[:-1] for path in paths]
    same = takewhile(lambda pair: pair[0] == pair[1], zip(min(parents), max(parents), strict=False))
    return sum(len(part) + 1 for part, _ in same)


def entry_of_line(line: ListLine, label: str, shared: int) -> Entry:
    return Entry(line.path, label, (stem_of(line.path), stem_of(line.path[shared:])), num_frames=line.num_frames)


LISTS = Layout("lists", "train_videofolder.txt or another list of 'path num_frames label' or 'path label'", fits_lists, read_lists)

# ------------------------------------------------------------------------------------------- UCF-101 (Soomro et al., CRCV-TR-12-01, 2012)
UCF_LIST = r"(?:train|test)list0?[123]\.txt"


def read_ucf101(disk: Disk, fold: int) -> Listing:
    """`CLASS/video.avi number` in each line of a list for training, without the number in one for testing; `classInd.txt` gives the
    order of the classes, without it they are in that of the alphabet, which is the same."""
    splits = {split: read_ucf_list(disk, split, fold) for split in ("train", "test")}
    official = choose_one(find_texts(disk, r"classInd\.txt"), "the classes")
    rows = [line.split() for line in read_lines(official)] if official else []
    labels = tuple(row[-1] for row in sorted(rows, key=lambda row: int(row[0]) if row[0].isdigit() else 0))
    return Listing(labels or classes_of(splits), splits)


def read_ucf_list(disk: Disk, split: str, fold: int) -> Sequence[Entry]:
    path = choose_one(find_texts(disk, rf"{split}list0?{fold}\.txt"), f"the {split} videos")
    if path is None:
        raise DatasetError(f"Division {fold} of UCF-101 lacks {split}list0{fold}.txt; unpack all of the official split files.")
    names = [re.sub(r"\s+\d+$", "", line) for line in read_utf8(path).splitlines() if line.strip()]
    if bad := [name for name in names if "/" not in name]:
        raise DatasetError(f"{path.name} has {bad[0]!r} where 'CLASS/video.avi' is wanted; take the official file.")
    return [Entry(stem_of(name), name.split("/")[0], (stem_of(name), stem_of(name.rpartition("/")[2]))) for name in names]


UCF101 = Layout("ucf101", "trainlist01.txt and testlist01.txt", lambda disk: bool(find_texts(disk, UCF_LIST)), read_ucf101, folds=3)
