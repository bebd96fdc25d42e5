"""What moves in a clip, drawn over the frames in which it moves: pictures to be played one after the other."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from einops import rearrange

from workbench.draw.canvas import as_grey, enlarge, fit_frames
from workbench.draw.fields import draw_arrows, draw_overlay
from workbench.draw.legends import draw_scale, draw_wheel_legend
from workbench.draw.pair import colour_limit
from workbench.draw.style import values_to_colour
from workbench.draw.tracks import stamp_trails
from workbench.explore.explorer import Exploration
from workbench.explore.tracks import Tracks, follow_points

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
    """The frame in grey under the length of the displacement, as far as that is probable, from 0 to the limit."""
    speed = values_to_colour(np.linalg.norm(displacement, axis=0) * probability, 0, limit)
    return np.rint(SPEED_OPACITY * enlarge(speed, size) + (1 - SPEED_OPACITY) * as_grey(enlarge(frame, size))).astype(np.uint8)


def draw_trails(exploration: Exploration, size: tuple[int, int]) -> list[np.ndarray]:
    """Each frame under the trails of a grid of points that are followed from the first."""
    assert exploration.correspondences is not None
    rows, columns = exploration.frames.shape[1:3]
    tracks = follow_points(exploration.correspondences, lay_points(rows, columns), 0, (rows, columns))
    return [draw_trails_upto(exploration.frames[frame], tracks, frame, size) for frame in range(len(exploration.frames))]


def draw_trails_upto(frame: np.ndarray, tracks: Tracks, upto: int, size: tuple[int, int]) -> np.ndarray:
    canvas = enlarge(frame, size)
    scale = np.array(canvas.shape[1::-1]) / frame.shape[1::-1]
    return stamp_trails(canvas, tracks.points[: upto + 1] * scale, tracks)


def lay_points(rows: int, columns: int) -> np.ndarray:
    """Points `n 2` (x, y) on a grid with equal gaps, half a gap from the edges, `TRACKS_ACROSS` along the longer side."""
    gap = max(rows, columns) / TRACKS_ACROSS
    y, x = (np.linspace(0, side, max(round(side / gap), 1), endpoint=False) for side in (rows, columns))
    grid = np.stack(np.meshgrid(x + columns / len(x) / 2, y + rows / len(y) / 2), axis=-1)
    return rearrange(grid, "rows columns xy -> (rows columns) xy")
