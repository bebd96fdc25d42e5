"""Indexes of videos that took long to make, kept on disk for whoever asks for the same video next.

An index holds times, places and checksums of frames: no picture, and no name but a digest of the file. The latest used lie in the
user's cache folder (`WORKBENCH_CACHE`, else that of `XDG_CACHE_HOME`, else ~/.cache), up to `MOST_STORED` bytes; the folder may be
removed at any time. Where nothing can be written nothing is kept.
"""

import hashlib
import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import av

FORMAT = 1  # of what is kept, and of how an index is made: a change of either makes what was kept before unknown
MOST_STORED = 200_000_000
BLOCK = 1 << 22  # bytes that are read at a time


def store_folder() -> Path:
    """Raises RuntimeError for a user without a home."""
    cache = os.environ.get("WORKBENCH_CACHE") or os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache, "motionsqueeze-workbench", "indexes")


def digest_video(path: str, options: dict[str, str], announce: Callable[[float], None]) -> str:
    """Changes with the file's bytes and kind, with how it is opened, and with the decoders. announce: is told that the reading goes on."""
    facts = FORMAT, os.path.splitext(path)[1].lower(), sorted(options.items()), av.__version__, sorted(av.library_versions.items())
    digest = hashlib.blake2b(repr(facts).encode(), digest_size=16)
    with open(path, "rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
            announce(0.0)
    return digest.hexdigest()


def load_index(digest: str) -> str | None:
    """The text stored under a digest, which counts as just used; None where there is none."""
    with suppress(OSError, RuntimeError, UnicodeDecodeError):
        place = store_folder() / f"{digest}.json"
        text = place.read_text(encoding="utf-8")
        with suppress(OSError):
            os.utime(place)
        return text
    return None


def save_index(digest: str, text: str) -> None:
    """Written whole or not at all."""
    with suppress(OSError, RuntimeError):
        folder = store_folder()
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=folder, suffix=".part", encoding="utf-8", delete=False) as file:
            beside = Path(file.name)
        try:
            beside.write_text(text, encoding="utf-8")
            os.replace(beside, folder / f"{digest}.json")
        finally:
            beside.unlink(missing_ok=True)
        remove_oldest(folder)


def remove_oldest(folder: Path) -> None:
    """Of all that is there, also of what a process left that was killed while it wrote."""
    total, ages = 0, {file: file.stat() for file in folder.iterdir() if file.suffix in (".json", ".part")}
    for file in sorted(ages, key=lambda file: ages[file].st_mtime, reverse=True):
        total += ages[file].st_size
        if total > MOST_STORED:
            file.unlink(missing_ok=True)
