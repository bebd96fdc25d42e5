"""What moves in a clip, drawn over the frames in which it moves: pictures to be played one after the other."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from einops import rearrange
from PIL import Image, ImageDraw

from workbench.draw.canvas import as_grey, enlarge, fit_frames
from workbench.draw.fields import draw_arrows, draw_overlay
from workbench.draw.legends import draw_scale, draw_wheel_legend
from workbench.draw.pair import colour_limit
from workbench.draw.style import PAPER, values_to_colour
from workbench.draw.tracks import colour_of, stamp_trails
from workbench.explore.explorer import Exploration
from workbench.explore.tracks import follow_points

MotionStyle = Literal["arrows", "colours", "tracks", "speed"]
MOTION_WIDTH = 560  # pixels of the longer side
SPEED_OPACITY = 0.75
TRACKS_ACROSS = 14  # points that are followed, along the longer side


@dataclass(frozen=True)
class MotionPictures:
    """pictures: `h w 3` uint8, of each pair its source and what moves in it; without correspondences every frame as it is.

    legend: `h w 3`, what the colours mean, as wide as the pictures; None where there is nothing to say.
    """

    pictures: list[np.ndarray]
    legend: np.ndarray | None = None


def draw_motion(exploration: Exploration, style: MotionStyle = "arrows") -> MotionPictures:
    """arrows: where each spot is in the next frame, faint where that is doubtful. colours: the direction as hue. tracks: points that are
    followed from the first frame. speed: how far each spot goes. One scale serves all pairs."""
    size = fit_frames(exploration.frames, MOTION_WIDTH)
    if exploration.displacement is None or exploration.probability is None:
        return MotionPictures([enlarge(frame, size) for frame in exploration.frames])
    limit = colour_limit(exploration)
    fields = list(zip(exploration.frames[:-1], exploration.displacement, exploration.probability, strict=True))

    if style == "arrows":
        return MotionPictures([draw_arrows(*field, size)[: size[0]] for field in fields])
    if style == "colours":
        pictures = [draw_overlay(*field, limit, size)[: size[0]] for field in fields]
        return MotionPictures(pictures, draw_wheel_legend(size[1], limit))
    if style == "speed":
        pictures = [draw_speed(*field, limit, size) for field in fields]
        return MotionPictures(pictures, draw_scale(size[1], "how far each spot goes", ("0", f"{limit:.3g} px or more")))
    return MotionPictures(draw_trails(exploration, size))


def draw_speed(frame: np.ndarray, displacement: np.ndarray, probability: np.ndarray, limit: float, size: tuple[int, int]) -> np.ndarray:
    """The frame in grey under the length of the displacement, from 0 to the limit, the more opaque the more probable it is."""
    speed = enlarge(values_to_colour(np.linalg.norm(displacement, axis=0), 0, limit), size)
    opacity = enlarge(np.rint(255 * SPEED_OPACITY * probability).astype(np.uint8), size)
    share = rearrange(opacity / 255, "h w -> h w 1")
    return np.rint(share * speed + (1 - share) * as_grey(enlarge(frame, size))).astype(np.uint8)


def draw_trails(exploration: Exploration, size: tuple[int, int]) -> list[np.ndarray]:
    """The source of each pair under the trails of a grid of points that are followed from the first frame."""
    assert exploration.correspondences is not None
    rows, columns = exploration.frames.shape[1:3]
    tracks = follow_points(exploration.correspondences, lay_points(rows, columns), 0, (rows, columns))
    points = tracks.points * np.array(size[::-1]) / (columns, rows)
    canvases = [enlarge(frame, size) for frame in exploration.frames[:-1]]
    return [stamp_points(stamp_trails(canvas, points[: upto + 1], tracks), points[upto]) for upto, canvas in enumerate(canvases)]


def stamp_points(canvas: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Each of the points `n 2` that is still in the picture as a disc in the colour of its trail."""
    picture = Image.fromarray(canvas)
    pen = ImageDraw.Draw(picture)
    for number, (x, y) in enumerate(points.tolist()):
        if np.isfinite((x, y)).all():
            pen.ellipse((x - 4, y - 4, x + 4, y + 4), fill=colour_of(number), outline=PAPER)
    return np.asarray(picture)


def lay_points(rows: int, columns: int) -> np.ndarray:
    """Points `n 2` (x, y) on a grid with equal gaps, half a gap from the edges, `TRACKS_ACROSS` along the longer side."""
    gap = max(rows, columns) / TRACKS_ACROSS
    y, x = ((np.arange(count) + 0.5) * side / count for side in (rows, columns) for count in [max(round(side / gap), 1)])
    return rearrange(np.stack(np.meshgrid(x, y), axis=-1), "rows columns xy -> (rows columns) xy")
