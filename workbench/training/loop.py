"""The one training loop: loss, steps, accumulation, precision; optimiser and learning rate come from fit.py or alphabet.py."""

import math
import signal
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar, cast

import numpy as np
import torch
from jaxtyping import Int64, UInt8
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch.utils.data import DataLoader, Dataset
from tqdm import tqdm

from workbench.model.msnet import MSNet, Prediction
from workbench.paths import check_writable
from workbench.training.distributed import Group, join_group
from workbench.training.state import TrainState, load_state, save_state

AnyBatch = TypeVar("AnyBatch", bound="Batch")


@dataclass(frozen=True)
class Batch:
    """frames `b t h w 3`. skipped: names of videos that could not be read, with the reason."""

    frames: UInt8[Tensor, "b t h w 3"]
    skipped: dict[str, str] = field(default_factory=dict, kw_only=True)

    def __len__(self) -> int:
        return len(self.frames)

    @property
    def tensors(self) -> dict[str, Tensor]:
        return {name: value for name, value in vars(self).items() if isinstance(value, Tensor)}

    def to(self: AnyBatch, device: torch.device) -> AnyBatch:
        return replace(self, **{name: value.to(device, non_blocking=True) for name, value in self.tensors.items()})

    def pin_memory(self) -> "Batch":
        """Called by torch's loader: pages that a GPU can read by itself."""
        return replace(self, **{name: value.pin_memory() for name, value in self.tensors.items()})

    def parts(self, count: int) -> Iterator["Batch"]:
        """The same clips in `count` parts, of which the first ones hold one more where they do not divide."""
        for part in zip(*(value.tensor_split(count) for value in self.tensors.values()), strict=True):
            yield replace(self, **dict(zip(self.tensors, part, strict=True)))


@dataclass(frozen=True)
class LabelledBatch(Batch):
    """labels `b`: what the clips show."""

    labels: Int64[Tensor, " b"]


class TrainingTask(ABC, Generic[AnyBatch]):
    """A run, as the loop sees it. config: the run as a value, with at least the fields that are read here and in `state`.

    record_type: a dataclass, what is told of an epoch. clip_norm: the gradient's norm is at most this. ema: decay of the averaged
    weights, 0 for none; where there are any, they are what is tested and kept. sync_bn: BatchNorm over all processes.
    """

    record_type: type
    clip_norm: float = 20.0
    ema: float = 0.0
    sync_bn: bool = False

    def __init__(self, config: Any):
        self.config = config

    def prepare(self, group: Group) -> None:
        """What is to be done before anything else, by all processes; torch's generator is seeded by then."""

    def names_of(self, clips: Sequence[int]) -> list[str]:
        """The files that clips of `batches` are made of, where there are any."""
        return []

    def on_unreadable(self, videos: dict[str, str]) -> None:
        """Videos of a step that could not be read, by name with the reason; a task that does not put up with them raises."""

    @abstractmethod
    def network(self) -> MSNet:
        """The network with the weights that it starts from."""

    @abstractmethod
    def optimiser(self, model: MSNet) -> torch.optim.Optimizer: ...

    @abstractmethod
    def schedule(self, optimiser: torch.optim.Optimizer) -> torch.optim.lr_scheduler.LRScheduler:
        """Of the learning rate, stepped after every batch."""

    @abstractmethod
    def clips(self) -> Sequence:
        """What the numbers in `batches` stand for."""

    @abstractmethod
    def collate(self, model: MSNet) -> Callable[[list], AnyBatch]: ...

    @abstractmethod
    def batches(self, epoch: int) -> list[list[int]]:
        """The clips of each step of an epoch, those of all processes together."""

    @abstractmethod
    def predict(self, network: Callable[[Tensor], Prediction], model: MSNet, part: AnyBatch) -> tuple[Tensor, Tensor, int]:
        """The loss to learn from and the loss to tell of, summed over the clips of a part; and how many of them are right.

        network: `model` itself, or what wraps it where several processes train.
        """

    @abstractmethod
    def record(self, state: TrainState, group: Group) -> Any:
        """What is told of the epoch that ends, with `state.kept` tested. Called by all processes."""

    @abstractmethod
    def save(self, record: Any, state: TrainState) -> None:
        """Leave the network in the run's folder, if it is time. Called by the first process."""


def shuffled_batches(seed: int, epoch: int, clips: int, batch_size: int, first: int) -> list[list[int]]:
    """The numbers from `first` on of `clips` clips, shuffled by the seed and the epoch alone, in batches."""
    order = first + np.random.Generator(np.random.Philox([seed, epoch])).permutation(clips)
    return [batch.tolist() for batch in np.split(order, range(batch_size, clips, batch_size))]


def optimise(task: TrainingTask, state: TrainState, batch: Batch, group: Group) -> float:
    """Learn from a batch, of which this process has its part, and count it; returns the mean loss of the clips.

    Where some process has no clip that can be read, the step is left out in all of them.
    """
    lengths, skipped = zip(*group.gather((len(batch), batch.skipped)), strict=True)
    unreadable = {name: reason for names in skipped for name, reason in names.items()}
    task.on_unreadable(unreadable)
    state.skipped |= unreadable
    if not min(lengths):
        state.schedule.step()
        state.count(0, 0.0, 0)
        return math.nan

    state.optimiser.zero_grad(set_to_none=True)
    total, parts = sum(lengths), min(task.config.accumulate, *lengths)  # as many in every process
    loss, right = group.sum(*accumulate(task, state, list(batch.parts(parts)), group.size / total))
    if not math.isfinite(loss):
        raise FloatingPointError(describe_divergence(state, loss))
    state.scaler.unscale_(state.optimiser)
    torch.nn.utils.clip_grad_norm_(state.model.parameters(), task.clip_norm)
    state.scaler.step(state.optimiser)
    state.scaler.update()
    state.schedule.step()
    if state.average:
        state.average.update_parameters(state.model)
    state.count(total, loss, round(right))
    return loss / total


def describe_divergence(state: TrainState, loss: float) -> str:
    """Where a run broke off, and whether its weights did before."""
    where = f"the loss is {loss} in step {state.step + 1} of epoch {len(state.records) + 1}"
    broken = [name for name, value in state.model.named_parameters() if not value.isfinite().all()]
    if broken:
        return f"{where}: {broken[0]} and {len(broken) - 1} more weights were no numbers before it; try a lower learning_rate"
    return f"{where}, with weights that are numbers; try a lower learning_rate"


def accumulate(task: TrainingTask, state: TrainState, parts: Sequence[Batch], weight: float) -> tuple[float, int]:
    """Gradients of the summed loss times `weight`, part by part, and that sum without the weight, with the clips that are right:
    each part counts by its clips, so that it is exact. Processes exchange gradients once, with the last part.

    BatchNorm in training mode normalises each part by itself, as it must.
    """
    total_loss, total_right, network = 0.0, 0, state.network
    for number, part in enumerate(parts, start=1):
        with network.no_sync() if isinstance(network, DistributedDataParallel) and number < len(parts) else nullcontext():
            with mixed_precision(task.config.precision, part.frames.device):
                loss, reported, right = task.predict(network, state.model, part)
            state.scaler.scale(loss * weight).backward()
        total_loss, total_right = total_loss + reported.item(), total_right + right
    return total_loss, total_right


def mixed_precision(precision: str, device: torch.device):
    """Autocast in the precision asked for; the motion module keeps its correlation in float32 by itself."""
    if precision == "auto":
        precision = "bfloat16" if device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False) else "float32"
    return nullcontext() if precision == "float32" else torch.autocast(device.type, getattr(torch, precision))


def run_training(task: TrainingTask) -> Iterator[Any]:
    """Train, yielding a record after each epoch, in every process. With an output folder that holds a state, go on from there,
    on a CPU to the bit; the records of epochs done before come first.

    Raises OSError for an output folder that cannot be written, FloatingPointError for a loss that is no number.
    """
    torch.set_flush_denormal(True)  # a softmax at temperature 0.01 leaves numbers near 1e-44, on which processors crawl
    config = task.config
    with join_group(config.device) as group:
        if group.first and config.output:
            check_writable(config.output)
        state = begin_training(task, group)
        load_state(config, state, group)
        if len(set(group.gather((len(state.records), state.step)))) > 1:
            raise ValueError(f"the processes do not find the same state in {config.output}; choose a folder that all machines share")
        yield from (task.record_type(**record) for record in state.records)

        for epoch in range(len(state.records), config.epochs):
            run_epoch(task, state, epoch, group)
            for model in filter(None, (state.model, state.average)):
                group.average_buffers(model)
            record = task.record(state, group)
            state.close_epoch(vars(record))
            if group.first:
                task.save(record, state)  # before the state says that all is done, and before the last record is seen
            save_state(config, state, group)
            yield record


def begin_training(task: TrainingTask, group: Group) -> TrainState:
    """The network before the first step, the same in every process; from then on each draws its own dropout."""
    torch.manual_seed(task.config.seed)
    task.prepare(group)
    model = task.network().to(group.device)
    if task.sync_bn and group.size > 1:
        if group.device.type == "cpu":
            raise ValueError("sync_bn=True needs GPUs: torch synchronises BatchNorm between CUDA devices alone")
        nn.SyncBatchNorm.convert_sync_batchnorm(model)  # in place
    optimiser = task.optimiser(model)
    average = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(task.ema), use_buffers=True) if task.ema else None
    if not group.first:
        torch.manual_seed(task.config.seed + group.rank)
    scaler = torch.amp.GradScaler(group.device.type, enabled=task.config.precision == "float16")
    network = model
    if group.size > 1:  # gradients are averaged over processes as they come, BatchNorm's running statistics are the first one's
        network = DistributedDataParallel(model, device_ids=[group.device.index] if group.device.type == "cuda" else None)
    return TrainState(model, network, optimiser, task.schedule(optimiser), scaler, average)


@contextmanager
def interrupts_after_steps() -> Iterator[Callable[[], bool]]:
    """Whether Ctrl-C was pressed, to be asked after each step: a run that ends in between could not go on to the bit. Pressed again it acts
    at once, and so it does in other threads than the first."""
    pressed: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    before = signal.getsignal(signal.SIGINT)

    def press(number: int, frame: Any) -> None:
        if pressed:
            raise KeyboardInterrupt
        pressed.append(number)

    signal.signal(signal.SIGINT, press)
    try:
        yield lambda: bool(pressed)
    finally:
        signal.signal(signal.SIGINT, before)


def leave_interrupts(worker: int) -> None:
    """Ctrl-C is for the process that trains; its loaders end with it, and print nothing."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def run_epoch(task: TrainingTask, state: TrainState, epoch: int, group: Group) -> None:
    """The steps of an epoch that are not done yet."""
    config = task.config
    batches = group.share(task.batches(epoch))
    # Torch takes any sequence for a data set.
    # A generator of its own: iterating draws a seed, which from the global generator would shift a resumed run's dropout.
    loader = DataLoader(
        cast(Dataset, task.clips()), batch_sampler=batches[state.step :], num_workers=config.workers, collate_fn=task.collate(state.model),
        generator=torch.Generator(), pin_memory=group.device.type == "cuda", worker_init_fn=leave_interrupts,
    )  # fmt: skip
    bar = tqdm(loader, desc=f"epoch {epoch + 1}/{config.epochs}", total=len(batches), initial=state.step,
               disable=not (config.progress and group.first), leave=False)  # fmt: skip
    state.model.train()
    began = saved = time.perf_counter()

    with interrupts_after_steps() as interrupted:
        for batch in bar:
            loss = optimise_or_name(task, state, batch.to(group.device), group, batches[state.step])
            now = time.perf_counter()
            state.seconds, began = state.seconds + now - began, now
            bar.set_postfix(loss=f"{loss:.3f}")
            stop, due = group.sum(interrupted(), group.first and now - saved > config.save_every)
            if stop or due:
                save_state(config, state, group)
                saved = now
            if stop:
                raise KeyboardInterrupt


def optimise_or_name(task: TrainingTask, state: TrainState, batch: Batch, group: Group, clips: Sequence[int]) -> float:
    """`optimise`, whose error about a loss that is no number names the files of the step."""
    try:
        return optimise(task, state, batch, group)
    except FloatingPointError as error:
        names = task.names_of(clips)
        raise FloatingPointError(f"{error}. Its clips are of {', '.join(names)}" if names else str(error)) from error
