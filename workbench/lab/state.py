"""The state of a training run: all that a killed run needs to go on as if it had not been."""

import io
import json
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import nn

from workbench.lab.config import WATCHING, TrainConfig
from workbench.model.checkpoint import write_atomically


@dataclass
class TrainState:
    """Network, optimiser and schedule; records of the finished epochs; of the running epoch the steps done, the summed
    loss, the clips right and the seconds."""

    model: nn.Module
    optimiser: torch.optim.Optimizer
    schedule: torch.optim.lr_scheduler.LRScheduler
    records: list[dict] = field(default_factory=list)
    step: int = 0
    loss: float = 0.0
    right: int = 0
    seconds: float = 0.0

    def count(self, loss: float, right: int, seconds: float) -> None:
        self.step, self.loss, self.right, self.seconds = self.step + 1, self.loss + loss, self.right + right, self.seconds + seconds

    def close_epoch(self, record: dict) -> None:
        self.records.append(record)
        self.step, self.loss, self.right, self.seconds = 0, 0.0, 0, 0.0


COUNTERS = ("records", "step", "loss", "right", "seconds")
PARTS = ("model", "optimiser", "schedule")


def save_state(config: TrainConfig, state: TrainState) -> None:
    """Write the state into the run's folder, whole or not at all; without a folder do nothing."""
    if not config.output:
        return
    config.output.mkdir(parents=True, exist_ok=True)
    content = {name: getattr(state, name).state_dict() for name in PARTS} | {name: getattr(state, name) for name in COUNTERS}
    content |= {"config": identity(config), "generator": torch.get_rng_state()}
    if torch.cuda.is_available():
        content["cuda_generators"] = torch.cuda.get_rng_state_all()
    file = io.BytesIO()
    torch.save(content, file)
    write_atomically(state_path(config), file.getvalue())


def load_state(config: TrainConfig, state: TrainState) -> None:
    """Go on from the run's folder if it holds a state.

    Raises ValueError when that state is of another config, naming what differs.
    """
    if not config.output or not state_path(config).exists():
        return
    content = torch.load(state_path(config), map_location="cpu", weights_only=True)
    check_same_run(config, content["config"])
    for name in PARTS:
        getattr(state, name).load_state_dict(content[name])
    for name in COUNTERS:
        setattr(state, name, content[name])
    torch.set_rng_state(content["generator"])
    if torch.cuda.is_available() and "cuda_generators" in content:
        torch.cuda.set_rng_state_all(content["cuda_generators"])


def state_path(config: TrainConfig) -> Path:
    return config.output / "state.pt"


def identity(config: TrainConfig) -> str:
    """What makes a run this run: every field but where it is written and how it is watched and fed."""
    return json.dumps({name: repr(value) for name, value in vars(config).items() if name not in WATCHING})


def check_same_run(config: TrainConfig, stored: str) -> None:
    then, now = json.loads(stored), json.loads(identity(config))
    changed = [f"{name} {then.get(name)} -> {now[name]}" for name in now if then.get(name) != now[name]]
    if changed:
        raise ValueError(f"{config.output} holds a run of another config ({'; '.join(changed)}); choose another output folder")
