"""Training on a data set by a recipe, as the authors train: `fit` yields a record an epoch."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import nan
from typing import Any

import numpy as np
import torch
from torch import Tensor

from workbench.bench.config import FitConfig
from workbench.bench.descent import make_optimiser, rate_factor
from workbench.bench.loading import Readable, collate
from workbench.bench.scores import Scores, join_scores
from workbench.bench.splits import Splits, examine, usable_splits
from workbench.bench.testing import test_set
from workbench.data.augment import normalise
from workbench.data.clips import VideoClips
from workbench.data.datasets import DatasetError
from workbench.data.mix import Mixed, mix
from workbench.data.video import VideoError
from workbench.lab.batch import Batch
from workbench.lab.group import Group
from workbench.lab.loop import run
from workbench.lab.outcome import machine
from workbench.lab.plan import Plan, shuffled_batches
from workbench.lab.state import TrainState
from workbench.model.checkpoint import Preprocessing, save_checkpoint, write_atomically
from workbench.model.imagenet import initial_weights
from workbench.model.msnet import ModelConfig, MSNet, Prediction, initialise
from workbench.model.shelf import TRAINED
from workbench.model.weights import Loaded

SKIPPED = "skipped.json"  # in the run's folder: videos that it went without, with the reason
TOLD = ("fold", "batch_size", "accumulate", "learning_rate", "flip", "mix", "precision", "ema", "sync_bn", "seed")  # by a checkpoint


@dataclass(frozen=True)
class FitRecord:
    """One epoch: training loss and accuracy as they ran (of mixed clips the label that is seen most counts); top-1 and top-5 on
    all `validation_clips`, with the 95 % interval of top-1, nan in epochs without a test; videos skipped so far."""

    epoch: int
    loss: float
    accuracy: float
    validation_accuracy: float
    low: float
    high: float
    top5: float
    validation_clips: int
    skipped: int
    learning_rate: float
    seconds: float
    clips_per_second: float


def fit(config: FitConfig) -> Iterator[FitRecord]:
    """Train by a recipe, yielding a record after each epoch, in each of the processes that torchrun started. With an output
    folder that holds a state, go on from there.

    Raises DatasetError for a data set that is broken or not there, VideoError for a video that cannot be read unless bad ones
    are to be skipped, WeightsError and OSError for weights to start from that are not there.
    """
    return run(VideoPlan(config))


class VideoPlan(Plan):
    """SGD in steps on clips of videos, tested on the whole validation split."""

    config: FitConfig
    splits: Splits
    start: Loaded
    train: VideoClips
    steps: int  # an epoch

    def __init__(self, config: FitConfig):
        super().__init__(config.resolved())
        self.ema, self.sync_bn, self.clip_norm = config.ema, config.sync_bn, config.of.schedule.clip_norm

    def prepare(self, group: Group) -> None:
        """The first process examines the data set, and fetches weights, before the others need them."""
        diagnosis = group.gather(examine(self.config) if group.first else None)[0]
        self.splits = usable_splits(self.config, diagnosis)
        model = replace(self.config.of.model, num_classes=len(self.splits.train.labels))
        if group.first:
            self.start = start_from(self.config.init, model)
        group.gather(None)  # the others wait
        if not group.first:
            self.start = start_from(self.config.init, model)
        if self.start.labels not in (None, self.splits.train.labels):
            initialise(self.start.model.fc)  # of as many classes, but others
        self.train = VideoClips(self.splits.train, self.config.crops, model.num_frames, self.config.seed, passes=self.config.epochs)
        self.steps = len(group.share(self.batches(0)))
        if len(set(group.gather(self.splits.digest))) > 1:
            raise DatasetError(f"the machines hold different videos in {self.config.data.name}; copy the data set again")

    @property
    def preprocessing(self) -> Preprocessing:
        view, pixels = self.config.protocol, self.start.preprocessing
        return Preprocessing(view.size, pixels.mean, pixels.std, view.sampling, None, view.resize, view.stride)

    def network(self) -> MSNet:
        return self.start.model

    def optimiser(self, model: MSNet) -> torch.optim.Optimizer:
        return make_optimiser(model, self.config.of.schedule, self.config.learning_rate)

    def schedule(self, optimiser: torch.optim.Optimizer) -> torch.optim.lr_scheduler.LRScheduler:
        return torch.optim.lr_scheduler.LambdaLR(
            optimiser, lambda step: rate_factor(self.config.of.schedule, self.config.epochs, step / self.steps)
        )

    def clips(self) -> Sequence:
        return Readable(self.train)

    def collate(self, model: MSNet) -> Callable[[list], Batch]:
        return collate

    def batches(self, epoch: int) -> list[list[int]]:
        count = len(self.splits.train)
        return shuffled_batches(self.config.seed, epoch, count, self.config.batch_size, epoch * count)

    def lose(self, names: dict[str, str]) -> None:
        if names and not self.config.skip_bad:
            name, reason = next(iter(names.items()))
            raise VideoError(f"{reason} In {self.config.data.name} it is {name!r}; `skip_bad` leaves such videos out and counts them.")

    def predict(self, network: Callable[[Tensor], Prediction], model: MSNet, part: Batch) -> tuple[Tensor, Tensor, int]:
        clip = normalise(part.frames, self.preprocessing.mean, self.preprocessing.std)
        mixed = Mixed(clip, part.labels, part.labels, 1.0)
        if self.config.mix != "none":
            # Drawn by torch's generator, which a resumed run gets back.
            rng = np.random.default_rng(int(torch.randint(2**62, ())))
            mixed = mix(clip, part.labels, self.config.mix, self.config.mix_alpha, rng)
        logits = network(mixed.clip).logits.float()
        loss, seen_most = mixed.loss(logits), mixed.labels if mixed.share >= 0.5 else mixed.partners
        return loss, loss, int((logits.argmax(dim=1) == seen_most).sum())

    def record(self, state: TrainState, group: Group) -> FitRecord:
        epoch, config = len(state.records) + 1, self.config
        state.skipped |= self.splits.skipped
        tested = nan, nan, nan, nan, 0
        if epoch % config.validate_every == 0 or epoch == config.epochs:
            scores = self.test(state.kept, group)
            state.skipped |= {f"{self.splits.validation.split}: {name}": reason for name, reason in scores.skipped.items()}
            tested = figures(scores)
        return FitRecord(
            epoch,
            state.loss / max(state.clips, 1),
            state.right / max(state.clips, 1),
            *tested,
            len(state.skipped),
            config.learning_rate * rate_factor(config.of.schedule, config.epochs, epoch - 1 / self.steps),  # of its last step
            state.seconds,
            state.clips / state.seconds,
        )

    def test(self, model: MSNet, group: Group) -> Scores:
        """Every video of the validation split, each asked about by one of the processes."""
        loaded = Loaded(model, self.start.report, self.splits.validation.labels, self.preprocessing)
        part = test_set(
            loaded, self.splits.validation, self.config.protocol, workers=self.config.workers, rank=group.rank, size=group.size,
            skip_bad=self.config.skip_bad, progress=self.config.progress,
        )  # fmt: skip
        return join_scores(group.gather(part))

    def restored(self, record: dict[str, Any]) -> FitRecord:
        return FitRecord(**record)

    def keep(self, record: FitRecord, state: TrainState) -> None:
        """After each epoch the network as it is then, and the names of what was skipped."""
        if not self.config.output:
            return
        self.config.output.mkdir(parents=True, exist_ok=True)
        write_atomically(self.config.output / SKIPPED, json.dumps(state.skipped, ensure_ascii=False, indent=1).encode())
        labels = self.splits.train.labels
        save_checkpoint(self.config.output / TRAINED, state.kept, labels, self.preprocessing, self.provenance(record))

    def provenance(self, record: FitRecord) -> dict[str, Any]:
        config = self.config
        return {
            "recipe": config.recipe,
            **{name: getattr(config, name) for name in TOLD},
            "data": f"{config.layout}, {len(self.splits.train):,} training and {len(self.splits.validation):,} validation videos",
            "init": str(self.start.report),
            "epochs": record.epoch,
            "of_epochs": config.epochs,
            "validation": {name: getattr(record, name) for name in ("validation_accuracy", "low", "high", "top5", "validation_clips")},
            "protocol": f"1 clip, centre crop of {config.protocol.size} pixels",
            "skipped": record.skipped,
            "machine": machine(config.device),
        }


def start_from(init: str, model: ModelConfig) -> Loaded:
    try:
        return initial_weights(init, model)
    except FileNotFoundError as error:
        raise FileNotFoundError(f"{error}; say with `init` which file or run to start from") from error


def figures(scores: Scores) -> tuple[float, float, float, float, int]:
    """Top-1 with its interval, top-5 (nan of fewer classes), and of how many videos."""
    top1 = scores.top(1)
    return top1.accuracy, *top1.interval, scores.top(5).accuracy if len(scores.labels) > 5 else nan, len(scores)
