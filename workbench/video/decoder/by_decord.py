"""The frames that are wanted -> their pixels, by decord, for those who ask for it: as fast as PyAV, but it says nothing of damage."""

import os
from typing import Any

import numpy as np

from .containers import Refusal
from .display import Display
from .frame_index import FrameIndex

DECORD_BYTES = 512 << 20  # of a whole video: it decodes ahead without bound
REMEDY = "leave `reader` at 'pyav'"


def import_decord() -> Any:
    """Raises Refusal where it is not installed."""
    os.environ.setdefault("DECORD_EOF_RETRY_MAX", "512")  # read when decord is imported; its own value hangs on damaged files
    try:
        import decord
    except Exception as error:  # no wheel for macOS or ARM; a library that does not load raises other things than ImportError
        raise Refusal(f"cannot be read by decord, which is not installed here; {REMEDY}") from error
    decord.logging.set_level(decord.logging.QUIET)
    return decord


def decode_by_decord(path: str, index: FrameIndex, indices: list[int], height: int, width: int) -> np.ndarray:
    """Pixels `t h w 3`. Raises Refusal for what decord is known to show otherwise than players do, and for what it cannot read."""
    if index.proven or index.display != Display() or index.note:
        raise Refusal(f"is not read by decord as players show it; {REMEDY}")
    if len(index.times) * height * width * 3 > DECORD_BYTES:
        raise Refusal(f"could take too much memory with decord; make it smaller, or {REMEDY}")
    decord = import_decord()
    try:
        # Below 1, fault_tol is a share of the frames: so small, it turns every silent repetition into an error.
        reader = decord.VideoReader(path, width=width, height=height, num_threads=1, fault_tol=0.0001)
        if len(reader) != len(index.times):
            raise Refusal(f"has {len(index.times)} frames, of which decord counts {len(reader)}; {REMEDY}")
        return reader.get_batch(indices).asnumpy()
    except decord.DECORDError as error:
        raise Refusal(f"cannot be read by decord; {REMEDY}") from error
