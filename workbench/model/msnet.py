"""MSNet: backbone, temporal shift, motion modules, classifier and the mean over frames; its config and its prediction."""

from dataclasses import dataclass, field
from typing import Annotated, cast

import torch
from einops import rearrange, reduce
from jaxtyping import Float
from torch import Tensor, nn

from workbench.model.backbone import BLOCK_STAGES, STAGES, BackboneSpec, BlockStage, StageName
from workbench.model.efficientnet import LITE0
from workbench.model.motion import FeatureTransformation, Motion, MotionConfig, MotionSqueeze
from workbench.model.resnet import RESNETS
from workbench.parameters import Range, check_ranges

BACKBONES: dict[str, BackboneSpec] = {**RESNETS, "efficientnet-lite0": LITE0}


@dataclass(frozen=True)
class Prediction:
    """logits `b k`, frame_logits `b t k`, and the motion by the name of the stage after which it was read."""

    logits: Tensor
    frame_logits: Tensor
    motions: dict[str, Motion]

    @property
    def motion(self) -> Motion | None:
        """The motion of the first module in the network; None without one (TSM, TSN)."""
        return next(iter(self.motions.values()), None)


@dataclass(frozen=True)
class ModelConfig:
    """A network as a value. `motion=None` is TSM; `shift_div=None` as well is TSN.

    motion_after: the stages ("stem", "layer1" .. "layer4") after which a MotionSqueeze module stands.
    shift_stages: the stages whose blocks shift; all of them is TSM's and the paper's way. Without those before the motion module, each
    frame is matched by its own features: at the ends of a clip the shift would bring in zeros for the frame that is not there.
    shift_every: of the blocks of such a stage, the first and each so many after it shift; TSM has 2 for ResNet-101, else 1.
    num_frames: frames the network is trained with; `forward` takes clips of any length.
    """

    backbone: str = "resnet50"
    num_classes: Annotated[int, Range(1, 50_000)] = 174
    num_frames: Annotated[int, Range(1, 1024)] = 8
    shift_div: Annotated[int | None, Range(2, 4096)] = 8  # two shares of the channels are shifted
    shift_stages: tuple[BlockStage, ...] = BLOCK_STAGES
    shift_every: Annotated[int, Range(1, 64)] = 1
    dropout: Annotated[float, Range(0, below=1)] = 0.5
    motion: MotionConfig | None = field(default_factory=MotionConfig)
    motion_after: tuple[StageName, ...] = ("layer2",)

    def __post_init__(self):
        for name in ("motion_after", "shift_stages"):
            stages = getattr(self, name)
            if isinstance(stages, str):
                raise ValueError(f"{name} takes a tuple of stages, got {stages!r}; say ({stages!r},)")
            object.__setattr__(self, name, tuple(stages))
        check_ranges(self)
        if self.backbone not in BACKBONES:
            raise ValueError(f"backbone must be one of {', '.join(BACKBONES)}, got {self.backbone!r}")
        if self.motion and self.num_frames < 2:
            raise ValueError(f"motion needs num_frames of at least 2, got {self.num_frames}")
        if self.motion and not self.motion_after:
            raise ValueError("motion_after names no stage; for a network without motion say motion=None")
        for name in ("motion_after", "shift_stages"):
            stages = getattr(self, name)
            if len(set(stages)) < len(stages):
                raise ValueError(f"{name} names a stage twice: {stages}")
            object.__setattr__(self, name, tuple(sorted(stages, key=STAGES.index)))  # the same network is the same value

    @property
    def kind(self) -> str:
        """What the field calls such a network: MSNet, TSM without the motion module, TSN without the temporal shift as well."""
        return "MSNet" if self.motion else "TSM" if self.shift_div else "TSN"


class MSNet(nn.Module):
    """Clip `b t c h w`, normalised -> Prediction. The one path for training, evaluation and looking."""

    def __init__(self, config: ModelConfig):
        super().__init__()
        self.config = config
        self.backbone = BACKBONES[config.backbone].build(config.shift_div, config.shift_stages, config.shift_every)
        self.motion = nn.ModuleDict()
        if config.motion:
            self.motion.update({name: MotionSqueeze(config.motion, self.backbone.channels[name]) for name in config.motion_after})
        self.dropout = nn.Dropout(config.dropout)
        self.fc = nn.Linear(self.backbone.channels["layer4"], config.num_classes)
        self.apply(initialise)

    def forward(self, clip: Float[Tensor, "b t 3 h w"]) -> Prediction:
        num_frames, motions = clip.shape[1], {}
        features = rearrange(clip, "b t c h w -> (b t) c h w")

        features = self.look_for_motion("stem", self.backbone.stem(features), num_frames, motions)
        for name in STAGES[1:]:
            features = self.backbone.get_submodule(name)(features, num_frames)
            features = self.look_for_motion(name, features, num_frames, motions)

        pooled = self.dropout(reduce(features, "(b t) c h w -> b t c", "mean", t=num_frames))
        frame_logits = self.fc(pooled)

        return Prediction(consensus(frame_logits), frame_logits, motions)

    def look_for_motion(self, stage: str, features: Tensor, num_frames: int, motions: dict[str, Motion]) -> Tensor:
        if stage in self.motion:
            features, motions[stage] = self.motion[stage](features, num_frames)
        return features


def motion_modules(model: MSNet) -> dict[str, MotionSqueeze]:
    """The network's motion modules by the stage after which each stands."""
    return cast(dict[str, MotionSqueeze], dict(model.motion.items()))


def consensus(frame_logits: Float[Tensor, "b t k"]) -> Float[Tensor, "b k"]:
    """The mean over frames (Wang et al., TSN, ECCV 2016)."""
    return reduce(frame_logits, "b t k -> b k", "mean")


def initialise(module: nn.Module) -> None:
    """He initialisation by fan-out for convolutions, N(0, 0.001) for the classifier, as TSM and the paper train."""
    if isinstance(module, nn.Conv2d):
        nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
    if isinstance(module, FeatureTransformation):
        module.initialise()
    if isinstance(module, nn.Linear):
        nn.init.normal_(module.weight, std=0.001)
        nn.init.zeros_(module.bias)


for result in (Motion, Prediction):
    torch.export.register_dataclass(result)
