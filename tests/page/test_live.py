"""What the page answers to a camera: words, what lies over the picture, a place in line, or one sentence."""

import asyncio
import base64
import io
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
import pytest
from PIL import Image

from workbench.data.alphabet.dataset import MotionAlphabet
from workbench.explore.explorer import Explorer
from workbench.model.load import ASSETS
from workbench.page import live
from workbench.page.build import Page
from workbench.page.live import ARROWS, COLOURS, WORDS_ALONE, LiveQuestion, LiveTab, answer_live
from workbench.page.networks import NetworkLibrary
from workbench.page.seats import Seats
from workbench.page.tab import SessionControls
from workbench.video.read import VideoError


@pytest.fixture(scope="module")
def networks() -> NetworkLibrary:
    return NetworkLibrary()


@pytest.fixture(scope="module")
def pictures() -> list[str]:
    """A shape that goes right for the camera."""
    alphabet = MotionAlphabet("test", camouflage=0.0, num_frames=24, speed=(1.5, 2.0))
    return [as_jpeg(frame) for frame in alphabet[alphabet.labels.index("right")].frames[6:16]]


def as_jpeg(frame: np.ndarray) -> str:
    file = io.BytesIO()
    Image.fromarray(frame).resize((240, 240)).save(file, "jpeg", quality=85)
    return base64.b64encode(file.getvalue()).decode()


def question(number: int, picture: Any, **more: Any) -> LiveQuestion:
    return LiveQuestion(number, number / 8, picture, **more)


def ask_all(networks: NetworkLibrary, pictures: list[str], seats: Seats | None = None, **more: Any) -> list[dict]:
    seats = seats or Seats(1)
    return [answer_live(networks, seats, "a", question(number, picture, **more)) for number, picture in enumerate(pictures)]


def test_the_word_is_that_of_the_camera(networks: NetworkLibrary, pictures: list[str]) -> None:
    *before, last = ask_all(networks, pictures)
    assert before[0]["word"] == ""
    assert last["word"] == "right"
    assert last["sentence"].endswith("%")


def test_arrows_point_to_the_right_of_the_picture_that_was_sent(networks: NetworkLibrary, pictures: list[str]) -> None:
    arrows = np.array(ask_all(networks, pictures)[-1]["arrows"])
    assert arrows[:, 2].mean() > 0
    assert arrows[:, 2].max() > 5 * np.abs(arrows[:, 3]).mean()


def test_each_style_sends_what_it_draws(networks: NetworkLibrary, pictures: list[str]) -> None:
    drawn = {
        style: {"arrows", "colours"} & set(ask_all(networks, pictures[:2], style=style)[-1]) for style in (WORDS_ALONE, ARROWS, COLOURS)
    }
    assert drawn == {WORDS_ALONE: set(), ARROWS: {"arrows"}, COLOURS: {"colours"}}


def test_for_words_alone_nothing_is_matched(networks: NetworkLibrary, pictures: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(Explorer, "match_features")
    assert ask_all(networks, pictures, style=WORDS_ALONE)[-1]["word"] == "right"


def test_an_answer_is_small_and_plain_data(networks: NetworkLibrary, pictures: list[str]) -> None:
    """It travels many times a second."""
    assert len(json.dumps(ask_all(networks, pictures)[-1])) < 40_000


def test_a_doubt_stands_in_the_place_of_the_word(networks: NetworkLibrary) -> None:
    grey = as_jpeg(np.full((64, 64, 3), 128, np.uint8))
    last = ask_all(networks, [grey] * 8)[-1]
    assert last["word"] == ""
    assert last["sentence"].startswith("No clear motion")


@pytest.mark.parametrize(("rate", "slow"), [(8, False), (5, False), (2, True)])
def test_pictures_that_come_too_slowly_are_told(networks: NetworkLibrary, pictures: list[str], rate: float, slow: bool) -> None:
    """The words are those of a clip that lasts longer than any in training."""
    seats = Seats(1)
    for number, picture in enumerate(pictures):
        answer = answer_live(networks, seats, "a", replace(question(number, picture), time=number / rate))
    assert ("slow" in answer) == slow


def test_another_network_begins_anew_and_is_the_one_that_was_chosen(networks: NetworkLibrary, pictures: list[str]) -> None:
    seats = Seats(1)
    ask_all(networks, pictures, seats)
    answer = answer_live(networks, seats, "a", question(10, pictures[-1], checkpoint="tsm-tiny"))
    assert answer["sentence"].startswith("1 of the 8")


def test_a_network_without_matches_gives_words_alone(networks: NetworkLibrary, pictures: list[str]) -> None:
    answer = ask_all(networks, pictures, checkpoint="tsm-tiny")[-1]
    assert "arrows" not in answer
    assert "words alone" in answer["note"]


def test_the_second_waits_with_a_place(networks: NetworkLibrary, pictures: list[str]) -> None:
    seats = Seats(1)
    answer_live(networks, seats, "a", question(0, pictures[0]))
    answer = answer_live(networks, seats, "b", question(0, pictures[0]))
    assert answer["place"] == 1
    assert "number 1" in answer["sentence"]


def test_without_a_picture_only_the_place_is_told(networks: NetworkLibrary) -> None:
    assert answer_live(networks, Seats(1), "a", question(0, None)) == {"place": 0}


def test_where_nobody_can_be_live_it_says_so(networks: NetworkLibrary, pictures: list[str]) -> None:
    assert "switched off" in answer_live(networks, Seats(0), "a", question(0, pictures[0]))["sentence"]


def test_a_picture_that_comes_while_another_is_answered_is_dropped(networks: NetworkLibrary, pictures: list[str]) -> None:
    seats = Seats(1)
    seats.claim("a")
    with seats.hold("a"):
        assert answer_live(networks, seats, "a", question(0, pictures[0])) == {"busy": True}


@pytest.mark.parametrize("time", [None, "now", float("nan"), True])
def test_a_picture_without_its_time_is_refused(networks: NetworkLibrary, pictures: list[str], time: Any) -> None:
    with pytest.raises(VideoError, match="time"):
        answer_live(networks, Seats(1), "a", replace(question(0, pictures[0]), time=time))


def test_a_network_that_is_gone_is_an_error_with_a_sentence(networks: NetworkLibrary, pictures: list[str]) -> None:
    with pytest.raises(ValueError, match="gone"):
        answer_live(networks, Seats(1), "a", question(0, pictures[0], checkpoint="gone"))


def test_a_network_that_was_taught_meanwhile_is_there(tmp_path: Path, pictures: list[str]) -> None:
    """A folder of checkpoints is looked up for each picture."""
    networks = NetworkLibrary(folder=tmp_path)
    (tmp_path / "mine.safetensors").write_bytes((ASSETS / "msnet-tiny.safetensors").read_bytes())
    assert ask_all(networks, pictures, checkpoint="mine")[-1]["word"]


async def build() -> Page:
    with gr.Blocks():
        return Page(NetworkLibrary(live=1), teaching=False)


def test_the_end_of_a_visit_frees_its_place() -> None:
    """Gradio leaves event loops behind where none runs, as one may do in the thread of a browser's tests."""
    with ThreadPoolExecutor(1) as thread:
        page = thread.submit(asyncio.run, build()).result()
    [tab] = [tab for tab in page.tabs if isinstance(tab, LiveTab)]
    assert [tab.seats.claim(name) for name in "ab"] == [0, 1]
    page.leave("a")
    assert tab.seats.claim("b") == 0


@pytest.mark.parametrize(("count", "seats"), [(1, 1), (2, 1), (3, 1), (8, 4)])
def test_a_visitor_who_is_live_has_two_cores(count: int, seats: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Networks that run side by side each take all threads."""
    monkeypatch.setattr(live, "cores", lambda: count)
    with ThreadPoolExecutor(1) as thread:
        assert thread.submit(asyncio.run, build_tab(NetworkLibrary())).result().seats.count == seats


async def build_tab(networks: NetworkLibrary) -> LiveTab:
    with gr.Blocks():
        return LiveTab(networks, SessionControls(networks.motion()))
