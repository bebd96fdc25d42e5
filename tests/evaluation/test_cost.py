"""The laws of counting."""

from dataclasses import replace

import pytest
import torch

from workbench.evaluation.cost import COUNTING_RULE, count_macs, count_parameters, measure_cost
from workbench.model.checkpoint import Preprocessing
from workbench.model.motion import MotionConfig
from workbench.model.msnet import ModelConfig, MSNet
from workbench.training.config import TINY

FRAMES, PAIRS, CELLS = 4, 3, 8 * 8  # of 32 x 32 pixels at stride 4
SMALL = replace(TINY, num_frames=FRAMES, motion=MotionConfig(radius=2, channels=6, first_kernel=5))
CLIP = torch.zeros(1, FRAMES, 3, 32, 32)


def by_hand() -> dict[str, int]:
    """Products a cell of each part of the small network's module: output channels x input channels of its group x kernel."""
    reduced, offsets = 6 * 32, 25 * 6
    expected_offset = 25 * 2
    transform = (3 * 25 + 16 * 3) + (16 * 9 + 32 * 16) + (32 * 9 + 64 * 32) + (64 * 9 + 32 * 64)
    return {"frame": reduced + transform, "pair": offsets + expected_offset}


def test_macs_of_the_module_are_those_of_a_hand_count():
    """Reduce, window x channels, expected offset, and the four separable convolutions; nothing else."""
    cell = by_hand()
    with torch.inference_mode():
        macs, motion, surplus = count_macs(MSNet(SMALL).eval(), CLIP)
        plain = count_macs(MSNet(replace(SMALL, motion=None)).eval(), CLIP)
    assert motion == CELLS * (FRAMES * cell["frame"] + PAIRS * cell["pair"])
    assert macs == motion + plain[0]
    assert plain[1:] == (0, 0)
    assert "offsets x channels" in COUNTING_RULE
    rows = 4 * 8 * (4 + 4) * (8 + 4)  # four source rows meet eight of the padded target's, in each of two blocks
    assert surplus == PAIRS * 6 * (2 * rows - CELLS * 25)


def test_macs_of_the_network_are_those_of_a_hand_count():
    """Frames x cells x output channels x input channels x kernel, of every convolution of tiny TSM and the classifier."""
    stem = 16 * 16 * 16 * 3 * 49
    layers = [(64, 16, 32), (16, 32, 48), (4, 48, 64), (4, 64, 80)]  # cells, channels in and out
    stages = sum(cells * (9 * a * b + 9 * b * b + a * b) for cells, a, b in layers)
    with torch.inference_mode():
        assert count_macs(MSNet(replace(SMALL, motion=None)).eval(), CLIP)[0] == FRAMES * (stem + stages + 80 * 18)


def test_the_papers_network_costs_what_the_design_says():
    """In ResNet-50 at 28 x 28 cells and 8 frames the module adds 70,905 parameters and about 0.5 GMAC to 33."""
    model = MSNet(ModelConfig()).eval()
    with torch.inference_mode():
        macs, motion, _ = count_macs(model, torch.zeros(1, 8, 3, 224, 224))
    assert count_parameters(model.motion) == 70_905
    assert motion == pytest.approx(0.516e9, rel=0.01)
    assert macs - motion == pytest.approx(32.7e9, rel=0.01)


def test_two_modules_cost_the_sum():
    """With a second module all its products are counted as motion, too."""
    with torch.inference_mode():
        both = count_macs(MSNet(replace(SMALL, motion_after=("stem", "layer1"))).eval(), CLIP)
        stem, layer1 = (count_macs(MSNet(replace(SMALL, motion_after=(name,))).eval(), CLIP) for name in ("stem", "layer1"))
    assert both[1:] == (stem[1] + layer1[1], stem[2] + layer1[2])


@pytest.mark.parametrize("motion", [SMALL.motion, None], ids=["MSNet", "TSM"])
def test_a_measurement_says_all_and_leaves_the_model(motion):
    """Parameters are the model's own, speed is measured, the words carry the numbers, and the mode is put back."""
    model = MSNet(replace(SMALL, motion=motion)).train()
    cost = measure_cost(model, Preprocessing(size=32))
    assert cost.parameters == count_parameters(model)
    assert 0 < cost.clips_per_second < 100_000
    assert model.training
    assert (cost.macs_done > cost.macs) == ("for motion" in str(cost)) == (motion is not None)
    assert f"{cost.parameters:,} parameters" in str(cost)
    assert "threads" in str(cost)
