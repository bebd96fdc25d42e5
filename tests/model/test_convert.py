"""Weights of others under our names: ImageNet's ResNets and the authors' checkpoints."""

import argparse
from pathlib import Path

import numpy as np
import pytest
import torch
from einops import rearrange
from imagenet import imagenet_weights
from safetensors.torch import save_file
from torch import Tensor

from workbench.model.checkpoint import WeightsError
from workbench.model.load import load_weights
from workbench.model.motion import MotionConfig
from workbench.model.msnet import ModelConfig


def without(weights: dict[str, Tensor], *parts: str) -> dict[str, Tensor]:
    return {key: tensor for key, tensor in weights.items() if not any(part in key for part in parts)}


@pytest.mark.parametrize("backbone", ["resnet18", "resnet34", "resnet50", "resnet101"])
def test_the_depth_is_read_from_the_names(backbone: str):
    """And the paper's network is made of it, whose module and classifier are new."""
    weights = imagenet_weights(backbone)
    loaded = load_weights(weights, num_frames=8)
    assert loaded.model.config == ModelConfig(backbone)
    assert loaded.report.unused == ("fc.weight", "fc.bias")
    assert {name.split(".")[0] for name in loaded.report.missing} == {"motion", "fc"}
    assert torch.equal(loaded.model.backbone.layer3[1].conv2.weight, weights["layer3.1.conv2.weight"])


def test_from_a_file(tmp_path: Path):
    torch.save(imagenet_weights("resnet18"), tmp_path / "resnet18.pth")
    assert load_weights(tmp_path / "resnet18.pth").model.config.backbone == "resnet18"


def test_from_a_safetensors_file_of_others(tmp_path: Path):
    save_file(imagenet_weights("resnet18"), tmp_path / "model.safetensors", metadata={"format": "pt"})
    assert load_weights(tmp_path / "model.safetensors").model.config.backbone == "resnet18"


def test_a_classifier_of_the_right_size_is_used():
    loaded = load_weights(imagenet_weights("resnet18"), num_classes=1000, motion=None)
    assert loaded.report.missing == loaded.report.unused == ()


def test_the_config_may_say_more():
    """Parameters of the module, its place, no module, another clip length."""
    changes = {"motion": MotionConfig(radius=3), "motion_after": ("layer1", "layer3"), "num_classes": 51, "num_frames": 16}
    config = load_weights(imagenet_weights("resnet18"), **changes).model.config
    assert config == ModelConfig("resnet18", **changes)
    assert load_weights(imagenet_weights("resnet18"), config=config).model.config == config


def test_files_from_before_the_counters_of_batches():
    """Those of PyTorch 0.3, torchvision's first ones among them, have none; nothing depends on them."""
    old = without(imagenet_weights("resnet18"), "num_batches_tracked")
    assert not any("num_batches" in name for name in load_weights(old).report.missing)


def test_a_missing_tensor_is_named():
    with pytest.raises(WeightsError, match=r"1 missing: layer3.0.conv1.weight"):
        load_weights(without(imagenet_weights("resnet18"), "layer3.0.conv1.weight"))


def test_unknown_names_are_named_the_first_few_and_counted():
    extra = {f"attention.{number}.weight": torch.zeros(1) for number in range(5)}
    with pytest.raises(WeightsError, match=r"5 unknown: attention.0.weight, attention.1.weight, attention.2.weight and 2 more"):
        load_weights(imagenet_weights("resnet18") | extra)


def test_another_shape_is_named_with_both():
    wide = imagenet_weights("resnet50") | {"layer1.0.conv2.weight": torch.zeros(128, 128, 3, 3)}
    with pytest.raises(WeightsError, match=r"layer1.0.conv2.weight is 128 x 128 x 3 x 3, not 64 x 64 x 3 x 3"):
        load_weights(wide)


def test_an_unknown_depth_is_refused():
    with pytest.raises(WeightsError, match="3, 4, 5, 3 blocks with three convolutions"):
        load_weights(without(imagenet_weights("resnet50"), "layer3.5."))


def test_weights_of_something_else_are_refused():
    with pytest.raises(WeightsError, match=r"no network known here .*patch_embed.weight"):
        load_weights({"patch_embed.weight": torch.zeros(3)})
    with pytest.raises(WeightsError, match="none at all"):
        load_weights({})


@pytest.fixture
def path(authors_weights: dict[str, Tensor], tmp_path: Path) -> Path:
    """As their training script writes it, options and a numpy number included."""
    contents = {
        "epoch": 40,
        "arch": "MS",
        "state_dict": {f"module.{key}": tensor for key, tensor in authors_weights.items()},
        "best_prec1": np.float64(47.9),
        "args": argparse.Namespace(lr=0.01, gpus=[0, 1]),
    }
    torch.save(contents, tmp_path / "model_best.pth.tar")
    return tmp_path / "model_best.pth.tar"


def test_their_file_gives_their_logits(path: Path, golden_clip: Tensor, golden: dict[str, Tensor]):
    """Depth, classes and module are read from the names; what their network never uses is said to be unused."""
    loaded = load_weights(path, num_frames=8)
    with torch.no_grad():
        logits = loaded.model(golden_clip).logits
    assert (logits - golden["logits"]).abs().max() < 1e-4
    assert loaded.model.config == ModelConfig("resnet18", num_classes=174)
    assert loaded.report.missing == ()
    assert loaded.report.reshaped == ("new_fc.weight",)
    assert len(loaded.report.unused) == 5
    assert all(name.startswith("base_model.bn2.") for name in loaded.report.unused)
    assert loaded.labels is None


def test_the_report_is_a_sentence(authors_weights: dict[str, Tensor]):
    sentence = str(load_weights(authors_weights).report)
    assert sentence.startswith("checkpoint of MSNet's authors: 176 tensors loaded; unused: base_model.bn2.weight, ")
    assert sentence.endswith("and 2 more; reshaped: new_fc.weight.")


def test_the_format_of_old_files(authors_weights: dict[str, Tensor], tmp_path: Path):
    """From before the zip format of PyTorch 1.6."""
    old = {"epoch": 1, "arch": "MS", "state_dict": authors_weights, "best_prec1": torch.tensor(3.0)}
    torch.save(old, tmp_path / "old.pth.tar", _use_new_zipfile_serialization=False)
    assert load_weights(tmp_path / "old.pth.tar").report.missing == ()


def test_without_the_module_it_is_tsm(authors_weights: dict[str, Tensor]):
    """The authors' network shifts in every block, and has a normalisation that it never uses; by that it is known."""
    loaded = load_weights(without(authors_weights, "chnl_reduction", "flow_refinement"))
    assert loaded.model.config.kind == "TSM"
    assert loaded.report.missing == ()


def test_names_of_the_tsm_code(authors_weights: dict[str, Tensor]):
    """There the shifted convolution is wrapped, and the classifier a linear layer."""
    tsm = without(authors_weights, "chnl_reduction", "flow_refinement", "base_model.bn2")
    wrapped = {key.replace(".conv1.weight", ".conv1.net.weight") if "layer" in key else key: t for key, t in tsm.items()}
    wrapped["new_fc.weight"] = rearrange(wrapped["new_fc.weight"], "k c 1 -> k c")
    loaded = load_weights(wrapped)
    assert loaded.report.missing == loaded.report.unused == loaded.report.reshaped == ()


def test_a_classifier_kept_in_the_backbone(authors_weights: dict[str, Tensor]):
    """Where they train without dropout it has another name; beside new_fc it is a left-over of ImageNet."""
    renamed = {key.replace("new_fc", "base_model.fc1"): tensor for key, tensor in authors_weights.items()}
    assert load_weights(renamed).report.missing == ()
    both = load_weights(authors_weights | {"base_model.fc1.bias": torch.zeros(1000)})
    assert "base_model.fc1.bias" in both.report.unused
    assert both.model.config.num_classes == 174


@pytest.mark.parametrize(
    "key",
    [
        "chnl_reduction.0.weight",
        "flow_refinement.conv4.3.weight",
        "layer3.0.conv1.weight",
        "conv1.weight",
        "bn1.running_var",
        "new_fc.bias",
    ],
)
def test_a_missing_tensor_is_named_as_they_do(authors_weights: dict[str, Tensor], key: str):
    """Half a module, half a classifier and a hole in the backbone are errors, with a remedy."""
    key = key if key.startswith("new_fc") else f"base_model.{key}"
    with pytest.raises(WeightsError, match=rf"1 missing: {key}\. Check that the file is whole"):
        load_weights({name: tensor for name, tensor in authors_weights.items() if name != key})


def test_without_a_classifier_the_classes_must_be_said(authors_weights: dict[str, Tensor]):
    headless = without(authors_weights, "new_fc")
    with pytest.raises(WeightsError, match="num_classes="):
        load_weights(headless)
    assert load_weights(headless, num_classes=51).report.missing == ("fc.weight", "fc.bias")
