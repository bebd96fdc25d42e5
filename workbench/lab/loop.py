"""The training loop: one for generated clips and for data sets, in one process or many; it yields a record an epoch."""

import time
from collections.abc import Iterator
from typing import Any

import torch
from torch import nn
from torch.nn.parallel import DistributedDataParallel
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch.utils.data import DataLoader
from tqdm import tqdm

from workbench.lab.group import Group, joined
from workbench.lab.plan import Plan
from workbench.lab.state import TrainState, load_state, save_state
from workbench.lab.step import optimise


def run(plan: Plan) -> Iterator[Any]:
    """Train, yielding a record after each epoch, in every process. With an output folder that holds a state, go on from there,
    on a CPU to the bit; the records of epochs done before come first."""
    torch.set_flush_denormal(True)  # a softmax at temperature 0.01 leaves numbers near 1e-44, on which processors crawl
    config = plan.config
    with joined(config.device) as group:
        state = begin(plan, group)
        load_state(config, state, group)
        if len(set(group.gather((len(state.records), state.step)))) > 1:
            raise ValueError(f"the processes do not find the same state in {config.output}; choose a folder that all machines share")
        yield from map(plan.restored, state.records)

        for epoch in range(len(state.records), config.epochs):
            run_epoch(plan, state, epoch, group)
            for model in filter(None, (state.model, state.average)):
                group.average_buffers(model)
            record = plan.record(state, group)
            state.close_epoch(vars(record))
            if group.first:
                plan.keep(record, state)  # before the state says that all is done, and before the last record is seen
            save_state(config, state, group)
            yield record


def begin(plan: Plan, group: Group) -> TrainState:
    """The network before the first step, the same in every process; from then on each draws its own dropout."""
    torch.manual_seed(plan.config.seed)
    plan.prepare(group)
    model = plan.network().to(group.device)
    if plan.sync_bn and group.size > 1:
        if group.device.type == "cpu":
            raise ValueError("sync_bn=True needs GPUs: torch synchronises BatchNorm between CUDA devices alone")
        model = nn.SyncBatchNorm.convert_sync_batchnorm(model)
    optimiser = plan.optimiser(model)
    average = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(plan.ema), use_buffers=True) if plan.ema else None
    if not group.first:
        torch.manual_seed(plan.config.seed + group.rank)
    scaler = torch.amp.GradScaler(group.device.type, enabled=plan.config.precision == "float16")
    return TrainState(model, spread(model, group), optimiser, plan.schedule(optimiser), scaler, average)


def spread(model: nn.Module, group: Group) -> nn.Module:
    """The network as this process calls it: where there are several, gradients are averaged over them as they come, and the
    running statistics of BatchNorm are the first one's."""
    if group.size == 1:
        return model
    devices = [group.device.index] if group.device.type == "cuda" else None
    return DistributedDataParallel(model, device_ids=devices)


def run_epoch(plan: Plan, state: TrainState, epoch: int, group: Group) -> None:
    """The steps of an epoch that are not done yet."""
    config = plan.config
    batches = group.share(plan.batches(epoch))
    # A generator of its own: iterating draws a seed, which from the global generator would shift a resumed run's dropout.
    loader = DataLoader(
        plan.clips(), batch_sampler=batches[state.step :], num_workers=config.workers, collate_fn=plan.collate(state.model),
        generator=torch.Generator(), pin_memory=group.device.type == "cuda",
    )  # fmt: skip
    bar = tqdm(loader, desc=f"epoch {epoch + 1}/{config.epochs}", total=len(batches), initial=state.step,
               disable=not (config.progress and group.first), leave=False)  # fmt: skip
    state.model.train()
    began = saved = time.perf_counter()

    for batch in bar:
        loss = optimise(plan, state, batch.to(group.device), group)
        now = time.perf_counter()
        state.seconds, began = state.seconds + now - began, now
        bar.set_postfix(loss=f"{loss:.3f}")
        if group.sum(group.first and now - saved > config.save_every)[0]:
            save_state(config, state, group)
            saved = now
