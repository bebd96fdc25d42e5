"""The laws of the scenes to match: the same again, nothing shared between splits, and a truth that leads to the same colours."""

import numpy as np
import pytest
import torch

from workbench.data.alphabet.scenes import MovingScenes
from workbench.explore.refinement import between_cells, target_places


@pytest.fixture(scope="module")
def scenes():
    return MovingScenes(size=48, speed=8.0, nuisance=0.0, length=40)


def test_a_scene_is_always_the_same(scenes):
    again = MovingScenes(size=48, speed=8.0, nuisance=0.0, length=40)[7]
    assert np.array_equal(scenes[7].frames, again.frames)
    assert np.array_equal(scenes[7].displacement, again.displacement)
    assert not np.array_equal(scenes[7].frames, scenes[8].frames)


def test_the_truth_leads_to_the_same_colours(scenes):
    """What stays visible has, where it goes, the colour that it had: the difference is a third of that of staying at most. Rims of shapes
    blend, and fast zooms sample other texels."""
    moved, stayed = [], []
    for scene in (scenes[i] for i in range(20)):
        now, then = (torch.from_numpy(scene.frames[part]).permute(0, 3, 1, 2).float() for part in (slice(-1), slice(1, None)))
        led = between_cells(then, target_places(torch.from_numpy(scene.displacement)))
        visible = torch.from_numpy(scene.visible)
        moved.append((led - now).abs().mean(dim=1)[visible].mean())
        stayed.append((then - now).abs().mean(dim=1)[visible].mean())
    assert torch.stack(moved).mean() < torch.stack(stayed).mean() / 3


def test_what_is_covered_or_leaves_is_not_visible(scenes):
    """Where nobody moves all is visible; elsewhere some pixels are not."""
    hidden = [(~scene.visible).mean() for scene in (scenes[i] for i in range(40))]
    still = [np.abs(scene.displacement).max() == 0 for scene in (scenes[i] for i in range(40))]
    assert all(share == 0 for share, rests in zip(hidden, still, strict=True) if rests)
    assert np.mean(hidden) > 0.01


def test_speeds_are_of_all_orders(scenes):
    """Fast ones up to about the speed asked for, camera and shape together at most twice that; half of the pixels move less than a pixel
    and a half."""
    lengths = np.concatenate([np.hypot(*np.moveaxis(scenes[i].displacement, 1, 0)).ravel() for i in range(40)])
    assert 4 < np.quantile(lengths, 0.99) < 16
    assert np.median(lengths) < 1.5


def test_splits_share_no_texture():
    """Where a colour lies at every place of a texture is its own."""
    train, test = (MovingScenes(split, size=16) for split in ("train", "test"))
    ours = {texture.tobytes() for texture in train.textures}
    assert len(ours) == len(train.textures)
    assert not ours & {texture.tobytes() for texture in test.textures}


def test_light_and_noise_come_on_top():
    """The same layers, another picture."""
    calm, noisy = (MovingScenes(size=32, nuisance=strength)[3] for strength in (0.0, 1.0))
    assert np.array_equal(calm.displacement, noisy.displacement)
    assert not np.array_equal(calm.frames, noisy.frames)


@pytest.mark.parametrize("changes", [{"size": 8}, {"num_frames": 1}, {"speed": 0.1}, {"nuisance": 1.5}, {"most_shapes": -1}])
def test_bad_values_are_named(changes):
    with pytest.raises(ValueError, match=next(iter(changes))):
        MovingScenes(**changes)


def test_leaves_have_edges_and_flat_parts():
    """Unlike painted textures: most neighbours differ little, some very much (the kurtosis of differences is far above the normal's 3)."""
    texels = MovingScenes(size=96).textures[0]
    red = (texels & np.uint64(255)).astype(float)
    steps = np.diff(red, axis=1).ravel()
    assert np.mean((steps - steps.mean()) ** 4) / steps.var() ** 2 > 6
