"""The doctor: opens every video of a data set before training and reports what is wrong.

>>> diagnosis = diagnose("something-v2", num_frames=8, cache="runs/doctor.json")
>>> print(diagnosis)
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path

from workbench.data.datasets import VideoSet, open_dataset, open_splits
from workbench.data.findings import Case, Diagnosis, Finding, find_all, read_diagnosis, split_facts
from workbench.data.layouts.base import SPLITS, DatasetError
from workbench.data.probe_files import check_videos

VERSION = 2  # of what is looked at: a diagnosis of another is made anew


def diagnose(
    folder: str | os.PathLike,
    layout: str = "auto",
    fold: int = 1,
    num_frames: int = 8,
    every_frame: bool = False,
    processes: int = 0,
    progress: bool = True,
    cache: str | os.PathLike | None = None,
) -> Diagnosis:
    """What is wrong with a data set: all splits that it has, and each file of them.

    Of each video the packets are counted, and the first, middle and last frame decoded; of a folder of frames those three
    pictures are opened. Copies are found by the bytes of the files, so a video that was encoded again is not one.

    layout, fold: as for `open_dataset`. num_frames: of the clips asked for; a shorter video is a finding. every_frame:
    decode all. processes: of decoding, 0 for one a core. progress: show a bar on the error stream. cache: a file for the
    diagnosis, which is believed as long as the lists, and the size and time of each file (of a folder of frames its own),
    are what they were.

    Raises DatasetError where no split can be opened. If others can, a list that does not fit is a finding.
    """
    if num_frames < 1 or processes < 0:
        raise ValueError(f"the doctor looks for 1 frame or more in 0 processes or more, not for {num_frames} in {processes}")
    sets, unread = open_what_opens(folder, layout, fold)
    mark = fingerprint(sets, num_frames, every_frame)
    if cache is not None and not unread:
        with suppress(OSError, ValueError):  # none yet, or of another version: it will be written anew
            if (cached := read_diagnosis(cache)).fingerprint == mark:
                return cached
    checkups = check_videos((item.path for videos in sets for item in videos.items), every_frame, processes, progress)
    splits = tuple(split_facts(videos, checkups) for videos in sets)
    findings = unread + find_all(sets, checkups, num_frames)
    diagnosis = Diagnosis(str(folder), sets[0].layout, num_frames, every_frame, splits, findings, mark)
    if cache is not None:
        diagnosis.save(cache)
    return diagnosis


def open_what_opens(folder: str | os.PathLike, layout: str, fold: int) -> tuple[tuple[VideoSet, ...], tuple[Finding, ...]]:
    """The splits of the set; where the lists of some cannot be read, the others and a finding. Raises DatasetError for none."""
    try:
        return tuple(open_splits(folder, layout, fold).values()), ()
    except DatasetError as error:
        sets = {videos.split: videos for split in SPLITS for videos in open_split(folder, layout, split, fold)}
        if not sets:
            raise
        return tuple(sets.values()), (Finding("layout", (Case("lists", "", str(error).rstrip(".")),)),)


def open_split(folder: str | os.PathLike, layout: str, split: str, fold: int) -> Iterator[VideoSet]:
    with suppress(DatasetError):
        yield open_dataset(folder, layout, split, fold)


def fingerprint(sets: Sequence[VideoSet], num_frames: int, every_frame: bool) -> str:
    """Of all that a diagnosis depends on, from the lists and what the file system says of each file."""
    total = blake2b(repr((VERSION, num_frames, every_frame)).encode(), digest_size=16)
    for videos in sets:
        total.update(repr((videos.layout, videos.split, videos.labels, videos.missing)).encode())
        for item in videos.items:
            total.update(repr((item.name, item.label, item.num_frames, *size_and_time(item.path))).encode())
    return total.hexdigest()


def size_and_time(path: Path) -> tuple[int, int]:
    try:
        facts = os.stat(path)
    except OSError:
        return -1, -1
    return facts.st_size, facts.st_mtime_ns
