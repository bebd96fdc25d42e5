"""The tab Teach without a browser: what it shows, where its files lie, and when they go."""

import asyncio
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
import pytest
from bs4 import BeautifulSoup
from own_takes import WAYS, take_set, write_take

from workbench.data.datasets import open_dataset
from workbench.model.load import load_weights
from workbench.page import download
from workbench.page import teach as module
from workbench.page.build import build_page
from workbench.page.controls import Updates, Values
from workbench.page.download import Stopped
from workbench.page.networks import NetworkLibrary
from workbench.page.tab import ADDING, QUEUES, SessionControls
from workbench.page.teach import HEAD, MOST_KEPT_NETWORKS, TeachTab, cards_section, new_place, train_on_takes, zip_takes
from workbench.training.takes import TakeSet


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """What the page claimed for its files."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("page")
        patch.setenv("GRADIO_TEMP_DIR", str(folder))
        yield folder


@pytest.fixture(scope="module")
def tab(folder: Path) -> TeachTab:
    networks = NetworkLibrary()

    def build() -> TeachTab:
        with gr.Blocks():
            return TeachTab(networks, SessionControls(networks.motion()))

    return in_a_loop(build)


def in_a_loop(build: Callable[[], Any]) -> Any:
    """What Gradio builds. It leaves event loops behind where none runs."""

    async def call() -> Any:
        return build()

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, call()).result()


def first_values(tab: TeachTab) -> dict:
    return {tab.takes: None, tab.features: {}, tab.head: None, tab.tuned: None, tab.motion: None, tab.motion_name: "", tab.clips: None}


def act(values: Values, handler: Callable[[Values], Updates], given: Values | None = None) -> dict:
    """The values after an event, of which some were given before."""
    return {**values, **handler({**values, **(given or {})})}


@pytest.fixture(scope="module")
def taught(tab: TeachTab, tmp_path_factory: pytest.TempPathFactory) -> dict:
    """The values of the tab after two motions, three takes of each, and Teach."""
    values, tmp_path = first_values(tab), tmp_path_factory.mktemp("visit")
    for place, (motion, turn) in enumerate(WAYS.items()):
        clips = [str(write_take(tmp_path / "given" / f"{place}{number}.mp4", 10 * place + number, turn)) for number in range(3)]
        values = act(values, tab.add_motion, given={tab.motion_name: motion})
        values = act(values, tab.add_takes, given={tab.motion: motion, tab.clips: clips})
    return act(values, tab.teach_head)


def test_the_tab_is_there_only_where_visitors_may_teach() -> None:
    """Without it no function is in its queues, and with it the queues that the page names are all that there are."""
    for teaching in (True, False):
        page = in_a_loop(partial(build_page, NetworkLibrary(), teaching))
        queues = {function.concurrency_id for function in page.fns.values()}
        assert ("teaching" in queues, "takes" in queues) == (teaching, teaching)
        assert set(QUEUES) <= queues or not teaching
        assert any(getattr(block, "elem_id", None) == "teach" for block in page.blocks.values()) == teaching


def test_what_cannot_be_done_is_said_in_its_place(tab: TeachTab) -> None:
    """A bad name, clips before there is a motion, a clip that is none, and too few takes."""
    values = first_values(tab)
    assert "name" in tab.add_motion(values)[tab.message]
    assert "Name a motion first" in tab.add_takes(values)[tab.message]
    assert "at least two motions" in tab.teach_head(values)[tab.message]


def test_of_several_clips_the_takes_are_kept_and_the_first_other_is_named(tab: TeachTab, tmp_path: Path) -> None:
    (tmp_path / "none.mp4").write_bytes(b"no video")
    (tmp_path / "nor.mp4").write_bytes(b"no video either")
    clips = [str(tmp_path / "none.mp4"), str(write_take(tmp_path / "a.mp4", 0, 0.0)), str(tmp_path / "nor.mp4")]
    values = act(first_values(tab), tab.add_motion, given={tab.motion_name: "waving"})
    values = act(values, tab.add_takes, given={tab.motion: "waving", tab.clips: clips})
    assert len(values[tab.takes].takes) == len(values[tab.features]) == 1
    assert "none.mp4" in values[tab.message] and "1 more" in values[tab.message]


def test_a_take_and_a_motion_are_dropped_by_their_names(tab: TeachTab, tmp_path: Path) -> None:
    takes = take_set(tmp_path, per_motion=2)
    values = {**first_values(tab), tab.takes: takes, tab.motion: "to and fro"}
    values[tab.features] = {take.name: number for number, take in enumerate(takes.takes)}
    fewer = tab.drop_take(gr.EventData(None, {"name": takes.takes[0].name}), values)
    assert [take.name for take in fewer[tab.takes].takes] == [take.name for take in takes.takes[1:]]
    assert list(fewer[tab.features].values()) == [1, 2, 3]
    left = tab.drop_motion(gr.EventData(None, {"name": "to and fro"}), values)
    assert left[tab.takes].motions == ("up and down",)
    assert left[tab.motion].value == "up and down"


def test_the_answer_says_how_good_it_is_and_for_whom(tab: TeachTab, taught: dict) -> None:
    """Held-out takes with their interval and chance, first frames, you and here, and a confusion in words, too."""
    page = BeautifulSoup(taught[tab.answer], "html.parser")
    words = page.get_text(" ")
    for word in ("of 6 held-out takes right", "95 % interval", "by guessing 50 %", "first frame alone", "you, here", "47 %"):
        assert word in words
    assert "to and fro: " in page.img["alt"]


def test_the_network_of_a_visit_is_known_to_it_alone(tab: TeachTab, taught: dict) -> None:
    """It is offered where the visit chooses, under a name that opens it, and stands in no list."""
    head = taught[tab.head]
    assert tab.networks.explorer(head.name).labels == tuple(sorted(WAYS))
    chosen = tab.choose({**taught, tab.which: HEAD})
    assert chosen.value == head.name and (HEAD, head.name) in chosen.choices
    assert head.name not in tab.networks.checkpoints()
    assert np.isfinite(tab.networks.look(str(taught[tab.takes].takes[0].path), head.name).probabilities).all()


def test_all_of_a_visit_goes_with_it(tab: TeachTab, taught: dict, folder: Path) -> None:
    """Takes, networks and their names; of another visit all stays. A visit without takes leaves nothing to free."""
    other = act(first_values(tab), tab.add_motion, given={tab.motion_name: "waving"})[tab.takes]
    path = new_place(other.folder.parent, "head")
    path.write_bytes(taught[tab.head].path.read_bytes())
    name = tab.networks.add_private(HEAD, path)
    tab.takes.delete_callback(other)
    tab.takes.delete_callback(None)
    assert taught[tab.takes].folder.parent in set(folder.iterdir())
    assert other.folder.parent not in set(folder.iterdir())
    with pytest.raises(ValueError, match="there is no checkpoint"):
        tab.networks.explorer(name)
    tab.networks.explorer(taught[tab.head].name)


def test_a_visit_keeps_so_many_networks(tmp_path: Path) -> None:
    """The last ones; the next has a number of its own."""
    places = [new_place(tmp_path, "head") for _ in range(MOST_KEPT_NETWORKS + 2)]
    assert [place.parent.is_dir() for place in places] == [False] * 2 + [True] * MOST_KEPT_NETWORKS
    assert len({place.parent for place in places}) == len(places)


def test_the_takes_to_take_away_are_a_data_set(tmp_path: Path) -> None:
    takes = take_set(tmp_path / "visit", per_motion=2)
    with zipfile.ZipFile(zip_takes(takes)) as archive:
        archive.extractall(tmp_path / "out")
    assert open_dataset(tmp_path / "out" / "my_motions").labels == takes.labels


def test_a_take_that_is_dropped_while_they_are_packed_is_left_out(tmp_path: Path) -> None:
    takes = take_set(tmp_path / "visit", per_motion=2)
    takes.takes[0].path.unlink()
    with zipfile.ZipFile(zip_takes(takes)) as archive:
        assert len(archive.namelist()) == len(takes.takes) - 1


def test_all_changes_of_the_takes_wait_in_one_queue(tab: TeachTab) -> None:
    """Each reads the takes before it writes them: of two at once one would be lost."""
    changes = (tab.add_motion, tab.add_takes, tab.drop_take, tab.drop_motion)
    names = {change.__name__ for change in changes}
    page = in_a_loop(lambda: build_page(NetworkLibrary()))
    queues = {function.name: function.concurrency_id for function in page.fns.values() if function.name in names}
    assert queues == dict.fromkeys(names, ADDING["concurrency_id"])


def test_what_comes_in_during_training_is_not_trained_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files that are in no take yet, and perhaps half there; and of a training that fails nothing is left."""
    takes, path, copied = take_set(tmp_path, per_motion=2), new_place(tmp_path, "tuned"), []
    (takes.folder / "up and down" / "take 099.mp4").write_bytes(b"half")

    def fail(fixed: TakeSet, run: Path) -> None:
        copied.extend(sorted(file.relative_to(fixed.folder).as_posix() for file in fixed.folder.rglob("*.mp4")))
        raise ValueError("failed")

    monkeypatch.setattr(module, "fine_tune", fail)
    with pytest.raises(ValueError, match="failed"):
        train_on_takes(takes, {}, path, lambda records: None)
    assert copied == sorted(take.name for take in takes.takes)
    assert not path.parent.exists()


def test_training_that_is_stopped_leaves_nothing_and_the_takes(tmp_path: Path) -> None:
    takes, path = take_set(tmp_path, per_motion=2), new_place(tmp_path, "tuned")

    def tell(records: tuple) -> None:
        if records:
            raise Stopped

    with pytest.raises(Stopped):
        train_on_takes(takes, {}, path, tell)
    assert not path.parent.exists()
    takes.check()


def test_fine_tuning_tells_of_each_epoch_and_ends_with_a_network(tab: TeachTab, taught: dict, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bar that grows, then the accuracy beside the head's on the same takes, and a checkpoint of that visit."""
    monkeypatch.setattr(module, "fine_tune", partial(module.fine_tune, epochs=2))
    monkeypatch.setattr(download, "SECONDS_BETWEEN_NEWS", 0.01)
    *news, last = list(tab.tune_network(taught))
    assert "Epoch 0 of 25" in news[0][tab.progress]
    words = BeautifulSoup(last[tab.progress], "html.parser").get_text(" ")
    assert "Fine-tuned:" in words and "taught without the same takes" in words and "you, here" in words
    assert load_weights(last[tab.tuned].path).labels == tuple(sorted(WAYS))
    assert sorted(path.name for path in last[tab.tuned].path.parent.iterdir()) == ["my_motions_tuned.safetensors"]


def test_a_name_is_text_and_nothing_else() -> None:
    """No markup of a motion's name reaches the page."""
    assert "<b>" not in cards_section(TakeSet(Path(), ("<b>bold</b>",)))
