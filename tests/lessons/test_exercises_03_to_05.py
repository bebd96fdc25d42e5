"""Lessons 03 to 05: their own answers pass, plausible wrong ones fail, other parameters run through; and what they are built on."""

from functools import lru_cache

import nbformat
import pytest
import torch
from einops import rearrange
from lessons import NOTEBOOKS, answers, namespace, solve

import workbench as wb
from workbench.lessons.exercises import EXERCISES
from workbench.lessons.measure import sample_clips
from workbench.lessons.scene import Scene, shipped_network
from workbench.lessons.stages import stage_features, stage_table
from workbench.model.interventions import ALTERATIONS, answer_with_maps, features_and_maps
from workbench.model.motion import motion_maps
from workbench.model.msnet import ModelConfig, MSNet

EXERCISES_03_TO_05 = [name for name in EXERCISES if name.startswith(("motion_squeeze.", "network.", "fails."))]

LESSONS = [NOTEBOOKS / f"{name}.ipynb" for name in ("03_motion_squeeze", "04_network", "05_when_it_fails")]
ANSWERS = {name: (path, source) for path in LESSONS for name, source in answers(path).items()}
KNOWN = {"torch": torch, "rearrange": rearrange, "wb": wb}

WRONG = {
    "motion_squeeze.maps": {
        "pairs only": "answer = lambda d, c: torch.cat([d, c], dim=2)",
        "first pair repeated": "answer = lambda d, c: torch.cat([torch.cat([d, c], 2)[:, :1], torch.cat([d, c], 2)], 1)",
        "zeros for the last": "answer = lambda d, c: torch.cat([torch.cat([d, c], 2), torch.zeros_like(torch.cat([d, c], 2)[:, :1])], 1)",
        "confidence first": "answer = lambda d, c: (lambda m: torch.cat([m, m[:, -1:]], 1))(torch.cat([c, d], 2))",
        "y before x": "answer = lambda d, c: (lambda m: torch.cat([m, m[:, -1:]], 1))(torch.cat([d.flip(2), c], 2))",
        "a tensor": "answer = torch.zeros(1, 8, 3, 16, 16)",
    },
    "motion_squeeze.parameters": {
        "ordinary convolutions": "answer = lambda c, k: 3 * 16 * k * k + 9 * (16 * 32 + 32 * 64 + 64 * c)",
        "no BatchNorm": "answer = lambda c, k: 3 * k * k + 9 * 112 + 48 + 512 + 2048 + 64 * c",
        "BatchNorm after the pointwise only": "answer = lambda c, k: 3 * k * k + 9 * 112 + 48 + 512 + 2048 + 64 * c + 2 * (112 + c)",
        "a number": "answer = 6329",
        "kernel 7 always": "answer = lambda c, k: 3 * 49 + 9 * 112 + 48 + 512 + 2048 + 64 * c + 2 * (115 + 112 + c)",
    },
    "motion_squeeze.field": {
        "the first kernel alone": "answer = lambda k, stride: k * stride",
        "cells": "answer = lambda k, stride: k + 6",
        "sum of the kernels": "answer = lambda k, stride: (k + 9) * stride",
        "one too many": "answer = lambda k, stride: (k + 7) * stride",
        "a number": "answer = 52",
    },
    "network.shift": {
        "wraps around": "answer = lambda f, t, d: shift(f, t, d, wrap=True)",
        "directions exchanged": "answer = lambda f, t, d: shift(f, t, d, ahead=-1)",
        "across clips": "answer = lambda f, t, d: shift(f, len(f), d)",
        "keeps the ends": "answer = lambda f, t, d: shift(f, t, d, keep=True)",
        "no shift": "answer = lambda f, t, d: f",
    },
    "network.frames_seen": {
        "one side": "answer = lambda blocks: 1 + blocks",
        "doubling": "answer = lambda blocks: 1 + 2**blocks",
        "powers of three": "answer = lambda blocks: 3**blocks",
        "neighbours only": "answer = lambda blocks: 3",
        "without itself": "answer = lambda blocks: 2 * blocks",
    },
    "network.backwards": {
        "nothing changes": "answer = lambda label: label",
        "in a mirror": "answer = lambda label: swap(label, 'left right', 'clockwise counter-clockwise')",
        "the four drifts only": "answer = lambda label: swap(label, 'left right', 'up down')",
        "shakes exchanged": "answer = lambda label: {'shake sideways': 'shake up and down'}.get(label, label)",
        "a dictionary": "answer = {'left': 'right'}",
    },
    "fails.radius": {
        "rounded down": "answer = lambda speed, stride, dilation: max(int(speed / (stride * dilation)), 1)",
        "rounded": "answer = lambda speed, stride, dilation: max(round(speed / (stride * dilation)), 1)",
        "one too many": "answer = lambda speed, stride, dilation: int(speed / (stride * dilation)) + 1",
        "no dilation": "answer = lambda speed, stride, dilation: -int(-speed // stride)",
        "not rounded": "answer = lambda speed, stride, dilation: speed / (stride * dilation)",
    },
    "fails.border": {
        "rows only": "answer = lambda v: at(v)[0] % (v.shape[-1] - 1) == 0",
        "columns only": "answer = lambda v: at(v)[1] % (v.shape[-1] - 1) == 0",
        "corners": "answer = lambda v: (at(v)[0] % (v.shape[-1] - 1) == 0) & (at(v)[1] % (v.shape[-1] - 1) == 0)",
        "a window of 9": "answer = lambda v: (at(v)[0] % 8 == 0) | (at(v)[1] % 8 == 0)",
        "a high rim": "answer = lambda v: v[..., 0, :].amax(-1) > 0.9",
    },
    "fails.rival": {
        "the second largest": "answer = lambda v: (lambda top: top[..., 0] - top[..., 1])(v.flatten(-2).topk(2).values)",
        "the mean of the others": "answer = lambda v: v.amax((-2, -1)) - v.mean((-2, -1))",
        "the smallest": "answer = lambda v: v.amax((-2, -1)) - v.amin((-2, -1))",
        "around the middle": "answer = lambda v: v.amax((-2, -1)) - v.masked_fill(torch.eye(v.shape[-1]).bool(), 0).amax((-2, -1))",
        "the peak itself": "answer = lambda v: v.amax((-2, -1))",
    },
}

HELP = """
def shift(features, t, div, ahead=1, wrap=False, keep=False):
    frames = rearrange(features, "(b t) c h w -> b t c h w", t=t)
    fold, out = frames.shape[2] // div, frames.clone()
    for part, step in ((slice(0, fold), ahead), (slice(fold, 2 * fold), -ahead)):
        out[:, :, part] = frames[:, :, part].roll(-step, dims=1)
        end = -1 if step > 0 else 0
        if not wrap:
            out[:, end, part] = frames[:, end, part] if keep else 0
    return rearrange(out, "b t c h w -> (b t) c h w")

def swap(label, *pairs):
    for pair in pairs:
        one, other = pair.split()
        words = label.split()
        label = " ".join({one: other, other: one}.get(word, word) for word in words)
    return label

def at(volume):
    peak = volume.flatten(-2).argmax(-1)
    return peak // volume.shape[-1], peak % volume.shape[-1]
"""


OTHERS = {  # parameters, not a lesson's own, at which tests/test_notebooks.py executes it
    "03_motion_squeeze": {"letter": "orbit", "camouflage": 0.0, "speed": 30.0, "seed": 5},
    "04_network": {"letter": "approach", "camouflage": 0.3, "seed": 2},
    "05_when_it_fails": {"seed": 7},
}


@lru_cache
def lesson(path):
    return namespace(path, **OTHERS[path.stem])


def test_every_exercise_has_an_answer_and_wrong_ones() -> None:
    """The lessons ask what the judges judge, each with an answer and three wrong ones at least."""
    assert set(ANSWERS) == set(EXERCISES_03_TO_05) == set(WRONG)
    assert all(len(wrong) >= 3 for wrong in WRONG.values())


@pytest.mark.parametrize("name", EXERCISES_03_TO_05)
def test_the_lessons_answer_passes(name: str) -> None:
    """The answer hidden in a lesson runs with the lesson's names and is right."""
    path, source = ANSWERS[name]
    verdict = wb.lessons.check_exercise(name, solve(source, lesson(path)))
    assert verdict.passed, verdict.message


@pytest.mark.parametrize(("name", "mistake"), [(name, mistake) for name, wrong in WRONG.items() for mistake in wrong])
def test_wrong_answers_get_a_hint(name: str, mistake: str) -> None:
    """A plausible mistake does not pass, and is met with a hint, not with an exception."""
    names = dict(KNOWN)
    exec(HELP, names)
    verdict = wb.lessons.check_exercise(name, solve(WRONG[name][mistake], names))
    assert not verdict.passed, verdict.message
    assert "could not be checked" not in verdict.message, verdict.message


@pytest.mark.parametrize("name", EXERCISES_03_TO_05)
@pytest.mark.parametrize("answer", [3, "three", [1, 2], torch.zeros(2)])
def test_another_kind_of_answer_gets_a_kind_hint(name: str, answer: object) -> None:
    """What is no function is asked for as a function."""
    assert "function" in wb.lessons.check_exercise(name, answer).message


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_is_built_as_lessons_are(path) -> None:
    """One cell of parameters, which comes first; a config read from it; cells of 15 lines at most; no outputs."""
    code = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    assert [cell.metadata.get("tags") == ["parameters"] for cell in code] == [True] + [False] * (len(code) - 1)
    assert "wb.read_parameters(wb.lessons.Scene, globals())" in code[1].source
    assert max(len(cell.source.splitlines()) for cell in code) <= 15
    assert not any(cell.outputs or cell.execution_count for cell in code)


@pytest.mark.slow
@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_other_parameters_run_through(path) -> None:
    """Whatever the scene allows, the lesson's code runs to its end."""
    assert OTHERS[path.stem].items() <= lesson(path).items()


def test_maps_as_found_are_the_networks_own() -> None:
    """Going on from the module's own maps gives the network's own logits, so that what an alteration changes is its doing."""
    scene = Scene()
    features, maps = features_and_maps(scene.model, scene.input)
    torch.testing.assert_close(answer_with_maps(scene.model, features, maps), scene.prediction.logits)
    torch.testing.assert_close(maps, motion_maps(scene.motion))


def test_the_answer_follows_the_maps() -> None:
    """Turned round, letters become their partners; without displacement nothing is left; a constant confidence does no harm."""
    clips = sample_clips(Scene())
    model = shipped_network().model
    features, maps = features_and_maps(model, clips.input)
    shares = {name: clips.shares(answer_with_maps(model, features, alter(maps)), "mirrored") for name, alter in ALTERATIONS.items()}
    own, partners = "own name: all letters", "partner's name: same letters"
    assert shares["as found"][own] > 0.9
    assert shares["confidence 1"][own] > 0.9
    assert shares["displacement zero"][own] < 0.2
    assert shares["x and y turned round"][partners] > 0.8


def test_the_table_of_stages_counts_every_parameter() -> None:
    """The rows sum to the network's parameters, whatever its backbone; their shapes are those of the features."""
    shipped = [shipped_network(name).model for name in ("msnet-tiny", "tsm-tiny", "tsn-tiny")]
    for model in (*shipped, MSNet(ModelConfig("efficientnet-lite0", num_classes=2)).eval()):
        table = stage_table(model, torch.zeros(1, 8, 3, 64, 64))
        assert table.parameters == sum(parameter.numel() for parameter in model.parameters())
        shapes = [" × ".join(map(str, features.shape)) for features in stage_features(model, torch.zeros(1, 8, 3, 64, 64)).values()]
        assert [row[2] for row in table.rows][: len(shapes)] == shapes
        assert "<table>" in table._repr_html_()
        assert "layer4" in repr(table)


def test_stages_are_told_as_they_are() -> None:
    """Convolutions and pooling of the stem, blocks, and in how many of them channels are shifted."""
    clip = torch.zeros(1, 2, 3, 64, 64)
    lite, resnet = (
        {row[0]: row[1] for row in stage_table(MSNet(ModelConfig(name, num_classes=2)).eval(), clip).rows}
        for name in ("efficientnet-lite0", "resnet18")
    )
    assert (lite["stem"], resnet["stem"]) == ("3 convolutions", "one convolution and pooling")
    assert lite["layer4"] == "5 residual blocks, 2 in 8 channels shifted in 3 of them"
    assert resnet["layer4"] == "2 residual blocks, 2 in 8 channels shifted"
