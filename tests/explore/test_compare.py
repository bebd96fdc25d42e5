"""The laws of two networks on one clip."""

from copy import copy
from dataclasses import replace

import numpy as np
import pytest

import workbench as wb
from workbench.explore.compare import NetworkComparison, describe_matching
from workbench.model.checkpoint import Preprocessing
from workbench.video.sampling import segment_indices

NASA = next(sample.path for sample in wb.sample_videos() if sample.name == "nasa")


@pytest.fixture(scope="module")
def tsm() -> wb.Explorer:
    return wb.Explorer.load("tsm-tiny")


@pytest.fixture(scope="module")
def beside(explorer, tsm) -> NetworkComparison:
    return wb.compare(explorer, tsm, NASA, config_b=wb.LookConfig(layer="layer1", resolution=96))


@pytest.mark.parametrize("asked", [{"stride": 3, "frames": 5, "mirrored": True}, {"start": 1.3, "seconds": 0.7, "frames": 12}])
def test_both_look_at_the_same_frames(explorer, tsm, asked) -> None:
    """Indices, times, span and pixels are those that A chooses, whatever B was trained on or would have chosen by itself."""
    other = replace(tsm, preprocessing=Preprocessing(size=64))
    both = wb.compare(explorer, other, NASA, wb.LookConfig(**asked), wb.LookConfig(start=9.0, frames=4, stride=1, layer="layer1"))
    assert both.a.indices == both.b.indices
    assert both.a.times == both.b.times
    assert both.a.span == both.b.span
    assert np.array_equal(both.a.frames, both.b.frames)
    assert both.a.pairs == both.b.pairs
    assert both.b.config.layer == "layer1"
    assert both.b.network == "tsm-tiny"


def test_segments_of_a_whole_video_are_followed(explorer, tsm) -> None:
    """Where A spreads its eight frames over the whole video, a B of five frames of short clips does so, too."""
    whole = replace(explorer, preprocessing=Preprocessing(size=64))
    model = copy(tsm.model)
    model.config = replace(model.config, num_frames=5)
    both = wb.compare(whole, replace(tsm, model=model), NASA)
    assert both.b.indices == tuple(segment_indices(both.a.info.num_frames, 8))


def test_the_other_answers_as_if_it_had_looked_itself(tsm, beside) -> None:
    """From the frames kept, without the file: the same crops, probabilities and displacement, to the bit."""
    alone = tsm.look(NASA, beside.a.config, layer="layer1", resolution=96)
    assert np.array_equal(beside.b.crops, alone.crops)
    assert np.array_equal(beside.b.probabilities, alone.probabilities)
    assert np.array_equal(beside.b.displacement, alone.displacement)
    assert np.array_equal(beside.b.peak_on_border, alone.peak_on_border)
    assert beside.b.scores.shape == (1, len(tsm.labels))
    assert beside.b.slow is None


def test_what_was_seen_is_not_looked_at_again(explorer, tsm, beside) -> None:
    """A's exploration is taken as it is, and B follows its config."""
    again = wb.compare(explorer, tsm, NASA, exploration=beside.a)
    assert again.a is beside.a
    assert again.b.indices == beside.a.indices


def test_agreement_is_on_the_coarser_grid(beside) -> None:
    """B is read at half the resolution: its grid and its cell are those of the agreement."""
    exploration = beside.agreement(3)
    assert exploration.difference.shape == beside.b.correspondences.grid != beside.a.correspondences.grid
    assert exploration.cell == beside.b.correspondences.cell
    assert np.isfinite(exploration.difference).all()
    assert 0 < exploration.share <= 1


def test_a_network_agrees_with_itself(explorer, beside) -> None:
    """Looking again finds the same, everywhere and in every pair."""
    both = wb.compare(explorer, explorer, NASA, exploration=beside.a)
    assert all(both.agreement(pair).median == 0 and both.agreement(pair).share == 1 for pair in range(both.pairs))
    assert both.names == ("A: msnet-small", "B: msnet-small")


def test_two_knobs_are_two_settings(beside) -> None:
    """A reading turned stands beside the one it came from, without looking again."""
    exploration = beside.a
    both = NetworkComparison(exploration, replace(exploration, correspondences=exploration.correspondences.with_settings(sigma=0.0)))
    assert 0 < both.agreement(0).median < exploration.correspondences.cell


def test_without_a_motion_module_there_is_no_agreement_and_it_says_so(explorer, tsm, beside) -> None:
    """TSM beside MSNet, without a layer to match: pairs of one alone."""
    both = wb.compare(explorer, tsm, NASA, exploration=beside.a)
    assert both.pairs == 7
    assert describe_matching(both.b) == "no motion module: no correspondences"
    with pytest.raises(ValueError, match="tsm-tiny has no motion module: no correspondences; choose the layer"):
        both.agreement(0)


def test_how_it_was_read_is_in_the_caption(beside) -> None:
    assert describe_matching(beside.a) == "motion module after layer1, 57 × 32 cells"
    assert describe_matching(beside.b).startswith("features of layer1, not trained to match")


@pytest.mark.parametrize("pair", [-1, 7])
def test_a_pair_that_is_not_there_is_said(beside, pair) -> None:
    with pytest.raises(ValueError, match=f"0 to 6, got {pair}"):
        beside.agreement(pair)


def test_different_frames_are_not_beside_each_other(explorer, beside) -> None:
    with pytest.raises(ValueError, match="need the same frames"):
        NetworkComparison(beside.a, explorer.look(NASA, start=0.0))


def test_answers_are_both_top_fives(beside) -> None:
    """Every class of either top five once, with the probability of both, the most probable by either first."""
    answers = beside.top()
    assert {answer.label for answer in answers} == {label for exploration in (beside.a, beside.b) for label, _ in exploration.top(5)}
    a, b = (dict(exploration.top(18)) for exploration in (beside.a, beside.b))
    assert [(row.a, row.b) for row in answers] == [(a[row.label], b[row.label]) for row in answers]
    best = [max(row.a, row.b) for row in answers]
    assert len(answers) < 11
    assert best == sorted(best, reverse=True)


def test_a_class_that_one_does_not_know_is_none(beside) -> None:
    """None is not a probability of 0."""
    renamed = replace(beside.b, labels=tuple(f"other {label}" for label in beside.b.labels))
    answers = NetworkComparison(beside.a, renamed).top(2)
    assert len(answers) == 4
    assert all((row.a is None) != (row.b is None) for row in answers)
