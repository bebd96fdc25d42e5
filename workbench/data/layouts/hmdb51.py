"""The layout of HMDB-51 (Kuehne et al., ICCV 2011): class folders and three official splits."""

from workbench.data.layouts.base import DatasetError, Disk, Entry, Layout, Listing, find_texts, quote_first, read_lines, stem_of

SPLIT_LIST = r".+_test_split[123]\.txt"
SPLIT_OF_USE = {"1": "train", "2": "test", "0": None}


def fits_hmdb51(disk: Disk) -> bool:
    return bool(find_texts(disk, SPLIT_LIST))


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


HMDB51 = Layout("hmdb51", "CLASS_test_split1.txt", fits_hmdb51, read_hmdb51, folds=3)
