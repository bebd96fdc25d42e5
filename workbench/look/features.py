"""The network up to a stage."""

from itertools import pairwise

import torch
from einops import rearrange
from jaxtyping import Float
from torch import Tensor

from workbench.model.msnet import STAGES, MSNet


@torch.no_grad()
def features_after(model: MSNet, clip: Float[Tensor, "b t 3 h w"], stage: str) -> Float[Tensor, "bt c gh gw"]:
    """What comes out of a stage, before the motion module that may stand there has added anything."""
    num_frames, motions = clip.shape[1], {}
    features = model.backbone.stem(rearrange(clip, "b t c h w -> (b t) c h w"))
    for before, name in pairwise(STAGES[: STAGES.index(stage) + 1]):
        features = model.look_for_motion(before, features, num_frames, motions)
        features = model.backbone.get_submodule(name)(features, num_frames)
    return features
