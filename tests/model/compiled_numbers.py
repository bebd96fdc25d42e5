"""Prints by how much compiled and exported networks differ from plain ones, as JSON: `python compiled_numbers.py {"KIND": "BACKEND"}`.

A program of its own, because the checks that the tests hang on every annotated function cannot be traced.
"""

import json
import sys
from collections.abc import Callable

import torch
from torch import Tensor

from workbench.model.correlation import local_correlation
from workbench.model.motion import MotionConfig
from workbench.model.msnet import BACKBONES, ModelConfig, MSNet
from workbench.model.resnet import BasicBlock, ResNetSpec

# Its stages but the first are alike, so that the compiler writes their kernels once: each takes it two seconds.
BACKBONES["alike"] = ResNetSpec(BasicBlock, (1, 1, 1, 1), (16, 16, 16, 16), (2, 1, 1, 1), stem_width=16, stem_pool=False)
CONFIG = ModelConfig("alike", num_classes=18, dropout=0.0, motion=MotionConfig(radius=4, channels=32), motion_after=("layer1",))


def example(dtype: torch.dtype = torch.float32) -> tuple[MSNet, Tensor]:
    torch.manual_seed(0)
    return MSNet(CONFIG).to(dtype), torch.randn(2, 4, 3, 32, 32, dtype=dtype)


def compare_answers(compiled: Callable, model: MSNet, clip: Tensor) -> dict[str, float]:
    with torch.no_grad():
        ours, theirs = model(clip), compiled(clip)
    return {
        "logits": distance(theirs.logits, ours.logits),
        "displacement": distance(theirs.motion.displacement, ours.motion.displacement),
        "confidence": distance(theirs.motion.confidence, ours.motion.confidence),
    }


def inference(backend: str) -> dict[str, float]:
    model, clip = example()
    return compare_answers(torch.compile(model.eval(), backend=backend), model, clip)


def export(_: str) -> dict[str, float]:
    model, clip = example()
    return compare_answers(torch.export.export(model.eval(), (clip,)).module(), model, clip)


def training(backend: str) -> dict[str, float]:
    """Gradients of a step in float64.

    In float32 those of motion.*.transform.{0,1,2}.4.weight are nothing but rounding: while the bias is 0, the next BatchNorm
    divides out the scale that these weights set.
    """
    model, clip = example(torch.float64)
    clip = clip[:1]  # tracing costs by the clip
    plain = gradients(model, model, clip)
    compiled = gradients(torch.compile(model, backend=backend), model, clip)
    return {name: distance(compiled[name], plain[name]) for name in plain}


def gradients(forward: Callable, model: MSNet, clip: Tensor) -> dict[str, Tensor]:
    loss = forward(clip).logits.square().sum()
    return dict(zip(dict(model.named_parameters()), torch.autograd.grad(loss, list(model.parameters())), strict=True))


def correlation(backend: str) -> dict[str, float]:
    """Value and gradients of the correlation alone, whose backward pass is written by hand."""
    torch.manual_seed(0)
    features = torch.randn(2, 1, 2, 8, 6, 7, dtype=torch.float64, requires_grad=True)
    weighting = torch.randn(1, 2, 6, 7, 5, 5, dtype=torch.float64)

    def volume_and_gradient(function: Callable) -> tuple[Tensor, Tensor]:
        volume = function(*features, 2)
        return volume, *torch.autograd.grad((volume * weighting).sum(), features)

    pairs = zip(volume_and_gradient(torch.compile(local_correlation, backend=backend)), volume_and_gradient(local_correlation), strict=True)
    return {name: distance(*pair) for name, pair in zip(("volume", "gradient"), pairs, strict=True)}


def distance(one: Tensor, other: Tensor) -> float:
    """The largest difference, as a fraction of the largest value."""
    return ((one - other).abs().max() / other.abs().max()).item()


KINDS = {"inference": inference, "export": export, "training": training, "correlation": correlation}

if __name__ == "__main__":
    print(json.dumps({kind: KINDS[kind](backend) for kind, backend in json.loads(sys.argv[1]).items()}))
