"""The processes that train together: those that torchrun started, or this one alone."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
import torch
import torch.distributed as dist
from torch import nn

PATIENCE = timedelta(hours=4)  # the others wait while the first process examines a data set


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

    def sum(self, *values: float | int) -> list[float]:
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
def joined(device: str = "auto") -> Iterator[Group]:
    """Join the processes that torchrun started (RANK, LOCAL_RANK and WORLD_SIZE say which), and leave them at the end."""
    size, rank = int(os.environ.get("WORLD_SIZE", 1)), int(os.environ.get("RANK", 0))
    chosen = choose_device(device)
    if size == 1:
        yield Group(chosen)
        return
    if chosen.type == "cuda":
        chosen = torch.device("cuda", int(os.environ["LOCAL_RANK"]))
        torch.cuda.set_device(chosen)
    dist.init_process_group("nccl" if chosen.type == "cuda" else "gloo", timeout=PATIENCE)
    try:
        yield Group(chosen, rank, size)
    finally:
        dist.destroy_process_group()


def choose_device(name: str) -> torch.device:
    """ "auto" is a CUDA device, else Apple's, else the CPU."""
    if name != "auto":
        return torch.device(name)
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
