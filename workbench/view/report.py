"""A look at a video as one HTML file that holds everything: it opens without a server, and asks for nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

from workbench.look.explore import Exploration
from workbench.look.words import in_words
from workbench.view.document import document
from workbench.view.figure import percent
from workbench.view.packed import bars, facts, figure, figures, paragraph, section
from workbench.view.panels import caption, draw_clip, draw_pair, draw_timeline

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
    seen = exploration
    parts = [
        f"<header><h1>{escape(seen.name)}</h1><p class='lead'>{escape(answer(seen))}</p></header>",
        section("What was asked", facts(asked(seen))),
        section("Predictions", bars(seen.top(5))),
        section("What the network saw", paragraph("These frames and no others, cut to the middle square."),
                figure(draw_clip(seen), f"The {len(seen.frames)} frames that were classified, with their times")),
        section("Scores over time", figure(draw_timeline(seen), "Probability of the leading classes over the time of the video")),
        section("Where did each spot go?", *every_pair(seen)),
        *map(extra, sections),
    ]  # fmt: skip
    return document(f"{seen.name} · MotionSqueeze Workbench", parts)


def answer(seen: Exploration) -> str:
    """In one sentence."""
    (label, probability), times = seen.top(1)[0], seen.times
    averaged = f" The answer is {seen.config.averaged} of the video." if seen.config.averaged else ""
    frames = f"{len(times)} frames between {times[0]:.2f} s and {times[-1]:.2f} s"
    return f"{seen.network} says: {label}, {percent(probability)}. It saw {frames}.{averaged}"


def asked(seen: Exploration) -> dict[str, str]:
    """The video, the clip, the network and how displacement was read; what was wrong with the file, if anything was."""
    info, reading, (start, seconds) = seen.info, seen.reading, seen.span
    mirrored = "; left and right exchanged, since it was a mirror image" if seen.config.mirrored else ""
    values = {
        "video": f"{seen.name}, {info.width} × {info.height} pixels, {info.duration:.2f} s at {info.fps:.4g} frames a second, {info.codec}",
        "clip": f"{seconds:.2f} s from {start:.2f} s; frames {', '.join(map(str, seen.indices))}{mirrored}",
        "network": f"{seen.network}, which knows {len(seen.labels)} classes",
        "note": seen.note,
    }
    if reading:
        motion, (rows, columns) = reading.motion, reading.grid
        how = "by the motion module" if reading.trained else "of the features as they are"
        values["matching"] = (
            f"{how} after {reading.stage}, {rows} × {columns} cells of {reading.cell:.3g} pixels; the window reaches "
            f"{reading.reach:.3g} pixels (radius {motion.radius}, sigma {motion.sigma:g}, temperature {motion.temperature:g})"
        )
    return {name: value for name, value in values.items() if value}


def every_pair(seen: Exploration) -> list[str]:
    """The pairs, each under its own heading; without correspondences a sentence."""
    if not seen.pairs:
        return [paragraph("This network has no motion module, and no layer was chosen to match its features: there is nothing to show.")]
    return [paragraph(WHERE), *(one_pair(seen, pair) for pair in range(seen.pairs))]


def one_pair(seen: Exploration, pair: int) -> str:
    """Source, target, overlay, displacement, arrows and confidence, under what they say in words."""
    pictures, confidence = draw_pair(seen, pair), seen.confidence[pair]
    said, beyond = in_words(seen.displacement[pair], seen.reading.cell), seen.beyond[pair].mean()
    head = f"<h3>Pair {pair + 1} of {seen.pairs}: {seen.times[pair]:.2f} s to {seen.times[pair + 1]:.2f} s</h3>"
    shown = [
        figure(pictures.source, f"Source, {caption(seen, pair)}", "Source"),
        figure(pictures.target, f"Target, {caption(seen, pair + 1)}", "Target: the next frame sampled"),
        figure(pictures.overlay, f"Source in grey, hued where it moves: {said}", "Overlay: grey is still, colour is direction"),
        figure(pictures.displacement, f"Displacement of each cell as a colour: {said}", "Displacement of each cell"),
        figure(pictures.arrows, f"Arrows to where each spot went: {said}", "Arrows: faint where the match is doubtful"),
        figure(pictures.confidence, f"Confidence of each cell, {np.median(confidence):.2f} in the median", "Confidence of each match"),
    ]
    return head + paragraph(f"{said}; {beyond:.0%} of the cells may be faster than the window can see.".capitalize()) + figures(shown)


def extra(more: Section) -> str:
    command = f"<pre>{escape(more.command)}</pre>" if more.command else ""
    return section(more.title, paragraph(more.sentence), command, figures(figure(picture, alt, alt) for picture, alt in more.pictures))
