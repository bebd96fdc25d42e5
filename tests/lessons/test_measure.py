"""Laws of what lessons 00 and 01 measure with: separation, the shipped networks by name, a scene without texture."""

import math
from dataclasses import asdict

import numpy as np
import pytest
import torch

import workbench as wb
from workbench.lessons.measure import colour_and_motion, moving_cells, separation
from workbench.lessons.scene import FlatScene, Scene, shipped_network


def test_separation_is_the_share_of_pairs_in_order() -> None:
    """Counted over all pairs of a moving and a resting cell, one by one: a higher score counts 1, an equal one a half."""
    generator = torch.Generator().manual_seed(0)
    score = torch.randint(0, 6, (3, 4, 5), generator=generator).float()
    moving = torch.rand(3, 4, 5, generator=generator) < 0.3
    pairs = [(a > b) + (a == b) / 2 for a in score[moving].tolist() for b in score[~moving].tolist()]
    assert separation(score, moving) == pytest.approx(np.mean(pairs))


def test_separation_has_ends_and_a_middle() -> None:
    """1 where every moving cell scores higher, 0 where lower, 0.5 where all score alike, nan where there is nothing to compare."""
    score, moving = torch.arange(6.0), torch.tensor([False] * 3 + [True] * 3)
    assert (separation(score, moving), separation(-score, moving), separation(0 * score, moving)) == (1, 0, 0.5)
    assert math.isnan(separation(score, moving | True))
    assert math.isnan(separation(score, moving & False))


def test_camouflage_hides_colour_and_not_motion() -> None:
    """Without camouflage both tell the moving cells; under full camouflage colour is near guessing, motion is not."""
    (plain_colour, plain_motion), (hidden_colour, hidden_motion) = (
        colour_and_motion(wb.MotionAlphabet("test", camouflage, speed=(4.0, 4.0))) for camouflage in (0.0, 1.0)
    )
    assert plain_colour > 0.65
    assert abs(hidden_colour - 0.5) < 0.12
    assert plain_motion > 0.85
    assert hidden_motion > 0.85


def test_moving_cells_are_those_of_the_shape() -> None:
    """Nothing moves in a still clip; where the camera moves, all does; a shape that drifts is a part."""
    share = {letter: moving_cells(Scene(letter=letter).clip, (16, 16)).float().mean() for letter in ("still", "camera left", "left")}
    assert share["still"] == 0
    assert share["camera left"] == 1
    assert 0.02 < share["left"] < 0.5


def test_the_slow_half_counts_as_rest() -> None:
    """Cell by cell from the mean of its 16 pixels: moving is at least half as far as the fastest, which tells a rim from a middle."""
    clip = Scene(letter="closer", seed=1).clip
    length = np.hypot(*[[[[pair[4 * y : 4 * y + 4, 4 * x : 4 * x + 4].mean() for x in range(16)] for y in range(16)] for pair in axis]
                        for axis in clip.displacement.swapaxes(0, 1)])  # fmt: skip
    slow = (length > 0.01) & (length < 0.49 * length.max())
    moving = moving_cells(clip, (16, 16)).numpy()
    assert slow.any()
    assert not moving[slow].any()
    assert moving[length > 0.51 * length.max()].all()


@pytest.mark.parametrize(("name", "motion", "shift"), [("msnet-tiny", True, True), ("tsm-tiny", False, True), ("tsn-tiny", False, False)])
def test_shipped_networks_are_what_their_names_say(name: str, motion: bool, shift: bool) -> None:
    """MSNet has the module and the shift, TSM the shift, TSN neither; all know the alphabet."""
    network = shipped_network(name)
    assert (network.model.config.motion is not None, network.model.config.shift_div is not None) == (motion, shift)
    assert network.labels == wb.MotionAlphabet.labels
    assert not network.model.training


def test_an_unknown_network_is_named() -> None:
    """The error says which networks there are."""
    with pytest.raises(FileNotFoundError, match=r"msnet-tiny.*tsm-tiny.*tsn-tiny"):
        shipped_network("resnet50")


def test_a_flat_scene_has_one_colour_and_no_peak() -> None:
    """Every pixel is alike, and so are the correlations of a cell whose window lies well inside the frame."""
    scene = Scene(letter="up")
    flat = FlatScene(**asdict(scene))
    assert flat.frames.shape == scene.frames.shape
    assert len(np.unique(flat.frames.reshape(-1, 3), axis=0)) == 1
    assert flat.motion.correlation[0, :, 8, 8].min() > 0.999
