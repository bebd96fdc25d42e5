"""What all sessions keep in memory, and what a visitor is told of an error."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import SimpleNamespace

import gradio as gr
import numpy as np
import pytest
import torch
from gradio.state_holder import StateHolder

from workbench.page import blocks
from workbench.page.blocks import PageBlocks, bytes_of, forget_oldest, sentence_of
from workbench.page.build import describe_network
from workbench.page.networks import NetworkLibrary
from workbench.text import plain_markdown
from workbench.video.read import VideoError


@dataclass
class Kept:
    array: np.ndarray
    name: str = "x"
    parts: tuple = ()


def test_bytes_are_counted_wherever_they_are() -> None:
    value = Kept(np.zeros(10, np.uint8), parts=(torch.zeros(5), [Kept(np.zeros(3, np.float64))], None))
    assert bytes_of([value, "text", 5]) == 10 + 20 + 24


def test_bytes_in_a_dictionary_are_counted() -> None:
    """As the features of takes are kept, by the name of each."""
    assert bytes_of({"a": np.zeros(10, np.uint8), "b": Kept(np.zeros(3, np.float64))}) == 10 + 24


class Sessions(StateHolder):
    """Three, who came one after the other, each with 100 bytes."""

    def __init__(self):
        super().__init__()
        for name in ("first", "second", "third"):
            self.session_data[name] = SimpleNamespace(state_data={1: np.zeros(100, np.uint8)})

    def delete_state(self, session_id: str, expired_only: bool = False) -> None:
        self.session_data[session_id].state_data.clear()


def kept(sessions: StateHolder) -> list[str]:
    return [name for name, session in sessions.session_data.items() if session.state_data]


@pytest.mark.parametrize(
    ("most", "left"), [(300, ["first", "second", "third"]), (299, ["second", "third"]), (150, ["third"]), (0, ["third"])]
)
def test_who_was_quiet_for_longest_is_forgotten_first(most: int, left: list[str]) -> None:
    """Until all that is kept fits; the youngest stays, however much it has."""
    sessions = Sessions()
    forget_oldest(sessions, most)
    assert kept(sessions) == left


async def measurements(queue: str, by_number: bool, monkeypatch: pytest.MonkeyPatch) -> int:
    """How often all sessions are measured when a function of a queue has answered once."""
    calls = []
    monkeypatch.setattr(blocks, "forget_oldest", lambda *args: calls.append(args))
    with PageBlocks(analytics_enabled=False) as page:
        gr.Button().click(lambda: None, None, None, concurrency_id=queue)
    [(number, function)] = page.fns.items()
    await page.process_api(number if by_number else function, [])
    return len(calls)


@pytest.mark.parametrize(("queue", "times"), [("network", 1), ("live", 0)])
@pytest.mark.parametrize("by_number", [True, False])
def test_a_picture_of_a_camera_does_not_measure_all_sessions(
    queue: str, times: int, by_number: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It comes many times a second from each, and leaves nothing in a session."""
    with ThreadPoolExecutor(1) as thread:
        assert thread.submit(asyncio.run, measurements(queue, by_number, monkeypatch)).result() == times


def raised(error: Exception) -> Exception:
    try:
        raise error
    except Exception as caught:
        return caught


def test_an_error_of_a_library_is_not_told(networks: NetworkLibrary) -> None:
    """Its words are for programmers."""
    assert sentence_of(raised(ValueError("shape mismatch"))) == "The page could not understand this; reload it."


def test_an_error_of_the_package_is_told(networks: NetworkLibrary) -> None:
    with pytest.raises(VideoError) as error:
        networks.look("none.mp4")
    assert "none.mp4" in sentence_of(error.value)


def test_the_name_of_a_checkpoint_is_no_markup(networks: NetworkLibrary) -> None:
    """Whoever names a file does not write the page."""
    name = "<img src=x>*a*[b](c)$d$"
    text = plain_markdown(name)
    assert text.replace("\\", "") == name
    assert not any(mark in text.replace(f"\\{mark}", "") for mark in "<>*[]()$")
    assert plain_markdown(networks.explorer().name) in describe_network(networks)
