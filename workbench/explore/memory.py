"""The memory that a look at a video takes, estimated before it begins from what is asked for: frames, features and correlations."""

from dataclasses import dataclass

from torch import nn

from workbench.explore.volume import MOST_VALUES
from workbench.model.backbone import STAGES, Backbone
from workbench.model.motion import MotionConfig
from workbench.model.msnet import MSNet
from workbench.video.protocol import TestProtocol

FLOAT = 4  # bytes of a number of the network; a colour of a pixel has one
WARM_UP = 50 * 10**6  # of the libraries, when they are first used
FRAME_COPIES = 3  # of frames: as decoded, turned or cut, and kept
MAPS = 4  # of features that are alive at once: what goes into a layer, what comes out of it, and what lies between
WIDENED_MAPS = 2  # alive at once beside much smaller ones: what a depthwise convolution is given, and what it gives
WORK = 12  # copies of the correlations that are worked on at once


@dataclass(frozen=True)
class LookMemory:
    """Bytes that a look takes, beyond the program and the network: frames of the video, the network's answer to clips of it, the features
    that are matched, and their correlations.

    The correlations, and the frames shown, stay for as long as the look is remembered.
    """

    frames: int
    classifying: int
    features: int
    correlations: int

    @property
    def most(self) -> int:
        """At once: the clips are answered before features are matched."""
        return WARM_UP + self.frames + max(self.classifying, self.features + self.correlations)


@dataclass(frozen=True)
class LookSize:
    """What a look is about, in numbers. height, width: pixels of the frames shown. length: frames of the clip. frames: of the whole
    video that are read. resolution: pixels of the short side at which displacement is read. finer: how many times that, for each
    further time that features are made."""

    height: int
    width: int
    length: int
    frames: int
    resolution: int
    finer: tuple[int, ...] = ()

    @property
    def elongation(self) -> float:
        """The longer side in shorter ones."""
        return max(self.height, self.width) / min(self.height, self.width)

    def pixels(self, short_side: int) -> int:
        """Of one frame, made so large."""
        return round(short_side**2 * self.elongation)


def estimate_memory(model: MSNet, protocol: TestProtocol, stage: str | None, size: LookSize, at_once: int) -> LookMemory:
    """The memory of a look. stage: after which features are matched, None where none are. at_once: frames that the network answers at once.

    An estimate from above, measured on networks of all sizes: what it says is seldom less than what is taken, and at most some times more.
    """
    views, short = protocol.views * size.length, protocol.short_side
    side = protocol.size or short
    shown = (2 * size.length) * 3 * size.height * size.width
    cut = 3 * (size.pixels(short) * max(2 * size.length, size.frames) + side**2 * views)
    answered = FLOAT * min(at_once, views + size.length) * side**2 * numbers_of_pixel(model, STAGES[-1])
    if stage is None:
        return LookMemory(FRAME_COPIES * (shown + cut), answered, 0, 0)

    matched = sum(size.pixels(times * size.resolution) for times in (1, *size.finer)) * size.length
    features = FLOAT * matched * numbers_of_pixel(model, stage)
    motion = model.config.motion or MotionConfig()
    pair = size.pixels(size.resolution) // model.backbone.strides[stage] ** 2 * (2 * motion.radius + 1) ** 2
    correlations = FLOAT * (pair * (size.length - 1) + WORK * min(max(MOST_VALUES, pair), pair * (size.length - 1)))
    return LookMemory(FRAME_COPIES * (shown + cut), answered, features, correlations)


def numbers_of_pixel(model: MSNet, stage: str) -> int:
    """Numbers that are in memory at once for each pixel that goes into a network, up to a stage: its colours twice and `MAPS` of the
    largest map of features, which in the first layer has a quarter of the pixels."""
    backbone, stages = model.backbone, STAGES[: STAGES.index(stage) + 1]
    widest = max(backbone.channels[name] / backbone.strides[name] ** 2 for name in stages)
    widened = max(widened_map(backbone, name) for name in stages)
    return round(6 + max(MAPS * widest, MAPS * backbone.channels["stem"] / 4, WIDENED_MAPS * widened))


def widened_map(backbone: Backbone, stage: str) -> float:
    """Numbers for each pixel of the largest map that a depthwise convolution of a stage is given: the blocks of an EfficientNet widen
    their input before they make it smaller. 0 where there is none."""
    if stage == "stem":
        return 0.0
    stride = backbone.strides[STAGES[STAGES.index(stage) - 1]]  # of what the first block is given
    depthwise = (module for module in getattr(backbone, stage).modules() if isinstance(module, nn.Conv2d) and module.groups > 1)
    widths = [module.in_channels for module in depthwise]
    return max([widths[0] / stride**2, *(width / backbone.strides[stage] ** 2 for width in widths[1:])]) if widths else 0.0
