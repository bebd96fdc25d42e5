"""Clips of the alphabet as the tensors that training takes."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from jaxtyping import Bool, Float, Int64, UInt8
from torch import Tensor

from workbench.data.alphabet import AlphabetClip
from workbench.lab.evaluate import truth_on_grid


@dataclass(frozen=True)
class Batch:
    """frames `b t h w 3`, labels `b`; where the displacement is taught its truth `b p 2 gh gw` in pixels on the grid of the
    features, and which cells stay visible, `b p gh gw`. skipped: names of videos that could not be read, with the reason."""

    frames: UInt8[Tensor, "b t h w 3"]
    labels: Int64[Tensor, " b"]
    truth: Float[Tensor, "b p 2 gh gw"] | None = None
    seen: Bool[Tensor, "b p gh gw"] | None = None
    skipped: dict[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def tensors(self) -> dict[str, Tensor]:
        return {name: value for name, value in vars(self).items() if isinstance(value, Tensor)}

    def to(self, device: torch.device) -> "Batch":
        return replace(self, **{name: value.to(device, non_blocking=True) for name, value in self.tensors.items()})

    def pin_memory(self) -> "Batch":
        """Called by torch's loader: pages that a GPU can read by itself."""
        return replace(self, **{name: value.pin_memory() for name, value in self.tensors.items()})

    def parts(self, count: int) -> Iterator["Batch"]:
        """The same clips in `count` parts, of which the first ones hold one more where they do not divide."""
        parts = zip(*(value.tensor_split(count) for value in self.tensors.values()), strict=True)
        for part in parts:
            yield replace(self, **dict(zip(self.tensors, part, strict=True)))


@dataclass(frozen=True)
class Collate:
    """Clips -> Batch, in the process that made them. grid: rows and columns of the features; None leaves the truth out."""

    grid: tuple[int, int] | None

    def __call__(self, clips: list[AlphabetClip]) -> Batch:
        frames = torch.from_numpy(np.stack([clip.frames for clip in clips]))
        labels = torch.tensor([clip.label for clip in clips])
        if self.grid is None:
            return Batch(frames, labels)
        truths = [truth_on_grid(torch.from_numpy(clip.displacement), torch.from_numpy(clip.visible), self.grid) for clip in clips]
        truth, seen = (torch.stack(values) for values in zip(*truths, strict=True))
        return Batch(frames, labels, truth, seen)
