"""The doctor's report on a data set: one HTML file with every finding."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from workbench.data.findings import Case, Diagnosis, Finding
from workbench.draw.html import render
from workbench.video.read import VideoError, probe_video, read_video

SHOWN_WITHOUT_CLICK = 20  # cases of a finding, and classes
MOST_COPIES = 6  # of copies: so many show a frame
COPIES = ("leak", "shared", "duplicate", "contradiction")
LONGEST_BAR = 65  # percent of its room; its number stands beside it


@dataclass(frozen=True)
class ClassCounts:
    """How many videos of a class each split has, by the name of the split."""

    label: str
    counts: dict[str, int]


def draw_dataset_report(diagnosis: Diagnosis) -> str:
    """An HTML page: what was looked at, each finding, and the videos of each class. Frames of copies are read where they lie;
    those that are no longer there are left out."""
    classes = list_classes(diagnosis)
    page = render(
        "dataset_report.html",
        name=Path(diagnosis.folder).resolve().name,
        diagnosis=diagnosis,
        scan=describe_scan(diagnosis),
        findings=[(finding, draw_copies(finding)) for finding in diagnosis.findings],
        classes=classes,
        most=max((count for each in classes for count in each.counts.values()), default=0) or 1,
        shown=SHOWN_WITHOUT_CLICK,
        longest=LONGEST_BAR,
    )
    return str(page)


def describe_scan(diagnosis: Diagnosis) -> dict[str, str]:
    """What was looked at, and how."""
    frames = "every frame was decoded" if diagnosis.every_frame else "the first, middle and last frame of each were decoded"
    return {
        "folder": diagnosis.folder,
        "layout": diagnosis.layout,
        **{split.split: str(split) for split in diagnosis.splits},
        "how": f"all videos were opened, and {frames}; copies were found by the bytes of the files",
        "clips": f"{diagnosis.num_frames} frames",
    }


def draw_copies(finding: Finding) -> list[tuple[np.ndarray, str, str]]:
    """Of videos that are there twice a few, each as its middle frame, words for those who cannot see it, and its name."""
    if finding.kind not in COPIES:
        return []
    pictures = [(case, middle_frame(case)) for case in finding.cases[:MOST_COPIES]]
    return [(frame, f"The middle frame of {case.name}", f"{case.split}: {case.name}") for case, frame in pictures if frame is not None]


def middle_frame(case: Case) -> np.ndarray | None:
    """`h w 3` uint8, small; None where the video cannot be read any more."""
    try:
        return read_video(case.path, [probe_video(case.path).num_frames // 2], short_side=180).frames[0]
    except VideoError:
        return None


def list_classes(diagnosis: Diagnosis) -> list[ClassCounts]:
    """The videos of each class in each split, classes with the most for training first."""
    splits = diagnosis.splits
    labels = dict.fromkeys(label for split in splits for label in split.counts)
    counted = [ClassCounts(label, {split.split: split.counts.get(label, 0) for split in splits}) for label in labels]
    return sorted(counted, key=lambda each: -each.counts[splits[0].split])
