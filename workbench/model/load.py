"""`load_weights`: a checkpoint by name or path, of any known format -> MSNet in eval mode, and a report of what fitted."""

import argparse
import os
import re
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from einops import rearrange
from torch import Tensor

from workbench.model.checkpoint import Calibration, Checkpoint, Preprocessing, WeightsError, read_checkpoint
from workbench.model.convert import OURS, Origin, config_from_tensors, origin_of, plain_keys, shift_of
from workbench.model.fetch import fetch, hub_name
from workbench.model.msnet import ModelConfig, MSNet
from workbench.paths import ASSETS, PROJECT
from workbench.text import nearest


def plain_dict(*_: Any) -> dict:
    """In the place of a defaultdict, which PyTorch would not fill."""
    return {}


# What training scripts leave beside the tensors: their options, histories, and numbers that numpy computed. None of it can act.
numpy_scalar = np.float64(0).__reduce__()[0]
HARMLESS = [
    argparse.Namespace,
    (plain_dict, "collections.defaultdict"),
    *(dict, list, int, float, set),
    np.dtype,
    numpy_scalar,
    (numpy_scalar, "numpy.core.multiarray.scalar"),  # its name before numpy 2
    *(type(np.dtype(kind)) for kind in ("bool", "int32", "int64", "float16", "float32", "float64")),
]

# Names under which training scripts keep the state dict; where several are there, the first.
AROUND = ("state_dict", "model_state_dict", "model_state", "model", "state_dict_ema", "model_ema", "ema", "net", "network")
UNPACKED_MORE = 64 * 10**6  # bytes by which an archive may be larger inside: its description may be packed


@dataclass(frozen=True)
class Report:
    """What fitted. missing: our names of parameters left as initialised; unused, reshaped: names in the file.

    labels: names of classes that are dropped with a classifier of another size.
    """

    origin: str
    num_loaded: int
    missing: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()
    reshaped: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()

    def __str__(self) -> str:
        remarks = {"missing (left as initialised)": self.missing, "unused": self.unused, "reshaped": self.reshaped}
        remarks = [f"{word}: {shorten(keys)}" for word, keys in {**remarks, "labels dropped": self.labels}.items() if keys]
        return f"{self.origin}: {self.num_loaded} tensors loaded; " + ("; ".join(remarks) or "nothing missing, nothing left over") + "."


@dataclass(frozen=True)
class Loaded:
    """A model in eval mode, and what is known about it; only checkpoints of ours know labels and provenance."""

    model: MSNet
    report: Report
    labels: tuple[str, ...] | None = None
    preprocessing: Preprocessing = field(default_factory=Preprocessing)
    provenance: dict[str, Any] = field(default_factory=dict)
    calibration: Calibration | None = None


def load_weights(source: str | os.PathLike | Mapping[str, Any], config: ModelConfig | None = None, **changes: Any) -> Loaded:
    """Load a checkpoint of the workbench, of MSNet's authors, the TSM code or mmaction2, or ImageNet weights (ResNets, EfficientNet-Lite0).

    source: a file, the name of a checkpoint (`find_checkpoint`), or a state dict. The network is what the file says, or what
    its names say: depth, classes, with or without the motion module. Of ImageNet's weights it becomes MSNet with the
    paper's module, which is reported missing.
    config: the network to fill instead. changes: fields of ModelConfig to change, as `num_frames=16`, `num_classes=51` or
    `motion=None`. A classifier of another size (with its labels) and a module that only one side has are left out, and the report says so.

    Raises WeightsError where the rest does not fit, and for a file that is damaged, from a newer workbench, or that needs
    more than tensors; OSError where it cannot be opened.
    """
    contents = source if isinstance(source, Mapping) else read_file(find_checkpoint(source))
    checkpoint, origin = as_checkpoint(contents, config, changes)

    check_numbers(checkpoint.tensors, origin)
    model = MSNet(replace(config or checkpoint.config, **changes))
    report = fill_model(model, checkpoint.tensors, origin)
    labels = checkpoint.labels
    if model.config.num_classes != checkpoint.config.num_classes:
        labels, report = None, replace(report, labels=labels or ())

    return Loaded(model.eval(), report, labels, checkpoint.preprocessing, checkpoint.provenance, checkpoint.calibration)


def as_checkpoint(contents: Any, config: ModelConfig | None, changes: dict[str, Any]) -> tuple[Checkpoint, Origin]:
    """The tensors under our names with the config that goes with them, and who wrote them."""
    if isinstance(contents, Checkpoint):
        return contents, OURS
    state_dict = state_dict_in(contents)
    tensors = plain_keys(state_dict)
    origin = origin_of(tensors)
    tensors = {origin.our_name(key): tensor for key, tensor in tensors.items()}
    try:
        made_for = config or config_from_tensors(tensors, origin, changes.get("num_classes"), shift_of(state_dict, origin))
    except ValueError as error:
        raise (
            error if isinstance(error, WeightsError) else WeightsError(f"this {origin.name} is of no network that can be: {error}")
        ) from error
    return Checkpoint(made_for, tensors, preprocessing=origin.preprocessing), origin


def read_file(path: Path) -> Any:
    """The contents of a safetensors file or of a pickle of tensors, told apart by their first bytes."""
    with open(path, "rb") as file:
        start = file.read(9)
    if start[8:] == b"{":
        return read_checkpoint(path)
    return read_pickle(path)


def read_pickle(path: Path) -> Any:
    check_archive(path)
    try:
        with torch.serialization.safe_globals(HARMLESS):
            return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # damaged bytes end in almost any exception
        if needed := re.search(r"Unsupported (?:global|class).*?([\w.]+\.\w+)", str(error)):
            raise WeightsError(
                f"{path} is refused: it needs more than tensors ({needed[1]}), and nothing in a file is ever run; "
                "ask for its state dict alone"
            ) from error
        raise WeightsError(f"{path} is damaged, incomplete or holds no weights; get it again") from error


def check_archive(path: Path) -> None:
    """Raises WeightsError for an archive of tensors that would need far more memory than the file has bytes, since PyTorch packs none, or
    in which a part has not the checksum that it was written with, which PyTorch does not ask for."""
    if not zipfile.is_zipfile(path):
        return
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
            too_large = unpacked > path.stat().st_size + UNPACKED_MORE
            damaged = None if too_large else archive.testzip()
    except (OSError, ValueError, zipfile.BadZipFile, NotImplementedError, zlib.error):
        return  # PyTorch says what is wrong with it
    if too_large:
        raise WeightsError(
            f"{path} is refused: it would unpack from {path.stat().st_size / 1e6:.1f} to {unpacked / 1e6:.0f} MB; save it with torch.save"
        )
    if damaged:
        raise WeightsError(f"{path} is damaged: {damaged} in it is not what was written; get it again")


def state_dict_in(contents: Any) -> dict[str, Tensor]:
    """The tensors of a state dict, or of a training script's dictionary around it."""
    for name in AROUND:
        if isinstance(contents, Mapping) and holds_tensors(contents.get(name)):
            contents = contents[name]
            break
    if not holds_tensors(contents) or not all(isinstance(value, Tensor) for value in contents.values()):
        raise WeightsError(f"there is no state dict in it: wanted are tensors by name, or these under one of the names {', '.join(AROUND)}")
    if odd := [key for key in contents if not isinstance(key, str)]:
        raise WeightsError(
            f"names of tensors must be text, and {len(odd)} of these are not, the first {odd[0]!r}; save the state dict of the network"
        )
    return dict(contents)


def holds_tensors(contents: Any) -> bool:
    return isinstance(contents, Mapping) and (not contents or any(isinstance(value, Tensor) for value in contents.values()))


def check_numbers(tensors: Mapping[str, Tensor], origin: Origin) -> None:
    """Raises WeightsError with the name of a tensor whose numbers no network can have: none, NaN, infinite ones, a negative variance."""
    for name, tensor in tensors.items():
        if complaint := why_no_weights(name, tensor):
            raise WeightsError(f"{origin.their_name(name)} {complaint}; the file is damaged, or its training diverged: take an earlier one")


def why_no_weights(name: str, tensor: Tensor) -> str:
    if tensor.layout is not torch.strided or tensor.is_complex() or tensor.is_quantized or tensor.is_meta:
        return f"is no plain tensor of numbers ({tensor.dtype})"
    if tensor.numel() == 0:
        return f"is empty ({size_text(tensor)})"
    numbers = tensor[tuple(slice(None) if step else 0 for step in tensor.stride())]  # one of each that is repeated without being stored
    if numbers.is_floating_point() and not numbers.isfinite().all():
        return "holds NaN" if numbers.isnan().any() else "holds infinite numbers"
    return "holds a negative variance" if name.endswith("running_var") and (numbers < 0).any() else ""


def fill_model(model: MSNet, tensors: dict[str, Tensor], origin: Origin) -> Report:
    """Copy the tensors (under our names) into the model. Raises WeightsError with the names where they do not fit."""
    wanted = model.state_dict()
    reshaped = {name: rearrange(tensor, "k c 1 -> k c") for name, tensor in tensors.items() if name == "fc.weight" and tensor.ndim == 3}
    fitting = without_other_parts({**tensors, **reshaped}, wanted, origin)

    missing = [name for name in wanted if name not in fitting and not is_counter(name)]
    parts = {part_of(name) for name in fitting}
    unknown = [name for name in fitting if name not in wanted]
    misshapen = [name for name in fitting if name in wanted and fitting[name].shape != wanted[name].shape]
    complaints = {
        "missing": [origin.their_name(name) for name in missing if part_of(name) in parts],
        "unknown": [origin.their_name(name) for name in unknown],
        "of another shape": [
            f"{origin.their_name(name)} is {size_text(fitting[name])}, not {size_text(wanted[name])}" for name in misshapen
        ],
    }
    if any(complaints.values()):
        raise WeightsError(describe_misfit(origin, model.config, complaints))

    model.load_state_dict(fitting, strict=False)
    left_out = [origin.their_name(name) for name in tensors if name not in fitting]
    return Report(origin.name, len(fitting), tuple(missing), tuple(left_out), tuple(map(origin.their_name, reshaped)))


def without_other_parts(tensors: dict[str, Tensor], wanted: dict[str, Tensor], origin: Origin) -> dict[str, Tensor]:
    """Leave out what their network never uses, a classifier of another size, and motion modules that ours does not have."""
    fits = {part_of(name) for name in wanted} | {"backbone"}
    if "fc.weight" in tensors and len(tensors["fc.weight"]) != len(wanted["fc.weight"]):
        fits.remove("fc")

    idle = tuple(map(origin.our_name, origin.idle))
    return {name: tensor for name, tensor in tensors.items() if not name.startswith(idle) and part_of(name) in {*fits, None}}


def part_of(name: str) -> str | None:
    """The part that may be on one side only, wholly: "fc", "motion.layer2"; None for what belongs to no part of MSNet."""
    match = re.match(r"(backbone|fc|motion\.\w+)\.", name)
    return match[1] if match else None


def is_counter(name: str) -> bool:
    """BatchNorm counts batches, uses the number only where it has no momentum, and did not count at all before PyTorch 0.4.1."""
    return name.endswith("num_batches_tracked")


def describe_misfit(origin: Origin, config: ModelConfig, complaints: dict[str, list[str]]) -> str:
    modules = " and ".join(config.motion_after) if config.motion else "nowhere"
    misfits = "; ".join(f"{len(names)} {word}: {shorten(names)}" for word, names in complaints.items() if names)
    return (
        f"this {origin.name} does not fit {config.backbone} with {config.num_classes} classes and motion after {modules}: {misfits}. "
        "Check that the file is whole; if it is of another network, say which with config= or the fields that differ"
    )


def shorten(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def size_text(tensor: Tensor) -> str:
    return " x ".join(map(str, tensor.shape)) or "a number"


SHIPPED = ASSETS / "msnet-small.safetensors"
TRAINED = "model.safetensors"  # in the folder of its run


def find_checkpoint(name: str | os.PathLike) -> Path:
    """The file of a checkpoint: a path, the name of a shipped one ("tsm-tiny"), of a run ("10_train" for runs/10_train), or of
    one on the Hugging Face hub ("hf:owner/name" or "hf:owner/name@revision").

    Raises FileNotFoundError with the nearest name, and what `fetch` raises for the hub.
    """
    if place := hub_name(name):
        return Path(fetch(place, TRAINED))
    path = Path(name)
    if path.is_file():
        return path
    if (path / TRAINED).is_file():
        return path / TRAINED
    known = named_checkpoints()
    if str(name) in known:
        return known[str(name)]
    raise FileNotFoundError(f"there is no checkpoint file or name {str(name)!r}{nearest(str(name), tuple(known))}")


def named_checkpoints() -> dict[str, Path]:
    """Every checkpoint that has a name: the shipped ones first, then the runs in `runs/` of the project and of the folder we are in."""
    shipped = {path.stem: path for path in [SHIPPED, *sorted(ASSETS.glob("*.safetensors"))]}
    folders = dict.fromkeys((PROJECT / "runs", Path.cwd() / "runs"))
    runs = {path.parent.name: path for folder in folders for path in sorted(folder.glob(f"*/{TRAINED}"))}
    return shipped | {name: path for name, path in runs.items() if name not in shipped}
