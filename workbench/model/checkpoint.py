"""Our own checkpoint: one safetensors file that holds the weights and all that is needed to use them."""

import hashlib
import json
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from workbench.model.motion import MotionConfig
from workbench.model.msnet import ModelConfig, MSNet
from workbench.paths import write_atomically

SCHEMA_VERSION = 1
METADATA_KEY = "workbench"  # one entry: safetensors writes several in random order, and equal checkpoints should be equal files


class WeightsError(ValueError):
    """A file or state dict cannot be used; the message says why and what to do."""


@dataclass(frozen=True)
class Preprocessing:
    """How a video becomes the clip that the weights were trained on; the defaults are the paper's for Something-Something.

    size: pixels of the square crop. resize: of whole frames before it, rows and columns whatever the aspect, or the short side
    alone; None is `size`. mean, std: of red, green and blue in [0, 1]. sampling: "segment" takes one frame from each of
    num_frames equal parts of the video, "dense" spreads them over `seconds`, or takes every stride-th.
    """

    size: int = 224
    mean: tuple[float, float, float] = (0.485, 0.456, 0.406)
    std: tuple[float, float, float] = (0.229, 0.224, 0.225)
    sampling: str = "segment"
    seconds: float | None = None
    resize: tuple[int, int] | int | None = None
    stride: int | None = None

    def __post_init__(self):
        if not isinstance(self.size, int) or self.size < 1:
            raise ValueError(f"size must be a whole number of at least 1 pixel, got {self.size!r}")
        if len(self.mean) != 3 or not all(map(math.isfinite, self.mean)):
            raise ValueError(f"mean must be 3 finite numbers (red, green, blue), got {self.mean}")
        if len(self.std) != 3 or not all(0 < value < math.inf for value in self.std):
            raise ValueError(f"std must be 3 finite numbers above 0 (red, green, blue), got {self.std}")
        if self.sampling not in ("segment", "dense"):
            raise ValueError(f"sampling must be 'segment' or 'dense', got {self.sampling!r}")
        self.check_sampling()
        sides = (self.resize,) if isinstance(self.resize, int) else self.resize or (self.size,)
        if min(sides) < self.size or len(sides) > 2:
            raise ValueError(f"resize must leave at least the {self.size} pixels of the crop each way, got {self.resize!r}")

    def check_sampling(self) -> None:
        if self.sampling == "segment" and (self.seconds, self.stride) != (None, None):
            raise ValueError(f"segment sampling spans the whole video: no seconds and no stride, got {self.seconds!r} and {self.stride!r}")
        if self.sampling == "dense" and (self.seconds is None) == (self.stride is None):
            raise ValueError(f"dense sampling needs the seconds that a clip spans or its stride, got {self.seconds!r} and {self.stride!r}")
        if self.seconds is not None and not 0 < self.seconds < math.inf:
            raise ValueError(f"dense sampling needs seconds above 0, got {self.seconds!r}")
        if self.stride is not None and self.stride < 1:
            raise ValueError(f"dense sampling needs a stride of at least 1 frame, got {self.stride!r}")


@dataclass(frozen=True)
class Checkpoint:
    """What a checkpoint file holds: `tensors` by MSNet's names; labels in the order of the classes; provenance as JSON allows."""

    config: ModelConfig
    tensors: dict[str, Tensor]
    labels: tuple[str, ...] | None = None
    preprocessing: Preprocessing = field(default_factory=Preprocessing)
    provenance: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self):
        if self.labels is not None and len(self.labels) != self.config.num_classes:
            raise ValueError(f"there must be a label for each of {self.config.num_classes} classes, got {len(self.labels)}")


def save_checkpoint(
    path: str | os.PathLike,
    model: MSNet,
    labels: Sequence[str] | None = None,
    preprocessing: Preprocessing | None = None,
    provenance: Mapping[str, Any] | None = None,
) -> None:
    """Write the weights in float32 with config, labels, preprocessing and training provenance, to be read by `load_weights`.

    The file appears whole or not at all, also when the process is killed. Equal contents give equal bytes.

    Raises ValueError where labels and classes differ in number, TypeError where the provenance is not JSON.
    """
    tensors = {name: to_file(tensor) for name, tensor in model.state_dict().items()}
    labels = None if labels is None else tuple(labels)
    checkpoint = Checkpoint(model.config, tensors, labels, preprocessing or Preprocessing(), dict(provenance or {}))

    write_atomically(Path(path), save(tensors, metadata={METADATA_KEY: describe_checkpoint(checkpoint)}))


def read_checkpoint(path: Path) -> Checkpoint | dict[str, Tensor]:
    """A checkpoint of ours; the bare tensors of a safetensors file that is not.

    Raises WeightsError for a damaged file, and for a schema that is newer than this workbench.
    """
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118, a safetensors file is no dict
    except SafetensorError as error:
        raise WeightsError(f"{path} is damaged or incomplete ({error}); get or write it again") from error

    return understand(path, metadata[METADATA_KEY], tensors) if METADATA_KEY in metadata else tensors


def describe_checkpoint(checkpoint: Checkpoint) -> str:
    """Everything but the tensors, as JSON that strict parsers read."""
    contents = {
        "schema_version": SCHEMA_VERSION,
        "config": asdict(checkpoint.config),
        "labels": checkpoint.labels,
        "preprocessing": asdict(checkpoint.preprocessing),
        "provenance": checkpoint.provenance,
        "sha256": digest(checkpoint.tensors),
    }
    return json.dumps(without_infinities(contents), allow_nan=False, ensure_ascii=False)


def understand(path: Path, description: str, tensors: dict[str, Tensor]) -> Checkpoint:
    try:
        contents = json.loads(description)
        version = int(contents["schema_version"])
    except (ValueError, KeyError, TypeError) as error:
        raise WeightsError(f"{path} is damaged: its description cannot be read ({error!r}); get or write it again") from error
    if version > SCHEMA_VERSION:
        raise WeightsError(f"{path} has schema version {version}, this workbench reads up to {SCHEMA_VERSION}; update the workbench")

    if contents.get("sha256") != digest(tensors):
        raise WeightsError(f"{path} is damaged: its tensors are not those that were written; get or write it again")

    try:
        return rebuild(contents, tensors)
    except (ValueError, KeyError, TypeError) as error:
        raise WeightsError(f"{path} describes no network that this workbench can build: {error}") from error


def rebuild(contents: dict[str, Any], tensors: dict[str, Tensor]) -> Checkpoint:
    config, motion = contents["config"], contents["config"]["motion"]
    if motion is not None:
        motion = MotionConfig(**{**motion, "sigma": float(motion["sigma"])})
    config = ModelConfig(**{**config, "motion": motion, "motion_after": tuple(config["motion_after"])})

    pixels = contents["preprocessing"]
    pairs = {name: tuple(value) for name, value in pixels.items() if isinstance(value, list)}
    preprocessing = Preprocessing(**{**pixels, **pairs})
    labels = None if contents["labels"] is None else tuple(contents["labels"])

    return Checkpoint(config, tensors, labels, preprocessing, contents["provenance"])


def without_infinities(value: Any) -> Any:
    """JSON knows no infinity and no NaN: they become the strings "inf", "-inf" and "nan", which float() reads."""
    if isinstance(value, Mapping):
        return {key: without_infinities(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [without_infinities(item) for item in value]
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def to_file(tensor: Tensor) -> Tensor:
    tensor = tensor.detach().to("cpu", torch.float32 if tensor.is_floating_point() else tensor.dtype)
    return tensor.contiguous()


def digest(tensors: Mapping[str, Tensor]) -> str:
    """SHA-256 over names and bytes: safetensors itself does not notice a flipped bit."""
    sha = hashlib.sha256()
    for name in sorted(tensors):
        sha.update(name.encode())
        sha.update(tensors[name].contiguous().numpy().tobytes())
    return sha.hexdigest()
