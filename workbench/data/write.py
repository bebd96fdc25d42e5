"""Frames -> a video file that every browser plays."""

import os

import av
import numpy as np


def write_video(path: str | os.PathLike, frames: np.ndarray, fps: int, quality: int = 20) -> None:
    """Frames `t h w 3` uint8 as H.264 in MP4, yuv420p, the index in front; odd sides lose their last row or column.

    quality: the encoder's constant rate factor, 0 (lossless) to 51. Raises ValueError for another shape.
    """
    if frames.ndim != 4 or frames.shape[-1] != 3 or min(frames.shape[:3]) < 1 or min(frames.shape[1:3]) < 2:
        raise ValueError(f"a video takes frames 't h w 3' of at least 2 x 2 pixels, got shape {frames.shape}")
    height, width = (side - side % 2 for side in frames.shape[1:3])
    with av.open(os.fspath(path), "w", options={"movflags": "+faststart"}) as file:
        stream = file.add_stream("libx264", rate=fps, options={"crf": str(quality), "preset": "slow"})
        stream.height, stream.width, stream.pix_fmt = height, width, "yuv420p"
        for frame in frames[:, :height, :width]:
            file.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24")))
        file.mux(stream.encode())
