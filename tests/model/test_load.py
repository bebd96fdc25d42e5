"""Files from strangers: nothing in them is ever run, and what cannot be used is refused with a sentence."""

import argparse
import pickle
from pathlib import Path

import pytest
import torch
from imagenet import imagenet_weights

from workbench.model.checkpoint import WeightsError
from workbench.model.load import load_weights
from workbench.model.msnet import MSNet


class Burglar:
    """Unpickled without care, it makes a file."""

    def __init__(self, path: Path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


@pytest.mark.parametrize("legacy", [False, True])
def test_a_pickle_that_would_act_is_refused_and_does_not_act(tmp_path: Path, legacy: bool):
    """The sentence names what it wanted, and no file is made."""
    mark = tmp_path / "broken_in"
    torch.save({"state_dict": {}, "extra": Burglar(mark)}, tmp_path / "bad.pth", _use_new_zipfile_serialization=not legacy)
    with pytest.raises(WeightsError, match=r"bad.pth is refused: it needs more than tensors \(\w+\.open\)"):
        load_weights(tmp_path / "bad.pth")
    assert not mark.exists()


def test_a_plain_pickle_is_refused_too(tmp_path: Path):
    (tmp_path / "plain.pkl").write_bytes(pickle.dumps(Burglar(tmp_path / "broken_in")))
    with pytest.raises(WeightsError, match=r"plain.pkl"):
        load_weights(tmp_path / "plain.pkl")
    assert not (tmp_path / "broken_in").exists()


def test_a_whole_model_is_refused(tiny_model: MSNet, tmp_path: Path):
    torch.save(tiny_model, tmp_path / "model.pt")
    with pytest.raises(WeightsError, match=r"more than tensors \(workbench.model.msnet.MSNet\).*state dict alone"):
        load_weights(tmp_path / "model.pt")


def test_nothing_stays_allowed(tmp_path: Path):
    """What a checkpoint may hold beside tensors is allowed while it is read, not for the whole program."""
    torch.save({"args": argparse.Namespace()}, tmp_path / "args.pth")
    with pytest.raises(WeightsError, match="no state dict"):
        load_weights(tmp_path / "args.pth")
    assert argparse.Namespace not in torch.serialization.get_safe_globals()


@pytest.mark.parametrize("contents", [b"", b"\x80", b"PK\x03\x04", b"<html>Not found</html>", bytes(range(256))])
def test_other_files_are_refused(tmp_path: Path, contents: bytes):
    (tmp_path / "weights.pth").write_bytes(contents)
    with pytest.raises(WeightsError, match=r"weights.pth is damaged, incomplete or holds no weights"):
        load_weights(tmp_path / "weights.pth")


@pytest.mark.parametrize("legacy", [False, True])
def test_half_a_file_is_refused(tmp_path: Path, legacy: bool):
    path = tmp_path / "half.pth"
    torch.save(imagenet_weights("resnet18"), path, _use_new_zipfile_serialization=not legacy)
    path.write_bytes(path.read_bytes()[:1_000_000])
    with pytest.raises(WeightsError, match=r"half.pth is damaged"):
        load_weights(path)


def test_no_file_is_an_error_of_the_system(tmp_path: Path):
    with pytest.raises(FileNotFoundError):
        load_weights(tmp_path / "nowhere.pth")
