"""The laws of the doctor: each fault is found by name and no other is, whatever the number of processes."""

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from small_sets import HOME, make_set

from workbench.data import doctor
from workbench.data import probe_files as checkup
from workbench.data.datasets import VideoItem, VideoSet
from workbench.data.doctor import diagnose
from workbench.data.findings import FINDING_KINDS, Case, Diagnosis, Finding, SplitFacts, find_all, read_diagnosis
from workbench.data.layouts.base import DatasetError
from workbench.data.probe_files import Checkup, check_videos
from workbench.video.worker import Worker

CLIPS = Path(__file__).resolve().parents[1] / "clips"
# Classes left, right and turn around; clips 1 to 3, 6 to 8 and 11 to 13 are for training, 4, 5, 9, 10, 14 and 15 for validation.
TRAIN, VAL = "train_videofolder.txt", "val_videofolder.txt"


@pytest.fixture(scope="module")
def healthy(tmp_path_factory) -> Path:
    return make_set(tmp_path_factory.mktemp("sets") / "healthy", "lists", frames=16)


@pytest.fixture
def folder(healthy, tmp_path) -> Path:
    """A copy to plant faults into."""
    return Path(shutil.copytree(healthy, tmp_path / "set"))


def clip(folder: Path, number: int) -> Path:
    return folder / f"frames/clip {number}.mp4"


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))


def add(path: Path, line: str) -> None:
    path.write_text(f"{path.read_text()}{line}\n")


def found(diagnosis: Diagnosis) -> dict[str, set[str]]:
    return {finding.kind: {f"{case.split}: {case.name}" for case in finding.cases} for finding in diagnosis.findings}


def examined(folder: Path, **options) -> Diagnosis:
    return diagnose(folder, progress=False, **options)


# ------------------------------------------------------------------------------------------------------------- faults and findings


def end_early(folder: Path) -> None:
    data = clip(folder, 1).read_bytes()
    clip(folder, 1).write_bytes(data[: len(data) * 9 // 10])


def cut_the_index(folder: Path) -> None:
    clip(folder, 1).write_bytes(clip(folder, 1).read_bytes()[:60])


def write_text(folder: Path) -> None:
    clip(folder, 4).write_text("This is no video.")


def shorten(folder: Path) -> None:
    shutil.copy(CLIPS / "one_frame.mp4", clip(folder, 2))
    edit(folder / TRAIN, "clip 2 16 0", "clip 2 1 0")


def copy_to_validation(folder: Path) -> None:
    shutil.copy(clip(folder, 1), folder / "frames/another name.mp4")
    add(folder / VAL, "another name 16 0")


def list_in_both(folder: Path) -> None:
    add(folder / VAL, "clip 6 16 1")


def copy_within(folder: Path) -> None:
    shutil.copy(clip(folder, 7), clip(folder, 8))


def copy_to_another_class(folder: Path) -> None:
    shutil.copy(clip(folder, 7), clip(folder, 11))


def remove(folder: Path) -> None:
    clip(folder, 9).unlink()


def add_a_class_to_validation(folder: Path) -> None:
    shutil.copy(CLIPS / "h264.mp4", folder / "frames/new.mp4")
    add(folder / "category.txt", "wave")
    count = examined_alone(folder / "frames/new.mp4").num_frames
    add(folder / VAL, f"new {count} 3")


def examined_alone(path: Path) -> Checkup:
    return check_videos([path], progress=False)[path]


def miscount(folder: Path) -> None:
    edit(folder / TRAIN, "clip 3 16 0", "clip 3 18 0")


FAULTS: list[tuple[Callable[[Path], None], dict[str, set[str]]]] = [
    (end_early, {"damaged": {"train: clip 1"}, "count": {"train: clip 1"}}),
    (cut_the_index, {"undecodable": {"train: clip 1"}}),
    (write_text, {"undecodable": {"validation: clip 4"}}),
    (shorten, {"short": {"train: clip 2"}}),
    (copy_to_validation, {"leak": {"train: clip 1"}}),
    (list_in_both, {"leak": {"train: clip 6"}}),
    (copy_within, {"duplicate": {"train: clip 8"}}),
    (copy_to_another_class, {"contradiction": {"train: clip 11"}}),
    (remove, {"missing": {"validation: clip 9"}}),
    (add_a_class_to_validation, {"unlearnt": {"validation: wave"}}),
    (miscount, {"count": {"train: clip 3"}}),
]


def test_a_healthy_set_has_no_findings(healthy):
    """Nothing is found in a set without faults, and what it holds is counted by split and class."""
    diagnosis = examined(healthy)
    assert found(diagnosis) == {}
    assert not diagnosis.broken
    assert "healthy" in str(diagnosis)
    counts = [dict.fromkeys(HOME[:3], number) for number in (3, 2)]
    assert diagnosis.splits == (SplitFacts("train", counts[0], (16, 16, 16)), SplitFacts("validation", counts[1], (16, 16, 16)))


@pytest.mark.parametrize(("plant", "expected"), FAULTS, ids=[plant.__name__ for plant, _ in FAULTS])
def test_each_fault_is_found_and_nothing_else(folder, plant, expected):
    """A planted fault is found by the name of its video or class, once, and breaks the set if its kind does."""
    plant(folder)
    diagnosis = examined(folder)
    assert found(diagnosis) == expected
    assert diagnosis.broken == any(FINDING_KINDS[kind][0] == "error" for kind in expected)


def test_many_faults_are_found_at_once_by_any_number_of_processes(folder):
    """Faults do not hide one another, and one process finds what two do, in the same order."""
    planted = [shorten, copy_to_another_class, remove, add_a_class_to_validation, miscount, write_text, list_in_both]
    for plant in planted:
        plant(folder)
    one, two = (examined(folder, processes=count) for count in (1, 2))
    expected = {kind: names for plant, kinds in FAULTS if plant in planted for kind, names in kinds.items()}
    assert found(one) == expected
    assert one == two


def test_the_same_pictures_are_a_copy_whatever_they_are_called(tmp_path):
    """A folder of frames is the same as another by the content of its pictures, in their order."""
    folder = make_set(tmp_path / "set", "something-v1", "frames", frames=8)
    videos = folder / "20bn-something-something-v1"
    for copy, name in (("4", "frame{}.jpg"), ("9", "{:05d}.jpg")):
        shutil.rmtree(videos / copy)
        (videos / copy).mkdir()
        for number in range(1, 9):
            other = number if copy == "4" else 9 - number  # played backwards it is another video
            shutil.copy(videos / f"1/{number:05d}.jpg", videos / copy / name.format(other))
    assert found(examined(folder)) == {"leak": {"train: 1"}}


def test_every_frame_is_decoded_where_asked(tmp_path):
    """The first, the middle and the last picture are opened always, those between them only where every frame is asked for."""
    folder = make_set(tmp_path / "set", "something-v1", "frames", frames=8)
    for video, number in ((1, 1), (2, 5), (3, 8), (7, 3)):
        (folder / f"20bn-something-something-v1/{video}/{number:05d}.jpg").write_text("no picture")
    assert found(examined(folder)) == {"undecodable": {"train: 1", "train: 2", "train: 3"}}
    assert found(examined(folder, every_frame=True)) == {"undecodable": {"train: 1", "train: 2", "train: 3", "train: 7"}}


def test_lists_that_do_not_fit_are_a_finding(tmp_path):
    """A class that the training folder lacks is named, and the training videos are examined all the same; a folder that holds no
    data set is an error of whoever asks."""
    folder = make_set(tmp_path / "set", "folders")
    shutil.copytree(folder / "val/left", folder / "val/hop")
    (folder / "train/left/notes.txt").write_text("a note")
    (folder / "train/left/clip 1.mp4").write_text("no video")
    diagnosis = examined(folder)
    assert set(found(diagnosis)) == {"layout", "undecodable", "ignored"}
    assert diagnosis.broken
    assert "'hop'" in str(diagnosis)
    assert [split.split for split in diagnosis.splits] == ["train"]
    assert found(diagnosis)["ignored"] == {"all splits: train/left/notes.txt"}
    with pytest.raises(DatasetError, match="no folder"):
        examined(tmp_path / "nowhere")
    with pytest.raises(ValueError, match="not for 0 in 0"):
        examined(folder, num_frames=0)


# ------------------------------------------------------------------------------------------------------- findings from the lists


def videos_of(split: str, counts: dict[str, int], layout: str = "kinetics", folder: str = "") -> VideoSet:
    labels = tuple(counts)
    names = [(label, f"{split} {label} {i}") for label, count in counts.items() for i in range(count)]
    items = tuple(VideoItem(name, Path(split, folder or label, name), labels.index(label)) for label, name in names)
    return VideoSet(layout, split, labels, items)


def findings_of(*sets: VideoSet) -> dict[str, set[str]]:
    """Of videos that are all different and as they should be."""
    checkups = {item.path: Checkup(16, str(item.path)) for videos in sets for item in videos.items}
    return found(Diagnosis("", "", 8, False, (), find_all(sets, checkups, 8)))


def test_classes_are_weighed():
    """Less than a tenth of the largest class is imbalance, a tenth is none; so are classes without videos to learn, test, or at all."""
    train = videos_of("train", {"a": 30, "b": 3, "c": 2, "d": 0, "e": 0})
    tested = videos_of("validation", {"a": 1, "b": 0, "c": 1, "d": 1, "e": 0})
    expected = {"imbalance": "train: c", "untested": "train: b", "unlearnt": "validation: d", "empty": "all splits: e"}
    assert findings_of(train, tested) == {kind: {name} for kind, name in expected.items()}
    assert findings_of(videos_of("train", {"a": 2, "b": 2})) == {}


def test_names_of_classes_are_compared():
    """Classes that differ in case, space or hyphen are found, and videos that lie in the folder of a class that is not theirs."""
    assert findings_of(videos_of("train", {"hand stand": 2, "Hand-stand": 2, "wave": 2})) == {"spelling": {"train: Hand-stand"}}
    wrong = videos_of("train", {"hand stand": 1, "wave": 1}, folder="Hand_stand")
    assert findings_of(wrong) == {"misplaced": {"train: train wave 0"}}


def test_a_name_in_two_splits_is_a_leak_where_names_are_the_data_sets():
    """The same name with other content is a leak by the names of a data set; a camera calls videos the same in every folder.
    Between validation and test it breaks nothing."""
    renamed = [
        replace(videos, items=tuple(replace(item, name="MVI_001") for item in videos.items))
        for videos in (videos_of("train", {"a": 1}), videos_of("validation", {"a": 1}), videos_of("test", {"a": 1}))
    ]
    assert findings_of(*renamed[:2]) == {"leak": {"train: MVI_001"}}
    assert findings_of(*renamed[1:]) == {"shared": {"validation: MVI_001"}}
    assert FINDING_KINDS["shared"][0] == "warning"
    assert findings_of(*(replace(videos, layout="folders") for videos in renamed)) == {}


# ---------------------------------------------------------------------------------------------------- what is done with a diagnosis


def test_what_training_skips(folder):
    """Videos without frames are bad in their split, those that stand in another, too, in training alone; each with its reason.
    Those without frames count as none among the lengths of the others."""
    for plant in (write_text, list_in_both, cut_the_index, miscount):
        plant(folder)
    diagnosis = examined(folder)
    assert [split.lengths for split in diagnosis.splits] == [(16, 16, 16), (16, 16, 16)]
    assert set(diagnosis.bad("train")) == {"clip 1", "clip 6"}
    assert set(diagnosis.bad("validation")) == {"clip 4"}
    assert diagnosis.bad("train")["clip 6"] == "is the same as clip 6 in validation"
    assert "no known video" in diagnosis.bad("validation")["clip 4"]


def test_the_text_is_short_and_the_file_is_whole(tmp_path):
    """Of many names a terminal shows a few and says how many more there are; the file holds all, and gives the same diagnosis."""
    cases = tuple(Case("train", f"clip {i} – 跳", "is damaged", f"a/{i}") for i in range(1200))
    split = SplitFacts("train", {"a": 1200, "b": 3}, (4, 8, 90))
    diagnosis = Diagnosis("set", "kinetics", 8, False, (split,), (Finding("undecodable", cases), Finding("short", cases[:2])), "f")
    text = str(diagnosis)
    assert len(text.splitlines()) < 20
    assert "clip 3 " in text
    assert "clip 4 " not in text
    assert "and 1,196 more" in text
    assert "1,203 videos, 3 to 1,200 in each of 2 classes; 4 to 90 frames, median 8" in text
    assert "1,200;" in text
    file = tmp_path / "new" / "doctor.json"
    diagnosis.save(file)
    assert read_diagnosis(file) == diagnosis
    assert list(file.parent.iterdir()) == [file]
    facts = json.loads(file.read_text(encoding="utf-8"))
    assert facts["broken"]
    assert [finding["severity"] for finding in facts["findings"]] == ["error", "warning"]


KNOWN = json.dumps(Diagnosis("set", "lists", 8, False, (), (Finding("short", ()),)).as_facts())


@pytest.mark.parametrize("text", ["", "{}", "[1]", KNOWN[:-9], KNOWN.replace('"short"', '"new"')])
def test_a_file_that_is_no_diagnosis_is_a_sentence(tmp_path, text):
    """Half a file and one with findings of another version, too."""
    (tmp_path / "doctor.json").write_text(text)
    with pytest.raises(ValueError, match="run the doctor again"):
        read_diagnosis(tmp_path / "doctor.json")


def test_a_diagnosis_is_believed_until_the_set_changes(folder, tmp_path, monkeypatch):
    """It is read from its file while lists and files are what they were; a list, a file, or another question makes a new one."""
    asked = []
    monkeypatch.setattr(doctor, "check_videos", lambda paths, *rest: asked.append(1) or check_videos(paths, *rest))
    cache = tmp_path / "doctor.json"
    cache.write_text("half a fi")

    def new(**options) -> bool:
        before = len(asked)
        assert examined(folder, cache=cache, **options) == read_diagnosis(cache)
        return len(asked) > before

    assert new()
    assert not new()
    assert new(num_frames=16)
    assert new()
    assert not new()
    os.utime(clip(folder, 1), ns=(1, 1))
    assert new()
    assert not new()
    miscount(folder)
    assert new()
    assert not new()
    add(folder / TRAIN, "never fetched 16 0")
    assert new()
    assert not new()
    assert "missing" in found(read_diagnosis(cache))


# ------------------------------------------------------------------------------------------------------------ decoders that misbehave


def test_a_decoder_that_hangs_or_crashes_costs_one_video(healthy, monkeypatch):
    """Its video has no frames and says why, the others are read by other processes, and none is left running."""

    workers: list[Worker] = []

    class Strange(Worker):
        def __init__(self):
            super().__init__()
            workers.append(self)

        def ask(self, request, seconds):
            if "clip 3" in request["path"]:
                seconds = 0
            if "clip 4" in request["path"]:
                raise checkup.WorkerFailure(False, -11)
            return super().ask(request, seconds)

    monkeypatch.setattr(checkup, "Worker", Strange)
    diagnosis = examined(healthy, processes=2)
    notes = {case.name: case.note for finding in diagnosis.findings for case in finding.cases}
    assert found(diagnosis) == {"undecodable": {"train: clip 3", "validation: clip 4"}}
    assert notes == {"clip 3": "could not be decoded within 20 s", "clip 4": "made the decoding process crash (code -11)"}
    assert len(workers) == 2
    assert all(worker._process is None for worker in workers)


def test_an_interrupt_ends_it(healthy, monkeypatch):
    """Whoever interrupts is not kept waiting for the rest of the list, and no decoding process is left."""
    begun, workers = [], []

    def interrupt(found, *rest, **options):
        yield next(found)
        raise KeyboardInterrupt

    def counted(path, worker, every_frame):
        workers.append(worker)
        begun.append(path)
        return checkup_of(path, worker, every_frame)

    checkup_of = checkup.check_video
    monkeypatch.setattr(checkup, "check_video", counted)
    monkeypatch.setattr(checkup, "tqdm", interrupt)
    paths = [healthy / "frames" / ("../frames/" * i) / f"clip {number}.mp4" for i in range(20) for number in range(1, 11)]
    with pytest.raises(KeyboardInterrupt):
        check_videos(paths, processes=1)
    assert len(begun) < 50
    assert all(worker._process is None for worker in workers)
