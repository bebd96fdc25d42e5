"""Laws of drawn tracks."""

from dataclasses import replace

import numpy as np
import pytest

from workbench.draw.tracks import describe_track, draw_tracks
from workbench.explore.tracks import Tracks

FRAME, SIZE = np.full((90, 160, 3), 128, np.uint8), (180, 320)


def straight(count: int = 1) -> Tracks:
    """Tracks of six frames, from x = 20 to x = 120 in steps of 20 pixels, one beneath the other."""
    x, y = np.meshgrid(20.0 + 20 * np.arange(6), 20 + 25.0 * np.arange(count), indexing="ij")
    return Tracks(np.stack([x, y], axis=-1), np.full((5, count), 0.99), np.full((5, count), True), 0)


def changed(tracks: Tracks, upto: int, size: tuple[int, int] = SIZE) -> np.ndarray:
    """Where the picture is no longer the grey frame, but for the hairline around it: `h w`."""
    picture = draw_tracks(FRAME, tracks, upto, size)[: size[0], : size[1]]
    touched = np.abs(picture.astype(int) - 128).max(axis=-1) > 12
    touched[[0, -1]] = touched[:, [0, -1]] = False
    return touched


def test_a_trail_runs_from_the_start_to_the_point_now() -> None:
    """In pixels of the picture, twice those of the frame: no farther than the point, and nothing of what comes later."""
    touched = changed(straight(), 3)
    assert touched[40, 42:160].all()
    assert not touched[:, 182:].any()
    assert not touched[:, :30].any()
    assert not touched[65:].any()
    assert not touched[:15].any()


def test_the_point_now_has_a_disc_of_the_colour_of_its_track() -> None:
    """Each track its own colour; the disc is far wider than the trail."""
    picture = draw_tracks(FRAME, straight(3), 2, SIZE)
    colours = {tuple(picture[40 + 50 * number, 115].tolist()) for number in range(3)}
    assert len(colours) == 3
    touched = changed(straight(), 2)
    assert touched[:, 120].sum() > 1.5 * touched[:, 80].sum()


@pytest.mark.parametrize("probability", [0.9, 0.5, 0.0])
def test_a_doubtful_step_is_thinner_and_fainter(probability: float) -> None:
    """A step is the thinner and the closer to the frame the less probable it is, and can be seen even so."""
    tracks = straight()
    doubtful = replace(tracks, probability=tracks.probability * 0 + probability)
    sure, faint = (draw_tracks(FRAME, each, 5, SIZE)[:80, 100].astype(int) for each in (tracks, doubtful))
    sure, faint = (np.abs(column - 128).max(axis=-1) for column in (sure, faint))
    assert 0 < faint.sum() < 0.97 * sure.sum()
    assert faint.max() > 12


def test_a_step_that_does_not_lead_back_is_broken() -> None:
    """Its line has gaps, those of the others have none."""
    tracks = straight()
    pictures = [draw_tracks(FRAME, replace(tracks, consistent=np.arange(5)[:, None] != step), 5, SIZE) for step in (9, 2)]
    whole, broken = (picture[40, :, 2].astype(int) - picture[40, :, 0] > 60 for picture in pictures)  # the first track is blue
    assert whole[42:220].all()
    assert broken[42:118].all()
    assert broken[162:220].all()
    assert 0.2 < broken[122:158].mean() < 0.8


def test_a_track_that_ended_has_a_cross_where_it_was_last() -> None:
    """And no disc in the frames after; its trail stays."""
    points, probability = straight().points.copy(), straight().probability.copy()
    points[3:], probability[2:] = np.nan, np.nan
    ended = Tracks(points, probability, np.isfinite(probability), 0)
    assert np.array_equal(changed(ended, 3), changed(ended, 5))
    assert changed(ended, 5)[40, 42:120].all()
    assert not np.array_equal(changed(ended, 5), changed(ended, 2))
    assert [describe_track(ended, 0, upto) for upto in range(6)] == ["start", "0.99", "0.99", "gone", "gone", "gone"]


def test_the_value_is_that_of_the_step_to_the_frame_shown() -> None:
    """On the way from the start: before it, that of the step backwards."""
    tracks = replace(straight(), probability=np.array([[0.1], [0.2], [0.3], [0.4], [0.5]]), start=2)
    assert [describe_track(tracks, 0, upto) for upto in range(6)] == ["0.10", "0.20", "start", "0.30", "0.40", "0.50"]


def test_the_legend_grows_with_the_tracks() -> None:
    """The frame fills the size from the top left; no tracks are a frame and a word."""
    heights = [draw_tracks(FRAME, straight(count), 2, SIZE).shape for count in (0, 1, 3, 20)]
    assert all(width == 320 for _, width, _ in heights)
    assert 180 < heights[0][0] < heights[1][0] == heights[2][0] < heights[3][0]
    assert not changed(straight(0), 2).any()


@pytest.mark.parametrize("upto", [-1, 6])
def test_a_frame_that_is_not_there_is_said(upto: int) -> None:
    with pytest.raises(ValueError, match="0 to 5"):
        draw_tracks(FRAME, straight(), upto)
