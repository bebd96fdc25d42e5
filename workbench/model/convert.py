"""Weights of others (torchvision, EfficientNet-Lite, TSM, mmaction2, MSNet): whose they are, and their parameter names -> ours."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

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
    "checkpoint of MSNet's authors",
    (
        ("base_model.chnl_reduction.", "motion.layer2.reduce."),
        *((f"base_model.flow_refinement.conv{i + 1}.", f"motion.layer2.transform.{i}.") for i in range(4)),
        ("new_fc.", "fc."),
        ("base_model.", "backbone."),
    ),
    idle=("base_model.bn2.", "base_model.fc1.", "base_model.fc."),
)

TSM = Origin("checkpoint of the TSM code", (("new_fc.", "fc."), ("base_model.", "backbone.")), idle=("base_model.fc1.", "base_model.fc."))
MMACTION = Origin("mmaction2 checkpoint", (("cls_head.fc_cls.", "fc."),), idle=("data_preprocessor.",))
# Parameters that MSNet's authors have in every network of theirs, and the TSM code in none.
OF_AUTHORS = ("base_model.bn2.", "base_model.chnl_reduction.", "base_model.flow_refinement.")


def replace_prefix(key: str, prefixes: tuple[tuple[str, str], ...]) -> str:
    for old, new in prefixes:
        if key.startswith(old):
            return new + key.removeprefix(old)
    return key


WRAPPERS = ("module.", "_orig_mod.")  # of DataParallel, however often, and torch.compile
SHIFTED = re.compile(r"(layer\d\.\d+)\.conv1\.(?:conv\.)?net\.")  # TSM wraps the convolution before which it shifts


def plain_keys(state_dict: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The same tensors without what wrappers add to their names, mmaction2's names of layers as torchvision's, and with the classifier
    under one name.

    DataParallel writes `module.`, torch.compile `_orig_mod.`, Lightning mostly `model.`, the TSM code `.net.` around a shifted
    convolution, and both codes keep the classifier in the backbone when they train without dropout. Raises WeightsError where two
    tensors would have one name.
    """
    tensors = with_names(state_dict, without_wrappers)
    if not has_origin(tensors) and any(key.startswith("model.") for key in tensors):
        tensors = with_names(tensors, lambda key: without_wrappers(key.removeprefix("model.")))
    tensors = with_names(tensors, lambda key: SHIFTED.sub(r"\1.conv1.", key))
    if any(key.startswith(MMACTION.prefixes[0][0]) or key == "backbone.conv1.conv.weight" for key in tensors):
        tensors = with_names(tensors, name_of_layer)
    for last_layer in ("base_model.fc1.", "base_model.fc."):
        if "new_fc.weight" not in tensors:
            tensors = with_names(tensors, lambda key, last_layer=last_layer: replace_prefix(key, ((last_layer, "new_fc."),)))
    return tensors


def without_wrappers(key: str) -> str:
    while key.startswith(WRAPPERS):
        key = replace_prefix(key, tuple((wrapper, "") for wrapper in WRAPPERS))
    return key.replace("._orig_mod.", ".")


def name_of_layer(key: str) -> str:
    """mmaction2 has a convolution and its normalisation in one module: `conv2.conv`, `conv2.bn` are torchvision's `conv2`, `bn2`."""
    key = key.replace(".downsample.conv.", ".downsample.0.").replace(".downsample.bn.", ".downsample.1.")
    return re.sub(r"\.conv(\d)\.bn\.", r".bn\1.", re.sub(r"\.conv(\d)\.conv\.", r".conv\1.", key))


def with_names(tensors: Mapping[str, Tensor], name: Callable[[str], str]) -> dict[str, Tensor]:
    renamed = {name(key): tensor for key, tensor in tensors.items()}
    if len(renamed) < len(tensors):
        raise WeightsError("two of its tensors have the same name but for the wrappers around it; save the state dict of one network")
    return renamed


def has_origin(keys: Mapping[str, Tensor]) -> bool:
    return any(key.startswith(("backbone.", "base_model.", "layer1.", "_blocks.")) for key in keys)


def origin_of(keys: Mapping[str, Tensor]) -> Origin:
    """Raises WeightsError where the keys are those of no network known here."""
    origins = {
        MMACTION.prefixes[0][0]: MMACTION,
        "backbone.": OURS,
        **dict.fromkeys(OF_AUTHORS, AUTHORS),
        "base_model.": TSM,
        "layer1.": IMAGENET,
        "_blocks.": IMAGENET_LITE0,
    }
    for prefix, origin in origins.items():
        if any(key.startswith(prefix) for key in keys):
            return origin
    names = ", ".join(list(keys)[:3]) or "none at all"
    raise WeightsError(
        f"these {len(keys)} tensors are of no network known here (the first names: {names}); wanted are a checkpoint of the workbench, "
        "an ImageNet ResNet or EfficientNet-Lite0, or a checkpoint of MSNet's authors, of the TSM code or of mmaction2"
    )


def shift_of(keys: Iterable[str], origin: Origin) -> dict[str, Any]:
    """The fields of `ModelConfig` that say which blocks shift, from the names in a file: TSM and mmaction2 shift where `.net.` stands, and
    a network of theirs without it is TSN; MSNet's authors shift every block and write nothing of it.

    Raises WeightsError for other blocks than the first and every so many after it of a stage.
    """
    if origin not in (TSM, MMACTION):
        return {}
    keys = list(keys)
    shifted = {match[1] for key in keys if (match := SHIFTED.search(key))}
    if not shifted:
        return {"shift_div": None}
    blocks = {match[1] for key in keys if (match := re.search(r"(layer\d\.\d+)\.", key))}
    stages = tuple(stage for stage in BLOCK_STAGES if any(block.startswith(stage) for block in shifted))
    of_stages = {block for block in blocks if block.startswith(stages)}
    for every in (1, 2):
        if shifted == {block for block in of_stages if int(block.partition(".")[2]) % every == 0}:
            return {"shift_stages": stages, "shift_every": every}
    raise WeightsError(
        f"this {origin.name} shifts only {', '.join(sorted(shifted))}; the first of every one or two blocks can be shifted here"
    )


def config_from_tensors(tensors: Mapping[str, Tensor], origin: Origin, num_classes: int | None, shift: Mapping[str, Any]) -> ModelConfig:
    """The network that tensors (under our names) belong to. Those of ImageNet become MSNet, with the paper's module.

    shift: from `shift_of`.

    Raises WeightsError for an unknown depth, and for what the tensors cannot say.
    """
    if origin is OURS:
        raise WeightsError("a bare state dict of MSNet does not say its window, sigma or temperature; pass config= with it")
    backbone = "efficientnet-lite0" if origin is IMAGENET_LITE0 else backbone_of(tensors)
    if origin in (IMAGENET, IMAGENET_LITE0):
        return ModelConfig(backbone)

    if num_classes is None and "fc.weight" not in tensors:
        raise WeightsError(
            f"there is no classifier ({origin.their_name('fc.weight')}) to read the number of classes from; pass num_classes="
        )
    motion = MotionConfig() if any(name.startswith("motion.") for name in tensors) else None
    return ModelConfig(backbone, num_classes or len(tensors["fc.weight"]), motion=motion, **shift)


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
