"""Weights of others (torchvision, EfficientNet-Lite, TSM, MSNet): which network they are, and their parameter names -> ours."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from torch import Tensor

from workbench.model.backbone import BLOCK_STAGES, STAGES
from workbench.model.checkpoint import Preprocessing, WeightsError
from workbench.model.efficientnet import LITE0
from workbench.model.motion import MotionConfig
from workbench.model.msnet import ModelConfig
from workbench.model.resnet import RESNETS, Bottleneck


@dataclass(frozen=True)
class Origin:
    """Who wrote a state dict. `prefixes`: their name -> ours, the first that fits; `idle`: parameters their network never uses;
    `preprocessing`: of the pictures that the weights were trained on."""

    name: str
    prefixes: tuple[tuple[str, str], ...]
    idle: tuple[str, ...] = ()
    preprocessing: Preprocessing = field(default_factory=Preprocessing)

    def our_name(self, key: str) -> str:
        return replace_prefix(key, self.prefixes)

    def their_name(self, key: str) -> str:
        return replace_prefix(key, tuple((ours, theirs) for theirs, ours in self.prefixes))


OURS = Origin("MSNet", ())
# torchvision has no word for the backbone as a whole: each of its children needs the prefix.
IMAGENET = Origin("ImageNet ResNet", tuple((f"{name}.", f"backbone.{name}.") for name in ("conv1", "bn1", *STAGES[1:])))


def lite0_prefixes() -> Iterator[tuple[str, str]]:
    """The blocks of EfficientNet-Lite0, there numbered through from the one of the stem on, and what stands before and after them."""
    depths = [sum(row.depth for row in rows) for rows in LITE0.stages]
    ours = ["block1", *(f"{stage}.{number}" for stage, depth in zip(BLOCK_STAGES, depths, strict=True) for number in range(depth))]
    parts = {"expand": ("expand_conv", "bn0"), "depthwise": ("depthwise_conv", "bn1"), "project": ("project_conv", "bn2")}
    for number, block in enumerate(ours):
        for part, names in parts.items():
            for place, name in enumerate(names):
                yield f"_blocks.{number}._{name}.", f"backbone.{block}.{part}.{place}."

    ends = {"_conv_stem": "conv1", "_bn0": "bn1", "_conv_head": f"layer4.{depths[-1]}.0", "_bn1": f"layer4.{depths[-1]}.1"}
    yield from ((f"{theirs}.", f"backbone.{ours}.") for theirs, ours in ends.items())
    yield "_fc.", "fc."


# (level - 127) / 128, as in tensorflow/tpu, models/official/efficientnet/lite/efficientnet_lite_builder.py.
LITE_PIXELS = Preprocessing(mean=(127 / 255, 127 / 255, 127 / 255), std=(128 / 255, 128 / 255, 128 / 255))
IMAGENET_LITE0 = Origin("ImageNet EfficientNet-Lite0", tuple(lite0_prefixes()), preprocessing=LITE_PIXELS)
AUTHORS = Origin(
    "authors' checkpoint",
    (
        ("base_model.chnl_reduction.", "motion.layer2.reduce."),
        *((f"base_model.flow_refinement.conv{i + 1}.", f"motion.layer2.transform.{i}.") for i in range(4)),
        ("new_fc.", "fc."),
        ("base_model.", "backbone."),
    ),
    idle=("base_model.bn2.", "base_model.fc1.", "base_model.fc."),
)


def replace_prefix(key: str, prefixes: tuple[tuple[str, str], ...]) -> str:
    for old, new in prefixes:
        if key.startswith(old):
            return new + key.removeprefix(old)
    return key


def plain_keys(state_dict: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The same tensors without what wrappers add to their names, and with the classifier under one name.

    DataParallel writes `module.`, the TSM code `.net.` around a shifted convolution, and both codes keep the classifier
    in the backbone when they train without dropout.
    """
    tensors = {key.removeprefix("module.").replace(".conv1.net.", ".conv1."): tensor for key, tensor in state_dict.items()}
    for last_layer in ("base_model.fc1.", "base_model.fc."):
        if "new_fc.weight" not in tensors:
            tensors = {replace_prefix(key, ((last_layer, "new_fc."),)): tensor for key, tensor in tensors.items()}
    return tensors


def origin_of(keys: Mapping[str, Tensor]) -> Origin:
    """Raises WeightsError where the keys are those of no network known here."""
    for prefix, origin in {"backbone.": OURS, "base_model.": AUTHORS, "layer1.": IMAGENET, "_blocks.": IMAGENET_LITE0}.items():
        if any(key.startswith(prefix) for key in keys):
            return origin
    names = ", ".join(list(keys)[:3]) or "none at all"
    raise WeightsError(
        f"these {len(keys)} tensors are of no network known here (the first names: {names}); "
        "wanted are a checkpoint of the workbench, an ImageNet ResNet or EfficientNet-Lite0, or a checkpoint of the authors' code"
    )


def config_from_tensors(tensors: Mapping[str, Tensor], origin: Origin, num_classes: int | None) -> ModelConfig:
    """The network that tensors (under our names) belong to. Those of ImageNet become MSNet, with the paper's module.

    Raises WeightsError for an unknown depth, and for what the tensors cannot say.
    """
    if origin is OURS:
        raise WeightsError("a bare state dict of MSNet does not say its window, sigma or temperature; pass config= with it")
    backbone = "efficientnet-lite0" if origin is IMAGENET_LITE0 else backbone_of(tensors)
    if origin in (IMAGENET, IMAGENET_LITE0):
        return ModelConfig(backbone)

    if num_classes is None and "fc.weight" not in tensors:
        raise WeightsError("there is no classifier (new_fc.weight) to read the number of classes from; pass num_classes=")
    motion = MotionConfig() if any(name.startswith("motion.") for name in tensors) else None
    return ModelConfig(backbone, num_classes or len(tensors["fc.weight"]), motion=motion)


def backbone_of(tensors: Mapping[str, Tensor]) -> str:
    """The depth, from the number of blocks in each stage and from whether they have a third convolution."""
    blocks = {match[1] for name in tensors if (match := re.match(r"backbone\.(layer\d\.\d+)\.", name))}
    depths = tuple(sum(block.startswith(stage) for block in blocks) for stage in STAGES[1:])
    has_conv3 = "backbone.layer1.0.conv3.weight" in tensors

    for name, spec in RESNETS.items():
        if spec.depths == depths and (spec.block is Bottleneck) == has_conv3:
            return name
    kind = "three" if has_conv3 else "two"
    raise WeightsError(
        f"stages of {', '.join(map(str, depths))} blocks with {kind} convolutions each are none of {', '.join(RESNETS)}; "
        "a name may be missing, or the network is not supported"
    )
