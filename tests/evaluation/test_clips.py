"""The laws of evaluation."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from workbench.data.alphabet.dataset import MotionAlphabet
from workbench.evaluation.clips import compare_with_truth, displacement_errors, evaluate, truth_on_grid
from workbench.evaluation.metrics import BINS, LEVELS, Evaluation, mean_over_cells, whole_edges, wilson_interval
from workbench.model.checkpoint import Preprocessing
from workbench.model.motion import Motion
from workbench.model.msnet import MSNet, Prediction
from workbench.training.config import TINY

LABELS = ("still", "left", "right")


def answers(truth, predicted, **changes) -> Evaluation:
    """An Evaluation made by hand, whose other columns are unremarkable."""
    n = len(truth)
    columns = {name: np.full(n, 0.5) for name in ("loss", "probability", "speed", "camouflage", "error", "error_moving", "length_moving")}
    columns |= {"cells": np.full(n, 4), "cells_moving": np.full(n, 2)}
    return Evaluation(LABELS, truth=np.array(truth), predicted=np.array(predicted), **columns | changes)


@pytest.fixture(scope="module")
def model() -> MSNet:
    torch.manual_seed(0)
    return MSNet(TINY)


def test_every_clip_counts_once(model):
    """The result does not depend on the batch size, the last batch may be smaller, and the model's mode is put back."""
    clips = MotionAlphabet("test", 0.5, size=32, length=10)
    by_four, by_three = (evaluate(model, clips, Preprocessing(), size) for size in (4, 3))
    for name in set(vars(by_four)) - {"labels"}:
        np.testing.assert_allclose(getattr(by_four, name), getattr(by_three, name), rtol=1e-4)
    assert by_four.clips == 10 == by_four.confusion.sum()
    assert by_four.truth.tolist() == list(range(10))
    assert model.training


def test_each_column_is_the_clips_own(model):
    """Speed and camouflage are the clip's, the loss is minus the log of the probability of the truth."""
    clips = MotionAlphabet("test", (0.2, 0.9), size=32, length=20)
    quality = evaluate(model, clips, Preprocessing())
    assert quality.speed.tolist() == [clip.speed for clip in clips]
    assert quality.camouflage.tolist() == [clip.camouflage for clip in clips]
    np.testing.assert_allclose(quality.loss[quality.right], -np.log(quality.probability[quality.right]), atol=1e-5)
    assert (quality.loss[~quality.right] >= -np.log(quality.probability[~quality.right]) - 1e-5).all()


def test_errors_over_all_cells_equal_the_plain_mean(model):
    """Kept clip by clip, the overall errors are those of all visible cells put into one heap."""
    clips = MotionAlphabet("test", 0.5, size=32, length=12)
    quality = evaluate(model, clips, Preprocessing(), 5)

    model.eval()
    with torch.inference_mode():
        frames = torch.from_numpy(np.stack([clip.frames for clip in clips])).float() / 255
        mean, std = (torch.tensor(values).reshape(3, 1, 1) for values in (Preprocessing().mean, Preprocessing().std))
        prediction = model((frames.movedim(-1, 2) - mean) / std)
        error, length = (torch.cat(values) for values in zip(*displacement_errors(model, prediction, list(clips)), strict=True))
    model.train()

    assert quality.endpoint_error == pytest.approx(error.double().mean().item(), rel=1e-4)
    assert quality.moving_error == pytest.approx(error[length >= 0.5].double().mean().item(), rel=1e-4)
    assert quality.moving_length == pytest.approx(length[length >= 0.5].double().mean().item(), rel=1e-4)
    assert quality.cells.sum() == len(error)
    assert np.isnan(quality.error_moving[0]), "clip 0 is still: no cell moves"


def answer(displacement: torch.Tensor) -> Prediction:
    """What a network would say that found this displacement `7 2 8 8`, in units of the window's reach."""
    motion = Motion(displacement[None], torch.ones(1, 7, 1, 8, 8), torch.ones(1, 7, 8, 8, 9, 9))
    return Prediction(torch.zeros(1, 18), torch.zeros(1, 8, 18), {"layer1": motion})


def test_errors_are_in_pixels(model):
    """The true displacement has no error; the full reach to the right, 4 cells of 4 pixels, on a clip at rest has one of 16."""
    still, right = (MotionAlphabet("test", 0.5, size=32)[i] for i in (0, 2))
    truth, _ = truth_on_grid(torch.from_numpy(right.displacement), torch.from_numpy(right.visible), (8, 8))
    ((error, length),) = displacement_errors(model, answer(truth / 16), [right])
    assert error.max() < 1e-5 < length.max()

    far = torch.zeros(7, 2, 8, 8)
    far[:, 0] = 1
    ((error, length),) = displacement_errors(model, answer(far), [still])
    np.testing.assert_allclose(error, np.full(7 * 8 * 8, 16.0), rtol=1e-6)
    assert length.max() < 1e-6


def test_a_comparison_is_what_the_errors_are_of(model):
    """Learned minus true displacement, where visible, gives the clip's endpoint error; without motion nothing is learned."""
    clips = MotionAlphabet("test", 0.5, size=32, length=2)
    seen, quality = compare_with_truth(model.eval(), clips[1], Preprocessing()), evaluate(model, clips, Preprocessing())
    error = np.linalg.norm(seen.learned - seen.truth, axis=1)[seen.visible]
    assert error.mean() == pytest.approx(quality.error[1], rel=1e-3)
    assert len(error) == quality.cells[1]
    plain = compare_with_truth(MSNet(replace(TINY, motion=None)).eval(), clips[1], Preprocessing())
    assert plain.learned is None
    assert np.array_equal(plain.truth, seen.truth)
    model.train()


def test_no_motion_has_no_endpoint_error():
    quality = evaluate(MSNet(replace(TINY, motion=None)), MotionAlphabet("test", 0.5, size=32, length=3), Preprocessing())
    assert np.isnan([quality.endpoint_error, quality.moving_error, *quality.error]).all()
    assert "endpoint" not in str(quality)


def test_no_clips_are_refused(model):
    with pytest.raises(ValueError, match="no clips"):
        evaluate(model, MotionAlphabet("test", 0.5, size=32, length=0), Preprocessing())


def test_accuracy_is_the_diagonal():
    quality = answers([0, 0, 0, 0, 1, 1, 1, 1, 1, 1], [0, 0, 0, 1, 0, 0, 1, 1, 1, 1])
    assert quality.confusion.tolist() == [[3, 1, 0], [2, 4, 0], [0, 0, 0]]
    assert quality.accuracy == 0.7
    assert quality.interval[0] < 0.7 < quality.interval[1]
    assert "10 clips: accuracy 70.0 % (95 % interval" in str(quality)


@pytest.mark.parametrize(("right", "total", "low", "high"), [(0, 10, 0.0, 0.2775), (81, 263, 0.2553, 0.3662), (10, 10, 0.7225, 1.0)])
def test_wilson(right, total, low, high):
    """Values from Newcombe, Statistics in Medicine 17 (1998), and at the ends within [0, 1]."""
    assert wilson_interval(right, total) == pytest.approx((low, high), abs=1e-3)


def test_a_class_has_its_share_and_its_commonest_mistake():
    """A row for each class that occurs; no mistake, no name."""
    rows = answers([0, 0, 0, 0, 2, 2], [0, 1, 2, 1, 2, 2]).per_class()
    assert [(row["label"], row["clips"], row["accuracy"], row["mistaken_for"]) for row in rows] == [
        ("still", 4, 0.25, "left"), ("right", 2, 1.0, "")]  # fmt: skip
    assert all(row["low"] <= row["accuracy"] <= row["high"] for row in rows)


def test_speeds_are_of_what_moves():
    """Each moving clip lies in exactly one bin, the fastest too; clips at rest in none."""
    quality = answers([0, 1, 1, 2, 2], [0, 1, 0, 2, 2], speed=np.array([0.0, 1.0, 1.9, 2.0, 4.0]))
    rows = quality.by_speed()
    assert [(row["from"], row["to"], row["clips"], row["accuracy"]) for row in rows] == [(1, 2, 2, 0.5), (2, 3, 1, 1.0), (3, 4, 1, 1.0)]
    assert [row["value"] for row in rows] == [1.45, 2.0, 4.0]
    assert answers([0], [0], speed=np.zeros(1)).by_speed() == []


@pytest.mark.parametrize("values", [[3.0], [3.2], [1.0, 8.0], [0.1, 30.7], [0.0, 100.0]])
def test_edges_are_whole_and_few_and_hold_everything(values):
    edges = whole_edges(np.array(values))
    assert 2 <= len(edges) <= BINS + 1
    assert edges[0] <= min(values)
    assert max(values) <= edges[-1]
    assert all(edge == int(edge) for edge in edges)
    assert len(set(np.diff(edges).tolist())) == 1


def test_camouflage_is_by_level_or_by_quarter():
    """A few levels have a row each; values drawn from a range go into quarters of it."""
    few = answers([0, 1, 2], [0, 1, 1], camouflage=np.array([0.0, 1.0, 1.0])).by_camouflage()
    assert [(row["value"], row["clips"], row["accuracy"]) for row in few] == [(0.0, 1, 1.0), (1.0, 2, 0.5)]
    many = np.linspace(0, 1, LEVELS + 1)
    rows = answers([0] * len(many), [0] * len(many), camouflage=many).by_camouflage()
    assert [(row["from"], row["to"]) for row in rows] == [(0, 0.25), (0.25, 0.5), (0.5, 0.75), (0.75, 1)]
    assert sum(row["clips"] for row in rows) == len(many)


def test_the_worst_come_first():
    quality = answers([0, 1, 2, 1], [0, 0, 2, 0], loss=np.array([0.1, 3.0, 0.2, 5.0]))
    assert quality.worst(2) == [3, 1]
    assert quality.worst(99) == [3, 1, 2, 0]


def test_a_clip_counts_by_its_cells():
    """The overall error weighs a clip's mean by its cells; clips without any say nothing."""
    assert mean_over_cells(np.array([1.0, np.nan, 4.0]), np.array([2, 0, 1])) == 2.0
    assert np.isnan(mean_over_cells(np.array([np.nan]), np.array([0])))


def test_truth_is_the_mean_of_a_cell():
    """A cell's truth is its pixels' mean; one hidden pixel hides the cell."""
    displacement, visible = torch.zeros(1, 2, 4, 8), torch.ones(1, 4, 8, dtype=torch.bool)
    displacement[0, 0, :2, :2] = torch.tensor([[1.0, 2.0], [3.0, 6.0]])
    visible[0, 3, 7] = False
    truth, seen = truth_on_grid(displacement, visible, (2, 4))
    assert truth[0, 0, 0, 0] == 3
    assert truth[0, 1].abs().sum() == 0
    assert seen[0].tolist() == [[True] * 4, [True, True, True, False]]
