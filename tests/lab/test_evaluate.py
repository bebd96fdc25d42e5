"""The laws of evaluation."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from workbench.data.alphabet import MotionAlphabet
from workbench.lab.config import TINY
from workbench.lab.evaluate import Evaluation, evaluate, mean_errors, truth_on_grid, wilson_interval
from workbench.model.checkpoint import Preprocessing
from workbench.model.msnet import MSNet


def test_the_last_batch_counts():
    """Every clip is counted once, whatever the batch size, and the result is the same."""
    torch.manual_seed(0)
    model, clips = MSNet(TINY), MotionAlphabet("test", 0.5, size=32, length=10)
    by_four, by_three = (evaluate(model, clips, Preprocessing(), size) for size in (4, 3))
    assert by_four.clips == 10 and np.array_equal(by_four.confusion, by_three.confusion)
    assert by_four.endpoint_error == pytest.approx(by_three.endpoint_error, rel=1e-4)
    assert model.training, "the model's mode is put back"


def test_no_motion_has_no_endpoint_error():
    quality = evaluate(MSNet(replace(TINY, motion=None)), MotionAlphabet("test", 0.5, size=32, length=3), Preprocessing())
    assert np.isnan(quality.endpoint_error)


def test_accuracy_is_the_diagonal():
    quality = Evaluation(np.array([[3, 1], [2, 4]]), 0.0, 0.0)
    assert quality.accuracy == 0.7
    assert quality.interval[0] < 0.7 < quality.interval[1]


@pytest.mark.parametrize(("right", "total", "low", "high"), [(0, 10, 0.0, 0.2775), (81, 263, 0.2553, 0.3662), (10, 10, 0.7225, 1.0)])
def test_wilson(right, total, low, high):
    """Values from Newcombe, Statistics in Medicine 17 (1998), and at the ends within [0, 1]."""
    assert wilson_interval(right, total) == pytest.approx((low, high), abs=1e-3)


def test_truth_is_the_mean_of_a_cell():
    """A cell's truth is its pixels' mean; one hidden pixel hides the cell."""
    displacement, visible = torch.zeros(1, 2, 4, 8), torch.ones(1, 4, 8, dtype=torch.bool)
    displacement[0, 0, :2, :2] = torch.tensor([[1.0, 2.0], [3.0, 6.0]])
    visible[0, 3, 7] = False
    truth, seen = truth_on_grid(displacement, visible, (2, 4))
    assert truth[0, 0, 0, 0] == 3 and truth[0, 1].abs().sum() == 0
    assert seen[0].tolist() == [[True] * 4, [True, True, True, False]]


def test_errors_over_all_and_over_what_moves():
    error, moving = mean_errors([(torch.tensor([0.0, 1.0]), torch.tensor([0.0, 2.0])), (torch.tensor([2.0]), torch.tensor([4.0]))])
    assert (error, moving) == (1.0, 1.5)
