"""`LookConfig`: which part of a video to look at, and how; shared by page, notebooks and command."""

import math
from dataclasses import dataclass

from workbench.model.backbone import STAGES

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

    start: float | None = None
    seconds: float | None = None
    frames: int | None = None
    stride: int | None = None
    mirrored: bool = False
    resolution: int | None = None
    layer: str | None = None
    clips: int = 1
    crops: int = 1

    def __post_init__(self):
        if self.frames is not None and not 2 <= self.frames <= MOST_FRAMES:
            raise ValueError(f"a clip has 2 to {MOST_FRAMES} frames, got {self.frames}")
        if self.stride is not None and self.stride < 1:
            raise ValueError(f"the stride must be at least 1 frame of the video, got {self.stride}")
        if self.start is not None and not 0 <= self.start < math.inf:
            raise ValueError(f"the clip must start at 0 s or later, got {self.start:g} s")
        if self.seconds is not None and not 0 < self.seconds < math.inf:
            raise ValueError(f"the clip must last above 0 s, got {self.seconds:g} s")
        if self.resolution is not None and not 1 <= self.resolution <= FINEST:
            raise ValueError(f"the resolution must be 1 to {FINEST} pixels, got {self.resolution}")
        if self.layer is not None and self.layer not in STAGES:
            raise ValueError(f"layer must be one of {', '.join(STAGES)}, got {self.layer!r}")
        if not 1 <= self.clips <= MOST_CLIPS:
            raise ValueError(f"answers are averaged over 1 to {MOST_CLIPS} clips, got {self.clips}")
        if self.crops not in (1, 3):
            raise ValueError(f"of each clip there is 1 crop (centre) or 3 (left, centre, right), got {self.crops}")

    @property
    def averaged(self) -> str:
        """Over which views the answer is the mean, in words; "" for one."""
        views = [f"{count} {name}" for count, name in ((self.clips, "clips"), (self.crops, "crops")) if count > 1]
        return f"the mean over {' x '.join(views)}" if views else ""
