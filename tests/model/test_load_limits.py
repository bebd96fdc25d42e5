"""Checkpoints that cannot be: each is refused by a sentence that names what is wrong, before memory is taken for it."""

import json
import zipfile
from pathlib import Path

import pytest
import torch
from imagenet import imagenet_weights
from safetensors.torch import save_file
from torch import Tensor

from workbench.model.checkpoint import METADATA_KEY, Preprocessing, WeightsError, read_checkpoint, save_checkpoint
from workbench.model.load import load_weights
from workbench.model.motion import MotionConfig
from workbench.model.msnet import ModelConfig, MSNet

NAME = "layer2.0.bn1.running_var"


@pytest.fixture
def weights() -> dict[str, Tensor]:
    return imagenet_weights("resnet18", 5)


@pytest.mark.parametrize(
    ("number", "said"), [(torch.nan, "holds NaN"), (torch.inf, "infinite"), (-torch.inf, "infinite"), (-1.0, "negative variance")]
)
def test_numbers_that_no_network_has_are_refused_by_name(weights: dict[str, Tensor], number: float, said: str) -> None:
    weights[NAME] = weights[NAME].clone()
    weights[NAME][3] = number
    with pytest.raises(WeightsError, match=rf"layer2\.0\.bn1\.running_var .*{said}.*training diverged"):
        load_weights(weights)


def test_a_checkpoint_of_ours_is_checked_too(tiny_model: MSNet, tmp_path: Path) -> None:
    with torch.no_grad():
        tiny_model.fc.bias[0] = torch.nan
    save_checkpoint(tmp_path / "model.safetensors", tiny_model)
    with pytest.raises(WeightsError, match=r"fc\.bias holds NaN"):
        load_weights(tmp_path / "model.safetensors")


ODD = {
    "empty": (torch.zeros(0), "is empty"),
    "complex": (torch.zeros(128, dtype=torch.complex64), "no plain tensor"),
    "sparse": (torch.zeros(128).to_sparse(), "no plain tensor"),
    "on no device": (torch.zeros(128, device="meta"), "no plain tensor"),
    "huge without memory": (torch.zeros(1).expand(10**12), "of another shape"),
}


@pytest.mark.parametrize(("tensor", "said"), ODD.values(), ids=ODD)
def test_tensors_that_are_none_of_a_network_are_refused(weights: dict[str, Tensor], tensor: Tensor, said: str) -> None:
    with pytest.raises(WeightsError, match=said):
        load_weights(weights | {NAME: tensor})


def test_a_classifier_for_a_billion_classes_is_refused(weights: dict[str, Tensor]) -> None:
    """Its tensor repeats one number; the network that it asks for would be real."""
    tsm = {f"base_model.{key}": tensor for key, tensor in weights.items() if not key.startswith("fc.")}
    with pytest.raises(WeightsError, match="num_classes must be 1 to 50000"):
        load_weights(tsm | {"new_fc.weight": torch.zeros(1, 1).expand(10**9, 512), "new_fc.bias": torch.zeros(1).expand(10**9)})


@pytest.mark.parametrize("keys", [{1: torch.zeros(1)}, {None: torch.zeros(1)}, {("a", "b"): torch.zeros(1)}, {b"a": torch.zeros(1)}])
def test_names_that_are_no_text_are_refused(weights: dict, keys: dict, tmp_path: Path) -> None:
    torch.save(weights | keys, tmp_path / "model.pth")
    with pytest.raises(WeightsError, match="names of tensors must be text"):
        load_weights(tmp_path / "model.pth")


def test_an_archive_that_unpacks_to_gigabytes_is_refused(tmp_path: Path) -> None:
    """PyTorch reads packed archives, and makes none."""
    path = tmp_path / "bomb.pth"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(4):
            archive.writestr(f"archive/data/{number}", bytes(50 * 10**6))
    with pytest.raises(WeightsError, match="would unpack"):
        load_weights(path)


def described(path: Path, model: MSNet, description: str | dict) -> Path:
    """A checkpoint of ours with another description."""
    save_checkpoint(path, model)
    tensors = {name: tensor.contiguous() for name, tensor in model.state_dict().items()}
    save_file(tensors, path, metadata={METADATA_KEY: description if isinstance(description, str) else json.dumps(description)})
    return path


def description_of(path: Path, model: MSNet) -> dict:
    from safetensors import safe_open

    save_checkpoint(path, model)
    with safe_open(path, framework="pt") as file:
        return json.loads(file.metadata()[METADATA_KEY])


@pytest.mark.parametrize(
    "text", ["[" * 100_000, '{"a":' * 100_000, "[]", "5", "null", "{}", '{"schema_version": []}', '{"schema_version": 1e999}']
)
def test_a_description_that_is_none_is_refused(tiny_model: MSNet, tmp_path: Path, text: str) -> None:
    """Deep, or of another kind."""
    with pytest.raises(WeightsError, match="damaged"):
        read_checkpoint(described(tmp_path / "model.safetensors", tiny_model, text))


CHANGES: dict[str, tuple[tuple[str, ...], object]] = {
    "radius": (("config", "motion", "radius"), 10**9),
    "dilation": (("config", "motion", "dilation"), 10**9),
    "channels": (("config", "motion", "channels"), 10**9),
    "kernel_size": (("config", "motion", "kernel_size"), 10**9 + 1),
    "first_kernel": (("config", "motion", "first_kernel"), 10**9 + 1),
    "sigma": (("config", "motion", "sigma"), "wide"),
    "classes": (("config", "num_classes"), 10**9),
    "frames": (("config", "num_frames"), 10**9),
    "shift": (("config", "shift_div"), 10**9),
    "size": (("preprocessing", "size"), 10**9),
    "resize": (("preprocessing", "resize"), 10**9),
    "resize, two sides": (("preprocessing", "resize"), [10**9, 10**9]),
    "resize, text": (("preprocessing", "resize"), ["a", "b"]),
    "stride": (("preprocessing", "stride"), 10**9),
    "config": (("config",), "resnet18"),
    "motion": (("config", "motion"), [1]),
    "labels": (("labels",), [1] * 18),
    "provenance": (("provenance",), "me"),
    "calibration": (("calibration",), {"offset": "a"}),
}


@pytest.mark.parametrize(("place", "value"), CHANGES.values(), ids=CHANGES)
def test_a_description_of_what_cannot_be_is_refused(tiny_model: MSNet, tmp_path: Path, place: tuple[str, ...], value: object) -> None:
    description = description_of(tmp_path / "model.safetensors", tiny_model)
    inner = description
    for name in place[:-1]:
        inner = inner[name]
    inner[place[-1]] = value
    with pytest.raises(WeightsError, match="describes no network"):
        read_checkpoint(described(tmp_path / "model.safetensors", tiny_model, description))


@pytest.mark.parametrize(
    ("kind", "field"), [(MotionConfig, "radius"), (MotionConfig, "channels"), (ModelConfig, "num_frames"), (Preprocessing, "size")]
)
def test_numbers_of_a_config_are_bounded(kind: type, field: str) -> None:
    """In Python as in a file."""
    with pytest.raises(ValueError, match=field):
        kind(**{field: 10**9})


def test_a_bit_that_fell_over_is_noticed(weights: dict[str, Tensor], tmp_path: Path) -> None:
    """PyTorch loads such a file, with another number in it."""
    path = tmp_path / "model.pth"
    torch.save(weights, path)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    loaded = torch.load(path)
    assert any(not torch.equal(loaded[name], tensor) for name, tensor in weights.items())
    with pytest.raises(WeightsError, match=r"is damaged: .* is not what was written"):
        load_weights(path)
