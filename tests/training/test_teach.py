"""Own motions by a head on a frozen network, and by training all of it: what is held out, what is warned of, what is left."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from own_takes import take_set, write_take

from workbench.data.datasets import open_dataset
from workbench.evaluation.scores import Scores
from workbench.explore.explorer import Explorer
from workbench.model.load import load_weights
from workbench.training import teach as teaching
from workbench.training.head import LinearHead, rounds_of
from workbench.training.takes import TakeSet, TeachingError
from workbench.training.teach import (
    FrozenNetwork,
    Lesson,
    TakeFeatures,
    compare_on_held_out,
    describe_stills,
    doctor_sentence,
    fine_tune,
    save_lesson,
    teach,
)
from workbench.video.protocol import load_views


@pytest.fixture(scope="module", autouse=True)
def fewer_views() -> Iterator[None]:
    """To learn from, so that takes are read three times and not six."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(teaching, "MORE_VIEWS", 1)
        yield


@pytest.fixture(scope="module")
def network() -> FrozenNetwork:
    return FrozenNetwork.load()


@pytest.fixture(scope="module")
def takes(tmp_path_factory: pytest.TempPathFactory) -> TakeSet:
    """Two motions that differ by their motion alone."""
    return take_set(tmp_path_factory.mktemp("takes"), per_motion=6)


@pytest.fixture(scope="module")
def features(network: FrozenNetwork, takes: TakeSet) -> dict[str, TakeFeatures]:
    return features_of(network, takes)


@pytest.fixture(scope="module")
def lesson(takes: TakeSet, features: dict[str, TakeFeatures]) -> Lesson:
    return teach(takes, features)


def features_of(network: FrozenNetwork, takes: TakeSet) -> dict[str, TakeFeatures]:
    return {take.name: network.features(take) for take in takes.takes}


def test_motion_alone_is_learned(lesson: Lesson) -> None:
    """Every held-out take is answered rightly, and first frames alone do not warn: each has a texture of its own."""
    assert lesson.held_out.top(1).accuracy == 1.0
    assert not lesson.stills_suffice
    assert lesson.chance == 0.5


def test_a_background_is_warned_of(network: FrozenNetwork, tmp_path: Path) -> None:
    """Two names for one motion, each recorded before stripes of its own: the head is right by the background."""
    takes = take_set(tmp_path, per_motion=6, same_way=True, striped=True)
    lesson = teach(takes, features_of(network, takes))
    assert lesson.held_out.top(1).accuracy == 1.0
    assert lesson.stills_suffice


def test_what_nobody_can_tell_apart_is_not_told_apart(network: FrozenNetwork, tmp_path: Path) -> None:
    """Two names for one motion on like backgrounds: the interval holds chance."""
    takes = take_set(tmp_path, per_motion=6, same_way=True)
    low, high = teach(takes, features_of(network, takes)).held_out.top(1).interval
    assert low < 0.5 < high


@pytest.mark.parametrize(
    ("still", "moving", "words"),
    [
        (20, 40, "it is the motion"),
        (30, 40, "a part of the answer"),
        (38, 40, "Beware"),
        (20, 22, "record more takes"),
        (10, 24, "record more"),
    ],
)
def test_first_frames_are_weighed_against_motion(still: int, moving: int, words: str) -> None:
    """Of 40 takes of two motions so many are right: no more than by guessing, more, or as many as with motion."""
    assert words in describe_stills(Lesson(scores_with(moving), scores_with(still), LinearHead(torch.zeros(2, 1), torch.zeros(2))))


def scores_with(right: int) -> Scores:
    """So many of 40 takes of two motions are answered rightly."""
    truth, numbers = np.arange(40) % 2, np.arange(40)
    answers = np.where(numbers < right, truth, 1 - truth)
    return Scores(
        "", "", teaching.RECIPE.protocol, ("a", "b"), tuple(map(str, numbers)), numbers, truth, np.eye(2, dtype=np.float32)[answers]
    )


def test_held_out_takes_are_never_learned_from(takes: TakeSet, features: dict[str, TakeFeatures], monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither with the view that is tested nor with another: in every round, what is learned and what is tested share nothing."""
    fits, fit_head = [], teaching.fit_head
    monkeypatch.setattr(teaching, "fit_head", lambda views, *rest: (fits.append(views), fit_head(views, *rest))[1])
    teach(takes, features)
    rounds = rounds_of([item.label for item in takes.videos().items])
    for number in range(5):
        held_out = [features[take.name] for take, place in zip(takes.takes, rounds, strict=True) if place == number]
        for row in held_out:
            for view in (row.test, *row.more):
                assert not (fits[number] == view).all(dim=1).any()


def test_the_checkpoint_answers_as_the_head(takes: TakeSet, network: FrozenNetwork, features: dict, lesson: Lesson, tmp_path: Path) -> None:
    """What is written opens as any network does, in `load_weights` and the explorer, with the labels, and gives the head's logits."""
    save_lesson(tmp_path / "head.safetensors", network, lesson)
    explorer = Explorer.load(tmp_path / "head.safetensors")
    assert explorer.labels == lesson.labels == takes.labels
    assert not explorer.look(takes.takes[0].path).doubt
    for take in takes.takes[::5]:
        view = load_views(take.path, teaching.RECIPE.protocol, 8).frames
        torch.testing.assert_close(explorer.score(view[None])[0], lesson.head(features[take.name].test[None])[0], atol=1e-4, rtol=1e-4)
        assert np.array_equal(explorer.look(take.path).crops, view[0])


def test_the_checkpoint_opens_again_to_the_bit(network: FrozenNetwork, lesson: Lesson, takes: TakeSet, tmp_path: Path) -> None:
    """Two readers of the file agree in every bit of an answer, and the file is the same whenever it is written."""
    for name in ("one", "two"):
        save_lesson(tmp_path / f"{name}.safetensors", network, lesson)
    assert (tmp_path / "one.safetensors").read_bytes() == (tmp_path / "two.safetensors").read_bytes()
    one, two = (Explorer.load(tmp_path / f"{name}.safetensors").look(takes.takes[0].path) for name in ("one", "two"))
    assert np.array_equal(one.probabilities, two.probabilities)


def test_the_frozen_network_stays_as_it_was(network: FrozenNetwork, lesson: Lesson, tmp_path: Path) -> None:
    """Neither features nor the writing of a lesson change it."""
    before = {name: tensor.clone() for name, tensor in load_weights("msnet-small").model.state_dict().items()}
    save_lesson(tmp_path / "head.safetensors", network, lesson)
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.loaded.model.state_dict().items())


def test_fine_tuning_leaves_a_network_and_can_be_ended(takes: TakeSet, features: dict[str, TakeFeatures], tmp_path: Path) -> None:
    """It is tested on the takes that the folder holds out, as is the head, which then learns from the others; ended after an epoch, the
    folder holds the network of that epoch, and the takes are as they were."""
    records = fine_tune(takes, tmp_path / "tuned", epochs=2)
    assert next(records).epoch == 1
    records.close()
    assert load_weights(tmp_path / "tuned").labels == takes.labels
    comparison = compare_on_held_out(takes, features, tmp_path / "tuned")
    held_out = {item.name for item in open_dataset(takes.folder, split="validation").items}
    assert set(comparison.tuned.names) == set(comparison.head.names) == held_out
    assert comparison.head.top(1).accuracy == 1.0
    assert np.array_equal(comparison.tuned.truth, comparison.head.truth)
    takes.check()


def test_the_doctor_is_heard(takes: TakeSet, tmp_path: Path) -> None:
    """Nothing of healthy takes; a motion with few takes and an unreadable file are named."""
    assert doctor_sentence(takes).startswith("Nothing was found")
    damaged = take_set(tmp_path, per_motion=3)
    damaged.takes[0].path.write_bytes(b"no video")
    assert "Videos that give no frames: 1" in doctor_sentence(damaged)


def test_too_few_takes_are_refused(network: FrozenNetwork, tmp_path: Path) -> None:
    takes = TakeSet(tmp_path / "motions").add_motion("a").add_motion("b")
    for motion, seed in (("a", 0), ("a", 1), ("b", 2)):
        takes = takes.add_take(motion, write_take(tmp_path / f"{seed}.mp4", seed, 0.0))
    for refused in (lambda: teach(takes, features_of(network, takes)), lambda: fine_tune(takes, tmp_path / "tuned")):
        with pytest.raises(TeachingError, match="'b' needs at least 2 takes"):
            refused()
