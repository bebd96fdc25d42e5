"""The laws of looking at a video."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import workbench as wb
from workbench.explore import explorer as explore
from workbench.explore.whole_video import MOST_WINDOWS, THUMBNAILS
from workbench.model.checkpoint import Preprocessing
from workbench.video.sampling import segment_indices

CLIPS = Path(__file__).parent.parent / "clips"
NASA = next(sample.path for sample in wb.sample_videos() if sample.name == "nasa")


@pytest.fixture(scope="module")
def exploration(explorer) -> wb.Exploration:
    return explorer.look(NASA)


def test_what_an_exploration_holds(exploration):
    """Eight frames of one second in the middle, probabilities that sum to 1, seven pairs on the grid of the frames."""
    assert exploration.frames.shape == (8, 180, 320, 3)
    assert exploration.crops.shape == (8, 64, 64, 3)
    assert exploration.probabilities.shape == (20,)
    assert exploration.probabilities.sum() == pytest.approx(1, abs=1e-5)
    assert exploration.displacement.shape == (7, 2, 32, 57)
    assert (
        exploration.confidence.shape
        == exploration.peak_on_border.shape
        == (
            7,
            32,
            57,
        )
    )
    assert exploration.times[-1] - exploration.times[0] < 1
    assert abs(np.mean(exploration.times) - exploration.info.duration / 2) < 0.2
    assert len(exploration.whole_video.thumbnails) == THUMBNAILS
    assert len(exploration.score_times) == len(exploration.scores) == MOST_WINDOWS
    assert np.allclose(exploration.scores.sum(axis=1), 1, atol=1e-5)
    assert exploration.top(3)[0][1] == exploration.probabilities.max()
    assert [p for _, p in exploration.top(20)] == sorted(exploration.probabilities, reverse=True)


def test_start_and_length_choose_the_clip(explorer):
    """The frames lie in the span asked for; the default span is that of training."""
    exploration = explorer.look(NASA, start=2.0, seconds=2.0)
    assert 1.95 <= exploration.times[0] <= 2.05
    assert 3.6 <= exploration.times[-1] < 4.0


@pytest.mark.parametrize(("span", "said"), [({"start": 99.0}, "99"), ({"seconds": -1.0}, "-1"), ({"resolution": 4}, "at least 8")])
def test_what_cannot_be_is_said(explorer, span, said):
    with pytest.raises(ValueError, match=said):
        explorer.look(NASA, **span)


def test_a_higher_resolution_is_a_finer_grid(explorer, exploration):
    """The same displacement in pixels of the frames on more cells; the window reaches less far."""
    fine = explorer.look(NASA, resolution=256)
    assert fine.displacement.shape[2] == 2 * exploration.displacement.shape[2]
    assert fine.reach == pytest.approx(exploration.reach / 2)


def test_displacement_is_in_pixels_of_the_frames(explorer, tmp_path):
    """A real picture that slides 6 pixels to the left between sampled frames: the median of the displacement says so."""
    still = wb.read_video(NASA, [40]).frames[0]
    frames = np.stack([still[:, 2 * t : 2 * t + 240] for t in range(24)])  # every third frame is sampled
    wb.write_video(tmp_path / "slide.mp4", frames, 24, quality=10)
    exploration = explorer.look(tmp_path / "slide.mp4", resolution=180)
    assert exploration.indices == (0, 3, 6, 9, 12, 15, 18, 21)
    sharp = np.linalg.norm(np.gradient(frames[0].astype(float).mean(-1)), axis=0).reshape(45, 4, 60, 4).mean((1, 3)) > 4
    x, y = (np.median(exploration.displacement[:, axis][:, sharp]) for axis in (0, 1))
    assert abs(x + 6) < 2 and abs(y) < 1  # half a cell of 4 pixels: the network takes its peak on the grid


def test_looking_twice_is_the_same(explorer, exploration):
    again = explorer.look(NASA)
    assert np.array_equal(again.probabilities, exploration.probabilities)
    assert np.array_equal(again.displacement, exploration.displacement)


@pytest.mark.parametrize("name", ["one_frame.mp4", "live.webm", "av1.mp4", "decord_rot_90.mov", "x.ts"])
def test_awkward_files_are_looked_at(explorer, name):
    exploration = explorer.look(CLIPS / name)
    assert len(exploration.frames) == 8
    assert np.isfinite(exploration.displacement).all()


def test_one_frame_is_still(explorer, tmp_path):
    """A video of one frame shows it eight times: nothing moves, with full confidence. (Where a picture is perfectly flat
    every offset matches as well as none, and the first one is taken: the median of a real picture is asked.)"""
    wb.write_video(tmp_path / "still.mp4", wb.read_video(NASA, [40]).frames, 24)
    exploration = explorer.look(tmp_path / "still.mp4")
    assert exploration.indices == (0,) * 8
    assert np.median(np.linalg.norm(exploration.displacement, axis=1)) < 0.5
    assert np.median(exploration.confidence) > 0.99


def test_a_network_without_motion_only_predicts():
    tsm = wb.Explorer.load(Path(wb.__file__).parent / "assets" / "tsm-tiny.safetensors").look(NASA)
    assert tsm.pairs == 0
    assert tsm.displacement is None
    assert tsm.probabilities.sum() == pytest.approx(1, abs=1e-5)


def test_segments_of_a_whole_video(explorer):
    """A network trained on segments looks at all of the video at once."""
    whole = replace(explorer, preprocessing=Preprocessing(size=64)).look(NASA)
    assert whole.indices == tuple(segment_indices(whole.info.num_frames, 8))
    assert len(whole.scores) == 1


def test_a_clip_is_shown_where_the_rest_of_a_video_cannot_be_read(explorer, monkeypatch):
    """What was repaired is said beside what is missing; the answer is the only score."""

    def refuse(*_):
        raise wb.VideoError("x.mp4 could not be read.")

    read = explore.read_video
    monkeypatch.setattr(explore, "scan_video", refuse)
    monkeypatch.setattr(explore, "read_video", lambda *given, **more: replace(read(*given, **more), note="1 frame is damaged"))
    exploration = explorer.look(NASA)
    assert exploration.note == "1 frame is damaged; no scores over time: x.mp4 could not be read."
    assert np.array_equal(exploration.scores, exploration.probabilities[None])
    assert exploration.times[0] < exploration.score_times[0] < exploration.times[-1]


def test_no_frames_are_held_but_those_shown(exploration):
    """The frames in between, of half speed, are let go."""
    assert exploration.slow is not None
    assert exploration.frames.base is None
