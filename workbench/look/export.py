"""What a network answered about a clip, for other programs: NumPy, a spreadsheet, anything that reads JSON."""

import csv
import io
import json
import math
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import numpy as np

from workbench.look.explore import Exploration
from workbench.look.reading import Reading

COLUMNS = (
    "pair", "source frame", "target frame", "source time (s)", "target time (s)", "row", "column",
    "x (px)", "y (px)", "dx (px)", "dy (px)", "confidence", "beyond",
)  # fmt: skip
UNITS = "displacement, cell, reach: pixels of frames of size (height, width), x to the right, y down; times, score_times: seconds"


def as_npz(exploration: Exploration) -> bytes:
    """A file for `numpy.load`, without pickles: what was found, where and when, and with which numbers.

    displacement `p 2 h w` in pixels of the frames shown, confidence and beyond `p h w`, cell and reach in pixels (these only
    where there is a reading); times (s) and indices `t` of the frames; labels and probabilities `k`; scores `n k` at
    score_times `n` (s); size (height, width) of the frames shown; units, network and video as text.
    """
    seen, file = exploration, io.BytesIO()
    arrays: dict[str, Any] = {
        "indices": np.array(seen.indices),
        "times": np.array(seen.times),
        "labels": np.array(seen.labels),
        "probabilities": seen.probabilities,
        "score_times": seen.score_times,
        "scores": seen.scores,
        "size": np.array(seen.frames.shape[1:3]),
        "units": np.array(UNITS),
        "network": np.array(seen.network),
        "video": np.array(seen.name),
    }
    if seen.reading:
        arrays |= {"displacement": seen.displacement, "confidence": seen.confidence, "beyond": seen.beyond}
        arrays |= {"cell": np.array(seen.reading.cell), "reach": np.array(seen.reach)}
    np.savez_compressed(file, **arrays)
    return file.getvalue()


def as_csv(exploration: Exploration) -> str:
    """A header, then a line for each pair and cell, in order; pair, row and column are counted from 0.

    x, y: the cell's centre in the frame shown. Pixels have three decimals, confidence five, times six. beyond: 1 where the
    motion may be faster than the window can see. Without correspondences there is the header alone.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for pair in range(exploration.pairs):
        writer.writerows(rows_of(exploration, pair))
    return text.getvalue()


def rows_of(exploration: Exploration, pair: int) -> Iterator[tuple]:
    """The lines of a pair."""
    seen, (height, width) = exploration, exploration.frames.shape[1:3]
    rows, columns = seen.reading.grid
    moment = (pair, *seen.indices[pair : pair + 2], *(f"{time:.6f}" for time in seen.times[pair : pair + 2]))
    (dx, dy), confidence, beyond = seen.displacement[pair].tolist(), seen.confidence[pair].tolist(), seen.beyond[pair].tolist()

    for row in range(rows):
        y = f"{(row + 0.5) * height / rows:.3f}"
        for column in range(columns):
            place = (row, column, f"{(column + 0.5) * width / columns:.3f}", y)
            moved = (f"{dx[row][column]:.3f}", f"{dy[row][column]:.3f}")
            yield *moment, *place, *moved, f"{confidence[row][column]:.5f}", int(beyond[row][column])


def as_json(exploration: Exploration, indent: int | None = None) -> str:
    """The predictions as one strict JSON object, on one line or indented: that of `as_facts`."""
    return json.dumps(as_facts(exploration), indent=indent, allow_nan=False)


def as_facts(exploration: Exploration) -> dict[str, Any]:
    """What was asked and answered, in values that JSON has.

    predictions: every class, the most probable first. frames, times: of the clip, in the video; fps, size, duration, codec:
    of the video. config: what was asked for, null where nothing was. reading: how displacement was read, in pixels of the
    frames shown; null without correspondences. The file is named; where it lies is not told.
    """
    seen, info = exploration, exploration.info
    return {
        "predictions": [{"label": label, "probability": probability} for label, probability in seen.top(len(seen.labels))],
        "frames": list(seen.indices),
        "times": list(seen.times),
        "span": {"start": seen.span[0], "seconds": seen.span[1]},
        "fps": finite(info.fps),
        "video": {"name": seen.name, "height": info.height, "width": info.width, "frames": info.num_frames,
                  "duration": finite(info.duration), "codec": info.codec, "note": seen.note},
        "backend": seen.backend,
        "network": seen.network,
        "config": asdict(seen.config),
        "reading": facts_of(seen.reading, seen.frames.shape[1:3]) if seen.reading else None,
    }  # fmt: skip


def facts_of(reading: Reading, size: tuple[int, ...]) -> dict[str, Any]:
    """The numbers of the estimate; a sigma of null is infinite: no kernel."""
    motion = reading.motion
    return {
        "stage": reading.stage,
        "trained": reading.trained,
        "pairs": reading.pairs,
        "rows": reading.grid[0],
        "columns": reading.grid[1],
        "cell": reading.cell,
        "reach": reading.reach,
        "height": size[0],
        "width": size[1],
        "radius": motion.radius,
        "dilation": motion.dilation,
        "sigma": finite(motion.sigma),
        "temperature": motion.temperature,
    }


def finite(value: float | int) -> float | int | None:
    """The number, or None for one that JSON does not have."""
    return value if math.isfinite(value) else None
