"""The queues of the page: what asks a network, or takes long, is counted for the address that asks."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import gradio as gr
import pytest

from workbench.hosting.options import functions_of
from workbench.page.build import build_page
from workbench.page.networks import NetworkLibrary
from workbench.page.tab import LASTING, QUEUES


async def build() -> gr.Blocks:
    return build_page(NetworkLibrary())


@pytest.fixture(scope="module")
def blocks() -> gr.Blocks:
    """Gradio leaves event loops behind where none runs."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, build()).result()


def test_whatever_waits_in_a_queue_is_counted(blocks: gr.Blocks) -> None:
    """For a visitor could fill a queue that is not."""
    queues = {
        function.concurrency_id for function in blocks.fns.values() if function.queue is not False and function.concurrency_limit == 1
    }
    assert queues <= set(QUEUES)


def test_what_takes_long_is_known_by_its_name(blocks: gr.Blocks) -> None:
    """As docs/api.md lists it; a look is none of it."""
    names = functions_of(blocks, *LASTING)
    assert {"predict_many", "scores", "segments", "segments_file", "annotated", "report"} <= names
    assert not {"predict", "displacement", "why", "what_if"} & names
