"""Checkpoints of the TSM code and of mmaction2: the network that they were saved from, shift by shift, whatever was wrapped around it."""

import re
from collections import OrderedDict, defaultdict
from pathlib import Path

import pytest
import torch
from imagenet import imagenet_weights
from torch import Tensor

from workbench.model.backbone import Block
from workbench.model.checkpoint import WeightsError
from workbench.model.load import load_weights
from workbench.model.msnet import MSNet

Weights = dict[str, Tensor]


def tsm_weights(backbone: str = "resnet18", every: int | None = 1) -> Weights:
    """As the TSM code names them: `.net.` in the first block of a stage and every so many after it; None: TSN."""

    def name(key: str) -> str:
        block = re.match(r"layer\d\.(\d+)\.conv1\.", key)
        shifted = block and every and int(block[1]) % every == 0
        return f"base_model.{key.replace('.conv1.', '.conv1.net.') if shifted else key}".replace("base_model.fc.", "new_fc.")

    return {name(key): tensor for key, tensor in imagenet_weights(backbone, 5).items()}


def mmaction_weights(backbone: str = "resnet18", every: int | None = 1) -> Weights:
    """As mmaction2 names them: a convolution and its normalisation are one module."""

    def name(key: str) -> str:
        key = re.sub(r"\bbn(\d)\.", r"conv\1.bn.", re.sub(r"\bconv(\d)\.", r"conv\1.conv.", key))
        key = key.replace("downsample.0.", "downsample.conv.").replace("downsample.1.", "downsample.bn.")
        block = re.match(r"layer\d\.(\d+)\.conv1\.conv\.", key)
        if block and every and int(block[1]) % every == 0:
            key = key.replace(".conv1.conv.", ".conv1.conv.net.")
        return f"cls_head.fc_cls.{key[3:]}" if key.startswith("fc.") else f"backbone.{key}"

    return {name(key): tensor for key, tensor in imagenet_weights(backbone, 5).items()}


MAKERS = {"TSM": tsm_weights, "mmaction2": mmaction_weights}


def shifting_blocks(model: MSNet) -> list[str]:
    return [name for name, block in model.backbone.named_modules() if isinstance(block, Block) and block.shift_div]


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_every_tensor_lands_where_it_belongs(make) -> None:
    weights = make()
    loaded = load_weights(weights)
    assert loaded.report.missing == loaded.report.unused == ()
    assert sorted(tensor.sum().item() for tensor in loaded.model.state_dict().values()) == sorted(t.sum().item() for t in weights.values())


def test_mmaction_names_are_those_of_its_modules() -> None:
    """Some of its names, written out, with what they are in our network."""
    weights = mmaction_weights()
    model = load_weights(weights).model
    assert torch.equal(model.backbone.conv1.weight, weights["backbone.conv1.conv.weight"])
    assert torch.equal(model.backbone.bn1.running_var, weights["backbone.conv1.bn.running_var"])
    assert torch.equal(model.backbone.layer1[0].conv1.weight, weights["backbone.layer1.0.conv1.conv.net.weight"])
    assert torch.equal(model.backbone.layer2[0].bn2.weight, weights["backbone.layer2.0.conv2.bn.weight"])
    assert torch.equal(model.backbone.layer2[0].downsample[1].bias, weights["backbone.layer2.0.downsample.bn.bias"])
    assert torch.equal(model.fc.weight, weights["cls_head.fc_cls.weight"])


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_without_a_wrapped_convolution_it_is_tsn(make) -> None:
    loaded = load_weights(make(every=None))
    assert loaded.model.config.kind == "TSN"
    assert shifting_blocks(loaded.model) == []


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_with_one_it_is_tsm(make) -> None:
    assert load_weights(make()).model.config.kind == "TSM"


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_every_second_block_of_a_deep_network_shifts(make) -> None:
    """As both codes do in ResNet-101."""
    weights = make("resnet101", 2)
    wrapped = {re.search(r"layer\d\.\d+", key)[0] for key in weights if ".net." in key}
    assert set(shifting_blocks(load_weights(weights).model)) == wrapped


def test_other_blocks_that_shift_are_refused() -> None:
    weights = tsm_weights()
    weights["base_model.layer1.1.conv1.weight"] = weights.pop("base_model.layer1.1.conv1.net.weight")
    with pytest.raises(WeightsError, match=r"shifts only layer1\.0, layer2\.0"):
        load_weights(weights)


@pytest.mark.parametrize(("make", "name"), [(tsm_weights, "the TSM code"), (mmaction_weights, "mmaction2")])
def test_the_report_names_who_wrote_it(make, name: str) -> None:
    assert name in load_weights(make()).report.origin


# ------------------------------------------------------------------------------------------------------------ what is around it
def prefixed(*prefixes: str):
    return lambda weights: {"".join(prefixes) + key: tensor for key, tensor in weights.items()}


def inside(name: str, **beside):
    return lambda weights: {name: OrderedDict(weights), **beside}


WRAPPED = {
    "DataParallel": prefixed("module."),
    "twice": prefixed("module.", "module."),
    "compiled": prefixed("_orig_mod."),
    "compiled and parallel": prefixed("module.", "_orig_mod."),
    "Lightning": lambda weights: {"state_dict": prefixed("model.")(weights) | {"criterion.weight": torch.ones(3)}},
    "Lightning, compiled": lambda weights: {"state_dict": prefixed("model.", "_orig_mod.")(weights)},
    "model": inside("model"),
    "model_state": inside("model_state", epoch=3),
    "model_state_dict": inside("model_state_dict", optimizer={"state": {}}),
    "state_dict_ema": inside("state_dict_ema"),
    "mmaction2": inside("state_dict", meta={"epoch": 50}),
    "defaultdict": inside("state_dict", history=defaultdict(list, loss=[1.0, 0.5])),
}


@pytest.mark.parametrize("wrap", WRAPPED.values(), ids=WRAPPED)
@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_what_training_scripts_write_around_it_is_no_matter(tmp_path: Path, make, wrap) -> None:
    torch.save(wrap(make()), tmp_path / "model.pth")
    if wrap is WRAPPED["Lightning"]:  # what is beside the network is named
        with pytest.raises(WeightsError, match=r"unknown: criterion\.weight"):
            load_weights(tmp_path / "model.pth")
        return
    loaded = load_weights(tmp_path / "model.pth")
    assert loaded.report.missing == loaded.report.unused == ()


def test_two_networks_in_one_are_refused() -> None:
    weights = tsm_weights()
    with pytest.raises(WeightsError, match="same name"):
        load_weights(weights | prefixed("module.")(weights))
