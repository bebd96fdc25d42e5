"""`wb.lessons.check_exercise(name, answer)`: the exercises of the lessons, with right answer and hint of each."""

import difflib
from collections.abc import Callable
from math import ceil
from typing import Any

import torch
from einops import rearrange, reduce
from torch import Tensor, nn

from workbench.data.alphabet.motions import ALPHABET, reverse_motion
from workbench.explore.volume import peak_on_border, rival_gap
from workbench.lessons.grading import Verdict, compare_answers, random_tensor
from workbench.lessons.scene import Scene, shipped_network
from workbench.model.backbone import temporal_shift
from workbench.model.correlation import local_correlation
from workbench.model.displacement import matching_weights
from workbench.model.motion import FeatureTransformation, Motion, MotionConfig, motion_maps
from workbench.model.resnet import BasicBlock, make_stage

RIVAL_SHARE = 0.95  # of the peak: an offset that is so alike is a rival


def judge_error(answer: Any) -> str | None:
    """displacement `p 2 h w`, truth `p 2 h w`, visible `p h w` -> mean length of the difference over the visible cells."""
    cases = []
    for seed, (p, h, w) in enumerate(((7, 16, 16), (2, 5, 9), (1, 3, 3))):
        displacement, truth = (random_tensor(2 * seed + side, p, 2, h, w, low=-20.0, high=20.0) for side in (0, 1))
        cases.append((displacement, truth, random_tensor(90 + seed, p, h, w) > 0))
    return compare_answers(answer, lambda displacement, truth, visible: (displacement - truth).norm(dim=1)[visible].mean(), cases,
                   "The shape is right, the number is not. Each seen cell counts once, with the length (not the square, not the "
                   "sum of the parts) of the difference of its two arrows.")  # fmt: skip


def judge_reach(answer: Any) -> str | None:
    """config, stride -> the farthest motion to the right that the window holds, in pixels."""
    configs = [MotionConfig(radius=4), MotionConfig(radius=7), MotionConfig(radius=2, dilation=3), MotionConfig(radius=1, dilation=2)]
    cases = [(config, stride) for config in configs for stride in (2, 4, 8)]
    return compare_answers(answer, lambda config, stride: config.radius * config.dilation * stride, cases,
                   "Not for every config. How many steps is it to the rim of the window, how many cells is a step, and how many "
                   "pixels is a cell?")  # fmt: skip


@torch.no_grad()
def judge_backwards(answer: Any) -> str | None:
    """scene, model -> the model's label for the clip played backwards."""
    if not callable(answer):
        return "Hand in a function of a scene and a model: `answer = its_name`, without brackets."
    for scene in (Scene(letter=letter, seed=1) for letter in ("left", "down", "closer")):
        for name in ("msnet-tiny", "tsn-tiny"):
            model = shipped_network(name).model
            label, reply = scene.labels[model(scene.input.flip(dims=(1,))).logits.argmax()], answer(scene, model)
            if not isinstance(reply, str):
                return f"The function should give back a label, such as {scene.labels[0]!r}; it gave {type(reply).__name__}."
            if reply != label:
                return (
                    f"For a clip of {scene.letter!r}, {name} says something else of the reversed clip. Which axis of `scene.input` is time?"
                )
    return None


def judge_one(answer: Any) -> str | None:
    """source, target `c h w`, row, column, dy, dx -> one value of the correlation volume."""
    source, target = random_tensor(1, 8, 5, 6), random_tensor(2, 8, 5, 6)
    target[:, 3, 4] = source[:, 2, 2]  # one perfect match
    inner = [(2, 2, 1, 2), (1, 3, 1, -1), (4, 5, -2, -3), (0, 0, 0, 0), (3, 2, 0, 1), (2, 4, -1, 0)]
    outside = [(0, 0, -1, 0), (4, 5, 1, 1), (2, 0, 0, -2), (0, 5, 0, 3)]
    cases = [(source, target, *place) for place in inner + outside]
    return compare_answers(answer, one_correlation, cases,
                   "Not at every cell and offset. Both vectors have unit length; a negative product counts as 0; so does an offset "
                   "that leaves the target, also to the left or above, where Python would count from the other end.")  # fmt: skip


def one_correlation(source: Tensor, target: Tensor, row: int, column: int, dy: int, dx: int) -> float:
    source, target = (rearrange(features, "c h w -> 1 1 c h w") for features in (source, target))
    radius = 3
    return local_correlation(source, target, radius)[0, 0, row, column, dy + radius, dx + radius].item()


def judge_cost(answer: Any) -> str | None:
    """height, width, channels, radius -> multiplications of one pair's correlation."""
    cases = [(16, 16, 64, 4), (28, 28, 64, 7), (14, 28, 32, 1), (5, 3, 2, 10)]
    return compare_answers(answer, lambda height, width, channels, radius: height * width * channels * (2 * radius + 1) ** 2, cases,
                   "Not for every size. How many source cells are there, how many offsets does each look at, and how many "
                   "multiplications is one dot product?")  # fmt: skip


def judge_rivals(answer: Any) -> str | None:
    """correlation `p h w dy dx` -> how many offsets of each cell reach 95 % of its peak, the peak itself left out."""
    textured = random_tensor(5, 3, 4, 6, 9, 9, low=0.85, high=1.0)
    flat, one = torch.full((1, 2, 2, 5, 5), 0.7), random_tensor(6, 1, 3, 3, 3, 3, low=0.0, high=0.5)
    one[..., 1, 1] = 1
    return compare_answers(answer, count_rivals, [(textured,), (flat,), (one,)],
                   "The shape is right, the counts are not. Each cell has its own peak, and the peak is no rival of itself: a flat "
                   "window of 5 x 5 has 24 rivals, a lone peak none.")  # fmt: skip


def count_rivals(correlation: Tensor) -> Tensor:
    peak = reduce(correlation, "p h w dy dx -> p h w 1 1", "max")
    return reduce((correlation >= RIVAL_SHARE * peak).int(), "p h w dy dx -> p h w", "sum") - 1


def judge_crop(answer: Any) -> str | None:
    """correlation `b p h w dy dx`, radius -> what a smaller radius would have given."""
    source, target = random_tensor(7, 2, 3, 4, 5, 6), random_tensor(8, 2, 3, 4, 5, 6)
    volume = local_correlation(source, target, 4)
    cases = [(volume, radius) for radius in (4, 3, 2, 1)]
    hint = "The window is as large as it should be, but not the right part of it. Which offset lies in the middle?"
    return compare_answers(answer, lambda volume, radius: local_correlation(source, target, radius), cases, hint)


def judge_peak_weight(answer: Any) -> str | None:
    """rival, temperature, radius -> the soft-argmax's weight of a peak of 1 where all other offsets have `rival`."""
    cases = [(rival, temperature, radius) for rival in (0.0, 0.9, 0.95, 1.0) for temperature in (0.01, 0.1, 1.0) for radius in (1, 4, 7)]
    return compare_answers(answer, peak_weight, cases,
                   "Not for every rival, temperature and radius. A softmax is one exponential over the sum of all: one of the peak, and "
                   "how many of rivals? What stands in the exponent?")  # fmt: skip


def peak_weight(rival: float, temperature: float, radius: int) -> float:
    window = 2 * radius + 1
    volume = torch.full((1, 1, 1, 1, window, window), rival, dtype=torch.float64)
    volume[..., radius, radius] = 1
    return matching_weights(volume, float("inf"), temperature)[..., radius, radius].item()


def judge_rim(answer: Any) -> str | None:
    """correlation `p h w dy dx` -> bool `p h w`: does the largest value lie on the rim of the window?"""
    volumes = [random_tensor(seed, 2, 6, 7, window, window, low=0.0, high=1.0) for seed, window in ((9, 9), (10, 3), (11, 5))]
    tied = torch.ones(1, 1, 1, 3, 3)  # of equals the first is the peak, and it lies in a corner
    return compare_answers(answer, peak_on_border, [(volume,) for volume in (*volumes, tied)],
                   "Not for every window. The rim is its first and its last row, and its first and its last column; of equal "
                   "values the first is the peak.")  # fmt: skip


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


def judge_frames_in_reach(answer: Any) -> str | None:
    hint = "Each residual block lets a frame take something from its two neighbours. From where had these taken something before?"
    return compare_answers(answer, measure_frames_in_reach, [(1,), (2,), (4,), (8,)], hint)


@torch.inference_mode()
def measure_frames_in_reach(blocks: int) -> int:
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
    right = len(ALPHABET) - len(wrong)
    return f"{right} of {len(ALPHABET)} letters are right. Think of a film of {wrong[0]!r} that is played backwards." if wrong else None


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


EXERCISES: dict[str, Callable[[Any], str | None]] = {
    "first_look.error": judge_error,
    "first_look.reach": judge_reach,
    "first_look.backwards": judge_backwards,
    "correlation.one": judge_one,
    "correlation.cost": judge_cost,
    "correlation.rivals": judge_rivals,
    "displacement.crop": judge_crop,
    "displacement.peak_weight": judge_peak_weight,
    "displacement.rim": judge_rim,
    "motion_squeeze.maps": judge_maps,
    "motion_squeeze.parameters": judge_parameters,
    "motion_squeeze.field": judge_field,
    "network.shift": judge_shift,
    "network.frames_seen": judge_frames_in_reach,
    "network.backwards": judge_gradient,
    "fails.radius": judge_radius,
    "fails.border": judge_border,
    "fails.rival": judge_rival,
}


def check_exercise(name: str, answer: Any = None) -> Verdict:
    """The verdict on an answer; None is no answer yet. Nothing that a student hands in raises an error here.

    Raises KeyError for an exercise that does not exist, with the nearest name.
    """
    if name not in EXERCISES:
        close = difflib.get_close_matches(name, EXERCISES, n=1) or sorted(EXERCISES)
        raise KeyError(f"no exercise is called {name!r}; did you mean {', '.join(close)}?")
    if answer is None:
        return Verdict(False, "No answer yet: put yours in place of None and run the cell again.")
    try:
        hint = EXERCISES[name](answer)
    except Exception as error:
        return Verdict(False, f"The answer could not be checked: {type(error).__name__}: {error}")
    return Verdict(True, "That is right.") if hint is None else Verdict(False, hint)
