"""The network with its motion altered: the module off, the displacement zero, mirrored or turned round."""

from collections.abc import Callable, Mapping

import torch
from einops import rearrange, reduce
from jaxtyping import Float
from torch import Tensor, nn

from workbench.model.backbone import STAGES
from workbench.model.inference import features_after
from workbench.model.motion import Motion, MotionSqueeze, motion_maps
from workbench.model.msnet import MSNet, consensus, motion_modules

ALTERATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "as found": lambda maps: maps,
    "displacement zero": lambda maps: scale_maps(maps, 0, 0, 1),
    "x mirrored": lambda maps: scale_maps(maps, -1, 1, 1),
    "x and y turned round": lambda maps: scale_maps(maps, -1, -1, 1),
    "confidence 1": lambda maps: torch.cat([maps[:, :, :2], torch.ones_like(maps[:, :, 2:])], dim=2),
    "confidence 0": lambda maps: scale_maps(maps, 1, 1, 0),
}


def scale_maps(maps: Float[Tensor, "b t 3 h w"], x: int, y: int, confidence: int) -> Float[Tensor, "b t 3 h w"]:
    return maps * rearrange(torch.tensor([x, y, confidence]), "c -> 1 1 c 1 1").to(maps)


@torch.inference_mode()
def features_and_maps(model: MSNet, clip: Float[Tensor, "b t 3 h w"]) -> tuple[Float[Tensor, "bt c gh gw"], Float[Tensor, "b t 3 gh gw"]]:
    """What the first motion module of the network reads, and the maps that it makes of it."""
    stage = model.config.motion_after[0]
    features = features_after(model, clip, stage)
    return features, motion_maps(motion_modules(model)[stage].find(features, clip.shape[1]))


@torch.inference_mode()
def answer_with_maps(model: MSNet, features: Float[Tensor, "bt c h w"], maps: Float[Tensor, "b t 3 h w"]) -> Float[Tensor, "b k"]:
    """Logits where the transformation is given these maps in place of those that the module found.

    Raises ValueError for a network without exactly one motion module.
    """
    if len(model.motion) != 1:
        raise ValueError(f"one motion module is wanted, got {len(model.motion)} in {model.config}")
    [(stage, module)], num_frames = motion_modules(model).items(), maps.shape[1]
    features = module.add(features, maps)

    for name in STAGES[STAGES.index(stage) + 1 :]:
        features = model.backbone.get_submodule(name)(features, num_frames)
    return consensus(model.fc(reduce(features, "(b t) c h w -> b t c", "mean", t=num_frames)))


class AlteredMotion(nn.Module):
    """A motion module whose transformation is given what `alter` makes of the maps that were found."""

    def __init__(self, module: MotionSqueeze, alter: Callable[[Tensor], Tensor]):
        super().__init__()
        self.module, self.alter = module, alter

    def forward(self, features: Float[Tensor, "bt c h w"], num_frames: int) -> tuple[Float[Tensor, "bt c h w"], Motion]:
        motion = self.module.find(features, num_frames)
        return self.module.add(features, self.alter(motion_maps(motion))), motion


class WithMotion(MSNet):
    """A network with other modules in the places of its motion modules. All weights are shared, none is changed."""

    def __init__(self, model: MSNet, modules: Mapping[str, nn.Module]):
        nn.Module.__init__(self)
        self.config, self.backbone, self.dropout, self.fc = model.config, model.backbone, model.dropout, model.fc
        self.motion = nn.ModuleDict(modules)


def alter_motion(model: MSNet, alteration: str) -> MSNet:
    """The same network where one of ALTERATIONS befalls the maps of all its motion modules.

    Each module matches what the altered ones before it left. Raises ValueError for a name that is none.
    """
    if alteration not in ALTERATIONS:
        raise ValueError(f"alteration must be one of {', '.join(ALTERATIONS)}, got {alteration!r}")
    return WithMotion(model, {stage: AlteredMotion(module, ALTERATIONS[alteration]) for stage, module in motion_modules(model).items()})


def without_motion(model: MSNet) -> MSNet:
    """The same network where no motion module adds anything to the features."""
    return WithMotion(model, {})
