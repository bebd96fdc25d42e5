"""What lies in the folder of a data set: texts that may be lists, and videos, as files or as folders of pictures.

Every folder is read once, and no file is asked for its size or date: a listing of some 200,000 videos takes seconds.
"""

import os
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from workbench.data.accepted import VIDEOS as ON_THE_PAGE
from workbench.data.decoder.pictures import SUFFIXES as PICTURES

VIDEOS = frozenset((*ON_THE_PAGE, ".wmv", ".flv", ".3gp"))
TEXTS = (".csv", ".json", ".txt")
SYSTEMS_OWN = frozenset(("__MACOSX", "@eaDir", "Thumbs.db", "desktop.ini"))
MOST_FOLDERS = 1000  # more than that side by side are videos, among which no list is looked for
MOST_LEVELS = 8  # a link may lead back to where it lies


@dataclass(frozen=True)
class Found:
    """Paths in the folder, with `/` between their parts. clips: of video files and folders of pictures. others: of files that
    are neither."""

    clips: tuple[str, ...]
    others: tuple[str, ...]


@dataclass(frozen=True)
class Disk:
    """The folder of a data set."""

    folder: Path

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """Paths of the texts in the folder, then of those in the folders directly below."""
        files, folders = look(self.folder)
        below = folders if len(folders) <= MOST_FOLDERS else []
        deeper = [f"{name}/{file}" for name in below for file in look(self.folder / name)[0]]
        return tuple(path for path in (*files, *deeper) if path.lower().endswith(TEXTS))

    @cached_property
    def found(self) -> Found:
        """All that lies in the folder."""
        return scan(self.folder)


def look(folder: str | os.PathLike) -> tuple[list[str], list[str]]:
    """The names of the files and of the folders in a folder, in order, without what is hidden or the system's own."""
    files, folders = [], []
    with os.scandir(folder) as entries:
        for entry in entries:
            if not entry.name.startswith(".") and entry.name not in SYSTEMS_OWN:
                (folders if entry.is_dir() else files).append(entry.name)
    return sorted(files), sorted(folders)


def scan(folder: Path, listed: Collection[str] = frozenset()) -> Found:
    """The clips in a folder and all folders below. A folder of pictures is one that holds pictures, and neither videos nor other
    folders; where it has a name that is listed it is taken for one unread."""
    clips, others = [], []
    waiting = [("", 0)]
    while waiting:
        place, level = waiting.pop()
        files, folders = look(f"{folder}/{place}")
        videos = [name for name in files if suffix(name) in VIDEOS]
        if place and not videos and not folders and any(suffix(name) in PICTURES for name in files):
            clips.append(place.rstrip("/"))
            continue
        clips += [place + name for name in (*videos, *(name for name in folders if name in listed))]
        others += [place + name for name in files if suffix(name) not in VIDEOS]
        if level < MOST_LEVELS:
            waiting += [(f"{place}{name}/", level + 1) for name in folders if name not in listed]
    return Found(tuple(sorted(clips)), tuple(sorted(others)))


class Index:
    """Clips by their names: of a path or the end of one, without the suffix of a video."""

    def __init__(self, clips: Iterable[str]):
        self.clips = defaultdict(list)
        for clip in clips:
            self.clips[stem(clip.rpartition("/")[2])].append(clip)

    def find(self, keys: Iterable[str], folders: Collection[str] = ()) -> str | None:
        """The clip of the first name that any has. Of several those in one of the `folders` come first, then folders of
        pictures, as they are read faster than videos, then those that lie less deep, then the first by alphabet."""
        for key in keys:
            fitting = [clip for clip in self.clips.get(key.rpartition("/")[2], ()) if f"/{stem(clip)}".endswith(f"/{key}")]
            if fitting:
                return min(fitting, key=lambda clip: (set(folders).isdisjoint(clip.split("/")), is_video(clip), clip.count("/"), clip))
        return None


def suffix(name: str) -> str:
    return name[name.rfind(".") :].lower() if "." in name else ""


def is_video(clip: str) -> bool:
    return suffix(clip) in VIDEOS


def stem(name: str) -> str:
    """Without the suffix of a video; another dot is part of the name."""
    return name[: name.rfind(".")] if is_video(name) else name
