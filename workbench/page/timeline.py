"""A video on one line: thumbnails, the range of the clip between two handles, the frames that the network saw, and its scores."""

from html import escape

import numpy as np

from workbench.look.explore import Exploration
from workbench.page.markup import data_uri
from workbench.view.figure import percent
from workbench.view.style import SERIES

SHORTEST = 0.1  # seconds between the handles
LINES = 4  # classes whose scores are drawn: those that reach highest
DASHES = ("", "8 4", "2 4", "12 3 2 3")  # a second cue beside colour
HEIGHT = 100  # of the chart, in its own units; its width is 1000


def timeline(seen: Exploration, pair: int = 0) -> str:
    """The whole of the video from left to right, with what `seen` looked at and the source and target of a pair."""
    duration, (start, seconds) = max(seen.info.duration, SHORTEST), seen.span
    ends = {"start": start, "end": min(start + max(seconds, SHORTEST), duration)}
    style = "; ".join(f"--{name}: {100 * value / duration:.2f}%" for name, value in ends.items())
    values = f'data-duration="{duration}" data-start="{ends["start"]}" data-end="{ends["end"]}" data-least="{SHORTEST}"'
    return (
        f'<div class="timeline" {values} style="{style}">'
        f'<div class="strip">{film(seen, duration)}'
        f'<i class="shade before"></i><i class="shade after"></i>{ticks(seen, duration, pair)}'
        f"{''.join(handle(name, value, duration) for name, value in ends.items())}</div>"
        f'<div class="course">{chart(seen, duration)}{moment(seen, duration, pair)}</div>{names(seen)}</div>'
    )


def film(seen: Exploration, duration: float) -> str:
    """The thumbnails side by side, each as wide as its share of the video."""
    pictures = "".join(f'<img src="{data_uri(picture, photo=True)}" alt="" draggable="false">' for picture in seen.course.thumbnails)
    return f'<div class="film" role="img" aria-label="Thumbnails of the whole video, from 0 to {duration:.1f} s">{pictures}</div>'


def handle(name: str, value: float, duration: float) -> str:
    what = "Start" if name == "start" else "End"
    return (
        f'<span class="handle {name}" role="slider" tabindex="0" data-end="{name}" aria-label="{what} of the clip" aria-valuemin="0" '
        f'aria-valuemax="{duration:.2f}" aria-valuenow="{value:.2f}" aria-valuetext="{value:.2f} s" '
        f'title="{what} of the clip: drag, or use the arrow keys"><output>{value:.2f} s</output></span>'
    )


def ticks(seen: Exploration, duration: float, pair: int) -> str:
    """A mark for each frame that the network saw; those of the pair are stronger."""
    places = ((i, 100 * time / duration) for i, time in enumerate(seen.times))
    return "".join(f'<i class="tick{" now" if i in (pair, pair + 1) else ""}" style="left: {place:.2f}%"></i>' for i, place in places)


def leading(seen: Exploration) -> list[int]:
    """The classes whose scores reach highest."""
    return np.argsort(-seen.scores.max(axis=0), kind="stable")[:LINES].tolist()


def chart(seen: Exploration, duration: float) -> str:
    """Scores over time on the strip's own axis; colours and dashes name the classes."""
    told = "; ".join(f"{seen.labels[k]} reaches {percent(float(seen.scores[:, k].max()))}" for k in leading(seen))
    lines = "".join(
        f'<polyline points="{points(seen, k, duration)}" stroke="{SERIES[place]}" stroke-dasharray="{DASHES[place]}"/>'
        for place, k in enumerate(leading(seen))
    )
    return (
        f'<svg viewBox="0 0 1000 {HEIGHT}" preserveAspectRatio="none" role="img" aria-label="Scores over time: {escape(told)}">'
        f'<path class="grid" d="M0 0H1000M0 {HEIGHT / 2}H1000M0 {HEIGHT}H1000"/>{lines}</svg>'
    )


def points(seen: Exploration, label: int, duration: float) -> str:
    """The line of a class; a single window is drawn as wide as the clip."""
    times, scores = seen.score_times, seen.scores[:, label]
    if len(times) == 1:
        times, scores = np.array([seen.span[0], sum(seen.span)]), np.repeat(scores, 2)
    pairs = zip(1000 * times / duration, HEIGHT * (1 - scores), strict=True)
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in pairs)


def moment(seen: Exploration, duration: float, pair: int) -> str:
    """The current moment: the time between source and target."""
    now = (seen.times[pair] + seen.times[pair + 1]) / 2
    return f'<i class="moment" style="left: {100 * now / duration:.2f}%" title="{now:.2f} s"></i>'


def names(seen: Exploration) -> str:
    """What the lines are called, in the order of their height, and what the marks mean."""
    lines = (
        f'<li><svg viewBox="0 0 26 8" aria-hidden="true"><path d="M0 4H26" stroke="{SERIES[place]}" '
        f'stroke-dasharray="{DASHES[place]}"/></svg>{escape(seen.labels[k])}</li>'
        for place, k in enumerate(leading(seen))
    )
    marks = '<li><i class="tick"></i>frame seen</li><li><i class="tick now"></i>pair shown</li>'
    return f'<ul class="legend">{"".join(lines)}{marks}</ul>'
