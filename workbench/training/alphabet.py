"""`train`: training on the motion alphabet or moving crops, with AdamW and a one-cycle learning rate; yields a record an epoch."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from math import ceil

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor, nn

from workbench.data.alphabet.dataset import AlphabetClip
from workbench.evaluation.clips import evaluate, truth_on_grid
from workbench.model.backbone import STAGES
from workbench.model.checkpoint import save_checkpoint
from workbench.model.load import TRAINED, load_weights
from workbench.model.msnet import MSNet, Prediction, motion_modules
from workbench.model.pretrained import initial_weights
from workbench.training.config import TrainConfig
from workbench.training.distributed import Group
from workbench.training.loop import LabelledBatch, TrainingTask, run_training, shuffled_batches
from workbench.training.state import TrainState
from workbench.video.transforms import normalise


@dataclass(frozen=True)
class BatchWithTruth(LabelledBatch):
    """truth: the displacement `b p 2 gh gw` in pixels on the grid of the features; visible, `b p gh gw`: which cells stay so."""

    truth: Float[Tensor, "b p 2 gh gw"] = field(kw_only=True)
    visible: Bool[Tensor, "b p gh gw"] = field(kw_only=True)


@dataclass(frozen=True)
class Collate:
    """Clips -> Batch, in the process that made them. grid: rows and columns of the features; None leaves the truth out."""

    grid: tuple[int, int] | None

    def __call__(self, clips: list[AlphabetClip]) -> LabelledBatch:
        frames = torch.from_numpy(np.stack([clip.frames for clip in clips]))
        labels = torch.tensor([clip.label for clip in clips])
        if self.grid is None:
            return LabelledBatch(frames, labels)
        truths = [truth_on_grid(torch.from_numpy(clip.displacement), torch.from_numpy(clip.visible), self.grid) for clip in clips]
        truth, visible = (torch.stack(values) for values in zip(*truths, strict=True))
        return BatchWithTruth(frames, labels, truth=truth, visible=visible)


@dataclass(frozen=True)
class TrainRecord:
    """One epoch: training loss and accuracy as they ran, validation accuracy, errors of the learned displacement in pixels."""

    epoch: int
    loss: float
    accuracy: float
    validation_accuracy: float
    endpoint_error: float
    moving_error: float
    seconds: float
    clips_per_second: float


def train(config: TrainConfig) -> Iterator[TrainRecord]:
    """Train, yielding a record after each epoch. With an output folder that holds a state, go on from there to the bit
    (on a CPU); the records of epochs done before come first."""
    return run_training(AlphabetTraining(config))


class AlphabetTraining(TrainingTask[LabelledBatch]):
    """AdamW in one cycle, the name of the motion as the loss, and its displacement where it is taught."""

    config: TrainConfig
    record_type = TrainRecord

    def __init__(self, config: TrainConfig):
        super().__init__(config)
        self.validation = config.dataset("validation")

    def network(self) -> MSNet:
        model = initial_weights(self.config.init, self.config.model).model
        if self.config.matching_from:
            known, pixels = load_weights(self.config.matching_from), self.config.preprocessing
            if (known.preprocessing.mean, known.preprocessing.std) != (pixels.mean, pixels.std):
                raise ValueError(
                    f"matching_from learned from pixels of another mean or std; give the init that it had, not {self.config.init!r}"
                )
            take_matching(model, known.model)
        return model

    def optimiser(self, model: MSNet) -> torch.optim.Optimizer:
        return torch.optim.AdamW(parameter_groups(model, self.config.weight_decay), lr=self.config.learning_rate)

    def schedule(self, optimiser: torch.optim.Optimizer) -> torch.optim.lr_scheduler.LRScheduler:
        steps = ceil(self.config.clips / self.config.batch_size)
        total = max(self.config.epochs * steps, 10)  # a cycle needs some steps to rise and fall
        return torch.optim.lr_scheduler.OneCycleLR(optimiser, self.config.learning_rate, total_steps=total, pct_start=0.2)

    def clips(self) -> Sequence:
        return self.config.dataset("train")

    def collate(self, model: MSNet) -> Callable[[list], LabelledBatch]:
        if not self.config.displacement_weight:
            return Collate(None)
        cells = self.config.size // model.backbone.strides[model.config.motion_after[0]]
        return Collate((cells, cells))

    def batches(self, epoch: int) -> list[list[int]]:
        first = epoch * self.config.clips if self.config.fresh else 0
        return shuffled_batches(self.config.seed, epoch, self.config.clips, self.config.batch_size, first)

    def predict(self, network: Callable[[Tensor], Prediction], model: MSNet, part: LabelledBatch) -> tuple[Tensor, Tensor, int]:
        pixels = self.config.preprocessing
        if self.config.matching_from:
            for module in matching_parts(model):
                module.eval()  # BatchNorm, too, stays as it is
        prediction = network(normalise(part.frames, pixels.mean, pixels.std))
        loss = named = F.cross_entropy(prediction.logits.float(), part.labels, reduction="sum")
        if isinstance(part, BatchWithTruth):
            loss = named + self.config.displacement_weight * displacement_loss(model, prediction, part)
        return loss, named, int((prediction.logits.argmax(dim=1) == part.labels).sum())

    def record(self, state: TrainState, group: Group) -> TrainRecord:
        quality = evaluate(state.kept, self.validation, self.config.preprocessing)
        return TrainRecord(
            epoch=len(state.records) + 1,
            loss=state.loss / state.clips,
            accuracy=state.right / state.clips,
            validation_accuracy=quality.accuracy,
            endpoint_error=quality.endpoint_error,
            moving_error=quality.moving_error,
            seconds=state.seconds,
            clips_per_second=state.clips / state.seconds,
        )

    def save(self, record: TrainRecord, state: TrainState) -> None:
        """After the last epoch leave the trained network in the run's folder, to be used by `load_weights` alone."""
        config = self.config
        if config.output and record.epoch == config.epochs:
            config.output.mkdir(parents=True, exist_ok=True)
            provenance = {"config": repr(config), "seed": config.seed, "epochs": config.epochs, "clips": config.clips * config.epochs}
            save_checkpoint(config.output / TRAINED, state.kept, config.labels, config.preprocessing, provenance)


def displacement_loss(model: MSNet, prediction: Prediction, batch: BatchWithTruth) -> Tensor:
    """The endpoint error of the first motion module in cells, averaged over the visible cells of each clip, summed over clips."""
    stage, motion = next(iter(prediction.motions.items()))
    learned, truth = motion.in_cells(motion_modules(model)[stage].config), batch.truth / model.backbone.strides[stage]
    error = (learned - truth).square().sum(dim=2).add(1e-4).sqrt()
    visible = batch.visible.sum(dim=(1, 2, 3)).clamp(min=1)
    return ((error * batch.visible).sum(dim=(1, 2, 3)) / visible).sum()


def matching_parts(model: MSNet) -> list[nn.Module]:
    """What leads from the frames to the correlation of the first motion module."""
    stage, module = next(iter(motion_modules(model).items()))
    before = [part for name in STAGES[: STAGES.index(stage) + 1] for part in model.backbone.stage_modules(name)]
    return [*before, module.reduce]


def take_matching(model: MSNet, source: MSNet) -> None:
    """Give a network the weights of a source from stem to motion module, to be kept.

    Raises ValueError where the two do not match alike: another backbone, shift before the module, or config of the module.
    """
    for name in ("backbone", "motion", "motion_after", "shift_div", "shift_stages", "shift_every"):
        wanted, has = getattr(model.config, name), getattr(source.config, name)
        if wanted != has:
            raise ValueError(f"matching_from must be of the same {name}, {wanted!r}, got {has!r}")
    for part, known in zip(matching_parts(model), matching_parts(source), strict=True):
        part.load_state_dict(known.state_dict())
        part.requires_grad_(False)


def parameter_groups(model: MSNet, weight_decay: float) -> list[dict]:
    """No weight decay on BatchNorm and biases, as the authors train."""
    learning = [p for p in model.parameters() if p.requires_grad]
    decayed = [p for p in learning if p.ndim > 1]
    free = [p for p in learning if p.ndim <= 1]
    return [{"params": decayed, "weight_decay": weight_decay}, {"params": free, "weight_decay": 0.0}]
