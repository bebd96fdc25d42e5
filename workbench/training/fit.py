"""`fit`: training on a data set by a recipe, with SGD and its learning-rate schedule as the authors; yields a record an epoch."""

import json
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import nan
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from workbench.data.clips import MixedBatch, VideoClips, mix
from workbench.data.layouts.base import DatasetError
from workbench.evaluation.scores import Scores, join_scores
from workbench.evaluation.videos import evaluate_videos
from workbench.model.checkpoint import Preprocessing, save_checkpoint
from workbench.model.load import TRAINED, Loaded
from workbench.model.msnet import ModelConfig, MSNet, Prediction, initialise
from workbench.model.pretrained import initial_weights
from workbench.paths import write_atomically
from workbench.training.distributed import Group, machine
from workbench.training.fit_config import FitConfig, FitRun
from workbench.training.fit_data import Readable, VideoSplits, check_splits, collate, usable_splits
from workbench.training.loop import LabelledBatch, TrainingTask, run_training, shuffled_batches
from workbench.training.recipes import Schedule
from workbench.training.state import TrainState
from workbench.video.read import VideoError
from workbench.video.transforms import normalise


def decay_groups(model: MSNet, learning_rate: float, weight_decay: float) -> list[dict]:
    """As the authors train: no weight decay on BatchNorm and biases, and biases of other layers learn twice as fast."""
    normalising = {id(p) for module in model.modules() if isinstance(module, nn.modules.batchnorm._BatchNorm) for p in module.parameters()}
    groups = {name: [] for name in ("weights", "biases", "normalisation")}
    for parameter in model.parameters():
        kind = "normalisation" if id(parameter) in normalising else "biases" if parameter.ndim == 1 else "weights"
        groups[kind].append(parameter)
    return [
        {"params": groups["weights"], "lr": learning_rate, "weight_decay": weight_decay},
        {"params": groups["biases"], "lr": 2 * learning_rate, "weight_decay": 0.0},
        {"params": groups["normalisation"], "lr": learning_rate, "weight_decay": 0.0},
    ]


def rate_factor(schedule: Schedule, epochs: int, epoch: float) -> float:
    """Of the learning rate at a moment counted in epochs: a fall at each milestone. With another number of epochs than the
    schedule's the milestones keep their share of the whole."""
    milestones = [epochs * milestone / schedule.epochs for milestone in schedule.milestones]
    return schedule.decay ** bisect_right(milestones, epoch)


SKIPPED = "skipped.json"  # in the run's folder: videos that it went without, with the reason
RUN_FACTS = ("fold", "batch_size", "accumulate", "learning_rate", "flip", "mix", "precision", "ema", "sync_bn", "seed")  # by a checkpoint


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
    return run_training(VideoTraining(config))


class VideoTraining(TrainingTask[LabelledBatch]):
    """SGD in steps on clips of videos, tested on the whole validation split."""

    config: FitRun
    record_type = FitRecord
    splits: VideoSplits
    start: Loaded
    train: VideoClips
    steps: int  # an epoch

    def __init__(self, config: FitConfig):
        super().__init__(config.run())
        self.ema, self.sync_bn, self.clip_norm = config.ema, config.sync_bn, config.of.schedule.clip_norm

    def prepare(self, group: Group) -> None:
        """The first process examines the data set, and fetches weights, before the others need them."""
        diagnosis = group.gather(check_splits(self.config) if group.first else None)[0]
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
        clips, pixels = self.config.of.clips, self.start.preprocessing
        return Preprocessing(clips.size, pixels.mean, pixels.std, clips.sampling, clips.resize)

    def network(self) -> MSNet:
        return self.start.model

    def optimiser(self, model: MSNet) -> torch.optim.Optimizer:
        schedule = self.config.of.schedule
        groups = decay_groups(model, self.config.learning_rate, schedule.weight_decay)
        return torch.optim.SGD(groups, momentum=schedule.momentum, nesterov=schedule.nesterov)

    def schedule(self, optimiser: torch.optim.Optimizer) -> torch.optim.lr_scheduler.LRScheduler:
        schedule, epochs = self.config.of.schedule, self.config.epochs
        return torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: rate_factor(schedule, epochs, step / self.steps))

    def clips(self) -> Sequence:
        return Readable(self.train)

    def collate(self, model: MSNet) -> Callable[[list], LabelledBatch]:
        return collate

    def batches(self, epoch: int) -> list[list[int]]:
        count = len(self.splits.train)
        return shuffled_batches(self.config.seed, epoch, count, self.config.batch_size, epoch * count)

    def names_of(self, clips: Sequence[int]) -> list[str]:
        return [self.train.video_of(clip).name for clip in clips]

    def on_unreadable(self, videos: dict[str, str]) -> None:
        if videos and not self.config.skip_bad:
            name, reason = next(iter(videos.items()))
            raise VideoError(f"{reason} In {self.config.data.name} it is {name!r}; `skip_bad` leaves such videos out and counts them.")

    def predict(self, network: Callable[[Tensor], Prediction], model: MSNet, part: LabelledBatch) -> tuple[Tensor, Tensor, int]:
        clip = normalise(part.frames, self.preprocessing.mean, self.preprocessing.std)
        mixed = MixedBatch(clip, part.labels, part.labels, 1.0)
        if self.config.mix != "none":
            # Drawn by torch's generator, which a resumed run gets back.
            rng = np.random.default_rng(int(torch.randint(2**62, ())))
            mixed = mix(clip, part.labels, self.config.mix, self.config.mix_alpha, rng)
        logits = network(mixed.clip).logits.float()
        loss, labels = mixed.loss(logits), mixed.labels if mixed.share >= 0.5 else mixed.partners
        return loss, loss, int((logits.argmax(dim=1) == labels).sum())

    def record(self, state: TrainState, group: Group) -> FitRecord:
        epoch, config = len(state.records) + 1, self.config
        state.skipped |= self.splits.skipped
        accuracies = nan, nan, nan, nan, 0
        if epoch % config.validate_every == 0 or epoch == config.epochs:
            scores = self.test(state.kept, group)
            state.skipped |= {f"{self.splits.validation.split}: {name}": reason for name, reason in scores.skipped.items()}
            accuracies = measure_accuracies(scores)
        return FitRecord(
            epoch,
            state.loss / max(state.clips, 1),
            state.right / max(state.clips, 1),
            *accuracies,
            len(state.skipped),
            config.learning_rate * rate_factor(config.of.schedule, config.epochs, epoch - 1 / self.steps),  # of its last step
            state.seconds,
            state.clips / state.seconds,
        )

    def test(self, model: MSNet, group: Group) -> Scores:
        """Every video of the validation split, each asked about by one of the processes."""
        loaded = Loaded(model, self.start.report, self.splits.validation.labels, self.preprocessing)
        part = evaluate_videos(
            loaded, self.splits.validation, self.config.protocol, workers=self.config.workers, rank=group.rank, size=group.size,
            skip_bad=self.config.skip_bad, progress=self.config.progress,
        )  # fmt: skip
        return join_scores(group.gather(part))

    def save(self, record: FitRecord, state: TrainState) -> None:
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
            **{name: getattr(config, name) for name in RUN_FACTS},
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


def measure_accuracies(scores: Scores) -> tuple[float, float, float, float, int]:
    """Top-1 with its interval, top-5 (nan of fewer classes), and of how many videos."""
    top1 = scores.top(1)
    return top1.accuracy, *top1.interval, scores.top(5).accuracy if len(scores.labels) > 5 else nan, len(scores)
