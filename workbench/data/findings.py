"""From the lists of a data set and what each file holds to what is wrong: pure functions, nothing is opened here."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from statistics import median_low
from typing import NamedTuple

from workbench.data.checkup import Checkup
from workbench.data.datasets import VideoItem, VideoSet
from workbench.data.diagnosis import KINDS, Case, Finding, SplitFacts

IMBALANCE = 10  # times; the sets of the paper lie between 1 (HMDB-51) and about 30 (Something-Something)


class Entry(NamedTuple):
    """A video of a split, with the name of its class."""

    split: str
    item: VideoItem
    label: str

    def __str__(self) -> str:
        return f"{self.item.name} in {self.split}"

    def case(self, note: str) -> Case:
        return Case(self.split, self.item.name, note, str(self.item.path))


def find_all(sets: Sequence[VideoSet], checkups: Mapping[Path, Checkup], num_frames: int) -> tuple[Finding, ...]:
    """What is wrong, errors first; no finding is without a case. checkups: of every path of the sets."""
    entries = [Entry(videos.split, item, videos.labels[item.label]) for videos in sets for item in videos.items]
    by_name = all(videos.layout != "folders" for videos in sets)  # there names are what each camera calls its videos
    cases = defaultdict(list)
    for videos in sets:
        cases["missing"] += [Case(videos.split, name, "is listed, and not there") for name in videos.missing]
    cases["ignored"] = [Case("all splits", name, "is no video") for name in dict.fromkeys(chain(*(videos.ignored for videos in sets)))]
    for entry in entries:
        for kind, note in of_one(entry, checkups[entry.item.path], num_frames):
            cases[kind].append(entry.case(note))
    for kind, case in (*of_pairs(entries, checkups, by_name), *of_classes(sets), *of_folders(sets)):
        cases[kind].append(case)
    return tuple(Finding(kind, tuple(cases[kind])) for kind in KINDS if cases[kind])


def of_one(entry: Entry, checkup: Checkup, num_frames: int) -> Iterator[tuple[str, str]]:
    """Kinds and notes of what is wrong with one video."""
    count, listed = checkup.num_frames, entry.item.num_frames
    if checkup.problem:
        yield "undecodable", checkup.problem
        return
    if checkup.note:
        yield "damaged", f"was mended: {checkup.note}"
    if count < num_frames:
        yield "short", f"has {count} of {num_frames} frames"
    if listed is not None and listed != count:
        yield "count", f"has {count} frames, its list says {listed}"


def of_pairs(entries: Sequence[Entry], checkups: Mapping[Path, Checkup], by_name: bool) -> Iterator[tuple[str, Case]]:
    """Videos that are there more than once: by content, and if asked for by name in several splits."""
    seen = set()
    for one, other, kind in repeated(entries, lambda entry: checkups[entry.item.path].digest or entry.item.path):
        seen.add(one)
        yield kind, one.case(f"is the same as {other}" + (f", there of class {other.label!r}" if one.label != other.label else ""))
    for one, other, kind in repeated(entries, lambda entry: entry.item.name) if by_name else ():
        if one.split != other.split and one not in seen:
            yield kind, one.case(f"has the name of a video in {other.split}, and other content")


def repeated(entries: Sequence[Entry], key: Callable[[Entry], Hashable]) -> Iterator[tuple[Entry, Entry, str]]:
    """Of entries with the same key: each that had better not be there, the one that may stay, and the kind of finding.

    What stands in several splits may stay in the last of them, what stands in one split several times is kept once.
    """
    groups = defaultdict(list)
    for entry in entries:
        groups[key(entry)].append(entry)
    for group in groups.values():
        first = {entry.split: entry for entry in reversed(group)}
        last = first[group[-1].split]
        for entry in group:
            if entry.split != last.split:
                yield entry, last, "leak" if entry.split == "train" else "shared"
            elif entry is not last:
                yield entry, last, "duplicate" if entry.label == last.label else "contradiction"


def of_classes(sets: Sequence[VideoSet]) -> Iterator[tuple[str, Case]]:
    """Classes that lack videos where they need them, or have far fewer than others, or are one class under two names."""
    counts = {videos.split: count_classes(videos) for videos in sets}
    train = counts.get("train", {})
    tested = [count for split, count in counts.items() if split != "train"]
    largest = max(train.values(), default=0)
    for label in dict.fromkeys(label for count in counts.values() for label in count):
        elsewhere = {split: count[label] for split, count in counts.items() if split != "train" and count.get(label)}
        own = train.get(label, 0)
        if not own and not elsewhere:
            yield "empty", Case("all splits", label, "has no video")
        elif not own and train:
            yield from (("unlearnt", Case(split, label, f"has {count:,} here and none in train")) for split, count in elsewhere.items())
        elif not elsewhere and tested:
            yield "untested", Case("train", label, f"has {own:,} here and none in another split")
        if 0 < own * IMBALANCE < largest:
            yield "imbalance", Case("train", label, f"has {own:,}, the largest class {largest:,}")
    yield from (("spelling", case) for case in spelt_alike(counts))


def spelt_alike(counts: Mapping[str, Mapping[str, int]]) -> Iterator[Case]:
    """Classes that another is the same as but for case, spaces, hyphens and underscores."""
    known: dict[str, str] = {}
    for split, count in counts.items():
        for label in count:
            other = known.setdefault(plain(label), label)
            if other != label:
                yield Case(split, label, f"is written {other!r}, too")


def of_folders(sets: Sequence[VideoSet]) -> Iterator[tuple[str, Case]]:
    """Videos whose folder bears the name of a class that is not theirs."""
    for videos in sets:
        known = {plain(label): label for label in videos.labels}
        for item in videos.items:
            label, folder = videos.labels[item.label], known.get(plain(item.path.parent.name))
            if folder is not None and plain(folder) != plain(label):
                yield "misplaced", Case(videos.split, item.name, f"is listed as {label!r}, in the folder of {folder!r}", str(item.path))


def plain(name: str) -> str:
    return re.sub(r"[\s_-]", "", name).casefold()


def count_classes(videos: VideoSet) -> dict[str, int]:
    """Videos of each class that are there, in the order of the classes."""
    counts = Counter(item.label for item in videos.items)
    return {label: counts[number] for number, label in enumerate(videos.labels)}


def facts_of(videos: VideoSet, checkups: Mapping[Path, Checkup]) -> SplitFacts:
    lengths = [checkups[item.path].num_frames for item in videos.items if not checkups[item.path].problem]
    span = (min(lengths), median_low(lengths), max(lengths)) if lengths else ()
    return SplitFacts(videos.split, count_classes(videos), span)
