"""Two clips in one, with both labels: mixed all over, or one in a box of the other.

Sources: Zhang et al., mixup, ICLR 2018; Yun et al., CutMix, ICCV 2019.
"""

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, Int64
from torch import Tensor

MIXES = ("mixup", "cutmix")


@dataclass(frozen=True)
class Mixed:
    """clip `b t 3 h w` shows `labels` by the share, in [0, 1], and `partners`, the labels of other clips of the batch, by the rest."""

    clip: Float[Tensor, "b t 3 h w"]
    labels: Int64[Tensor, " b"]
    partners: Int64[Tensor, " b"]
    share: float

    def loss(self, logits: Float[Tensor, "b k"]) -> Float[Tensor, ""]:
        """Cross-entropy with both labels, each by its share, summed over the clips."""
        own, other = (F.cross_entropy(logits, labels, reduction="sum") for labels in (self.labels, self.partners))
        return self.share * own + (1 - self.share) * other


def mix(
    clip: Float[Tensor, "b t 3 h w"], labels: Int64[Tensor, " b"], kind: str, alpha: float | int, rng: np.random.Generator
) -> Mixed:
    """Mix each clip with one of the same batch, all by one share drawn from Beta(alpha, alpha).

    kind: "mixup" blends them pixel by pixel; "cutmix" puts the other into a box, the same in all frames, and counts as share
    what is left outside it. Raises ValueError for another kind, or alpha not above 0.
    """
    if kind not in MIXES or alpha <= 0:
        raise ValueError(f"clips are mixed by one of {', '.join(MIXES)} with alpha above 0, got {kind!r} and {alpha}")
    order = torch.from_numpy(rng.permutation(len(clip))).to(clip.device)
    share, other = float(rng.beta(alpha, alpha)), clip[order]
    if kind == "mixup":
        return Mixed(other.lerp(clip, share), labels, labels[order], share)

    height, width = clip.shape[-2:]
    rows, columns = (box_side(side, (1 - share) ** 0.5, rng) for side in (height, width))
    mixed = clip.clone()
    mixed[..., rows, columns] = other[..., rows, columns]
    covered = (rows.stop - rows.start) * (columns.stop - columns.start)
    return Mixed(mixed, labels, labels[order], 1 - covered / (height * width))


def box_side(side: int, part: float, rng: np.random.Generator) -> slice:
    """Where a box of so large a part of a side lies: its middle is anywhere, and what reaches outside is cut off."""
    length = round(part * side)
    start = int(rng.integers(side)) - length // 2
    return slice(max(start, 0), min(start + length, side))
