"""A lock on a folder that ends with the process that holds it, however that ends."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


@contextmanager
def lock(folder: Path, wait: bool = False) -> Iterator[None]:
    """Keep other processes that ask for the lock of this folder out, or wait until they are.

    Raises RuntimeError where another process holds it and `wait` is off.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "lock", "w") as file:
        try:
            take(file, wait)
        except (BlockingIOError, PermissionError) as error:
            raise RuntimeError(f"another process runs a study in {folder}; wait for it, or choose another output folder") from error
        yield


def take(file: IO[str], wait: bool) -> None:
    if os.name == "nt":
        import msvcrt

        msvcrt.locking(file.fileno(), msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
