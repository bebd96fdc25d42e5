"""Many videos, a row of a table each: the answer to one clip, every class, and a sentence where a video cannot be read."""

import csv
import io
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from workbench.data.layouts.base import scan_tree, suffix_of
from workbench.explore.config import LookConfig
from workbench.explore.explorer import Exploration, Explorer
from workbench.explore.video_pairs import list_videos
from workbench.paths import write_atomically
from workbench.video.decoder.kinds import PICTURE_SUFFIXES

# Before the probability of each class, each under `class_column`.
ROW_COLUMNS = (
    "video", "answer", "probability", "doubt", "start (s)", "seconds", "frames", "fps", "duration (s)", "height", "width",
    "network", "note", "error",
)  # fmt: skip


def videos_of(path: str | os.PathLike) -> list[Path]:
    """The videos in a folder and the folders below, by name; a video file, or a folder that holds pictures alone, is one by itself.

    Raises VideoError for a folder with neither.
    """
    path = Path(path)
    if path.is_dir():
        contents = scan_tree(path)
        if not contents.clips and any(suffix_of(name) in PICTURE_SUFFIXES for name in contents.others if "/" not in name):
            return [path]
    return list_videos(path)


def predict_videos(
    explorer: Explorer, videos: Iterable[Path], config: LookConfig | None = None, folder: Path | None = None
) -> Iterator[dict[str, Any]]:
    """A row for each video, in order, with `ROW_COLUMNS` and the probability of every class; one is looked at when its row is asked for.

    folder: from which videos are named. A video that cannot be read, or has nothing where the config looks, has a sentence under
    "error" and nothing else; the others follow. Raises nothing for a video.
    """
    nothing = dict.fromkeys((*ROW_COLUMNS, *map(class_column, explorer.labels)), "")
    for video in videos:
        name = video.relative_to(folder).as_posix() if folder and video != folder else video.name
        try:
            yield prediction_row(name, explorer.look_at_span(video, config))
        except (ValueError, OSError) as error:
            yield nothing | {"video": name, "network": explorer.name, "error": str(error)}


def prediction_row(name: str, exploration: Exploration) -> dict[str, Any]:
    """What is known of one look, in the order of `ROW_COLUMNS`; probabilities with six decimals, times (s) with three."""
    info, (answer, probability) = exploration.info, exploration.top(1)[0]
    values = (
        name, answer, f"{probability:.6f}", exploration.doubt, *(f"{value:.3f}" for value in exploration.span),
        " ".join(map(str, exploration.indices)), f"{info.fps:.3f}", f"{info.duration:.3f}", info.height, info.width,
        exploration.network, exploration.note, "",
    )  # fmt: skip
    classes = {
        class_column(label): f"{share:.6f}" for label, share in zip(exploration.labels, exploration.probabilities.tolist(), strict=True)
    }
    return dict(zip(ROW_COLUMNS, values, strict=True)) | classes


def class_column(label: str) -> str:
    """No name of a class is that of another column."""
    return f"p({label})"


def write_table(rows: Iterable[dict[str, Any]], path: Path | None = None) -> int:
    """Rows as CSV under a header with the names of the first, on standard output or into a file, which holds all rows so far after each
    of them, whole. How many of them have an error.

    Raises OSError where the file cannot be written.
    """
    text, errors, writer = io.StringIO(), 0, None
    for row in rows:
        if writer is None:
            writer = csv.DictWriter(text, list(row), lineterminator="\n")
            writer.writeheader()
        writer.writerow(row)
        errors += bool(row["error"])
        if path is None:
            print(text.getvalue(), end="", flush=True)
            text.seek(text.truncate(0))
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, text.getvalue().encode())
            print(f"{row['video']}: {row['error'] or row['answer']}", file=sys.stderr)
    return errors
