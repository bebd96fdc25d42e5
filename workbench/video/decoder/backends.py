"""The frames that are wanted -> their pixels, by decord where it is known to be right, else by PyAV."""

import os
from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np

from .packets import FrameIndex, Refusal, decode_packet, first_video, open_container, read_packets, upright_size

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


def unfit_for_decord(listing: FrameIndex, height: int, width: int) -> str:
    if import_decord() is None:
        return "decord is not installed"
    if len(listing.times) * height * width * 3 > DECORD_BYTES:  # it decodes ahead without bound
        return "decord could take too much memory; short_side would help"
    return listing.unfit


def decode_decord(path: str, listing: FrameIndex, wanted: list[int], height: int, width: int) -> np.ndarray:
    # Below 1, fault_tol is a share of the frames: so small, it turns every silent repetition into an error.
    reader = import_decord().VideoReader(path, width=width, height=height, num_threads=1, fault_tol=0.0001)
    if len(reader) != len(listing.times):
        raise RuntimeError(f"it counts {len(reader)} frames, not {len(listing.times)}")
    return reader.get_batch(wanted).asnumpy()


def decode_av(path: str, listing: FrameIndex, wanted: list[int], height: int, width: int) -> tuple[np.ndarray, str]:
    """Pixels and a note on damage; the frame before stands in for one that cannot be decoded."""
    pixels = np.empty((len(wanted), height, width, 3), np.uint8)
    missing, repaired = fill_pixels(pixels, path, listing, wanted, "AUTO")
    if missing or repaired:  # decoding several frames at once loses good ones beside the damaged, and differs from run to run
        missing, repaired = fill_pixels(pixels, path, listing, wanted, "SLICE")
    notes = [f"{missing} of {len(wanted)} frames could not be decoded and show the nearest frame instead"] if missing else []
    notes += [f"{repaired} of {len(wanted)} frames are damaged and were patched by the decoder"] if repaired else []
    return pixels, "; ".join(notes)


def fill_pixels(pixels: np.ndarray, path: str, listing: FrameIndex, wanted: list[int], threads: str) -> tuple[int, int]:
    """How many frames another stands in for, and how many are damaged."""
    done, missing, repaired, last = 0, 0, 0, None
    for position, frame in place(listing, decode_stretches(path, stretches(listing, wanted), threads)):
        while done < len(wanted) and wanted[done] < position:
            pixels[done] = upright(last or frame, listing.turns, *pixels.shape[1:3])
            done, missing = done + 1, missing + 1
        if done < len(wanted) and wanted[done] == position:
            pixels[done] = upright(frame, listing.turns, *pixels.shape[1:3])
            done, repaired = done + 1, repaired + frame.is_corrupt
        if done == len(wanted):
            return missing, repaired
        last = frame
    if last is None:
        raise Refusal(f"is damaged: none of the {len(wanted)} frames asked for could be decoded")
    pixels[done:] = upright(last, listing.turns, *pixels.shape[1:3])
    return missing + len(wanted) - done, repaired


def place(listing: FrameIndex, frames: Iterator) -> Iterator[tuple[int, Any]]:
    if listing.counted:
        yield from enumerate(frames)
    else:
        positions = {tick: position for position, tick in enumerate(listing.ticks)}
        yield from ((positions[frame.pts], frame) for frame in frames if frame.pts in positions)


def stretches(listing: FrameIndex, wanted: list[int]) -> list[list[int]]:
    """First and last packet of each stretch of packets; together they suffice for the frames wanted."""
    if listing.counted:
        return [[0, max(listing.packets)]]
    merged = []
    for start, last in sorted((listing.starts[i], listing.packets[i]) for i in wanted):
        if merged and start <= merged[-1][1] + 1:
            merged[-1][1] = max(merged[-1][1], last)
        else:
            merged.append([start, last])
    return merged


def decode_stretches(path: str, todo: list[list[int]], threads: str) -> Iterator:
    # Packets in between are read and dropped, never sought past: a seek lands in wrong places in MPEG-TS and damaged files.
    with open_container(path) as container:
        stream = first_video(container)
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


def upright(frame, turns: int, height: int, width: int) -> np.ndarray:
    height, width = upright_size(height, width, turns)
    return np.rot90(frame.to_ndarray(format="rgb24", height=height, width=width, interpolation="BILINEAR"), turns)
