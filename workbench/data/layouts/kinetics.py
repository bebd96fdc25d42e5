"""The layout of Kinetics (Kay et al., 2017): tables of YouTube's names and times."""

from collections import defaultdict
from pathlib import Path

from workbench.data.layouts.base import (
    DatasetError,
    Disk,
    Entry,
    Layout,
    Listing,
    classes_of,
    drop_copies,
    find_texts,
    read_cells,
    split_of_word,
)


def fits_kinetics(disk: Disk) -> bool:
    return bool(find_tables(disk))


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


KINETICS = Layout("kinetics", "a csv with the columns label and youtube_id", fits_kinetics, read_kinetics)
