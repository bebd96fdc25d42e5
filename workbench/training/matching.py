"""`train_matching`: stem to motion module learn where each cell went, from scenes whose true displacement is known; no names.

What the paper takes from ImageNet, features that can be matched, a network from random weights must learn; naming motions alone does not
teach it (LOG.md). The names are learned afterwards, from these weights.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import ceil
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import torch.nn.functional as F
from einops import einsum, rearrange, reduce
from jaxtyping import Bool, Float
from torch import Tensor

from workbench.data.alphabet.clip import RenderedClip
from workbench.data.alphabet.dataset import Split
from workbench.data.alphabet.scenes import MovingScenes
from workbench.model.checkpoint import Preprocessing, save_checkpoint
from workbench.model.correlation import average_neighbours, local_correlation
from workbench.model.inference import eval_mode, features_after
from workbench.model.load import TRAINED
from workbench.model.motion import Motion, MotionConfig
from workbench.model.msnet import ModelConfig, MSNet, motion_modules
from workbench.model.pretrained import initial_weights
from workbench.parameters import Range, check_ranges
from workbench.paths import in_project
from workbench.training.alphabet import parameter_groups
from workbench.training.config import SMALL, Precision, Start, start_pixels
from workbench.training.distributed import Group
from workbench.training.loop import Batch, TrainingTask, run_training, shuffled_batches
from workbench.training.state import TrainState
from workbench.video.sampling import Sampling
from workbench.video.transforms import normalise

TEMPERATURE = 0.05  # divides the correlation in the cross-entropy: from -1 to 1 it can then tell one offset of 81 from all others
AVERAGED, ERROR, HIDDEN = 0.5, 0.5, 0.1  # weights of the losses beside the cross-entropy of single cells, LOG.md has the trials
HIDDEN_PEAK = 0.5  # a cell that is not to be seen in the next frame should correlate with nothing there more than this


@dataclass(frozen=True)
class MatchingConfig:
    """A run as a value: the same config and seed give the same network on the same machine.

    model: the network; it learns as far as its first motion module. epochs, clips: so many times so many scenes, all new. size, num_frames:
    of a scene; the fastest moves as far as the window reaches. init, batch_size, accumulate, learning_rate, weight_decay, seed, device,
    precision, workers, output, save_every, progress: as in `TrainConfig`. validation_clips: scenes after each epoch.

    Raises ValueError for values out of range, and for a network without motion.
    """

    model: ModelConfig = SMALL
    init: Start = "none"
    epochs: Annotated[int, Range(1)] = 16
    clips: Annotated[int, Range(1)] = 4096
    size: Annotated[int, Range(16, unit="pixels")] = 96
    num_frames: Annotated[int, Range(2)] = 3
    batch_size: Annotated[int, Range(1)] = 16
    accumulate: Annotated[int, Range(1)] = 1
    learning_rate: Annotated[float, Range(above=0)] = 3e-3
    weight_decay: Annotated[float, Range(0)] = 0.02
    validation_clips: Annotated[int, Range(1)] = 200
    seed: int = 0
    device: str = "auto"
    precision: Precision = "auto"
    workers: Annotated[int, Range(0)] = 1
    output: Path | None = None
    save_every: float = 60.0
    progress: bool = True

    def __post_init__(self):
        if self.output is not None:
            object.__setattr__(self, "output", in_project(self.output))
        check_ranges(self)
        start_pixels(self.init, self.model)  # its own complaint
        if not self.model.motion:
            raise ValueError("a network without motion (motion=None) matches nothing; give it a motion module")
        if self.size % 16:
            raise ValueError(f"size must be a multiple of 16 pixels, so that cells divide it, got {self.size}")

    @property
    def motion(self) -> MotionConfig:
        assert self.model.motion  # else the config is refused
        return self.model.motion

    @property
    def preprocessing(self) -> Preprocessing:
        return replace(start_pixels(self.init, self.model), size=self.size, sampling=Sampling("dense", seconds=1.0))

    def scenes(self, split: Split, stride: int) -> MovingScenes:
        """The scenes of a split; those to validate on are not disturbed."""
        reach = float(stride * self.motion.radius * self.motion.dilation)
        if split == "train":
            return MovingScenes("train", self.seed, self.size, self.num_frames, reach, length=self.clips * self.epochs)
        return MovingScenes("validation", self.seed, self.size, self.num_frames, reach, nuisance=0.0, length=self.validation_clips)


@dataclass(frozen=True)
class MatchingRecord:
    """One epoch: the loss as it ran; on validation scenes, in pixels, the endpoint error of the cells that stay visible and in reach, and
    what it would be if nothing moved; the share of them that is right within one cell."""

    epoch: int
    loss: float
    endpoint_error: float
    length: float
    within_a_cell: float
    seconds: float
    clips_per_second: float


@dataclass(frozen=True)
class SceneBatch(Batch):
    """On the grid of the features: truth `b p 2 gh gw` in cells; matched `b p gh gw`: the cells that are of one layer and stay visible;
    hidden `b p gh gw`: those of which nothing is to be seen in the next frame."""

    truth: Float[Tensor, "b p 2 gh gw"]
    matched: Bool[Tensor, "b p gh gw"]
    hidden: Bool[Tensor, "b p gh gw"]


@dataclass(frozen=True)
class CollateScenes:
    """Scenes -> SceneBatch, in the process that made them. stride: pixels of a cell."""

    stride: int

    def __call__(self, scenes: list[RenderedClip]) -> SceneBatch:
        frames = torch.from_numpy(np.stack([scene.frames for scene in scenes]))
        truth, visible, owners = (np.stack([getattr(scene, name) for scene in scenes]) for name in ("displacement", "visible", "owners"))
        cells = "b p (h i) (w j) -> b p h w"
        side = {"i": self.stride, "j": self.stride}
        owners = owners[:, :-1]
        whole = reduce(owners, cells, "max", **side) == reduce(owners, cells, "min", **side)
        return SceneBatch(
            frames,
            truth=torch.from_numpy(reduce(truth, "b p xy (h i) (w j) -> b p xy h w", "mean", **side) / self.stride),
            matched=torch.from_numpy(whole & reduce(visible, cells, np.all, **side)),
            hidden=torch.from_numpy(~reduce(visible, cells, np.any, **side)),
        )


def train_matching(config: MatchingConfig) -> Iterator[MatchingRecord]:
    """Train, yielding a record after each epoch. With an output folder that holds a state, go on from there, on a CPU to the bit; the
    records of epochs done before come first."""
    return run_training(MatchingTraining(config))


def matching_loss(
    correlation: Float[Tensor, "p h w dy dx"],
    truth: Float[Tensor, "p 2 h w"],
    cells: Bool[Tensor, "p h w"],
    temperature: float = TEMPERATURE,
) -> Float[Tensor, ""]:
    """Cross-entropy between softmax(correlation / temperature) over the offsets and the true one, mean over the cells asked for.

    truth: x, then y, in steps of the window. Between offsets it is shared by the four around it, bilinearly. 0 where no cell is asked for.
    """
    shares = rearrange(share_offsets(truth, correlation.shape[-1] // 2), "p h w dy dx -> p h w (dy dx)")
    scores = rearrange(correlation / temperature, "p h w dy dx -> p h w (dy dx)").log_softmax(dim=-1)
    return mean_over(-(shares * scores).sum(dim=-1), cells)


def share_offsets(truth: Float[Tensor, "p 2 h w"], radius: int) -> Float[Tensor, "p h w dy dx"]:
    """Which share each offset of the window has in a displacement of x, then y, steps; all together have 1, unless it lies outside."""
    steps = torch.arange(-radius, radius + 1, device=truth.device)
    near = (1 - (rearrange(truth, "p xy h w -> p xy h w 1") - steps).abs()).clamp(min=0)
    return einsum(near[:, 1], near[:, 0], "p h w dy, p h w dx -> p h w dy dx")


def mean_over(values: Float[Tensor, "p h w"], cells: Bool[Tensor, "p h w"]) -> Float[Tensor, ""]:
    return (values * cells).sum() / cells.sum().clamp(min=1)


class MatchingTraining(TrainingTask[SceneBatch]):
    """AdamW in one cycle; stages after the first motion module stay as they are."""

    config: MatchingConfig
    record_type = MatchingRecord

    def prepare(self, group: Group) -> None:
        """Raises ValueError for several processes: only a part of the network takes part, for which gradients are not exchanged."""
        if group.size > 1:
            raise ValueError(f"matching is learned in one process, not in {group.size}; start it without torchrun")

    def network(self) -> MSNet:
        model = initial_weights(self.config.init, self.config.model).model
        self.stage = next(iter(model.motion))
        self.stride = model.backbone.strides[self.stage]
        self.validation = self.config.scenes("validation", self.stride)
        return model

    def optimiser(self, model: MSNet) -> torch.optim.Optimizer:
        return torch.optim.AdamW(parameter_groups(model, self.config.weight_decay), lr=self.config.learning_rate)

    def schedule(self, optimiser: torch.optim.Optimizer) -> torch.optim.lr_scheduler.LRScheduler:
        total = max(self.config.epochs * ceil(self.config.clips / self.config.batch_size), 20)  # a cycle needs some steps to rise and fall
        return torch.optim.lr_scheduler.OneCycleLR(optimiser, self.config.learning_rate, total_steps=total, pct_start=0.1)

    def clips(self) -> Sequence:
        return self.config.scenes("train", self.stride)

    def collate(self, model: MSNet) -> Callable[[list], SceneBatch]:
        return CollateScenes(self.stride)

    def batches(self, epoch: int) -> list[list[int]]:
        return shuffled_batches(self.config.seed, epoch, self.config.clips, self.config.batch_size, epoch * self.config.clips)

    def predict(self, network: Callable, model: MSNet, part: SceneBatch) -> tuple[Tensor, Tensor, int]:
        single, motion = self.match(model, part)
        truth, matched, hidden = (rearrange(value, "b p ... -> (b p) ...") for value in (part.truth, part.matched, part.hidden))
        cells, steps = matched & self.in_reach(truth), truth / self.config.motion.dilation

        averaged, displacement = (
            rearrange(value, "b p ... -> (b p) ...") for value in (motion.correlation, motion.in_cells(self.config.motion))
        )
        error = (displacement - truth).square().sum(dim=1).add(1e-4).sqrt()
        peaks = reduce(single, "p h w dy dx -> p h w", "max")
        loss = (
            matching_loss(single, steps, cells)
            + AVERAGED * matching_loss(averaged, steps, cells)
            + ERROR * mean_over(error, cells)
            + HIDDEN * mean_over(F.relu(peaks - HIDDEN_PEAK), hidden)
        )
        return loss * len(part), loss * len(part), 0

    def match(self, model: MSNet, part: SceneBatch) -> tuple[Float[Tensor, "p h w dy dx"], Motion]:
        """The correlation of single cells, of all pairs of the batch; and the motion that the module makes of it, averaged or not."""
        module, motion, pixels = motion_modules(model)[self.stage], self.config.motion, self.config.preprocessing
        clip = normalise(part.frames, pixels.mean, pixels.std)
        reduced = module.reduce_features(features_after(model, clip, self.stage), clip.shape[1]).float()
        single = local_correlation(reduced[:, :-1], reduced[:, 1:], motion.radius, motion.dilation, motion.relu)
        averaged = average_neighbours(single, motion.kernel_size)
        return rearrange(single, "b p h w dy dx -> (b p) h w dy dx"), module.estimate(averaged)

    def in_reach(self, truth: Float[Tensor, "p 2 h w"]) -> Bool[Tensor, "p h w"]:
        """Whether the window holds a displacement in cells."""
        return reduce(truth.abs(), "p xy h w -> p h w", "max") <= self.config.motion.radius * self.config.motion.dilation

    def record(self, state: TrainState, group: Group) -> MatchingRecord:
        error, length = self.errors(state.kept, group.device)
        return MatchingRecord(
            epoch=len(state.records) + 1,
            loss=state.loss / state.clips,
            endpoint_error=float(error.mean()) * self.stride,
            length=float(length.mean()) * self.stride,
            within_a_cell=float((error <= 1).float().mean()),
            seconds=state.seconds,
            clips_per_second=state.clips / state.seconds,
        )

    @torch.inference_mode()
    def errors(self, model: MSNet, device: torch.device) -> Float[Tensor, "2 n"]:
        """On validation scenes, of the cells that stay visible and in reach: endpoint error and true length, in cells."""
        errors, scenes, collate = [], self.validation, CollateScenes(self.stride)
        with eval_mode(model):
            for start in range(0, len(scenes), self.config.batch_size):
                part = collate([scenes[i] for i in range(start, min(start + self.config.batch_size, len(scenes)))]).to(device)
                motion = self.match(model, part)[1].in_cells(self.config.motion)
                displacement, truth, matched = (rearrange(value, "b p ... -> (b p) ...") for value in (motion, part.truth, part.matched))
                cells = matched & self.in_reach(truth)
                errors.append(torch.stack([(displacement - truth).norm(dim=1)[cells], truth.norm(dim=1)[cells]]).cpu())
        return torch.cat(errors, dim=1)

    def save(self, record: MatchingRecord, state: TrainState) -> None:
        """After the last epoch leave the network in the run's folder, to begin from: what comes after the module is random still."""
        config = self.config
        if config.output and record.epoch == config.epochs:
            config.output.mkdir(parents=True, exist_ok=True)
            provenance = {"config": repr(config), "seed": config.seed, "epochs": config.epochs, "clips": config.clips * config.epochs}
            save_checkpoint(config.output / TRAINED, state.kept, None, config.preprocessing, provenance)
