"""Tracks of points drawn over a frame."""

import numpy as np
from einops import rearrange
from numpy.typing import ArrayLike
from PIL import Image, ImageColor, ImageDraw

from workbench.draw.canvas import as_frame, enlarge, lay_ink, mount, sheet
from workbench.draw.legends import Muted, draw_caption, draw_legend
from workbench.draw.style import INK, MUTED, PAPER, SERIES, letter_size, load_font
from workbench.explore.tracks import Tracks

TRAIL_SCALE = 3  # drawn this much larger and averaged, which smooths the edges
FAINTEST_STEP, THINNEST_STEP = 0.35, 0.3  # of a step that is surely wrong


def draw_tracks(frame: ArrayLike, tracks: Tracks, upto: int, size: tuple[int, int] | None = None) -> np.ndarray:
    """The frame `h w 3`, number `upto` of the clip, under the trails of all points up to it: `h w 3` uint8.

    A trail is the thinner and fainter the less probable a step is, and broken where it does not lead back; a numbered disc is
    the point now, a cross where it left the picture. Points are in pixels of the frame.
    Raises ValueError for another shape, or a frame that the clip does not have.
    """
    if not 0 <= upto < len(tracks.points):
        raise ValueError(f"the clip has frames 0 to {len(tracks.points) - 1}, got {upto}")
    frame = as_frame(frame)
    canvas = enlarge(frame, size)
    scale = np.array(canvas.shape[1::-1]) / frame.shape[1::-1]
    points = tracks.points[: upto + 1] * scale

    picture = Image.fromarray(stamp_trails(canvas, points, tracks))
    for number in range(points.shape[1]):
        stamp_head(ImageDraw.Draw(picture), points[:, number], number, letter_size(canvas.shape[1]))
    return mount(np.asarray(picture), draw_tracks_legend(canvas.shape[1], tracks, upto))


def stamp_trails(canvas: np.ndarray, points: np.ndarray, tracks: Tracks) -> np.ndarray:
    """Steps between points `t n 2` in pixels of the canvas, as coloured lines with a dark rim."""
    size = (canvas.shape[1] * TRAIL_SCALE, canvas.shape[0] * TRAIL_SCALE)
    ink, colour = Image.new("L", size), Image.new("RGB", size)
    pens, width = (ImageDraw.Draw(ink), ImageDraw.Draw(colour)), TRAIL_SCALE * max(3, canvas.shape[1] / 120)
    for pair, number in np.argwhere(np.isfinite(tracks.probability[: len(points) - 1])).tolist():
        strength = float(tracks.probability[pair, number])
        wide, opacity = width * (THINNEST_STEP + (1 - THINNEST_STEP) * strength), FAINTEST_STEP + (1 - FAINTEST_STEP) * strength
        step = points[pair : pair + 2, number] * TRAIL_SCALE
        for line in [step] if tracks.consistent[pair, number] else split_into_dashes(step, 3 * width):
            stroke(pens, line.ravel().tolist(), wide, opacity, colour_of(number))

    return lay_ink(canvas, ink.reduce(TRAIL_SCALE), np.asarray(colour.reduce(TRAIL_SCALE), dtype=np.uint16), 190)


def split_into_dashes(step: np.ndarray, each: float) -> list[np.ndarray]:
    """A step `2 xy` as pieces with gaps of their own length between, each about so long."""
    pieces = 2 * max(round(np.hypot(*(step[1] - step[0])) / each / 2), 1) + 1
    ends = step[0] + rearrange(np.linspace(0, 1, pieces + 1), "n -> n 1") * (step[1] - step[0])
    return [ends[i : i + 2] for i in range(1, pieces, 2)]


def stroke(pens: tuple[ImageDraw.ImageDraw, ImageDraw.ImageDraw], line: list[float], width: float, opacity: float, colour: str) -> None:
    """A line with round ends, its opacity on the first canvas and its colour, as much dimmed, on the second."""
    dimmed = tuple(round(opacity * level) for level in ImageColor.getrgb(colour))
    for pen, fill in zip(pens, (round(255 * opacity), dimmed), strict=True):
        pen.line(line, fill=fill, width=max(round(width), 1))
        for x, y in (line[:2], line[2:]):
            pen.ellipse((x - width / 2, y - width / 2, x + width / 2, y + width / 2), fill=fill)


def colour_of(number: int) -> str:
    return SERIES[number % len(SERIES)]


def stamp_head(draw: ImageDraw.ImageDraw, path: np.ndarray, number: int, size: int) -> None:
    """The disc of a track at the last place of its path `t 2`; a cross where the path ended before."""
    inside = np.flatnonzero(np.isfinite(path).all(axis=1))
    if not len(inside):
        return
    x, y = path[inside[-1]].tolist()
    if inside[-1] == len(path) - 1:
        stamp_disc(draw, x, y, number, size)
    else:
        reach = 0.5 * size
        for width, shade in ((round(0.5 * size), INK), (round(0.22 * size), colour_of(number))):
            draw.line((x - reach, y - reach, x + reach, y + reach), fill=shade, width=width)
            draw.line((x - reach, y + reach, x + reach, y - reach), fill=shade, width=width)


def stamp_disc(draw: ImageDraw.ImageDraw, x: float, y: float, number: int, size: int) -> None:
    for reach, shade in ((0.85 * size, INK), (0.77 * size, PAPER), (0.65 * size, colour_of(number))):
        draw.ellipse((x - reach, y - reach, x + reach, y + reach), fill=shade)
    lightness = np.dot(ImageColor.getrgb(colour_of(number))[:3], (0.299, 0.587, 0.114))
    draw.text((x, y), str(number + 1), fill=INK if lightness > 120 else PAPER, font=load_font(round(0.85 * size)), anchor="mm")


def draw_tracks_legend(width: int, tracks: Tracks, upto: int) -> np.ndarray:
    """Each track's disc with the probability of its step to this frame, between a title and what lines and crosses mean."""
    numbers = range(tracks.points.shape[1])
    if not numbers:
        return draw_legend(width, [Muted("no points yet")])
    size = letter_size(width)
    across = max(width // (6 * size), 1)
    discs = ([draw_disc_patch(number, size), describe_track(tracks, number, upto)] for number in numbers)
    keys = [draw_legend(width // across, items, size=size, height=2 * size) for items in discs]
    rows = [np.concatenate(keys[first : first + across], axis=1) for first in range(0, len(keys), across)]
    lines = [np.pad(row, ((0, 0), (0, width - row.shape[1]), (0, 0)), constant_values=255) for row in rows]
    title, note = draw_caption(width, "probability that the step to this frame is right"), "thin: unsure · broken: inconsistent · ×: gone"
    return np.concatenate([title, *lines, draw_caption(width, note, MUTED)])


def draw_disc_patch(number: int, size: int) -> np.ndarray:
    image, pen = sheet(2 * size, 2 * size)
    stamp_disc(pen, size, size, number, size)
    return np.asarray(image)


def describe_track(tracks: Tracks, number: int, upto: int) -> str:
    """The probability of a track's step to this frame, or why there is none."""
    if not np.isfinite(tracks.points[upto, number]).all():
        return "gone" if upto > tracks.start else "not yet"
    if upto == tracks.start:
        return "start"
    return f"{tracks.probability[upto - 1 if upto > tracks.start else upto, number]:.2f}"
