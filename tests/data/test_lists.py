"""Lists of a path and a class in each line, in all the forms in which people write them; UCF-101's own; groups kept together."""

from pathlib import Path

import pytest

from workbench.data.datasets import open_dataset, open_splits
from workbench.data.findings import find_all
from workbench.data.layouts.base import DatasetError
from workbench.data.probe_files import Checkup


def touch(folder: Path, *paths: str) -> Path:
    for path in paths:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(path.encode())
    return folder


def write(folder: Path, **texts: str) -> Path:
    for name, text in texts.items():
        (folder / name.replace("__", ".")).write_text(text, encoding="utf-8")
    return folder


def names_and_labels(folder: Path, split: str = "train") -> dict[str, str]:
    videos = open_dataset(folder, split=split)
    return {item.name: videos.labels[item.label] for item in videos.items}


def findings(folder: Path) -> dict[str, set[str]]:
    sets = tuple(open_splits(folder).values())
    checkups = {item.path: Checkup(99, str(item.path)) for videos in sets for item in videos.items}
    return {finding.kind: {case.name for case in finding.cases} for finding in find_all(sets, checkups, 8)}


FORMS = ("{} 25 {}", "{}\t25\t{}", "{},25,{}", "{}; 25; {}", "{} {}", "{}\t{}", "{},{}", "{}, {}", "{};{}")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", ["train.txt", "train.csv"])
def test_a_list_has_two_columns_or_three_and_any_usual_sign_between(form: str, name: str, tmp_path: Path) -> None:
    lines = [form.format("a b/1.mp4", 1), form.format("a b/2.mp4", 0)]
    (tmp_path / name).write_text("\ufeff" + "\r\n".join(lines) + "\r\n", encoding="utf-8")
    write(tmp_path, label_map_k400__txt="wave\nwalk away\n")
    assert names_and_labels(touch(tmp_path, "a b/1.mp4", "a b/2.mp4")) == {"a b/1.mp4": "walk away", "a b/2.mp4": "wave"}


@pytest.mark.parametrize("sign", [",", ";", "\t"])
def test_the_class_may_be_a_name_and_the_first_line_a_head(sign: str, tmp_path: Path) -> None:
    write(tmp_path, train__csv=f"path{sign}label\n1.mp4{sign}walk away\n2.mp4{sign}wave\n")
    assert names_and_labels(touch(tmp_path, "1.mp4", "2.mp4")) == {"1.mp4": "walk away", "2.mp4": "wave"}


def test_a_log_of_two_words_is_no_list_beside_one_with_numbers_of_frames(tmp_path: Path) -> None:
    write(tmp_path, train_list__txt="1.mp4 25 0\n", train_log__txt="epoch 3\n")
    assert names_and_labels(touch(tmp_path, "1.mp4")) == {"1.mp4": "0"}


def test_v1_may_be_saved_with_commas_which_stand_in_its_labels_too(tmp_path: Path) -> None:
    text = '1,Holding something\n2,"Lifting something, then letting it drop"\n3,Lifting something, then letting it drop\n'
    (tmp_path / "something-something-v1-train.csv").write_text(text)
    touch(tmp_path, "1.webm", "2.webm", "3.webm")
    drop = "Lifting something, then letting it drop"
    assert names_and_labels(tmp_path) == {"1": "Holding something", "2": drop, "3": drop}


@pytest.mark.parametrize("sign", [",", ";", "\t"])
def test_kinetics_may_be_saved_with_another_sign_between_columns(sign: str, tmp_path: Path) -> None:
    rows = [["label", "youtube_id", "time_start", "time_end", "split"], ["zumba", "-a_b", "3", "13", "train"]]
    write(tmp_path, train__csv="".join(sign.join(row) + "\n" for row in rows))
    assert names_and_labels(touch(tmp_path, "train/zumba/-a_b_000003_000013.mp4")) == {"-a_b_000003_000013": "zumba"}


def test_a_list_that_is_not_understood_is_a_finding(tmp_path: Path) -> None:
    touch(tmp_path, "wave/1.mp4", "wave/2.mp4", "walk/1.mp4", "walk/2.mp4")
    write(tmp_path, train__txt="one | two | three\n")
    assert findings(tmp_path)["unread"] == {"train.txt"}


def test_a_list_that_is_not_understood_beside_a_single_folder_is_refused(tmp_path: Path) -> None:
    """Else all videos would be of one class, that of the folder they lie in."""
    write(touch(tmp_path, "videos/1.mp4", "videos/2.mp4"), train__txt="one | two | three\n")
    with pytest.raises(DatasetError, match=r"train\.txt .* 'videos'"):
        open_dataset(tmp_path)


# --------------------------------------------------------------------------------------------------------------------- UCF-101
def ucf(folder: Path) -> Path:
    names = [f"v_{label}_g{group:02}_c{clip:02}.avi" for label in ("Archery", "Bowling") for group in (1, 8) for clip in (1, 2)]
    touch(folder, *(f"UCF-101/{name.split('_')[1]}/{name}" for name in names))
    places = [f"{name.split('_')[1]}/{name}" for name in names]
    train = [f"{place} {1 + ('Bowling' in place)}" for place in places if "_g08_" in place]
    write(folder, trainlist01__txt="\n".join(train), testlist01__txt="\n".join(place for place in places if "_g01_" in place))
    return write(folder, classInd__txt="1 Archery\n2 Bowling\n")


@pytest.mark.parametrize(("split", "group"), [("train", 8), ("test", 1)])
def test_ucf101_goes_by_its_official_lists(split: str, group: int, tmp_path: Path) -> None:
    expected = {f"{label}/v_{label}_g0{group}_c0{clip}": label for label in ("Archery", "Bowling") for clip in (1, 2)}
    assert names_and_labels(ucf(tmp_path), split) == expected


def test_a_division_of_ucf101_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"Division 2 .* trainlist02\.txt"):
        open_dataset(ucf(tmp_path), fold=2)


def test_videos_of_one_recording_stay_together(tmp_path: Path) -> None:
    names = [f"Archery/v_Archery_g{group:02}_c{clip:02}.avi" for group in range(1, 11) for clip in (1, 2, 3)]
    splits = open_splits(touch(tmp_path, *names))
    groups = [{item.name.split("_")[2] for item in splits[split].items} for split in ("train", "validation")]
    assert groups[0].isdisjoint(groups[1]) and len(groups[1]) == 2


def test_a_recording_that_is_divided_is_a_finding(tmp_path: Path) -> None:
    touch(tmp_path, *(f"{split}/Archery/v_Archery_g{g:02}_c01.avi" for split, g in (("train", 2), ("train", 3), ("val", 4))))
    touch(tmp_path, "val/Archery/v_Archery_g03_c02.avi")
    assert findings(tmp_path)["divided"] == {"Archery/v_Archery_g03_c01.avi"}
