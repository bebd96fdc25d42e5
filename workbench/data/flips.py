"""Flips that know about direction: which clips may be mirrored, and what they show afterwards."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import UInt8

from workbench.data.partners import mirror_partners, one_sided

FLIPS = ("none", "safe", "swap")


def labels_after_flip(labels: Sequence[str], flip: str) -> dict[int, int]:
    """The number of each class whose clips may be mirrored -> the number of the class that they then show.

    "none" mirrors nothing; "safe" the classes whose names do not depend on a side; "swap" also those that have a mirror
    partner among the labels. A class that depends on a side without such a partner is never mirrored.
    Raises ValueError for another word.
    """
    if flip not in FLIPS:
        raise ValueError(f"flip must be one of {', '.join(FLIPS)}, got {flip!r}")
    if flip == "none":
        return {}
    sided = one_sided(labels)
    same = {number: number for number in range(len(labels)) if number not in sided}
    return same | mirror_partners(labels) if flip == "swap" else same


def mirror(frames: UInt8[np.ndarray, "t h w 3"]) -> UInt8[np.ndarray, "t h w 3"]:
    """Left and right of every frame exchanged."""
    return np.ascontiguousarray(frames[:, :, ::-1])
