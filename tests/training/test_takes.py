"""Takes of own motions: names, limits, and files that the data set reads as they lie."""

from pathlib import Path

import numpy as np
import pytest
from own_takes import WAYS, swaying_texture, take_set, write_take

from workbench.data.datasets import open_dataset
from workbench.training.takes import MOST_MOTIONS, MOST_SECONDS, MOST_TAKES, TakeSet, TeachingError
from workbench.video.read import VideoError, probe_video
from workbench.video.uploads import VideoLimits
from workbench.video.write import write_video


@pytest.fixture
def takes(tmp_path: Path) -> TakeSet:
    return TakeSet(tmp_path / "motions").add_motion("waving")


def test_the_folder_is_a_data_set(tmp_path: Path) -> None:
    """`open_dataset` finds the same labels and, over both splits, the same takes."""
    takes = take_set(tmp_path)
    splits = [open_dataset(takes.folder, split=split) for split in ("train", "validation")]
    assert splits[0].labels == takes.labels == tuple(sorted(WAYS))
    items = {item.name: (item.path, item.label) for videos in splits for item in videos.items}
    assert items == {item.name: (item.path, item.label) for item in takes.videos().items}
    assert [len(videos) for videos in splits] == [8, 2]


@pytest.mark.parametrize("name", ["", "  ", "a/b", "..", ".hidden", "x" * 41, "nul\0", "end.", "a:b", 'say "hi"'])
def test_what_can_be_no_folder_is_no_name(takes: TakeSet, name: str) -> None:
    with pytest.raises(TeachingError):
        takes.add_motion(name)


def test_a_name_is_taken_once(takes: TakeSet) -> None:
    """However it is spelt, and whatever spaces surround it."""
    with pytest.raises(TeachingError, match="Waving"):
        takes.add_motion("  Waving ")


def test_there_are_so_many_motions_and_no_more(tmp_path: Path) -> None:
    takes = TakeSet(tmp_path)
    for number in range(MOST_MOTIONS):
        takes = takes.add_motion(f"motion {number}")
    with pytest.raises(TeachingError, match=str(MOST_MOTIONS)):
        takes.add_motion("one more")


def test_a_take_is_kept_small_and_even(takes: TakeSet, tmp_path: Path) -> None:
    """Of 240 x 320 pixels and 60 frames a second, 144 x 192 at 30 are kept, of the same length."""
    clip = tmp_path / "large.mp4"
    write_video(clip, np.random.default_rng(0).integers(0, 255, (60, 240, 320, 3), np.uint8), 60, preset="ultrafast")
    info = probe_video(takes.add_take("waving", clip).takes[0].path)
    assert (info.height, info.width, info.num_frames) == (144, 192, 30)
    assert info.duration == pytest.approx(1.0, abs=0.05)


def test_a_take_counts_once(takes: TakeSet, tmp_path: Path) -> None:
    """The same clip is refused, under another name and for another motion, too, and leaves no file."""
    clip = write_take(tmp_path / "a.mp4", 0, 0.0)
    takes = takes.add_take("waving", clip).add_motion("nodding")
    with pytest.raises(TeachingError, match=r"b\.mp4"):
        takes.add_take("nodding", write_take(tmp_path / "b.mp4", 0, 0.0))
    assert len(list(takes.folder.rglob("*.mp4"))) == 1


def test_what_is_no_take_is_refused(takes: TakeSet, tmp_path: Path) -> None:
    """Too long, too short, above the page's limits, no video, or of a motion that was not named."""
    write_video(tmp_path / "long.mp4", np.repeat(swaying_texture(0, 0.0, 12), 11, 0), 12, preset="ultrafast")
    with pytest.raises(TeachingError, match=f"11.0 s.*{MOST_SECONDS:g} s"):
        takes.add_take("waving", tmp_path / "long.mp4")
    write_video(tmp_path / "short.mp4", swaying_texture(0, 0.0, 6), 12, preset="ultrafast")
    with pytest.raises(VideoError, match="6 frames"):
        takes.add_take("waving", tmp_path / "short.mp4")
    clip = write_take(tmp_path / "a.mp4", 0, 0.0)
    with pytest.raises(VideoError, match=r"96 . 72"):
        takes.add_take("waving", clip, VideoLimits(largest=(64, 64)))
    with pytest.raises(TeachingError, match="nodding"):
        takes.add_take("nodding", clip)
    (tmp_path / "none.mp4").write_bytes(b"no video")
    with pytest.raises(VideoError, match=r"none\.mp4"):
        takes.add_take("waving", tmp_path / "none.mp4")
    assert list(takes.folder.rglob("*.mp4")) == []


def test_a_motion_has_so_many_takes_and_no_more(takes: TakeSet, tmp_path: Path) -> None:
    one = takes.add_take("waving", write_take(tmp_path / "a.mp4", 0, 0.0))
    full = TakeSet(one.folder, one.motions, one.takes * MOST_TAKES, MOST_TAKES)
    with pytest.raises(TeachingError, match=str(MOST_TAKES)):
        full.add_take("waving", write_take(tmp_path / "b.mp4", 1, 0.0))


def test_takes_together_are_no_larger_than_an_upload(takes: TakeSet, tmp_path: Path) -> None:
    """What would be too much leaves no file."""
    noise = np.random.default_rng(0).integers(0, 255, (2, 240, 144, 192, 3), np.uint8)
    for name, frames in zip("ab", noise, strict=True):
        write_video(tmp_path / f"{name}.mp4", frames, 30, quality=35, preset="ultrafast")
    takes = takes.add_take("waving", tmp_path / "a.mp4")
    least = -(-takes.takes[0].path.stat().st_size // 10**6)
    with pytest.raises(TeachingError, match=f"{least} MB"):
        takes.add_take("waving", tmp_path / "b.mp4", VideoLimits(megabytes=least))
    assert [path.name for path in takes.folder.rglob("*.mp4")] == [takes.takes[0].path.name]


def test_what_is_dropped_leaves_no_file(tmp_path: Path) -> None:
    """A take, and a motion with all of its takes; the others stay, and no name is used again."""
    takes = take_set(tmp_path, per_motion=2)
    fewer = takes.drop_take(takes.takes[0].name)
    assert fewer.takes == takes.takes[1:]
    assert sorted(takes.folder.rglob("*.mp4")) == sorted(take.path for take in fewer.takes)
    again = fewer.add_take("to and fro", write_take(tmp_path / "new.mp4", 9, 0.0))
    assert again.takes[-1].name not in {take.name for take in takes.takes}
    last = again.remove_motion("to and fro")
    assert last.motions == ("up and down",) and {take.motion for take in last.takes} == {"up and down"}
    assert sorted(takes.folder.rglob("*.mp4")) == sorted(take.path for take in last.takes)


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    """A second motion, a second take, and takes whose files are gone."""
    takes = take_set(tmp_path, per_motion=2)
    takes.check()
    with pytest.raises(TeachingError, match="two motions"):
        takes.remove_motion("up and down").check()
    with pytest.raises(TeachingError, match=r"'up and down' needs at least 2 takes.*it has 1"):
        takes.drop_take(takes.takes[-1].name).check()
    (again := take_set(tmp_path / "again", per_motion=2)).takes[0].path.unlink()
    with pytest.raises(TeachingError, match="1 take is no longer here"):
        again.check()
