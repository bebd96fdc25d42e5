"""A small copy of a video that browsers cannot play, so that its visitor sees what was given."""

import base64
import tempfile
from functools import lru_cache
from pathlib import Path

from markupsafe import Markup

from workbench.draw.html import render
from workbench.explore.explorer import Exploration
from workbench.page.networks import USER_ERRORS
from workbench.video.read import VideoInfo, probe_video, read_video
from workbench.video.uploads import ending_of
from workbench.video.write import write_video

PLAYED = {  # by every browser of today: containers, and the codecs in them
    ".mp4": ("h264", "av1", "vp9"),
    ".m4v": ("h264",),
    ".mov": ("h264",),
    ".webm": ("vp8", "vp9", "av1"),
}
COPY_SECONDS, COPY_FPS, COPY_SIDE = 10, 12, 160  # of the copy, at most


def plays_in_browsers(info: VideoInfo) -> bool:
    return info.codec in PLAYED.get(ending_of(info.path.name), ())


def preview_section(exploration: Exploration | None) -> Markup:
    """The beginning of the video that was looked at, if browsers do not play it and it is still there; else nothing."""
    if exploration is None or plays_in_browsers(exploration.info) or not exploration.info.path.exists():
        return Markup()
    path = exploration.info.path
    try:
        copy = make_copy(path, path.stat().st_mtime_ns)
    except USER_ERRORS:  # what is wrong with the file stands in the answer
        return Markup()
    part = f"the first {COPY_SECONDS} s of " if exploration.info.duration > COPY_SECONDS else ""
    about = f"A small copy of {part}{exploration.name}, since browsers do not play it."
    return render("preview.html", address=f"data:video/mp4;base64,{base64.b64encode(copy).decode()}", about=about)


@lru_cache(16)
def make_copy(path: Path, changed: int) -> bytes:
    """The beginning of a video as H.264 in MP4, small. changed: when it was written, in nanoseconds. Raises VideoError."""
    info = probe_video(path)
    kept = [number for number, time in enumerate(info.times) if time - info.times[0] <= COPY_SECONDS]
    indices = kept[:: max(round(info.fps / COPY_FPS), 1)]
    frames = read_video(path, indices, short_side=COPY_SIDE).frames
    with tempfile.TemporaryDirectory() as folder:
        write_video(Path(folder) / "copy.mp4", frames, len(indices) / max(len(kept) / info.fps, 1e-3), preset="veryfast")
        return (Path(folder) / "copy.mp4").read_bytes()
