"""What all layouts of data sets share: searching the folder, reading lists and tables, matching names with files."""

import csv
import json
import os
import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any

from workbench.data.alphabet.dataset import SPLITS
from workbench.text import nearest
from workbench.video.decoder.kinds import PICTURE_SUFFIXES, VIDEO_SUFFIXES

TEXTS = (".csv", ".json", ".txt")
SYSTEMS_OWN = frozenset(("__MACOSX", "@eaDir", "Thumbs.db", "desktop.ini"))
MOST_FOLDERS = 1000  # more than that side by side are videos, among which no list is looked for
MOST_LEVELS = 8  # a link may lead back to where it lies


@dataclass(frozen=True)
class FolderContents:
    """Paths in the folder, with `/` between their parts. clips: of video files and folders of pictures. others: of files that
    are neither."""

    clips: tuple[str, ...]
    others: tuple[str, ...]


@dataclass(frozen=True)
class Disk:
    """The folder of a data set."""

    folder: Path

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """Paths of the texts in the folder, then of those in the folders directly below."""
        files, folders = scan_folder(self.folder)
        below = folders if len(folders) <= MOST_FOLDERS else []
        deeper = [f"{name}/{file}" for name in below for file in scan_folder(self.folder / name)[0]]
        return tuple(path for path in (*files, *deeper) if path.lower().endswith(TEXTS))

    @cached_property
    def contents(self) -> FolderContents:
        """All that lies in the folder."""
        return scan_tree(self.folder)


def scan_folder(folder: str | os.PathLike) -> tuple[list[str], list[str]]:
    """The names of the files and of the folders in a folder, in order, without what is hidden or the system's own."""
    files, folders = [], []
    with os.scandir(folder) as entries:
        for entry in entries:
            if not entry.name.startswith(".") and entry.name not in SYSTEMS_OWN:
                (folders if entry.is_dir() else files).append(entry.name)
    return sorted(files), sorted(folders)


def scan_tree(folder: Path, clip_names: Collection[str] = frozenset()) -> FolderContents:
    """The clips in a folder and all folders below. A folder of pictures is one that holds pictures, and neither videos nor other
    folders; where it has one of the `clip_names` it is taken for one unread."""
    clips, others = [], []
    waiting = [("", 0)]
    while waiting:
        place, level = waiting.pop()
        files, folders = scan_folder(f"{folder}/{place}")
        videos = [name for name in files if suffix_of(name) in VIDEO_SUFFIXES]
        if place and not videos and not folders and any(suffix_of(name) in PICTURE_SUFFIXES for name in files):
            clips.append(place.rstrip("/"))
            continue
        clips += [place + name for name in (*videos, *(name for name in folders if name in clip_names))]
        others += [place + name for name in files if suffix_of(name) not in VIDEO_SUFFIXES]
        if level < MOST_LEVELS:
            waiting += [(f"{place}{name}/", level + 1) for name in folders if name not in clip_names]
    return FolderContents(tuple(sorted(clips)), tuple(sorted(others)))


class Index:
    """Clips by their names: of a path or the end of one, without the suffix of a video."""

    def __init__(self, clips: Iterable[str]):
        self.clips = defaultdict(list)
        for clip in clips:
            self.clips[stem_of(clip.rpartition("/")[2])].append(clip)

    def find(self, keys: Iterable[str], folders: Collection[str] = ()) -> str | None:
        """The clip of the first name that any has. Of several those in one of the `folders` come first, then folders of
        pictures, as they are read faster than videos, then those that lie less deep, then the first by alphabet."""
        for key in keys:
            fitting = [clip for clip in self.clips.get(key.rpartition("/")[2], ()) if f"/{stem_of(clip)}".endswith(f"/{key}")]
            if fitting:
                return min(fitting, key=lambda clip: (set(folders).isdisjoint(clip.split("/")), is_video(clip), clip.count("/"), clip))
        return None


def suffix_of(name: str) -> str:
    return name[name.rfind(".") :].lower() if "." in name else ""


def is_video(clip: str) -> bool:
    return suffix_of(clip) in VIDEO_SUFFIXES


def stem_of(name: str) -> str:
    """Without the suffix of a video; another dot is part of the name."""
    return name[: name.rfind(".")] if is_video(name) else name


OTHER_NAMES = {"training": "train", "val": "validation", "valid": "validation", "validate": "validation", "testing": "test"}
MOST_NAMES = 3  # names in a sentence


class DatasetError(ValueError):
    """One sentence: what is wrong with a folder or list, and the remedy."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A video of a list: its name there, and the name of its class, "" where the list does not tell.

    keys: names under which it may lie, without suffix, best first; a name with folders in front, `a/b`, is the end of a path.
    folders: where several files fit, it is one in a folder of such a name, if there is any. path: in the data set's folder,
    where it is known already.
    """

    name: str
    label: str
    keys: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    num_frames: int | None = None
    path: str | None = None


@dataclass(frozen=True)
class Listing:
    """The names of the classes in their order, and the videos of each split in the order of its list.

    ignored: files among the videos that are none. unread: lists that nobody understood. Raises DatasetError for a class that stands
    there twice.
    """

    labels: tuple[str, ...]
    splits: Mapping[str, Sequence[Entry]]
    ignored: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()

    def __post_init__(self):
        if twice := sorted({label for label in self.labels if self.labels.count(label) > 1}):
            raise DatasetError(f"The list of classes names {quote_first(twice)} twice; give every class a name of its own.")

    def numbers(self, split: str) -> list[int]:
        """The number of the class of each entry. Raises DatasetError for classes that are not among the labels."""
        number = {label: i for i, label in enumerate(self.labels)}
        if unknown := sorted({entry.label for entry in self.splits[split]} - set(number)):
            raise DatasetError(
                f"{count_of(unknown, 'label')} of the {split} split {'are' if len(unknown) > 1 else 'is'} not among the "
                f"{len(self.labels)} classes: {quote_first(unknown)}{nearest(unknown[0], self.labels, likeness=0.0)} Correct the list."
            )
        return [number[entry.label] for entry in self.splits[split]]


@dataclass(frozen=True)
class Layout:
    """A way in which data sets lie on disk. looks_for: by what it is known, in words. fits: whether that is there. read: its
    lists, of one of several official divisions (`fold`) where there are any."""

    name: str
    looks_for: str
    fits: Callable[[Disk], bool]
    read: Callable[[Disk, int], Listing]
    folds: int = 1


def split_of_word(word: str) -> str | None:
    """The split that is meant by a word, None if it is none."""
    word = word.strip().lower()
    return OTHER_NAMES.get(word, word if word in SPLITS else None)


def classes_of(splits: Mapping[str, Sequence[Entry]]) -> tuple[str, ...]:
    """In alphabetical order: those of the training videos, or of all videos where none is for training."""
    entries = splits.get("train") or list(chain(*splits.values()))
    return tuple(sorted({entry.label for entry in entries if entry.label}))


def quote_first(names: Sequence[str]) -> str:
    """The first few names, and how many there are besides."""
    rest = len(names) - MOST_NAMES
    return ", ".join(repr(name) for name in names[:MOST_NAMES]) + (f" and {rest} more" if rest > 0 else "")


def count_of(names: Sequence[str], what: str) -> str:
    return f"{len(names)} {what}{'' if len(names) == 1 else 's'}"


def find_texts(disk: Disk, pattern: str) -> list[Path]:
    """The texts whose names are of a pattern, whatever the case of their letters; those in the folder itself first."""
    return [disk.folder / path for path in disk.texts if re.fullmatch(pattern, path.rpartition("/")[2], re.IGNORECASE)]


def find_lists(disk: Disk, split: str) -> list[Path]:
    """The texts and tables whose names have a word for the split, `train_videofolder.txt` before all others."""
    texts = [path for path in find_texts(disk, r".*\.(?:txt|csv)") if split in map(split_of_word, re.split(r"[^a-z]+", path.stem.lower()))]
    usual = [path for path in texts if path.stem.lower().endswith("_videofolder")]
    return usual or texts


def group_of_name(stem: str) -> str:
    """The videos that were cut from one recording, as UCF-101 names them: `v_Archery_g07_c02` is of `v_Archery_g07`. Others are of none
    but themselves."""
    parts = re.fullmatch(r"(.*_g\d+)_c\d+", stem)
    return parts[1] if parts else stem


def choose_one(paths: list[Path], what: str) -> Path | None:
    """The one path of a list, None of an empty one. Raises DatasetError for more."""
    paths = drop_copies(paths)
    if len(paths) > 1:
        raise DatasetError(f"{paths[0].name} and {paths[1].name} in {paths[1].parent} both list {what}; keep one of them.")
    return paths[0] if paths else None


def drop_copies(paths: list[Path]) -> list[Path]:
    """Without those that hold the same as one before them: copies, and what a link leads to again."""
    first: dict[bytes, Path] = {}
    for path in paths:
        first.setdefault(path.read_bytes() if len(paths) > 1 else b"", path)
    return list(first.values())


def read_lines(path: Path) -> list[str]:
    """The lines that are not empty, without the spaces around them."""
    return [line.strip() for line in read_utf8(path).splitlines() if line.strip()]


DELIMITERS = ",;\t"


def read_cells(path: Path, delimiter: str = ",", exact: bool = False) -> list[list[str]]:
    """The rows of a table that are not empty, without the spaces around the cells. delimiter: the usual one; where the first line has
    none of it, the one that it has most of. exact: no other is."""
    lines = read_utf8(path).splitlines()
    first = next(filter(str.strip, lines), "")
    if not exact and delimiter not in first:
        delimiter = max(DELIMITERS, key=lambda other: (first.count(other), other == delimiter))
    try:
        table = [[cell.strip() for cell in row] for row in csv.reader(lines, delimiter=delimiter)]
    except csv.Error as error:
        raise DatasetError(f"{path.name} is no table that can be read ({error}); take the official file.") from error
    return [row for row in table if any(row)]


def read_json(path: Path) -> Any:
    try:
        return json.loads(read_utf8(path))
    except json.JSONDecodeError as error:
        raise DatasetError(f"{path.name} is not JSON (line {error.lineno}); take the official file.") from error


def read_utf8(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise DatasetError(f"{path.name} is not UTF-8 text; save it as UTF-8.") from error
