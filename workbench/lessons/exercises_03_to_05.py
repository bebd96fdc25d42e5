"""The exercises of lessons 03 to 05: name, right answer and hint of each."""

from collections.abc import Callable
from math import ceil
from typing import Any

import torch
from torch import Tensor, nn

from workbench.data.alphabet.motions import ALPHABET, reverse_motion
from workbench.explore.matching import peak_on_border
from workbench.explore.reliability import rival_gap
from workbench.lessons.grading import compare_answers, random_tensor
from workbench.model.backbone import BasicBlock, make_stage, temporal_shift
from workbench.model.motion import FeatureTransformation, Motion, MotionConfig, motion_maps


def judge_maps(answer: Any) -> str | None:
    cases = [
        (random_tensor(0, 2, 3, 2, 4, 5), random_tensor(1, 2, 3, 1, 4, 5, low=0.0)),
        (random_tensor(2, 1, 1, 2, 3, 3), random_tensor(3, 1, 1, 1, 3, 3)),
    ]
    hint = "Three maps for each frame: x, y, confidence, in this order; whose maps does a frame without a next one take?"
    return compare_answers(answer, lambda displacement, confidence: motion_maps(Motion(displacement, confidence, confidence)), cases, hint)


def judge_parameters(answer: Any) -> str | None:
    cases = [(32, 7), (512, 7), (256, 3), (48, 5)]
    hint = "Go through the four steps: which weights has the depthwise convolution, which the pointwise one, and each BatchNorm?"
    return compare_answers(answer, transformation_parameters, cases, hint)


def transformation_parameters(channels: int, first_kernel: int) -> int:
    module = FeatureTransformation(MotionConfig(first_kernel=first_kernel), channels)
    return sum(parameter.numel() for parameter in module.parameters())


def judge_field(answer: Any) -> str | None:
    hint = "How many cells does each of the four convolutions add, and how many pixels wide is a cell?"
    return compare_answers(answer, measure_field, [(7, 4), (3, 8), (1, 16), (5, 2)], hint)


@torch.inference_mode()
def measure_field(first_kernel: int, stride: int) -> int:
    """Pixels of the side of the square of cells that change where one cell of the maps does."""
    module = all_positive(FeatureTransformation(MotionConfig(first_kernel=first_kernel), 8))
    maps = torch.zeros(2, 3, 31, 31, dtype=torch.double)
    maps[1, :, 15, 15] = 1
    before, after = module(maps)
    return int((before != after).any(dim=0).any(dim=0).sum()) * stride


def judge_shift(answer: Any) -> str | None:
    cases = [(random_tensor(0, 2 * 4, 16, 2, 3), 4, 8), (random_tensor(1, 3 * 5, 10, 2, 2), 5, 4), (random_tensor(2, 3, 9, 1, 2), 1, 3)]
    hint = "Look at the ends of a clip, at the borders between clips, and at which channels look ahead and which look back."
    return compare_answers(answer, temporal_shift, cases, hint)


def judge_frames_seen(answer: Any) -> str | None:
    hint = "Each residual block lets a frame take something from its two neighbours. From where had these taken something before?"
    return compare_answers(answer, measure_frames_seen, [(1,), (2,), (4,), (8,)], hint)


@torch.inference_mode()
def measure_frames_seen(blocks: int) -> int:
    """Frames whose features after so many shifting blocks change where one in the middle of a long clip does."""
    stage, frames = all_positive(make_stage(BasicBlock, blocks, 8, 8, 1, 4)), 2 * blocks + 5
    features = torch.ones(frames, 8, 1, 1, dtype=torch.double)
    changed = features.clone()
    changed[frames // 2] = 2
    return int((stage(features, frames) != stage(changed, frames)).flatten(1).any(dim=1).sum())


def all_positive(module: nn.Module) -> nn.Module:
    """The module with convolutions that add up what they see, so that no ReLU and no cancelling hides a change."""
    for part in module.modules():
        if isinstance(part, nn.Conv2d):
            part.weight.fill_(1)
    return module.double().eval()


def judge_gradient(answer: Any) -> str | None:
    if not callable(answer):
        return "Hand in a function: `answer = its_name`, without brackets, so that it can be tried on all 18 letters."
    wrong = [letter.name for letter in ALPHABET if answer(letter.name) != reverse_motion(letter).name]
    if wrong:
        return (
            f"{len(ALPHABET) - len(wrong)} of {len(ALPHABET)} letters are right. Think of a film of {wrong[0]!r} that is played backwards."
        )
    return None


def judge_radius(answer: Any) -> str | None:
    cases = [(20, 4, 1), (16, 4, 1), (17, 4, 2), (0.5, 8, 1), (100, 8, 3), (31.5, 2, 1)]
    hint = "The window reaches radius × dilation cells of stride pixels each, and the radius is a whole number: rounded which way?"
    return compare_answers(answer, smallest_radius, cases, hint)


def smallest_radius(speed: float, stride: int, dilation: int) -> int:
    """The smallest window that reaches `speed` pixels. There is none below 1."""
    return MotionConfig(radius=max(ceil(speed / (stride * dilation)), 1), dilation=dilation).radius


def volumes(*seeds: int) -> list[tuple[Tensor]]:
    return [(random_tensor(seed, 2, 4, 5, 5, 5, low=0.0),) for seed in seeds]


def judge_border(answer: Any) -> str | None:
    hint = "First where in its window each cell's largest correlation lies, then whether that is in the first or last row or column."
    return compare_answers(answer, peak_on_border, volumes(0, 1), hint)


def judge_rival(answer: Any) -> str | None:
    hint = "The rival is the largest correlation outside the 3 × 3 offsets around the peak; those around a peak at the rim are fewer."
    return compare_answers(answer, rival_gap, volumes(2, 3), hint)


EXERCISES_03_TO_05: dict[str, Callable[[Any], str | None]] = {
    "motion_squeeze.maps": judge_maps,
    "motion_squeeze.parameters": judge_parameters,
    "motion_squeeze.field": judge_field,
    "network.shift": judge_shift,
    "network.frames_seen": judge_frames_seen,
    "network.backwards": judge_gradient,
    "fails.radius": judge_radius,
    "fails.border": judge_border,
    "fails.rival": judge_rival,
}
