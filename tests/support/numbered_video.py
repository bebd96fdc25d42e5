"""Small videos whose frames show their numbers, in any container and codec, with packets changed on their way into the file."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

COUNT = 60  # frames


def numbered(number: int, height: int = 64, width: int = 128) -> np.ndarray:
    """A picture that shows its number as eight black or white columns, which every codec keeps, under a drifting texture."""
    columns = np.arange(width) * 8 // width
    picture = np.broadcast_to(np.where(number >> columns & 1, 235, 20)[None, :, None], (height, width, 3)).astype(np.uint8).copy()
    y, x = np.mgrid[: height // 2, :width]
    picture[: height // 2] = (120 + 100 * np.sin((x + 3 * number) / 5) * np.cos((y - number) / 7))[..., None]
    return picture


def number_of(picture: np.ndarray) -> int:
    columns = np.array_split(picture[picture.shape[0] * 3 // 4], 8)
    return sum(int(column.mean() > 128) << bit for bit, column in enumerate(columns))


def write_numbered(
    path: Path,
    codec: str = "libx264",
    ticks: Sequence[int] | None = None,
    options: dict | None = None,
    muxer: dict | None = None,
    size: tuple[int, int] = (64, 128),
    pixels: str = "yuv420p",
    change: Callable[[av.Packet, int], object] | None = None,
    **context: object,
) -> Path:
    """`ticks`: time of each frame in units of 1 / 30 s; `options` of the encoder, `muxer` of the container; `change` is done to each
    packet, by its number, before it is written."""
    with av.open(str(path), "w", options=muxer or {}) as container:
        stream = container.add_stream(codec, rate=30, options=options or {})
        (stream.height, stream.width), stream.pix_fmt = size, pixels
        for name, value in context.items():
            setattr(stream.codec_context, name, value)
        packets = []
        for number in range(COUNT):
            frame = av.VideoFrame.from_ndarray(numbered(number, *size), format="rgb24")
            frame.pts, frame.time_base = number if ticks is None else ticks[number], Fraction(1, 30)
            packets += stream.encode(frame)
        packets += stream.encode(None)
        for number, packet in enumerate(packets):
            if change:
                change(packet, number)
            container.mux(packet)
    return path
