"""What the doctor can find (missing, short, unreadable, duplicated, leaked, imbalanced): rules and texts."""

import json
import os
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from statistics import median_low
from typing import NamedTuple

from workbench.data.datasets import VideoItem, VideoSet
from workbench.data.layouts.base import group_of_name, stem_of
from workbench.data.probe_files import Checkup
from workbench.paths import write_atomically

# kind: severity, what is counted, the remedy
FINDING_KINDS = {
    "layout": ("error", "Lists or folders that do not fit", "correct them; what they hold was not looked at"),
    "unread": ("error", "Lists that are not understood", "correct them, or take them away"),
    "missing": ("error", "Videos that are listed and not there", "fetch them, or take them off the list"),
    "undecodable": ("error", "Videos that give no frames", "fetch them again, or train without them"),
    "leak": ("error", "Training videos that stand in another split, too", "train without them, or accuracy is not of unseen videos"),
    "unlearnt": ("error", "Classes to be tested that have no training video", "add videos, or take the class out of the other splits"),
    "spelling": ("error", "Classes whose names differ in spelling alone", "give them one name"),
    "misplaced": ("error", "Videos that stand in the folder of another class", "correct the list, or move them"),
    "divided": ("warning", "Training videos cut from a recording that stands in another split, too", "keep recordings together"),
    "contradiction": ("warning", "Videos that are there twice, with different classes", "decide for one class"),
    "damaged": ("warning", "Videos with lost frames, which others stand in for", "fetch them again if the clips matter"),
    "unusual": ("warning", "Videos that are not plain pictures one after another", "look at a few of them"),
    "short": ("warning", "Videos shorter than the clips asked for", "they will show frames twice"),
    "count": ("warning", "Videos that have another number of frames than their list says", "correct the list"),
    "shared": ("warning", "Videos that stand in validation and test", "leave them out of one"),
    "duplicate": ("warning", "Videos that are there twice in a split", "leave one out"),
    "untested": ("warning", "Classes with training videos and none to test with", "their accuracy will stay unknown"),
    "ignored": ("warning", "Files among the videos that are none", "take them away, or convert them"),
    "empty": ("warning", "Classes without a video", "add videos, or take the class off the list"),
    "imbalance": ("warning", "Classes with less than a tenth of the largest one's training videos", "expect them to be missed more often"),
}
MOST_CASES = 4  # names under each finding in the terminal; files hold them all


@dataclass(frozen=True)
class Case:
    """A video of a split by name and path, or a class or file (then without a path), and what is the matter with it."""

    split: str
    name: str
    note: str
    path: str = ""

    def __str__(self) -> str:
        return f"{self.split}: {self.name} {self.note}" if self.name else f"{self.split}: {self.note}"


@dataclass(frozen=True)
class Finding:
    kind: str  # one of FINDING_KINDS
    cases: tuple[Case, ...]

    @property
    def severity(self) -> str:
        """Where training or the accuracy would be wrong it is "error", else "warning"."""
        return FINDING_KINDS[self.kind][0]

    @property
    def sentence(self) -> str:
        _, what, remedy = FINDING_KINDS[self.kind]
        return f"{what}: {len(self.cases):,}; {remedy}."


@dataclass(frozen=True)
class SplitFacts:
    """A split: how many videos each class has that are there, in the order of the classes; lengths: fewest, median and most
    frames of those that can be decoded, empty where none can."""

    split: str
    counts: dict[str, int]
    lengths: tuple[int, ...]

    def __str__(self) -> str:
        sizes = [count for count in self.counts.values() if count]
        classes = f", {span(min(sizes), max(sizes))} in each of {len(sizes):,} classes" if sizes else ""
        lengths = f"; {span(self.lengths[0], self.lengths[2])} frames, median {self.lengths[1]:,}" if self.lengths else ""
        return f"{sum(sizes):,} videos{classes}{lengths}"


def span(low: int, high: int) -> str:
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


@dataclass(frozen=True)
class Diagnosis:
    """fingerprint: of the lists and files that were looked at, and of how. num_frames: of the clips asked for."""

    folder: str
    layout: str
    num_frames: int
    every_frame: bool
    splits: tuple[SplitFacts, ...]
    findings: tuple[Finding, ...]
    fingerprint: str = ""

    @property
    def broken(self) -> bool:
        return any(finding.severity == "error" for finding in self.findings)

    def bad(self, split: str) -> dict[str, str]:
        """Videos of a split that are better skipped, with the reason: those without frames, and of "train" those that stand in
        another split, too. Missing ones are not in the split in the first place."""
        cases = [case for finding in self.findings if finding.kind in ("undecodable", "leak") for case in finding.cases]
        return {case.name: case.note for case in cases if case.split == split}

    def summary(self) -> str:
        """In one sentence."""
        severities = [finding.severity for finding in self.findings]
        if not severities:
            return "Nothing was found: the set is healthy."
        errors, warnings = severities.count("error"), severities.count("warning")
        kinds = f"{errors} kind{'s' * (errors != 1)} of error, {warnings} of warning"
        return f"{kinds}: the set is {'broken' if errors else 'usable'}."

    def __str__(self) -> str:
        lines = [f"{self.folder} (layout: {self.layout})", *(f"  {split.split}: {split}" for split in self.splits)]
        for finding in self.findings:
            more = len(finding.cases) - MOST_CASES
            lines += ["", f"{finding.severity.upper()}  {finding.sentence}", *(f"  {case}" for case in finding.cases[:MOST_CASES])]
            lines += [f"  and {more:,} more"] if more > 0 else []
        return "\n".join([*lines, "", self.summary()])

    def as_facts(self) -> dict:
        """Ready for JSON."""
        findings = [{"severity": finding.severity, "sentence": finding.sentence, **asdict(finding)} for finding in self.findings]
        return {**asdict(self), "broken": self.broken, "findings": findings}

    def save(self, path: str | os.PathLike) -> None:
        """As JSON; whoever reads meanwhile finds the old file or the new one, never half of it."""
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        write_atomically(Path(path), (json.dumps(self.as_facts(), ensure_ascii=False, indent=1) + "\n").encode())


def read_diagnosis(path: str | os.PathLike) -> Diagnosis:
    """A diagnosis that was saved. Raises OSError where there is no such file, ValueError for a file that is none."""
    try:
        facts = json.loads(Path(path).read_text(encoding="utf-8"))
        facts.pop("broken")
        facts["splits"] = tuple(SplitFacts(split["split"], split["counts"], tuple(split["lengths"])) for split in facts["splits"])
        cases = [(finding["kind"], tuple(Case(**case) for case in finding["cases"])) for finding in facts["findings"]]
        return Diagnosis(**{**facts, "findings": tuple(Finding(kind, each) for kind, each in cases if FINDING_KINDS[kind])})
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{path} holds no diagnosis of this version; run the doctor again.") from error


IMBALANCE = 10  # times; the sets of the paper lie between 1 (HMDB-51) and about 30 (Something-Something)


class ListedVideo(NamedTuple):
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
    entries = [ListedVideo(videos.split, item, videos.labels[item.label]) for videos in sets for item in videos.items]
    by_name = all(videos.layout != "folders" for videos in sets)  # there names are what each camera calls its videos
    cases = defaultdict(list)
    for videos in sets:
        cases["missing"] += [Case(videos.split, name, "is listed, and not there") for name in videos.missing]
    cases["ignored"] = [Case("all splits", name, "is no video") for name in dict.fromkeys(chain(*(videos.ignored for videos in sets)))]
    cases["unread"] = [
        Case("all splits", name, "is no list that is known") for name in dict.fromkeys(chain(*(each.unread for each in sets)))
    ]
    cases["divided"] = list(find_divided(entries))
    for entry in entries:
        for kind, note in find_in_video(entry, checkups[entry.item.path], num_frames):
            cases[kind].append(entry.case(note))
    for kind, case in (*find_copies(entries, checkups, by_name), *find_in_classes(sets), *find_misplaced(sets)):
        cases[kind].append(case)
    return tuple(Finding(kind, tuple(cases[kind])) for kind in FINDING_KINDS if cases[kind])


def find_in_video(entry: ListedVideo, checkup: Checkup, num_frames: int) -> Iterator[tuple[str, str]]:
    """Kinds and notes of what is wrong with one video."""
    count, listed_count = checkup.num_frames, entry.item.num_frames
    if checkup.problem:
        yield "undecodable", checkup.problem
        return
    if checkup.damage:
        yield "damaged", f"was mended: {checkup.damage}"
    if checkup.remark:
        yield "unusual", checkup.remark
    if count < num_frames:
        yield "short", f"has {count} of {num_frames} frames"
    if listed_count is not None and listed_count != count:
        yield "count", f"has {count} frames, its list says {listed_count}"


def find_copies(entries: Sequence[ListedVideo], checkups: Mapping[Path, Checkup], by_name: bool) -> Iterator[tuple[str, Case]]:
    """Videos that are there more than once: by content, and if asked for by name in several splits."""
    copies = set()
    for one, other, kind in find_repeats(entries, lambda entry: checkups[entry.item.path].digest or entry.item.path):
        copies.add(one)
        yield kind, one.case(f"is the same as {other}" + (f", there of class {other.label!r}" if one.label != other.label else ""))
    for one, other, kind in find_repeats(entries, lambda entry: entry.item.name) if by_name else ():
        if one.split != other.split and one not in copies:
            yield kind, one.case(f"has the name of a video in {other.split}, and other content")


def find_divided(entries: Sequence[ListedVideo]) -> Iterator[Case]:
    """Training videos of groups, by their names, of which others are in another split."""
    groups = {}
    for entry in entries:
        stem = stem_of(entry.item.name.rpartition("/")[2])
        if (group := group_of_name(stem)) != stem:
            groups.setdefault(group, {}).setdefault(entry.split, []).append(entry)
    for group, splits in groups.items():
        others = [split for split in splits if split != "train"]
        if others:
            yield from (entry.case(f"is of {group}, as videos in {others[0]} are") for entry in splits.get("train", ()))


def find_repeats(entries: Sequence[ListedVideo], key: Callable[[ListedVideo], Hashable]) -> Iterator[tuple[ListedVideo, ListedVideo, str]]:
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


def find_in_classes(sets: Sequence[VideoSet]) -> Iterator[tuple[str, Case]]:
    """Classes that lack videos where they need them, or have far fewer than others, or are one class under two names."""
    counts = {videos.split: count_by_class(videos) for videos in sets}
    train = counts.get("train", {})
    other_counts = [count for split, count in counts.items() if split != "train"]
    largest = max(train.values(), default=0)
    for label in dict.fromkeys(label for count in counts.values() for label in count):
        elsewhere = {split: count[label] for split, count in counts.items() if split != "train" and count.get(label)}
        own = train.get(label, 0)
        if not own and not elsewhere:
            yield "empty", Case("all splits", label, "has no video")
        elif not own and train:
            yield from (("unlearnt", Case(split, label, f"has {count:,} here and none in train")) for split, count in elsewhere.items())
        elif not elsewhere and other_counts:
            yield "untested", Case("train", label, f"has {own:,} here and none in another split")
        if 0 < own * IMBALANCE < largest:
            yield "imbalance", Case("train", label, f"has {own:,}, the largest class {largest:,}")
    yield from (("spelling", case) for case in find_spellings(counts))


def find_spellings(counts: Mapping[str, Mapping[str, int]]) -> Iterator[Case]:
    """Classes that another is the same as but for case, spaces, hyphens and underscores."""
    known: dict[str, str] = {}
    for split, count in counts.items():
        for label in count:
            other = known.setdefault(plain_name(label), label)
            if other != label:
                yield Case(split, label, f"is written {other!r}, too")


def find_misplaced(sets: Sequence[VideoSet]) -> Iterator[tuple[str, Case]]:
    """Videos whose folder bears the name of a class that is not theirs."""
    for videos in sets:
        known = {plain_name(label): label for label in videos.labels}
        for item in videos.items:
            label, folder = videos.labels[item.label], known.get(plain_name(item.path.parent.name))
            if folder is not None and plain_name(folder) != plain_name(label):
                yield "misplaced", Case(videos.split, item.name, f"is listed as {label!r}, in the folder of {folder!r}", str(item.path))


def plain_name(name: str) -> str:
    return re.sub(r"[\s_-]", "", name).casefold()


def count_by_class(videos: VideoSet) -> dict[str, int]:
    """Videos of each class that are there, in the order of the classes."""
    counts = Counter(item.label for item in videos.items)
    return {label: counts[number] for number, label in enumerate(videos.labels)}


def split_facts(videos: VideoSet, checkups: Mapping[Path, Checkup]) -> SplitFacts:
    lengths = [checkups[item.path].num_frames for item in videos.items if not checkups[item.path].problem]
    span = (min(lengths), median_low(lengths), max(lengths)) if lengths else ()
    return SplitFacts(videos.split, count_by_class(videos), span)
