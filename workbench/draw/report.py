"""A look at a video as one HTML file that holds everything: it opens without a server, and asks for nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

from workbench.draw.html import document, paragraph, report_bars, report_facts, report_figure, report_figures, section
from workbench.draw.pair import caption, draw_clip, draw_pair, draw_timeline
from workbench.explore.explorer import Exploration
from workbench.explore.matching import describe_displacement
from workbench.text import percent

WHERE = (
    "What follows is read from the network pair by pair: where each spot of the source is in the target. One scale of colour serves "
    "all pairs. Confidence is how alike the best match is; it is no probability."
)


@dataclass(frozen=True)
class Section:
    """A part of a report beside the usual ones: a heading, a sentence, pictures `h w 3` uint8 each with its words for those who
    cannot see it, and perhaps a command. All of it is text: nothing in it becomes HTML."""

    title: str
    sentence: str
    pictures: tuple[tuple[np.ndarray, str], ...] = ()
    command: str = ""


def report(exploration: Exploration, sections: Sequence[Section] = ()) -> str:
    """An HTML page: what was asked, the answer, the frames seen, scores over time, every pair, and then the sections given."""
    exploration = exploration
    parts = [
        f"<header><h1>{escape(exploration.name)}</h1><p class='lead'>{escape(answer_section(exploration))}</p></header>",
        section("What was asked", report_facts(asked(exploration))),
        section("Predictions", report_bars(exploration.top(5))),
        section("What the network saw", paragraph("These frames and no others, cut to the middle square."),
                report_figure(draw_clip(exploration), f"The {len(exploration.frames)} frames that were classified, with their times")),
        section(
            "Scores over time", report_figure(draw_timeline(exploration), "Probability of the leading classes over the time of the video")
        ),
        section("Where did each spot go?", *every_pair(exploration)),
        *map(extra, sections),
    ]  # fmt: skip
    return document(f"{exploration.name} · MotionSqueeze Workbench", parts)


def answer_section(exploration: Exploration) -> str:
    """In one sentence."""
    (label, probability), times = exploration.top(1)[0], exploration.times
    averaged = f" The answer is {exploration.config.averaged} of the video." if exploration.config.averaged else ""
    frames = f"{len(times)} frames between {times[0]:.2f} s and {times[-1]:.2f} s"
    return f"{exploration.network} says: {label}, {percent(probability)}. It saw {frames}.{averaged}"


def asked(exploration: Exploration) -> dict[str, str]:
    """The video, the clip, the network and how displacement was read; what was wrong with the file, if anything was."""
    info, correspondences, (start, seconds) = exploration.info, exploration.correspondences, exploration.span
    mirrored = "; left and right exchanged, since it was a mirror image" if exploration.config.mirrored else ""
    values = {
        "video": f"{exploration.name}, {info.width} × {info.height} pixels, {info.duration:.2f} s "
        f"at {info.fps:.4g} frames a second, {info.codec}",
        "clip": f"{seconds:.2f} s from {start:.2f} s; frames {', '.join(map(str, exploration.indices))}{mirrored}",
        "network": f"{exploration.network}, which knows {len(exploration.labels)} classes",
        "note": exploration.note,
    }
    if correspondences:
        motion, (rows, columns) = correspondences.motion, correspondences.grid
        how = "by the motion module" if correspondences.trained else "of the features as they are"
        values["matching"] = (
            f"{how} after {correspondences.stage}, {rows} × {columns} cells of {correspondences.cell:.3g} pixels; the window reaches "
            f"{correspondences.reach:.3g} pixels (radius {motion.radius}, sigma {motion.sigma:g}, temperature {motion.temperature:g})"
        )
    return {name: value for name, value in values.items() if value}


def every_pair(exploration: Exploration) -> list[str]:
    """The pairs, each under its own heading; without correspondences a sentence."""
    if not exploration.pairs:
        return [paragraph("This network has no motion module, and no layer was chosen to match its features: there is nothing to show.")]
    return [paragraph(WHERE), *(one_pair(exploration, pair) for pair in range(exploration.pairs))]


def one_pair(exploration: Exploration, pair: int) -> str:
    """Source, target, overlay, displacement, arrows and confidence, under what they say in words."""
    pictures, confidence = draw_pair(exploration, pair), exploration.confidence[pair]
    said, beyond = describe_displacement(exploration.displacement[pair], exploration.correspondences.cell), exploration.beyond[pair].mean()
    head = f"<h3>Pair {pair + 1} of {exploration.pairs}: {exploration.times[pair]:.2f} s to {exploration.times[pair + 1]:.2f} s</h3>"
    shown = [
        report_figure(pictures.source, f"Source, {caption(exploration, pair)}", "Source"),
        report_figure(pictures.target, f"Target, {caption(exploration, pair + 1)}", "Target: the next frame sampled"),
        report_figure(pictures.overlay, f"Source in grey, hued where it moves: {said}", "Overlay: grey is still, colour is direction"),
        report_figure(pictures.displacement, f"Displacement of each cell as a colour: {said}", "Displacement of each cell"),
        report_figure(pictures.arrows, f"Arrows to where each spot went: {said}", "Arrows: faint where the match is doubtful"),
        report_figure(
            pictures.confidence, f"Confidence of each cell, {np.median(confidence):.2f} in the median", "Confidence of each match"
        ),
    ]
    return (
        head + paragraph(f"{said}; {beyond:.0%} of the cells may be faster than the window can see.".capitalize()) + report_figures(shown)
    )


def extra(more: Section) -> str:
    command = f"<pre>{escape(more.command)}</pre>" if more.command else ""
    return section(
        more.title, paragraph(more.sentence), command, report_figures(report_figure(picture, alt, alt) for picture, alt in more.pictures)
    )
