"""Export formats of an exploration, of tracks in it, and of the scores of a film: NPZ, CSV and JSON."""

import csv
import io
import json
import math
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any

import numpy as np

from workbench.explore.explorer import Exploration
from workbench.explore.film import FilmScores
from workbench.explore.matching import Correspondences
from workbench.explore.tracks import Tracks

SCHEMA = 1  # of all JSON that is made here: it grows when a name goes away or comes to mean something else, not when one is added
CSV_COLUMNS = (
    "pair", "source frame", "target frame", "source time (s)", "target time (s)", "row", "column",
    "x (px)", "y (px)", "dx (px)", "dy (px)", "confidence", "beyond", "probability",
)  # fmt: skip
UNITS = "displacement, cell, reach: pixels of frames of size (height, width), x to the right, y down; times, score_times: seconds"


def as_npz(exploration: Exploration) -> bytes:
    """A file for `numpy.load`, without pickles: the answers, where and when, and with which numbers.

    displacement `p 2 h w` in pixels of the frames shown, confidence, probability and beyond `p h w`, cell and reach in pixels (these only
    where there are correspondences); times (s) and indices `t` of the frames; labels and probabilities `k`; scores `n k` at
    score_times `n` (s); size (height, width) of the frames shown; units, network and video as text.
    """
    file = io.BytesIO()
    arrays: dict[str, Any] = {
        "indices": np.array(exploration.indices),
        "times": np.array(exploration.times),
        "labels": np.array(exploration.labels),
        "probabilities": exploration.probabilities,
        "score_times": exploration.score_times,
        "scores": exploration.scores,
        "size": np.array(exploration.frames.shape[1:3]),
        "units": np.array(UNITS),
        "network": np.array(exploration.network),
        "video": np.array(exploration.name),
    }
    if exploration.correspondences:
        arrays |= {"displacement": exploration.displacement, "beyond": exploration.peak_on_border}
        arrays |= {"confidence": exploration.confidence, "probability": exploration.probability}
        arrays |= {"cell": np.array(exploration.correspondences.cell), "reach": np.array(exploration.reach)}
    np.savez_compressed(file, **arrays)
    return file.getvalue()


def as_csv(exploration: Exploration) -> str:
    """A header, then a line for each pair and cell, in order; pair, row and column are counted from 0.

    x, y: the cell's centre in the frame shown. Pixels have three decimals, confidence and probability five, times six. beyond: 1
    where the motion may be faster than the window can see. probability: that the displacement is right within a cell.
    Without correspondences there is the header alone.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    for pair in range(exploration.pairs):
        writer.writerows(csv_rows(exploration, pair))
    return text.getvalue()


def csv_rows(exploration: Exploration, pair: int) -> Iterator[tuple]:
    """The lines of a pair."""
    height, width = exploration.frames.shape[1:3]
    moment = (pair, *exploration.indices[pair : pair + 2], *(f"{time:.6f}" for time in exploration.times[pair : pair + 2]))
    fields = exploration.displacement, exploration.confidence, exploration.peak_on_border, exploration.probability
    (dx, dy), confidence, on_border, probability = (field[pair] for field in fields if field is not None)

    rows, columns = confidence.shape
    for row, column in np.ndindex(rows, columns):
        place = (row, column, f"{(column + 0.5) * width / columns:.3f}", f"{(row + 0.5) * height / rows:.3f}")
        offset = (f"{dx[row, column]:.3f}", f"{dy[row, column]:.3f}")
        sure = (f"{confidence[row, column]:.5f}", int(on_border[row, column]), f"{probability[row, column]:.5f}")
        yield *moment, *place, *offset, *sure


def as_json(exploration: Exploration, indent: int | None = None) -> str:
    """The predictions as one strict JSON object, on one line or indented: that of `as_facts`."""
    return json.dumps(as_facts(exploration), indent=indent, allow_nan=False)


def as_facts(exploration: Exploration) -> dict[str, Any]:
    """The request and the answer, in values that JSON has.

    schema: the version of this form. predictions: every class, the most probable first; doubt: why the first is no answer, "" where it is
    one. frames, times: of the clip, in the video; fps, size, duration, codec: of the video. config: the request, null where the network
    decides. reading: how displacement was estimated, in pixels of the frames shown; null without correspondences. The file is named; its
    folder is not.
    """
    info = exploration.info
    return {
        "schema": SCHEMA,
        "predictions": [{"label": label, "probability": probability} for label, probability in exploration.top(len(exploration.labels))],
        "doubt": exploration.doubt,
        "frames": list(exploration.indices),
        "times": list(exploration.times),
        "span": {"start": exploration.span[0], "seconds": exploration.span[1]},
        "fps": finite(info.fps),
        "video": {"name": exploration.name, "height": info.height, "width": info.width, "frames": info.num_frames,
                  "duration": finite(info.duration), "codec": info.codec, "note": exploration.note},
        "backend": exploration.backend,
        "network": exploration.network,
        "config": asdict(exploration.config),
        "reading": matching_facts(exploration.correspondences, exploration.frames.shape[1:3]) if exploration.correspondences else None,
    }  # fmt: skip


def matching_facts(correspondences: Correspondences, size: tuple[int, ...]) -> dict[str, Any]:
    """The numbers of the estimate; a sigma of null is infinite: no kernel."""
    motion = correspondences.motion
    return {
        "stage": correspondences.stage,
        "trained": correspondences.trained,
        "pairs": correspondences.pairs,
        "rows": correspondences.grid[0],
        "columns": correspondences.grid[1],
        "cell": correspondences.cell,
        "reach": correspondences.reach,
        "height": size[0],
        "width": size[1],
        "radius": motion.radius,
        "dilation": motion.dilation,
        "sigma": finite(motion.sigma),
        "temperature": motion.temperature,
    }


def film_as_csv(film: FilmScores) -> str:
    """A header, then a line for each window: its middle and ends in seconds, and the probability of every class."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("time (s)", "start (s)", "end (s)", *film.labels))
    for time, scores in zip(film.times.tolist(), film.scores.tolist(), strict=True):
        ends = max(time - film.seconds / 2, 0.0), min(time + film.seconds / 2, film.duration)
        writer.writerow((*(f"{moment:.3f}" for moment in (time, *ends)), *(f"{score:.6f}" for score in scores)))
    return text.getvalue()


def film_as_facts(film: FilmScores) -> dict[str, Any]:
    """The same in values that JSON has. times: the middles of the windows; window: their length; scores: a list for each window, in the
    order of the labels."""
    return {
        "schema": SCHEMA,
        "video": film.video,
        "network": film.network,
        "duration": film.duration,
        "window": film.seconds,
        "labels": list(film.labels),
        "times": film.times.tolist(),
        "scores": film.scores.tolist(),
    }


def scores_as_json(film: FilmScores) -> str:
    return json.dumps(film_as_facts(film), allow_nan=False)


SCORE_FILES: dict[str, Callable[[FilmScores], str]] = {".csv": film_as_csv, ".json": scores_as_json}


def tracks_as_facts(exploration: Exploration, tracks: Tracks) -> dict[str, Any]:
    """Points `t n 2` (x, y) in pixels of frames of `height` and `width`, null outside the picture; of the step in each pair, `p n`, the
    probability that it is right within a cell, null where none was made, and whether the way back ends where it began."""
    height, width = exploration.frames.shape[1:3]
    return {
        "schema": SCHEMA,
        "video": exploration.name,
        "network": exploration.network,
        "frames": list(exploration.indices),
        "times": list(exploration.times),
        "height": height,
        "width": width,
        "start": tracks.start,
        "points": [[[finite(x), finite(y)] for x, y in points] for points in tracks.points.tolist()],
        "probability": [[finite(value) for value in step] for step in tracks.probability.tolist()],
        "consistent": tracks.consistent.tolist(),
    }


def finite(value: float) -> float | None:
    """The number, or None for one that JSON does not have."""
    return value if math.isfinite(value) else None
