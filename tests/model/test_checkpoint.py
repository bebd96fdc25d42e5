"""Our own checkpoints: one file, whole or refused, and nothing else needed."""

import json
import math
import os
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor

from workbench.model import checkpoint
from workbench.model.checkpoint import METADATA_KEY, Preprocessing, WeightsError, save_checkpoint
from workbench.model.load import load_weights
from workbench.model.motion import MotionConfig
from workbench.model.msnet import ModelConfig, MSNet
from workbench.video.sampling import Sampling

LABELS = [f"motion {number}" for number in range(18)]
PREPROCESSING = Preprocessing(size=64, mean=(0.5, 0.5, 0.5), std=(0.25, 0.25, 0.25), sampling=Sampling("dense", seconds=1.5))


def description(path: Path) -> str:
    with safe_open(path, framework="pt") as file:
        return file.metadata()[METADATA_KEY]


@pytest.fixture
def path(tiny_model: MSNet, tmp_path: Path) -> Path:
    path = tmp_path / "tiny.safetensors"
    save_checkpoint(path, tiny_model, LABELS, PREPROCESSING, {"seed": 3, "records": [{"loss": 0.5}]})
    return path


def test_nothing_else_is_needed(path: Path, tiny_model: MSNet, clip: Tensor):
    """Network, labels, preprocessing and provenance come back, and the model answers as before, in eval mode."""
    loaded = load_weights(path)
    assert loaded.model.config == tiny_model.config
    assert loaded.labels == tuple(LABELS)
    assert loaded.preprocessing == PREPROCESSING
    assert loaded.provenance == {"seed": 3, "records": [{"loss": 0.5}]}
    assert loaded.report.missing == loaded.report.unused == loaded.report.reshaped == ()
    assert not loaded.model.training
    assert torch.equal(loaded.model(clip).logits, tiny_model(clip).logits)


@pytest.mark.parametrize(
    "config",
    [
        ModelConfig("tiny", 3, motion=MotionConfig(sigma=math.inf), motion_after=("stem", "layer3")),
        ModelConfig("tiny", 3, num_frames=16, motion=MotionConfig(sigma=0.0, confidence=False, first_kernel=3)),
        ModelConfig("tiny", 3, motion=None, shift_div=None),
    ],
)
def test_any_config_comes_back(config: ModelConfig, tmp_path: Path):
    save_checkpoint(tmp_path / "any.safetensors", MSNet(config))
    assert load_weights(tmp_path / "any.safetensors").model.config == config


def test_the_description_is_strict_json(tmp_path: Path):
    """JSON has no Infinity and no NaN: parsers other than Python's can read the file."""
    model = MSNet(ModelConfig("tiny", 3, motion=MotionConfig(sigma=math.inf)))
    save_checkpoint(tmp_path / "inf.safetensors", model, provenance={"loss": math.nan})
    described = json.loads(description(tmp_path / "inf.safetensors"), parse_constant=pytest.fail)
    assert described["schema_version"] == 1
    assert described["config"]["motion"]["sigma"] == "inf"
    assert described["provenance"]["loss"] == "nan"


def test_equal_contents_give_equal_files(path: Path, tiny_model: MSNet):
    before = path.read_bytes()
    save_checkpoint(path, tiny_model, LABELS, PREPROCESSING, {"seed": 3, "records": [{"loss": 0.5}]})
    assert path.read_bytes() == before


def test_weights_are_stored_in_float32(tiny_model: MSNet, tmp_path: Path):
    save_checkpoint(tmp_path / "double.safetensors", tiny_model.double())
    kinds = {tensor.dtype for name, tensor in load_file(tmp_path / "double.safetensors").items() if "num_batches" not in name}
    assert kinds == {torch.float32}


def test_another_number_of_classes_leaves_the_classifier_out(path: Path):
    """As in fine-tuning; the labels are those of other classes then."""
    loaded = load_weights(path, num_classes=5)
    assert loaded.report.missing == ("fc.weight", "fc.bias")
    assert set(loaded.report.unused) == {"fc.weight", "fc.bias"}
    assert loaded.labels is None
    assert "fc.weight" in str(loaded.report)


def test_the_module_may_be_left_out_or_put_elsewhere(path: Path):
    tsm = load_weights(path, motion=None)
    assert tsm.report.missing == ()
    assert all(name.startswith("motion.layer1.") for name in tsm.report.unused)
    elsewhere = load_weights(path, motion_after=("layer3",))
    assert all(name.startswith("motion.layer3.") for name in elsewhere.report.missing)


def test_the_number_of_frames_is_the_files_unless_said(path: Path):
    assert load_weights(path).model.config.num_frames == 8
    assert load_weights(path, num_frames=16).model.config.num_frames == 16


def test_a_bare_state_dict_needs_its_config(tiny_model: MSNet):
    """Its names do not say sigma or temperature, and a guess would go unnoticed."""
    with pytest.raises(WeightsError, match="config="):
        load_weights(tiny_model.state_dict())
    assert load_weights(tiny_model.state_dict(), config=tiny_model.config).report.missing == ()


def test_a_config_that_does_not_fit_is_refused_with_names_and_shapes(path: Path, tiny: ModelConfig):
    wider = replace(tiny, motion=MotionConfig(channels=48))
    with pytest.raises(WeightsError, match=r"motion.layer1.reduce.0.weight is 32 x 32 x 1 x 1, not 48 x 32 x 1 x 1.*config="):
        load_weights(path, config=wider)


def test_a_newer_schema_is_refused(path: Path, tiny_model: MSNet, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(checkpoint, "SCHEMA_VERSION", 7)
    save_checkpoint(path, tiny_model)
    monkeypatch.undo()
    with pytest.raises(WeightsError, match=r"schema version 7.* up to 1; update"):
        load_weights(path)


@pytest.mark.parametrize("length", [0, 5, 9, 300, 20_000, -1])
def test_a_truncated_file_is_refused(path: Path, length: int):
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(WeightsError, match=r"tiny.safetensors is damaged"):
        load_weights(path)


@pytest.mark.parametrize("place", [3, 40, -5, -50_000])
def test_a_changed_byte_is_noticed(path: Path, place: int):
    """In the header's length, in the description, in the tensors."""
    contents = bytearray(path.read_bytes())
    contents[place] ^= 0x55
    path.write_bytes(contents)
    with pytest.raises(WeightsError, match=r"tiny.safetensors"):
        load_weights(path)


def test_a_config_that_cannot_be_built_is_refused(path: Path):
    described = json.loads(description(path))
    described["config"]["backbone"] = "resnet19"
    save_file(load_file(path), path, metadata={METADATA_KEY: json.dumps(described)})
    with pytest.raises(WeightsError, match="resnet19"):
        load_weights(path)


def test_saving_is_all_or_nothing(path: Path, tiny_model: MSNet, monkeypatch: pytest.MonkeyPatch):
    """A failure between writing and renaming leaves the old file whole, and nothing beside it."""

    def fail(*_):
        raise OSError("disk full")

    before = path.read_bytes()
    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        save_checkpoint(path, tiny_model)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_labels_must_be_as_many_as_classes(tiny_model: MSNet, tmp_path: Path):
    with pytest.raises(ValueError, match="18 classes, got 3"):
        save_checkpoint(tmp_path / "few.safetensors", tiny_model, ["a", "b", "c"])


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"size": 0}, "size must be .* got 0"),
        ({"mean": (0.5, 0.5, math.nan)}, "mean must be finite"),
        ({"std": (0.2, 0.0, 0.2)}, r"std must be .* got \(0.2, 0.0, 0.2\)"),
        ({"resize": 63, "size": 64}, "at least the 64 pixels of the crop each way, got 63"),
    ],
)
def test_preprocessing_complains_with_the_number(fields: dict, complaint: str):
    with pytest.raises(ValueError, match=complaint):
        Preprocessing(**fields)
