"""The laws of the refined displacement: the aggregation by definition, motion of whole pictures, flat pictures, mirrored pictures."""

import numpy as np
import pytest
import torch
from einops import rearrange

from workbench.explore import refinement, volume
from workbench.explore.config import LookConfig
from workbench.explore.refinement import (
    aggregate,
    median_of_cells,
    refine_both_ways,
    refine_displacement,
    sharpen_displacement,
    to_grid,
)
from workbench.explore.reliability import forward_backward_error
from workbench.explore.tracks import follow_points
from workbench.model.checkpoint import Calibration
from workbench.model.correlation import local_correlation


def change_cost(before, after):
    """Of two offsets (dy, dx): nothing, that of a neighbour, or that of any other."""
    far = max(abs(before[0] - after[0]), abs(before[1] - after[1]))
    return 0.0 if far == 0 else min(refinement.NEXT_OFFSET if far == 1 else np.inf, refinement.OTHER_OFFSET)


def aggregate_by_definition(similarity):
    """`h w dy dx`: for each way, cell and offset the best sum along the way, less the best of the cell before, in plain loops."""
    h, w, window, _ = similarity.shape
    offsets = [(dy, dx) for dy in range(window) for dx in range(window)]
    total = -3 * similarity
    for step_y, step_x in ((0, 1), (0, -1), (1, 0), (-1, 0)):
        sums = {}
        for y in range(h)[:: step_y or 1]:
            for x in range(w)[:: step_x or 1]:
                before = sums.get((y - step_y, x - step_x))
                sums[y, x] = {
                    after: similarity[y, x][after]
                    + (max(before[o] - change_cost(o, after) for o in offsets) - max(before.values()) if before else 0.0)
                    for after in offsets
                }
                for offset in offsets:
                    total[y, x][offset] += sums[y, x][offset]
    return total


def test_aggregation_is_the_best_path():
    """Equal to the definition in plain loops."""
    similarity = np.random.default_rng(0).random((4, 5, 3, 3))
    fast = aggregate(torch.from_numpy(similarity)[None])[0].numpy()
    assert np.allclose(fast, aggregate_by_definition(similarity), atol=1e-12)


def random_features(seed=0, h=14, w=18):
    return torch.randn(8, h, w, generator=torch.Generator().manual_seed(seed))


def correlate(source, target, radius=3):
    return local_correlation(source[None, None], target[None, None], radius)[0]


@pytest.mark.parametrize(("x", "y"), [(0, 0), (2, 0), (0, -3), (-1, 2)])
def test_a_picture_that_moves_as_a_whole_is_followed_everywhere(x, y):
    """Also where the target lies outside the picture: such a cell follows its neighbours. Features of noise move the top of a parabola
    by up to a quarter of a cell."""
    source = random_features()
    target = torch.roll(source, (y, x), dims=(1, 2))
    if y:
        target[:, slice(0, y) if y > 0 else slice(y, None)] = random_features(1)[:, : abs(y)]  # what comes in is new
    if x:
        target[:, :, slice(0, x) if x > 0 else slice(x, None)] = random_features(2)[:, :, : abs(x)]
    estimate = refine_displacement(correlate(source, target))
    assert torch.allclose(estimate, torch.tensor([x, y]).float().reshape(1, 2, 1, 1), atol=0.25)


@pytest.mark.parametrize("part", [-0.4, 0.0, 0.3])
def test_parts_of_a_cell_are_found(part):
    """Features that change smoothly, moved by a whole cell and a part: right to a seventh of a cell in the mean: whole cells attract."""
    place = torch.arange(24, dtype=torch.float64)
    turns = torch.randn(12, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)

    def features(shift):
        return torch.stack([torch.cos(0.9 * (a * (place - shift) + b * place[:, None]) + a * b) for a, b in turns.tolist()])

    estimate = refine_displacement(correlate(features(0.0), features(1 + part)))
    assert estimate[0, 0].mean() == pytest.approx(1 + part, abs=0.15)
    assert estimate[0, 1].mean() == pytest.approx(0, abs=0.15)


@pytest.mark.parametrize("level", [0.0, 1.0])
def test_where_all_offsets_match_alike_nothing_moves(level):
    """A black, white or grey picture: no corner of the window is preferred."""
    features = torch.full((4, 9, 11), level)
    assert refine_displacement(correlate(features, features)).abs().max() < 1e-3


def test_a_mirrored_picture_moves_the_other_way():
    """x changes its sign and its place, y only its place."""
    source, target = random_features(3), random_features(3) * 0.3 + random_features(4)
    plain = refine_displacement(correlate(source, target))
    mirrored = refine_displacement(correlate(source.flip(-1), target.flip(-1))).flip(-1)
    assert torch.allclose(plain, mirrored * torch.tensor([-1.0, 1.0]).reshape(1, 2, 1, 1), atol=1e-4)


def test_pairs_do_not_see_each_other():
    volumes = torch.rand(3, 6, 7, 5, 5, generator=torch.Generator().manual_seed(0))
    together = refine_displacement(volumes)
    assert torch.allclose(together, torch.cat([refine_displacement(volumes[i : i + 1]) for i in range(3)]), atol=1e-6)


def test_many_pairs_are_refined_part_by_part(monkeypatch):
    """With the same result: memory is bounded, not the clip."""
    volumes = torch.rand(5, 6, 7, 5, 5, generator=torch.Generator().manual_seed(1))
    whole = refine_displacement(volumes)
    monkeypatch.setattr(volume, "MOST_VALUES", 2 * volumes[0].numel())
    assert torch.equal(refine_displacement(volumes), whole)


def test_the_median_is_of_three_by_three_cells():
    """x and y each for itself, the rim repeated."""
    field = torch.rand(2, 2, 5, 6, generator=torch.Generator().manual_seed(0))
    padded = np.pad(field.numpy(), ((0, 0), (0, 0), (1, 1), (1, 1)), mode="edge")
    expected = [[np.median(padded[:, :, y : y + 3, x : x + 3], axis=(2, 3)) for x in range(6)] for y in range(5)]
    assert np.allclose(median_of_cells(field), rearrange(np.array(expected), "h w p xy -> p xy h w"))


def test_what_is_covered_follows_its_neighbours():
    """A part of the source that is nowhere in the target goes anywhere by itself; with the cells alone whose match is probable its error
    is less than half."""
    once, again = [], []
    for seed in range(8):
        source, noise = random_features(seed, 16, 20), random_features(seed + 100, 16, 20)
        target = torch.roll(source, 2, dims=2)
        target[:, :, :2], target[:, 4:12, 7:15] = noise[:, :, :2], noise[:, 4:12, 7:15]
        correlation, covered = correlate(source, target), (..., slice(4, 12), slice(5, 13))
        for errors, found in ((once, refine_displacement(correlation)), (again, refine_both_ways(correlation, 1, Calibration())[0])):
            errors.append((found - torch.tensor([2.0, 0.0]).reshape(1, 2, 1, 1)).norm(dim=1)[covered].mean().item())
    assert np.mean(once) > 0.8
    assert np.mean(again) < np.mean(once) / 2


def test_the_way_back_is_the_way_there_of_the_pair_exchanged():
    source, target = random_features(8), 0.5 * random_features(8).roll(1, 2) + random_features(9)
    _, back = refine_both_ways(correlate(source, target), 1, Calibration())
    assert torch.allclose(back, refine_both_ways(correlate(target, source), 1, Calibration())[0], atol=1e-4)


def wavy_features(shift=0.0, h=20, w=24):
    """Features that change smoothly, moved to the right by so many cells."""
    turns = torch.randn(16, 3, generator=torch.Generator().manual_seed(3))
    y, x = torch.meshgrid(torch.arange(float(h)), torch.arange(float(w)), indexing="ij")
    return torch.stack([torch.cos(0.7 * (a * (x - shift) + b * y) + 9 * c) for a, b, c in turns])[None]


def inner_error(displacement, x):
    """Of the cells whose neighbours are all inside the picture."""
    return (displacement[..., 3:-3, 3:-3] - torch.tensor([x, 0.0]).reshape(1, 2, 1, 1)).norm(dim=1).mean().item()


@pytest.mark.parametrize("x", [-0.6, -0.3, 0.4, 0.7])
def test_sharpening_finds_parts_of_a_cell(x):
    """From nothing in one pass, at least half of them, and in three passes nearly all."""
    displacement, errors = torch.zeros(1, 2, 20, 24), []
    for _ in range(3):
        displacement = sharpen_displacement(displacement, wavy_features(), wavy_features(x))
        errors.append(inner_error(displacement, x))
    assert errors[0] < abs(x) / 2
    assert errors[2] < 0.05


def test_sharpening_leaves_what_is_right():
    right = torch.tensor([2.0, 0.0]).reshape(1, 2, 1, 1).expand(1, 2, 20, 24)
    assert inner_error(sharpen_displacement(right, wavy_features(), wavy_features(2.0)), 2.0) < 0.05


def test_sharpening_moves_nothing_in_one_colour():
    features = torch.ones(1, 4, 9, 11)
    assert sharpen_displacement(torch.zeros(1, 2, 9, 11), features, features).abs().max() < 1e-6


def test_another_grid_counts_in_its_own_cells():
    """Twice as many cells, twice as far; and back it is the same."""
    displacement = torch.tensor([1.5, -0.5]).reshape(1, 2, 1, 1).expand(1, 2, 4, 5)
    finer = to_grid(displacement, (8, 10))
    assert torch.allclose(finer, torch.tensor([3.0, -1.0]).reshape(1, 2, 1, 1).expand(1, 2, 8, 10))
    assert torch.allclose(to_grid(finer, (4, 5)), displacement)


@pytest.fixture(scope="module")
def looks(explorer, nasa):
    return {estimate: explorer.look(nasa, start=5.0, frames=3, estimate=estimate) for estimate in ("network", "refined")}


def test_a_look_is_refined_where_it_is_asked_for(looks):
    """Beside the same correlation; the network's own estimate is the default."""
    network, refined = looks["network"].correspondences, looks["refined"].correspondences
    assert torch.equal(network.correlation, refined.correlation)
    assert np.array_equal(refined.displacement(), refined.refined.there.numpy() * refined.cell)
    assert network.refined is None
    assert np.array_equal(refined.with_settings().displacement(), network.displacement())


def test_too_fast_is_what_reaches_the_rim_of_the_window(looks):
    correspondences = looks["refined"].correspondences
    reach, cell = correspondences.reach, correspondences.cell
    assert np.array_equal(looks["refined"].peak_on_border, np.abs(looks["refined"].displacement).max(axis=1) > reach - cell / 2)


@pytest.mark.parametrize("level", [0, 128, 255])
def test_a_clip_of_one_colour_does_not_move(explorer, level):
    """By less than half a cell, which would show; the padding of the convolutions is seen at the border of the picture. The network's own
    estimate leads to the corners of the window."""
    frames = np.full((3, 120, 160, 3), level, np.uint8)
    correspondences = explorer.match(frames, LookConfig(estimate="refined"))
    assert np.abs(correspondences.displacement()).max() < 0.25 * correspondences.cell


def test_a_pair_is_not_refined_again(looks):
    """What a pair has of its own is the same as in the clip, there and back, and for the way back it is exchanged."""
    correspondences = looks["refined"].correspondences
    one, back = correspondences.of_pair(1), correspondences.backward()
    assert np.array_equal(one.displacement()[0], correspondences.displacement()[1])
    assert torch.equal(back.refined.there, correspondences.refined.back)
    assert torch.equal(back.refined.back, correspondences.refined.there)
    assert np.array_equal(forward_backward_error(one)[0], forward_backward_error(correspondences)[1], equal_nan=True)


def test_tracks_follow_what_is_shown(looks):
    """From the middle of a cell a track goes where that cell's arrow points, onwards and back."""
    correspondences = looks["refined"].correspondences
    row, column = 10, 20
    point = (np.array([column, row]) + 0.5) * correspondences.cell
    onwards = follow_points(correspondences, [point]).points
    assert np.allclose(onwards[1, 0] - point, correspondences.displacement()[0, :, row, column], atol=1e-3)
    earlier = follow_points(correspondences, [point], start=2).points
    assert np.allclose(earlier[1, 0] - point, correspondences.backward().displacement()[1, :, row, column], atol=1e-3)
