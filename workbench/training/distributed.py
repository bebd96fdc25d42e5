"""Training in several processes (torchrun): ranks, shared batches, sums over processes."""

import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
import torch
import torch.distributed as dist
from torch import nn

from workbench.model.inference import choose_device

COLLECTIVE_PATIENCE = timedelta(hours=4)  # the others wait while the first process examines a data set


@dataclass(frozen=True)
class Group:
    """This process among those that train together: its number, how many there are, and its device."""

    device: torch.device
    rank: int = 0
    size: int = 1

    @property
    def first(self) -> bool:
        return self.rank == 0

    def share(self, batches: list[list[int]]) -> list[list[int]]:
        """This process's part of every batch. A last batch with fewer clips than processes joins the one before it.

        Raises ValueError where even that is too small.
        """
        if len(batches) > 1 and len(batches[-1]) < self.size:
            batches = [*batches[:-2], batches[-2] + batches[-1]]
        if smallest := [batch for batch in batches if len(batch) < self.size]:
            raise ValueError(f"a batch of {len(smallest[0])} clips cannot be shared by {self.size} processes; start fewer")
        return [np.array_split(batch, self.size)[self.rank].tolist() for batch in batches]

    def sum(self, *values: float) -> list[float]:
        """Each value added up over all processes."""
        if self.size == 1:
            return [float(value) for value in values]
        total = torch.tensor(values, dtype=torch.float64, device=self.device)
        dist.all_reduce(total)
        return total.tolist()

    def gather(self, value: Any) -> list[Any]:
        """The values of all processes, in the order of their numbers, in every one."""
        if self.size == 1:
            return [value]
        values: list[Any] = [None] * self.size
        dist.all_gather_object(values, value)
        return values

    def average_buffers(self, model: nn.Module) -> None:
        """Make running statistics of BatchNorm, which differ by what each process saw last, their mean."""
        if self.size > 1:
            for buffer in filter(torch.is_floating_point, model.buffers()):
                dist.all_reduce(buffer)
                buffer /= self.size


@contextmanager
def join_group(name: str) -> Iterator[Group]:
    """Join the processes that torchrun started (RANK, LOCAL_RANK and WORLD_SIZE say which), and leave them at the end."""
    size, rank = int(os.environ.get("WORLD_SIZE", 1)), int(os.environ.get("RANK", 0))
    device = choose_device(name)
    if size == 1:
        yield Group(device)
        return
    if device.type == "cuda":
        device = torch.device("cuda", int(os.environ["LOCAL_RANK"]))
        torch.cuda.set_device(device)
    dist.init_process_group("nccl" if device.type == "cuda" else "gloo", timeout=COLLECTIVE_PATIENCE)
    try:
        yield Group(device, rank, size)
    finally:
        dist.destroy_process_group()


def machine(device: str) -> str:
    """The processor that a run used, its threads, and torch's version."""
    kind = choose_device(device)
    name = torch.cuda.get_device_name(kind) if kind.type == "cuda" else f"{torch.get_num_threads()} threads of {platform.machine()}"
    return f"{name}, torch {torch.__version__.split('+')[0]}"
