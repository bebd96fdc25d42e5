"""What a training run leaves behind beside its checkpoint: one small file that appears whole, when all is done, or not at all."""

import json
import platform
from collections.abc import Sequence
from itertools import pairwise
from math import inf
from pathlib import Path
from typing import Any

import numpy as np
import torch

from workbench.lab.config import TrainConfig
from workbench.lab.cost import count_parameters
from workbench.lab.evaluation import Evaluation
from workbench.lab.group import choose_device
from workbench.lab.train import Record
from workbench.model.checkpoint import without_infinities, write_atomically
from workbench.model.msnet import MSNet

OUTCOME = "outcome.json"
PARTS = 4  # of the ranges of speed and of camouflage


def write_outcome(config: TrainConfig, records: Sequence[Record], quality: Evaluation, model: MSNet) -> dict[str, Any]:
    """Write the metrics of a finished run into its folder and return them.

    Fractions for accuracy, pixels for errors, seconds of training. Without an output folder nothing is written.
    """
    metrics = {
        **{name: value for name, value in quality.summary().items() if name != "clips"},
        "validation_accuracy": records[-1].validation_accuracy,
        "training_loss": records[-1].loss,
        "training_clips": config.clips * config.epochs,
        "training_seconds": sum(record.seconds for record in records),
        "parameters": count_parameters(model),
        **accuracy_by(quality, "speed", config.speed, " px"),
        **accuracy_by(quality, "camouflage", config.camouflage, ""),
    }
    outcome = {"metrics": metrics, "machine": machine(config.device)}
    if config.output:
        write_atomically(config.output / OUTCOME, json.dumps(without_infinities(outcome), allow_nan=False).encode())
    return metrics


def read_outcome(folder: Path) -> dict[str, Any] | None:
    """What a run left in its folder; None where it has not finished."""
    path = folder / OUTCOME
    if not path.exists():
        return None
    outcome = json.loads(path.read_text(encoding="utf-8"))
    return {**outcome, "metrics": {name: float(value) for name, value in outcome["metrics"].items()}}


def accuracy_by(quality: Evaluation, what: str, bounds: tuple[float, float], unit: str) -> dict[str, float]:
    """Accuracy in each quarter of a range, for clips that move; slower and faster ones count to the ends."""
    if bounds[0] == bounds[1]:
        return {}
    moving = quality.select(quality.speed > 0)
    edges = np.linspace(*bounds, PARTS + 1).tolist()
    values = getattr(moving, what)
    shares = {}
    for start, end in pairwise(edges):
        low, high = (-inf if start == edges[0] else start), (inf if end == edges[-1] else end)
        part = moving.select((values >= low) & (values < high))
        shares[f"accuracy, {what} {start:g} to {end:g}{unit}"] = part.accuracy if part.clips else float("nan")
    return shares


def machine(device: str) -> str:
    """The processor that a run used, its threads, and torch's version."""
    kind = choose_device(device)
    name = torch.cuda.get_device_name(kind) if kind.type == "cuda" else f"{torch.get_num_threads()} threads of {platform.machine()}"
    return f"{name}, torch {torch.__version__.split('+')[0]}"
