"""Clips that show none of the alphabet's motions: what each kind shows, and that they stand beside the alphabet's own clips."""

from collections import Counter

import numpy as np
import pytest
import torch

from workbench.data.alphabet import open_set
from workbench.data.alphabet.dataset import MotionAlphabet
from workbench.data.alphabet.open_set import ELSE, UNCLEAR, OpenSet
from workbench.evaluation.clips import displacement_columns, evaluate
from workbench.model.load import load_weights

ALPHABET = MotionAlphabet("test", length=240)
CLIPS = OpenSet(ALPHABET)


def show(kind: str, seed: int = 0) -> np.ndarray:
    """Frames of a kind, in grey levels."""
    return getattr(open_set, f"show_{kind}")(ALPHABET, np.random.default_rng(seed)).astype(float)


def test_a_quarter_of_all_clips_shows_none_of_the_motions():
    counts = Counter(CLIPS.labels[CLIPS[number].label] for number in range(48))
    assert counts == dict.fromkeys(MotionAlphabet.labels, 2) | {UNCLEAR: 4, ELSE: 8}


def test_the_others_are_the_alphabets_own_clips_one_after_the_other():
    own = [CLIPS[number] for number in range(48) if CLIPS[number].label < 18]
    assert all(np.array_equal(clip.frames, ALPHABET[number].frames) for number, clip in enumerate(own))


@pytest.mark.parametrize("number", [18, 19, 20, 21, 22, 23])
def test_a_clip_is_always_the_same(number):
    np.testing.assert_array_equal(CLIPS[number].frames, OpenSet(MotionAlphabet("test", length=240))[number].frames)


@pytest.mark.parametrize("number", [18, 19, 20, 21, 22, 23])
def test_no_clip_is_in_two_splits(number):
    assert not np.array_equal(CLIPS[number].frames, OpenSet(MotionAlphabet("train", length=240))[number].frames)


@pytest.mark.parametrize("kind", ["flat", "gradient", "noise", "several", "figure", "jitter", "cut", "shuffled"])
@pytest.mark.parametrize("seed", range(3))
def test_a_clip_is_of_the_alphabets_size(kind, seed):
    assert show(kind, seed).shape == (8, 64, 64, 3)


@pytest.mark.parametrize("seed", range(5))
def test_a_flat_frame_has_one_colour(seed):
    assert np.ptp(show("flat", seed), axis=(1, 2)).max() == 0


@pytest.mark.parametrize("seed", range(5))
def test_a_gradient_has_no_edge(seed):
    """60 levels at most over the picture's width, rounded."""
    frames = show("gradient", seed)
    assert max(abs(np.diff(frames, axis=axis)).max() for axis in (1, 2)) <= 2


@pytest.mark.parametrize("seed", range(5))
def test_noise_has_nothing_in_common_with_the_next_frame(seed):
    """Independent values correlate by 1 / sqrt(n); of spots of 6 pixels n is 114 in a frame, and 4.5 standard deviations are 0.42."""
    first, second = (frame.mean(axis=-1).ravel() for frame in show("noise", seed)[:2])
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.42


@pytest.mark.parametrize("seed", range(5))
def test_a_figure_moves_before_a_background_that_rests(seed):
    frames = show("figure", seed)
    changed = (np.ptp(frames, axis=0) > 0).any(axis=-1)
    assert changed.any()
    assert not changed[:3].any() or not changed[-3:].any() or not changed[:, :3].any() or not changed[:, -3:].any()


@pytest.mark.parametrize("seed", range(5))
def test_a_cut_stands_between_two_clips(seed):
    """One difference between neighbours stands out from those within the clips, at least two frames from either end."""
    steps = abs(np.diff(show("cut", seed), axis=0)).mean(axis=(1, 2, 3))
    assert 1 <= steps.argmax() <= 5


@pytest.mark.parametrize("seed", range(20))
def test_frames_out_of_order_lead_neither_forward_nor_back(seed):
    order = open_set.out_of_order(8, np.random.default_rng(seed))
    assert sorted(order) == list(range(8))
    assert 1 / 3 <= (np.diff(order) > 0).mean() <= 2 / 3


@pytest.mark.parametrize("seed", range(3))
def test_frames_out_of_order_are_of_one_clip(seed):
    frames = show("shuffled", seed)
    assert any({frame.tobytes() for frame in frames} == {frame.tobytes() for frame in clip.frames.astype(float)} for clip in ALPHABET)


def test_several_shapes_have_courses_of_their_own(monkeypatch):
    """What moves before the background: three to five shapes, no two along the same path."""
    seen = []
    monkeypatch.setattr(open_set, "show_shapes", lambda _, __, paths, *___: seen.append(paths) or CLIPS[0].frames)
    for seed in range(10):
        open_set.show_several(ALPHABET, np.random.default_rng(seed))
    assert all(3 <= len(paths) <= 5 for paths in seen)
    courses = [{tuple(np.diff(list(vars(path).values())).ravel()) for path in paths} for paths in seen]
    assert all(len(course) == len(paths) for course, paths in zip(courses, seen, strict=True))


def test_nobody_asks_where_its_pixels_go():
    model = load_weights("msnet-small").model
    _, cells, *_ = displacement_columns(model, model(torch.zeros(2, 8, 3, 64, 64)), [CLIPS[18], CLIPS[19]])
    assert cells.tolist() == [0, 0]


def test_a_network_that_knows_only_the_motions_is_not_asked_for_others():
    loaded = load_weights("msnet-tiny")
    with pytest.raises(ValueError, match="20 classes, the network names 18"):
        evaluate(loaded.model, CLIPS, loaded.preprocessing)


def test_an_answer_that_there_is_none_counts_as_wrong_where_there_is_one():
    loaded = load_weights("msnet-small")
    assert evaluate(loaded.model, MotionAlphabet("test", length=18), loaded.preprocessing).confusion.shape == (20, 20)


def test_a_clip_too_short_for_a_cut_is_refused():
    with pytest.raises(ValueError, match="at least 4 frames, got 3"):
        OpenSet(MotionAlphabet(num_frames=3))
