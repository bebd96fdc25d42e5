"""What may be uploaded: kinds of file, largest size, length and frame, how long it is kept; a zip of frames as one video."""

import hashlib
import io
import os
import shutil
import stat
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Annotated, Any

from workbench.parameters import Range, check_ranges
from workbench.video.decoder.containers import Refusal
from workbench.video.decoder.kinds import PICTURE_SUFFIXES, VIDEO_SUFFIXES, is_animated_picture
from workbench.video.decoder.picture_names import order_pictures
from workbench.video.read import MAX_FRAMES, VideoError, VideoInfo

ACCEPTED = "give one video (mp4, mov, avi, webm, mkv or gif), a zip of frames, or several pictures"
MEGABYTE = 10**6
SECONDS_KEPT = 3600  # of uploads and made files


@dataclass(frozen=True)
class VideoLimits:
    """The largest video that is taken.

    Args:
        megabytes: of all files given at once; twice as many may come out of a zip.
        minutes: that it lasts.
        largest: pixels of the longer and the shorter side of a frame, or of any other two sides that make as many.
        gigabytes: of memory that a look at it may take.
    """

    megabytes: Annotated[int, Range(1, unit="MB")] = 200
    minutes: Annotated[float, Range(above=0, unit="min")] = 10.0
    largest: Annotated[tuple[int, int], Range(1, unit="pixel")] = (4096, 2304)
    gigabytes: Annotated[float, Range(above=0, unit="GB")] = 2.5

    def __post_init__(self):
        check_ranges(self)

    @property
    def bytes(self) -> int:
        return self.megabytes * MEGABYTE

    def check_files(self, files: Sequence[Path]) -> None:
        """Raises VideoError for a file that is not there, and for files that are too large together."""
        if missing := [file for file in files if not file.exists()]:
            raise VideoError(f"{missing[0].name} is no longer here: uploads are kept for a limited time; give it again.")
        size = sum(file.stat().st_size for file in files if file.is_file())
        if size > self.bytes:
            what = f"{files[0].name} is" if len(files) == 1 else f"These {len(files)} files are"
            raise VideoError(
                f"{what} too large: {size / MEGABYTE:.0f} MB, at most {self.megabytes} MB are taken here; make the video smaller."
            )

    def check(self, info: VideoInfo) -> None:
        """Raises VideoError for a video that lasts too long, or whose frames are too large."""
        if info.duration > 60 * self.minutes:
            raise VideoError(
                f"{info.path.name} is too long: {info.duration / 60:.1f} min, at most {self.minutes:g} min are taken here; cut it shorter."
            )
        width, height = self.largest
        if info.width * info.height > width * height:
            raise VideoError(
                f"{info.path.name} is too large: {info.width} × {info.height} pixels, "
                f"at most {width} × {height} are taken here; make it smaller."
            )

    def check_memory(self, info: VideoInfo, need: int) -> None:
        """Raises VideoError for a look that needs more bytes than it may have."""
        if need > self.gigabytes * 10**9:
            raise VideoError(
                f"This look at {info.path.name} ({info.width} × {info.height} pixels) needs about {need / 1e9:.1f} GB of memory, "
                f"and {self.gigabytes:g} GB are allowed here; choose a lower resolution or fewer frames."
            )


ZIP_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # the others unpack with as much memory as the file asks for
LIST_BYTES = 2 * MEGABYTE  # of a zip's list of its files, which is read at once: 3000 frames need a tenth of it
MOST_TIMES = 200  # larger than the zip that it came from: what is left of an honest picture does not shrink like that
PIECE = 1 << 16
ZIP_ERRORS = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, RuntimeError, ValueError)
ENCRYPTED = 1


class SparingFile(io.FileIO):
    """A file of which nobody reads more at once than the list of a zip may have."""

    def read(self, size: int | None = -1, /) -> bytes:
        rest = os.fstat(self.fileno()).st_size - self.tell()
        if min(rest, rest if size is None or size < 0 else size) > LIST_BYTES:
            raise zipfile.BadZipFile("its list of files is too long")
        return super().read(rest if size is None else size)


def as_video(source: str | os.PathLike | Sequence[str | os.PathLike], limits: VideoLimits | None = None) -> Path:
    """A path for `read_video`: a video or a folder as it is; a folder of pictures, or the one video, out of a zip; a folder of
    the pictures given, in the natural order of their names.

    What is unpacked lies beside the first file given, once however often it is asked for.
    Raises VideoError for everything else, saying what is taken.
    """
    limits = limits or VideoLimits()
    files = [Path(source)] if isinstance(source, str | os.PathLike) else [Path(file) for file in source]
    if not files:
        raise VideoError(f"There is no file: {ACCEPTED}.")
    limits.check_files(files)
    if len(files) > 1:
        if not all(ending_of(file.name) in PICTURE_SUFFIXES for file in files):
            raise VideoError(f"These {len(files)} files are not all pictures: {ACCEPTED}.")
        return copy_pictures(files)
    [file], ending = files, ending_of(files[0].name)
    if file.is_dir() or ending in VIDEO_SUFFIXES or is_animated_picture(file):
        return file
    if ending == ".zip":
        return unpack(file, limits)
    if ending in PICTURE_SUFFIXES:
        raise VideoError(f"{file.name} is a single picture, in which nothing moves: {ACCEPTED}.")
    raise VideoError(f"{file.name} is not taken here: {ACCEPTED}.")


def copy_pictures(pictures: list[Path]) -> Path:
    """Pictures that lie anywhere -> a folder of them."""
    if len(pictures) > MAX_FRAMES:
        raise VideoError(f"These are {len(pictures)} pictures, at most {MAX_FRAMES} are taken here; leave some out.")
    pictures_in_order = choose_pictures(f"This choice of {len(pictures)} pictures", pictures, [picture.name for picture in pictures])

    def copy(folder: Path) -> None:
        for number, picture in enumerate(pictures_in_order, 1):
            shutil.copyfile(picture, folder / numbered_name(number, picture.name))

    return fill_once(pictures[0].parent, stamp_of(pictures_in_order), f"{len(pictures)} pictures", copy)


def unpack(archive: Path, limits: VideoLimits) -> Path:
    """A zip -> the folder of its pictures, or its one video, named like the zip."""
    try:
        with SparingFile(archive) as file, zipfile.ZipFile(file) as package:
            entries = choose_entries(archive.name, package.infolist())
            most = min(2 * limits.bytes, MOST_TIMES * max(archive.stat().st_size, MEGABYTE))

            def pour(folder: Path) -> None:
                left = most
                for number, entry in enumerate(entries, 1):
                    with package.open(entry) as source, open(folder / numbered_name(number, entry.filename), "xb") as target:
                        while piece := source.read(PIECE):
                            left -= len(piece)
                            if left < 0:
                                raise VideoError(f"{archive.name} unpacks to more than {most / MEGABYTE:.0f} MB; leave some frames out.")
                            target.write(piece)

            folder = fill_once(archive.parent, stamp_of([archive]), archive.stem.strip(".") or "frames", pour)
    except VideoError:
        raise
    except ZIP_ERRORS as error:
        raise VideoError(f"{archive.name} is damaged or no zip; pack it again.") from error
    return folder if ending_of(entries[0].filename) in PICTURE_SUFFIXES else next(folder.iterdir())


def choose_entries(name: str, entries: list[zipfile.ZipInfo]) -> list[zipfile.ZipInfo]:
    """The entries of a zip that are its frames, in natural order, or its one video. Raises VideoError for a zip that is unsafe or
    holds neither."""
    for entry in entries:
        if complaint := unsafe(entry):
            raise VideoError(f"{name} {complaint}; pack the frames again as an ordinary zip.")
    files = [entry for entry in entries if not entry.is_dir() and not is_systems_own(entry.filename)]
    videos = [entry for entry in files if ending_of(entry.filename) in VIDEO_SUFFIXES]
    pictures = [entry for entry in files if ending_of(entry.filename) in PICTURE_SUFFIXES]
    folders = sorted({str(PurePosixPath(entry.filename).parent) for entry in pictures})

    if len(videos) + len(folders) > 1:
        what = f"{len(videos)} videos" if not folders else "videos and pictures" if videos else f"{len(folders)} folders of pictures"
        raise VideoError(f"{name} holds {what}: give the frames of one video, or one video.")
    if not videos and len(pictures) < 2:
        raise VideoError(f"{name} holds {'a single picture' if pictures else 'neither pictures nor a video'}: {ACCEPTED}.")
    if len(pictures) > MAX_FRAMES:
        raise VideoError(f"{name} holds {len(pictures)} pictures, at most {MAX_FRAMES} are taken here; leave some out.")
    return videos or choose_pictures(name, pictures, [PurePosixPath(entry.filename).name for entry in pictures])


def choose_pictures(what: str, pictures: Sequence[Any], names: Sequence[str]) -> list[Any]:
    """The pictures that are the frames of a video, in their order. Raises VideoError for several series of which none is that of
    pictures."""
    try:
        order, _ = order_pictures(names)
    except Refusal as refusal:
        raise VideoError(f"{what} {refusal}.") from refusal
    return [pictures[i] for i in order]


def unsafe(entry: zipfile.ZipInfo) -> str:
    """Why an entry is not unpacked, "" if it may be."""
    path = PurePosixPath(entry.filename.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in entry.filename:
        return f"has a file that points out of it ({entry.filename[:60]!r})"
    if stat.S_IFMT(entry.external_attr >> 16) not in (0, stat.S_IFREG, stat.S_IFDIR):
        return f"holds a link or a device ({entry.filename[:60]!r})"
    if entry.flag_bits & ENCRYPTED:
        return "is locked with a password"
    return "" if entry.compress_type in ZIP_METHODS else f"is packed in an unusual way (method {entry.compress_type})"


def is_systems_own(name: str) -> bool:
    """macOS and others leave copies and notes under such names."""
    return any(part.startswith(".") or part == "__MACOSX" for part in PurePosixPath(name).parts)


def ending_of(name: str) -> str:
    return PurePosixPath(name).suffix.lower()


def numbered_name(number: int, name: str) -> str:
    return f"{number:05d}{ending_of(name)}"


def stamp_of(files: list[Path]) -> str:
    """Changes with the files, their sizes and when they were written."""
    facts = [(str(file), file.stat().st_size, file.stat().st_mtime_ns) for file in files]
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:16]


def fill_once(beside: Path, key: str, name: str, fill: Callable[[Path], None]) -> Path:
    """The folder `name` in a folder of its own, filled once; whoever finds it finds it whole, and its age begins anew."""
    place = beside / f"frames-{key}"
    if not place.is_dir():
        with tempfile.TemporaryDirectory(dir=beside, prefix=".unpacking-") as unfinished:
            content = Path(unfinished, "made", name)
            content.mkdir(parents=True)
            fill(content)
            try:
                content.parent.rename(place)
            except OSError:
                if not place.is_dir():  # otherwise somebody else was faster
                    raise
    os.utime(place)
    return place / name
