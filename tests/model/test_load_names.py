"""Checkpoints by name."""

from pathlib import Path

import pytest

from workbench.model.load import SHIPPED, find_checkpoint, load_weights, named_checkpoints


def test_shipped_networks_have_names() -> None:
    """Each is found by its name and by its path, and loads by either."""
    assert {"msnet-small", "msnet-tiny", "tsm-tiny", "tsn-tiny"} <= set(named_checkpoints())
    assert find_checkpoint("msnet-small") == SHIPPED == find_checkpoint(SHIPPED)
    assert load_weights("tsm-tiny").model.config.motion is None


def test_a_run_is_found_by_the_name_of_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """runs/mine/model.safetensors is "mine", and a run does not hide a shipped network; a folder serves for the file in it."""
    monkeypatch.chdir(tmp_path)
    for name in ("mine", "tsm-tiny"):
        (tmp_path / "runs" / name).mkdir(parents=True)
        (tmp_path / "runs" / name / "model.safetensors").write_bytes(SHIPPED.read_bytes())
    assert find_checkpoint("mine").samefile(tmp_path / "runs/mine/model.safetensors")
    assert find_checkpoint(tmp_path / "runs/mine").samefile(tmp_path / "runs/mine/model.safetensors")
    assert named_checkpoints()["tsm-tiny"].parent == SHIPPED.parent


def test_a_misspelt_name_is_told_the_nearest() -> None:
    with pytest.raises(FileNotFoundError, match="did you mean 'msnet-tiny'"):
        find_checkpoint("mnset-tiny")
    with pytest.raises(FileNotFoundError, match=r"there are .*tsn-tiny"):
        load_weights("qqqq.pth")
