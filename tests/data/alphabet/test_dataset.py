"""The laws of the motion alphabet."""

import hashlib

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from workbench.data.alphabet.dataset import MotionAlphabet
from workbench.data.alphabet.motions import ALPHABET, mirror_motion, reverse_motion


@pytest.fixture(scope="module")
def alphabet() -> MotionAlphabet:
    return MotionAlphabet("test", camouflage=(0.0, 1.0), seed=0)


def moving_share(clip) -> np.ndarray:
    return np.linalg.norm(clip.displacement, axis=1) > 0.05


def warp_back(clip, pair: int) -> tuple[np.ndarray, np.ndarray]:
    """The next frame fetched along the displacement, and the pixels where that can be compared with this frame."""
    size = clip.frames.shape[1]
    y, x = np.mgrid[:size, :size]
    to_x, to_y = x + clip.displacement[pair, 0], y + clip.displacement[pair, 1]
    seen = clip.visible[pair] & (to_x >= 0) & (to_x <= size - 1) & (to_y >= 0) & (to_y <= size - 1)
    left, top = (np.floor(to).astype(int).clip(0, size - 2) for to in (to_x, to_y))
    part_x, part_y = (to_x - left)[..., None], (to_y - top)[..., None]
    after = clip.frames[pair + 1].astype(float)
    upper = after[top, left] * (1 - part_x) + after[top, left + 1] * part_x
    lower = after[top + 1, left] * (1 - part_x) + after[top + 1, left + 1] * part_x
    return upper * (1 - part_y) + lower * part_y, seen


@pytest.mark.parametrize("label", range(1, len(ALPHABET)), ids=MotionAlphabet.labels[1:])
def test_displacement_is_exact(alphabet, label):
    """Fetching the next frame along the displacement gives this frame where it stays visible; not moving does not."""
    clip = alphabet[label]
    errors, unmoved = [], []
    for pair in range(7):
        fetched, seen = warp_back(clip, pair)
        seen &= moving_share(clip)[pair]
        errors.append(np.abs(fetched - clip.frames[pair])[seen])
        unmoved.append(np.abs(clip.frames[pair + 1].astype(float) - clip.frames[pair])[seen])
    # Within 6 grey levels: interpolating twice blurs the finest textures, and a shape's soft rim mixes two motions.
    assert np.concatenate(errors).mean() < 6
    assert np.concatenate(errors).mean() < 0.5 * np.concatenate(unmoved).mean()


def test_clip_depends_on_its_index_alone(alphabet):
    """Clip i is the same from another instance, in any order, in any batch, from any number of workers."""
    again = MotionAlphabet("test", camouflage=(0.0, 1.0), seed=0, length=50)
    for i in (31, 4, 17):
        assert np.array_equal(alphabet[i].frames, again[i].frames)

    def frames(batch_size: int, workers: int) -> torch.Tensor:
        loader = DataLoader(again, batch_size, num_workers=workers, collate_fn=lambda clips: [clip.frames for clip in clips])
        return np.stack([clip for batch in loader for clip in batch])

    assert np.array_equal(frames(7, 0), frames(5, 2))


def test_clips_are_the_same_on_every_platform():
    """The bytes of three clips are those of the machine that trained the shipped networks: frames are integer arithmetic."""
    clips = MotionAlphabet("train", seed=0, nuisance=1.0)
    digest = hashlib.sha256(b"".join(clips[i].frames.tobytes() for i in (0, 5, 100)))
    assert digest.hexdigest()[:16] == "8d9250ebd2172561"


def test_length_does_not_change_clips(alphabet):
    assert np.array_equal(MotionAlphabet("test", (0.0, 1.0), length=10)[9].frames, alphabet[9].frames)


def test_splits_and_seeds_share_nothing():
    """No texture and no outline of one split or seed stands in another."""
    materials = [MotionAlphabet(split, seed=seed).materials for split, seed in (("train", 0), ("test", 0), ("train", 1))]
    for kind in ("fields", "outlines"):
        pieces = [{piece.tobytes() for piece in getattr(m, kind).reshape(-1, *getattr(m, kind).shape[-2:])} for m in materials]
        assert not (pieces[0] & pieces[1])
        assert not (pieces[0] & pieces[2])


@pytest.mark.parametrize("label", range(len(ALPHABET)), ids=MotionAlphabet.labels)
def test_motion_is_what_the_label_says(alphabet, label):
    """Drifts go where they say; the picture goes against the camera; zooms diverge or converge; turns have their sense."""
    letter = ALPHABET[label]
    for clip in (alphabet[label], alphabet[label + len(ALPHABET)]):
        moving, y, x = moving_share(clip), *np.mgrid[:64, :64]
        mean = clip.displacement.transpose(0, 2, 3, 1)[moving].mean(axis=0) if moving.any() else np.zeros(2)
        for sign, along in zip(letter.drift, mean, strict=True):
            assert not sign or sign * along > 0.5
        for sign, along in zip(letter.pan, mean, strict=True):
            assert not sign or sign * along < -0.5
        assert moving.any() == (letter.name != "still")
        for p in range(7):
            rows, columns = y[moving[p]], x[moving[p]]
            if letter.zoom and len(rows):
                field = clip.displacement[p][:, moving[p]]
                divergence = ((columns - columns.mean()) * field[0] + (rows - rows.mean()) * field[1]).mean()
                assert letter.zoom * divergence > 0
            if letter.turn and len(rows):
                field = clip.displacement[p][:, moving[p]]
                curl = ((columns - columns.mean()) * field[1] - (rows - rows.mean()) * field[0]).mean()
                assert letter.turn * curl > 0


def test_mirror_and_reversal_undo_themselves():
    """Each letter has one partner under mirroring and one under reversal, whose partner it is itself."""
    for letter in ALPHABET:
        assert mirror_motion(mirror_motion(letter)) == letter
        assert reverse_motion(reverse_motion(letter)) == letter
    pairs = {letter.name: (mirror_motion(letter).name, reverse_motion(letter).name) for letter in ALPHABET}
    assert pairs["left"] == ("right", "right")
    assert pairs["camera up"] == ("camera up", "camera down")
    assert pairs["clockwise"] == ("counter-clockwise", "counter-clockwise")
    assert pairs["approach"] == ("approach", "separate")
    assert pairs["orbit"] == ("orbit", "orbit")


def test_camouflage_hides_the_colours():
    """At camouflage 1 a shape differs from its surroundings no more than a piece of background of its form does; at 0 it does."""

    def gap(frame: np.ndarray, inside: np.ndarray) -> float:
        return float(np.abs(frame[inside].mean(0) - frame[~inside].mean(0)).mean())

    def gaps(camouflage: float) -> tuple[float, float]:
        clips, shapes, pieces = MotionAlphabet("test", camouflage), [], []
        for clip in (clips[i] for i in range(1, 240, 3)):
            inside = clip.owners[0] > 0
            elsewhere = np.roll(inside, (32, 32), axis=(0, 1))
            if inside.sum() > 200 and not (inside & elsewhere).any():
                background = np.where(inside[..., None], np.nan, clip.frames[0].astype(float))
                shapes.append(gap(clip.frames[0].astype(float), inside))
                pieces.append(float(np.abs(background[elsewhere].mean(0) - np.nanmean(background[~elsewhere], axis=0)).mean()))
        return float(np.mean(shapes)), float(np.mean(pieces))

    shape, piece = gaps(1.0)
    assert shape < 1.5 * piece  # the root of 2 is due: a piece shares the slow waves of its surroundings, a shape has its own
    shape, piece = gaps(0.0)
    assert shape > 2.5 * piece


def test_speed_is_that_of_the_pixels():
    """The speed a clip carries is the mean length of its moving pixels' displacement, for a drift."""
    for clip in (MotionAlphabet("test", 0.0, speed=(3.0, 6.0))[i] for i in (1, 2, 3, 4)):
        lengths = np.linalg.norm(clip.displacement, axis=1)[moving_share(clip)]
        assert 3.0 <= clip.speed <= 6.0
        assert lengths.mean() == pytest.approx(clip.speed, rel=0.2)


def test_repetition_repeats():
    """At repetition 1 a texture equals itself eight pixels on (unturned), at 0 it does not."""

    def gap(repetition: float) -> float:
        layer = MotionAlphabet("test", 1.0, repetition=repetition)[0].layers[0]
        return float((layer.texels != np.roll(layer.texels, 8, axis=1)).mean())

    assert gap(1.0) == 0
    assert gap(0.0) > 0.9


def test_sizes_and_lengths_are_parameters():
    clip = MotionAlphabet("validation", 0.5, size=48, num_frames=5)[3]
    assert clip.frames.shape == (5, 48, 48, 3)
    assert clip.frames.dtype == np.uint8
    assert clip.displacement.shape == (4, 2, 48, 48)
    assert clip.visible.shape == (4, 48, 48)
    assert MotionAlphabet("test", 0.5, num_frames=1)[2].displacement.shape == (0, 2, 64, 64)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"split": "exam"}, "exam"),
        ({"camouflage": 1.2}, "1.2"),
        ({"size": 8}, "8"),
        ({"speed": (5.0, 2.0)}, "5.0"),
        ({"repetition": -1.0}, "-1"),
    ],
)
def test_bad_values_are_named(changes, said):
    with pytest.raises(ValueError, match=said):
        MotionAlphabet(**changes)


def test_outside_is_an_index_error(alphabet):
    with pytest.raises(IndexError, match="2000"):
        alphabet[2000]
    assert np.array_equal(alphabet[-1].frames, alphabet[1999].frames)
