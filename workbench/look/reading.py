"""Correspondences as they are read from a network: kept whole, so that every question about them is answered from what is stored."""

from dataclasses import dataclass, replace

import numpy as np
import torch
from einops import rearrange
from jaxtyping import Bool, Float
from torch import Tensor

from workbench.look.features import features_after
from workbench.look.match import crop_window
from workbench.look.reasons import ambiguous, peak_on_border
from workbench.model.correlation import local_correlation
from workbench.model.displacement import kernel_soft_argmax, peak_confidence
from workbench.model.motion import MotionConfig
from workbench.model.msnet import MSNet


@dataclass(frozen=True)
class Reading:
    """What was matched after one stage, for all pairs of a clip, on the CPU.

    correlation `p h w dy dx`: all else follows from it. stage: where it was read; trained: whether a motion module stands
    there (else the features of the stage themselves are matched). motion: the numbers of the estimate.
    cell: side of a cell in pixels of the frames shown.
    """

    correlation: Float[Tensor, "p h w dy dx"]
    stage: str
    trained: bool
    motion: MotionConfig
    cell: float

    @property
    def pairs(self) -> int:
        return len(self.correlation)

    @property
    def grid(self) -> tuple[int, int]:
        """Rows and columns of cells."""
        return tuple(self.correlation.shape[1:3])

    @property
    def reach(self) -> float:
        """How far the window sees, in pixels of the frames shown."""
        return self.motion.radius * self.motion.dilation * self.cell

    def displacement(self) -> Float[np.ndarray, "p 2 h w"]:
        """In pixels of the frames shown, x then y."""
        volume = rearrange(self.correlation, "p h w dy dx -> 1 p h w dy dx")
        estimate = kernel_soft_argmax(volume, self.motion.sigma, self.motion.temperature)
        return estimate[0].numpy() * self.reach

    def confidence(self) -> Float[np.ndarray, "p h w"]:
        return peak_confidence(rearrange(self.correlation, "p h w dy dx -> 1 p h w dy dx"))[0, :, 0].numpy()

    def beyond(self) -> Bool[np.ndarray, "p h w"]:
        """Whether the best match lies on the border of the window: the motion may be faster than the window can see."""
        return peak_on_border(self.correlation).numpy()

    def strength(self) -> Float[np.ndarray, "p h w"]:
        """How firmly to draw a displacement, in [0, 1]: the confidence, and 0 where other offsets match as well."""
        return self.confidence() * ~ambiguous(self.correlation, dilation=self.motion.dilation).numpy()

    def of_pair(self, pair: int) -> "Reading":
        """The same of one pair alone, counted from 0. Raises ValueError for a pair that is not there."""
        if not 0 <= pair < self.pairs:
            raise ValueError(f"pair must be one of 0 to {self.pairs - 1}, got {pair}")
        return replace(self, correlation=self.correlation[pair : pair + 1])

    def turned(self, radius: int | None = None, sigma: float | int | None = None, temperature: float | int | None = None) -> "Reading":
        """Other knobs on what is stored: a radius up to the stored one crops the window; None leaves a knob as it is.

        Raises ValueError for a radius beyond what is stored, or values that `MotionConfig` refuses.
        """
        knobs = {"radius": radius, "sigma": sigma, "temperature": temperature}
        as_kept = {name: type(getattr(self.motion, name)) for name in knobs}
        motion = replace(self.motion, **{name: as_kept[name](value) for name, value in knobs.items() if value is not None})
        return replace(self, correlation=crop_window(self.correlation, motion.radius), motion=motion)


@torch.inference_mode()
def read_correspondences(model: MSNet, clip: Float[Tensor, "1 t 3 h w"], stage: str) -> tuple[Float[Tensor, "p gh gw dy dx"], MotionConfig]:
    """The correlation of consecutive frames after a stage, on the CPU, and the numbers of its window.

    Where a motion module stands there, it is the module's own. Elsewhere the features of the stage are matched as they are,
    with the window that the network has in another place, or with the paper's.
    """
    config, features = model.config.motion or MotionConfig(), features_after(model, clip, stage)
    if stage in model.motion:
        return model.motion[stage].find(features, clip.shape[1]).correlation[0].cpu(), config
    features = rearrange(features, "t c h w -> 1 t c h w").float()
    correlation = local_correlation(features[:, :-1], features[:, 1:], config.radius, config.dilation, config.relu)
    return correlation[0].cpu(), config
