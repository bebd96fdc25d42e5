"""What every backbone has: a stem, four stages of blocks that see their neighbours in time, and the temporal shift of TSM."""

from collections.abc import Sequence
from typing import Literal, Protocol, get_args

import torch
from einops import rearrange
from jaxtyping import Float
from torch import Tensor, nn

StageName = Literal["stem", "layer1", "layer2", "layer3", "layer4"]
BlockStage = Literal["layer1", "layer2", "layer3", "layer4"]  # the stages of residual blocks, which may shift
STAGES: tuple[StageName, ...] = get_args(StageName)
BLOCK_STAGES: tuple[BlockStage, ...] = get_args(BlockStage)


def temporal_shift(features: Float[Tensor, "bt c h w"], num_frames: int, shift_div: int) -> Float[Tensor, "bt c h w"]:
    """Let frames exchange channels: the first c // shift_div take the next frame's values, the second the previous one's.

    Where there is no next or previous frame they are zero. Source: Lin et al., TSM, ICCV 2019.
    """
    features = rearrange(features, "(b t) c h w -> b t c h w", t=num_frames)
    fold = features.shape[2] // shift_div

    from_next, from_previous, own = features.split([fold, fold, features.shape[2] - 2 * fold], dim=2)
    none = torch.zeros_like(from_next[:, :1])
    from_next = torch.cat([from_next[:, 1:], none], dim=1)
    from_previous = torch.cat([none, from_previous[:, :-1]], dim=1)

    return rearrange(torch.cat([from_next, from_previous, own], dim=2), "b t c h w -> (b t) c h w")


class Block(nn.Module):
    """A block that may see its neighbours in time; `shift_div=None` leaves every frame alone."""

    def __init__(self, shift_div: int | None):
        super().__init__()
        self.shift_div = shift_div

    def shift(self, features: Float[Tensor, "bt c h w"], num_frames: int) -> Float[Tensor, "bt c h w"]:
        return temporal_shift(features, num_frames, self.shift_div) if self.shift_div else features


class Stage(nn.Sequential):
    """Blocks one after the other; the first carries the stride."""

    def forward(self, features: Float[Tensor, "bt c h w"], num_frames: int) -> Float[Tensor, "bt c2 h2 w2"]:
        for block in self:
            features = block(features, num_frames)
        return features


class Backbone(nn.Module):
    """What MSNet asks of a backbone: a stem, the stages layer1 to layer4 as submodules, `channels` and `strides` by stage."""

    channels: dict[str, int]
    strides: dict[str, int]

    def stem(self, frames: Float[Tensor, "bt 3 h w"]) -> Float[Tensor, "bt c h2 w2"]:
        raise NotImplementedError

    def stem_modules(self) -> list[nn.Module]:
        """The modules that the stem runs."""
        raise NotImplementedError

    def stage_modules(self, stage: str) -> list[nn.Module]:
        """The modules that a stage is made of, in which all of its weights are."""
        return self.stem_modules() if stage == "stem" else [self.get_submodule(stage)]


class BackboneSpec(Protocol):
    """A backbone in numbers."""

    def build(self, shift_div: int | None, shift_stages: Sequence[BlockStage] = BLOCK_STAGES, shift_every: int = 1) -> Backbone:
        """The network with random weights; only in `shift_stages` do blocks shift: the first and each `shift_every` after it."""
        ...
