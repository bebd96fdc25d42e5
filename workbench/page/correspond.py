"""Where did each spot go? Everything that is shown of one pair of frames."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from workbench.look.consistency import default_tolerance, forward_backward_error
from workbench.look.explore import Exploration
from workbench.look.match import moving_cell
from workbench.look.reasons import Reason, find_reasons
from workbench.look.tracks import Tracks, follow
from workbench.look.words import in_words
from workbench.page.markup import note, plate, plates
from workbench.view.beyond import mark_beyond
from workbench.view.consistency import draw_consistency
from workbench.view.draw import draw_confidence
from workbench.view.panels import caption, confidence_floor, draw_pair, shown_size
from workbench.view.reasons import draw_reasons
from workbench.view.spot import draw_source, frame_height
from workbench.view.tracks import draw_tracks

HINT = "Choose a spot: click it, or move cell by cell with the arrow keys"
NO_MODULE = "This network has no motion module. Choose a layer to match its features as they are, or another network."
MOST_TRACKS = 6
BESIDE = ThreadPoolExecutor(2)


@dataclass(frozen=True)
class Spot:
    """What a visitor points at: a pair, counted from 0, a cell of its grid (row, column), and the points that are followed,
    each (frame of the clip, x, y) in pixels of the frames shown; without any the cell's middle is followed.

    chosen: whether the cell is to be kept by the next look, as a link asks; else that takes a cell of what moves."""

    pair: int = 0
    cell: tuple[int, int] = (0, 0)
    points: tuple[tuple[int, float, float], ...] = ()
    chosen: bool = False


def first_spot(seen: Exploration, before: Spot | None = None) -> Spot:
    """Where to look first: in the pair as before, where the clip has it, at the chosen cell or one of what moves."""
    before = before or Spot()
    pair = max(min(before.pair, len(seen.times) - 2), 0)
    if not seen.reading:
        return Spot(pair)
    if before.chosen and all(place < cells for place, cells in zip(before.cell, seen.reading.grid, strict=True)):
        return Spot(pair, before.cell)
    return Spot(pair, moving_cell(seen.reading.correlation[pair], seen.reading.motion.sigma))


def spot_at(seen: Exploration, spot: Spot, x: float | int, y: float | int) -> Spot:
    """The cell under a click at shares x, y of the source picture, and its track beside those followed already.

    The picture's legend lies below the frame; a click there counts for the lowest row.
    """
    (rows, columns), (height, width), frame = seen.reading.grid, seen.frames.shape[1:3], seen.frames[spot.pair]
    picture = draw_source(frame, spot.cell, seen.reading.grid, shown_size(seen)[1])
    down = min(y * len(picture) / frame_height(frame, shown_size(seen)[1]), 1.0)
    cell = (min(int(down * rows), rows - 1), min(int(x * columns), columns - 1))
    return Spot(spot.pair, cell, (*spot.points, (spot.pair, float(x * width), float(down * height)))[-MOST_TRACKS:])


def next_to(seen: Exploration, spot: Spot, rows: int, columns: int) -> Spot:
    """The cell so far from this one, as far as there are cells."""
    place = np.add(spot.cell, (rows, columns)).clip(0, np.array(seen.reading.grid) - 1)
    return replace(spot, cell=tuple(place.tolist()))


def tracks_of(seen: Exploration, spot: Spot) -> Tracks:
    """The tracks of all points, each from the frame in which it was pointed at."""
    size = seen.frames.shape[1:3]
    middle = [(place + 0.5) * side / cells for place, side, cells in zip(spot.cell, size, seen.reading.grid, strict=True)]
    points = np.array(spot.points or [(spot.pair, middle[1], middle[0])])
    order = np.argsort(points[:, 0], kind="stable")  # those of one frame are followed together
    found = [follow(seen.reading, points[points[:, 0] == frame, 1:], int(frame), size) for frame in np.unique(points[:, 0])]

    names, back = ("points", "confidence", "consistent"), np.argsort(order)
    joined = {name: np.concatenate([getattr(tracks, name) for tracks in found], axis=1)[:, back] for name in names}
    return Tracks(**joined, start=spot.pair)


def correspondences(seen: Exploration, spot: Spot) -> str:
    """What was found in a pair: source, target, overlay, displacement, arrows, and the tracks of points."""
    if not seen.reading:
        return note(NO_MODULE)
    pair, size = spot.pair, shown_size(seen)
    tracks = BESIDE.submit(tracks_plate, seen, spot)  # while this core draws the others: a slider must not be waited for
    pictures, said = draw_pair(seen, pair), in_words(seen.displacement[pair], seen.reading.cell)
    source = draw_source(seen.frames[pair], spot.cell, seen.reading.grid, size[1], caption(seen, pair))
    field = mark_beyond(pictures.displacement, seen.beyond[pair], size[0], seen.reach)
    beyond = f"; {seen.beyond[pair].mean():.0%} may be faster than the window can see"
    return plates([
        plate("source", "Source", "here, now; click a spot", source, f"Source, {caption(seen, pair)}", True, HINT),
        plate("target", "Target", "the next frame sampled", pictures.target, f"Target, {caption(seen, pair + 1)}", True),
        plate("overlay", "Overlay", "grey is still, colour is direction", pictures.overlay, f"Overlay: {said}", True),
        plate("displacement", "Displacement", "a cell's colour says where it went", field, f"Displacement: {said}{beyond}"),
        plate("arrows", "Arrows", "faint where the match is doubtful", pictures.arrows, f"Arrows: {said}", True),
        tracks.result(),
    ])  # fmt: skip


def tracks_plate(seen: Exploration, spot: Spot) -> str:
    tracks = tracks_of(seen, spot)
    picture, count = draw_tracks(seen.frames[spot.pair + 1], tracks, spot.pair + 1, shown_size(seen)), tracks.points.shape[1]
    return plate("tracks", "Tracks", "clicked points, chained through the clip", picture, f"Tracks of {count} points", True)


def trust(seen: Exploration, pair: int) -> str:
    """How far to trust it: confidence, the way there and back, and what the correlation objects to."""
    if not seen.reading:
        return ""
    reading, frame, size = seen.reading.of_pair(pair), seen.frames[pair], shown_size(seen)
    confidence, error, tolerance = seen.confidence[pair], forward_backward_error(reading)[0], default_tolerance(reading)
    reasons = find_reasons(reading.correlation, dilation=reading.motion.dilation)[0].numpy()
    level = f"{np.median(confidence):.2f} in the median, least {confidence.min():.2f}"
    back = f"{np.mean(error <= tolerance):.0%} of the cells come back to within {tolerance:.3g} px"
    drawn = draw_confidence(confidence, size, confidence_floor(seen))
    return plates([
        plate("confidence", "Confidence", "how alike the best match is", drawn, f"Confidence: {level}"),
        plate("consistency", "There and back", "does the way back end where it began?",
              draw_consistency(frame, error, tolerance, size), f"Forward-backward consistency: {back}", True),
        plate("reasons", "Doubts", "what the correlation itself objects to", draw_reasons(frame, reasons, size),
              f"Doubts: {np.mean(reasons == Reason.NONE):.0%} of the cells have none", True),
    ])  # fmt: skip
