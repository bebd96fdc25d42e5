"""The laws of pairs of real videos: as far apart as a look has them, and optical flow, which may contradict itself, for the truth."""

import numpy as np
import pytest
from command import workbench

import workbench as wb
from workbench.explore.compare import optical_flow
from workbench.explore.flow_benchmark import DIS, evaluate_flow
from workbench.explore.video_pairs import comes_home, read_video_pairs
from workbench.text import markdown_table, table_lines
from workbench.video.read import VideoError


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two videos, one of them a folder below: a real picture that slides by 2 px a frame."""
    folder = tmp_path_factory.mktemp("videos")
    picture = wb.read_video(wb.sample_videos()[1].path, [200]).frames[0]
    (folder / "below").mkdir()
    for name, step in (("slow.mp4", 1), ("below/fast.mp4", 2)):
        wb.write_video(folder / name, np.stack([picture[20:148, step * t : step * t + 192] for t in range(30)]), 25)
    return folder


@pytest.fixture(scope="module")
def pairs(folder, explorer):
    return list(read_video_pairs(folder, explorer, count=3))


def test_pairs_are_spread_over_each_video(pairs):
    assert [pair.name.split()[0] for pair in pairs] == ["fast.mp4"] * 3 + ["slow.mp4"] * 3
    assert [pair.name.split()[1] for pair in pairs[:3]] == ["0.00", "0.48", "1.00"]


def test_frames_are_as_far_apart_as_a_look_has_them(pairs, folder, explorer):
    look = explorer.look(folder / "below" / "fast.mp4", start=0.0)
    assert np.array_equal(pairs[0].frames, look.frames[:2])


def test_the_displacement_is_that_of_optical_flow(pairs):
    assert np.array_equal(pairs[0].flow, np.moveaxis(optical_flow(*pairs[0].frames), -1, 0))
    assert pairs[0].valid.all()


def test_optical_flow_agrees_with_itself(pairs, explorer):
    """And with what slides: every cell that moves is right by the measure of DIS."""
    means = evaluate_flow(pairs, explorer).means().set_index("method")
    assert means.loc[DIS, "all"] < 1e-3
    assert means.loc[DIS, "within a cell (share)"] == 1


def test_what_comes_home_went_there_and_back():
    """A slide by 3 px and back: all that stays in the picture; and nothing where the way back leads elsewhere."""
    there = np.full((8, 10, 2), (3, 0), np.float32)
    expected = np.tile(np.arange(10) <= 6, (8, 1))
    assert np.array_equal(comes_home(there, -there), expected)
    assert not comes_home(there, 0 * there).any()


def test_pixels_that_contradict_themselves_do_not_count(folder, explorer):
    one, other = (next(read_video_pairs(folder, explorer, both, count=1)) for both in (False, True))
    assert np.array_equal(one.flow, other.flow)
    assert 0.5 < other.valid.mean() < 1  # a part of the picture leaves it


def test_the_command_takes_videos(folder, explorer):
    """Eight pairs of each, which it measures as the function does."""
    done = workbench("evaluate-flow", folder, "--against", "dis")
    assert done.returncode == 0, done.stderr
    means = evaluate_flow(read_video_pairs(folder, explorer), explorer).means()
    assert markdown_table(table_lines(means)) in done.stdout


def test_a_folder_without_videos_is_an_error(tmp_path, explorer):
    with pytest.raises(VideoError, match=tmp_path.name):
        list(read_video_pairs(tmp_path, explorer))
