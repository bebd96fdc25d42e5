"""Reports, each one HTML file that needs no server: on a look at a video, and the doctor's on a data set."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from workbench.data.findings import Case, Diagnosis, Finding
from workbench.draw.html import render
from workbench.draw.pair import caption, draw_clip, draw_pair, draw_timeline
from workbench.explore.compare import describe_pair, displacement_of_pair
from workbench.explore.explorer import Exploration
from workbench.text import percent
from workbench.video.read import VideoError, probe_video, read_video


@dataclass(frozen=True)
class ReportSection:
    """A part of a report beside the usual ones: a heading, a sentence, pictures `h w 3` uint8 each with its words for those who
    cannot see it, and perhaps a command. All of it is text: nothing in it becomes HTML."""

    title: str
    sentence: str
    pictures: tuple[tuple[np.ndarray, str], ...] = ()
    command: str = ""

    @property
    def captioned(self) -> list[tuple[np.ndarray, str, str]]:
        """The pictures, with their words as title, too."""
        return [(picture, alt, alt) for picture, alt in self.pictures]


def draw_report(exploration: Exploration, sections: Sequence[ReportSection] = ()) -> str:
    """An HTML page: the request, the answer, the frames, scores over time, every pair, and then further sections."""
    page = render(
        "report.html",
        exploration=exploration,
        answer=describe_answer(exploration),
        request=describe_request(exploration),
        clip=draw_clip(exploration),
        timeline=draw_timeline(exploration),
        pairs=[draw_pair_section(exploration, pair) for pair in range(exploration.pairs)],
        sections=sections,
    )
    return str(page)


def describe_answer(exploration: Exploration) -> str:
    """The most probable class, or why it is none and what comes nearest, and what it was read from, in a few sentences."""
    (label, probability), times = exploration.nearest, exploration.times
    averaged = f" The answer is {exploration.config.view_words} of the video." if exploration.config.view_words else ""
    frames = f"{len(times)} frames between {times[0]:.2f} s and {times[-1]:.2f} s"
    doubt = f"{exploration.doubt} The nearest is " if exploration.doubt else ""
    return f"{exploration.network} says: {doubt}{label}, {percent(probability)}. It saw {frames}.{averaged}"


def describe_request(exploration: Exploration) -> dict[str, str]:
    """The video, the clip, the network and how displacement was read; what was wrong with the file, if anything was."""
    info, (start, seconds) = exploration.info, exploration.span
    mirrored = "; left and right exchanged, since it was a mirror image" if exploration.config.mirrored else ""
    values = {
        "video": f"{exploration.name}, {info.width} × {info.height} pixels, {info.duration:.2f} s "
        f"at {info.fps:.4g} frames a second, {info.codec}",
        "clip": f"{seconds:.2f} s from {start:.2f} s; frames {', '.join(map(str, exploration.indices))}{mirrored}",
        "network": f"{exploration.network}, which knows {len(exploration.labels)} classes",
        "note": exploration.note,
        "matching": describe_window(exploration),
    }
    return {name: value for name, value in values.items() if value}


def describe_window(exploration: Exploration) -> str:
    """What was matched, on which grid, and how far the window reaches; "" without correspondences."""
    correspondences = exploration.correspondences
    if correspondences is None:
        return ""
    motion, (rows, columns) = correspondences.motion, correspondences.grid
    how = "by the motion module" if correspondences.trained else "of the features as they are"
    return (
        f"{how} after {correspondences.stage}, {rows} × {columns} cells of {correspondences.cell:.3g} pixels; the window reaches "
        f"{correspondences.reach:.3g} pixels (radius {motion.radius}, sigma {motion.sigma:g}, temperature {motion.temperature:g})"
        + ("; refined for display: neighbouring cells decide together" if correspondences.refined else "")
    )


def draw_pair_section(exploration: Exploration, pair: int) -> dict[str, Any]:
    """Title and sentence of a pair, and its pictures `h w 3` uint8, each with words for those who cannot see it and its title."""
    _, correspondences = displacement_of_pair(exploration, pair)
    pictures, matched, times = draw_pair(exploration, pair), correspondences.of_pair(pair), exploration.times
    words, right = describe_pair(exploration, pair), correspondences.probability()[pair].mean()
    return {
        "title": f"Pair {pair + 1} of {exploration.pairs}: {times[pair]:.2f} s to {times[pair + 1]:.2f} s",
        "sentence": f"{words}; {matched.peak_on_border().mean():.0%} of the cells may be faster than the window can see.".capitalize(),
        "pictures": [
            (pictures.source, f"Source, {caption(exploration, pair)}", "Source"),
            (pictures.target, f"Target, {caption(exploration, pair + 1)}", "Target: the next frame sampled"),
            (pictures.overlay, f"Source in grey, hued where it moves: {words}", "Overlay: grey is still, colour is direction"),
            (pictures.displacement, f"Displacement of each cell as a colour: {words}", "Displacement of each cell"),
            (pictures.arrows, f"Arrows to where each spot went: {words}", "Arrows: faint where the match is doubtful"),
            (
                pictures.probability,
                f"Probability of each match, {right:.2f} in the mean",
                "Probability of being right within a cell",
            ),
        ],
    }


SHOWN_WITHOUT_CLICK = 20  # cases of a finding, and classes
MOST_COPIES = 6  # of copies: so many show a frame
COPIES = ("leak", "shared", "duplicate", "contradiction")
LONGEST_BAR = 65  # percent of its room; its number stands beside it


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
        most=max((count for _, counts in classes for count in counts.values()), default=0) or 1,
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


def list_classes(diagnosis: Diagnosis) -> list[tuple[str, dict[str, int]]]:
    """Each class with the number of its videos in each split, classes with the most for training first."""
    splits = diagnosis.splits
    labels = dict.fromkeys(label for split in splits for label in split.counts)
    classes = [(label, {split.split: split.counts.get(label, 0) for split in splits}) for label in labels]
    return sorted(classes, key=lambda row: -row[1][splits[0].split])
