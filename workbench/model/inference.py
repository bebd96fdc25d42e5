"""Inference: eval mode, device, the average of logits or probabilities over the views of a test protocol, features of a stage."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise

import torch
from einops import rearrange, reduce
from jaxtyping import Float, UInt8
from torch import Tensor, nn

from workbench.model.backbone import STAGES
from workbench.model.msnet import MSNet

VIEWS_AT_ONCE = 8  # through the network: what a laptop has memory for


@torch.inference_mode()
def score_views(
    model: MSNet,
    views: UInt8[Tensor, "b v t h w 3"],
    normalise: Callable[[Tensor], Tensor],
    average: str = "logits",
    at_once: int = VIEWS_AT_ONCE,
) -> Float[Tensor, "b k"]:
    """The mean over the views of each video of their logits, or of their probabilities, in float32 on the CPU.

    The model answers in eval mode on the device where it lies; the mode of each of its parts is put back after. normalise: grey levels
    `n t h w 3` on that device -> clip `n t 3 h w`. at_once: views, whatever the number of videos.
    """
    device = model.fc.weight.device
    chunks = rearrange(views, "b v t h w c -> (b v) t h w c").split(at_once)
    with eval_mode(model):
        logits = torch.cat([model(normalise(chunk.to(device))).logits.float().cpu() for chunk in chunks])
    scores = logits.softmax(dim=1) if average == "probabilities" else logits
    return reduce(scores, "(b v) k -> b k", "mean", b=len(views))


@contextmanager
def eval_mode(model: nn.Module) -> Iterator[None]:
    """Part by part, since networks may share parts and some may be frozen: what was in eval mode is never put into training."""
    training = [module for module in model.modules() if module.training]
    model.eval()
    try:
        yield
    finally:
        for module in training:
            module.training = True


def as_probabilities(scores: Float[Tensor, "b k"], average: str) -> Float[Tensor, "b k"]:
    """What `score_views` gave, as probabilities: the softmax of mean logits; mean probabilities are such already."""
    return scores if average == "probabilities" else scores.softmax(dim=1)


def features_after(model: MSNet, clip: Float[Tensor, "b t 3 h w"], stage: str) -> Float[Tensor, "bt c gh gw"]:
    """What comes out of a stage, before the motion module that may stand there has added anything."""
    num_frames, motions = clip.shape[1], {}
    features = model.backbone.stem(rearrange(clip, "b t c h w -> (b t) c h w"))
    for before, name in pairwise(STAGES[: STAGES.index(stage) + 1]):
        features = model.look_for_motion(before, features, num_frames, motions)
        features = model.backbone.get_submodule(name)(features, num_frames)
    return features


def looks_at_frames_alone(model: MSNet, stage: str) -> bool:
    """Whether `features_after` a stage are those of each frame alone: up to there nothing is shifted in time, and no motion is added."""
    stages, config = STAGES[: STAGES.index(stage) + 1], model.config
    shifts = config.shift_div is not None and any(name in stages for name in config.shift_stages)
    return not shifts and not any(name in stages[:-1] for name in model.motion)


def pooled_features(model: MSNet, clip: Float[Tensor, "b t 3 h w"]) -> Float[Tensor, "b t c"]:
    """What the classifier is given of each frame, without dropout. The mode of the model is its caller's."""
    num_frames = clip.shape[1]
    features = model.look_for_motion("layer4", features_after(model, clip, "layer4"), num_frames, {})
    return reduce(features, "(b t) c h w -> b t c", "mean", t=num_frames)


def choose_device(name: str) -> torch.device:
    """ "auto" is a CUDA device, else Apple's, else the CPU."""
    if name != "auto":
        return torch.device(name)
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
