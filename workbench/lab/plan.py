"""What the training loop asks of a run: the network, the clips, the optimiser, the loss, and what is told of an epoch."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from workbench.lab.batch import Batch
from workbench.lab.group import Group
from workbench.model.msnet import MSNet, Prediction


class Plan(ABC):
    """A run, as the loop sees it. config: the run as a value, with at least the fields that are read here and in `state`.

    clip_norm: the gradient's norm is at most this. ema: decay of the averaged weights, 0 for none; where there are any, they
    are what is tested and kept. sync_bn: BatchNorm over all processes.
    """

    clip_norm: float = 20.0
    ema: float = 0.0
    sync_bn: bool = False

    def __init__(self, config: Any):
        self.config = config

    def prepare(self, group: Group) -> None:  # noqa: B027, most runs need none
        """What is to be done before anything else, by all processes; torch's generator is seeded by then."""

    def lose(self, names: dict[str, str]) -> None:  # noqa: B027
        """Videos of a step that could not be read, with the reason; a plan that does not put up with them raises."""

    @abstractmethod
    def network(self) -> MSNet:
        """The network with the weights that it starts from."""

    @abstractmethod
    def optimiser(self, model: MSNet) -> torch.optim.Optimizer: ...

    @abstractmethod
    def schedule(self, optimiser: torch.optim.Optimizer) -> torch.optim.lr_scheduler.LRScheduler:
        """Of the learning rate, stepped after every batch."""

    @abstractmethod
    def clips(self) -> Sequence:
        """What the numbers in `batches` stand for."""

    @abstractmethod
    def collate(self, model: MSNet) -> Callable[[list], Batch]: ...

    @abstractmethod
    def batches(self, epoch: int) -> list[list[int]]:
        """The clips of each step of an epoch, those of all processes together."""

    @abstractmethod
    def predict(self, network: Callable[[Tensor], Prediction], model: MSNet, part: Batch) -> tuple[Tensor, Tensor, int]:
        """The loss to learn from and the loss to tell of, summed over the clips of a part; and how many of them are right.

        network: `model` itself, or what wraps it where several processes train.
        """

    @abstractmethod
    def record(self, state: Any, group: Group) -> Any:
        """What is told of the epoch that ends, with `state.kept` tested. Called by all processes."""

    @abstractmethod
    def restored(self, record: dict[str, Any]) -> Any:
        """A record from what the state keeps of it."""

    @abstractmethod
    def keep(self, record: Any, state: Any) -> None:
        """Leave the network in the run's folder, if it is time. Called by the first process."""


def shuffled_batches(seed: int, epoch: int, clips: int, batch_size: int, first: int) -> list[list[int]]:
    """The numbers from `first` on of `clips` clips, shuffled by the seed and the epoch alone, in batches."""
    order = first + np.random.Generator(np.random.Philox([seed, epoch])).permutation(clips)
    return [batch.tolist() for batch in np.split(order, range(batch_size, clips, batch_size))]
