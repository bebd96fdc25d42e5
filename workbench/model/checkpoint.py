"""Our checkpoint format: one safetensors file with weights, config, labels, preprocessing, calibration and provenance."""

import hashlib
import json
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from workbench.model.motion import MotionConfig
from workbench.model.msnet import ModelConfig, MSNet
from workbench.parameters import Range, check_ranges
from workbench.paths import write_atomically
from workbench.video.sampling import SEGMENT_SAMPLING, Sampling

LARGEST_SIDE = 2048  # pixels of the frames that a network is made for
SCHEMA_VERSION = 1
METADATA_KEY = "workbench"  # one entry: safetensors writes several in random order, and equal checkpoints should be equal files


class WeightsError(ValueError):
    """A file or state dict cannot be used; the message says why and what to do."""


@dataclass(frozen=True)
class Preprocessing:
    """How a video becomes the clip that the weights were trained on; the defaults are the paper's for Something-Something.

    size: pixels of the square crop. resize: of whole frames before it, rows and columns whatever the aspect, or the short side
    alone; None is `size`. mean, std: of red, green and blue in [0, 1].

    Raises ValueError for what cannot be.
    """

    size: Annotated[int, Range(1, LARGEST_SIDE, unit="pixels")] = 224
    mean: Annotated[tuple[float, float, float], Range()] = (0.485, 0.456, 0.406)
    std: Annotated[tuple[float, float, float], Range(above=0)] = (0.229, 0.224, 0.225)
    sampling: Sampling = SEGMENT_SAMPLING
    resize: tuple[int, int] | int | None = None

    def __post_init__(self):
        if (len(self.mean), len(self.std)) != (3, 3):
            raise ValueError(f"mean and std must be 3 numbers each (red, green, blue), got {self.mean} and {self.std}")
        check_ranges(self)
        sides = (self.resize,) if isinstance(self.resize, int) else self.resize or (self.size,)
        if not all(isinstance(side, int) for side in sides) or min(sides) < self.size or len(sides) > 2:
            raise ValueError(f"resize must leave at least the {self.size} pixels of the crop each way, got {self.resize!r}")
        if max(sides) > 2 * LARGEST_SIDE:
            raise ValueError(f"resize must be at most {2 * LARGEST_SIDE} pixels each way, got {self.resize!r}")

    def as_facts(self) -> dict[str, Any]:
        """Flat, as checkpoints have it."""
        facts = {name: getattr(self, name) for name in ("size", "mean", "std")}
        facts |= {"sampling": self.sampling.kind, "seconds": self.sampling.seconds}
        return facts | {"resize": self.resize, "stride": self.sampling.stride}

    @classmethod
    def from_facts(cls, facts: Mapping[str, Any]) -> "Preprocessing":
        """What `as_facts` gave, by way of JSON; what is missing is as usual. Raises ValueError or TypeError for what cannot be."""
        own: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in facts.items()}
        sampling = Sampling(own.pop("sampling", "segment"), own.pop("stride", None), own.pop("seconds", None))
        return cls(**own, sampling=sampling)


@dataclass(frozen=True)
class Calibration:
    """What the numbers of a network are worth, measured on data that it was not trained on; the defaults are of both MSNets that ship.

    The probability that a match is right within a cell follows from its correlation, by logistic regression.
    rival_gap: weight of the logarithm of how far the peak stands above its rivals. way_back: weight of the logarithm of 1 + twice the
    cells by which the way back misses, counted against the match. offset: added to both.
    least_logit: of the most probable class, below which the clip shows none of the classes; None: not measured.

    Raises ValueError for weights below 0.
    """

    rival_gap: Annotated[float, Range(0)] = 0.377
    way_back: Annotated[float, Range(0)] = 2.421
    offset: Annotated[float, Range()] = 4.099
    least_logit: Annotated[float | None, Range()] = None

    def __post_init__(self):
        check_ranges(self)


@dataclass(frozen=True)
class Checkpoint:
    """What a checkpoint file holds: `tensors` by MSNet's names; labels in the order of the classes; provenance as JSON allows.

    calibration: None where it was not measured.
    """

    config: ModelConfig
    tensors: dict[str, Tensor]
    labels: tuple[str, ...] | None = None
    preprocessing: Preprocessing = field(default_factory=Preprocessing)
    provenance: dict[str, Any] = field(default_factory=dict)
    calibration: Calibration | None = None

    def __post_init__(self):
        if self.labels is not None and len(self.labels) != self.config.num_classes:
            raise ValueError(f"there must be a label for each of {self.config.num_classes} classes, got {len(self.labels)}")


def save_checkpoint(
    path: str | os.PathLike,
    model: MSNet,
    labels: Sequence[str] | None = None,
    preprocessing: Preprocessing | None = None,
    provenance: Mapping[str, Any] | None = None,
    calibration: Calibration | None = None,
) -> None:
    """Write the weights in float32 with config, labels, preprocessing, training provenance and calibration, for `load_weights`.

    The file appears whole or not at all, also when the process is killed. Equal contents give equal bytes.

    Raises ValueError where labels and classes differ in number, TypeError where the provenance is not JSON.
    """
    tensors = {name: as_stored(tensor) for name, tensor in model.state_dict().items()}
    names = None if labels is None else tuple(labels)
    checkpoint = Checkpoint(model.config, tensors, names, preprocessing or Preprocessing(), dict(provenance or {}), calibration)

    write_atomically(Path(path), save(tensors, metadata={METADATA_KEY: describe_checkpoint(checkpoint)}))


def write_calibration(path: Path, calibration: Calibration) -> None:
    """Put a calibration into a checkpoint of ours; all else stays. Raises WeightsError for another file."""
    checkpoint = read_checkpoint(path)
    if not isinstance(checkpoint, Checkpoint):
        raise WeightsError(f"{path} is no checkpoint of the workbench, so that it has no place for a calibration")
    description = describe_checkpoint(replace(checkpoint, calibration=calibration))
    write_atomically(path, save(checkpoint.tensors, metadata={METADATA_KEY: description}))


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

    return parse_description(path, metadata[METADATA_KEY], tensors) if METADATA_KEY in metadata else tensors


def describe_checkpoint(checkpoint: Checkpoint) -> str:
    """Everything but the tensors, as JSON that strict parsers read."""
    contents = {
        "schema_version": SCHEMA_VERSION,
        "config": asdict(checkpoint.config),
        "labels": checkpoint.labels,
        "preprocessing": checkpoint.preprocessing.as_facts(),
        "provenance": checkpoint.provenance,
        "sha256": digest_tensors(checkpoint.tensors),
    }
    if checkpoint.calibration:
        contents["calibration"] = asdict(checkpoint.calibration)
    return json.dumps(without_infinities(contents), allow_nan=False, ensure_ascii=False)


def parse_description(path: Path, description: str, tensors: dict[str, Tensor]) -> Checkpoint:
    try:
        contents = json.loads(description)
        version = int(contents["schema_version"])
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        raise WeightsError(f"{path} is damaged: its description cannot be read ({error!r}); get or write it again") from error
    if version > SCHEMA_VERSION:
        raise WeightsError(f"{path} has schema version {version}, this workbench reads up to {SCHEMA_VERSION}; update the workbench")

    if contents.get("sha256") != digest_tensors(tensors):
        raise WeightsError(f"{path} is damaged: its tensors are not those that were written; get or write it again")

    try:
        return rebuild_checkpoint(contents, tensors)
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise WeightsError(f"{path} describes no network that this workbench can build: {error}") from error


def rebuild_checkpoint(contents: dict[str, Any], tensors: dict[str, Tensor]) -> Checkpoint:
    config, motion = contents["config"], contents["config"]["motion"]
    if motion is not None:
        motion = MotionConfig(**{**motion, "sigma": float(motion["sigma"])})
    values = {name: tuple(value) if isinstance(value, list) else value for name, value in config.items()}
    config = ModelConfig(**{**values, "motion": motion})

    labels = None if contents["labels"] is None else tuple(contents["labels"])
    if not all(isinstance(label, str) for label in labels or ()) or not isinstance(contents["provenance"], dict):
        raise TypeError("labels must be text, and provenance names with values")
    calibration = Calibration(**contents["calibration"]) if "calibration" in contents else None
    return Checkpoint(config, tensors, labels, Preprocessing.from_facts(contents["preprocessing"]), contents["provenance"], calibration)


def without_infinities(value: Any) -> Any:
    """JSON knows no infinity and no NaN: they become the strings "inf", "-inf" and "nan", which float() reads."""
    if isinstance(value, Mapping):
        return {key: without_infinities(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [without_infinities(item) for item in value]
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def as_stored(tensor: Tensor) -> Tensor:
    return tensor.detach().to("cpu", torch.float32 if tensor.is_floating_point() else tensor.dtype).contiguous()


def digest_tensors(tensors: Mapping[str, Tensor]) -> str:
    """SHA-256 over names and bytes: safetensors itself does not notice a flipped bit."""
    sha = hashlib.sha256()
    for name in sorted(tensors):
        sha.update(name.encode())
        sha.update(tensors[name].contiguous().numpy().tobytes())
    return sha.hexdigest()
