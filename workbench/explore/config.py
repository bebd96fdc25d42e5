"""`LookConfig`: which part of a video to look at, and how; shared by page, notebooks and command."""

from dataclasses import dataclass
from typing import Annotated, Literal

from workbench.model.backbone import StageName
from workbench.parameters import Range, check_ranges

MOST_FRAMES = 32  # of a clip: what a laptop answers in a second or two
MOST_CLIPS = 10  # that answers are averaged over: what the paper tests with
FINEST = 512  # pixels of the short side at which displacement is read: frames are kept for looking at 480


@dataclass(frozen=True)
class LookConfig:
    """Which frames of a video a network sees, and how its correspondences are read. None: as the network was trained.

    start, seconds: the span of the clip; by default it lies in the middle of the video.
    frames: how many the clip has. stride: frames of the video from one to the next; by default they spread over the span.
    mirrored: the video is a mirror image, as some cameras record; left and right are exchanged before the network sees it.
    resolution: short side in pixels at which displacement is read; by default twice the training size, up to 224.
    layer: the stage whose features are matched; by default the first after which a motion module stands.
    clips, crops: the test views that the answer is averaged over: clips in time, each as long as the one shown, and of each the
    centre (1) or left, centre and right (3, squares of the whole short side). Frames and correspondences are those of one clip.

    Raises ValueError for what cannot be.
    """

    start: Annotated[float | None, Range(0, unit="s")] = None
    seconds: Annotated[float | None, Range(above=0, unit="s")] = None
    frames: Annotated[int | None, Range(2, MOST_FRAMES)] = None
    stride: Annotated[int | None, Range(1, unit="frame of the video")] = None
    mirrored: bool = False
    resolution: Annotated[int | None, Range(1, FINEST, unit="pixels")] = None
    layer: StageName | None = None
    clips: Annotated[int, Range(1, MOST_CLIPS)] = 1
    crops: Literal[1, 3] = 1

    def __post_init__(self):
        check_ranges(self)

    @property
    def view_words(self) -> str:
        """Over which views the answer is the mean, in words; "" for one."""
        views = [f"{count} {name}" for count, name in ((self.clips, "clips"), (self.crops, "crops")) if count > 1]
        return f"the mean over {' x '.join(views)}" if views else ""
