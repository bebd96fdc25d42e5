"""The layout of HMDB-51 (Kuehne et al., ICCV 2011): class folders and three official splits."""

from workbench.data.layouts.base import DatasetError, Disk, Entry, Layout, Listing, lines_of, named, some, stem

LIST = r".+_test_split[123]\.txt"
USE = {"1": "train", "2": "test", "0": None}


def fits(disk: Disk) -> bool:
    return bool(named(disk, LIST))


def read(disk: Disk, fold: int) -> Listing:
    """`name use` in each line of a class's list: 1 to train, 2 to test, 0 not at all in this division. Classes by alphabet."""
    lists = {}
    for path in named(disk, LIST):
        label, _, ending = path.stem.rpartition("_test_split")
        lists.setdefault((label, int(ending)), path)
    labels = tuple(sorted({label for label, _ in lists}))
    if absent := [f"{label}_test_split{fold}.txt" for label in labels if (label, fold) not in lists]:
        raise DatasetError(f"Division {fold} of HMDB-51 lacks {some(absent)}; unpack all of the official split files.")

    splits = {"train": [], "test": []}
    for label in labels:
        for line in lines_of(lists[label, fold]):
            name, _, use = line.rpartition(" ")
            if use not in USE or not name:
                where = lists[label, fold].name
                raise DatasetError(f"{where} has {line!r} where 'name 0', '1' or '2' is wanted; take the official file.")
            if split := USE[use]:
                name = f"{label}/{name.strip()}"
                splits[split].append(Entry(name, label, (stem(name),)))
    return Listing(labels, splits)


HMDB51 = Layout("hmdb51", "CLASS_test_split1.txt", fits, read, folds=3)
