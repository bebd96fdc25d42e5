"""The laws of tracks: points that are followed through a clip."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch

import workbench as wb
from workbench.explore.config import LookConfig
from workbench.explore.matching import Correspondences
from workbench.explore.reliability import default_tolerance, forward_backward_error
from workbench.explore.tracks import follow_points
from workbench.model.correlation import local_correlation
from workbench.model.motion import MotionConfig

CELL, RADIUS = 4.0, 3
NASA = next(sample.path for sample in wb.sample_videos() if sample.name == "nasa")


def slid(path: list[tuple[int, int]], height: int = 16, width: int = 20) -> Correspondences:
    """A random texture whose content lies at these x, y (cells) in the frames of a clip, matched as the module does."""
    texture = torch.randn(32, height + 40, width + 40, generator=torch.Generator().manual_seed(0))
    frames = torch.stack([texture[:, 20 - y : 20 - y + height, 20 - x : 20 - x + width] for x, y in path])[None]
    config = MotionConfig(radius=RADIUS)
    return Correspondences(local_correlation(frames[:, :-1], frames[:, 1:], RADIUS)[0], "layer1", True, config, CELL)


def everywhere(*steps: tuple[int, int], grid: tuple[int, int] = (10, 12)) -> Correspondences:
    """A reading in which every cell moves by one x, y (cells) in each pair, whatever lies there."""
    correlation = torch.zeros(len(steps), *grid, 2 * RADIUS + 1, 2 * RADIUS + 1)
    for pair, (x, y) in enumerate(steps):
        correlation[pair, :, :, y + RADIUS, x + RADIUS] = 1
    return Correspondences(correlation, "layer1", True, MotionConfig(radius=RADIUS), CELL)


PATH = [(0, 0), (1, 0), (3, 1), (3, 2), (1, 0), (-1, -2)]


@pytest.mark.parametrize("start", [0, 3, 5])
def test_tracks_follow_what_moves(start):
    """Through a clip whose content slides here and there, forwards and backwards: within half a cell, wherever the points lie."""
    points = np.array([[40.0, 32.0], [33.3, 29.1], [50.0, 40.9]])
    tracks = follow_points(slid(PATH), points, start)
    truth = points + CELL * (np.array(PATH) - PATH[start])[:, None]
    assert tracks.points.shape == (6, 3, 2)
    assert tracks.start == start
    assert np.abs(tracks.points - truth).max() < CELL / 2
    assert tracks.probability.shape == (5, 3)
    assert (tracks.probability > 0.9).all()
    assert tracks.consistent.all()


def test_a_real_picture_that_slides_is_followed(explorer):
    """The shipped network on crops of a photograph, 6 pixels (one and a half cells) a frame: half of the points at its sharpest
    places stay within half a cell in every step, though each step takes its peak on whole cells."""
    still = wb.read_video(NASA, [40]).frames[0]
    frames = np.ascontiguousarray(np.stack([still[:, 6 * t : 6 * t + 240] for t in range(8)]))
    correspondences = explorer.match(frames, LookConfig(resolution=180))
    sharp = np.linalg.norm(np.gradient(frames[0].astype(float).mean(-1)), axis=0)
    sharp[:20], sharp[-20:], sharp[:, :70], sharp[:, -20:] = 0, 0, 0, 0
    rows, columns = np.unravel_index(np.argsort(sharp.ravel())[-300::10], sharp.shape)
    tracks = follow_points(correspondences, np.stack([columns, rows], axis=1), size=frames.shape[1:3])
    off = np.abs(np.diff(tracks.points, axis=0) - (-6, 0)).max(axis=-1)
    assert np.median(off) < correspondences.cell / 2


def test_a_still_clip_stays():
    """Nothing moves: every point lies in every frame where it was placed, also at the rim and in the corners."""
    points = np.array([[0.0, 0.0], [48.0, 40.0], [13.7, 22.2], [48.0, 0.0]])
    tracks = follow_points(everywhere(*[(0, 0)] * 4), points, 2)
    assert np.allclose(tracks.points, points[None], atol=1e-4)
    assert (tracks.probability > 0.95).all()


def test_any_point_of_a_track_gives_the_track():
    """Where each pair moves as one, a track placed anew on any of its points is the same."""
    correspondences = everywhere((1, 1), (-2, 0), (0, 2), (3, -1))
    whole = follow_points(correspondences, [[20.0, 18.0]], 0).points
    for start in range(1, 5):
        assert np.allclose(follow_points(correspondences, whole[start], start).points, whole, atol=1e-3)


def test_a_track_ends_where_it_leaves():
    """Two cells a frame to the right from the ninth of twelve: gone after two steps, and it never comes back; others go on."""
    tracks = follow_points(everywhere((2, 0), (2, 0), (-3, 0), (-3, 0)), [[33.0, 20.0], [9.0, 20.0]])
    assert tracks.points[:, 0, 0].tolist() == pytest.approx([33, 41] + [np.nan] * 3, nan_ok=True)
    assert np.isfinite(tracks.probability[:, 0]).tolist() == [True] + [False] * 3
    assert tracks.points[:, 1, 0].tolist() == pytest.approx([9, 17, 25, 13, 1])
    assert tracks.consistent.tolist() == [[True, True], [False, True], [False, True], [False, True]]


@pytest.mark.parametrize("start", [0, 1])
def test_a_step_is_consistent_where_its_cell_is(start):
    """From the middle of a cell, forwards or backwards, a step is consistent where the cell's forward-backward error says so."""
    correspondences = slid([(0, 0), (2, 1)])
    kept = torch.rand(correspondences.correlation.shape, generator=torch.Generator().manual_seed(0)) > 0.3
    noisy = replace(correspondences, correlation=correspondences.correlation * kept)
    y, x = np.mgrid[:16, :20]
    tracks = follow_points(noisy, CELL * (np.stack([x.ravel(), y.ravel()], axis=1) + 0.5), start)
    error = forward_backward_error(noisy if start == 0 else noisy.backward())
    expected = error[0].ravel() <= default_tolerance(noisy)
    assert np.array_equal(tracks.consistent[0], expected)
    assert 0 < expected.mean() < 1


def bilinear(field: np.ndarray, x: float, y: float) -> np.ndarray:
    """Tent weights of all cells: another way to say it than by the four around."""
    height, width = field.shape[1:]
    x, y = np.clip(x - 0.5, 0, width - 1), np.clip(y - 0.5, 0, height - 1)
    weights = np.maximum(1 - np.abs(np.arange(height) - y), 0)[:, None] * np.maximum(1 - np.abs(np.arange(width) - x), 0)
    return (field * weights).sum(axis=(1, 2))


@pytest.mark.parametrize("start", [0, 3])
def test_each_step_is_the_bilinear_displacement(start):
    """The field of the whole pair, read between cells at the point."""
    correlation = torch.rand(3, 8, 9, 5, 5, generator=torch.Generator().manual_seed(3))
    correspondences = Correspondences(correlation, "layer1", True, MotionConfig(radius=2, dilation=2, temperature=0.2), CELL)
    source = correspondences if start == 0 else correspondences.backward()
    fields = source.displacement()
    tracks, exploration = follow_points(correspondences, [[18.2, 15.9], [9.0, 27.7]], start), 0
    order = list(pairwise(range(4))) if start == 0 else [(t + 1, t) for t in range(3)]
    for (here, there), number in ((step, number) for step in order for number in (0, 1)):
        (x, y), pair = tracks.points[here, number] / CELL, min(here, there)
        if np.isfinite(tracks.points[there, number]).all():
            expected = tracks.points[here, number] + bilinear(fields[pair], x, y)
            assert np.allclose(tracks.points[there, number], expected, atol=1e-3)
            exploration += 1
    assert exploration >= 3


def test_the_size_of_the_frames_says_where_cells_lie():
    """Frames whose width is no multiple of a cell have cells a little wider than high; a point at their edge can be placed."""
    correspondences = everywhere((1, 0), (-1, 0))
    tracks = follow_points(correspondences, [[49.9, 20.0], [20.0, 20.0]], 0, size=(40, 50))
    assert np.isnan(tracks.points[1, 0]).all()
    assert np.allclose(tracks.points[1, 1], (20 + 50 / 12, 20), atol=1e-3)
    with pytest.raises(ValueError, match="48 x 40"):
        follow_points(correspondences, [[49.9, 20.0]])


def test_no_points_are_no_tracks():
    """A page on which nothing has been clicked yet."""
    assert follow_points(everywhere((0, 0)), []).points.shape == (2, 0, 2)


@pytest.mark.parametrize(("points", "start", "said"), [
    ([[1.0, 2.0]], 3, "0 to 2"), ([[1.0, 2.0]], -1, "0 to 2"), ([1.0, 2.0], 0, "'n 2'"), ([[1, 2, 3]], 0, "'n 2'"),
    ([[-1, 2]], 0, "48 x 40"), ([[2, 41]], 0, "48 x 40"), ([[float("nan"), 2]], 0, "48 x 40"),
])  # fmt: skip
def test_what_cannot_be_is_said(points, start, said):
    with pytest.raises(ValueError, match=said):
        follow_points(everywhere((0, 0), (0, 0)), points, start)
