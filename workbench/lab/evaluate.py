"""Ask a network about every clip of a data set: its answers, and the error of the displacement it learned."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import torch
import torch.nn.functional as F
from einops import rearrange, reduce
from jaxtyping import Bool, Float, UInt8
from torch import Tensor

from workbench.data.alphabet import AlphabetClip
from workbench.data.augment import normalise
from workbench.lab.evaluation import Evaluation
from workbench.model.checkpoint import Preprocessing
from workbench.model.msnet import MSNet, Prediction
from workbench.model.scoring import eval_mode

MOVING = 0.5  # pixels: a cell moves where its true displacement is at least so long


@runtime_checkable
class LabelledClips(Protocol):
    """Clips in a fixed order with the names of their classes: MotionAlphabet, MovedPictures and what is like them."""

    labels: tuple[str, ...]

    def __len__(self) -> int: ...

    def __getitem__(self, index: int) -> AlphabetClip: ...


@torch.inference_mode()
def evaluate(model: MSNet, dataset: LabelledClips, preprocessing: Preprocessing, batch_size: int = 32) -> Evaluation:
    """Every clip of the dataset once, the model in eval mode on the device where it lies; its mode is put back after.

    Raises ValueError for a dataset without clips.
    """
    if not len(dataset):
        raise ValueError("there are no clips to evaluate")
    batches = []
    with eval_mode(model):
        for start in range(0, len(dataset), batch_size):
            clips = [dataset[i] for i in range(start, min(start + batch_size, len(dataset)))]
            batches.append(ask(model, clips, preprocessing))
    return Evaluation(tuple(dataset.labels), *(np.concatenate(values) for values in zip(*batches, strict=True)))


def ask(model: MSNet, clips: Sequence[AlphabetClip], preprocessing: Preprocessing) -> list[np.ndarray]:
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
    none = torch.zeros(0)
    errors = list(displacement_errors(model, prediction, clips)) if prediction.motion else [(none, none)] * len(clips)
    error, moving = [error for error, _ in errors], [error[length >= MOVING] for error, length in errors]
    lengths = [length[length >= MOVING] for _, length in errors]
    return [means(error), counts(error), means(moving), means(lengths), counts(moving)]


def means(parts: list[Tensor]) -> np.ndarray:
    return np.array([part.double().mean().item() for part in parts])


def counts(parts: list[Tensor]) -> np.ndarray:
    return np.array([len(part) for part in parts])


def displacement_errors(model: MSNet, prediction: Prediction, clips: Sequence[AlphabetClip]) -> Iterator[tuple[Tensor, Tensor]]:
    """For each clip the error in pixels and the true length, at the cells whose pixels all stay visible."""
    for clip, learned in zip(clips, in_pixels(model, prediction), strict=True):
        truth, seen = truth_on_grid(torch.from_numpy(clip.displacement), torch.from_numpy(clip.visible), learned.shape[-2:])
        yield (learned - truth).norm(dim=1)[seen], truth.norm(dim=1)[seen]


def in_pixels(model: MSNet, prediction: Prediction) -> Float[Tensor, "b p 2 gh gw"]:
    """The displacement of the first module in pixels of the clip, on the CPU."""
    stride = model.backbone.strides[next(iter(prediction.motions))]
    return prediction.motion.in_cells(model.config.motion).float().cpu() * stride


def truth_on_grid(
    displacement: Float[Tensor, "p 2 h w"], visible: Tensor, grid: tuple[int, int]
) -> tuple[Float[Tensor, "p 2 gh gw"], Tensor]:
    """Mean displacement of the pixels of each cell, and whether all of them stay visible."""
    rows, columns = displacement.shape[2] // grid[0], displacement.shape[3] // grid[1]
    truth = reduce(displacement, "p xy (h i) (w j) -> p xy h w", "mean", i=rows, j=columns)
    return truth, rearrange(visible, "p (h i) (w j) -> p h w (i j)", i=rows, j=columns).all(dim=-1)


@dataclass(frozen=True)
class Comparison:
    """A clip, what the network saw move in it, and what moved: frames `t h w 3`; learned and truth `p 2 gh gw` in pixels
    on the grid of the features, learned None without motion; visible `p gh gw`: whether a cell is all there in the next frame."""

    frames: UInt8[np.ndarray, "t h w 3"]
    learned: Float[np.ndarray, "p 2 gh gw"] | None
    truth: Float[np.ndarray, "p 2 gh gw"]
    visible: Bool[np.ndarray, "p gh gw"]


@torch.inference_mode()
def compare(model: MSNet, clip: AlphabetClip, preprocessing: Preprocessing) -> Comparison:
    """The displacement that a network in eval mode reads from a clip, beside the true one."""
    frames = torch.from_numpy(clip.frames[None]).to(model.fc.weight.device)
    prediction = model(normalise(frames, preprocessing.mean, preprocessing.std))
    learned = in_pixels(model, prediction)[0] if prediction.motion else None
    grid = tuple(size // 4 for size in clip.frames.shape[1:3]) if learned is None else learned.shape[-2:]
    truth, visible = truth_on_grid(torch.from_numpy(clip.displacement), torch.from_numpy(clip.visible), grid)
    return Comparison(clip.frames, None if learned is None else learned.numpy(), truth.numpy(), visible.numpy())
