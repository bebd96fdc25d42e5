"""`Explorer` loads a network and looks at video after video; `Exploration` is what it found, its most probable classes included."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np
import torch
from einops import rearrange
from jaxtyping import Bool, Float, UInt8
from torch import Tensor

from workbench.data.alphabet.open_set import ELSE, OTHER_LABELS, UNCLEAR
from workbench.explore.config import FINEST, LookConfig, choose_clips, choose_span, half_speed_indices
from workbench.explore.matching import Correspondences, correlate_frames, features_to_match
from workbench.explore.memory import LookMemory, LookSize, estimate_memory
from workbench.explore.probability import LEAST_PROBABILITY
from workbench.explore.refinement import RefinedDisplacement
from workbench.explore.whole_video import MOST_WINDOWS, THUMBNAILS, WholeVideo, scan_video, undo_mirror
from workbench.model.checkpoint import Calibration, Preprocessing
from workbench.model.inference import as_probabilities, score_views
from workbench.model.load import SHIPPED, Loaded, load_weights
from workbench.model.motion import MotionConfig
from workbench.model.msnet import MSNet
from workbench.video.protocol import TestProtocol, cut_views, protocol_of, read_views
from workbench.video.read import VideoError, VideoInfo, probe_video, read_video
from workbench.video.transforms import normalise, resize_short_side
from workbench.video.uploads import VideoLimits

MOST_PROBABLE = 5  # classes that are listed, on the page and everywhere else
FINER = (2,)  # times the resolution: where a refined displacement is sharpened, unless that is beyond FINEST
FRAMES_AT_ONCE = 64  # through the network: what a laptop has memory for
LARGEST_SHOWN = 480  # pixels of the short side of the frames kept for looking


def finer_times(resolution: int) -> tuple[int, ...]:
    """Of `FINER`, those that a resolution has room for."""
    return tuple(times for times in FINER if times * resolution <= FINEST)


def read_frames(path: str | os.PathLike, indices: Sequence[int], config: LookConfig) -> UInt8[np.ndarray, "t h w 3"]:
    """Frames of a video as shown. Raises VideoError."""
    return undo_mirror(read_video(path, indices, short_side=LARGEST_SHOWN).frames, config)


@dataclass(frozen=True)
class ClipResult:
    """What a network answers to one clip of many: probabilities `k`; displacement `p 2 h w` in pixels of the frames shown and
    the probability `p h w` that it is right within a cell, of which the sides have `cell` pixels; None without motion."""

    probabilities: Float[np.ndarray, " k"]
    displacement: Float[np.ndarray, "p 2 h w"] | None
    probability: Float[np.ndarray, "p h w"] | None
    cell: float | None


@dataclass(frozen=True)
class Exploration:
    """What a network saw in one clip of a video, on the CPU. Nothing here needs the network or the file again.

    config: the request; network: the name of its checkpoint; name: that of the video.
    frames `t h w 3` as shown, crops `t s s 3` as classified (of three the middle one), indices and times (s) of the clip's
    frames in the video.
    span: start and length of the clip in seconds.
    slow: the crops of a clip of half the speed, from frames in between; None where the video has none.
    probabilities `k`, of the mean of logits over the views asked for; doubt: a sentence where none of the motions is the answer, else "".
    whole_video: scores over time, one clip and crop each, and thumbnails of the whole video; of the clip alone until `Explorer.scan`.
    correspondences: of all pairs; None for a network without motion where no layer was chosen.
    """

    config: LookConfig
    network: str
    name: str
    info: VideoInfo
    backend: str
    note: str
    labels: tuple[str, ...]
    span: tuple[float, float]
    indices: tuple[int, ...]
    times: tuple[float, ...]
    frames: UInt8[np.ndarray, "t h w 3"]
    crops: UInt8[np.ndarray, "t s s 3"]
    slow: UInt8[np.ndarray, "t s s 3"] | None
    probabilities: Float[np.ndarray, " k"]
    doubt: str
    whole_video: WholeVideo
    correspondences: Correspondences | None

    def top(self, count: int = MOST_PROBABLE) -> list[tuple[str, float]]:
        """The most probable classes with their probability, the most probable first."""
        order = np.argsort(-self.probabilities, kind="stable")[:count]
        return [(self.labels[i], float(self.probabilities[i])) for i in order]

    @property
    def nearest(self) -> tuple[str, float]:
        """The most probable class that names a motion, with its probability."""
        return nearest_motion(self.labels, self.probabilities)

    @property
    def score_times(self) -> Float[np.ndarray, " n"]:
        """The middles, in seconds, of the windows of `scores`."""
        return self.whole_video.times

    @property
    def scores(self) -> Float[np.ndarray, "n k"]:
        """Probabilities in a window that slides over the video."""
        return self.whole_video.scores

    @property
    def pairs(self) -> int:
        return self.correspondences.pairs if self.correspondences else 0

    @cached_property
    def displacement(self) -> Float[np.ndarray, "p 2 gh gw"] | None:
        """In pixels of `frames`, x then y; None without correspondences."""
        return self.correspondences and self.correspondences.displacement()

    @cached_property
    def confidence(self) -> Float[np.ndarray, "p gh gw"] | None:
        """The paper's confidence: the largest correlation."""
        return self.correspondences and self.correspondences.confidence()

    @cached_property
    def probability(self) -> Float[np.ndarray, "p gh gw"] | None:
        """That the displacement is right within a cell."""
        return self.correspondences and self.correspondences.probability()

    @cached_property
    def peak_on_border(self) -> Bool[np.ndarray, "p gh gw"] | None:
        """Cells whose motion may be faster than the window can see."""
        return self.correspondences and self.correspondences.peak_on_border()

    @property
    def reach(self) -> float:
        """Of the window, in pixels of `frames`."""
        return self.correspondences.reach if self.correspondences else 0.0


def nearest_motion(labels: Sequence[str], probabilities: Float[np.ndarray, " k"]) -> tuple[str, float]:
    """The most probable class that names a motion, with its probability; of equals the first."""
    return max(((label, float(p)) for label, p in zip(labels, probabilities, strict=True) if label not in OTHER_LABELS), key=itemgetter(1))


@dataclass(frozen=True)
class Explorer:
    """A network ready to look. Slow once (`load`), fast often (`look`)."""

    model: MSNet
    labels: tuple[str, ...]
    preprocessing: Preprocessing
    name: str = ""
    calibration: Calibration = field(default_factory=Calibration)

    @classmethod
    def load(cls, checkpoint: str | os.PathLike | None = None) -> "Explorer":
        """The shipped MSNet, or any file that `load_weights` takes; classes without names are numbered."""
        path = Path(checkpoint or SHIPPED)
        return cls.of(load_weights(path), path.stem)

    @classmethod
    def of(cls, loaded: Loaded, name: str = "") -> "Explorer":
        labels = loaded.labels or tuple(f"class {number}" for number in range(loaded.model.config.num_classes))
        return cls(loaded.model, labels, loaded.preprocessing, name, loaded.calibration or Calibration())

    @property
    def resolution(self) -> int:
        """Short side in pixels at which displacement is read when nothing else is said."""
        return max(self.preprocessing.size, min(2 * self.preprocessing.size, 224))

    def look(
        self, path: str | os.PathLike, config: LookConfig | None = None, limits: VideoLimits | None = None, **changes: Any
    ) -> Exploration:
        """Predictions, scores over time, and the displacement between the frames of one clip.

        config, changes: what to look at and how, `look("clip.mp4", start=1.5, frames=16)`. limits: of the video, if any.

        Raises VideoError for a file that gives no frames or is beyond the limits, ValueError for a span or a resolution that cannot be.
        """
        return self.scan(self.look_at_span(path, config, limits, **changes))

    def scan(self, exploration: Exploration) -> Exploration:
        """The same with its scores over time and thumbnails, unless it has them. Where the video cannot be read again a note says so."""
        if exploration.whole_video.scanned:
            return exploration
        note, (_, seconds) = exploration.note, exploration.span
        try:
            whole_video = scan_video(self, exploration.info.path, exploration.config, exploration.info, seconds)
        except VideoError as error:  # the clip could be read
            whole_video = replace(exploration.whole_video, thumbnails=exploration.crops, scanned=True)
            note = "; ".join(filter(None, [note, f"no scores over time: {error}"]))
        return replace(exploration, whole_video=whole_video, note=note)

    def look_at_span(
        self, path: str | os.PathLike, config: LookConfig | None = None, limits: VideoLimits | None = None, **changes: Any
    ) -> Exploration:
        """What `look` gives without what lies outside the clip, which takes as long again: `scan` adds it. Raises as that does."""
        config = replace(config or LookConfig(), **changes)
        info = probe_video(path)
        if limits is not None:
            limits.check(info)
        (limits or VideoLimits()).check_memory(info, self.estimate_memory(info, config).most)
        protocol, length = self.protocol(config), self.num_frames(config)
        span = choose_span(config, info, protocol.sampling.span(length, info.fps), length)
        [indices] = choose_clips(config, replace(protocol, clips=1), info, span, length)
        between = half_speed_indices(info.times, indices)
        video = read_video(path, [*indices, *(between or ())], short_side=LARGEST_SHOWN)
        frames = undo_mirror(video.frames, config)
        cuts = cut_views(frames, protocol)
        crops, slow = np.split(cuts[protocol.crops // 2], [length])

        views = cuts[:, :length]
        if protocol.clips > 1:
            clips = choose_clips(config, protocol, info, span, length)
            views = read_views(info, clips, protocol, LARGEST_SHOWN, partial(undo_mirror, config=config)).frames
        logits = self.score(views[None])
        probabilities = as_probabilities(logits, "logits")[0].numpy()
        alone = WholeVideo(np.array([span[0] + span[1] / 2]), probabilities[None], np.zeros(1), crops[:0], scanned=False)
        frames = frames[: len(indices)].copy()  # a view would keep the frames in between in memory
        correspondences = self.match(frames, config)

        return Exploration(
            config, self.name, Path(path).name, info, video.backend, video.note, self.labels, span,
            video.indices[: len(indices)], video.times[: len(indices)], frames, crops, slow if between else None,
            probabilities, self.describe_doubt(logits[0], correspondences), alone, correspondences,
        )  # fmt: skip

    def estimate_memory(self, info: VideoInfo, config: LookConfig) -> LookMemory:
        """What a look at a video takes, before any of it is read."""
        shown, length, protocol = min(1.0, LARGEST_SHOWN / min(info.height, info.width)), self.num_frames(config), self.protocol(config)
        resolution = config.resolution or self.resolution
        finer = finer_times(resolution) if config.estimate == "refined" else ()
        frames = min(info.num_frames, MOST_WINDOWS * length + THUMBNAILS)
        size = LookSize(round(info.height * shown), round(info.width * shown), length, frames, resolution, finer)
        return estimate_memory(self.model, protocol, self.stage(config), size, FRAMES_AT_ONCE)

    def look_at_clip(self, frames: UInt8[np.ndarray, "t h w 3"], config: LookConfig) -> ClipResult:
        """Frames as shown, answered as `look` answers them."""
        correspondences = self.match(frames, config)
        motion = correspondences and (correspondences.displacement(), correspondences.probability(), correspondences.cell)
        return ClipResult(self.classify(self.crop(frames)[None])[0], *(motion or (None, None, None)))

    def stage(self, config: LookConfig) -> str | None:
        """After which features are matched; None for a network without motion where no layer was chosen."""
        return config.layer or next(iter(self.model.motion), None)

    def num_frames(self, config: LookConfig) -> int:
        return config.frames or self.model.config.num_frames

    def protocol(self, config: LookConfig) -> TestProtocol:
        """The views of a video that are asked for, made as the network was trained."""
        pixels = self.preprocessing
        return protocol_of(pixels.size, pixels.resize, pixels.sampling).spread(config.clips, config.crops)

    def crop(self, frames: UInt8[np.ndarray, "t h w 3"]) -> UInt8[np.ndarray, "t s s 3"]:
        """The middle square at training size."""
        return cut_views(frames, self.protocol(LookConfig()))[0]

    def classify(self, clips: UInt8[np.ndarray, "b t s s 3"]) -> Float[np.ndarray, "b k"]:
        """Probabilities of the classes for clips of crops."""
        return self.classify_views(rearrange(clips, "b t h w c -> b 1 t h w c"))

    def classify_views(self, views: UInt8[np.ndarray, "b v t s s 3"]) -> Float[np.ndarray, "b k"]:
        """Probabilities of the classes for videos of several views: of the mean of their logits, which is how the network itself
        averages over frames, and how the authors test."""
        return as_probabilities(self.score(views), "logits").numpy()

    def score(self, views: UInt8[np.ndarray, "b v t s s 3"]) -> Float[Tensor, "b k"]:
        """The mean of the logits over the views of each video."""
        at_once = max(FRAMES_AT_ONCE // views.shape[2], 1)
        return score_views(self.model, torch.from_numpy(np.ascontiguousarray(views)), self.normalise, at_once=at_once)

    def describe_doubt(self, logits: Float[Tensor, " k"], correspondences: Correspondences | None) -> str:
        """Why no motion is the answer: hardly anything can be matched, or the network says so, or no class has the logit that clips of the
        classes have. "" where there is no reason; a network that was not calibrated is not doubted."""
        trained = self.calibrated and correspondences and correspondences.trained
        return self.doubt_about(logits, float(correspondences.probability().mean()) if correspondences and trained else None)

    @property
    def calibrated(self) -> bool:
        return self.calibration != Calibration()

    def doubt_about(self, logits: Float[Tensor, " k"], matched: float | None) -> str:
        """The same. matched: the mean probability of the matches of a motion module; None where there are none."""
        answer, known = self.labels[int(logits.argmax())], [label for label in self.labels if label not in OTHER_LABELS]
        if self.calibrated and matched is not None and matched < LEAST_PROBABILITY:
            return "No clear motion: most spots cannot be found again in the next frame."
        if answer == UNCLEAR:
            return "No clear motion."
        if answer == ELSE:
            return f"Something else than the {len(known)} motions that this network knows."
        if self.calibration.least_logit is not None and float(logits.max()) < self.calibration.least_logit:
            return f"None of the {len(known)} motions that this network knows is clear here."
        return ""

    def as_input(self, clips: UInt8[np.ndarray, "b t h w 3"]) -> Float[Tensor, "b t 3 h w"]:
        return self.normalise(torch.from_numpy(np.ascontiguousarray(clips)).to(self.model.fc.weight.device))

    def normalise(self, clips: UInt8[Tensor, "b t h w 3"]) -> Float[Tensor, "b t 3 h w"]:
        return normalise(clips, self.preprocessing.mean, self.preprocessing.std)

    def match(self, frames: UInt8[np.ndarray, "t h w 3"], config: LookConfig) -> Correspondences | None:
        """The correspondences of frames as shown, at the resolution and after the layer asked for."""
        if (stage := self.stage(config)) is None:
            return None
        return self.match_features(self.features(frames, config, stage), frames.shape[1], config, stage)

    def features(self, frames: UInt8[np.ndarray, "t h w 3"], config: LookConfig, stage: str) -> list[Float[Tensor, "t c _ _"]]:
        """What is matched of frames after a stage: on the grid of the displacement, then on finer ones where it is to be refined.

        Raises ValueError for a resolution that is too small for the stage.
        """
        resolution, stride = config.resolution or self.resolution, self.model.backbone.strides[stage]
        if resolution < 2 * stride:
            raise ValueError(f"resolution must be at least {2 * stride} pixels, two cells of {stage}, got {resolution}")
        features = []
        for times in (1, *(finer_times(resolution) if config.estimate == "refined" else ())):
            small = resize_short_side(frames, times * resolution, multiple=stride)
            features.append(features_to_match(self.model, self.as_input(small[None]), stage))
        return features

    def match_features(self, features: list[Float[Tensor, "t c _ _"]], height: int, config: LookConfig, stage: str) -> Correspondences:
        """The correspondences of frames of so many rows of pixels, from their `features`."""
        motion, (coarse, *_) = self.model.config.motion or MotionConfig(), features
        refined = RefinedDisplacement.of(features, motion, self.calibration) if config.estimate == "refined" else None
        correlation, cell = correlate_frames(coarse, motion), height / coarse.shape[2]
        return Correspondences(correlation, stage, stage in self.model.motion, motion, cell, refined, self.calibration)
