"""The clips on which matching fails: each fails for its own cause, and the objection found says so."""

import numpy as np
import pytest
import torch

from workbench.explore.reliability import MatchIssue
from workbench.lessons.failures import FAILURES, FailureClip, make_failure
from workbench.lessons.measure import FailureMatch, match_failure, mean_of_cells
from workbench.lessons.scene import as_input, shipped_network

KNOWN = [name for name in FAILURES if name not in ("easy", "flicker")]
SEEDS = (0, 1, 2)


def seen(name: str, seed: int = 0, **change: float) -> tuple[FailureClip, FailureMatch]:
    failure = make_failure(name, seed, **change)
    return failure, match_failure(failure)


@pytest.mark.parametrize("name", FAILURES)
def test_a_case_is_a_clip_with_exact_displacement(name: str) -> None:
    """Frames, displacement and masks have the alphabet's shapes; the same seed gives the same clip, another seed another one."""
    case, again, other = (make_failure(name, seed) for seed in (3, 3, 4))
    assert case.frames.shape == (8, 64, 64, 3)
    assert case.frames.dtype == np.uint8
    assert case.displacement.shape == (7, 2, 64, 64)
    assert case.visible.shape == case.mask.shape == (7, 64, 64)
    assert case.mask.any()
    assert (case.frames == again.frames).all()
    assert (case.mask == again.mask).all()
    assert (case.frames != other.frames).any()


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", KNOWN)
def test_the_objection_found_most_is_the_cause(name: str, seed: int) -> None:
    """Among the cells that the cause concerns and that are off by more than a cell, no objection is found as often as the case's own."""
    failure, found = seen(name, seed)
    assert found.wrong.sum() > 100
    assert found.majority == failure.reason, {reason.name: f"{share:.2f}" for reason, share in found.tally.items()}


@pytest.mark.parametrize("seed", SEEDS)
def test_an_easy_clip_meets_few_objections(seed: int) -> None:
    """A good texture that moves by one cell: few cells are wrong, and one in ten of the others is objected to at most."""
    _, found = seen("easy", seed)
    assert found.wrong_share < 0.1
    assert found.median_error < 0.5
    assert found.false_alarms < 0.1


def test_every_trouble_is_worse_than_the_easy_clip() -> None:
    """Half of the troubled cells and more are wrong in every case; in the easy one hardly any."""
    assert all(seen(name)[1].wrong_share > 0.5 for name in FAILURES if name != "easy")


def test_the_window_ends_where_it_should() -> None:
    """Motions of whole cells are found up to the reach of 16 pixels, and lost beyond; half cells are off by half a cell."""
    errors = {speed: seen("too fast", speed=speed)[1].median_error for speed in (8, 12, 10, 20, 24)}
    assert max(errors[8], errors[12]) < 0.5
    assert 1.5 < errors[10] < 2.5
    assert errors[24] > errors[20] > 3.5


def test_flat_cells_answer_the_corner_of_the_window() -> None:
    """Where all offsets tie the network answers the first of them, up and to the left."""
    _, found = seen("flat")
    wrong = found.displacement.movedim(1, -1)[found.wrong & (found.reasons == MatchIssue.FLAT)]
    assert (wrong.median(dim=0).values < 0).all()


def test_light_fails_without_an_objection_of_its_own() -> None:
    """The dimmer every second frame, the larger the error; the case names no reason, since the correlation cannot know it."""
    cases = [seen("flicker", light=light) for light in (1.0, 0.8, 0.6)]
    errors = [found.median_error for _, found in cases]
    assert errors == sorted(errors)
    assert errors[0] < 0.5 < 4 < errors[-1]
    assert all(case.reason is None for case, _ in cases)
    assert (cases[0][0].displacement == cases[-1][0].displacement).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_training_for_light_mends_light(seed: int) -> None:
    """Most cells are wrong for msnet-tiny where every second frame is darker, hardly any for msnet-small."""
    failure = make_failure("flicker", seed)
    assert match_failure(failure).wrong_share > 0.5
    assert match_failure(failure, "msnet-small").wrong_share < 0.05


@pytest.mark.parametrize("seed", SEEDS)
def test_coarse_to_fine_sees_beyond_the_window(seed: int) -> None:
    """What moves faster than the window reaches is lost to any network, and found by the refined estimate."""
    failure = make_failure("too fast", seed)
    assert match_failure(failure, "msnet-small").wrong_share > 0.95
    assert match_failure(failure, "msnet-small", "refined").wrong_share < 0.1


def test_equal_rivals_are_doubted_and_good_texture_is_not() -> None:
    """Whether right or wrong: of a repeating texture every match is doubted, of an easy clip hardly a right one."""
    repeating, easy = (match_failure(make_failure(name, 0), "msnet-small", "refined") for name in ("repeating", "easy"))
    assert min(repeating.doubted_shares()) > 0.95
    assert easy.doubted_shares()[1] < 0.05


@pytest.mark.parametrize("network", ["msnet-tiny", "msnet-small"])
def test_failures_are_matched_as_the_network_matches_them(network: str) -> None:
    """The displacement is the module's own, in pixels, and the confidence its largest correlation."""
    failure = make_failure("covered", 1)
    found, model = match_failure(failure, network), shipped_network(network).model
    with torch.inference_mode():
        motion = model(as_input(failure.frames[None])).motion
    torch.testing.assert_close(found.displacement, motion.in_cells(model.config.motion)[0] * found.cell)
    torch.testing.assert_close(found.confidence, motion.confidence[0, :, 0])


def test_a_network_without_motion_matches_nothing() -> None:
    with pytest.raises(ValueError, match="tsm-tiny"):
        match_failure(make_failure("easy", 0), "tsm-tiny")


def test_errors_are_measured_against_the_truth() -> None:
    """The error of a cell is the length of the difference to the mean displacement of its pixels."""
    failure, found = seen("leaving")
    truth = mean_of_cells(failure.displacement, found.cell)
    torch.testing.assert_close(found.error, (found.displacement - truth).square().sum(dim=1).sqrt())
    assert (truth[:, 0] - 12).abs().max() < 0.1
    assert truth[:, 1].abs().max() < 0.1
    assert sum(found.tally.values()) == pytest.approx(1)


def test_an_unknown_case_is_refused() -> None:
    """The error names the cases that there are."""
    with pytest.raises(ValueError, match="too fast, flat, repeating"):
        make_failure("fast")
