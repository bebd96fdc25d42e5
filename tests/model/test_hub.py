"""Checkpoints pushed and pulled by name: to a folder, and to a hub that is played by a few lines; no test goes out."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import huggingface_hub
import pytest
import torch
from huggingface_hub import errors
from safetensors.torch import save_file

from workbench.model.checkpoint import Preprocessing, WeightsError, save_checkpoint
from workbench.model.fetch import HubName, hub_name
from workbench.model.hub import model_card, pull, push
from workbench.model.load import SHIPPED, find_checkpoint, load_weights
from workbench.model.msnet import ModelConfig, MSNet

NOT_FOUND = SimpleNamespace(headers={}, request=None)
SENT = {"model.safetensors", "README.md", "config.json"}
NUMBERS = {"validation_accuracy": 0.501, "low": 0.492, "high": 0.51, "top5": 0.8, "validation_clips": 11522}
PROVENANCE = {"command": "workbench train tiny --data DIR", "seed": 7, "schedule": {"epochs": 40}, "validation": NUMBERS}


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    config = ModelConfig("tiny", num_classes=2, motion_after=("layer1",))
    path = tmp_path / "mine.safetensors"
    save_checkpoint(path, MSNet(config), ("left | right", "<b>up</b>\n```"), Preprocessing(size=64), PROVENANCE)
    return path


@dataclass
class Hub:
    """What a hub knows, and what it was asked. connected: whether it answers at all."""

    folder: Path
    repositories: dict[str, bool] = field(default_factory=dict)  # name -> private
    cached: set[str] = field(default_factory=set)
    asked: list[tuple] = field(default_factory=list)
    connected: bool = True

    def answer(self, *question: Any) -> None:
        self.asked.append(question)
        if not self.connected:
            raise OSError("[Errno -2] Name or service not known\nwith more below")

    def create_repo(self, api: Any, name: str, private: bool, exist_ok: bool) -> str:
        self.answer("create", name, private, api.token)
        self.repositories.setdefault(name, private)
        return f"https://huggingface.co/{name}"

    def repo_info(self, api: Any, name: str, revision: str | None = None, timeout: float | None = None) -> SimpleNamespace:
        self.answer("info", name, revision)
        if name not in self.repositories or revision not in (None, "v1"):
            raise errors.RepositoryNotFoundError("404 Client Error", response=NOT_FOUND)
        return SimpleNamespace(private=self.repositories[name])

    def upload_folder(self, api: Any, repo_id: str, folder_path: str, commit_message: str) -> None:
        self.answer("upload", repo_id)
        target = self.folder / repo_id
        target.mkdir(parents=True)
        for path in Path(folder_path).iterdir():
            path.rename(target / path.name)

    def download(self, name: str, file: str, revision: str | None = None, local_files_only: bool = False) -> str:
        if local_files_only and name not in self.cached:
            raise errors.LocalEntryNotFoundError("not in the cache")
        if not local_files_only:
            self.answer("download", name, file, revision)
        if not (self.folder / name / file).exists():
            raise errors.RemoteEntryNotFoundError("404 Client Error", response=NOT_FOUND)
        self.cached.add(name)
        return str(self.folder / name / file)


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hub:
    hub = Hub(tmp_path / "hub")
    for name in ("create_repo", "repo_info", "upload_folder"):
        played = getattr(hub, name)
        monkeypatch.setattr(huggingface_hub.HfApi, name, lambda api, *args, played=played, **options: played(api, *args, **options))
    monkeypatch.setattr(huggingface_hub, "hf_hub_download", hub.download)
    return hub


def state(path: str | Path) -> dict[str, torch.Tensor]:
    return load_weights(path).model.state_dict()


# -------------------------------------------------------------------------------------------------------------------- names


def test_names_on_the_hub() -> None:
    """Owner and name, perhaps a revision; a path is none of these, whatever is in it."""
    assert hub_name("hf:me/msnet-r50") == HubName("me/msnet-r50")
    assert hub_name("hf:me/msnet.v2@refs/pr/1") == HubName("me/msnet.v2", "refs/pr/1")
    assert hub_name(Path("hf:me/msnet")) == HubName("me/msnet")
    assert str(hub_name("hf:me/msnet@v1")) == "hf:me/msnet@v1"
    assert hub_name("me/msnet") is hub_name("msnet-tiny") is hub_name(SHIPPED) is None


@pytest.mark.parametrize("name", ["hf:", "hf:me", "hf:a/b/c", "hf://me/x", "hf:me/x@", "hf:../x", "hf:me/a b", "hf:me/x@a/../b"])
def test_what_is_no_name_is_refused_with_the_form(name: str) -> None:
    with pytest.raises(ValueError, match="is no name on the hub; say hf:owner/name, or hf:owner/name@revision"):
        find_checkpoint(name)


# ---------------------------------------------------------------------------------------------------------------- a folder


def test_a_folder_is_pushed_to_and_pulled_from(checkpoint: Path, tmp_path: Path) -> None:
    """Three files appear, by which the checkpoint loads as it was; a second push renews them."""
    address = push(checkpoint, str(tmp_path / "shared"))
    assert {path.name for path in Path(address).iterdir()} == SENT
    assert pull(address).read_bytes() == checkpoint.read_bytes()
    assert load_weights(address).labels == load_weights(checkpoint).labels

    push("msnet-small", address)
    assert pull(address).read_bytes() == SHIPPED.read_bytes()
    assert (Path(address) / "README.md").read_text().count("camera left") == 1


def test_a_pulled_copy_is_a_run(checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In runs/NAME it goes by its name; pulling the same again is fine, other weights are never written over."""
    monkeypatch.chdir(tmp_path)
    address = push(checkpoint, str(tmp_path / "shared"))
    for _ in range(2):
        assert pull(address, Path("runs/theirs")).read_bytes() == checkpoint.read_bytes()
    assert find_checkpoint("theirs").samefile("runs/theirs/model.safetensors")
    with pytest.raises(FileExistsError, match="holds other weights"):
        pull("msnet-tiny", Path("runs/theirs"))
    assert find_checkpoint("theirs").read_bytes() == checkpoint.read_bytes()


@pytest.mark.parametrize("name", ["README.md", "model.safetensors"])
def test_a_folder_of_something_else_is_left_alone(checkpoint: Path, tmp_path: Path, name: str) -> None:
    """The README of a project and the weights of a run are not written over by a push."""
    (tmp_path / name).write_text("mine")
    with pytest.raises(FileExistsError, match=f"holds a {name} that no push has written"):
        push(checkpoint, str(tmp_path))
    assert (tmp_path / name).read_text() == "mine"


def test_a_name_without_hf_is_a_folder_and_the_sentence_says_so(checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever forgot the prefix sends nothing anywhere."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileNotFoundError, match="no folder 'me' to push into; for the hub say hf:me/msnet"):
        push(checkpoint, "me/msnet")


def test_a_damaged_copy_is_not_pulled(checkpoint: Path, tmp_path: Path) -> None:
    path = Path(push(checkpoint, str(tmp_path / "shared"))) / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    with pytest.raises(WeightsError, match="is damaged"):
        pull(path.parent, tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


def test_only_checkpoints_of_ours_are_pushed(tmp_path: Path) -> None:
    """A pickle and bare tensors are not sent."""
    torch.save(state("msnet-tiny"), tmp_path / "weights.pth")
    save_file({"x": torch.zeros(1)}, tmp_path / "bare.safetensors")
    for name, complaint in {"weights.pth": "is damaged", "bare.safetensors": "is no checkpoint of the workbench"}.items():
        with pytest.raises(WeightsError, match=complaint):
            push(tmp_path / name, str(tmp_path / "shared"))
    assert not (tmp_path / "shared").exists()


# ------------------------------------------------------------------------------------------------------------------ the hub


def test_three_files_are_sent_in_private(checkpoint: Path, hub: Hub) -> None:
    """The repository is made private by default, with the given token, and gets the weights, the card and the config: no more."""
    assert push(checkpoint, "hf:me/msnet", token="secret") == "https://huggingface.co/me/msnet"
    assert hub.asked[0] == ("create", "me/msnet", True, "secret")
    sent = {path.name: path.read_bytes() for path in (hub.folder / "me/msnet").iterdir()}
    assert set(sent) == SENT
    assert sent["model.safetensors"] == checkpoint.read_bytes()
    assert sent["README.md"].decode() == model_card(checkpoint, "hf:me/msnet")
    config = json.loads(sent["config.json"])
    assert (config["config"]["backbone"], config["labels"][0], config["provenance"]) == ("tiny", "left | right", PROVENANCE)
    assert not any(b"secret" in contents for contents in sent.values())


def test_public_must_be_said(checkpoint: Path, hub: Hub) -> None:
    """A private push into a repository that is open to all sends nothing; with private=False it does."""
    hub.repositories["me/open"] = False
    with pytest.raises(PermissionError, match="me/open is open to all already"):
        push(checkpoint, "hf:me/open")
    assert not hub.folder.exists()
    push(checkpoint, "hf:me/open", private=False)
    assert {path.name for path in (hub.folder / "me/open").iterdir()} == SENT


def test_a_push_makes_the_newest_revision(checkpoint: Path, hub: Hub) -> None:
    with pytest.raises(ValueError, match="say hf:me/msnet without @v1"):
        push(checkpoint, "hf:me/msnet@v1")
    assert hub.asked == []


def test_a_name_on_the_hub_serves_for_a_checkpoint(checkpoint: Path, hub: Hub) -> None:
    """Wherever a checkpoint may be named: also as a path, as the command line has it, and in a revision."""
    push(checkpoint, "hf:me/msnet")
    assert all(torch.equal(tensor, state(checkpoint)[name]) for name, tensor in state("hf:me/msnet").items())
    assert find_checkpoint(Path("hf:me/msnet")).read_bytes() == checkpoint.read_bytes()
    assert pull("hf:me/msnet@v1").read_bytes() == checkpoint.read_bytes()
    assert hub.asked[-2:] == [("info", "me/msnet", "v1"), ("download", "me/msnet", "model.safetensors", "v1")]


def test_only_safetensors_are_asked_for(checkpoint: Path, hub: Hub) -> None:
    """A repository of pickles is told apart from one that is not there, and no pickle is fetched."""
    push(checkpoint, "hf:me/msnet")
    (hub.folder / "me/msnet/model.safetensors").rename(hub.folder / "me/msnet/pytorch_model.bin")
    with pytest.raises(FileNotFoundError, match=r"hf:me/msnet has no model.safetensors; only safetensors"):
        pull("hf:me/msnet")
    assert {question[2] for question in hub.asked if question[0] == "download"} == {"model.safetensors"}


@pytest.mark.parametrize("name", ["hf:me/nothing", "hf:me/msnet@v9"])
def test_what_is_not_there(checkpoint: Path, hub: Hub, name: str) -> None:
    push(checkpoint, "hf:me/msnet")
    with pytest.raises(FileNotFoundError, match=f"the hub has no {name}, or does not show it to you; .*hf auth login"):
        pull(name)


def test_without_a_network_what_was_pulled_is_still_there(checkpoint: Path, hub: Hub) -> None:
    push(checkpoint, "hf:me/msnet")
    pull("hf:me/msnet")
    hub.connected = False
    assert pull("hf:me/msnet").read_bytes() == checkpoint.read_bytes()


def test_a_download_that_breaks_off_is_one_sentence(checkpoint: Path, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the library below raises then."""

    def break_off(*_: Any, **__: Any) -> None:
        raise RuntimeError("peer closed connection\nTraceback")

    push(checkpoint, "hf:me/msnet")
    monkeypatch.setattr(huggingface_hub, "hf_hub_download", break_off)
    with pytest.raises(ConnectionError, match=r"cannot be had from the hub \(peer closed connection\); connect, or"):
        pull("hf:me/msnet")


@pytest.mark.parametrize("act", [lambda path: pull("hf:me/msnet"), lambda path: push(path, "hf:me/msnet")])
def test_without_a_network_it_is_one_sentence(checkpoint: Path, hub: Hub, act: Callable[[Path], Any]) -> None:
    """With the reason and what to do instead, after a single question."""
    hub.connected = False
    with pytest.raises(ConnectionError, match=r"me/msnet.* \(\[Errno -2\] Name or service .*\); .*(give its path|push to a folder)$"):
        act(checkpoint)
    assert len(hub.asked) == 1


# ------------------------------------------------------------------------------------------------------------------ the card


def test_the_card_tells_all_that_the_file_says(checkpoint: Path) -> None:
    """Network, clips, training, numbers with their interval, labels, licence, and three lines that load it."""
    card = model_card(checkpoint, "hf:me/msnet")
    facts = ("# MSNet, tiny, 8 frames, 2 classes", "| `motion.radius` | `7` |", "| `size` | `64` |", "| `seed` | `7` |")
    facts += ("| `schedule.epochs` | `40` |", "| `command` | `workbench train tiny --data DIR` |", "check the data set's licence")
    facts += ("On 11,522 validation videos:", "| `top-1` | `50.1 %` | `49.2 % to 51.0 %` |", "| `top-5` | `80.0 %` | `not known` |")
    facts += ('wb.Explorer.load("hf:me/msnet")',)
    assert [fact for fact in facts if fact not in card] == []
    assert "validation.low" not in card  # told once
    size = sum(parameter.numel() for parameter in load_weights(checkpoint).model.parameters())
    assert f"It has {size:,} parameters" in card


def test_the_card_invents_nothing(tmp_path: Path) -> None:
    """Without labels, provenance and motion it says that these are not known or not there."""
    save_checkpoint(tmp_path / "bare.safetensors", MSNet(ModelConfig("tiny", num_classes=3, motion=None)))
    card = model_card(tmp_path / "bare.safetensors")
    assert "# TSM, tiny" in card
    assert "MotionSqueeze module" not in card
    assert "does not say how the weights were trained" in card
    assert "holds no measured numbers" in card
    assert "There are 3; the file does not name them" in card


@pytest.mark.parametrize(("value", "told"), [({"accuracy": 0.5}, "`validation.accuracy` | `0.5`"), ("by eye", "`validation` | `by eye`")])
def test_other_words_on_validation_are_told_as_they_are(tmp_path: Path, value: Any, told: str) -> None:
    """A file of another writer has a card, too; of fewer than six classes there is no top-5, and it is not made up."""
    model = MSNet(ModelConfig("tiny", num_classes=3))
    save_checkpoint(tmp_path / "x.safetensors", model, provenance={"validation": value})
    assert f"| {told} |" in model_card(tmp_path / "x.safetensors")
    save_checkpoint(tmp_path / "y.safetensors", model, provenance={"validation": NUMBERS | {"top5": float("nan")}})
    assert "| `top-5` | `not known` | `not known` |" in model_card(tmp_path / "y.safetensors")
    save_checkpoint(tmp_path / "z.safetensors", model, provenance={"validation": NUMBERS | {"validation_accuracy": float("nan")}})
    assert "holds no measured numbers" in model_card(tmp_path / "z.safetensors")


def test_no_name_breaks_out_of_the_card(tmp_path: Path) -> None:
    """A label or a value stays text, whatever stands in it: no heading, no cell, no end of its block."""
    nasty = "a\n```\n# heading | `b` <script>"
    save_checkpoint(tmp_path / "x.safetensors", MSNet(ModelConfig("tiny", num_classes=1)), (nasty,), provenance={"data": nasty})
    lines = model_card(tmp_path / "x.safetensors").splitlines()
    assert "   0  a ``` # heading | `b` <script>" in lines
    assert r"| `data` | `a ''' # heading \| 'b' <script>` |" in lines
    assert [line for line in lines if line.startswith("# ")] == ["# MSNet, tiny, 8 frames, 1 classes"]
    assert sum(line.startswith("```") for line in lines) == 4


def test_a_card_needs_a_checkpoint_of_ours(tmp_path: Path) -> None:
    save_file({"x": torch.zeros(1)}, tmp_path / "bare.safetensors")
    with pytest.raises(WeightsError, match="is no checkpoint of the workbench"):
        model_card(tmp_path / "bare.safetensors")
