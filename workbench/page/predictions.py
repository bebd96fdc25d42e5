"""The predictions on the page: a sentence, the frames that the network saw, and the timeline with scores over time."""

from typing import NamedTuple

import numpy as np
from markupsafe import Markup

from workbench.draw.html import render
from workbench.draw.style import SERIES
from workbench.explore.explorer import Exploration
from workbench.explore.highlights import find_livelier_start
from workbench.text import percent

SHORTEST = 0.1  # seconds between the handles
LINES = 4  # classes whose scores are drawn: those that reach highest, and the one that is named
DASHES = ("", "8 4", "2 4", "12 3 2 3")  # a second cue beside colour
HEIGHT = 100  # of the chart, in its own units; its width is 1000


def timeline(exploration: Exploration, pair: int = 0) -> Markup:
    """The whole of the video from left to right, with what `exploration` looked at and the source and target of a pair."""
    duration, (start, seconds) = max(exploration.info.duration, SHORTEST), exploration.span
    wish, wish_seconds = exploration.config.start, exploration.config.seconds
    lines = score_lines(exploration, duration)
    return render(
        "timeline.html",
        duration=duration,
        ends={"start": start, "end": min(start + max(seconds, SHORTEST), duration)},
        wish={"start": "" if wish is None else wish, "end": "" if wish is None or wish_seconds is None else wish + wish_seconds},
        least=SHORTEST,
        share=lambda time: f"{100 * time / duration:.2f}",
        thumbnails=exploration.whole_video.thumbnails,
        times=exploration.times,
        pair=(pair, pair + 1),
        moment=(exploration.times[pair] + exploration.times[pair + 1]) / 2,
        height=HEIGHT,
        lines=lines,
        livelier=find_livelier_start(exploration),
        description="; ".join(f"{line.label} reaches {percent(line.highest)}" for line in lines),
    )


class ScoreLine(NamedTuple):
    """The scores of a class over time, as the chart draws them. highest: in [0, 1]."""

    label: str
    highest: float
    points: str
    colour: str
    dashes: str


def score_lines(exploration: Exploration, duration: float) -> list[ScoreLine]:
    """The classes whose scores reach highest, in this order, the one that the page names among them; colours and dashes tell them apart."""
    highest, nearest = exploration.scores.max(axis=0), exploration.labels.index(exploration.nearest[0])
    chosen = np.argsort(-highest, kind="stable")[:LINES].tolist()
    if nearest not in chosen:
        chosen[-1] = nearest
    return [
        ScoreLine(exploration.labels[k], float(highest[k]), points_of(exploration, k, duration), colour, dashes)
        for k, colour, dashes in zip(chosen, SERIES, DASHES, strict=False)
    ]


def points_of(exploration: Exploration, label: int, duration: float) -> str:
    """The line of a class; a single window is drawn as wide as the clip."""
    times, scores = exploration.score_times, exploration.scores[:, label]
    if len(times) == 1:
        times, scores = np.array([exploration.span[0], sum(exploration.span)]), np.repeat(scores, 2)
    pairs = zip(1000 * times / duration, HEIGHT * (1 - scores), strict=True)
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in pairs)


def frames_section(exploration: Exploration, pair: int) -> Markup:
    """The exact crops that were classified, with their times; the two of the pair outlined."""
    count, height, width, _ = exploration.crops.shape
    frames = zip(exploration.crops, exploration.indices, exploration.times, strict=True)
    about = f"{count} frames of {width} × {height} pixels; the pair shown is outlined"
    return render("frames.html", about=about, frames=frames, pair=(pair, pair + 1))


def answer_summary(exploration: Exploration) -> Markup:
    """One line: the answer, or why there is none and what comes nearest; where it was read from, and what was wrong with the file."""
    (label, probability), info, end = exploration.nearest, exploration.info, exploration.times[-1]
    lines = [
        f"in {exploration.name}, {exploration.times[0]:.2f} to {end:.2f} s of {info.duration:.1f} s, says {exploration.network}; "
        f"{info.width} × {info.height} at {info.fps:.3g} frames a second.",
        f"The answer is {exploration.config.view_words} of the video." if exploration.config.view_words else "",
        "The picture was turned: left and right are as the world has them." if exploration.config.mirrored else "",
        exploration.note,
    ]
    about = " ".join(filter(None, lines))
    return render("answer.html", label=label, probability=probability, doubt=exploration.doubt, about=about)
