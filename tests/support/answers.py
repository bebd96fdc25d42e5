"""What a network answers to generated clips, asked in one way or another: so many at once, on so many threads, in some precision."""

from contextlib import nullcontext
from dataclasses import dataclass

import torch
from torch import Tensor

from workbench.data.alphabet.dataset import MotionAlphabet
from workbench.explore.explorer import Explorer


@dataclass(frozen=True)
class Answers:
    """logits `b k`; correlation `b p h w dy dx` and displacement `b p 2 h w`, in cells, of the first motion module. All in float64."""

    logits: Tensor
    correlation: Tensor
    displacement: Tensor


def generate_clips(explorer: Explorer, number: int) -> Tensor:
    """Normalised clips `number t 3 h w` of the alphabet's test split, class after class."""
    clips = MotionAlphabet("test", size=explorer.preprocessing.size, num_frames=explorer.model.config.num_frames, length=number)
    return explorer.normalise(torch.stack([torch.from_numpy(clip.frames) for clip in clips]))


@torch.inference_mode()
def ask(explorer: Explorer, clips: Tensor, at_once: int, threads: int = 1, precision: torch.dtype = torch.float32) -> Answers:
    """The number of threads is put back after."""
    before, autocast = torch.get_num_threads(), precision in (torch.bfloat16, torch.float16)
    torch.set_num_threads(threads)
    try:
        with torch.autocast("cpu", precision) if autocast else nullcontext():
            predictions = [explorer.model(part) for part in clips.split(at_once)]
    finally:
        torch.set_num_threads(before)
    motions = [prediction.motion for prediction in predictions]
    return Answers(
        torch.cat([prediction.logits.double() for prediction in predictions]),
        torch.cat([motion.correlation.double() for motion in motions]),
        torch.cat([motion.in_cells(explorer.model.config.motion).double() for motion in motions]),
    )
