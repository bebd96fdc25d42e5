"""Pictures of a camera: one as a browser sends it, checked before it is decoded, and which of the last ones make a clip."""

import base64
import binascii
import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from workbench.video.read import VideoError
from workbench.video.sampling import Sampling

LONGEST_SIDE = 640  # pixels of a camera's picture: what a network looks at is smaller
LARGEST_SHORT_SIDE = 240  # to which a larger one is shrunk, as the page's own pictures are: hundreds are kept for each visitor who is live
SHORTEST_SIDE = 16
MOST_CHARACTERS = 400_000  # of its JPEG in base64; a picture of that size at full quality has fewer
WHOLE_SECONDS = 2.0  # as long as a gesture before a camera, and as most recordings of one class
USUAL_RATE = 30.0  # of a usual camera and of most data sets: a stride between frames counts in these


def read_camera_picture(text: Any) -> UInt8[np.ndarray, "h w 3"]:
    """A JPEG in base64, as a browser takes it from its camera, its shorter side at most `LARGEST_SHORT_SIDE`.

    Raises VideoError for anything else, and for one that is too large."""
    if not isinstance(text, str):
        raise VideoError("A picture of the camera is a JPEG in base64.")
    if len(text) > MOST_CHARACTERS:
        raise VideoError(f"The picture has {len(text) / 1000:.0f} kB, at most {MOST_CHARACTERS // 1000} kB are taken; make it smaller.")
    try:
        picture = Image.open(io.BytesIO(base64.b64decode(text, validate=True)), formats=["JPEG"])
        check_sides(*picture.size)  # before its pixels are decoded
        return np.asarray(fit_short_side(picture.convert("RGB")))
    except (binascii.Error, OSError, SyntaxError, Image.DecompressionBombError):  # what Pillow raises for a damaged file
        raise VideoError("The picture of the camera could not be read: it is no JPEG in base64, or not all of one.") from None


def fit_short_side(picture: Image.Image) -> Image.Image:
    scale = LARGEST_SHORT_SIDE / min(picture.size)
    if scale >= 1:
        return picture
    width, height = (round(scale * side) for side in picture.size)
    return picture.resize((width, height), Image.Resampling.BILINEAR)


def check_sides(width: int, height: int) -> None:
    if max(width, height) > LONGEST_SIDE or min(width, height) < SHORTEST_SIDE:
        raise VideoError(f"The picture has {width} × {height} pixels; each side may have {SHORTEST_SIDE} to {LONGEST_SIDE}.")


def frame_spacing(sampling: Sampling, length: int, seconds: float | None = None) -> float:
    """Seconds from one frame of a live clip to the next, if it is to span so many seconds; by default as many as in training, and
    `WHOLE_SECONDS` for a network whose clips spanned whole videos of any length."""
    return (seconds or sampling.span(length, USUAL_RATE) or WHOLE_SECONDS) / length


def latest_indices(times: Sequence[float], length: int, spacing: float) -> list[int]:
    """Of pictures at these times (s), those that make a clip which ends now: the newest, and before it, at equal steps, what was to be
    seen then. Where pictures come more slowly than that, the last `length`; fewer where there are fewer.
    """
    last = list(range(max(len(times) - length, 0), len(times)))
    moments = times[-1] - spacing * np.arange(length)[::-1]
    indices = np.searchsorted(times, moments + 1e-6, side="right") - 1
    return indices.tolist() if indices[0] >= 0 and (np.diff(indices) > 0).all() else last
