"""The folder of uploads and made files, and their removal after an hour."""

import asyncio
import atexit
import os
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from workbench.video.uploads import SECONDS_KEPT

FOLDER_PREFIX = "workbench-page-"
EVERY = 60  # seconds from one sweep to the next
GRACE = 2 * EVERY  # Gradio removes its own files at that age (`delete_cache`); the sweep takes what it leaves
MOST_BYTES = 4 * 10**9


def claim_folder() -> Path:
    """A new folder of this process alone, which Gradio uses from now on and which goes when the process ends.

    It lies in GRADIO_TEMP_DIR where that is set. Gradio's own choice is one folder for all its pages on the machine, and each
    of them serves all of it to its visitors.
    """
    place = os.environ.get("GRADIO_TEMP_DIR") or None
    if place:
        Path(place).mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=FOLDER_PREFIX, dir=place)).resolve()
    os.environ["GRADIO_TEMP_DIR"] = str(folder)
    os.environ["GRADIO_EXAMPLES_CACHE"] = str(folder / "examples")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for other in folder.parent.glob(f"{FOLDER_PREFIX}*"):
        if other.is_dir() and not other.is_symlink() and other.stat().st_uid == folder.stat().st_uid:
            sweep(other)  # of a page that was killed, or that would do so itself
    return folder


def sweep(folder: Path, most_bytes: int = MOST_BYTES, now: float | None = None) -> None:
    """Removes what lies in a folder for more than an hour (and `GRACE`), then what is oldest until `most_bytes` suffice.

    An entry goes as a whole, when its newest part is old: half a folder of frames would be another video.
    """
    now = time.time() if now is None else now
    entries = sorted((*age_and_size(path, now), path) for path in folder.iterdir())
    total = 0
    for age, size, path in entries:  # the youngest first
        total += size
        if age > SECONDS_KEPT + GRACE or total > most_bytes:
            remove(path)


def age_and_size(path: Path, now: float) -> tuple[float, int]:
    """Seconds since anything in an entry was written, and bytes in all. Links are not followed."""
    newest, size = 0.0, 0
    for part in (path, *path.rglob("*")) if path.is_dir() and not path.is_symlink() else (path,):
        try:
            facts = part.lstat()
        except FileNotFoundError:  # Gradio removes files, too
            continue
        newest, size = max(newest, facts.st_mtime, facts.st_ctime), size + facts.st_size
    return now - newest, size


def remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def sweep_while_serving(folder: Path) -> Callable[[Any], AbstractAsyncContextManager]:
    """A lifespan for the page's server: the folder is swept while it runs."""

    async def sweep_on() -> None:
        while True:
            with suppress(OSError):  # what somebody else removed at the same time; the next sweep comes
                await asyncio.to_thread(sweep, folder)
            await asyncio.sleep(EVERY)

    @asynccontextmanager
    async def lifespan(app: Any) -> AsyncIterator[None]:
        task = asyncio.create_task(sweep_on())
        try:
            yield
        finally:
            task.cancel()

    return lifespan
