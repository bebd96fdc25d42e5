"""The main loop of the decoding process: requests in by stdin, answers out by a pipe."""

import json
import os
import queue
import signal
import sys
import threading
from collections.abc import Callable
from functools import lru_cache

import numpy as np

from .backends import decode_av, decode_decord, import_decord, why_unfit_for_decord
from .bounds import LISTING, PIXEL_COPIES, READING, memory_limit, why_impossible
from .packets import FrameIndex, Limits, Refusal, list_video
from .pictures import decode_pictures, list_pictures


def serve(pipe: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends us by closing the pipe
    out = os.fdopen(pipe, "wb")

    def send(header: dict, pixels: np.ndarray | None = None) -> None:
        out.write(json.dumps(header).encode() + b"\n")
        if pixels is not None:
            out.write(np.ascontiguousarray(pixels).data)
        out.flush()

    import_decord()  # now, as it takes a while: the first request has a time limit
    requests = queue.SimpleQueue()
    threading.Thread(target=listen, args=(requests,), daemon=True).start()
    send({"ready": True})
    while True:
        try:
            send(*answer(requests.get(), lambda backend: send({"trying": backend})))  # no name keeps the frames until the next request
        except Refusal as refusal:
            send({"refused": str(refusal)})
        except MemoryError:
            send({"refused": "needs more memory than decoding may take; make it smaller or shorter, or convert it"})
        except Exception as error:
            send({"refused": f"could not be read ({type(error).__name__}: {error})"})


def listen(requests: queue.SimpleQueue) -> None:
    for line in sys.stdin.buffer:
        requests.put(json.loads(line))
    os._exit(0)  # the parent is gone; a decoder that hangs must not keep us


def answer(request: dict, announce: Callable[[str], None]) -> tuple[dict, np.ndarray | None]:
    path, limits = request["path"], Limits(**request["limits"])
    if complaint := why_impossible(path):
        raise Refusal(complaint)
    with memory_limit(LISTING):
        listing = list_pictures(path, request["fps"], limits) if os.path.isdir(path) else list_once(path, version(path), limits)
    if request["do"] == "probe":
        return listing.describe(), None

    indices = choose_indices(len(listing.times), request["indices"])
    height, width = shrink(listing.height, listing.width, request["short_side"])
    limits.check_answer(len(indices), height, width)

    unique = sorted(set(indices))
    with memory_limit(READING + PIXEL_COPIES * len(indices) * height * width * 3):
        pixels, how = decode(request, listing, unique, height, width, announce)
    if unique != indices:
        pixels = pixels[np.searchsorted(unique, indices)]
    how["note"] = "; ".join(filter(None, (listing.note, how["note"])))
    return {"fps": listing.rate, "indices": indices, "times": listing.seconds_of(indices), "shape": pixels.shape, **how}, pixels


@lru_cache(maxsize=1)
def list_once(path: str, version: tuple[int, ...], limits: Limits) -> FrameIndex:
    """What was listed last is kept: a look at a video, or a walk over it, asks many times for frames of one file."""
    return list_video(path, limits)


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


def decode(request: dict, listing: FrameIndex, unique: list[int], height: int, width: int, announce: Callable) -> tuple[np.ndarray, dict]:
    path = request["path"]
    if os.path.isdir(path):
        pixels = decode_pictures(path, unique, height, width, Limits(**request["limits"]))
        return pixels, {"backend": "pillow", "fallback": "", "note": ""}

    fallback = request.get("without_decord") or why_unfit_for_decord(listing, height, width)
    if not fallback:
        announce("decord")
        try:
            return decode_decord(path, listing, unique, height, width), {"backend": "decord", "fallback": "", "note": ""}
        except Exception:  # its messages are C++ source lines and whole paths
            fallback = "decord could not read it"
            announce("pyav")
    pixels, note = decode_av(path, listing, unique, height, width)
    return pixels, {"backend": "pyav", "fallback": fallback, "note": note}
