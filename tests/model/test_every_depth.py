"""The authors' checkpoints of every depth, and fine-tuning from any checkpoint to other classes."""

from pathlib import Path

import numpy as np
import pytest
import torch
from einops import rearrange
from torch import Tensor

from workbench.model.checkpoint import Preprocessing, save_checkpoint
from workbench.model.load import load_weights
from workbench.model.msnet import ModelConfig, MSNet
from workbench.video.sampling import Sampling

DEPTHS = ("resnet18", "resnet34", "resnet50", "resnet101")


def authors_name(name: str) -> str:
    """Their name for a parameter of ours, written down here for itself: what loads is compared with it."""
    if name.startswith("fc."):
        return f"new_{name}"
    parts = name.split(".")
    if parts[0] == "backbone":
        return ".".join(["base_model", *parts[1:]])
    _, _, part, number, *rest = parts
    if part == "reduce":
        return ".".join(["base_model.chnl_reduction", number, *rest])
    return ".".join([f"base_model.flow_refinement.conv{int(number) + 1}", *rest])


def as_authors_save_it(model: MSNet) -> dict:
    """Their file: names with `module.` in front, a classifier over one step of time, a layer never used, a number of numpy's."""
    tensors = {authors_name(name): tensor for name, tensor in model.state_dict().items()}
    tensors["new_fc.weight"] = rearrange(tensors["new_fc.weight"], "k c -> k c 1")
    idle = torch.nn.BatchNorm2d(128).state_dict()  # as wide as in a network of basic blocks, whatever the depth
    tensors |= {f"base_model.bn2.{name}": tensor for name, tensor in idle.items()}
    state_dict = {f"module.{name}": tensor for name, tensor in tensors.items()}
    return {"epoch": 37, "arch": model.config.backbone, "state_dict": state_dict, "best_prec1": np.float64(50.9)}


def random_model(config: ModelConfig) -> MSNet:
    """With running statistics and a classifier that no other network has."""
    model = MSNet(config)
    for tensor in model.state_dict().values():
        if tensor.is_floating_point() and tensor.ndim == 1:
            torch.nn.init.uniform_(tensor, 0.5, 1.5)
    return model.eval()


def equal(ours: dict[str, Tensor], theirs: dict[str, Tensor], names: set[str]) -> bool:
    return all(torch.equal(ours[name], theirs[name]) for name in names)


@pytest.mark.parametrize("backbone", DEPTHS)
def test_the_authors_file_loads_for_every_depth(backbone: str, tmp_path: Path) -> None:
    """Depth, classes and module are read from the names, every tensor lands where it belongs, and only what they never use is left."""
    model = random_model(ModelConfig(backbone, num_classes=174))
    torch.save(as_authors_save_it(model), tmp_path / "model_best.pth.tar")

    loaded = load_weights(tmp_path / "model_best.pth.tar")
    assert loaded.model.config == model.config
    assert equal(loaded.model.state_dict(), model.state_dict(), set(model.state_dict()))
    assert loaded.report.missing == loaded.report.labels == ()
    assert {name.removeprefix("base_model.bn2.") for name in loaded.report.unused} == set(torch.nn.BatchNorm2d(1).state_dict())


@pytest.mark.parametrize(("backbone", "channels"), [("resnet18", 128), ("resnet34", 128), ("resnet50", 512), ("resnet101", 512)])
def test_the_module_is_as_wide_as_layer2(backbone: str, channels: int) -> None:
    """Bottlenecks are four times as wide: their module reads and adds 512 channels, and has 70,905 parameters."""
    module = MSNet(ModelConfig(backbone)).motion["layer2"]
    assert module.reduce[0].in_channels == channels == module.transform[-1][3].out_channels
    if channels == 512:
        assert sum(parameter.numel() for parameter in module.parameters()) == 70_905


def test_the_loaded_network_answers_as_the_saved_one(tmp_path: Path) -> None:
    """Of a bottleneck depth, whose tensors are in other places than in the network that the golden arrays are of."""
    model = random_model(ModelConfig("resnet50", num_classes=5))
    torch.save(as_authors_save_it(model), tmp_path / "r50.pth.tar")
    clip = torch.randn(1, 3, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        assert torch.equal(load_weights(tmp_path / "r50.pth.tar").model(clip).logits, model(clip).logits)


"""HMDB-51 starts from the network that learned Kinetics: all but the classifier is kept."""

KINETICS = tuple(f"action {number}" for number in range(400))


def test_from_a_checkpoint_of_ours(tmp_path: Path) -> None:
    """Labels go with the classifier that they name, and the report says both; the preprocessing stays."""
    model, pixels = random_model(ModelConfig("resnet18", num_classes=400)), Preprocessing(sampling=Sampling("dense", 8))
    save_checkpoint(tmp_path / "k400.safetensors", model, KINETICS, pixels)

    loaded = load_weights(tmp_path / "k400.safetensors", num_classes=51)
    kept = {name for name in model.state_dict() if not name.startswith("fc.")}
    assert loaded.model.fc.weight.shape == (51, 512)
    assert equal(loaded.model.state_dict(), model.state_dict(), kept)
    assert set(loaded.report.missing) == set(loaded.report.unused) == {"fc.weight", "fc.bias"}
    assert (loaded.labels, loaded.preprocessing) == (None, pixels)
    assert loaded.report.labels == KINETICS
    assert "labels dropped: action 0, action 1, action 2 and 397 more" in str(loaded.report)


def test_from_the_authors_file(tmp_path: Path) -> None:
    """The same, where nobody knows the labels."""
    model = random_model(ModelConfig("resnet50", num_classes=400))
    torch.save(as_authors_save_it(model), tmp_path / "k400.pth.tar")
    loaded = load_weights(tmp_path / "k400.pth.tar", num_classes=51)
    assert loaded.model.config == ModelConfig("resnet50", num_classes=51)
    assert loaded.report.missing == ("fc.weight", "fc.bias")
    assert {"new_fc.weight", "new_fc.bias"} < set(loaded.report.unused)
    assert "labels" not in str(loaded.report)


def test_as_many_classes_keep_their_labels(tmp_path: Path) -> None:
    model = MSNet(ModelConfig("tiny", num_classes=2, motion_after=("layer1",)))
    save_checkpoint(tmp_path / "two.safetensors", model, ("left", "right"))
    loaded = load_weights(tmp_path / "two.safetensors", num_classes=2)
    assert (loaded.labels, loaded.report.labels) == (("left", "right"), ())
