"""One step of the optimiser: gradients of the mean loss over a batch, whatever parts and processes share it."""

import math
from collections.abc import Sequence
from contextlib import nullcontext

import torch

from workbench.lab.batch import Batch
from workbench.lab.group import Group
from workbench.lab.plan import Plan
from workbench.lab.state import TrainState


def optimise(plan: Plan, state: TrainState, batch: Batch, group: Group) -> float:
    """Learn from a batch, of which this process has its part, and count it; returns the mean loss of the clips.

    Where some process has no clip that can be read, the step is left out in all of them.
    """
    lengths, skipped = zip(*group.gather((len(batch), batch.skipped)), strict=True)
    lost = {name: reason for names in skipped for name, reason in names.items()}
    plan.lose(lost)
    state.skipped |= lost
    if not min(lengths):
        state.schedule.step()
        state.count(0, 0.0, 0)
        return math.nan

    state.optimiser.zero_grad(set_to_none=True)
    total, parts = sum(lengths), min(plan.config.accumulate, *lengths)  # as many in every process
    loss, right = group.sum(*accumulate(plan, state, list(batch.parts(parts)), group.size / total))
    if not math.isfinite(loss):
        raise FloatingPointError(
            f"the loss is {loss} in step {state.step + 1} of epoch {len(state.records) + 1}; try a lower learning_rate"
        )
    state.scaler.unscale_(state.optimiser)
    torch.nn.utils.clip_grad_norm_(state.model.parameters(), plan.clip_norm)
    state.scaler.step(state.optimiser)
    state.scaler.update()
    state.schedule.step()
    if state.average:
        state.average.update_parameters(state.model)
    state.count(total, loss, round(right))
    return loss / total


def accumulate(plan: Plan, state: TrainState, parts: Sequence[Batch], weight: float) -> tuple[float, int]:
    """Gradients of the summed loss times `weight`, part by part, and that sum without the weight, with the clips that are right:
    each part counts by its clips, so that it is exact. Processes exchange gradients once, with the last part.

    BatchNorm in training mode normalises each part by itself, as it must.
    """
    total_loss, total_right = 0.0, 0
    for number, part in enumerate(parts, start=1):
        apart = number < len(parts) and state.network is not state.model
        with state.network.no_sync() if apart else nullcontext():
            with mixed_precision(plan.config.precision, part.frames.device):
                loss, told, right = plan.predict(state.network, state.model, part)
            state.scaler.scale(loss * weight).backward()
        total_loss, total_right = total_loss + told.item(), total_right + right
    return total_loss, total_right


def mixed_precision(precision: str, device: torch.device):
    """Autocast in the precision asked for; the motion module keeps its correlation in float32 by itself."""
    if precision == "auto":
        precision = "bfloat16" if device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False) else "float32"
    return nullcontext() if precision == "float32" else torch.autocast(device.type, getattr(torch, precision))
