"""Where files lie (project, assets, runs, results), files written whole or not at all, and tables as CSV."""

import csv
import errno
import os
import socket
import tempfile
import threading
from collections.abc import Mapping, Sequence
from glob import escape
from pathlib import Path

PACKAGE = Path(__file__).parent
PROJECT = PACKAGE.parent
ASSETS = PACKAGE / "assets"
NOTEBOOKS = PROJECT / "notebooks"
RESULTS = PROJECT / "results"
RUNS = PROJECT / "runs"
STUDIES = RUNS / "studies"


def in_project(path: str | Path) -> Path:
    """The path; for a notebook that is run where it lies, a relative one starts at the folder above, as for everyone else."""
    return PROJECT / path if Path.cwd() == NOTEBOOKS else Path(path)


class DiskFullError(OSError):
    """No room is left for a file; the message is a whole sentence."""

    def __str__(self) -> str:
        return str(self.strerror)


def write_atomically(path: Path, contents: bytes) -> None:
    """Write beside the file, then rename: a reader sees the old file or the new one, never a part.

    Raises DiskFullError where there is no room.
    """
    remove_leftovers(path)
    name = f".{path.name}.{socket.gethostname()}.{os.getpid()}.{threading.get_ident()}.tmp"  # whoever else writes it now has its own
    beside = path.with_name(name)
    try:
        with open(beside, "wb") as file:
            file.write(contents)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    except OSError as error:
        if not is_full(error):
            raise
        message = f"the disk of {path.parent} is full, so {path.name} was not written; make room there and start again"
        raise DiskFullError(error.errno, message) from error
    finally:
        beside.unlink(missing_ok=True)


def remove_leftovers(path: Path) -> None:
    """Remove what was written beside a file by processes of this machine that were killed before they could rename it."""
    for beside in path.parent.glob(f".{escape(path.name)}.{escape(socket.gethostname())}.*.tmp"):
        if not is_alive(int(beside.name.split(".")[-3])):
            beside.unlink(missing_ok=True)


def is_alive(process: int) -> bool:
    """Whether a process of this machine lives; where that cannot be asked without harm, on Windows, it may."""
    try:
        return os.name != "posix" or os.kill(process, 0) is None
    except ProcessLookupError:
        return False
    except PermissionError:
        return True


def check_writable(folder: Path) -> None:
    """Makes the folder. Raises OSError where nothing can be written into it: better now than after hours of work."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise OSError(f"nothing can be written into the output folder {folder} ({error.strerror}); choose another one") from error


def read_rows(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file, by the names in its first line."""
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def write_rows(path: Path, rows: Sequence[Mapping]) -> None:
    """Rows as a CSV file with the names of the first; its folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def is_full(error: BaseException) -> bool:
    """Whether an error says that the disk has no room left."""
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
