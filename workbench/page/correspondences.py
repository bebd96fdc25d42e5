"""The tab Correspondences: every picture of one pair of frames."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from markupsafe import Markup

from workbench.draw.heatmaps import draw_confidence
from workbench.draw.html import note, plate, plates
from workbench.draw.match import draw_source, frame_height
from workbench.draw.pair import caption, confidence_floor, draw_pair, picture_size
from workbench.draw.reliability import draw_border_peaks, draw_consistency, draw_issues
from workbench.draw.tracks import draw_tracks
from workbench.explore.explorer import Exploration
from workbench.explore.matching import describe_displacement, find_moving_cell
from workbench.explore.reliability import MatchIssue, default_tolerance, find_issues, forward_backward_error
from workbench.explore.tracks import Tracks, follow_points

HINT = "Choose a spot: click it, or move cell by cell with the arrow keys"
NO_MODULE = "This network has no motion module. Choose a layer to match its features as they are, or another network."
MOST_TRACKS = 6


@cache
def threads() -> ThreadPoolExecutor:
    """That draw beside the one which answers, from the first look on."""
    return ThreadPoolExecutor(2)


@dataclass(frozen=True)
class Selection:
    """What a visitor points at: a pair, counted from 0, a cell of its grid (row, column), and the points that are followed,
    each (frame of the clip, x, y) in pixels of the frames shown; without any the cell's middle is followed.

    chosen: whether the cell is to be kept by the next look, as a link asks; else that takes a cell of what moves."""

    pair: int = 0
    cell: tuple[int, int] = (0, 0)
    points: tuple[tuple[int, float, float], ...] = ()
    chosen: bool = False


def first_selection(exploration: Exploration, before: Selection | None = None) -> Selection:
    """Where to look first: in the pair as before, where the clip has it, at the chosen cell or one of what moves."""
    before = before or Selection()
    pair = max(min(before.pair, len(exploration.times) - 2), 0)
    if not exploration.correspondences:
        return Selection(pair)
    if before.chosen and all(place < cells for place, cells in zip(before.cell, exploration.correspondences.grid, strict=True)):
        return Selection(pair, before.cell)
    return Selection(pair, find_moving_cell(exploration.correspondences.correlation[pair], exploration.correspondences.motion.sigma))


def select_at(exploration: Exploration, spot: Selection, x: float, y: float) -> Selection:
    """The cell under a click at shares x, y of the source picture, and its track beside those followed already.

    The picture's legend lies below the frame; a click there counts for the lowest row.
    """
    (rows, columns), (height, width), frame = exploration.correspondences.grid, exploration.frames.shape[1:3], exploration.frames[spot.pair]
    picture = draw_source(frame, spot.cell, exploration.correspondences.grid, picture_size(exploration)[1])
    down = min(y * len(picture) / frame_height(frame, picture_size(exploration)[1]), 1.0)
    cell = (min(int(down * rows), rows - 1), min(int(x * columns), columns - 1))
    return Selection(spot.pair, cell, (*spot.points, (spot.pair, float(x * width), float(down * height)))[-MOST_TRACKS:])


def select_next(exploration: Exploration, spot: Selection, rows: int, columns: int) -> Selection:
    """The cell so far from this one, as far as there are cells."""
    place = np.add(spot.cell, (rows, columns)).clip(0, np.array(exploration.correspondences.grid) - 1)
    return replace(spot, cell=tuple(place.tolist()))


def tracks_of(exploration: Exploration, spot: Selection) -> Tracks:
    """The tracks of all points, each from the frame in which it was pointed at."""
    size = exploration.frames.shape[1:3]
    middle = [(place + 0.5) * side / cells for place, side, cells in zip(spot.cell, size, exploration.correspondences.grid, strict=True)]
    points = np.array(spot.points or [(spot.pair, middle[1], middle[0])])
    order = np.argsort(points[:, 0], kind="stable")  # those of one frame are followed together
    found = [
        follow_points(exploration.correspondences, points[points[:, 0] == frame, 1:], int(frame), size) for frame in np.unique(points[:, 0])
    ]

    names, back = ("points", "confidence", "consistent"), np.argsort(order)
    joined = {name: np.concatenate([getattr(tracks, name) for tracks in found], axis=1)[:, back] for name in names}
    return Tracks(**joined, start=spot.pair)


def correspondences_section(exploration: Exploration, spot: Selection) -> Markup:
    """What was found in a pair: source, target, overlay, displacement, arrows, and the tracks of points."""
    if not exploration.correspondences:
        return note(NO_MODULE)
    pair, size = spot.pair, picture_size(exploration)
    tracks = threads().submit(tracks_plate, exploration, spot)  # while this core draws the others: a slider must not be waited for
    pictures, said = draw_pair(exploration, pair), describe_displacement(exploration.displacement[pair], exploration.correspondences.cell)
    source = draw_source(exploration.frames[pair], spot.cell, exploration.correspondences.grid, size[1], caption(exploration, pair))
    field = draw_border_peaks(pictures.displacement, exploration.peak_on_border[pair], size[0], exploration.reach)
    beyond = f"; {exploration.peak_on_border[pair].mean():.0%} may be faster than the window can see"
    return plates([
        plate("source", "Source", "here, now; click a spot", source, f"Source, {caption(exploration, pair)}", True, HINT),
        plate("target", "Target", "the next frame sampled", pictures.target, f"Target, {caption(exploration, pair + 1)}", True),
        plate("overlay", "Overlay", "grey is still, colour is direction", pictures.overlay, f"Overlay: {said}", True),
        plate("displacement", "Displacement", "a cell's colour says where it went", field, f"Displacement: {said}{beyond}"),
        plate("arrows", "Arrows", "faint where the match is doubtful", pictures.arrows, f"Arrows: {said}", True),
        tracks.result(),
    ])  # fmt: skip


def tracks_plate(exploration: Exploration, spot: Selection) -> Markup:
    tracks = tracks_of(exploration, spot)
    picture, count = (
        draw_tracks(exploration.frames[spot.pair + 1], tracks, spot.pair + 1, picture_size(exploration)),
        tracks.points.shape[1],
    )
    return plate("tracks", "Tracks", "clicked points, chained through the clip", picture, f"Tracks of {count} points", True)


def trust(exploration: Exploration, pair: int) -> Markup:
    """How far to trust it: confidence, the way there and back, and what the correlation objects to."""
    if not exploration.correspondences:
        return Markup()
    correspondences, frame, size = exploration.correspondences.of_pair(pair), exploration.frames[pair], picture_size(exploration)
    confidence, error, tolerance = (
        exploration.confidence[pair],
        forward_backward_error(correspondences)[0],
        default_tolerance(correspondences),
    )
    reasons = find_issues(correspondences.correlation, dilation=correspondences.motion.dilation)[0].numpy()
    level = f"{np.median(confidence):.2f} in the median, least {confidence.min():.2f}"
    back = f"{np.mean(error <= tolerance):.0%} of the cells come back to within {tolerance:.3g} px"
    drawn = draw_confidence(confidence, size, confidence_floor(exploration))
    return plates([
        plate("confidence", "Confidence", "how alike the best match is", drawn, f"Confidence: {level}"),
        plate("consistency", "There and back", "does the way back end where it began?",
              draw_consistency(frame, error, tolerance, size), f"Forward-backward consistency: {back}", True),
        plate("reasons", "Doubts", "what the correlation itself objects to", draw_issues(frame, reasons, size),
              f"Doubts: {np.mean(reasons == MatchIssue.NONE):.0%} of the cells have none", True),
    ])  # fmt: skip
