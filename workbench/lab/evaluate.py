"""How good a network is: accuracy with its interval, confusion, and the error of the displacement it learned."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import sqrt

import numpy as np
import torch
from einops import rearrange, reduce
from jaxtyping import Float
from torch import Tensor

from workbench.data.alphabet import MotionAlphabet
from workbench.data.augment import normalise
from workbench.data.moved import MovedPictures
from workbench.model.checkpoint import Preprocessing
from workbench.model.msnet import MSNet, Prediction


@dataclass(frozen=True)
class Evaluation:
    """confusion: `truth prediction`, clips. Errors in pixels, over visible cells (all, and those that move); nan without motion."""

    confusion: np.ndarray
    endpoint_error: float
    moving_error: float

    @property
    def clips(self) -> int:
        return int(self.confusion.sum())

    @property
    def accuracy(self) -> float:
        return float(np.trace(self.confusion)) / self.clips

    @property
    def interval(self) -> tuple[float, float]:
        return wilson_interval(int(np.trace(self.confusion)), self.clips)


def wilson_interval(right: int, total: int, z: float = 1.96) -> tuple[float, float]:
    """95 % interval of a proportion (Wilson 1927), which stays within [0, 1] near the ends."""
    share, spread = right / total, z * z / total
    middle, half = share + spread / 2, z * sqrt(share * (1 - share) / total + spread / (4 * total))
    return (middle - half) / (1 + spread), (middle + half) / (1 + spread)


@torch.inference_mode()
def evaluate(model: MSNet, dataset: MotionAlphabet | MovedPictures, preprocessing: Preprocessing, batch_size: int = 32) -> Evaluation:
    """Every clip of the dataset once, the model in eval mode on the device where it lies; its mode is put back after."""
    training, confusion = model.training, np.zeros((len(dataset.labels),) * 2, int)
    model.eval()
    errors = []

    for start in range(0, len(dataset), batch_size):
        clips = [dataset[i] for i in range(start, min(start + batch_size, len(dataset)))]
        frames = torch.from_numpy(np.stack([clip.frames for clip in clips])).to(model.fc.weight.device)
        prediction = model(normalise(frames, preprocessing.mean, preprocessing.std))
        np.add.at(confusion, ([clip.label for clip in clips], prediction.logits.argmax(dim=1).tolist()), 1)
        if prediction.motion:
            errors.extend(displacement_errors(model, prediction, clips))

    model.train(training)
    return Evaluation(confusion, *mean_errors(errors))


def displacement_errors(model: MSNet, prediction: Prediction, clips: list) -> Iterator[tuple[Tensor, Tensor]]:
    """For each clip the error in pixels and the true length, at the cells whose pixels all stay visible."""
    stride = model.backbone.strides[next(iter(prediction.motions))]
    learned = prediction.motion.in_cells(model.config.motion).cpu() * stride
    for clip, displacement in zip(clips, learned, strict=True):
        truth, seen = truth_on_grid(torch.from_numpy(clip.displacement), torch.from_numpy(clip.visible), displacement.shape[-2:])
        yield (displacement - truth).norm(dim=1)[seen], truth.norm(dim=1)[seen]


def truth_on_grid(
    displacement: Float[Tensor, "p 2 h w"], visible: Tensor, grid: tuple[int, int]
) -> tuple[Float[Tensor, "p 2 gh gw"], Tensor]:
    """Mean displacement of the pixels of each cell, and whether all of them stay visible."""
    rows, columns = displacement.shape[2] // grid[0], displacement.shape[3] // grid[1]
    truth = reduce(displacement, "p xy (h i) (w j) -> p xy h w", "mean", i=rows, j=columns)
    return truth, rearrange(visible, "p (h i) (w j) -> p h w (i j)", i=rows, j=columns).all(dim=-1)


def mean_errors(errors: list[tuple[Tensor, Tensor]]) -> tuple[float, float]:
    """Endpoint error over all cells, and over those that move by half a pixel or more."""
    if not errors:
        return float("nan"), float("nan")
    error, length = (torch.cat(values) for values in zip(*errors, strict=True))
    return error.mean().item(), error[length >= 0.5].mean().item()
