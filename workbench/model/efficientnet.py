"""EfficientNet-Lite0: inverted residuals without squeeze-and-excite, named stem and layer1 to layer4 by stride."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from workbench.model.backbone import BLOCK_STAGES, Backbone, Block, BlockStage, Stage


class SameConv2d(nn.Conv2d):
    """A convolution without bias that pads as TensorFlow does, whose weights these are: n cells become n / stride, rounded up, and where
    the padding is odd the right and the bottom get one more than the left and the top."""

    def __init__(self, channels_in: int, channels_out: int, kernel: int = 1, stride: int = 1, groups: int = 1):
        padding = kernel // 2 if stride == 1 else 0  # where the stride is 1, all sides get the same
        super().__init__(channels_in, channels_out, kernel, stride, padding, groups=groups, bias=False)

    def forward(self, features: Float[Tensor, "bt c h w"]) -> Float[Tensor, "bt c2 h2 w2"]:
        kernel, stride = self.kernel_size[0], self.stride[0]
        if stride > 1:
            rows, columns = (kernel - stride + -side % stride for side in features.shape[-2:])
            features = F.pad(features, (columns // 2, columns - columns // 2, rows // 2, rows - rows // 2))
        return super().forward(features)


def convolve(channels_in: int, channels_out: int, kernel: int = 1, stride: int = 1, groups: int = 1) -> tuple[nn.Module, nn.Module]:
    """A convolution and its BatchNorm, with the epsilon of the weights. Their momentum, 0.01, is meant for 350 epochs of ImageNet: after
    70 steps on few videos half of the statistics would still be those of photographs. So it is that of the ResNets, 0.1."""
    return SameConv2d(channels_in, channels_out, kernel, stride, groups), nn.BatchNorm2d(channels_out, eps=1e-3)


class InvertedResidual(Block):
    """1x1 to `expansion` times the width, a depthwise convolution (which carries the stride), 1x1 without a ReLU to the width that follows.

    Where the shape stays, the input is added, and only there the branch sees its neighbours in time: without the sum the shift would take
    from a frame what it has, and TSM, too, shifts in MobileNetV2's blocks with a sum alone (mit-han-lab/temporal-shift-module,
    ops/models.py). Source: Sandler et al., MobileNetV2, CVPR 2018.
    """

    def __init__(self, channels_in: int, channels_out: int, kernel: int, stride: int, expansion: int, shift_div: int | None):
        adds_input = stride == 1 and channels_in == channels_out
        super().__init__(shift_div if adds_input else None)
        self.adds_input, width = adds_input, channels_in * expansion
        self.expand = nn.Sequential(*convolve(channels_in, width), nn.ReLU6()) if expansion > 1 else nn.Identity()
        self.depthwise = nn.Sequential(*convolve(width, width, kernel, stride, groups=width), nn.ReLU6())
        self.project = nn.Sequential(*convolve(width, channels_out))

    def branch(self, features: Tensor) -> Tensor:
        return self.project(self.depthwise(self.expand(features)))

    def forward(self, features: Float[Tensor, "bt c h w"], num_frames: int) -> Float[Tensor, "bt c2 h2 w2"]:
        output = self.branch(self.shift(features, num_frames))

        return features + output if self.adds_input else output


class Head(nn.Sequential):
    """1x1 to the width that the classifier reads; every frame for itself."""

    def __init__(self, channels_in: int, channels_out: int):
        super().__init__(*convolve(channels_in, channels_out), nn.ReLU6())

    def forward(self, features: Float[Tensor, "bt c h w"], num_frames: int) -> Float[Tensor, "bt c2 h w"]:
        return super().forward(features)


@dataclass(frozen=True)
class BlockRow:
    """So many blocks of one width and kernel, one after the other: a row of the paper's table."""

    depth: int
    kernel: int
    width: int


@dataclass(frozen=True)
class EfficientNetSpec:
    """A network in numbers. stages: the rows of layer1 to layer4, of which the first block of the first row has stride 2.

    stem_width: of the first convolution, stem_out: of the block after it, which keeps its stride and belongs to the stem.
    head: the width that the classifier reads; its convolution, the last of layer4, is trained on ImageNet as all others are.
    """

    stages: tuple[tuple[BlockRow, ...], ...]
    stem_width: int = 32
    stem_out: int = 16
    expansion: int = 6
    head: int = 1280

    def build(self, shift_div: int | None, shift_stages: Sequence[BlockStage] = BLOCK_STAGES, shift_every: int = 1) -> "EfficientNet":
        return EfficientNet(self, shift_div, shift_stages, shift_every)


# Tan and Le, EfficientNet, ICML 2019, Table 1, the same in tensorflow/tpu, models/official/efficientnet/lite.
LITE0 = EfficientNetSpec(
    stages=(
        (BlockRow(2, 3, 24),),
        (BlockRow(2, 5, 40),),
        (BlockRow(3, 3, 80), BlockRow(3, 5, 112)),
        (BlockRow(4, 5, 192), BlockRow(1, 3, 320)),
    )
)


class EfficientNet(Backbone):
    """Stem and four stages; each halves rows and columns, so that layer2 has stride 8 as in a ResNet, but the stem has only 2.

    Source: tensorflow/tpu, models/official/efficientnet/lite. Its drop-connect, blocks left out at random in training, is not here.
    """

    def __init__(
        self, spec: EfficientNetSpec, shift_div: int | None, shift_stages: Sequence[BlockStage] = BLOCK_STAGES, shift_every: int = 1
    ):
        super().__init__()
        self.conv1, self.bn1 = convolve(3, spec.stem_width, kernel=3, stride=2)
        self.relu = nn.ReLU6()
        self.block1 = InvertedResidual(spec.stem_width, spec.stem_out, kernel=3, stride=1, expansion=1, shift_div=None)
        self.channels, self.strides = {"stem": spec.stem_out}, {"stem": 2}

        channels, stride = spec.stem_out, 2
        for name, rows in zip(BLOCK_STAGES, spec.stages, strict=True):
            blocks = make_blocks(rows, channels, spec.expansion, shift_div if name in shift_stages else None, shift_every)
            channels, stride = rows[-1].width, 2 * stride
            if name == "layer4":
                blocks.append(Head(channels, spec.head))
                channels = spec.head
            self.add_module(name, Stage(*blocks))
            self.channels[name], self.strides[name] = channels, stride

    def stem(self, frames: Float[Tensor, "bt 3 h w"]) -> Float[Tensor, "bt c h2 w2"]:
        return self.block1.branch(self.relu(self.bn1(self.conv1(frames))))

    def stem_modules(self) -> list[nn.Module]:
        return [self.conv1, self.bn1, self.relu, self.block1]


def make_blocks(rows: Sequence[BlockRow], channels: int, expansion: int, shift_div: int | None, shift_every: int) -> list[nn.Module]:
    """shift_every: of the blocks, the first and each so many after it shift."""
    blocks, stride = [], 2
    for row in rows:
        for _ in range(row.depth):
            shift = None if len(blocks) % shift_every else shift_div
            blocks.append(InvertedResidual(channels, row.width, row.kernel, stride, expansion, shift))
            channels, stride = row.width, 1
    return blocks
