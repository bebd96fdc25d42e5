"""The texts in which data sets are listed -> rows; what cannot be read is said in a sentence."""

import csv
import json
import re
from pathlib import Path
from typing import Any

from workbench.data.layouts.disk import Disk
from workbench.data.layouts.listing import DatasetError


def named(disk: Disk, pattern: str) -> list[Path]:
    """The texts whose names are of a pattern, whatever the case of their letters; those in the folder itself first."""
    return [disk.folder / path for path in disk.texts if re.fullmatch(pattern, path.rpartition("/")[2], re.IGNORECASE)]


def only(paths: list[Path], what: str) -> Path | None:
    """The one path of a list, None of an empty one. Raises DatasetError for more."""
    paths = distinct(paths)
    if len(paths) > 1:
        raise DatasetError(f"{paths[0].name} and {paths[1].name} in {paths[1].parent} both list {what}; keep one of them.")
    return paths[0] if paths else None


def distinct(paths: list[Path]) -> list[Path]:
    """Without those that hold the same as one before them: copies, and what a link leads to again."""
    first: dict[bytes, Path] = {}
    for path in paths:
        first.setdefault(path.read_bytes() if len(paths) > 1 else b"", path)
    return list(first.values())


def lines_of(path: Path) -> list[str]:
    """The lines that are not empty, without the spaces around them."""
    return [line.strip() for line in text_of(path).splitlines() if line.strip()]


def rows_of(path: Path, delimiter: str = ",") -> list[list[str]]:
    """The rows of a table that are not empty, without the spaces around the cells."""
    try:
        table = [[cell.strip() for cell in row] for row in csv.reader(text_of(path).splitlines(), delimiter=delimiter)]
    except csv.Error as error:
        raise DatasetError(f"{path.name} is no table that can be read ({error}); take the official file.") from error
    return [row for row in table if any(row)]


def json_of(path: Path) -> Any:
    try:
        return json.loads(text_of(path))
    except json.JSONDecodeError as error:
        raise DatasetError(f"{path.name} is not JSON (line {error.lineno}); take the official file.") from error


def text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise DatasetError(f"{path.name} is not UTF-8 text; save it as UTF-8.") from error
