"""Videos with labels -> clips for training: sampled, cropped, flipped and mixed (Mixup, CutMix), repeatable."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Literal

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, Int64, UInt8
from torch import Tensor

from workbench.data.alphabet.dataset import clip_number
from workbench.data.class_symmetry import Flip, labels_after_flip, mirror_frames
from workbench.data.datasets import VideoItem, VideoSet
from workbench.parameters import Range, check_ranges
from workbench.video.read import probe_video, read_video
from workbench.video.sampling import SEGMENT_SAMPLING, Sampling
from workbench.video.transforms import crop_at, random_crop, resize, resize_as


@dataclass(frozen=True)
class ClipConfig:
    """How a video becomes a clip for training; the defaults are the authors' for Something-Something.

    size: pixels of the square crop. resize: of whole frames before it, rows and columns whatever the aspect, or the short
    side alone. sampling: a frame at random from each part of the video, or every stride-th from a random start. scales: sides
    of the crop as shares of the short side, height and width at most `distortion` places apart in that list. flip: "none";
    "safe", half of the clips but for classes that depend on a side; or "swap", those too, with the label of their mirror partner.

    Raises ValueError for values out of range.
    """

    size: Annotated[int, Range(1, unit="pixel")] = 224
    resize: tuple[int, int] | int = (240, 320)
    sampling: Sampling = SEGMENT_SAMPLING
    scales: Annotated[tuple[float, ...], Range(above=0, most=1)] = (1.0, 0.875, 0.75, 0.66)
    distortion: Annotated[int, Range(0)] = 1
    flip: Flip = "safe"

    def __post_init__(self):
        check_ranges(self)
        short_side = self.resize if isinstance(self.resize, int) else min(self.resize)
        if short_side < self.size:
            raise ValueError(f"resize must leave at least the {self.size} pixels of the crop each way, got {self.resize}")
        if self.sampling.seconds is not None:
            raise ValueError(f"sampling must be by a stride in training, got {self.sampling.seconds:g} seconds")
        if not self.scales or min(self.scales) * short_side < 1:
            raise ValueError(f"scales must be one or several that leave a pixel of {short_side}, got {self.scales}")


@dataclass(frozen=True)
class VideoClip:
    """frames `t h w 3` uint8, the number of the class (of the mirror partner, where the clip was flipped with its label), the
    name of the video, and what had to be repaired in it."""

    frames: UInt8[np.ndarray, "t h w 3"]
    label: int
    name: str = ""
    note: str = field(default="", compare=False)


class VideoClips(Sequence[VideoClip]):
    """Clip i is made from video i modulo their number, in another way in each pass over them, and always the same for a seed:
    order, workers and what was read before do not matter. The file alone says how many frames it has.

    Reading clip i raises VideoError for a video that gives no frames; `video_of(i)` says which one it is.
    Raises ValueError for counts out of range.
    """

    def __init__(self, videos: VideoSet, config: ClipConfig, num_frames: int, seed: int = 0, passes: int = 1):
        if num_frames < 1 or seed < 0 or passes < 0:
            raise ValueError(f"num_frames must be at least 1, seed and passes at least 0, got {num_frames}, {seed} and {passes}")
        self.videos, self.config, self.num_frames, self.seed, self.passes = videos, config, num_frames, seed, passes
        self.after_flip = labels_after_flip(videos.labels, config.flip)

    def __len__(self) -> int:
        return self.passes * len(self.videos)

    def video_of(self, index: int) -> VideoItem:
        return self.videos.items[clip_number(index, len(self)) % len(self.videos)]

    def __getitem__(self, index: int) -> VideoClip:
        item, config = self.video_of(index), self.config
        rng = np.random.Generator(np.random.Philox([self.seed, index % len(self)]))

        indices = config.sampling.draw(probe_video(item.path).num_frames, self.num_frames, rng)
        video = read_video(item.path, indices)
        frames = resize_as(video.frames, config.resize)

        height, width = frames.shape[1:3]
        crop = random_crop(height, width, config.size, config.scales, config.distortion, rng)
        frames, label = resize(crop_at(frames, crop), config.size, config.size), item.label

        if rng.random() < 0.5 and label in self.after_flip:
            frames, label = mirror_frames(frames), self.after_flip[label]
        return VideoClip(np.ascontiguousarray(frames), label, item.name, video.note)


Mix = Literal["mixup", "cutmix"]


@dataclass(frozen=True)
class MixedBatch:
    """clip `b t 3 h w` shows `labels` by the share, in [0, 1], and `partners`, the labels of other clips of the batch, by the rest."""

    clip: Float[Tensor, "b t 3 h w"]
    labels: Int64[Tensor, " b"]
    partners: Int64[Tensor, " b"]
    share: float

    def loss(self, logits: Float[Tensor, "b k"]) -> Float[Tensor, ""]:
        """Cross-entropy with both labels, each by its share, summed over the clips."""
        own, other = (F.cross_entropy(logits, labels, reduction="sum") for labels in (self.labels, self.partners))
        return self.share * own + (1 - self.share) * other


def mix(clip: Float[Tensor, "b t 3 h w"], labels: Int64[Tensor, " b"], kind: Mix, alpha: float, rng: np.random.Generator) -> MixedBatch:
    """Mix each clip with one of the same batch, all by one share drawn from Beta(alpha, alpha).

    kind: "mixup" blends them pixel by pixel; "cutmix" puts the other into a box, the same in all frames, and counts as share
    what is left outside it.
    """
    order = torch.from_numpy(rng.permutation(len(clip))).to(clip.device)
    share, other = float(rng.beta(alpha, alpha)), clip[order]
    if kind == "mixup":
        return MixedBatch(other.lerp(clip, share), labels, labels[order], share)

    height, width = clip.shape[-2:]
    rows, columns = (box_side(side, (1 - share) ** 0.5, rng) for side in (height, width))
    result = clip.clone()
    result[..., rows, columns] = other[..., rows, columns]
    box_pixels = (rows.stop - rows.start) * (columns.stop - columns.start)
    return MixedBatch(result, labels, labels[order], 1 - box_pixels / (height * width))


def box_side(side: int, part: float, rng: np.random.Generator) -> slice:
    """Where a box of so large a part of a side lies: its middle is anywhere, and what reaches outside is cut off."""
    length = round(part * side)
    start = int(rng.integers(side)) - length // 2
    return slice(max(start, 0), min(start + length, side))
