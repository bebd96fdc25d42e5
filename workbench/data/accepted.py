"""What the page takes from a visitor: which kinds of file, how large, how long."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .video import VideoError, VideoInfo

VIDEOS = (".mp4", ".m4v", ".mov", ".avi", ".webm", ".mkv", ".gif", ".mpg", ".mpeg", ".ts", ".ogv")
ARCHIVES = (".zip",)
ACCEPTED = "give one video (mp4, mov, avi, webm, mkv or gif), a zip of frames, or several pictures"
MEGABYTE = 10**6


@dataclass(frozen=True)
class VideoLimits:
    """The largest video that is taken.

    Args:
        megabytes: of all files given at once; twice as many may come out of a zip.
        minutes: that it lasts.
        largest: pixels of the longer and the shorter side of a frame, or of any other two sides that make as many.
    """

    megabytes: int = 200
    minutes: int | float = 10.0
    largest: tuple[int, int] = (4096, 2304)

    def __post_init__(self):
        if self.megabytes < 1 or self.minutes <= 0 or min(self.largest) < 1:
            raise ValueError(f"limits must be above 0, got {self.megabytes} MB, {self.minutes} min and {self.largest} pixels")

    @property
    def bytes(self) -> int:
        return self.megabytes * MEGABYTE

    @property
    def unpacked(self) -> int:
        """Bytes that may come out of a zip."""
        return 2 * self.bytes

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
                f"{info.path.name} is too large: {info.width} x {info.height} pixels, "
                f"at most {width} x {height} are taken here; make it smaller."
            )
