"""Look at a video: load a network once, then ask it about one clip after another."""

import os
from dataclasses import dataclass
from math import inf
from pathlib import Path

import numpy as np
import torch
from einops import rearrange
from jaxtyping import Bool, Float, UInt8
from torch import Tensor

from workbench.data.augment import centre_crop, dense_indices, normalise, resize_short_side, segment_indices
from workbench.data.video import VideoError, VideoInfo, probe_video, read_video
from workbench.model.checkpoint import Preprocessing
from workbench.model.msnet import MSNet
from workbench.model.shelf import SHIPPED
from workbench.model.weights import Loaded, load_weights

LARGEST_SHOWN = 480  # pixels of the short side of the frames kept for looking
MOST_WINDOWS = 32  # of the scores over time: the hop grows with the length of the video, not the work
WINDOWS_AT_ONCE = 8


@dataclass(frozen=True)
class Exploration:
    """What a network saw in one clip of a video, on the CPU. Nothing here needs the network or the file again.

    frames `t h w 3` as shown, crops `t s s 3` as classified, indices and times (s) of the clip's frames in the video.
    probabilities `k`; scores `n k`, each of a window around one of times `n` (s).
    displacement `p 2 h w` in pixels of `frames`, confidence `p h w`, beyond `p h w`: the best match lies on the rim of the
    window, so that the motion may be faster than it can see; None for networks without motion. reach: of the window, in pixels.
    """

    name: str
    info: VideoInfo
    backend: str
    note: str
    labels: tuple[str, ...]
    indices: tuple[int, ...]
    times: tuple[float, ...]
    frames: UInt8[np.ndarray, "t h w 3"]
    crops: UInt8[np.ndarray, "t s s 3"]
    probabilities: Float[np.ndarray, " k"]
    score_times: Float[np.ndarray, " n"]
    scores: Float[np.ndarray, "n k"]
    displacement: Float[np.ndarray, "p 2 gh gw"] | None
    confidence: Float[np.ndarray, "p gh gw"] | None
    beyond: Bool[np.ndarray, "p gh gw"] | None
    reach: float

    def top(self, count: int = 5) -> list[tuple[str, float]]:
        """The most probable classes with their probability, the most probable first."""
        order = np.argsort(-self.probabilities, kind="stable")[:count]
        return [(self.labels[i], float(self.probabilities[i])) for i in order]

    @property
    def pairs(self) -> int:
        return 0 if self.displacement is None else len(self.displacement)


@dataclass(frozen=True)
class Explorer:
    """A network ready to look. Slow once (`load`), fast often (`look`)."""

    model: MSNet
    labels: tuple[str, ...]
    preprocessing: Preprocessing

    @classmethod
    def load(cls, checkpoint: str | os.PathLike | None = None) -> "Explorer":
        """The shipped MSNet, or any file that `load_weights` takes; classes without names are numbered."""
        return cls.of(load_weights(checkpoint or SHIPPED))

    @classmethod
    def of(cls, loaded: Loaded) -> "Explorer":
        labels = loaded.labels or tuple(f"class {number}" for number in range(loaded.model.config.num_classes))
        return cls(loaded.model, labels, loaded.preprocessing)

    @property
    def resolution(self) -> int:
        """Short side in pixels at which displacement is read when nothing else is said."""
        return max(self.preprocessing.size, min(2 * self.preprocessing.size, 224))

    def look(
        self,
        path: str | os.PathLike,
        start: float | None = None,
        seconds: float | None = None,
        resolution: int | None = None,
    ) -> Exploration:
        """Predictions, scores over time, and the displacement between the frames of one clip.

        start, seconds: the clip; by default as long as the network was trained on, from the middle of the video.
        resolution: short side in pixels at which displacement is read; by default twice the training size, up to 224.

        Raises VideoError for a file that gives no frames, ValueError for a span or a resolution that cannot be.
        """
        info = probe_video(path)
        span = self.span(info, start, seconds)
        indices = self.sample(info, *span)
        video = read_video(path, indices, short_side=LARGEST_SHOWN)
        crops = self.crop(video.frames)

        probabilities = self.classify(crops[None])[0]
        try:
            score_times, scores, note = *self.scores_over_time(path, info, span[1]), video.note
        except VideoError as error:  # the clip could be read, so it is shown
            score_times, scores, note = np.array([span[0] + span[1] / 2]), probabilities[None], f"No scores over time: {error}"
        displacement, confidence, beyond, reach = self.correspondences(video.frames, resolution)

        return Exploration(
            Path(path).name, info, video.backend, note, self.labels, video.indices, video.times, video.frames, crops,
            probabilities, score_times, scores, displacement, confidence, beyond, reach,
        )  # fmt: skip

    def span(self, info: VideoInfo, start: float | None, seconds: float | None) -> tuple[float, float]:
        """Start and length of the clip in seconds."""
        wanted = seconds if seconds is not None else self.preprocessing.seconds or info.duration
        if start is None:
            start = max((info.duration - wanted) / 2, 0.0)
        if not (0 < wanted < inf and 0 <= start < info.duration):
            raise ValueError(
                f"the clip must last above 0 s and start within the {info.duration:.2f} s of the video, got {wanted:g} s from {start:g} s"
            )
        return float(start), float(min(wanted, info.duration - start))

    def sample(self, info: VideoInfo, start: float, seconds: float) -> list[int]:
        """Indices of the clip's frames: spread over the span, or for networks trained so, segments of a whole video."""
        length = self.model.config.num_frames
        if self.preprocessing.sampling == "segment" and seconds >= info.duration - 1e-6:
            return segment_indices(info.num_frames, length)
        return dense_indices(info.times, start, seconds, length)

    def crop(self, frames: UInt8[np.ndarray, "t h w 3"]) -> UInt8[np.ndarray, "t s s 3"]:
        """The middle square at training size."""
        return centre_crop(resize_short_side(frames, self.preprocessing.size), self.preprocessing.size)

    @torch.inference_mode()
    def classify(self, clips: UInt8[np.ndarray, "b t s s 3"]) -> Float[np.ndarray, "b k"]:
        """Probabilities of the classes for clips of crops."""
        return self.model(self.as_input(clips)).logits.softmax(dim=1).cpu().numpy()

    def as_input(self, clips: UInt8[np.ndarray, "b t h w 3"]) -> Float[Tensor, "b t 3 h w"]:
        device = self.model.fc.weight.device
        return normalise(torch.from_numpy(np.ascontiguousarray(clips)).to(device), self.preprocessing.mean, self.preprocessing.std)

    def scores_over_time(
        self, path: str | os.PathLike, info: VideoInfo, seconds: float
    ) -> tuple[Float[np.ndarray, " n"], Float[np.ndarray, "n k"]]:
        """Probabilities in a window of `seconds` that slides over the video, at the times of the windows' middles."""
        last = max(info.duration - seconds, 0.0)
        count = int(np.clip(np.ceil(4 * last / seconds) + 1, 1, MOST_WINDOWS))
        starts = np.linspace(0, last, count)
        windows = [self.sample(info, start, seconds) for start in starts.tolist()]

        wanted = sorted({index for window in windows for index in window})
        crops = dict(zip(wanted, self.crop(read_video(path, wanted, short_side=self.preprocessing.size).frames), strict=True))
        clips = [np.stack([crops[index] for index in window]) for window in windows]
        scores = [self.classify(np.stack(clips[i : i + WINDOWS_AT_ONCE])) for i in range(0, count, WINDOWS_AT_ONCE)]

        return starts + min(seconds, info.duration) / 2, np.concatenate(scores)

    @torch.inference_mode()
    def correspondences(self, frames: UInt8[np.ndarray, "t h w 3"], resolution: int | None = None):
        """Displacement in pixels of the frames, confidence, cells at the rim of the window, and the window's reach in pixels."""
        if not self.model.motion:
            return None, None, None, 0.0
        resolution = resolution or self.resolution
        stage = next(iter(self.model.motion))
        stride, config = self.model.backbone.strides[stage], self.model.config.motion
        if resolution < 2 * stride:
            raise ValueError(f"resolution must be at least {2 * stride} pixels, two cells of {stage}, got {resolution}")

        small = resize_short_side(frames, resolution, multiple=stride)
        motion = self.model(self.as_input(small[None])).motion
        scale = frames.shape[1] / small.shape[1]

        displacement = motion.in_cells(config)[0].cpu().numpy() * (stride * scale)
        return (
            displacement,
            motion.confidence[0, :, 0].cpu().numpy(),
            at_rim(motion.correlation[0]),
            config.radius * config.dilation * stride * scale,
        )


def at_rim(correlation: Float[Tensor, "p h w dy dx"]) -> Bool[np.ndarray, "p h w"]:
    """Whether the largest correlation lies on the outermost offsets."""
    window = correlation.shape[-1]
    peak = rearrange(correlation, "p h w dy dx -> p h w (dy dx)").argmax(dim=-1)
    rows, columns = peak // window, peak % window
    return ((rows % (window - 1) == 0) | (columns % (window - 1) == 0)).cpu().numpy()
