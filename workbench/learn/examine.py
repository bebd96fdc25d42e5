"""What the shipped network makes of a clip whose exact displacement is known, and why its wrong matches are wrong."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from einops import rearrange, reduce
from jaxtyping import Bool, Float, Int
from torch import Tensor

from workbench.learn.networks import as_input, shipped_network
from workbench.learn.trouble import Trouble
from workbench.look.reasons import Reason, find_reasons


@dataclass(frozen=True)
class Examination:
    """What the shipped network made of a clip, on its cells: error in pixels against the exact displacement.

    error `p h w` (endpoint error against the mean displacement of a cell's pixels); reasons `p h w`, numbers of `Reason`;
    troubled `p h w`: at least half of the cell's pixels are. wrong: troubled and off by more than a cell. cell: pixels.
    """

    displacement: Float[Tensor, "p 2 h w"]
    confidence: Float[Tensor, "p h w"]
    error: Float[Tensor, "p h w"]
    reasons: Int[Tensor, "p h w"]
    troubled: Bool[Tensor, "p h w"]
    cell: int

    @property
    def wrong(self) -> Bool[Tensor, "p h w"]:
        return self.troubled & (self.error > self.cell)

    @property
    def wrong_share(self) -> float:
        """Of the troubled cells."""
        return (self.wrong.sum() / self.troubled.sum()).item()

    @property
    def median_error(self) -> float:
        """Pixels, over the troubled cells."""
        return self.error[self.troubled].median().item()

    @cached_property
    def tally(self) -> dict[Reason, float]:
        """The share of each reason among the wrong cells; nothing where none is wrong."""
        found = self.reasons[self.wrong]
        return {reason: (found == reason).float().mean().item() for reason in Reason} if len(found) else {}

    @property
    def majority(self) -> Reason:
        """The reason found most often among the wrong cells."""
        return max(self.tally, key=self.tally.__getitem__, default=Reason.NONE)

    @property
    def flagged(self) -> float:
        """The share of troubled cells that are within a cell of the truth and yet objected to."""
        return (self.reasons[self.troubled & ~self.wrong] > 0).float().mean().item()


@torch.inference_mode()
def examine(trouble: Trouble) -> Examination:
    """Let the shipped network match the clip, and compare."""
    loaded = shipped_network()
    motion, config = loaded.model(as_input(trouble.frames[None])).motion, loaded.model.config.motion
    assert config is not None  # the shipped MSNet has a module
    cell = loaded.model.backbone.strides[loaded.model.config.motion_after[0]]

    displacement = rearrange(motion.in_cells(config) * cell, "1 p xy h w -> p xy h w")
    volume = rearrange(motion.correlation, "1 p h w dy dx -> p h w dy dx")
    truth, troubled = (mean_of_cells(pixels, cell) for pixels in (trouble.displacement, trouble.troubled))
    return Examination(
        displacement, reduce(volume, "p h w dy dx -> p h w", "max"), (displacement - truth).norm(dim=1),
        find_reasons(volume, dilation=config.dilation), troubled >= 0.5, cell,
    )  # fmt: skip


def mean_of_cells(pixels: np.ndarray, cell: int) -> Tensor:
    return reduce(torch.from_numpy(pixels.astype(np.float32)), "... (h y) (w x) -> ... h w", "mean", y=cell, x=cell)
