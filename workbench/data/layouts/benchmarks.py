"""The layouts of benchmarks: Something-Something V1 and V2, HMDB-51, Kinetics."""

from collections import defaultdict
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
    drop_copies,
    find_texts,
    quote_first,
    read_cells,
    read_json,
    read_lines,
    split_of_word,
    stem_of,
)

# ---------------------------------------------------------------------------------- Something-Something V1 and V2 (Goyal et al., ICCV 2017)

V1, V2 = r"something-something-v1-", r"(?:something-something-v2-)?"


def read_v1(disk: Disk, fold: int) -> Listing:
    """`id;label` in each line of a list, `id` alone in that of the test videos. The classes are in alphabetical order, not in that
    of the official file: so they are numbered by the scripts of TSM, which the authors' checkpoints go by."""
    paths = {split: choose_one(find_texts(disk, rf"{V1}{split}\.csv"), f"the {split} videos") for split in SPLITS}
    splits = {split: [entry_of_row(path, row) for row in read_rows_of_two(path)] for split, path in paths.items() if path}
    official = choose_one(find_texts(disk, rf"{V1}labels\.csv"), "the classes")
    return Listing(tuple(sorted(row[0] for row in read_cells(official, ";", exact=True))) if official else classes_of(splits), splits)


def read_rows_of_two(path: Path) -> list[list[str]]:
    """The rows of a list with semicolons; others save it with commas, which stand in labels, too."""
    rows = read_cells(path, ";")
    if ";" in read_first_line(path):
        return rows
    return [[row[0], ", ".join(row[1:])] if len(row) > 2 else row for row in rows]


def entry_of_row(path: Path, row: list[str]) -> Entry:
    if len(row) > 2:
        raise DatasetError(f"{path.name} has {';'.join(row)!r} where 'id;label' is wanted; take the official file.")
    return Entry(row[0], without_brackets(row[1]) if len(row) > 1 else "", (row[0],))


def fits_v2(disk: Disk) -> bool:
    official = find_texts(disk, r"something-something-v2-(?:train|validation)\.json")
    return bool(official or (find_texts(disk, r"labels\.json") and find_texts(disk, r"(?:train|validation)\.json")))


def read_v2(disk: Disk, fold: int) -> Listing:
    """The class of a video is its template, "Pushing [something] so that it moves", without the brackets. The test videos have
    one where their answers are there."""
    paths = {split: choose_one(find_texts(disk, rf"{V2}{split}\.json"), f"the {split} videos") for split in SPLITS}
    splits = {split: entries_of_json(path) for split, path in paths.items() if path}
    if answers := choose_one(find_texts(disk, rf"{V2}test-answers\.csv"), "the answers of the test videos"):
        splits["test"] = [entry_of_row(answers, row) for row in read_rows_of_two(answers)]
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


SOMETHING_V1 = Layout(
    "something-v1", "something-something-v1-train.csv", lambda disk: bool(find_texts(disk, rf"{V1}(?:train|validation)\.csv")), read_v1
)
SOMETHING_V2 = Layout("something-v2", "something-something-v2-train.json, or train.json with labels.json", fits_v2, read_v2)

# ------------------------------------------------------------------------------------------------------- HMDB-51 (Kuehne et al., ICCV 2011)

SPLIT_LIST = r".+_test_split[123]\.txt"
SPLIT_OF_USE = {"1": "train", "2": "test", "0": None}


def read_hmdb51(disk: Disk, fold: int) -> Listing:
    """`name use` in each line of a class's list: 1 to train, 2 to test, 0 not at all in this division. Classes by alphabet."""
    lists = {}
    for path in find_texts(disk, SPLIT_LIST):
        label, _, ending = path.stem.rpartition("_test_split")
        lists.setdefault((label, int(ending)), path)
    labels = tuple(sorted({label for label, _ in lists}))
    if absent := [f"{label}_test_split{fold}.txt" for label in labels if (label, fold) not in lists]:
        raise DatasetError(f"Division {fold} of HMDB-51 lacks {quote_first(absent)}; unpack all of the official split files.")

    splits = {"train": [], "test": []}
    for label in labels:
        for line in read_lines(lists[label, fold]):
            name, _, use = line.rpartition(" ")
            if use not in SPLIT_OF_USE or not name:
                where = lists[label, fold].name
                raise DatasetError(f"{where} has {line!r} where 'name 0', '1' or '2' is wanted; take the official file.")
            if split := SPLIT_OF_USE[use]:
                name = f"{label}/{name.strip()}"
                splits[split].append(Entry(name, label, (stem_of(name),)))
    return Listing(labels, splits)


HMDB51 = Layout("hmdb51", "CLASS_test_split1.txt", lambda disk: bool(find_texts(disk, SPLIT_LIST)), read_hmdb51, folds=3)

# -------------------------------------------------------------------------------------------------------------- Kinetics (Kay et al., 2017)


def find_tables(disk: Disk) -> list[Path]:
    """The texts whose first line names YouTube's column."""
    return [path for path in find_texts(disk, r".*\.csv") if "youtube_id" in read_first_line(path)]


def read_first_line(path: Path) -> str:
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.readline()


def read_kinetics(disk: Disk, fold: int) -> Listing:
    """label, youtube_id, time_start, time_end, split; where there is no such column the name of the file tells the split.
    The classes are those of the training videos, in alphabetical order."""
    splits, homes = defaultdict(list), {}
    for path in drop_copies(find_tables(disk)):
        for row in read_table(path):
            split = split_of(path, row)
            if homes.setdefault(split, path) != path:
                raise DatasetError(f"{homes[split].name} and {path.name} in {path.parent} both list {split} videos; keep one of them.")
            splits[split].append(entry_of_table(path, row))
    return Listing(classes_of(splits), splits)


def read_table(path: Path) -> list[dict[str, str]]:
    head, *rows = read_cells(path)
    if "youtube_id" not in head:
        raise DatasetError(f"{path.name} has no column youtube_id of its own ({','.join(head)!r}); separate the columns by commas.")
    if bad := [row for row in rows if len(row) != len(head)]:
        raise DatasetError(f"{path.name} has {len(bad[0])} columns where {len(head)} are wanted ({','.join(bad[0])!r}); correct the line.")
    return [dict(zip(head, row, strict=True)) for row in rows]


def split_of(path: Path, row: dict[str, str]) -> str:
    words = [row["split"]] if "split" in row else path.stem.replace("-", "_").split("_")
    split = next(filter(None, map(split_of_word, words)), None)
    if split is None:
        name = row["youtube_id"]
        raise DatasetError(f"{path.name} does not tell which split {name} is of; name the file train.csv, val.csv or test.csv.")
    return split


def entry_of_table(path: Path, row: dict[str, str]) -> Entry:
    """A file is named by YouTube's name with the times, in whole seconds, or without them; a folder by the class, with spaces or
    underscores."""
    name, label = row["youtube_id"], row.get("label", "")
    folders = (label, label.replace(" ", "_"))
    if "time_start" not in row or "time_end" not in row:
        return Entry(name, label, (name,), folders)
    try:
        start, end = int(float(row["time_start"])), int(float(row["time_end"]))
    except ValueError as error:
        raise DatasetError(f"{path.name} gives no times in seconds for {name}; correct the line.") from error
    name_with_times = f"{name}_{start:06d}_{end:06d}"
    return Entry(name_with_times, label, (name_with_times, f"{name}_{start}_{end}", name), folders)


KINETICS = Layout("kinetics", "a csv with the columns label and youtube_id", lambda disk: bool(find_tables(disk)), read_kinetics)
