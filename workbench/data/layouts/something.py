"""The layout of Something-Something V1 and V2 (Goyal et al., ICCV 2017): lists of numbers and labels."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from workbench.data.layouts.base import (
    SPLITS,
    DatasetError,
    Disk,
    Entry,
    Layout,
    Listing,
    choose_one,
    classes_of,
    find_texts,
    read_cells,
    read_json,
)

V1, V2 = r"something-something-v1-", r"(?:something-something-v2-)?"


# ------------------------------------------------------------------------------------------------------------------ version 1
def fits_v1(disk: Disk) -> bool:
    return bool(find_texts(disk, rf"{V1}(?:train|validation)\.csv"))


def read_v1(disk: Disk, fold: int) -> Listing:
    """`id;label` in each line of a list, `id` alone in that of the test videos. The classes are in alphabetical order, not in that
    of the official file: so they are numbered by the scripts of TSM, which the authors' checkpoints go by."""
    paths = {split: choose_one(find_texts(disk, rf"{V1}{split}\.csv"), f"the {split} videos") for split in SPLITS}
    splits = {split: [entry_of_row(path, row) for row in read_cells(path, ";")] for split, path in paths.items() if path}
    official = choose_one(find_texts(disk, rf"{V1}labels\.csv"), "the classes")
    return Listing(tuple(sorted(row[0] for row in read_cells(official, ";"))) if official else classes_of(splits), splits)


def entry_of_row(path: Path, row: list[str]) -> Entry:
    if len(row) > 2:
        raise DatasetError(f"{path.name} has {';'.join(row)!r} where 'id;label' is wanted; take the official file.")
    return Entry(row[0], without_brackets(row[1]) if len(row) > 1 else "", (row[0],))


# ------------------------------------------------------------------------------------------------------------------ version 2
def fits_v2(disk: Disk) -> bool:
    official = find_texts(disk, r"something-something-v2-(?:train|validation)\.json")
    return bool(official or (find_texts(disk, r"labels\.json") and find_texts(disk, r"(?:train|validation)\.json")))


def read_v2(disk: Disk, fold: int) -> Listing:
    """The class of a video is its template, "Pushing [something] so that it moves", without the brackets. The test videos have
    one where their answers are there."""
    paths = {split: choose_one(find_texts(disk, rf"{V2}{split}\.json"), f"the {split} videos") for split in SPLITS}
    splits = {split: entries_of_json(path) for split, path in paths.items() if path}
    if answers := choose_one(find_texts(disk, rf"{V2}test-answers\.csv"), "the answers of the test videos"):
        splits["test"] = [entry_of_row(answers, row) for row in read_cells(answers, ";")]
    official = choose_one(find_texts(disk, rf"{V2}labels\.json"), "the classes")
    return Listing(classes_of_json(official) if official else classes_of(splits), splits)


def entries_of_json(path: Path) -> list[Entry]:
    entries = read_json(path)
    if not isinstance(entries, Sequence) or not all(isinstance(entry, Mapping) and "id" in entry for entry in entries):
        raise DatasetError(f"{path.name} is not a list of entries with an 'id'; take the official file.")
    return [Entry(str(entry["id"]), without_brackets(entry.get("template", "")), (str(entry["id"]),)) for entry in entries]


def classes_of_json(path: Path) -> tuple[str, ...]:
    """In the order of their numbers, which stand there as texts."""
    numbers = read_json(path)
    if not isinstance(numbers, Mapping) or sorted(map(str, numbers.values())) != sorted(map(str, range(len(numbers)))):
        raise DatasetError(f"{path.name} does not give each class a number from 0 on; take the official file.")
    return tuple(without_brackets(label) for label in sorted(numbers, key=lambda label: int(numbers[label])))


def without_brackets(template: str) -> str:
    return template.replace("[", "").replace("]", "")


SOMETHING_V1 = Layout("something-v1", "something-something-v1-train.csv", fits_v1, read_v1)
SOMETHING_V2 = Layout("something-v2", "something-something-v2-train.json, or train.json with labels.json", fits_v2, read_v2)
