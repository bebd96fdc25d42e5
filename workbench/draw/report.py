"""The report of a look at a video: one HTML file that needs no server."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from workbench.draw.html import render
from workbench.draw.pair import caption, draw_clip, draw_pair, draw_timeline
from workbench.explore.compare import displacement_of_pair
from workbench.explore.explorer import Exploration
from workbench.explore.matching import describe_displacement
from workbench.text import percent


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


@dataclass(frozen=True)
class PairSection:
    """What a report says and shows of a pair of frames; pictures are `h w 3` uint8 with words for those who cannot see, and a title."""

    title: str
    sentence: str
    pictures: list[tuple[np.ndarray, str, str]]


def draw_report(exploration: Exploration, sections: Sequence[ReportSection] = ()) -> str:
    """An HTML page: what was asked, the answer, the frames seen, scores over time, every pair, and then the sections given."""
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
    """The most probable class and what it was read from, in a few sentences."""
    (label, probability), times = exploration.top(1)[0], exploration.times
    averaged = f" The answer is {exploration.config.view_words} of the video." if exploration.config.view_words else ""
    frames = f"{len(times)} frames between {times[0]:.2f} s and {times[-1]:.2f} s"
    return f"{exploration.network} says: {label}, {percent(probability)}. It saw {frames}.{averaged}"


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
    )


def draw_pair_section(exploration: Exploration, pair: int) -> PairSection:
    """Source, target, overlay, displacement, arrows and confidence, under what they say in words."""
    displacement, correspondences = displacement_of_pair(exploration, pair)
    pictures, matched, times = draw_pair(exploration, pair), correspondences.of_pair(pair), exploration.times
    said = describe_displacement(displacement, correspondences.cell)
    return PairSection(
        f"Pair {pair + 1} of {exploration.pairs}: {times[pair]:.2f} s to {times[pair + 1]:.2f} s",
        f"{said}; {matched.peak_on_border().mean():.0%} of the cells may be faster than the window can see.".capitalize(),
        [
            (pictures.source, f"Source, {caption(exploration, pair)}", "Source"),
            (pictures.target, f"Target, {caption(exploration, pair + 1)}", "Target: the next frame sampled"),
            (pictures.overlay, f"Source in grey, hued where it moves: {said}", "Overlay: grey is still, colour is direction"),
            (pictures.displacement, f"Displacement of each cell as a colour: {said}", "Displacement of each cell"),
            (pictures.arrows, f"Arrows to where each spot went: {said}", "Arrows: faint where the match is doubtful"),
            (
                pictures.confidence,
                f"Confidence of each cell, {np.median(matched.confidence()):.2f} in the median",
                "Confidence of each match",
            ),
        ],
    )
