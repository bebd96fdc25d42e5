"""What the lists of a data set say, whatever their format: classes, and the videos of each split."""

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from workbench.data.layouts.disk import Disk

SPLITS = ("train", "validation", "test")
OTHER_NAMES = {"training": "train", "val": "validation", "valid": "validation", "validate": "validation", "testing": "test"}
SHOWN = 3  # names in a sentence


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

    ignored: files among the videos that are none. Raises DatasetError for a class that stands there twice.
    """

    labels: tuple[str, ...]
    splits: Mapping[str, Sequence[Entry]]
    ignored: tuple[str, ...] = ()

    def __post_init__(self):
        if twice := sorted({label for label in self.labels if self.labels.count(label) > 1}):
            raise DatasetError(f"The list of classes names {some(twice)} twice; give every class a name of its own.")

    def numbers(self, split: str) -> list[int]:
        """The number of the class of each entry. Raises DatasetError for classes that are not among the labels."""
        number = {label: i for i, label in enumerate(self.labels)}
        if unknown := sorted({entry.label for entry in self.splits[split]} - set(number)):
            nearest = difflib.get_close_matches(unknown[0], self.labels, n=1, cutoff=0.0)
            raise DatasetError(
                f"{count(unknown, 'label')} of the {split} split {'are' if len(unknown) > 1 else 'is'} not among the "
                f"{len(self.labels)} classes: {some(unknown)}; the class nearest to {unknown[0]!r} is {nearest[0]!r}, correct the list."
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


def split_named(word: str) -> str | None:
    """The split that is meant by a word, None if it is none."""
    word = word.strip().lower()
    return OTHER_NAMES.get(word, word if word in SPLITS else None)


def classes_of(splits: Mapping[str, Sequence[Entry]]) -> tuple[str, ...]:
    """In alphabetical order: those of the training videos, or of all videos where none is for training."""
    entries = splits.get("train") or list(chain(*splits.values()))
    return tuple(sorted({entry.label for entry in entries if entry.label}))


def some(names: Sequence[str]) -> str:
    """The first few names, and how many there are besides."""
    rest = len(names) - SHOWN
    return ", ".join(repr(name) for name in names[:SHOWN]) + (f" and {rest} more" if rest > 0 else "")


def count(names: Sequence[str], what: str) -> str:
    return f"{len(names)} {what}{'' if len(names) == 1 else 's'}"
