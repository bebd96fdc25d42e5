"""Data sets on disk: every official layout opens to the videos and classes that its lists name, or says in a sentence why not."""

import json
import os
from collections import Counter
from pathlib import Path

import pytest
from small_sets import HMDB, HOME, KINETICS, SOMETHING, hmdb_name, make_set, videos

from workbench.data.datasets import LAYOUTS, VideoSet, open_dataset, open_splits
from workbench.data.layouts import base as disk_room
from workbench.data.layouts.base import DatasetError
from workbench.video.read import read_video

MEDIA = ("videos", "frames")
MADE = {  # layout made -> layout known, classes, number and class of the training and validation videos as its list names them
    "something-v1": ("something-v1", SOMETHING[:3], "{number}"),
    "something-v2": ("something-v2", SOMETHING[:3], "{number}"),
    "kinetics": ("kinetics", KINETICS[:3], "{youtube}tube{number:06d}_{number:06d}_{end:06d}"),
    "hmdb51": ("hmdb51", HMDB[:3], "{hmdb}/#{number}_[50] (First) Dates!_{hmdb}_u_nm_np1_ba_goo_0.avi"),
    "lists": ("lists", HOME[:3], "clip {number}"),
    "folders": ("folders", HOME[:3], "{home}/clip {number}{suffix}"),
}
TRAIN = {1: 0, 2: 0, 3: 0, 6: 1, 7: 1, 8: 1, 11: 2, 12: 2, 13: 2}  # number of a video -> its class, as make_set counts them
HELD_OUT = {4: 0, 5: 0, 9: 1, 10: 1, 14: 2, 15: 2}


def name_of(pattern: str, number: int, label: int, media: str) -> str:
    words = {"youtube": "-_a"[number % 3], "end": number + 10, "hmdb": HMDB[label], "home": HOME[label]}
    return pattern.format(number=number, suffix=".mp4" if media == "videos" else "", **words)


def names_and_labels(videos: VideoSet) -> dict[str, str]:
    return {item.name: videos.labels[item.label] for item in videos.items}


def refusal(*arguments: object, **options: object) -> str:
    with pytest.raises(DatasetError) as caught:
        open_dataset(*arguments, **options)
    return str(caught.value)


def touch(folder: Path, *paths: str) -> Path:
    """Empty files, which are enough where nothing is decoded."""
    for path in paths:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).touch()
    return folder


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding=encoding)
    return path


# ------------------------------------------------------------------------------------------------------- what all have in common
@pytest.mark.parametrize("media", MEDIA)
@pytest.mark.parametrize("made", MADE)
def test_a_set_opens_to_the_videos_that_it_lists(made: str, media: str, tmp_path: Path) -> None:
    """Recognised or named, each split has its videos in the order of the list, with their classes in their order (V1: sorted); each is
    read from where it lies, and nothing is left behind there."""
    folder = make_set(tmp_path, made, media)
    before = set(folder.rglob("*"))
    layout, labels, pattern = MADE[made]
    order = tuple(sorted(labels)) if made == "something-v1" else labels
    for split, expected in (("train", TRAIN), ("validation", HELD_OUT)):
        videos = open_dataset(folder, split=split)
        assert (videos.layout, videos.labels, videos.missing, len(videos)) == (layout, order, (), len(expected))
        if made != "folders":
            assert [item.label for item in videos.items] == [order.index(labels[label]) for label in expected.values()]
        assert names_and_labels(videos) == {name_of(pattern, number, label, media): labels[label] for number, label in expected.items()}
        assert videos == open_dataset(str(folder), layout, split)
        assert {item.num_frames for item in videos.items} == ({16} if made == "lists" else {None})
        assert all(item.path.is_dir() == (media == "frames") for item in videos.items)
        assert [len(read_video(item.path).frames) for item in videos.items[::4]] == [16] * len(videos.items[::4])
    assert set(folder.rglob("*")) == before


def test_all_splits_at_once_are_the_splits_one_by_one(tmp_path: Path) -> None:
    """`open_splits` holds what `open_dataset` gives for each split with labels, and no other split."""
    folder = make_set(tmp_path, "something-v1", "frames", frames=2)
    splits = open_splits(folder)
    assert splits == {split: open_dataset(folder, split=split) for split in ("train", "validation")}


def test_a_missing_video_is_named_and_the_others_keep_their_order(tmp_path: Path) -> None:
    """Videos that are listed but not there are `missing`, by the names of the list."""
    folder = make_set(tmp_path, "something-v2", frames=2)
    for number in (2, 8):
        (folder / f"20bn-something-something-v2/{number}.webm").unlink()
    videos = open_dataset(folder)
    assert (videos.missing, [item.name for item in videos.items]) == (("2", "8"), ["1", "3", "6", "7", "11", "12", "13"])


@pytest.mark.parametrize("suffix", [".webm", ".mp4", ".avi", ".mkv", ".mov", ".MP4"])
def test_a_listed_name_is_a_file_of_any_usual_format(suffix: str, tmp_path: Path) -> None:
    write(tmp_path / "something-something-v1-train.csv", "7;Holding something\n")
    touch(tmp_path, f"somewhere/deeper/7{suffix}", "somewhere/deeper/17.mp4", "somewhere/7.txt")
    assert [item.path for item in open_dataset(tmp_path).items] == [tmp_path / f"somewhere/deeper/7{suffix}"]


def test_a_folder_of_frames_comes_before_the_video_it_was_made_from(tmp_path: Path) -> None:
    """A listed name that is both, in whatever folders, is the folder; a folder may have kept the suffix of its video."""
    write(tmp_path / "something-something-v1-train.csv", "7;Holding something\n8;Holding something\n")
    touch(tmp_path, "a/7.webm", "deep/est/frames/7/00001.jpg", "frames/8.webm/00001.jpg")
    assert [item.path.relative_to(tmp_path).as_posix() for item in open_dataset(tmp_path).items] == ["deep/est/frames/7", "frames/8.webm"]


@pytest.mark.parametrize("number", [2, 40])
def test_folders_that_are_listed_are_not_read(number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many folders of frames are listed, with a label or without, the folder, its lists' places and the folders on the way
    are read, and no file is asked for its size."""
    held_out = [f"{number + i}" for i in range(number)]
    write(tmp_path / "lists/something-something-v1-train.csv", "".join(f"{i};Holding something\n" for i in range(number)))
    write(tmp_path / "lists/something-something-v1-test.csv", "".join(f"{name}\n" for name in held_out))
    touch(tmp_path, *(f"all/frames/{name}/00001.jpg" for name in [*range(number), *held_out]))

    read, scandir = [], os.scandir
    with monkeypatch.context() as watched:
        watched.setattr(disk_room.os, "scandir", lambda path: read.append(str(path)) or scandir(path))
        watched.setattr(disk_room.os, "stat", None)
        watched.setattr(Path, "stat", None)
        watched.setattr(Path, "is_dir", lambda path: True)
        videos = open_dataset(tmp_path)
    assert len(videos) == number
    assert sorted(Path(path).relative_to(tmp_path).as_posix() for path in read) == [".", ".", "all", "all", "all/frames", "lists", "lists"]


@pytest.mark.skipif(os.name != "posix", reason="symbolic links")
def test_links_are_followed_and_a_circle_of_them_ends(tmp_path: Path) -> None:
    write(tmp_path / "set/something-something-v1-train.csv", "7;Holding something\n")
    touch(tmp_path, "other disk/7/00001.jpg")
    (tmp_path / "set/frames").symlink_to(tmp_path / "other disk")
    (tmp_path / "set/self").symlink_to(tmp_path / "set")
    assert [item.path for item in open_dataset(tmp_path / "set").items] == [tmp_path / "set/frames/7"]


def test_a_list_may_begin_with_a_byte_order_mark_and_end_its_lines_as_windows_does(tmp_path: Path) -> None:
    write(tmp_path / "something-something-v1-train.csv", "\ufeff7;Holding something\r\n")
    touch(tmp_path, "7.webm")
    assert names_and_labels(open_dataset(tmp_path)) == {"7": "Holding something"}


# --------------------------------------------------------------------------------------------------------- Something-Something V2
def entry(number: int, template: str) -> dict:
    return {"id": str(number), "label": "putting a cup", "template": template, "placeholders": ["a cup"]}


def newer_v2(folder: Path, **lists: object) -> Path:
    """The names under which the lists come today."""
    for name, content in lists.items():
        write(folder / f"labels/{name}.json", json.dumps(content))
    return touch(folder, *(f"20bn-something-something-v2/{number}.webm" for number in range(1, 6)))


def test_the_class_of_v2_is_its_template_without_brackets_by_its_official_number(tmp_path: Path) -> None:
    """The order is that of the numbers, 10 after 9, not that of the file; the answers give the test videos their labels."""
    similar = "Putting [something similar to other things that are already on the table]"
    classes = [f"Doing number {number} with [something]" for number in range(10)] + [similar]
    bare = [label.replace("[", "").replace("]", "") for label in classes]
    labels = {label: str(number) for number, label in reversed(list(enumerate(bare)))}
    folder = newer_v2(
        tmp_path, labels=labels, train=[entry(1, similar), entry(2, classes[9])], validation=[entry(3, classes[0])], test=[{"id": "4"}]
    )
    train = open_dataset(folder)
    assert train.labels == tuple(bare)
    assert [item.label for item in train.items] == [10, 9]
    assert [item.label for item in open_dataset(folder, split="validation").items] == [0]

    assert "no labels" in refusal(folder, split="test")
    write(folder / "labels/test-answers.csv", f"4;{bare[10]}\n5;{classes[1]}\n")
    assert names_and_labels(open_dataset(folder, split="test")) == {"4": bare[10], "5": bare[1]}


def test_without_the_official_order_classes_are_those_of_training_by_alphabet(tmp_path: Path) -> None:
    write(tmp_path / "something-something-v1-train.csv", "1;Poking something\n2;Holding something\n")
    write(tmp_path / "something-something-v1-validation.csv", "3;Poking something\n")
    touch(tmp_path, "1.webm", "2.webm", "3.webm")
    assert open_dataset(tmp_path).labels == ("Holding something", "Poking something")
    assert open_dataset(tmp_path, split="validation").items[0].label == 1


# ------------------------------------------------------------------------------------------------------------------------ Kinetics
@pytest.mark.parametrize(
    "path",
    [
        *("val/{label}/{timed}.mp4", "val_256/{under}/{timed}.mp4", "val/{timed}.mp4", "{timed}/1.jpg"),
        *("val/{name}.mkv", "{under}/{name}/1.jpg", "{name}_7_17.mp4"),
    ],
)
def test_kinetics_videos_lie_with_or_without_class_and_times(path: str, tmp_path: Path) -> None:
    """In a folder of the class, with spaces or underscores, or in none; named with times or without; in any folder of the split."""
    write(tmp_path / "annotations/kinetics-400_val.csv", 'label,youtube_id,time_start,time_end\n"playing guitar, loud",-_x,7,17\n')
    words = {"label": "playing guitar, loud", "under": "playing_guitar,_loud", "name": "-_x", "timed": "-_x_000007_000017"}
    touch(tmp_path, path.format(**words), "val/-_X_000007_000017.mp4")
    videos = open_dataset(tmp_path, split="validation")
    assert (videos.layout, videos.split) == ("kinetics", "validation")
    assert names_and_labels(videos) == {"-_x_000007_000017": "playing guitar, loud"}
    path = path.format(**words)
    assert videos.items[0].path == tmp_path / path.removesuffix("/1.jpg")


def test_one_table_may_list_all_splits_and_a_video_twice_there_is_the_one_of_its_class(tmp_path: Path) -> None:
    """The column tells the split, by whatever name; of two files of a name that of the class is taken. A copy of the table is
    no second one."""
    videos = ("zumba,b,0,9,train", "abseiling,a,0,9,train", "zumba,a,0,9,validate", "zumba,c,0,9,test")
    rows = ("label,youtube_id,time_start,time_end,split", *videos)
    write(tmp_path / "kinetics.csv", "\n".join(rows))
    write(tmp_path / "annotations/copy.csv", "\n".join(rows))
    touch(tmp_path, *(f"{path}_000000_000009.mp4" for path in ("abseiling/a", "zumba/a", "zumba/b", "zumba/c")))
    splits = open_splits(tmp_path)
    assert {split: [item.path.relative_to(tmp_path).parts[0] for item in videos.items] for split, videos in splits.items()} == {
        "train": ["zumba", "abseiling"],
        "validation": ["zumba"],
        "test": ["zumba"],
    }
    assert {videos.labels for videos in splits.values()} == {("abseiling", "zumba")}


# ------------------------------------------------------------------------------------------------------------------------- HMDB-51
def test_each_fold_of_hmdb51_is_the_official_one(tmp_path: Path) -> None:
    """1 trains, 2 tests, 0 does neither; the test videos stand for the validation videos that there are not."""
    folder = make_set(tmp_path, "hmdb51", frames=2)
    touch(folder, "brush_hair/unused_brush_hair.avi")
    numbers = {hmdb_name(made): made.number for made in videos(3, (3, 2))}
    tested = {1: [4, 5, 9, 10, 14, 15], 2: [2, 3, 7, 8, 12, 13], 3: [1, 5, 6, 10, 11, 15]}
    for fold, expected in tested.items():
        test = open_dataset(folder, split="test", fold=fold)
        assert sorted(numbers[item.path.name] for item in test.items) == expected
        assert open_dataset(folder, split="validation", fold=fold) == test
        train = open_dataset(folder, split="train", fold=fold)
        assert sorted(numbers[item.path.name] for item in train.items) == sorted(set(range(1, 16)) - set(expected))
        assert set(open_splits(folder, fold=fold)) == {"train", "test"}


def test_a_name_that_two_classes_of_hmdb51_share_is_one_video_in_each(tmp_path: Path) -> None:
    for label in ("kick", "kick_ball"):
        write(tmp_path / f"splits/{label}_test_split1.txt", "x.avi 1\n")
    touch(tmp_path, "kick/x.avi", "kick_ball/x.avi")
    train = open_dataset(tmp_path)
    assert [item.path.parent.name for item in train.items] == ["kick", "kick_ball"]
    (tmp_path / "kick_ball/x.avi").unlink()
    assert open_dataset(tmp_path).missing == ("kick_ball/x.avi",)


# ------------------------------------------------------------------------------------------------------------ a folder of classes
def class_folder(folder: Path, **clips: int) -> Path:
    return touch(folder, *(f"{label}/{number}.mp4" for label, most in clips.items() for number in range(most)))


def test_a_folder_of_classes_is_divided_by_the_names_alone(tmp_path: Path) -> None:
    """One video in five of each class is held out, at least one of two and none of one; the same ones wherever the folder lies,
    and for frames as for videos."""
    counts = {"many": 20, "seven": 7, "two": 2, "one": 1}
    splits = open_splits(class_folder(tmp_path / "here", **counts))
    held_out = Counter(item.name.split("/")[0] for item in splits["validation"].items)
    assert held_out == {"many": 4, "seven": 1, "two": 1}
    train = Counter(item.name.split("/")[0] for item in splits["train"].items)
    assert {label: train[label] + held_out[label] for label in counts} == counts
    assert splits["train"].labels == splits["validation"].labels == ("many", "one", "seven", "two")

    frames = touch(tmp_path / "there", *(f"{label}/{number}/1.png" for label, most in counts.items() for number in range(most)))
    names = {item.name.removesuffix(".mp4") for item in splits["validation"].items}
    assert {item.name for item in open_dataset(frames, split="validation").items} == names
    first = [item.path.stem for item in splits["validation"].items if item.name.startswith("many/")]
    assert first == ["1", "17", "2", "7"]  # of `printf many/NUMBER | sha256sum` the four smallest


def test_a_table_divides_a_folder_of_classes(tmp_path: Path) -> None:
    """splits.csv names each video with or without its folder and suffix."""
    folder = class_folder(tmp_path, wave=3, walk=1)
    (folder / "walk/0.mp4").rename(folder / "walk/only here.mp4")
    write(folder / "splits.csv", "name,split\nwave/0.mp4,train\nwave/1,valid\nwave/2,test\nonly here,Train\n")
    names = {split: [item.name for item in videos.items] for split, videos in open_splits(folder).items()}
    assert names == {"train": ["walk/only here.mp4", "wave/0.mp4"], "validation": ["wave/1.mp4"], "test": ["wave/2.mp4"]}


def test_videos_of_a_group_are_never_divided(tmp_path: Path) -> None:
    """Every fifth group of groups.csv is held out, with all its videos of all classes."""
    people = [f"person {number % 10}" for number in range(30)]
    folder = class_folder(tmp_path, wave=30, walk=30)
    rows = [f"{label}/{number}.mp4,{person}\n" for label in ("wave", "walk") for number, person in enumerate(people)]
    write(folder / "groups.csv", "name,group\n" + "".join(rows))
    splits = open_splits(folder)
    groups = {split: {people[int(item.path.stem)] for item in videos.items} for split, videos in splits.items()}
    assert len(groups["validation"]) == 2
    assert groups["train"].isdisjoint(groups["validation"])
    assert len(splits["validation"]) == 12
    assert len(splits["train"]) == 48


def test_what_is_no_video_is_ignored_by_name_and_what_is_hidden_without(tmp_path: Path) -> None:
    folder = class_folder(tmp_path, wave=5)
    touch(folder, "README.md", "wave/notes.txt", "wave/poster.jpg")
    touch(folder, "wave/.hidden.mp4", "wave/Thumbs.db", "__MACOSX/wave/1.mp4", ".cache/a/b.mp4")
    splits = open_splits(folder)
    assert splits["train"].ignored == ("wave/notes.txt", "wave/poster.jpg")
    assert splits["train"].labels == ("wave",)
    assert len(splits["train"]) + len(splits["validation"]) == 5


@pytest.mark.parametrize("word", ["val", "validation", "valid", "Val"])
def test_folders_of_splits_go_by_their_usual_names(word: str, tmp_path: Path) -> None:
    """A video is named without its split, so that one that stands in two of them shows; a set with test videos only has them for
    validation."""
    touch(tmp_path, "train/wave/1.mp4", "train/walk/2.mp4", f"{word}/wave/1.mp4")
    splits = open_splits(tmp_path)
    assert {split: [item.name for item in videos.items] for split, videos in splits.items()} == {
        "train": ["walk/2.mp4", "wave/1.mp4"],
        "validation": ["wave/1.mp4"],
    }
    (tmp_path / word).rename(tmp_path / "test")
    assert open_dataset(tmp_path, split="validation").split == "test"


def test_a_class_may_be_called_as_a_split_is(tmp_path: Path) -> None:
    assert open_dataset(touch(tmp_path, "train/1.mp4", "train/2.mp4", "test/1.mp4")).labels == ("test", "train")


# -------------------------------------------------------------------------------------------------------------- the authors' lists
@pytest.mark.parametrize("listed", ["1", "a b", "x y/a b", "./x y/a b", "/data/of somebody/x y/a b", "/data/of somebody/a b.mp4"])
def test_paths_of_a_list_are_found_from_their_end(listed: str, tmp_path: Path) -> None:
    """Paths have spaces; the folders that all begin with may be of another machine, or be missing here."""
    beginning = listed.rpartition("/")[0] + "/" if "/" in listed else ""
    write(tmp_path / "val_videofolder.txt", f"{listed} 25 1\n{beginning}other 30 0\n")
    touch(tmp_path, f"here/{listed.rpartition('/')[2].removesuffix('.mp4')}/img_00001.jpg", "here/other.avi")
    videos = open_dataset(tmp_path, split="validation")
    assert (videos.labels, videos.missing) == (("0", "1"), ())
    assert [(item.label, item.num_frames, item.path.parent.name) for item in videos.items] == [(1, 25, "here"), (0, 30, "here")]


def test_folders_in_which_listed_paths_differ_are_kept_apart(tmp_path: Path) -> None:
    """Where train/1 and val/1 are listed, each is its own video, and one that is not there is missing."""
    write(tmp_path / "train_videofolder.txt", "train/1 25 0\n")
    write(tmp_path / "val_videofolder.txt", "val/1 25 0\nval/2 25 0\n")
    touch(tmp_path, "train/1/1.jpg", "val/1/1.jpg", "train/2/1.jpg")
    splits = open_splits(tmp_path)
    assert [item.path.relative_to(tmp_path).as_posix() for videos in splits.values() for item in videos.items] == ["train/1", "val/1"]
    assert splits["validation"].missing == ("val/2",)


@pytest.mark.parametrize(("train", "held_out"), [("ucf_train_rgb.txt", "ucf_val_rgb.txt"), ("lists/Training.txt", "lists/validation.txt")])
def test_lists_are_known_by_a_word_in_their_names(train: str, held_out: str, tmp_path: Path) -> None:
    """A text without lines of a list is none, whatever its name."""
    write(tmp_path / train, "1 25 0\n"), write(tmp_path / held_out, "2 25 1\n"), write(tmp_path / "train_log.txt", "epoch 1 loss\n")
    write(tmp_path / "kinetics_label_map.txt", "wave\n\nwalk away\n")
    touch(tmp_path, "1.mp4", "2.mp4")
    splits = open_splits(tmp_path)
    assert [names_and_labels(videos) for videos in splits.values()] == [{"1": "wave"}, {"2": "walk away"}]


def test_a_videofolder_comes_before_other_lists_of_its_split(tmp_path: Path) -> None:
    write(tmp_path / "train_flow.txt", "2 25 0\n"), write(tmp_path / "train_videofolder.txt", "1 25 0\n")
    assert [item.name for item in open_dataset(touch(tmp_path, "1.mp4", "2.mp4")).items] == ["1"]


# ----------------------------------------------------------------------------------------------------------------------- sentences
V1_TRAIN, V1_LABELS = "something-something-v1-train.csv", "something-something-v1-labels.csv"
V2_TRAIN, V2_LABELS = "something-something-v2-train.json", "something-something-v2-labels.json"
WRONG = {  # what is wrong: files of the folder, and what the sentence names
    "a label that no class has": (
        {V1_TRAIN: "1;Holdin something\n", V1_LABELS: "Holding something\nPoking something\n", "1.webm": ""},
        ["1 label", "train", "2 classes", "'Holdin something'", "did you mean 'Holding something'?"],
    ),
    "many such labels": (
        {V1_TRAIN: "1;a\n2;b\n3;c\n4;d\n5;e\n", V1_LABELS: "Holding\n", "1.webm": ""},
        ["5 labels", "'a', 'b', 'c' and 2 more", "'Holding'"],
    ),
    "a class of validation that training lacks": (
        {"train/wave/1.mp4": "", "validation/waev/1.mp4": ""},
        ["validation", "'waev'", "'wave'"],
    ),
    "a class twice": ({V1_TRAIN: "1;a\n", V1_LABELS: "a\nb\na\n", "1.webm": ""}, ["'a' twice"]),
    "no video at all": ({V1_TRAIN: "1;a\n2;a\n"}, ["None of the 2 train videos", "'1'"]),
    "an empty list": ({V1_TRAIN: "", "1.webm": ""}, ["None of the 0 train videos"]),
    "a row of three": ({V1_TRAIN: "1;a;b\n"}, [V1_TRAIN, "'1;a;b'", "id;label"]),
    "two lists of one split": ({V1_TRAIN: "1;a\n", f"old/{V1_TRAIN}": "1;b\n"}, ["both list the train videos", "keep one"]),
    "no text": ({V1_TRAIN: b"1;\xff\xfe\n"}, [V1_TRAIN, "UTF-8"]),
    "no table": ({V1_TRAIN: "1;" + 140_000 * "a"}, [V1_TRAIN, "no table"]),
    "no JSON": ({V2_TRAIN: "[{]"}, [V2_TRAIN, "not JSON (line 1)"]),
    "no list of entries": ({V2_TRAIN: '{"id": 1}'}, [V2_TRAIN, "'id'"]),
    "numbers that are none": ({V2_TRAIN: "[]", V2_LABELS: '{"a": "1", "b": "2"}'}, [V2_LABELS, "from 0 on"]),
    "a table without a column": ({"train.csv": "label,youtube_id\nzumba\n"}, ["train.csv", "1 columns where 2", "'zumba'"]),
    "no times": ({"train.csv": "label,youtube_id,time_start,time_end\nzumba,a,x,10\n"}, ["train.csv", "times", "for a"]),
    "an unknown split": ({"all.csv": "label,youtube_id\nzumba,a\n"}, ["all.csv", "which split a is of"]),
    "two tables of one split": (
        {"train.csv": "label,youtube_id\nzumba,a\n", "b/k400_train.csv": "label,youtube_id\nzumba,b\n"},
        ["train.csv and k400_train.csv", "both list train"],
    ),
    "another use of a video": ({"kick_test_split1.txt": "a.avi 3\n"}, ["kick_test_split1.txt", "'a.avi 3'"]),
    "a division of some classes": (
        {"kick_test_split1.txt": "a.avi 1\n", "hit_test_split2.txt": "a.avi 1\n"},
        ["Division 1", "'hit_test_split1.txt'"],
    ),
    "a video beside the classes": ({"wave/1.mp4": "", "walk/1.mp4": "", "2.mp4": ""}, ["1 video of 3 does not", "'2.mp4'", "CLASS/video"]),
    "videos too deep": ({"wave/a/1.mp4": "", "wave/a/2.mp4": "", "walk/1.mp4": ""}, ["2 videos of 3 do not", "'wave/a/1.mp4'"]),
    "a video that no split has": (
        {"wave/1.mp4": "", "wave/2.mp4": "", "splits.csv": "wave/1,train\n"},
        ["splits.csv", "1 video", "'wave/2.mp4'"],
    ),
    "a split of no video": ({"wave/1.mp4": "", "splits.csv": "wave/1,train\nwave/9,train\n"}, ["splits.csv", "'wave/9'"]),
    "a split that is none": ({"wave/1.mp4": "", "splits.csv": "wave/1,tarin\n"}, ["splits.csv", "'tarin'", "train, validation or test"]),
    "a row without a split": ({"wave/1.mp4": "", "splits.csv": "wave/1\n"}, ["splits.csv", "'wave/1'", "name,split"]),
    "a line that is none": (
        {"train_videofolder.txt": "a 25 0\nb 25\n", "a.mp4": ""},
        ["train_videofolder.txt", "'b 25'", "path num_frames label"],
    ),
    "a number without a name": (
        {"train_videofolder.txt": "a 25 2\n", "category.txt": "x\ny\n", "a.mp4": ""},
        ["class 2", "category.txt", "2 classes, 0 to 1"],
    ),
    "two lists for training": (
        {"my_train_1.txt": "a 25 2\n", "my_train_2.txt": "b 25 2\n"},
        ["my_train_1.txt and my_train_2.txt", "both list train"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_is_said_in_a_sentence(what: str, tmp_path: Path) -> None:
    """The sentence names the file, the first few of what is wrong, and ends."""
    files, words = WRONG[what]
    for path, content in files.items():
        touch(tmp_path, path).joinpath(path).write_bytes(content if isinstance(content, bytes) else content.encode())
    split = "validation" if what.startswith("a class of validation") else "train"
    sentence = refusal(tmp_path, split=split)
    assert [word for word in words if word not in sentence] == [], sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence


def test_what_cannot_be_asked_for_is_said_in_a_sentence(tmp_path: Path) -> None:
    """No folder, no layout, no split, no fold of that kind; the sentence says which there are."""
    folder = make_set(tmp_path / "set", "something-v1", frames=2)
    assert "no folder" in refusal(folder / V1_TRAIN)
    assert "no folder" in refusal(tmp_path / "nowhere")
    assert all(name in refusal(folder, "something") for name in ("'something'", "auto", *LAYOUTS))
    assert V2_TRAIN in refusal(folder, "something-v2")
    assert "train, validation, test, not 'val'" in refusal(folder, split="val")
    assert "test videos" in refusal(folder, split="test")
    assert "no labels" in refusal(folder, split="test")
    assert "no fold 2" in refusal(folder, fold=2)
    (folder / "something-something-v1-validation.csv").unlink()
    (folder / "something-something-v1-test.csv").unlink()
    assert "no validation split, only train" in refusal(folder, split="validation")
    assert "divisions 1 to 3" in refusal(make_set(tmp_path / "hmdb", "hmdb51", frames=2), fold=4)


@pytest.mark.parametrize("files", [(), ("clip.mp4", "README.md"), ("pictures.jpg", "notes/train.txt")])
def test_a_folder_of_no_layout_is_told_what_was_looked_for(files: tuple[str, ...], tmp_path: Path) -> None:
    sentence = refusal(touch(tmp_path, *files))
    assert all(layout.name in sentence and layout.looks_for in sentence for layout in LAYOUTS.values())


def test_classes_of_v1_are_numbered_in_alphabetical_order(tmp_path):
    """Whatever the order of the official file: TSM's scripts sort it, and the authors' checkpoints have no names to go by."""
    folder = make_set(tmp_path, "something-v1", "frames")
    [official] = folder.rglob("something-something-v1-labels.csv")
    names = official.read_text(encoding="utf-8").split("\n")
    official.write_text("\n".join(reversed([name for name in names if name])) + "\n", encoding="utf-8")
    assert list(open_dataset(folder, "something-v1").labels) == sorted(name for name in names if name)
