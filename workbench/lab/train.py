"""Training: one visible loop that yields a record an epoch."""

import math
import time
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils.data import DataLoader
from tqdm import tqdm

from workbench.data.alphabet import MotionAlphabet
from workbench.data.augment import normalise
from workbench.lab.batch import Batch, Collate
from workbench.lab.config import TrainConfig
from workbench.lab.evaluate import evaluate
from workbench.lab.state import TrainState, load_state, save_state
from workbench.model.checkpoint import save_checkpoint
from workbench.model.msnet import MSNet, Prediction
from workbench.model.shelf import TRAINED


@dataclass(frozen=True)
class Record:
    """One epoch: training loss and accuracy as they ran, validation accuracy, errors of the learned displacement in pixels."""

    epoch: int
    loss: float
    accuracy: float
    validation_accuracy: float
    endpoint_error: float
    moving_error: float
    seconds: float
    clips_per_second: float


def train(config: TrainConfig) -> Iterator[Record]:
    """Train, yielding a record after each epoch. With an output folder that holds a state, go on from there to the bit
    (on a CPU); the records of epochs done before come first."""
    torch.set_flush_denormal(True)  # a softmax at temperature 0.01 leaves numbers near 1e-44, on which processors crawl
    device = choose_device(config.device)
    torch.manual_seed(config.seed)
    model = MSNet(config.model).to(device)
    optimiser = torch.optim.AdamW(parameter_groups(model, config.weight_decay), lr=config.learning_rate)
    total = max(config.epochs * config.steps_per_epoch, 10)  # a cycle needs some steps to rise and fall
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, config.learning_rate, total_steps=total, pct_start=0.2)
    state = TrainState(model, optimiser, schedule)
    load_state(config, state)
    validation = config.dataset("validation")
    yield from (Record(**record) for record in state.records)

    for epoch in range(len(state.records), config.epochs):
        run_epoch(config, state, epoch, device)
        quality = evaluate(model, validation, config.preprocessing)
        record = Record(
            epoch=epoch + 1,
            loss=state.loss / config.clips,
            accuracy=state.right / config.clips,
            validation_accuracy=quality.accuracy,
            endpoint_error=quality.endpoint_error,
            moving_error=quality.moving_error,
            seconds=state.seconds,
            clips_per_second=config.clips / state.seconds,
        )
        state.close_epoch(vars(record))
        if record.epoch == config.epochs:
            save_model(config, model)  # before the state says that all is done, and before the last record is seen
        save_state(config, state)
        yield record


def save_model(config: TrainConfig, model: MSNet) -> None:
    """Leave the trained network in the run's folder, to be used by `load_weights` alone."""
    if config.output:
        config.output.mkdir(parents=True, exist_ok=True)
        provenance = {"config": repr(config), "seed": config.seed, "epochs": config.epochs, "clips": config.clips * config.epochs}
        save_checkpoint(config.output / TRAINED, model, MotionAlphabet.labels, config.preprocessing, provenance)


def run_epoch(config: TrainConfig, state: TrainState, epoch: int, device: torch.device) -> None:
    """The steps of an epoch that are not done yet."""
    batches = epoch_batches(config, epoch)[state.step :]
    grid = None
    if config.displacement_weight:
        grid = (config.size // first_stride(state.model),) * 2
    # A generator of its own: iterating draws a seed, which from the global generator would shift a resumed run's dropout.
    loader = DataLoader(
        config.dataset("train"), batch_sampler=batches, num_workers=config.workers, collate_fn=Collate(grid), generator=torch.Generator()
    )
    bar = tqdm(loader, desc=f"epoch {epoch + 1}/{config.epochs}", total=config.steps_per_epoch, initial=state.step,
               disable=not config.progress, leave=False)  # fmt: skip
    state.model.train()
    began = saved = time.perf_counter()

    for batch in bar:
        loss, right = optimise(config, state, batch.to(device))
        now = time.perf_counter()
        state.count(loss, right, now - began)
        began = now
        bar.set_postfix(loss=f"{loss / len(batch):.3f}")
        if now - saved > config.save_every:
            save_state(config, state)
            saved = now


def optimise(config: TrainConfig, state: TrainState, batch: Batch) -> tuple[float, int]:
    """One optimiser step; returns the summed loss and the number of clips right."""
    state.optimiser.zero_grad(set_to_none=True)
    loss, right = accumulate(state.model, batch, config)
    if not math.isfinite(loss):
        raise FloatingPointError(
            f"the loss is {loss} in step {state.step + 1} of epoch {len(state.records) + 1}; try a lower learning_rate"
        )
    torch.nn.utils.clip_grad_norm_(state.model.parameters(), 20.0)
    state.optimiser.step()
    state.schedule.step()
    return loss, right


def accumulate(model: MSNet, batch: Batch, config: TrainConfig) -> tuple[float, int]:
    """Gradients of the mean loss over the batch, part by part: each part counts by its clips, so that the sum is exact.

    BatchNorm in training mode normalises each part by itself, as it must.
    """
    total_loss, right = 0.0, 0
    for part in batch.parts(config.accumulate):
        clip = normalise(part.frames, config.preprocessing.mean, config.preprocessing.std)
        with mixed_precision(config.precision, clip.device):
            prediction = model(clip)
        loss = named = F.cross_entropy(prediction.logits.float(), part.labels, reduction="sum")
        if part.truth is not None:
            loss = named + config.displacement_weight * displacement_loss(model, prediction, part)
        (loss / len(batch)).backward()
        total_loss += named.item()
        right += int((prediction.logits.argmax(dim=1) == part.labels).sum())
    return total_loss, right


def displacement_loss(model: MSNet, prediction: Prediction, batch: Batch) -> Tensor:
    """The endpoint error in cells, averaged over the visible cells of each clip, summed over clips."""
    truth = batch.truth / first_stride(model)
    error = (prediction.motion.in_cells(model.config.motion) - truth).square().sum(dim=2).add(1e-4).sqrt()
    visible = batch.seen.sum(dim=(1, 2, 3)).clamp(min=1)
    return ((error * batch.seen).sum(dim=(1, 2, 3)) / visible).sum()


def first_stride(model: MSNet) -> int:
    """Pixels of a cell of the first motion module."""
    return model.backbone.strides[next(iter(model.motion))]


def epoch_batches(config: TrainConfig, epoch: int) -> list[list[int]]:
    """The clips of each batch of an epoch, shuffled by the seed and the epoch alone."""
    first = epoch * config.clips if config.fresh else 0
    order = first + np.random.Generator(np.random.Philox([config.seed, epoch])).permutation(config.clips)
    return [batch.tolist() for batch in np.split(order, range(config.batch_size, config.clips, config.batch_size))]


def parameter_groups(model: MSNet, weight_decay: float) -> list[dict]:
    """No weight decay on BatchNorm and biases, as the authors train."""
    decayed = [p for p in model.parameters() if p.ndim > 1]
    free = [p for p in model.parameters() if p.ndim <= 1]
    return [{"params": decayed, "weight_decay": weight_decay}, {"params": free, "weight_decay": 0.0}]


def choose_device(name: str) -> torch.device:
    """ "auto" is a CUDA device, else Apple's, else the CPU."""
    if name != "auto":
        return torch.device(name)
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def mixed_precision(precision: str, device: torch.device):
    """bfloat16 autocast where asked for; the motion module keeps its correlation in float32 by itself."""
    if precision == "auto":
        precision = "bfloat16" if device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False) else "float32"
    return torch.autocast(device.type, torch.bfloat16) if precision == "bfloat16" else nullcontext()
