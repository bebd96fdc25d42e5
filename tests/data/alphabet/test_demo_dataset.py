"""Laws of the made recordings."""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from workbench.data.alphabet.demo_dataset import DEMO_CLASSES, SCENES, make_recordings, record
from workbench.data.class_symmetry import reversal_partners
from workbench.data.datasets import open_dataset
from workbench.video.read import probe_video, read_video, sample_videos


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_recordings(tmp_path_factory.mktemp("made") / "recordings", clips=3)


@pytest.fixture(scope="module")
def sample() -> np.ndarray:
    [nasa] = (sample.path for sample in sample_videos() if sample.name == "nasa")
    return read_video(nasa).frames


@pytest.mark.parametrize("split", SCENES)
def test_a_clip_shows_what_its_folder_says(folder: Path, split: str) -> None:
    """Where it slides left, what is seen goes to the left; where it zooms in, the end is a part of the beginning, enlarged."""
    found = {name: [] for name in DEMO_CLASSES}
    for item in open_dataset(folder, split=split).items:
        found[item.path.parent.name].append(read_video(item.path).frames)
    assert {name: len(clips) for name, clips in found.items()} == dict.fromkeys(DEMO_CLASSES, 3)

    ways = {"sliding left": -1, "sliding right": 1}
    assert all(np.sign(shift(clip[10], clip[25])) == way for name, way in ways.items() for clip in found[name])
    assert all(likeness_inside(clip[0], clip[-1]) > likeness_inside(clip[-1], clip[0]) for clip in found["zooming in"])
    assert all(likeness_inside(clip[0], clip[-1]) < likeness_inside(clip[-1], clip[0]) for clip in found["zooming out"])


def shift(first: np.ndarray, last: np.ndarray) -> int:
    """By how many fortieths of the width what is seen went to the right."""
    one, two = grey(first), grey(last)
    return max(range(-20, 21), key=lambda way: likeness(one[:, max(-way, 0) : 40 - max(way, 0)], two[:, max(way, 0) : 40 - max(-way, 0)]))


def likeness_inside(whole: np.ndarray, part: np.ndarray) -> float:
    """How alike a picture is to the part of another to which it is most alike."""
    return max(likeness(grey(whole, box), grey(part)) for box in parts_of(*whole.shape[:2]))


def parts_of(height: int, width: int) -> Iterator[tuple[float, ...]]:
    for share in (0.45, 0.55, 0.65):
        for x, y in np.ndindex(9, 9):
            left, top = (1 - share) * x / 8, (1 - share) * y / 8
            yield left * width, top * height, (left + share) * width, (top + share) * height


def grey(frame: np.ndarray, box: tuple[float, ...] | None = None) -> np.ndarray:
    return np.asarray(Image.fromarray(frame).convert("L").resize((40, 30), Image.Resampling.BILINEAR, box)).astype(float)


def likeness(one: np.ndarray, two: np.ndarray) -> float:
    return float(np.corrcoef(one.ravel(), two.ravel())[0, 1])


@pytest.mark.parametrize(("name", "opposite"), [("sliding left", "sliding right"), ("zooming in", "zooming out")])
def test_only_the_order_of_the_frames_tells_opposite_classes_apart(sample: np.ndarray, name: str, opposite: str) -> None:
    """The same draw gives a clip of the one and, backwards, of the other; and their names say so."""
    clip, other = (record(which, sample, SCENES["train"], np.random.default_rng(5)) for which in (name, opposite))
    assert (clip == other[::-1]).all()
    assert (clip != other).any()
    labels = list(DEMO_CLASSES)
    assert reversal_partners(labels)[labels.index(name)] == labels.index(opposite)


def test_the_samples_own_course_runs_both_ways(sample: np.ndarray) -> None:
    """A clip that is not turned round shows the sample forwards in some draws and backwards in others: its own motion tells no class."""
    ramp = (np.arange(50, dtype=np.uint8) * 2).reshape(50, 1, 1, 1)
    brighter = sample[170] // 2 + ramp  # from frame to frame
    clips = [record("zooming in", brighter, (range(50),), np.random.default_rng(seed)) for seed in range(8)]
    assert {int(np.sign(clip[-1].min().astype(int) - clip[0].min())) for clip in clips} == {-1, 1}


def test_training_and_validation_show_different_frames(sample: np.ndarray) -> None:
    """No frame of the sample is in both splits, and what is not of a split's scenes does not matter to its clips."""
    used = {split: set(chain(*scenes)) for split, scenes in SCENES.items()}
    assert not used["train"] & used["validation"]
    assert max(chain(*used.values())) < len(sample)
    for split, scenes in SCENES.items():
        others = sample.copy()
        others[[i for i in range(len(sample)) if i not in used[split]]] = 255
        for seed in range(3):
            clips = [record("sliding left", frames, scenes, np.random.default_rng(seed)) for frames in (sample, others)]
            assert (clips[0] == clips[1]).all()


def test_they_are_a_folder_of_classes_of_short_small_videos(folder: Path) -> None:
    """The layout is recognised, the splits are as large as was asked for, and every file plays for 1.8 seconds."""
    for split in SCENES:
        videos = open_dataset(folder, split=split)
        assert (videos.layout, videos.labels, len(videos), videos.ignored) == ("folders", tuple(DEMO_CLASSES), 12, ())
    infos = [probe_video(path) for path in folder.rglob("*.mp4")]
    assert {(info.num_frames, info.height, info.width, round(info.duration, 6)) for info in infos} == {(45, 120, 160, 1.8)}
    assert sum(path.stat().st_size for path in folder.rglob("*.mp4")) / len(infos) < 100_000


def test_they_depend_on_the_arguments_alone_and_are_made_once(folder: Path, tmp_path: Path) -> None:
    """Another folder holds the same bytes, other seeds other ones; made recordings are left as they are, and so is all else."""
    again, other = make_recordings(tmp_path / "again", clips=3), make_recordings(tmp_path / "other", clips=1, seed=1)
    first = "train/sliding left/take 01.mp4"
    paths = sorted(path.relative_to(folder) for path in folder.rglob("*.mp4"))
    assert all((folder / path).read_bytes() == (again / path).read_bytes() for path in paths)
    assert (folder / first).read_bytes() != (other / first).read_bytes()

    (other / first).write_bytes(b"mine now")
    assert make_recordings(other, clips=1, seed=1) == other
    assert (other / first).read_bytes() == b"mine now"
    with pytest.raises(FileExistsError, match="other holds something else already"):
        make_recordings(other, clips=1, seed=2)
    (tmp_path / "mine").mkdir()
    with pytest.raises(FileExistsError, match="name another folder"):
        make_recordings(tmp_path / "mine")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["again", "mine", "other"]


@pytest.mark.parametrize("wrong", [{"clips": 0}, {"seed": -1}])
def test_what_cannot_be_made_is_refused(tmp_path: Path, wrong: dict) -> None:
    """No clips and no negative seeds; and nothing is left behind."""
    with pytest.raises(ValueError, match="recordings need at least"):
        make_recordings(tmp_path / "none", **wrong)
    assert not list(tmp_path.iterdir())
