"""Frames -> a video file that every browser plays."""

import os
from collections.abc import Iterable
from fractions import Fraction
from itertools import chain

import av
import numpy as np


def write_video(path: str | os.PathLike, frames: Iterable[np.ndarray], fps: float, quality: int = 20, preset: str = "slow") -> None:
    """Frames `t h w 3` uint8 as H.264 in MP4, yuv420p, the index in front; odd sides lose their last row or column.

    frames: an array, or frames `h w 3` one after another, of which no more than one is held. quality: the encoder's constant
    rate factor, 0 (lossless) to 51. preset: its "slow" is small, its "veryfast" takes a third of the time.

    Raises ValueError for another shape, or no frame.
    """
    rest = map(as_picture, frames)
    first = next(rest, None)
    if first is None:
        raise ValueError("a video takes frames 't h w 3', got none")
    height, width = (side - side % 2 for side in first.shape[:2])
    with av.open(os.fspath(path), "w", options={"movflags": "+faststart"}) as file:
        stream = file.add_stream("libx264", rate=Fraction(fps).limit_denominator(1000), options={"crf": str(quality), "preset": preset})
        stream.height, stream.width, stream.pix_fmt = height, width, "yuv420p"
        for frame in chain([first], rest):
            pixels = np.ascontiguousarray(frame[:height, :width])
            # Converted here: the encoder's own conversion, which it does aside, gave other bytes now and then on a busy machine.
            file.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24").reformat(format="yuv420p")))
        file.mux(stream.encode())


def as_picture(frame: np.ndarray) -> np.ndarray:
    """The frame, `h w 3`. Raises ValueError where it is none, or too small to be encoded."""
    if frame.ndim != 3 or frame.shape[-1] != 3 or min(frame.shape[:2]) < 2:
        raise ValueError(f"a video takes frames 't h w 3' of at least 2 x 2 pixels, got one of shape {frame.shape}")
    return frame
