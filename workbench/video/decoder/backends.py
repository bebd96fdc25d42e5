"""The frames that are wanted -> their pixels, by decord where it is known to be right, else by PyAV."""

import os
from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np

from .packets import FrameIndex, Refusal, choose_stream, decode_packet, open_container, read_packets, upright_size

DECORD_BYTES = 512 << 20


@cache
def import_decord() -> Any:
    """The library, None where it is not installed; it is imported when a worker starts, so that importing us changes nothing."""
    os.environ.setdefault("DECORD_EOF_RETRY_MAX", "512")  # read when decord is imported; its own value hangs on damaged files
    try:
        import decord
    except Exception:  # no wheel for macOS or ARM; a library that does not load raises other things than ImportError
        return None
    decord.logging.set_level(decord.logging.QUIET)
    return decord


def why_unfit_for_decord(listing: FrameIndex, height: int, width: int) -> str:
    if import_decord() is None:
        return "decord is not installed"
    if len(listing.times) * height * width * 3 > DECORD_BYTES:  # it decodes ahead without bound
        return "decord could take too much memory; short_side would help"
    return listing.unfit


def decode_decord(path: str, listing: FrameIndex, indices: list[int], height: int, width: int) -> np.ndarray:
    # Below 1, fault_tol is a share of the frames: so small, it turns every silent repetition into an error.
    reader = import_decord().VideoReader(path, width=width, height=height, num_threads=1, fault_tol=0.0001)
    if len(reader) != len(listing.times):
        raise RuntimeError(f"it counts {len(reader)} frames, not {len(listing.times)}")
    return reader.get_batch(indices).asnumpy()


def decode_av(path: str, listing: FrameIndex, indices: list[int], height: int, width: int) -> tuple[np.ndarray, str]:
    """Pixels and a note on damage; the frame before stands in for one that cannot be decoded."""
    pixels = np.empty((len(indices), height, width, 3), np.uint8)
    missing, repaired = fill_pixels(pixels, path, listing, indices, "AUTO")
    if missing or repaired:  # decoding several frames at once loses good ones beside the damaged, and differs from run to run
        missing, repaired = fill_pixels(pixels, path, listing, indices, "SLICE")
    notes = [f"{missing} of {len(indices)} frames could not be decoded and show the nearest frame instead"] if missing else []
    notes += [f"{repaired} of {len(indices)} frames are damaged and were patched by the decoder"] if repaired else []
    return pixels, "; ".join(notes)


def fill_pixels(pixels: np.ndarray, path: str, listing: FrameIndex, indices: list[int], threads: str) -> tuple[int, int]:
    """How many frames another stands in for, and how many are damaged."""
    done, missing, repaired, last = 0, 0, 0, None
    for position, frame in number_frames(listing, decode_stretches(path, merge_stretches(listing, indices), threads)):
        while done < len(indices) and indices[done] < position:
            pixels[done] = turn_upright(last or frame, listing.turns, *pixels.shape[1:3])
            done, missing = done + 1, missing + 1
        if done < len(indices) and indices[done] == position:
            pixels[done] = turn_upright(frame, listing.turns, *pixels.shape[1:3])
            done, repaired = done + 1, repaired + frame.is_corrupt
        if done == len(indices):
            return missing, repaired
        last = frame
    if last is None:
        raise Refusal(f"is damaged: none of the {len(indices)} frames asked for could be decoded")
    pixels[done:] = turn_upright(last, listing.turns, *pixels.shape[1:3])
    return missing + len(indices) - done, repaired


def number_frames(listing: FrameIndex, frames: Iterator) -> Iterator[tuple[int, Any]]:
    if listing.by_count:
        yield from enumerate(frames)
    else:
        positions = {tick: position for position, tick in enumerate(listing.ticks)}
        yield from ((positions[frame.pts], frame) for frame in frames if frame.pts in positions)


def merge_stretches(listing: FrameIndex, indices: list[int]) -> list[list[int]]:
    """First and last packet of each stretch of packets; together they suffice for the frames wanted."""
    if listing.by_count:
        return [[0, max(listing.packets)]]
    result = []
    for start, last in sorted((listing.starts[i], listing.packets[i]) for i in indices):
        if result and start <= result[-1][1] + 1:
            result[-1][1] = max(result[-1][1], last)
        else:
            result.append([start, last])
    return result


def decode_stretches(path: str, todo: list[list[int]], threads: str) -> Iterator:
    # Packets in between are read and dropped, never sought past: a seek lands in wrong places in MPEG-TS and damaged files.
    with open_container(path) as container:
        stream = choose_stream(container)
        stream.thread_type = threads
        packets = enumerate(read_packets(container, stream))
        for first, last in todo:
            for number, packet in packets:
                if number >= first:
                    yield from decode_packet(stream, packet)
                if number >= last:
                    break
            yield from decode_packet(stream, None)
            stream.codec_context.flush_buffers()


def turn_upright(frame, turns: int, height: int, width: int) -> np.ndarray:
    height, width = upright_size(height, width, turns)
    return np.rot90(frame.to_ndarray(format="rgb24", height=height, width=width, interpolation="BILINEAR"), turns)
