"""The saved state of a training run, from which a killed run resumes as if it had never stopped."""

import io
import json
from dataclasses import dataclass, field
from typing import Any, cast

import torch
from torch import Tensor
from torch.nn.parallel import DistributedDataParallel
from torch.optim.swa_utils import AveragedModel

from workbench.model.msnet import MSNet
from workbench.paths import write_atomically
from workbench.training.config import WATCHING
from workbench.training.distributed import Group


@dataclass
class TrainState:
    """Network (`model`) and how this process calls it (`network`), optimiser, schedule, scaler of float16's gradients, averaged
    weights if any; records of the finished epochs; of the running epoch the steps done, the clips learned from, their summed
    loss, those of them right and the seconds; of all epochs the names of videos that could not be read, with the reason."""

    model: MSNet
    network: MSNet | DistributedDataParallel
    optimiser: torch.optim.Optimizer
    schedule: torch.optim.lr_scheduler.LRScheduler
    scaler: torch.amp.GradScaler
    average: AveragedModel | None = None
    records: list[dict] = field(default_factory=list)
    step: int = 0
    clips: int = 0
    loss: float = 0.0
    right: int = 0
    seconds: float = 0.0
    skipped: dict[str, str] = field(default_factory=dict)

    @property
    def kept(self) -> MSNet:
        """What is tested and kept: the averaged weights where there are any."""
        return cast(MSNet, self.average.module) if self.average else self.model

    def count(self, clips: int, loss: float, right: int) -> None:
        self.step, self.clips, self.loss, self.right = self.step + 1, self.clips + clips, self.loss + loss, self.right + right

    def close_epoch(self, record: dict) -> None:
        self.records.append(record)
        self.step, self.clips, self.loss, self.right, self.seconds = 0, 0, 0.0, 0, 0.0

    def parts(self) -> dict[str, Any]:
        """What has a state dict of its own."""
        parts = {name: getattr(self, name) for name in ("model", "optimiser", "schedule", "scaler", "average")}
        return {name: part for name, part in parts.items() if part is not None}


STATE = "state.pt"  # in the run's folder
COUNTERS = ("records", "step", "clips", "loss", "right", "seconds", "skipped")


def save_state(config: Any, state: TrainState, group: Group) -> None:
    """Write the state into the run's folder, whole or not at all; without a folder do nothing. Called by all processes."""
    if not config.output:
        return
    generators = group.gather(generator_state(group.device))
    if not group.first:
        return
    config.output.mkdir(parents=True, exist_ok=True)
    content = {name: part.state_dict() for name, part in state.parts().items()} | {name: getattr(state, name) for name in COUNTERS}
    file = io.BytesIO()
    torch.save(content | {"config": identity(config), "generators": generators}, file)
    write_atomically(config.output / STATE, file.getvalue())


def load_state(config: Any, state: TrainState, group: Group) -> None:
    """Go on from the run's folder if it holds a state.

    Raises ValueError when that state is of another config, naming what differs.
    """
    if not config.output or not (config.output / STATE).exists():
        return
    content = torch.load(config.output / STATE, map_location="cpu", weights_only=True)
    then, now = json.loads(content["config"]), json.loads(identity(config))
    if changes := [f"{name} {then.get(name)} -> {now[name]}" for name in now if then.get(name) != now[name]]:
        raise ValueError(f"{config.output} holds a run of another config ({'; '.join(changes)}); choose another output folder")
    for name, part in state.parts().items():
        part.load_state_dict(content[name])
    for name in COUNTERS:
        setattr(state, name, content[name])
    if len(content["generators"]) == group.size:  # with another number of processes dropout differs, and nothing else
        generators = content["generators"][group.rank]
        torch.set_rng_state(generators["cpu"])
        if group.device.type == "cuda" and "cuda" in generators:
            torch.cuda.set_rng_state(generators["cuda"], group.device)


def generator_state(device: torch.device) -> dict[str, Tensor]:
    """Of what draws dropout on this device."""
    return {"cpu": torch.get_rng_state()} | ({"cuda": torch.cuda.get_rng_state(device)} if device.type == "cuda" else {})


def identity(config: Any) -> str:
    """What makes a run this run: every field but where it is written and how it is watched and fed."""
    return json.dumps({name: repr(value) for name, value in vars(config).items() if name not in WATCHING})
