"""The main loop of the decoding process: requests in by stdin, answers out by a pipe."""

import json
import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable

import numpy as np

from .bounds import PIXEL_COPIES, READING, memory_limit, why_impossible
from .by_decord import decode_by_decord
from .containers import Limits, Refusal
from .decode import IndexMistake, Order, decode_frames
from .frame_index import FrameIndex, list_by_decoding, list_video
from .pictures import decode_animation, decode_pictures, is_animation, list_animation, list_pictures

PROGRESS_SECONDS = 0.5
Announce = Callable[[float], None]  # told, from 0 to 1, how much of the work is done


def serve(pipe: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends us by closing the pipe
    out = os.fdopen(pipe, "wb")

    def send(header: dict, pixels: np.ndarray | None = None) -> None:
        out.write(json.dumps(header).encode() + b"\n")
        if pixels is not None:
            out.write(np.ascontiguousarray(pixels).data)
        out.flush()

    requests = queue.SimpleQueue()
    threading.Thread(target=listen, args=(requests,), daemon=True).start()
    send({"ready": True})
    while True:
        try:
            send(*answer(requests.get(), sparingly(lambda share: send({"progress": share}))))  # no name keeps the frames until the next
        except Refusal as refusal:
            send({"refused": str(refusal)})
        except MemoryError:
            send({"refused": "needs more memory than decoding may take; make it smaller or shorter, or convert it"})
        except Exception as error:
            send({"refused": f"could not be read ({type(error).__name__}: {error})"})


def sparingly(announce: Announce) -> Announce:
    """The same, but for calls that come soon after another."""
    latest = time.monotonic()

    def announce_now_and_then(share: float) -> None:
        nonlocal latest
        if time.monotonic() - latest > PROGRESS_SECONDS:
            latest = time.monotonic()
            announce(share)

    return announce_now_and_then


def listen(requests: queue.SimpleQueue) -> None:
    for line in sys.stdin.buffer:
        requests.put(json.loads(line))
    os._exit(0)  # the parent is gone; a decoder that hangs must not keep us


def answer(request: dict, announce: Announce) -> tuple[dict, np.ndarray | None]:
    path, limits = request["path"], Limits(**request["limits"])
    if complaint := why_impossible(path):
        raise Refusal(complaint)
    with memory_limit(READING):
        index = list_pictures(path, request["fps"], limits) if os.path.isdir(path) else indexes.find(path, limits, announce)
    if request["do"] == "probe":
        return index.describe(), None
    try:
        return read(request, index, limits, announce)
    except IndexMistake:
        promised = len(index.times)
        with memory_limit(READING):
            index = indexes.keep(path, list_by_decoding(path, limits, announce, index.options))
        last = len(index.times) - 1
        if last + 1 < promised:  # those who asked had been promised more
            index.damage = "; ".join(filter(None, (index.damage, f"its packets promise {promised} frames, {last + 1} can be decoded")))
        wanted = request["indices"]
        return read({**request, "indices": wanted and [min(i, last) if 0 <= i < promised else i for i in wanted]}, index, limits, announce)


def read(request: dict, index: FrameIndex, limits: Limits, announce: Announce) -> tuple[dict, np.ndarray]:
    indices = choose_indices(len(index.times), request["indices"])
    height, width = shrink(index.height, index.width, request["short_side"])
    limits.check_answer(len(indices), height, width)

    unique = sorted(set(indices))
    with memory_limit(READING + PIXEL_COPIES * len(indices) * height * width * 3):
        pixels, backend, damage = decode(request, index, unique, height, width, limits, announce)
    if unique != indices:
        pixels = pixels[np.searchsorted(unique, indices)]
    damage = "; ".join(filter(None, (index.damage, damage)))
    header = {"fps": index.rate, "indices": indices, "times": index.times_of(indices), "shape": pixels.shape, "backend": backend}
    return {**header, "note": "; ".join(filter(None, (*index.remarks, damage))), "damage": damage}, pixels


def decode(
    request: dict, index: FrameIndex, unique: list[int], height: int, width: int, limits: Limits, announce: Announce
) -> tuple[np.ndarray, str, str]:
    """Pixels, what read them, and a note on damage."""
    path = request["path"]
    if os.path.isdir(path):
        return decode_pictures(path, index, unique, height, width, limits), "pillow", ""
    if is_animation(path):
        return decode_animation(path, unique, height, width, limits), "pillow", ""
    if request.get("reader") == "decord":
        return decode_by_decord(path, index, unique, height, width), "decord", ""
    pixels, damage = decode_frames(Order(path, index, unique, announce), height, width)
    return pixels, "pyav", damage


class Indexes:
    """The indexes of the files asked for last: a look at a video, or a walk over it, asks many times for frames of one file, and
    one that must be decoded to be known is decoded once."""

    MOST_FRAMES = 500_000  # of all together: about 100 MB

    def __init__(self):
        self.kept: dict[tuple, FrameIndex] = {}

    def find(self, path: str, limits: Limits, announce: Announce) -> FrameIndex:
        """Raises Refusal for what cannot be read, or is beyond the limits."""
        index = self.kept.get((path, version(path)))
        if index is None:
            index = list_animation(path, limits) if is_animation(path) else list_video(path, limits, announce)
        limits.check_seconds(index.times[-1])
        limits.check_pixels(index.height, index.width)
        return self.keep(path, index)

    def keep(self, path: str, index: FrameIndex) -> FrameIndex:
        key = path, version(path)
        self.kept.pop(key, None)
        self.kept[key] = index  # the last one is the youngest
        while len(self.kept) > 1 and sum(len(each.times) for each in self.kept.values()) > self.MOST_FRAMES:
            del self.kept[next(iter(self.kept))]
        return index


indexes = Indexes()


def version(path: str) -> tuple[int, ...]:
    """Changes when a file is written again; empty for one that is not there."""
    try:
        facts = os.stat(path)
    except OSError:
        return ()
    return facts.st_ino, facts.st_size, facts.st_mtime_ns


def choose_indices(count: int, indices: list[int] | None) -> list[int]:
    if indices is None:
        return list(range(count))
    if wrong := [index for index in indices if not 0 <= index < count]:
        raise Refusal(f"has {count} frames, 0 to {count - 1}; frame {wrong[0]} was asked for")
    return indices


def shrink(height: int, width: int, short_side: int | None) -> tuple[int, int]:
    scale = min(1.0, short_side / min(height, width)) if short_side else 1.0
    return max(1, round(height * scale)), max(1, round(width * scale))
