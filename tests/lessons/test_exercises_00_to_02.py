"""Lessons 00 to 02: their own answers pass, plausible wrong ones fail, and other parameters run through."""

from functools import lru_cache

import pytest
import torch
from einops import einsum, rearrange, reduce
from lessons import NOTEBOOKS, answers, namespace, solve

import workbench as wb
from workbench.lessons.exercises import EXERCISES

EXERCISES_00_TO_02 = [name for name in EXERCISES if name.startswith(("first_look.", "correlation.", "displacement."))]

LESSONS = [NOTEBOOKS / f"{name}.ipynb" for name in ("00_first_look", "01_correlation", "02_displacement")]
ANSWERS = {name: (path, source) for path in LESSONS for name, source in answers(path).items()}
KNOWN = {"torch": torch, "einsum": einsum, "rearrange": rearrange, "reduce": reduce, "wb": wb}

WRONG = {
    "first_look.error": {
        "squares": "answer = lambda found, truth, seen: ((found - truth) ** 2).sum(1)[seen].mean()",
        "parts": "answer = lambda found, truth, seen: (found - truth).abs().sum(1)[seen].mean()",
        "all cells": "answer = lambda found, truth, seen: (found - truth).norm(dim=1).mean()",
        "unseen cells as zeros": "answer = lambda found, truth, seen: ((found - truth).norm(dim=1) * seen).mean()",
        "mean by pair": "answer = lambda f, t, s: torch.stack([e[m].mean() for e, m in zip((f - t).norm(dim=1), s)]).mean()",
        "difference of lengths": "answer = lambda found, truth, seen: (found.norm(dim=1) - truth.norm(dim=1)).abs()[seen].mean()",
        "a map": "answer = lambda found, truth, seen: (found - truth).norm(dim=1)",
    },
    "first_look.reach": {
        "a number": "answer = 16",
        "cells": "answer = lambda config, stride: config.radius",
        "no dilation": "answer = lambda config, stride: config.radius * stride",
        "the whole window": "answer = lambda config, stride: (2 * config.radius + 1) * config.dilation * stride",
        "both sides": "answer = lambda config, stride: 2 * config.radius * config.dilation * stride",
    },
    "first_look.backwards": {
        "forwards": "answer = lambda scene, model: scene.labels[model(scene.input).logits.argmax()]",
        "mirrored": "answer = lambda scene, model: scene.labels[model(scene.input.flip(dims=[4])).logits.argmax()]",
        "channels": "answer = lambda scene, model: scene.labels[model(scene.input.flip(dims=[2])).logits.argmax()]",
        "a number": "answer = lambda scene, model: model(scene.input.flip(dims=[1])).logits.argmax()",
        "one network": "answer = lambda scene, model: scene.labels[scene.model(scene.input.flip(dims=[1])).logits.argmax()]",
        "a label": "answer = 'left'",
    },
    "correlation.one": {
        "not unit length": "answer = lambda s, t, r, c, dy, dx: (s[:, r, c] @ t[:, (r + dy) % 5, (c + dx) % 6]).relu().item()",
        "dx first": "answer = lambda s, t, r, c, dy, dx: one(s, t, r, c, dx, dy)",
        "negative values": "answer = lambda s, t, r, c, dy, dx: one(s, t, r, c, dy, dx, keep=True)",
        "wraps around": "answer = lambda s, t, r, c, dy, dx: one(s, t, r, c, dy, dx, wrap=True)",
        "from target to source": "answer = lambda s, t, r, c, dy, dx: one(t, s, r, c, dy, dx)",
    },
    "correlation.cost": {
        "radius for window": "answer = lambda h, w, c, radius: h * w * c * radius**2",
        "twice the radius": "answer = lambda h, w, c, radius: h * w * c * (2 * radius) ** 2",
        "one row": "answer = lambda h, w, c, radius: h * w * c * (2 * radius + 1)",
        "no channels": "answer = lambda h, w, c, radius: h * w * (2 * radius + 1) ** 2",
        "all with all": "answer = lambda h, w, c, radius: (h * w) ** 2 * c",
        "inside only": "answer = lambda h, w, c, r: c * sum((abs(y - v) <= r) * (abs(x - u) <= r)"
        " for y in range(h) for x in range(w) for v in range(h) for u in range(w))",
    },
    "correlation.rivals": {
        "with the peak": "answer = lambda volume: (volume >= 0.95 * volume.amax((-2, -1), keepdim=True)).sum((-2, -1))",
        "one peak for all": "answer = lambda volume: (volume >= 0.95 * volume.max()).sum((-2, -1)) - 1",
        "above 0.95": "answer = lambda volume: (volume >= 0.95).sum((-2, -1)) - 1",
        "a row's peak": "answer = lambda volume: (volume >= 0.95 * volume.amax(-1, keepdim=True)).sum((-2, -1)) - 1",
        "a mean": "answer = lambda volume: (volume >= 0.95 * volume.amax((-2, -1), keepdim=True)).sum((-2, -1)).float().mean() - 1",
    },
    "displacement.crop": {
        "a corner": "answer = lambda volume, radius: volume[..., : 2 * radius + 1, : 2 * radius + 1]",
        "the other corner": "answer = lambda volume, radius: volume[..., -2 * radius - 1 :, -2 * radius - 1 :]",
        "one off": "answer = lambda volume, radius: volume[..., 4 - radius : 4 + radius, 4 - radius : 4 + radius]",
        "zeros outside": "answer = lambda volume, radius: volume * 0",
        "every other offset": "answer = lambda v, r: v[..., :: 4 // r, :: 4 // r][..., : 2 * r + 1, : 2 * r + 1]",
    },
    "displacement.peak_weight": {
        "the peak is a rival": "answer = lambda rival, t, r: 1 / (1 + (2 * r + 1) ** 2 * math.exp((rival - 1) / t))",
        "multiplied": "answer = lambda rival, t, r: 1 / (1 + ((2 * r + 1) ** 2 - 1) * math.exp((rival - 1) * t))",
        "no exponential": "answer = lambda rival, t, r: 1 / (1 + ((2 * r + 1) ** 2 - 1) * rival)",
        "one rival": "answer = lambda rival, t, r: 1 / (1 + math.exp((rival - 1) / t))",
        "a row of rivals": "answer = lambda rival, t, r: 1 / (1 + 2 * r * math.exp((rival - 1) / t))",
    },
    "displacement.rim": {
        "only full corners": "answer = lambda v: at(v)[0] & at(v)[1]",
        "only rows": "answer = lambda v: at(v)[0]",
        "only columns": "answer = lambda v: at(v)[1]",
        "a fixed window": "answer = lambda v: (lambda p: (p < 9) | (p >= 72) | (p % 9 == 0) | (p % 9 == 8))(v.flatten(-2).argmax(-1))",
        "a high rim": "answer = lambda v: v[..., 0, :].amax(-1) > 0.9",
        "everywhere": "answer = lambda v: torch.ones(v.shape[:3], dtype=torch.bool)",
    },
}

HELP = """
import math

def one(source, target, row, column, dy, dx, keep=False, wrap=False):
    _, h, w = target.shape
    if not wrap and not (0 <= row + dy < h and 0 <= column + dx < w):
        return 0.0
    here, there = source[:, row, column], target[:, (row + dy) % h, (column + dx) % w]
    cosine = (here @ there) / (here.norm() * there.norm())
    return (cosine if keep else cosine.relu()).item()

def at(volume):
    last = volume.shape[-1] - 1
    peak = volume.flatten(-2).argmax(-1)
    return peak // (last + 1) % last == 0, peak % (last + 1) % last == 0
"""


@lru_cache
def lesson(path):
    """Not at its own parameters, at which tests/test_notebooks.py executes it: nothing moves, the shape is plain, the texture repeats,
    and the speed is beyond every window."""
    return namespace(path, letter="still", camouflage=0.0, speed=40, repetition=1.0, seed=3)


def test_every_exercise_has_an_answer_and_wrong_ones() -> None:
    """The lessons ask what the judges judge, each with an answer and three wrong ones at least."""
    assert set(ANSWERS) == set(EXERCISES_00_TO_02) == set(WRONG)
    assert all(len(wrong) >= 3 for wrong in WRONG.values())


@pytest.mark.parametrize("name", EXERCISES_00_TO_02)
def test_the_lessons_answer_passes(name: str) -> None:
    """The answer hidden in a lesson runs with the lesson's names and is right."""
    path, source = ANSWERS[name]
    verdict = wb.lessons.check_exercise(name, solve(source, lesson(path)))
    assert verdict.passed, verdict.message


@pytest.mark.parametrize(("name", "mistake"), [(name, mistake) for name, wrong in WRONG.items() for mistake in wrong])
def test_a_wrong_answer_fails(name: str, mistake: str) -> None:
    """A plausible mistake is not taken for the answer, and is met with a hint that does not tell it."""
    verdict = wb.lessons.check_exercise(name, solve(HELP + WRONG[name][mistake], KNOWN))
    assert not verdict.passed
    assert "could not be checked" not in verdict.message


@pytest.mark.parametrize("name", EXERCISES_00_TO_02)
@pytest.mark.parametrize("answer", [42, "text", [1, 2], torch.zeros(3)], ids=lambda answer: type(answer).__name__)
def test_a_wrong_type_gets_a_kind_hint(name: str, answer) -> None:
    """What is no function is told so, without a word of Python's errors."""
    verdict = wb.lessons.check_exercise(name, answer)
    assert not verdict.passed
    assert "function" in verdict.message


@pytest.mark.parametrize("name", EXERCISES_00_TO_02)
def test_nothing_that_a_function_does_raises(name: str) -> None:
    """A function that returns nothing or no number is told so; an error of its own is reported, not raised."""
    for answer in (lambda *values: None, lambda *values: object()):
        verdict = wb.lessons.check_exercise(name, answer)
        assert not verdict.passed
        assert "should give back" in verdict.message
    for answer in (lambda: 1, lambda *values: 1 / 0):
        assert "could not be checked" in wb.lessons.check_exercise(name, answer).message


def test_an_unsolved_exercise_says_so() -> None:
    """A lesson runs through before anybody solved anything."""
    assert all("No answer yet" in wb.lessons.check_exercise(name, None).message for name in EXERCISES_00_TO_02)


@pytest.mark.slow
@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_other_parameters_run_through(path) -> None:
    """Whatever the scene allows, the lesson's code runs to its end."""
    assert lesson(path)["seed"] == 3
