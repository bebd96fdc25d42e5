"""Untrained networks that behave like trained ones."""

from torch import Tensor, nn


def adopt_statistics(model: nn.Module, *inputs: Tensor | int) -> None:
    """Untrained running statistics let next to nothing through the feature transformation."""
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = 1.0
    model(*inputs)
