"""The frames that are wanted -> their pixels; what is decoded is held against the index, which is not believed where it differs."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import av
import numpy as np

from .containers import Decoder, Refusal, choose_stream, open_container, read_packets
from .display import render_upright
from .frame_index import FrameIndex, mark_of


class IndexMistake(Exception):
    """The decoder gave, without any error, other frames than the packets had promised."""


@dataclass
class Reading:
    """missing: wanted frames that another stands in for. repaired: those that are damaged. harmed: any that came out damaged, on which
    wanted ones may build. errors: packets of which the decoder made nothing. contradicted: frames came in another order than the
    index says, or some that it does not know."""

    missing: int = 0
    repaired: int = 0
    harmed: int = 0
    errors: int = 0
    contradicted: bool = False

    @property
    def suspect(self) -> bool:
        return bool(self.missing or self.harmed or self.errors or self.contradicted)

    @property
    def unexplained(self) -> bool:
        return self.contradicted or bool(self.missing and not self.errors)

    def damage(self, count: int, proven: bool) -> str:
        """In words, without what a proven index tells of the whole file."""
        notes = [f"{self.missing} of {count} frames could not be decoded and show the nearest frame instead"] if self.missing else []
        notes += [f"{self.repaired} of {count} frames are damaged and were patched by the decoder"] if self.repaired and not proven else []
        if not notes and (self.harmed or self.errors) and not proven:
            notes = ["the file is damaged before frames that are shown, which may build on what was patched"]
        return "; ".join(notes)


@dataclass(frozen=True)
class Order:
    """Which frames of a file are wanted, rising. announce: told how much of the way to the last of them has been decoded."""

    path: str
    index: FrameIndex
    indices: list[int]
    announce: Callable[[float], None] = lambda share: None


def decode_frames(order: Order, height: int, width: int) -> tuple[np.ndarray, str]:
    """Pixels `t h w 3`, and a note on damage; the frame before stands in for one that cannot be decoded.

    Raises IndexMistake where the packets told another story than the decoder, Refusal where no frame comes.
    """
    index, count = order.index, len(order.indices)
    pixels = np.empty((count, height, width, 3), np.uint8)
    stretches = merge_stretches(index, order.indices)
    reading = fill_pixels(pixels, order, stretches)
    if reading.suspect:
        # Decoding several frames at once loses good ones beside the damaged, and differs from run to run.
        reading = fill_pixels(pixels, order, stretches, careful=True)
    if reading.unexplained and not index.proven:
        raise IndexMistake
    if reading.unexplained:  # decoding can begin nowhere but at the start
        reading = fill_pixels(pixels, order, [[0, index.ends[order.indices[-1]]]], careful=True, by_count=True)
    if reading.missing == count:
        raise Refusal(f"is damaged: none of the {count} frames asked for could be decoded")
    return pixels, reading.damage(count, index.proven)


def fill_pixels(pixels: np.ndarray, order: Order, stretches: list[list[int]], careful: bool = False, by_count: bool = False) -> Reading:
    reading, done, last = Reading(), 0, None
    index, indices, (height, width) = order.index, order.indices, pixels.shape[1:3]
    for position, frame in number_frames(index, decode_stretches(order, stretches, careful, reading), reading, by_count):
        order.announce(min(position / (indices[-1] + 1), 1.0))
        while done < len(indices) and indices[done] < position:
            pixels[done] = render_upright(last or frame, index.display, height, width)
            done, reading.missing = done + 1, reading.missing + 1
        if done < len(indices) and indices[done] == position:
            pixels[done] = render_upright(frame, index.display, height, width)
            done, reading.repaired = done + 1, reading.repaired + frame.is_corrupt
            reading.contradicted |= bool(index.marks) and mark_of(frame) != index.marks[position]
        if done == len(indices):
            return reading
        last = frame
    if last is not None:
        pixels[done:] = render_upright(last, index.display, height, width)
    reading.missing += len(indices) - done
    reading.contradicted |= last is None
    return reading


def number_frames(
    index: FrameIndex, stretches: Iterator[Iterator], reading: Reading, by_count: bool
) -> Iterator[tuple[int, av.VideoFrame]]:
    """Each frame with its place in the video."""
    positions = {} if index.by_count or by_count else {tick: position for position, tick in enumerate(index.ticks)}
    for stretch in stretches:
        before = None
        for place, frame in enumerate(stretch):
            position = positions.get(frame.pts) if positions else place
            reading.harmed += frame.is_corrupt
            if position is None or (before is None and positions and not frame.key_frame) or (before is not None and position <= before):
                reading.contradicted = True
            else:
                yield position, frame
                before = position


def merge_stretches(index: FrameIndex, indices: list[int]) -> list[list[int]]:
    """First and last packet of each stretch of packets; together they suffice for the frames wanted."""
    result = []
    for start, last in sorted((0 if index.by_count else index.starts[i], index.ends[i]) for i in indices):
        if result and start <= result[-1][1] + 1:
            result[-1][1] = max(result[-1][1], last)
        else:
            result.append([start, last])
    return result


DISPENSABLE_PICTURES = {"h264", "hevc"}  # codecs that mark the pictures on which no other builds


def decode_stretches(order: Order, stretches: list[list[int]], careful: bool, reading: Reading) -> Iterator[Iterator]:
    """The frames of each stretch. Pictures that are not asked for are decoded only where others build on them."""
    # Packets in between are read and dropped, never sought past: a seek lands in wrong places in MPEG-TS and damaged files.
    index = order.index
    with open_container(order.path, **index.options) as container:
        stream = choose_stream(order.path, container)
        decoder, packets = Decoder(stream, careful), enumerate(read_packets(container, stream))
        every = careful or index.proven or stream.codec_context.name not in DISPENSABLE_PICTURES
        wanted = set() if every else {index.ends[i] for i in order.indices}
        for first, last in stretches:
            yield decode_stretch(decoder, packets, first, last, wanted, reading)
            decoder.begin_anew()


def decode_stretch(decoder: Decoder, packets: Iterator, first: int, last: int, wanted: set[int], reading: Reading) -> Iterator:
    """wanted: packets of the frames asked for, where others may be left out."""
    for number, packet in packets:
        if number >= first:
            decoder.context.skip_frame = "NONREF" if wanted and number not in wanted else "DEFAULT"
            yield from decoder.decode(packet)
            reading.errors = decoder.errors
        if number >= last:
            break
    yield from decoder.decode(None)
    reading.errors = decoder.errors
