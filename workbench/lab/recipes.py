"""The paper's table as data: for each row the network, its data and training, its test protocol and the number reported."""

from dataclasses import dataclass, field

from workbench.data.clips import ClipConfig
from workbench.data.views import Protocol
from workbench.model.msnet import ModelConfig


@dataclass(frozen=True)
class Schedule:
    """Stochastic gradient descent in steps: the learning rate belongs to `batch_size` clips a step and is scaled with it;
    it is multiplied by `decay` after each of `milestones` epochs. clip_norm: of the gradient."""

    learning_rate: float = 0.01
    batch_size: int = 48
    epochs: int = 40
    milestones: tuple[int, ...] = (20, 30)
    decay: float = 0.1
    momentum: float = 0.9
    nesterov: bool = True
    weight_decay: float = 5e-4
    clip_norm: float = 200.0
    warmup: float = 0.0  # epochs


@dataclass(frozen=True)
class Reported:
    """Accuracies in percent that a publication reports, under which protocol; nan where it does not say."""

    top1: float
    top5: float
    protocol: Protocol
    source: str


@dataclass(frozen=True)
class Recipe:
    """A row: all that is needed to train and test one network, or the members of an ensemble.

    layout: of the data set (`open_dataset`). init: "imagenet", "none", or the name of the recipe whose weights it starts from.
    members: recipes whose scores an ensemble averages; it has no training of its own. notes: what is our reading.
    """

    name: str
    title: str
    layout: str
    model: ModelConfig
    init: str
    clips: ClipConfig
    schedule: Schedule
    reported: tuple[Reported, ...]
    members: tuple[str, ...] = ()
    notes: tuple[str, ...] = field(default=())
