"""The laws of the networks on the page: they are chosen by name and nothing else, few stay in memory, and visitors have limits."""

import os
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import workbench as wb
from workbench.explore.export import as_facts
from workbench.model import load as shelf
from workbench.page import networks as module
from workbench.page.networks import IN_MEMORY, NetworkLibrary, name_of
from workbench.video.uploads import VideoLimits

ASSETS = shelf.ASSETS
SHIPPED_NAMES = ["msnet-small", "msnet-tiny", "tsm-tiny", "tsn-tiny"]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody has trained anything, in a project that has no runs."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(shelf, "PROJECT", tmp_path)


def put(path: Path, name: str = "msnet-tiny", since: int = 0) -> Path:
    """A shipped checkpoint at another place, written so many seconds after the first."""
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(ASSETS / f"{name}.safetensors", path)
    os.utime(path, (10**9 + since, 10**9 + since))
    return path


def kind(explorer: wb.Explorer) -> str:
    config = explorer.model.config
    return "msnet" if config.motion else "tsm" if config.shift_div else "tsn"


def test_shipped_networks_have_names(networks):
    """The first is the MSNet, also for a visitor who has chosen nothing; each answers under its name and loads once."""
    assert list(networks.checkpoints())[:4] == SHIPPED_NAMES and networks.first == "msnet-small"
    assert [kind(networks.explorer(name)) for name in SHIPPED_NAMES] == ["msnet", "msnet", "tsm", "tsn"]
    assert networks.explorer("tsm-tiny").name == "tsm-tiny"
    assert networks.explorer() is networks.explorer("") is networks.explorer("msnet-small")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("mnset-tiny", "did you mean 'msnet-tiny'?"),
        ("../msnet-tiny", "did you mean 'msnet-tiny'?"),
        ("../msnet-tiny.safetensors", "msnet-tiny"),
        (str(shelf.SHIPPED), "there are msnet-small, msnet-tiny, tsm-tiny, tsn-tiny"),
        ("/etc/passwd", "there are msnet-small"),
        ("here.safetensors", "there are msnet-small"),
        (".", "there are msnet-small"),
    ],
)
def test_a_path_is_no_name(networks, tmp_path, name, words):
    """Also where there is a checkpoint at it: what is not listed is refused in a sentence with the nearest name."""
    put(tmp_path / "here.safetensors")
    with pytest.raises(ValueError, match=re.escape(repr(name))) as error:
        networks.explorer(name)
    assert words in str(error.value) and "\n" not in str(error.value)


def test_files_and_runs_of_a_folder_are_called_as_they_are_there(tmp_path):
    """A file by its name without endings, two for `.pth.tar`; a run by its folder; and no other file is a checkpoint."""
    for place in ("ours.safetensors", "paper.pth.tar", "v1.2.pt", "kernel_5/model.safetensors", "notes.txt", "deep/er/model.safetensors"):
        put(tmp_path / "shelf" / place)
    paths = NetworkLibrary(folder=tmp_path / "shelf").checkpoints()
    assert list(paths)[:4] == ["ours", "paper", "v1.2", "kernel_5"] and set(SHIPPED_NAMES) == set(paths) - set(list(paths)[:4])
    assert paths["paper"].name == "paper.pth.tar" and paths["kernel_5"].name == "model.safetensors"


def test_every_file_of_a_folder_can_be_chosen(tmp_path):
    """Files that would have one name keep their endings, and a run its place."""
    files = {put(tmp_path / "shelf" / place) for place in ("best.pt", "best.safetensors", "best/model.safetensors", "other.pth")}
    paths = NetworkLibrary(folder=tmp_path / "shelf").checkpoints()
    assert {path for path in paths.values() if path.parent.parent != ASSETS.parent} == files
    assert list(paths)[:4] == ["best.pt", "best.safetensors", "other", "best/model.safetensors"]


def test_the_checkpoint_named_at_start_comes_first(tmp_path):
    """A file or a name; it keeps its name against a shipped one and one of the folder, which keeps its own against a shipped."""
    mine = put(tmp_path / "mine" / "tsn-tiny.safetensors", "msnet-tiny")
    put(tmp_path / "shelf" / "tsn-tiny.safetensors", "tsm-tiny")
    put(tmp_path / "shelf" / "msnet-tiny.safetensors", "tsn-tiny")
    networks = NetworkLibrary(mine, tmp_path / "shelf")
    assert networks.first == next(iter(networks.checkpoints())) == "tsn-tiny" and kind(networks.explorer()) == "msnet"
    assert kind(networks.explorer("msnet-tiny")) == "tsn"
    assert NetworkLibrary("tsm-tiny").first == "tsm-tiny" and kind(NetworkLibrary("tsm-tiny").explorer()) == "tsm"


def test_a_run_is_called_by_its_folder_wherever_one_stands(tmp_path, monkeypatch):
    put(tmp_path / "10_train" / "model.safetensors")
    monkeypatch.chdir(tmp_path / "10_train")
    assert NetworkLibrary("model.safetensors").first == "10_train"


def test_what_is_not_there_is_said_at_start(tmp_path):
    with pytest.raises(FileNotFoundError, match="'nowhere'"):
        NetworkLibrary(folder="nowhere")
    with pytest.raises(FileNotFoundError, match="did you mean 'tsm-tiny'"):
        NetworkLibrary("tsm-tny")


def test_what_a_notebook_has_trained_since_is_there(tmp_path):
    """In `runs/` and in the folder named at start."""
    (tmp_path / "shelf").mkdir()
    networks = NetworkLibrary(folder=tmp_path / "shelf")
    assert set(networks.checkpoints()) == set(SHIPPED_NAMES)
    put(tmp_path / "runs" / "10_train" / "model.safetensors", "tsm-tiny")
    put(tmp_path / "shelf" / "later" / "model.safetensors")
    assert set(networks.checkpoints()) == {*SHIPPED_NAMES, "10_train", "later"}
    assert kind(networks.explorer("10_train")) == "tsm" and networks.explorer("10_train").name == "10_train"


def test_few_networks_stay_in_memory(tmp_path, monkeypatch):
    """Those used last: they are not read again, and an earlier one is."""
    names = [f"n{number}" for number in range(IN_MEMORY + 2)]
    for name in names:
        put(tmp_path / f"{name}.safetensors")
    networks, read, load = NetworkLibrary(folder=tmp_path), [], module.load_weights
    monkeypatch.setattr(module, "load_weights", lambda path: read.append(path.stem) or load(path))

    first = networks.explorer(names[0])
    for name in names[1:IN_MEMORY]:
        networks.explorer(name)
    assert networks.explorer(names[0]) is first, "used again, it is no longer the one to go"
    for name in names[IN_MEMORY:]:
        networks.explorer(name)
    assert read == names and len(networks._explorers) == IN_MEMORY

    for name in (names[0], *names[3:]):
        networks.explorer(name)
    assert read == names and networks.explorer(names[0]) is first
    networks.explorer(names[1])
    assert read == [*names, names[1]]


def test_a_file_that_was_written_anew_is_read_anew(tmp_path):
    """Training that goes on under the same name; what has not changed is not read again."""
    path = put(tmp_path / "mine.safetensors", "msnet-tiny")
    networks = NetworkLibrary(path)
    before = networks.explorer()
    assert networks.explorer() is before and kind(before) == "msnet"
    put(path, "tsm-tiny", since=1)
    assert kind(networks.explorer()) == "tsm"


@pytest.mark.parametrize("harm", [lambda path: path.write_bytes(b"no weights"), lambda path: path.unlink()])
def test_a_damaged_file_is_a_sentence_that_does_not_tell_where_it_lies(tmp_path, harm):
    """Visitors read it: the checkpoint's name, and no folder of the machine."""
    path = put(tmp_path / "mine.safetensors")
    networks = NetworkLibrary(path)
    harm(path)
    with pytest.raises(ValueError, match="mine") as error:
        networks.explorer()
    assert str(tmp_path) not in str(error.value) and "Traceback" not in str(error.value)


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        (VideoLimits(minutes=0.1), r"nasa\.mp4 is too long: 0\.2 min, at most 0\.1 min are taken here"),
        (VideoLimits(largest=(200, 200)), r"nasa\.mp4 is too large: 320 × 180 pixels, at most 200 × 200"),
    ],
)
def test_a_video_beyond_the_limits_is_a_sentence(nasa, monkeypatch, limits, words):
    """Before the network looks at it."""
    monkeypatch.setattr(wb.MSNet, "forward", None)
    with pytest.raises(wb.VideoError, match=words):
        NetworkLibrary(limits=limits).look(nasa)


def test_files_beyond_the_limits_are_a_sentence(tmp_path):
    """Whatever is in them: they are not opened."""
    large = tmp_path / "large.mp4"
    large.write_bytes(bytes(1_600_000))
    with pytest.raises(wb.VideoError, match=r"large\.mp4 is too large: 2 MB, at most 1 MB are taken here"):
        NetworkLibrary(limits=VideoLimits(megabytes=1)).look(str(large))


@pytest.mark.parametrize(("video", "words"), [("https://example.org/clip.mp4", "no longer here"), ("notes.txt", "is not taken here")])
def test_what_is_no_video_here_is_a_sentence(tmp_path, video, words):
    (tmp_path / "notes.txt").write_text("no video")
    with pytest.raises(wb.VideoError, match=words):
        NetworkLibrary().look(video)


def test_several_pictures_are_a_clip_in_their_natural_order(tmp_path):
    """Also where they were given in another; the clip is that of the network, from all of them."""
    files = [tmp_path / f"frame {number}.png" for number in range(1, 13)]
    for number, file in enumerate(files):
        Image.fromarray(np.full((70, 90, 3), 20 * number, np.uint8)).save(file)
    exploration = NetworkLibrary().look([str(file) for file in reversed(files)], seconds=1.0, start=0.0)
    assert exploration.info.num_frames == 12 and exploration.frames.shape[1:3] == (70, 90)
    np.testing.assert_allclose(exploration.frames[:, 0, 0, 0], [20 * index for index in exploration.indices])


def test_a_look_is_that_of_the_network(networks, exploration, nasa):
    """With every wish: what the library gives is what `Explorer.look` gives."""
    wishes = {"start": 2.0, "frames": 4, "stride": 3, "mirrored": True, "resolution": 64, "layer": "layer2"}
    mine, theirs = networks.look(nasa, "tsm-tiny", **wishes), wb.Explorer.load(ASSETS / "tsm-tiny.safetensors").look(nasa, **wishes)
    assert as_facts(mine) == as_facts(theirs) and np.array_equal(mine.displacement, theirs.displacement)
    whole_seconds = networks.look(nasa, "tsm-tiny", **wishes | {"start": 2})
    assert as_facts(mine) == as_facts(whole_seconds), "as a browser writes 2.0"
    assert (
        as_facts(mine)["config"] == wishes | {"seconds": None, "clips": 1, "crops": 1, "estimate": "network"}
        and mine.network == "tsm-tiny" != exploration.network
    )


def test_a_checkpoint_of_the_hub_is_called_by_its_repository():
    """The cache of the hub keeps it in a folder named after a commit, which tells nobody anything."""
    cached = Path("hub/models--owner--my--net/snapshots/0a1b2c/model.safetensors")
    assert name_of(cached) == "owner/my--net" and name_of(Path("runs/mine/model.safetensors")) == "mine"


def test_a_private_network_stands_in_no_list_and_opens_by_its_name(tmp_path: Path) -> None:
    """Only by that: neither by what it begins with, nor does a misspelt name lead to it."""
    library = NetworkLibrary()
    name = library.add_private("mine", put(tmp_path / "visit" / "mine.safetensors"))
    assert name.startswith("mine ") and len(name) >= len("mine ") + 12
    assert library.explorer(name).name == name
    assert name not in library.checkpoints()
    for other in ("mine", name[:-1], name.upper()):
        with pytest.raises(ValueError, match="there is no checkpoint") as error:
            library.explorer(other)
        assert name not in str(error.value)


def test_private_networks_have_names_of_their_own(tmp_path: Path) -> None:
    """Also of one file, and those of one folder go together, from memory, too; others stay."""
    library = NetworkLibrary()
    mine = [library.add_private("mine", put(tmp_path / "visit" / "mine.safetensors")) for _ in range(2)]
    theirs = library.add_private("mine", put(tmp_path / "visit 2" / "mine.safetensors"))
    assert len({*mine, theirs}) == 3
    for name in (*mine, theirs):
        library.explorer(name)
    library.remove_private(tmp_path / "visit")
    for name in mine:
        with pytest.raises(ValueError, match="there is no checkpoint"):
            library.explorer(name)
    assert library.explorer(theirs).name == theirs
    assert [key for key in library._explorers if str(tmp_path / "visit" / "mine") in key] == []


def test_a_private_network_whose_file_is_gone_says_so(tmp_path: Path) -> None:
    library = NetworkLibrary()
    name = library.add_private("mine", path := put(tmp_path / "mine.safetensors"))
    path.unlink()
    with pytest.raises(ValueError, match="teach it again") as error:
        library.explorer(name)
    assert str(tmp_path) not in str(error.value)
