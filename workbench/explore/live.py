"""`LiveExplorer` takes a camera's pictures one after the other, and says what a network sees in the last of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from einops import rearrange
from jaxtyping import Float, UInt8
from torch import Tensor, cat

from workbench.explore.config import LookConfig
from workbench.explore.explorer import Explorer, nearest_motion
from workbench.explore.matching import Correspondences
from workbench.model.inference import as_probabilities, looks_at_frames_alone
from workbench.video.live import frame_spacing, latest_indices

MOST_FRAMES_KEPT = 160  # of those a clip is chosen from: five seconds of a usual camera
LONGEST_PAUSE = 2.0  # seconds without a picture, beyond which what came before is another clip


@dataclass
class LiveFrame:
    """A picture as it came, when (s), its crop as it is classified, and what is matched of it once that was computed."""

    time: float
    frame: UInt8[np.ndarray, "h w 3"]
    crop: UInt8[np.ndarray, "s s 3"]
    features: list[Float[Tensor, "1 c _ _"]] | None = None


@dataclass(frozen=True)
class LiveAnswer:
    """What a network sees in the clip that ends with the newest picture.

    frames, length: how many the clip has, and must have; before that there are no probabilities.
    probabilities `k`; nearest: the most probable class that names a motion, and its probability; doubt: as in `Exploration`.
    pair: the correspondences of the clip's last two frames alone; None where they were not wanted, or the network has none.
    seconds: between those two. span: from the first to the last of the clip; wanted_span: of those that a fast camera gives.
    """

    frames: int
    length: int
    probabilities: Float[np.ndarray, " k"] | None = None
    nearest: tuple[str, float] | None = None
    doubt: str = ""
    pair: Correspondences | None = None
    seconds: float = 0.0
    span: float = 0.0
    wanted_span: float = 0.0


@dataclass
class LiveExplorer:
    """A network that looks at a camera. Its memory is bounded: `MOST_FRAMES_KEPT` pictures, and of the last ones what is matched.

    The clip is chosen from the last pictures as the network was trained (`latest_indices`), and is answered as `Explorer` answers the
    same frames of a video. What was computed of a frame by itself is not computed again; where frames see one another, as by the
    temporal shift, the whole clip is. config: resolution, layer and estimate are read, how many frames a clip has and how long it is.
    """

    explorer: Explorer
    config: LookConfig = field(default_factory=LookConfig)
    _frames: list[LiveFrame] = field(default_factory=list, repr=False)
    _matched: dict[tuple[float, float], float] = field(default_factory=dict, repr=False)  # mean probability, by times of a pair

    def show(self, frame: UInt8[np.ndarray, "h w 3"], time: float, with_motion: bool = True) -> LiveAnswer:
        """The answer after one more picture, taken at a time in seconds. with_motion: whether the last pair is matched, too.

        A picture from before the last one, after a pause, or of another size begins a new clip. Raises ValueError for a resolution that
        cannot be.
        """
        self.add(frame, time)
        clip = self.clip()
        length = self.explorer.num_frames(self.config)
        pair = self.match_last(clip) if with_motion and len(clip) > 1 else None
        seconds = clip[-1].time - clip[-2].time if len(clip) > 1 else 0.0
        span, wanted_span = clip[-1].time - clip[0].time, (length - 1) * self.spacing
        if len(clip) < length:
            return LiveAnswer(len(clip), length, None, None, "", pair, seconds, span, wanted_span)
        crops = np.stack([each.crop for each in clip])
        [logits] = self.explorer.score(rearrange(crops, "t h w c -> 1 1 t h w c"))
        probabilities = as_probabilities(logits[None], "logits")[0].numpy()
        nearest = nearest_motion(self.explorer.labels, probabilities)
        doubt = self.explorer.doubt_about(logits, self.matched(clip))
        return LiveAnswer(length, length, probabilities, nearest, doubt, pair, seconds, span, wanted_span)

    def add(self, frame: UInt8[np.ndarray, "h w 3"], time: float) -> None:
        last = self._frames[-1] if self._frames else None
        if last and not (0 < time - last.time <= LONGEST_PAUSE + self.spacing and last.frame.shape == frame.shape):
            self._frames.clear()
            self._matched.clear()
        [crop] = self.explorer.crop(frame[None])
        self._frames.append(LiveFrame(time, frame, crop))
        del self._frames[:-MOST_FRAMES_KEPT]
        self._matched = {pair: mean for pair, mean in self._matched.items() if pair[0] >= self._frames[0].time}

    @property
    def spacing(self) -> float:
        """Seconds from frame to frame of a clip."""
        return frame_spacing(self.explorer.preprocessing.sampling, self.explorer.num_frames(self.config), self.config.seconds)

    def clip(self) -> list[LiveFrame]:
        times = [each.time for each in self._frames]
        return [self._frames[index] for index in latest_indices(times, self.explorer.num_frames(self.config), self.spacing)]

    def match_last(self, clip: Sequence[LiveFrame]) -> Correspondences | None:
        """The correspondences of the last two frames of a clip, which are remembered as far as the doubt needs them."""
        explorer, height = self.explorer, clip[-1].frame.shape[0]
        if (stage := explorer.stage(self.config)) is None:
            return None
        if looks_at_frames_alone(explorer.model, stage):
            parts = [self.features_of(each, stage) for each in clip[-2:]]
            pair = explorer.match_features([cat(scale) for scale in zip(*parts, strict=True)], height, self.config, stage)
        else:
            features = explorer.features(np.stack([each.frame for each in clip]), self.config, stage)
            pair = explorer.match_features([scale[-2:] for scale in features], height, self.config, stage)
        self.forget_features(clip[-2].time)
        if explorer.calibrated and pair.trained:
            self._matched[clip[-2].time, clip[-1].time] = float(pair.probability().mean())
        return pair

    def features_of(self, frame: LiveFrame, stage: str) -> list[Float[Tensor, "1 c _ _"]]:
        if frame.features is None:
            frame.features = self.explorer.features(frame.frame[None], self.config, stage)
        return frame.features

    def forget_features(self, before: float) -> None:
        """Those of frames that can be in no pair any more."""
        for each in self._frames:
            if each.time < before:
                each.features = None

    def matched(self, clip: Sequence[LiveFrame]) -> float | None:
        """The mean probability of the matches of a clip, over those of its pairs that were matched; None where none was."""
        times = [each.time for each in clip]
        means = [self._matched[pair] for pair in pairwise(times) if pair in self._matched]
        return float(np.mean(means)) if means else None
