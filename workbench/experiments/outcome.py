"""What a run of a study leaves: its metrics as an outcome, and its records mirrored to trackio."""

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from math import inf
from pathlib import Path
from typing import Any

import numpy as np

from workbench.evaluation.cost import count_parameters
from workbench.evaluation.metrics import Evaluation
from workbench.experiments.job import OUTCOME
from workbench.model.checkpoint import without_infinities
from workbench.model.msnet import MSNet
from workbench.parameters import parameters_of
from workbench.paths import write_atomically
from workbench.training.alphabet import TrainRecord
from workbench.training.config import TrainConfig
from workbench.training.distributed import machine

OUTCOME_PARTS = 4  # of the ranges of speed and of camouflage


def write_outcome(config: TrainConfig, records: Sequence[TrainRecord], quality: Evaluation, model: MSNet) -> dict[str, Any]:
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


def accuracy_by(quality: Evaluation, what: str, bounds: tuple[float, float], unit: str) -> dict[str, float]:
    """Accuracy in each quarter of a range, for clips that move; slower and faster ones count to the ends."""
    if bounds[0] == bounds[1]:
        return {}
    moving = quality.select(quality.speed > 0)
    edges = np.linspace(*bounds, OUTCOME_PARTS + 1).tolist()
    values = getattr(moving, what)
    shares = {}
    for start, end in pairwise(edges):
        low, high = (-inf if start == edges[0] else start), (inf if end == edges[-1] else end)
        part = moving.select((values >= low) & (values < high))
        shares[f"accuracy, {what} {start:g} to {end:g}{unit}"] = part.accuracy if part.clips else float("nan")
    return shares


def track_run(records: Iterable[TrainRecord], config: TrainConfig) -> Iterator[TrainRecord]:
    """The same records; where the config says `track`, each is also logged to trackio under the name of its output folder.

    Its database lies in TRACKIO_DIR, by default beside the run's folder; `trackio show` opens the dashboard.
    Raises ImportError without the extra `track`.
    """
    if not config.track:
        yield from records
        return
    folder = config.output or Path("runs/untitled")
    os.environ.setdefault("TRACKIO_DIR", str((folder.parent / "trackio").resolve()))  # read when trackio is imported
    try:
        import trackio
    except ImportError as error:
        raise ImportError("track=True needs the extra `track`: pip install -c constraints.txt -e '.[track]'") from error
    name, parameters = f"{folder.name}-{config.seed}", parameters_of(config)
    run = trackio.init(project="motionsqueeze", name=name, config=parameters, resume="allow", embed=False)
    try:
        for record in records:
            run.log({name: value for name, value in vars(record).items() if value == value}, step=record.epoch)  # nan is no point
            yield record
    finally:
        run.finish()
