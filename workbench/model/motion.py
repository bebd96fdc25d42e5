"""The MotionSqueeze module and its config: correlation, displacement, feature transformation, added to the features."""

import math
from dataclasses import dataclass
from typing import Annotated, cast

import torch
from einops import pack, rearrange
from jaxtyping import Float
from torch import Tensor, nn

from workbench.model.correlation import local_correlation
from workbench.model.displacement import kernel_soft_argmax, peak_confidence
from workbench.parameters import Range, check_ranges


@dataclass(frozen=True)
class Motion:
    """What the module saw between consecutive frames.

    displacement: `b p 2 h w`, x then y, in units of the window's reach (radius * dilation cells): in [-1, 1].
    confidence: `b p 1 h w`, the largest correlation: in [0, 1].
    correlation: `b p h w dy dx`, cosine similarity, negative values set to zero unless the config says otherwise.
    """

    displacement: Tensor
    confidence: Tensor
    correlation: Tensor

    def in_cells(self, config: "MotionConfig") -> Tensor:
        """The displacement in cells of the feature grid, `b p 2 h w`."""
        return self.displacement * (config.radius * config.dilation)


@dataclass(frozen=True)
class MotionConfig:
    """The numbers of the module; the defaults are the paper's.

    radius: reach of the search in steps, so that the window has 2 radius + 1 offsets a side. dilation: cells in a step.
    sigma: width of the kernel in steps (cells, at dilation 1); infinite is plain soft-argmax, 0 hard argmax (for looking: no gradient).
    temperature: divides the correlation before the softmax. channels: features are reduced to so many before matching.
    first_kernel: size of the first depthwise convolution of the feature transformation.
    confidence: whether the transformation sees the confidence map beside the displacement.
    relu: whether negative correlations are set to zero.
    kernel_size: the correlation is averaged over so many cells each way around the source, offset by offset (FlowNet's name for it).
    gradient: share of the module's gradient that reaches the features it reads. The paper's is 1, from ImageNet weights;
    from random ones the soft-argmax, which magnifies it 100 times, makes matching worse before it makes it better.
    """

    radius: Annotated[int, Range(1, 64)] = 7
    dilation: Annotated[int, Range(1, 64)] = 1
    sigma: Annotated[float, Range(0, math.inf)] = 5.0
    temperature: Annotated[float, Range(above=0)] = 0.01
    channels: Annotated[int, Range(1, 4096)] = 64
    first_kernel: Annotated[int, Range(1, 127)] = 7
    confidence: bool = True
    relu: bool = True
    kernel_size: Annotated[int, Range(1, 127)] = 1
    gradient: Annotated[float, Range(0, 1)] = 1.0

    def __post_init__(self):
        check_ranges(self)
        for name in ("first_kernel", "kernel_size"):
            if getattr(self, name) % 2 == 0:
                raise ValueError(f"{name} must be odd, got {getattr(self, name)!r}")


def motion_maps(motion: Motion) -> Float[Tensor, "b t 3 h w"]:
    """Displacement x, y and confidence of each frame; the last frame has no next one and takes the last pair's."""
    maps, _ = pack([motion.displacement, motion.confidence], "b p * h w")
    return torch.cat([maps, maps[:, -1:]], dim=1)


def dampen_gradient(features: Tensor, share: float) -> Tensor:
    """The same features, through which only a share of the gradient passes."""
    return features if share == 1 else features.detach() + share * (features - features.detach())


class FeatureTransformation(nn.Sequential):
    """Displacement and confidence maps -> motion features, by four depthwise-separable convolutions.

    Source: Kwon et al. 2020, "Feature transformation".
    """

    WIDTHS = (16, 32, 64)

    def __init__(self, config: MotionConfig, channels: int):
        widths = (3 if config.confidence else 2, *self.WIDTHS, channels)
        kernels = (config.first_kernel, 3, 3, 3)
        super().__init__(*(separable(*step) for step in zip(widths, widths[1:], kernels, strict=False)))

    @torch.no_grad()
    def initialise(self) -> None:
        """Start as averages of the maps, raised well above zero.

        Ours, not the paper's: random depthwise kernels scatter a smooth map, and the first ReLU would cut off every
        motion to the left and up. The tiny network learns about three times faster from here (LOG.md).
        """
        steps = [cast(nn.Sequential, step) for step in self]
        for depthwise in (cast(nn.Conv2d, step[0]) for step in steps):
            depthwise.weight.mul_(0.5).add_(1 / depthwise.weight[0].numel())
        cast(nn.BatchNorm2d, steps[0][1]).bias.fill_(2.0)


def separable(channels_in: int, channels_out: int, kernel: int) -> nn.Sequential:
    """Depthwise then pointwise convolution, each with BatchNorm and ReLU."""
    return nn.Sequential(
        nn.Conv2d(channels_in, channels_in, kernel, padding=kernel // 2, groups=channels_in, bias=False),
        nn.BatchNorm2d(channels_in),
        nn.ReLU(),
        nn.Conv2d(channels_in, channels_out, 1, bias=False),
        nn.BatchNorm2d(channels_out),
        nn.ReLU(),
    )


class MotionSqueeze(nn.Module):
    """Find where every cell of a frame went in the next one, and add what this tells to the features.

    Source: Kwon et al. 2020, "MotionSqueeze".
    """

    def __init__(self, config: MotionConfig, channels: int):
        super().__init__()
        self.config = config
        self.reduce = nn.Sequential(nn.Conv2d(channels, config.channels, 1, bias=False), nn.BatchNorm2d(config.channels), nn.ReLU())
        self.transform = FeatureTransformation(config, channels)

    def forward(self, features: Float[Tensor, "bt c h w"], num_frames: int) -> tuple[Float[Tensor, "bt c h w"], Motion]:
        """Features `(b t) c h w` -> the same with motion features added, and the motion. Needs two frames or more."""
        motion = self.find(features, num_frames)

        return self.add(features, motion_maps(motion)), motion

    def find(self, features: Float[Tensor, "bt c h w"], num_frames: int) -> Motion:
        """The motion between consecutive frames of features `(b t) c h w`."""
        if num_frames < 2:
            raise ValueError(f"motion needs at least 2 frames, got a clip of {num_frames}; use motion=None for single frames")
        reduced = self.reduce_features(features, num_frames)
        return self.match(reduced[:, :-1], reduced[:, 1:])

    def reduce_features(self, features: Float[Tensor, "bt c h w"], num_frames: int) -> Float[Tensor, "b t c2 h w"]:
        """Features `(b t) c h w` -> the channels in which they are matched; not yet of unit length."""
        return rearrange(self.reduce(dampen_gradient(features, self.config.gradient)), "(b t) c h w -> b t c h w", t=num_frames)

    def add(self, features: Float[Tensor, "bt c h w"], maps: Float[Tensor, "b t 3 h w"]) -> Float[Tensor, "bt c h w"]:
        """Features `(b t) c h w` with the motion features of these maps added, of which the config may leave out the confidence."""
        maps = maps if self.config.confidence else maps[:, :, :2]
        return features + self.transform(rearrange(maps, "b t c h w -> (b t) c h w").to(features.dtype))

    def match(self, source: Float[Tensor, "b p c h w"], target: Float[Tensor, "b p c h w"]) -> Motion:
        """Correlation, displacement and confidence, in float32 at least: a temperature of 0.01 magnifies rounding 100 times."""
        with torch.autocast(source.device.type, enabled=False):
            precise = torch.promote_types(source.dtype, torch.float32)
            window = (self.config.radius, self.config.dilation, self.config.relu, self.config.kernel_size)
            return self.estimate(local_correlation(source.to(precise), target.to(precise), *window))

    def estimate(self, correlation: Float[Tensor, "b p h w dy dx"]) -> Motion:
        """Displacement and confidence from the correlation."""
        displacement = kernel_soft_argmax(correlation, self.config.sigma, self.config.temperature)
        return Motion(displacement, peak_confidence(correlation), correlation)
