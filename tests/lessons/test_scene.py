"""What lessons look at, and how their exercises answer."""

import pytest
import torch

import workbench as wb
from workbench.lessons.scene import Scene


def test_a_scene_shows_what_the_network_does() -> None:
    """Its features, reduced features and motion are those that the shipped network computes on the way to its answer."""
    scene = Scene(letter="clockwise", seed=2)
    reduced = scene.reduced[None]
    match = scene.model.motion[scene.stage].match(reduced[:, :-1], reduced[:, 1:])
    torch.testing.assert_close(match.displacement, scene.motion.displacement)
    assert scene.features.shape[-1] * scene.stride == scene.frames.shape[1]
    assert scene.labels[scene.clip.label] == "clockwise"


def test_scenes_differ_by_seed_and_keep_their_parameters() -> None:
    """Another seed is another clip of the same letter at the same speed; the same parameters are the same clip."""
    one, other, again = (Scene(letter="left", speed=3.0, seed=seed) for seed in (0, 1, 0))
    assert (one.frames == again.frames).all()
    assert (one.frames != other.frames).any()
    assert one.clip.speed == pytest.approx(3.0, rel=0.1)
    assert other.clip.label == one.clip.label


@pytest.mark.parametrize(
    ("wrong", "message"), [({"letter": "rigt"}, "letter must be one of"), ({"camouflage": 2.0}, "camouflage"), ({"speed": 0.0}, "speed")]
)
def test_a_scene_that_cannot_be_is_refused(wrong: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Scene(**wrong)


def test_an_exercise_never_raises_but_for_its_name() -> None:
    """No answer, nonsense and functions that fail get a verdict that says so and does not pass; a wrong name is told the nearest."""
    from workbench.lessons.exercises import EXERCISES

    def fails(*_, **__):
        raise RuntimeError("mine")

    assert len(EXERCISES) >= 12
    for name in EXERCISES:
        for nonsense in (None, 0, "text", [], {}, object(), lambda *_: None, fails, float("nan"), torch.zeros(2), True):
            verdict = wb.lessons.check_exercise(name, nonsense)
            assert not verdict.passed, (name, nonsense)
            assert verdict.message, (name, nonsense)
    with pytest.raises(KeyError, match="did you mean"):
        wb.lessons.check_exercise(next(iter(EXERCISES))[:-1])
