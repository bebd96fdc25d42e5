"""The ResNets, named as in torchvision so that ImageNet weights load, and two little relatives: blocks, numbers, network."""

from collections.abc import Sequence
from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor, nn

from workbench.model.backbone import BLOCK_STAGES, Backbone, Block, BlockStage, Stage


class ResidualBlock(Block):
    """A residual block whose branch alone sees the neighbours in time."""

    expansion: int

    def __init__(self, channels_in: int, channels_out: int, stride: int, shift_div: int | None):
        super().__init__(shift_div)
        self.relu = nn.ReLU()
        self.downsample = None
        if stride != 1 or channels_in != channels_out:
            self.downsample = nn.Sequential(nn.Conv2d(channels_in, channels_out, 1, stride, bias=False), nn.BatchNorm2d(channels_out))

    def branch(self, features: Tensor) -> Tensor:
        raise NotImplementedError

    def forward(self, features: Float[Tensor, "bt c h w"], num_frames: int) -> Float[Tensor, "bt c2 h2 w2"]:
        identity = self.downsample(features) if self.downsample else features

        return self.relu(self.branch(self.shift(features, num_frames)) + identity)


class BasicBlock(ResidualBlock):
    """Two 3x3 convolutions (ResNet-18 and -34, tiny)."""

    expansion = 1

    def __init__(self, channels_in: int, width: int, stride: int, shift_div: int | None):
        super().__init__(channels_in, width, stride, shift_div)
        self.conv1 = nn.Conv2d(channels_in, width, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)

    def branch(self, features: Tensor) -> Tensor:
        features = self.relu(self.bn1(self.conv1(features)))
        return self.bn2(self.conv2(features))


class Bottleneck(ResidualBlock):
    """1x1, 3x3 (which carries the stride), 1x1 to four times the width (ResNet-50 and -101)."""

    expansion = 4

    def __init__(self, channels_in: int, width: int, stride: int, shift_div: int | None):
        super().__init__(channels_in, width * self.expansion, stride, shift_div)
        self.conv1 = nn.Conv2d(channels_in, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, width * self.expansion, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(width * self.expansion)

    def branch(self, features: Tensor) -> Tensor:
        features = self.relu(self.bn1(self.conv1(features)))
        features = self.relu(self.bn2(self.conv2(features)))
        return self.bn3(self.conv3(features))


@dataclass(frozen=True)
class ResNetSpec:
    """A network in numbers: its block, blocks, width and stride of each stage; the stem's kernel and whether it pools."""

    block: type[ResidualBlock]
    depths: tuple[int, int, int, int]
    widths: tuple[int, int, int, int] = (64, 128, 256, 512)
    strides: tuple[int, int, int, int] = (1, 2, 2, 2)
    stem_width: int = 64
    stem_kernel: int = 7
    stem_pool: bool = True

    def build(self, shift_div: int | None, shift_stages: Sequence[BlockStage] = BLOCK_STAGES, shift_every: int = 1) -> "ResNet":
        return ResNet(self, shift_div, shift_stages, shift_every)


RESNETS = {
    "tiny": ResNetSpec(BasicBlock, (1, 1, 1, 1), (32, 48, 64, 80), (2, 2, 2, 1), stem_width=16, stem_pool=False),
    "small": ResNetSpec(BasicBlock, (2, 1, 1, 1), (48, 64, 80, 96), (2, 2, 2, 1), stem_width=24, stem_pool=False),
    "resnet18": ResNetSpec(BasicBlock, (2, 2, 2, 2)),
    "resnet34": ResNetSpec(BasicBlock, (3, 4, 6, 3)),
    "resnet50": ResNetSpec(Bottleneck, (3, 4, 6, 3)),
    "resnet101": ResNetSpec(Bottleneck, (3, 4, 23, 3)),
}


class ResNet(Backbone):
    """Stem and four stages, named as in torchvision so that ImageNet weights load."""

    def __init__(self, spec: ResNetSpec, shift_div: int | None, shift_stages: Sequence[BlockStage] = BLOCK_STAGES, shift_every: int = 1):
        super().__init__()
        self.conv1 = nn.Conv2d(3, spec.stem_width, spec.stem_kernel, stride=2, padding=spec.stem_kernel // 2, bias=False)
        self.bn1 = nn.BatchNorm2d(spec.stem_width)
        self.relu = nn.ReLU()
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1) if spec.stem_pool else nn.Identity()
        self.channels, self.strides = {"stem": spec.stem_width}, {"stem": 4 if spec.stem_pool else 2}

        channels, stride = spec.stem_width, self.strides["stem"]
        for name, depth, width, step in zip(BLOCK_STAGES, spec.depths, spec.widths, spec.strides, strict=True):
            shift = shift_div if name in shift_stages else None
            self.add_module(name, make_stage(spec.block, depth, channels, width, step, shift, shift_every))
            channels, stride = width * spec.block.expansion, stride * step
            self.channels[name], self.strides[name] = channels, stride

    def stem(self, frames: Float[Tensor, "bt 3 h w"]) -> Float[Tensor, "bt c h2 w2"]:
        return self.maxpool(self.relu(self.bn1(self.conv1(frames))))

    def stem_modules(self) -> list[nn.Module]:
        return [self.conv1, self.bn1, self.relu, self.maxpool]


def make_stage(
    block: type[ResidualBlock], depth: int, channels: int, width: int, stride: int, shift_div: int | None, shift_every: int = 1
) -> Stage:
    """shift_every: of the blocks, the first and each so many after it shift."""
    later = [block(width * block.expansion, width, 1, None if place % shift_every else shift_div) for place in range(1, depth)]
    return Stage(block(channels, width, stride, shift_div), *later)
