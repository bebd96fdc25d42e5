"""The predictions on the page: a sentence, the five most probable classes, the frames seen, scores over time."""

from html import escape

import numpy as np

from workbench.draw.html import data_uri
from workbench.draw.style import SERIES
from workbench.explore.explorer import Exploration
from workbench.text import percent

SHORTEST = 0.1  # seconds between the handles
LINES = 4  # classes whose scores are drawn: those that reach highest
DASHES = ("", "8 4", "2 4", "12 3 2 3")  # a second cue beside colour
HEIGHT = 100  # of the chart, in its own units; its width is 1000


def timeline(exploration: Exploration, pair: int = 0) -> str:
    """The whole of the video from left to right, with what `exploration` looked at and the source and target of a pair."""
    duration, (start, seconds) = max(exploration.info.duration, SHORTEST), exploration.span
    ends = {"start": start, "end": min(start + max(seconds, SHORTEST), duration)}
    style = "; ".join(f"--{name}: {100 * value / duration:.2f}%" for name, value in ends.items())
    values = f'data-duration="{duration}" data-start="{ends["start"]}" data-end="{ends["end"]}" data-least="{SHORTEST}"'
    return (
        f'<div class="timeline" {values} style="{style}">'
        f'<div class="strip">{film_strip(exploration, duration)}'
        f'<i class="shade before"></i><i class="shade after"></i>{ticks(exploration, duration, pair)}'
        f"{''.join(handle(name, value, duration) for name, value in ends.items())}</div>"
        f'<div class="course">{chart(exploration, duration)}{moment(exploration, duration, pair)}</div>{names(exploration)}</div>'
    )


def film_strip(exploration: Exploration, duration: float) -> str:
    """The thumbnails side by side, each as wide as its share of the video."""
    pictures = "".join(f'<img src="{data_uri(picture, photo=True)}" alt="" draggable="false">' for picture in exploration.course.thumbnails)
    return f'<div class="film" role="img" aria-label="Thumbnails of the whole video, from 0 to {duration:.1f} s">{pictures}</div>'


def handle(name: str, value: float, duration: float) -> str:
    what = "Start" if name == "start" else "End"
    return (
        f'<span class="handle {name}" role="slider" tabindex="0" data-end="{name}" aria-label="{what} of the clip" aria-valuemin="0" '
        f'aria-valuemax="{duration:.2f}" aria-valuenow="{value:.2f}" aria-valuetext="{value:.2f} s" '
        f'title="{what} of the clip: drag, or use the arrow keys"><output>{value:.2f} s</output></span>'
    )


def ticks(exploration: Exploration, duration: float, pair: int) -> str:
    """A mark for each frame that the network saw; those of the pair are stronger."""
    places = ((i, 100 * time / duration) for i, time in enumerate(exploration.times))
    return "".join(f'<i class="tick{" now" if i in (pair, pair + 1) else ""}" style="left: {place:.2f}%"></i>' for i, place in places)


def leading(exploration: Exploration) -> list[int]:
    """The classes whose scores reach highest."""
    return np.argsort(-exploration.scores.max(axis=0), kind="stable")[:LINES].tolist()


def chart(exploration: Exploration, duration: float) -> str:
    """Scores over time on the strip's own axis; colours and dashes name the classes."""
    told = "; ".join(f"{exploration.labels[k]} reaches {percent(float(exploration.scores[:, k].max()))}" for k in leading(exploration))
    lines = "".join(
        f'<polyline points="{points(exploration, k, duration)}" stroke="{SERIES[place]}" stroke-dasharray="{DASHES[place]}"/>'
        for place, k in enumerate(leading(exploration))
    )
    return (
        f'<svg viewBox="0 0 1000 {HEIGHT}" preserveAspectRatio="none" role="img" aria-label="Scores over time: {escape(told)}">'
        f'<path class="grid" d="M0 0H1000M0 {HEIGHT / 2}H1000M0 {HEIGHT}H1000"/>{lines}</svg>'
    )


def points(exploration: Exploration, label: int, duration: float) -> str:
    """The line of a class; a single window is drawn as wide as the clip."""
    times, scores = exploration.score_times, exploration.scores[:, label]
    if len(times) == 1:
        times, scores = np.array([exploration.span[0], sum(exploration.span)]), np.repeat(scores, 2)
    pairs = zip(1000 * times / duration, HEIGHT * (1 - scores), strict=True)
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in pairs)


def moment(exploration: Exploration, duration: float, pair: int) -> str:
    """The current moment: the time between source and target."""
    now = (exploration.times[pair] + exploration.times[pair + 1]) / 2
    return f'<i class="moment" style="left: {100 * now / duration:.2f}%" title="{now:.2f} s"></i>'


def names(exploration: Exploration) -> str:
    """What the lines are called, in the order of their height, and what the marks mean."""
    lines = (
        f'<li><svg viewBox="0 0 26 8" aria-hidden="true"><path d="M0 4H26" stroke="{SERIES[place]}" '
        f'stroke-dasharray="{DASHES[place]}"/></svg>{escape(exploration.labels[k])}</li>'
        for place, k in enumerate(leading(exploration))
    )
    marks = '<li><i class="tick"></i>frame seen</li><li><i class="tick now"></i>pair shown</li>'
    return f'<ul class="legend">{"".join(lines)}{marks}</ul>'


def frames_seen(exploration: Exploration, pair: int) -> str:
    """The exact crops that were classified, with their times; the two of the pair outlined."""
    about = (
        f"{len(exploration.crops)} frames of {exploration.crops.shape[2]} × {exploration.crops.shape[1]} pixels; the pair shown is outlined"
    )
    crops = "".join(
        f'<li{" class=now" if i in (pair, pair + 1) else ""}><img src="{data_uri(crop, photo=True)}" '
        f'alt="Frame {exploration.indices[i]}" draggable="false">{exploration.times[i]:.2f} s</li>'
        for i, crop in enumerate(exploration.crops)
    )
    head = f'<div class="head"><b>What the network saw</b> <span>{about}</span></div>'
    return f'<div class="plate" id="frames">{head}<ol class="crops">{crops}</ol></div>'


def answer_summary(exploration: Exploration) -> str:
    """One line: the answer, then where it was read from, and what was wrong with the file if anything was."""
    (label, probability), info, end = exploration.top(1)[0], exploration.info, exploration.times[-1]
    lines = [
        f"in {exploration.name}, {exploration.times[0]:.2f} to {end:.2f} s of {info.duration:.1f} s, says {exploration.network}; "
        f"{info.width} × {info.height} at {info.fps:.3g} frames a second, read by {exploration.backend}.",
        f"The answer is {exploration.config.averaged} of the video." if exploration.config.averaged else "",
        "The picture was turned: left and right are as the world has them." if exploration.config.mirrored else "",
        exploration.note,
    ]
    return f'<p class="note"><b>{escape(label)}</b> ({percent(probability)}) {escape(" ".join(filter(None, lines)))}</p>'
