"""The laws of asking what if."""

from copy import deepcopy
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

import workbench as wb
from workbench.explore.what_if import QUESTIONS, check_equivariance, motion_share, shuffled_order, what_if
from workbench.model.interventions import ALTERATIONS, alter_motion, answer_with_maps, features_and_maps, without_motion
from workbench.model.load import find_checkpoint

NASA = next(sample.path for sample in wb.sample_videos() if sample.name == "nasa")
LABELS = wb.MotionAlphabet.labels
ALPHABET = wb.MotionAlphabet("test", camouflage=1.0, speed=(3.0, 3.0))


@pytest.fixture(scope="module")
def looked(explorer) -> wb.Exploration:
    return explorer.look(NASA)


def shipped(name: str) -> wb.Explorer:
    return wb.Explorer.load(find_checkpoint(name))


def showing(looked: wb.Exploration, crops: np.ndarray, explorer: wb.Explorer, slow: np.ndarray | None = None) -> wb.Exploration:
    """As if the explorer had looked at these crops."""
    frames = np.repeat(looked.frames[:1], len(crops), axis=0)
    return replace(looked, frames=frames, crops=crops, slow=slow, network=explorer.name, labels=explorer.labels)


def letter(name: str) -> np.ndarray:
    return ALPHABET[LABELS.index(name)].frames


def untrained(**motion) -> wb.MSNet:
    """Two modules, and statistics of its own features, without which next to nothing passes the transformation."""
    torch.manual_seed(0)
    config = wb.ModelConfig(
        backbone="tiny", num_classes=18, dropout=0.0, motion=wb.MotionConfig(radius=3, **motion), motion_after=("layer1", "layer2")
    )
    model = wb.MSNet(config)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = 1.0
    model(torch.randn(2, 8, 3, 64, 64))
    nn.init.normal_(model.fc.weight)
    return model.eval()


@torch.inference_mode()
def logits(model: wb.MSNet) -> torch.Tensor:
    return model(torch.randn(2, 8, 3, 64, 64, generator=torch.Generator().manual_seed(1))).logits


# ------------------------------------------------------------------------------------------------------------- altered clips


def test_nothing_altered_is_the_answer_itself(explorer, looked) -> None:
    answered = what_if(explorer, looked)
    assert np.allclose(answered.unaltered, explorer.classify(looked.crops[None])[0], atol=1e-5)
    assert np.allclose(answered.unaltered, looked.probabilities, atol=1e-5)
    assert [answer.name for answer in answered.answers] == [question.name for question in QUESTIONS]


def test_altered_clips_are_answered_as_if_they_were_the_clip(explorer, looked) -> None:
    """One pass for all is the same as asking for each alteration by itself; several clips combine as the mean of their logits."""
    crops, slow = letter("closer"), letter("camera left")
    answered = what_if(explorer, showing(looked, crops, explorer, slow))
    alone = {
        "reversed": np.stack([crops[7 - t] for t in range(8)]),
        "mirrored": np.stack([np.fliplr(frame) for frame in crops]),
        "shuffled": crops[[0, 5, 2, 7, 4, 1, 6, 3]],
        "half speed": slow,
    }
    for name, clip in alone.items():
        assert np.allclose(answered.answer(name).probabilities, explorer.classify(clip[None])[0], atol=1e-5), name
    still = np.log([explorer.classify(np.stack([frame] * 8)[None])[0] for frame in crops]).mean(axis=0)
    assert np.allclose(answered.answer("frozen").probabilities, np.exp(still) / np.exp(still).sum(), atol=1e-5)


def test_reversing_twice_and_mirroring_twice_is_nothing(explorer, looked) -> None:
    """The answer to the altered clip, altered again, is the answer to the clip; and to reverse is not to mirror."""
    crops = letter("clockwise")
    answered = what_if(explorer, showing(looked, crops, explorer))
    for name, turned in (("reversed", crops[::-1]), ("mirrored", crops[:, :, ::-1])):
        again = what_if(explorer, showing(looked, np.ascontiguousarray(turned), explorer))
        assert np.allclose(again.answer(name).probabilities, answered.unaltered, atol=1e-5)
        assert np.allclose(again.unaltered, answered.answer(name).probabilities, atol=1e-5)
    assert not np.allclose(answered.answer("reversed").probabilities, answered.unaltered, atol=0.1)


@pytest.mark.parametrize("name", ["msnet-tiny", "tsm-tiny"])
def test_a_clip_that_stands_still_is_moved_by_no_question_of_time(looked, name) -> None:
    """Reversed, shuffled or frozen, it is the same clip, and nothing of the decision rests on motion."""
    network, frozen = shipped(name), np.stack([letter("right")[3]] * 8)
    answered = what_if(network, showing(looked, frozen, network))
    for question in ("reversed", "shuffled", "frozen"):
        assert np.abs(answered.change(question)).max() < 1e-5, question
    assert answered.motion_share < 1e-5


@pytest.mark.parametrize("length", range(1, 33))
def test_shuffling_is_neither_the_order_nor_its_reversal(length) -> None:
    """Every frame once, the same order each time; it changes direction; a clip of two frames has no other order."""
    order = shuffled_order(length)
    if length < 3:
        assert order is None
        return
    assert sorted(order) == list(range(length))
    assert order == shuffled_order(length)
    steps = np.sign(np.diff(order))
    assert {1, -1} == set(steps.tolist())
    assert abs(steps.mean()) < 0.51


def test_what_the_clip_cannot_show_is_said(explorer, looked) -> None:
    """Without frames in between, or with two frames, there is a reason in place of a number."""
    answered = what_if(explorer, showing(looked, letter("up")[:2], explorer))
    assert answered.answer("half speed").probabilities is None
    assert "in between" in answered.answer("half speed").why_not
    assert answered.answer("shuffled").probabilities is None
    assert answered.answer("shuffled").why_not
    assert answered.change("shuffled") is None
    assert all(answer.why_not == "" for answer in answered.answers if answer.probabilities is not None)


def test_long_clips_are_asked_in_parts(explorer, looked) -> None:
    """Of 20 frames: more than pass through the network at once; the answers are those of each clip alone."""
    crops = np.concatenate([letter("right"), letter("up"), letter("still")[:4]])
    answered = what_if(explorer, showing(looked, crops, explorer))
    assert np.allclose(answered.answer("reversed").probabilities, explorer.classify(crops[None, ::-1])[0], atol=1e-5)


# ---------------------------------------------------------------------------------------------------------- altered networks


@pytest.mark.parametrize("confidence", [True, False])
def test_switched_off_is_the_same_network_without_modules(confidence) -> None:
    """TSM with the same weights; and the same as a transformation that gives zero. Several modules, seeing confidence or not."""
    model = untrained(confidence=confidence)
    tsm = wb.MSNet(replace(model.config, motion=None)).eval()
    tsm.load_state_dict({name: tensor for name, tensor in model.state_dict().items() if not name.startswith("motion.")})
    nothing = deepcopy(model)
    for module in nothing.motion.values():
        nn.init.zeros_(module.transform[-1][-2].weight)
        nn.init.zeros_(module.transform[-1][-2].bias)

    off = logits(without_motion(model))
    torch.testing.assert_close(off, logits(tsm))
    torch.testing.assert_close(off, logits(nothing))
    assert (off - logits(model)).abs().max() > 0.1, "the modules do nothing in this network, so it proves nothing"


@pytest.mark.parametrize("confidence", [True, False])
def test_displacement_zero_is_a_transformation_that_cannot_read_it(confidence) -> None:
    """The first convolution has a kernel for x and one for y, and no bias: kernels of zero read every displacement as zero."""
    model = untrained(confidence=confidence)
    blind = deepcopy(model)
    for module in blind.motion.values():
        module.transform[0][0].weight.data[:2] = 0

    torch.testing.assert_close(logits(alter_motion(model, "displacement zero")), logits(blind))
    assert (logits(blind) - logits(model)).abs().max() > 0.1
    assert (logits(blind) - logits(without_motion(model))).abs().max() > 0.1


def test_as_found_is_the_network_itself() -> None:
    """Altering nothing on the way changes no bit, and a network is left as it was by having been altered."""
    model = untrained()
    before = logits(model)
    torch.testing.assert_close(logits(alter_motion(model, "as found")), before, rtol=0, atol=0)
    logits(alter_motion(model, "displacement zero")), logits(without_motion(model))
    torch.testing.assert_close(logits(model), before, rtol=0, atol=0)


def test_an_altered_network_continues_as_from_altered_maps(explorer) -> None:
    """With one module: the same as giving the maps to the rest of the network by hand, for every alteration."""
    clip = explorer.as_input(letter("separate")[None])
    features, maps = features_and_maps(explorer.model, clip)
    for name, alter in ALTERATIONS.items():
        by_hand = answer_with_maps(explorer.model, features, alter(maps))
        torch.testing.assert_close(alter_motion(explorer.model, name)(clip).logits, by_hand, msg=name)
    with pytest.raises(ValueError, match="displacement zero"):
        alter_motion(explorer.model, "nonsense")


def test_altered_networks_answer_the_clip_as_seen(explorer, looked) -> None:
    answered = what_if(explorer, showing(looked, letter("left"), explorer))
    """The questions about the network are asked of the altered network, with the clip as it is."""
    networks = {"module off": without_motion(explorer.model), "displacement zero": alter_motion(explorer.model, "displacement zero")}
    for name, network in networks.items():
        probabilities = replace(explorer, model=network).classify(letter("left")[None])[0]
        assert np.allclose(answered.answer(name).probabilities, probabilities, atol=1e-5)


@pytest.mark.parametrize("name", ["tsm-tiny", "tsn-tiny"])
def test_a_network_without_a_module_is_asked_nothing_about_it(looked, name) -> None:
    network = shipped(name)
    answered = what_if(network, showing(looked, letter("left"), network))
    for question in ("module off", "displacement zero"):
        assert answered.answer(question).probabilities is None
        assert answered.answer(question).why_not == "this network has no motion module"


# -------------------------------------------------------------------------------------------------------------------- results


def test_mirroring_and_reversal_turn_letters_into_their_partners(explorer, looked) -> None:
    """The shipped MSNet passes for right and left, for clockwise, for what stays as it is, and for most of all letters."""
    checks = [check for name in LABELS for check in what_if(explorer, showing(looked, letter(name), explorer)).checks]
    said = [check.sentence for check in checks if check.passed]
    assert {"mirrored: right → left: pass", "reversed: right → left: pass", "mirrored: clockwise → counter-clockwise: pass"} <= set(said)
    assert {"mirrored: up stays: pass", "reversed: up → down: pass", "reversed: still stays: pass"} <= set(said)
    assert len(said) >= 0.9 * len(checks) == 0.9 * 2 * len(LABELS)


def test_a_check_compares_the_answer_with_the_partner() -> None:
    """Fails where the answer is another class, says which; is not asked of a class without a partner."""
    labels, sure = ("move left", "move right", "wave"), np.eye(3)
    mirrored, reversed_ = check_equivariance(labels, sure[0], {"mirrored": sure[1], "reversed": sure[2]})
    assert (mirrored.passed, reversed_.passed) == (True, False)
    assert mirrored.sentence == "mirrored: move left → move right: pass"
    assert reversed_.sentence == "reversed: move left → move right: fail, the answer is wave"
    assert [check.passed for check in check_equivariance(labels, sure[2], {"mirrored": sure[2], "reversed": sure[2]})] == [None, None]


def test_changes_sum_to_nothing_and_the_decided_class_comes_first(explorer, looked) -> None:
    """What some classes lose others gain; the top classes are those that reach highest anywhere, so a swap shows both."""
    answered = what_if(explorer, showing(looked, letter("right"), explorer, letter("right")))
    assert all(abs(answered.change(answer.name).sum()) < 1e-5 for answer in answered.answers)
    top = [answered.labels[number] for number in answered.top(4)]
    assert top[0] == "right"
    assert "left" in top
    assert len(set(top)) == 4
    with pytest.raises(ValueError, match="reversed"):
        answered.answer("backwards")


def test_another_networks_exploration_is_refused(explorer, looked) -> None:
    """Another name, or other classes under the same name."""
    with pytest.raises(ValueError, match="look at it with 'tsm-tiny'"):
        what_if(shipped("tsm-tiny"), looked)
    with pytest.raises(ValueError, match="another network"):
        what_if(replace(explorer, labels=explorer.labels[::-1]), looked)


# --------------------------------------------------------------------------------------------------------------- motion share


def test_nothing_rests_on_motion_where_frames_are_seen_one_by_one(looked) -> None:
    """TSN, whatever moves: frozen frames, combined as the network combines frames, say all that the clip says."""
    network = shipped("tsn-tiny")
    for name in ("right", "closer", "orbit", "camera up"):
        answered = what_if(network, showing(looked, letter(name), network))
        assert np.abs(answered.change("frozen")).max() < 1e-5
        assert answered.motion_share < 1e-4


def test_all_rests_on_motion_where_frames_show_nothing_of_it(explorer, looked) -> None:
    """Under full camouflage a frame says nothing of where things go; that nothing moves, frozen frames do not lack."""
    for name in ("right", "clockwise", "closer"):
        assert what_if(explorer, showing(looked, letter(name), explorer)).motion_share > 0.95
    assert what_if(explorer, showing(looked, letter("still"), explorer)).motion_share < 0.05


def test_the_share_is_what_is_lost_of_the_lead_over_chance() -> None:
    """0 for the same answer or a surer one, 1 at chance or below, in between in proportion; whatever the order of classes."""
    unaltered = np.array([0.1, 0.6, 0.2, 0.1])
    assert motion_share(unaltered, unaltered) == 0 == motion_share(unaltered, np.array([0.0, 0.9, 0.1, 0.0]))
    assert motion_share(unaltered, np.full(4, 0.25)) == pytest.approx(1)
    assert motion_share(unaltered, np.array([1.0, 0.0, 0.0, 0.0])) == 1
    assert motion_share(unaltered, np.array([0.575, 0.425, 0.0, 0.0])) == pytest.approx(0.5)

    rng = np.random.default_rng(0)
    for unaltered, frozen in rng.dirichlet(np.ones(6), (50, 2)):
        order = rng.permutation(6)
        assert 0 <= motion_share(unaltered, frozen) <= 1
        assert motion_share(unaltered[order], frozen[order]) == motion_share(unaltered, frozen)


def test_the_share_of_no_decision_is_none() -> None:
    """Equal classes decide nothing; of two equal leaders the order does not matter; one class is always decided."""
    assert motion_share(np.full(4, 0.25), np.array([1.0, 0.0, 0.0, 0.0])) == 0 == motion_share(np.ones(1), np.ones(1))
    tied, frozen = np.array([0.4, 0.4, 0.2]), np.array([0.1, 0.7, 0.2])
    assert motion_share(tied, frozen) == motion_share(tied[[1, 0, 2]], frozen[[1, 0, 2]]) == 1
    with pytest.raises(ValueError, match="4 and 3"):
        motion_share(np.full(4, 0.25), np.ones(3) / 3)
