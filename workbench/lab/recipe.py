"""A row of a table of results as a value: the network, its data and training, its test protocol and the number reported."""

import math
from dataclasses import dataclass

from workbench.data.clips import ClipConfig
from workbench.data.views import Protocol
from workbench.model.msnet import ModelConfig

CLASSES = {"something-v1": 174, "something-v2": 174, "kinetics": 400, "hmdb51": 51}  # by layout; other layouts have any number


@dataclass(frozen=True)
class Schedule:
    """Stochastic gradient descent in steps: the learning rate belongs to `batch_size` clips a step and is scaled with it;
    it is multiplied by `decay` after each of `milestones` epochs. clip_norm: of the gradient. Raises ValueError for what cannot be.
    """

    learning_rate: float = 0.01
    batch_size: int = 48
    epochs: int = 40
    milestones: tuple[int, ...] = (20, 30)
    decay: float = 0.1
    momentum: float = 0.9
    nesterov: bool = True
    weight_decay: float = 5e-4
    clip_norm: float = 200.0

    def __post_init__(self):
        if min(self.batch_size, self.epochs) < 1:
            raise ValueError(f"batch_size and epochs must be at least 1, got {self.batch_size} and {self.epochs}")
        if min(self.learning_rate, self.clip_norm) <= 0 or self.weight_decay < 0:
            raise ValueError(
                f"learning_rate and clip_norm must be above 0, weight_decay at least 0, "
                f"got {self.learning_rate}, {self.clip_norm} and {self.weight_decay}"
            )
        if list(self.milestones) != sorted(set(self.milestones)) or not all(0 < epoch < self.epochs for epoch in self.milestones):
            raise ValueError(f"milestones must rise between 0 and {self.epochs} epochs, got {self.milestones}")
        if not 0 < self.decay <= 1 or not 0 <= self.momentum < 1:
            raise ValueError(f"decay must lie in (0, 1] and momentum in [0, 1), got {self.decay} and {self.momentum}")


@dataclass(frozen=True)
class Reported:
    """Accuracies in percent that a publication reports, under which protocol; nan where it does not say."""

    top1: float
    top5: float
    protocol: Protocol
    source: str

    def __post_init__(self):
        known = [value for value in (0.0, self.top1, self.top5, 100.0) if not math.isnan(value)]
        if known != sorted(known) or len(known) < 3:
            raise ValueError(f"an accuracy is reported in percent, top-5 at least top-1, got {self.top1} and {self.top5}")


@dataclass(frozen=True)
class Recipe:
    """A row: all that is needed to train and test one network, or the members of an ensemble.

    layout: of the data set (`open_dataset`). model: with the classes of the official data set; another set brings its own.
    init: "imagenet", "none", the name of the recipe whose weights it starts from, or that of a shipped checkpoint.
    protocol: how it is tested unless told otherwise. members: recipes whose scores an ensemble averages; it has no training
    of its own. notes: what is our reading, and what others found. Raises ValueError where the parts do not fit each other.
    """

    name: str
    title: str
    layout: str
    model: ModelConfig
    init: str
    clips: ClipConfig
    schedule: Schedule
    protocol: Protocol
    reported: tuple[Reported, ...] = ()
    members: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def __post_init__(self):
        if self.model.num_classes != CLASSES.get(self.layout, self.model.num_classes):
            raise ValueError(f"{self.layout} has {CLASSES[self.layout]} classes, the network of {self.name} {self.model.num_classes}")
        if len({(way.sampling, way.stride) for way in (self.clips, self.protocol, *(row.protocol for row in self.reported))}) > 1:
            raise ValueError(f"{self.name} samples frames in one way in training and in another in testing")
        if len(self.members) == 1 or self.name in self.members:
            raise ValueError(f"the ensemble {self.name} needs two members or more besides itself, got {', '.join(self.members)}")
