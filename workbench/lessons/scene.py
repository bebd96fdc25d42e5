"""The scene of a lesson: one generated clip, and what a shipped network sees in it, step by step."""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from workbench.data.alphabet.dataset import AlphabetClip, MotionAlphabet
from workbench.model.inference import features_after
from workbench.model.load import Loaded, load_weights
from workbench.model.motion import Motion, MotionConfig
from workbench.model.msnet import MSNet, Prediction, motion_modules
from workbench.video.transforms import normalise


@lru_cache
def shipped_network(name: str = "msnet-tiny") -> Loaded:
    """A network trained on the motion alphabet, "msnet-tiny", "msnet-small", "tsm-tiny" or "tsn-tiny": in eval mode, with
    labels and preprocessing. Loaded once; raises FileNotFoundError for a name that is none."""
    return load_weights(name)


def as_input(frames: UInt8[np.ndarray, "*b t h w 3"]) -> Float[Tensor, "*b t 3 h w"]:
    """Frames as the shipped networks take them, which were all trained on the same pixels."""
    preprocessing = shipped_network().preprocessing
    return normalise(torch.from_numpy(np.ascontiguousarray(frames)), preprocessing.mean, preprocessing.std)


@dataclass(frozen=True)
class Scene:
    """One clip of the motion alphabet, a shipped MSNet, and what it sees there. The fields are a lesson's parameters.

    letter: the motion. camouflage, repetition: in [0, 1]. speed: in pixels a frame. seed: which of many such clips. network: by its name.

    Raises ValueError for a letter that is none, or a value out of range.
    """

    letter: str = "right"
    camouflage: float = 1.0
    speed: float = 4.0
    repetition: float = 0.0
    seed: int = 0
    network: str = "msnet-tiny"

    def __post_init__(self):
        if self.letter not in MotionAlphabet.labels:
            raise ValueError(f"letter must be one of {', '.join(MotionAlphabet.labels)}, got {self.letter!r}")
        self.alphabet  # noqa: B018, complains of values out of range

    @property
    def alphabet(self) -> MotionAlphabet:
        return MotionAlphabet("test", self.camouflage, self.seed, speed=(self.speed, self.speed), repetition=self.repetition)

    @cached_property
    def clip(self) -> AlphabetClip:
        """frames `t h w 3`, displacement `p 2 h w` in pixels, visible `p h w`."""
        return self.alphabet[self.alphabet.labels.index(self.letter)]

    @property
    def frames(self) -> np.ndarray:
        return self.clip.frames

    @property
    def labels(self) -> tuple[str, ...]:
        return self.alphabet.labels

    @property
    def model(self) -> MSNet:
        return shipped_network(self.network).model

    @property
    def config(self) -> MotionConfig:
        return motion_modules(self.model)[self.stage].config

    @property
    def stage(self) -> str:
        """The stage after which the motion module stands."""
        return next(iter(self.model.motion))

    @property
    def stride(self) -> int:
        """Pixels of a cell of the features that are matched."""
        return self.model.backbone.strides[self.stage]

    @cached_property
    def input(self) -> Float[Tensor, "1 t 3 h w"]:
        """The clip as the network takes it."""
        return as_input(self.frames[None])

    @cached_property
    @torch.no_grad()
    def features(self) -> Float[Tensor, "t c h w"]:
        """Appearance features that the motion module reads."""
        return features_after(self.model, self.input, self.stage)

    @cached_property
    @torch.no_grad()
    def reduced(self) -> Float[Tensor, "t c h w"]:
        """The features reduced to the channels in which they are matched; not yet of unit length."""
        return motion_modules(self.model)[self.stage].reduce(self.features)

    @cached_property
    @torch.no_grad()
    def prediction(self) -> Prediction:
        return self.model(self.input)

    @property
    def motion(self) -> Motion:
        return self.prediction.motions[self.stage]

    @property
    def displacement(self) -> Float[Tensor, "p 2 h w"]:
        """What the network found, in pixels."""
        return self.motion.in_cells(self.config)[0] * self.stride

    @property
    def confidence(self) -> Float[Tensor, "p h w"]:
        return self.motion.confidence[0, :, 0]


@dataclass(frozen=True)
class FlatScene(Scene):
    """A scene whose every pixel has the mean colour of its clip. All else is computed from these frames as ever."""

    @property
    def frames(self) -> np.ndarray:
        """`t h w 3` uint8 of one colour."""
        frames = self.clip.frames
        return np.broadcast_to(np.rint(frames.mean(axis=(0, 1, 2))).astype(np.uint8), frames.shape).copy()
