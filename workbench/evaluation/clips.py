"""Evaluates a network on generated clips: accuracy, and the endpoint error of its displacement."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Protocol, runtime_checkable

import numpy as np
import torch
import torch.nn.functional as F
from einops import reduce
from jaxtyping import Bool, Float, UInt8
from torch import Tensor

from workbench.data.alphabet.clip import RenderedClip
from workbench.data.alphabet.dataset import AlphabetClip, MotionAlphabet, MovingCrops, clip_number, read_pictures
from workbench.data.alphabet.open_set import GENERATED, OPEN_LABELS, OpenSet
from workbench.evaluation.metrics import Evaluation
from workbench.model.checkpoint import Preprocessing
from workbench.model.inference import choose_device, eval_mode
from workbench.model.load import SHIPPED, Loaded, load_weights
from workbench.model.msnet import MSNet, Prediction
from workbench.parameters import Range, check_ranges
from workbench.paths import in_project
from workbench.video.transforms import normalise

MOVING = 0.5  # pixels: a cell moves where its true displacement is at least so long


@runtime_checkable
class LabelledClips(Protocol):
    """Clips in a fixed order with the names of their classes: MotionAlphabet, MovingCrops and what is like them."""

    labels: tuple[str, ...]

    def __len__(self) -> int: ...

    def __getitem__(self, index: int) -> AlphabetClip: ...


@torch.inference_mode()
def evaluate(model: MSNet, dataset: LabelledClips, preprocessing: Preprocessing, batch_size: int = 32) -> Evaluation:
    """Every clip of the dataset once, the model in eval mode on the device where it lies; its mode is put back after.

    Raises ValueError for a dataset without clips, or of more classes than the network has.
    """
    if not len(dataset):
        raise ValueError("there are no clips to evaluate")
    if len(dataset.labels) > model.config.num_classes:
        raise ValueError(f"the clips show {len(dataset.labels)} classes, the network names {model.config.num_classes}")
    batches = []
    with eval_mode(model):
        for start in range(0, len(dataset), batch_size):
            clips = [dataset[i] for i in range(start, min(start + batch_size, len(dataset)))]
            batches.append(evaluate_batch(model, clips, preprocessing))
    labels = tuple(dataset.labels)
    if labels == MotionAlphabet.labels and model.config.num_classes == len(OPEN_LABELS):
        labels = OPEN_LABELS  # it may answer that a clip shows none of them
    return Evaluation(labels, *(np.concatenate(values) for values in zip(*batches, strict=True)))


def evaluate_batch(model: MSNet, clips: Sequence[AlphabetClip], preprocessing: Preprocessing) -> list[np.ndarray]:
    """The fields of an Evaluation after its labels, for the clips of one batch."""
    frames = torch.from_numpy(np.stack([clip.frames for clip in clips])).to(model.fc.weight.device)
    prediction = model(normalise(frames, preprocessing.mean, preprocessing.std))
    logits, truth = prediction.logits.float().cpu(), torch.tensor([clip.label for clip in clips])

    probability, predicted = logits.softmax(dim=1).max(dim=1)
    loss = F.cross_entropy(logits, truth, reduction="none")
    speed, camouflage = (np.array([getattr(clip, name) for clip in clips], float) for name in ("speed", "camouflage"))

    answers = [values.numpy() for values in (truth, predicted, loss.double(), probability.double())]
    return [*answers, speed, camouflage, *displacement_columns(model, prediction, clips)]


def displacement_columns(model: MSNet, prediction: Prediction, clips: Sequence[AlphabetClip]) -> list[np.ndarray]:
    """error, cells, error_moving, length_moving, cells_moving of each clip, means in double precision."""
    errors = displacement_errors(model, prediction, clips)
    error, moving = [error for error, _ in errors], [error[length >= MOVING] for error, length in errors]
    lengths = [length[length >= MOVING] for _, length in errors]
    return [means(error), counts(error), means(moving), means(lengths), counts(moving)]


def means(parts: list[Tensor]) -> np.ndarray:
    return np.array([part.double().mean().item() for part in parts])


def counts(parts: list[Tensor]) -> np.ndarray:
    return np.array([len(part) for part in parts])


def displacement_errors(model: MSNet, prediction: Prediction, clips: Sequence[AlphabetClip]) -> list[tuple[Tensor, Tensor]]:
    """For each clip the error in pixels and the true length, at the cells whose pixels all stay visible; of none without motion."""
    learned = in_pixels(model, prediction)
    if learned is None:
        return [(torch.zeros(0), torch.zeros(0))] * len(clips)
    errors, (rows, columns) = [], learned.shape[-2:]
    for clip, displacement in zip(clips, learned, strict=True):
        truth, visible = truth_on_grid(torch.from_numpy(clip.displacement), torch.from_numpy(clip.visible), (rows, columns))
        errors.append(((displacement - truth).norm(dim=1)[visible], truth.norm(dim=1)[visible]))
    return errors


def in_pixels(model: MSNet, prediction: Prediction) -> Float[Tensor, "b p 2 gh gw"] | None:
    """The displacement of the first module in pixels of the clip, on the CPU; None without motion."""
    if prediction.motion is None or model.config.motion is None:
        return None
    return prediction.motion.in_cells(model.config.motion).float().cpu() * model.backbone.strides[next(iter(prediction.motions))]


def truth_on_grid(
    displacement: Float[Tensor, "p 2 h w"], visible: Tensor, grid: tuple[int, int]
) -> tuple[Float[Tensor, "p 2 gh gw"], Tensor]:
    """Mean displacement of the pixels of each cell, and whether all of them stay visible."""
    rows, columns = displacement.shape[2] // grid[0], displacement.shape[3] // grid[1]
    truth = reduce(displacement, "p xy (h i) (w j) -> p xy h w", "mean", i=rows, j=columns)
    return truth, reduce(visible, "p (h i) (w j) -> p h w", "all", i=rows, j=columns)


@dataclass(frozen=True)
class TruthComparison:
    """A clip, what the network saw move in it, and what moved: frames `t h w 3`; learned and truth `p 2 gh gw` in pixels
    on the grid of the features, learned None without motion; visible `p gh gw`: whether a cell is all there in the next frame."""

    frames: UInt8[np.ndarray, "t h w 3"]
    learned: Float[np.ndarray, "p 2 gh gw"] | None
    truth: Float[np.ndarray, "p 2 gh gw"]
    visible: Bool[np.ndarray, "p gh gw"]


@torch.inference_mode()
def compare_with_truth(model: MSNet, clip: RenderedClip, preprocessing: Preprocessing) -> TruthComparison:
    """The displacement that a network in eval mode reads from a clip, beside the true one."""
    frames = torch.from_numpy(clip.frames[None]).to(model.fc.weight.device)
    prediction = model(normalise(frames, preprocessing.mean, preprocessing.std))
    learned, (height, width) = in_pixels(model, prediction), clip.frames.shape[1:3]
    rows, columns = (height // 4, width // 4) if learned is None else learned.shape[-2:]
    truth, visible = truth_on_grid(torch.from_numpy(clip.displacement), torch.from_numpy(clip.visible), (rows, columns))
    return TruthComparison(clip.frames, None if learned is None else learned[0].numpy(), truth.numpy(), visible.numpy())


class AtLevels(Sequence[AlphabetClip]):
    """The first part of one data set at its first camouflage, the next at its second, and so on: no clip is shown twice, so
    that intervals over all of them hold. `levels` are the same data set, once at each camouflage."""

    def __init__(self, levels: Sequence[MotionAlphabet] | Sequence[OpenSet]):
        self.levels, self.labels = tuple(levels), levels[0].labels

    def __len__(self) -> int:
        return len(self.levels[0])

    def __getitem__(self, index: int) -> AlphabetClip:
        index = clip_number(index, len(self))
        return self.levels[index * len(self.levels) // len(self)][index]


@dataclass(frozen=True)
class EvaluateConfig:
    """checkpoint: a file, or the name of a shipped network or of a run ("" is msnet-small). data: "alphabet", "open-set", or a video
    or a folder of pictures, over whose last part crops move. clips: of the test split, of generated ones at each level of
    camouflage. seed, speed (pixels a frame): of the clips, at the size and length that the network was trained on.
    device: "auto", "cpu", "cuda", "mps"."""

    checkpoint: str = ""
    data: str = "alphabet"
    clips: Annotated[int, Range(1)] = 180
    seed: Annotated[int, Range(0)] = 0
    camouflage: Annotated[tuple[float, ...], Range(0, 1)] = (0.0, 0.5, 1.0)
    speed: Annotated[tuple[float, float], Range(above=0)] = (1.0, 8.0)
    device: str = "auto"

    def __post_init__(self):
        if self.data not in GENERATED:
            object.__setattr__(self, "data", str(in_project(self.data)))
        check_ranges(self)
        if not self.camouflage:
            raise ValueError("camouflage must be one level or several in [0, 1], got none")
        if self.speed[0] > self.speed[1]:
            raise ValueError(f"speed must be a range of pixels a frame, got {list(self.speed)}")

    def load(self) -> Loaded:
        """The network in eval mode on its device.

        Raises FileNotFoundError for a checkpoint that is not there, ValueError for one of other classes than the alphabet's.
        """
        loaded = load_weights(self.checkpoint or SHIPPED)
        known = (OPEN_LABELS,) if self.data == "open-set" else (MotionAlphabet.labels, OPEN_LABELS)
        if loaded.labels not in known:
            theirs = ", ".join((loaded.labels or ("none",))[:5])
            raise ValueError(f"{self.checkpoint!r} names other classes than the motion alphabet's ({theirs}, ...)")
        loaded.model.to(choose_device(self.device))
        return loaded

    def dataset(self, loaded: Loaded) -> AtLevels | MovingCrops:
        """Unseen clips as the network takes them. Raises VideoError for data that gives no frames."""
        size, frames = loaded.preprocessing.size, loaded.model.config.num_frames
        if self.data not in GENERATED:
            return MovingCrops(read_pictures(self.data, "test"), self.seed, size, frames, speed=self.speed, length=self.clips)
        length = self.clips * len(self.camouflage)
        levels = [MotionAlphabet("test", c, self.seed, size, frames, speed=self.speed, length=length) for c in self.camouflage]
        return AtLevels([OpenSet(level) for level in levels] if self.data == "open-set" else levels)
