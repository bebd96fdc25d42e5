"""Stochastic gradient descent as the authors set it up: which parameters decay, and how the learning rate falls."""

from bisect import bisect_right

import torch
from torch import nn

from workbench.lab.recipes import Schedule
from workbench.model.msnet import MSNet


def make_optimiser(model: MSNet, schedule: Schedule, learning_rate: float) -> torch.optim.Optimizer:
    groups = parameter_groups(model, learning_rate, schedule.weight_decay)
    return torch.optim.SGD(groups, momentum=schedule.momentum, nesterov=schedule.nesterov)


def parameter_groups(model: MSNet, learning_rate: float, weight_decay: float) -> list[dict]:
    """As the authors train: no weight decay on BatchNorm and biases, and biases of other layers learn twice as fast."""
    normalising = {id(p) for module in model.modules() if isinstance(module, nn.modules.batchnorm._BatchNorm) for p in module.parameters()}
    groups = {name: [] for name in ("weights", "biases", "normalisation")}
    for parameter in model.parameters():
        kind = "normalisation" if id(parameter) in normalising else "biases" if parameter.ndim == 1 else "weights"
        groups[kind].append(parameter)
    return [
        {"params": groups["weights"], "lr": learning_rate, "weight_decay": weight_decay},
        {"params": groups["biases"], "lr": 2 * learning_rate, "weight_decay": 0.0},
        {"params": groups["normalisation"], "lr": learning_rate, "weight_decay": 0.0},
    ]


def rate_factor(schedule: Schedule, epochs: int, epoch: float) -> float:
    """Of the learning rate at a moment counted in epochs: a fall at each milestone. With another number of epochs than the
    schedule's the milestones keep their share of the whole."""
    milestones = [epochs * milestone / schedule.epochs for milestone in schedule.milestones]
    return schedule.decay ** bisect_right(milestones, epoch)
