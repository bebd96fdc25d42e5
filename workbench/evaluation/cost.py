"""Parameters, multiply-accumulates and clips a second of a network, and the motion module's share."""

import time
from dataclasses import dataclass
from statistics import median

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from workbench.model.checkpoint import Preprocessing
from workbench.model.correlation import local_correlation
from workbench.model.inference import eval_mode
from workbench.model.motion import Motion, MotionConfig
from workbench.model.msnet import MSNet, motion_modules

COUNTING_RULE = (
    "MACs are the multiply-accumulates that one clip needs in convolutions and matrix products. Matching counts "
    "offsets x channels for every cell of every pair. BatchNorm, activations, pooling, the softmax over the window "
    "and the temporal shift are not counted."
)
FLOPS = 2  # a multiply-accumulate, as the counter of torch counts
REPETITIONS, PATIENCE = 7, 1.5  # timed forwards at most, and seconds after which three are enough


@dataclass(frozen=True)
class Cost:
    """Of one clip. macs: needed, by COUNTING_RULE. macs_done: with the products that the matching multiplies beyond its
    windows, because whole rows at once are faster. motion_parameters, motion_macs: what TSM, the same network without
    motion, does not have. clips_per_second: one clip at a time, the median, on `threads` threads where the device is a CPU."""

    parameters: int
    macs: int
    macs_done: int
    motion_parameters: int
    motion_macs: int
    clips_per_second: float
    device: str
    threads: int

    def __str__(self) -> str:
        lines = [f"{self.parameters:,} parameters", f"{macs_in_words(self.macs)} a clip"]
        if self.motion_macs:
            lines[0] += f", {self.motion_parameters:,} of them for motion"
            lines[1] += f", {macs_in_words(self.motion_macs)} of them for motion ({macs_in_words(self.macs_done)} are done)"
        place = f"{self.device}, threads: {self.threads}" if self.device == "cpu" else self.device
        return "\n".join([*lines, f"{self.clips_per_second:.3g} clips a second, one at a time ({place})"])


@torch.inference_mode()
def measure_cost(model: MSNet, preprocessing: Preprocessing) -> Cost:
    """Count and time one clip, of the network's own length and the size of its preprocessing, in eval mode on the device
    where the network lies; its mode is put back after."""
    device = model.fc.weight.device
    clip = torch.zeros(1, model.config.num_frames, 3, preprocessing.size, preprocessing.size, device=device)
    with eval_mode(model):
        macs, motion_macs, surplus = count_macs(model, clip)
        speed = 1 / seconds_a_clip(model, clip)

    return Cost(
        parameters=count_parameters(model),
        macs=macs,
        macs_done=macs + surplus,
        motion_parameters=count_parameters(model.motion),
        motion_macs=motion_macs,
        clips_per_second=speed,
        device=str(device),
        threads=torch.get_num_threads(),
    )


def count_parameters(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def count_macs(model: MSNet, clip: Float[Tensor, "1 t 3 h w"]) -> tuple[int, int, int]:
    """Products that the clip needs, those of them in motion modules, and those that the matching does beyond them."""
    with FlopCounterMode(display=False) as counter:
        motions = model(clip).motions
    names = [f"{type(model).__name__}.motion.{stage}" for stage in motions]
    within = sum(sum(counter.get_flop_counts()[name].values()) for name in names) // FLOPS

    modules = motion_modules(model)
    surplus = sum(matching_surplus(motion, modules[stage].config) for stage, motion in motions.items())
    return counter.get_total_flops() // FLOPS - surplus, within - surplus, surplus


def matching_surplus(motion: Motion, config: MotionConfig) -> int:
    """The products that `local_correlation` takes, beyond one of two feature vectors for every cell and offset, those outside the
    picture included."""
    _, pairs, _, rows, columns = motion.displacement.shape
    features = motion.displacement.new_zeros(1, pairs, config.channels, rows, columns)
    with FlopCounterMode(display=False) as counter:
        local_correlation(features, features, config.radius, config.dilation)
    return counter.get_total_flops() // FLOPS - motion.correlation.numel() * config.channels


def seconds_a_clip(model: MSNet, clip: Float[Tensor, "1 t 3 h w"]) -> float:
    """The median of a few forwards after one to warm up."""
    times: list[float] = []
    for _ in range(1 + REPETITIONS):
        began = time.perf_counter()
        model(clip).logits.sum().item()  # reading a number waits for the device
        times.append(time.perf_counter() - began)
        if len(times) > 3 and sum(times) > PATIENCE:
            break
    return median(times[1:])


def macs_in_words(macs: int) -> str:
    return f"{macs / 1e9:.3g} GMAC" if macs >= 1e9 else f"{macs / 1e6:.3g} MMAC"
