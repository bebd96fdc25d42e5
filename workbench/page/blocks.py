"""The page as Gradio runs it: errors as sentences, and a bound on what the sessions of all visitors keep in memory."""

import logging
import traceback
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
from gradio.state_holder import StateHolder
from torch import Tensor

from workbench.page.networks import USER_ERRORS
from workbench.paths import PACKAGE, is_full
from workbench.text import describe_error

MOST_KEPT = 2 * 10**9  # bytes of what all visitors looked at


class PageBlocks(gr.Blocks):
    """Gradio's page, of which a visitor sees no more of an error than a sentence.

    Of what nobody foresaw, as of a question whose parts are of other kinds than the page sends, one line goes to the log. What visitors
    looked at stays in memory up to `MOST_KEPT`; then whoever was quiet for longest is forgotten first.
    """

    async def process_api(self, block_fn: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        try:
            answer = await super().process_api(block_fn, *args, **kwargs)
        except gr.Error:
            raise
        except Exception as error:
            if not is_for_users(error):
                logging.getLogger(__name__).warning("%s", describe_error(error))
            raise gr.Error(sentence_of(error), print_exception=False) from error
        if not self.answers_camera(block_fn):  # as often as the cameras of all visitors have pictures, which leave nothing in a session
            forget_oldest(self.state_holder, MOST_KEPT)
        return answer

    def answers_camera(self, block_fn: Any) -> bool:
        """Whether a function, or the one of that number, is asked by cameras."""
        function = self.fns.get(block_fn) if isinstance(block_fn, int) else block_fn
        return getattr(function, "concurrency_id", None) == "live"


def sentence_of(error: Exception) -> str:
    """What a visitor is told."""
    if is_full(error):
        return "The machine of this page has no room left for files; try again later."
    return str(error) if is_for_users(error) else "The page could not understand this; reload it."


def is_for_users(error: Exception) -> bool:
    """Whether the package itself raised it, with a sentence."""
    places = traceback.extract_tb(error.__traceback__)
    return isinstance(error, USER_ERRORS) and bool(places) and Path(places[-1].filename).is_relative_to(PACKAGE)


def forget_oldest(sessions: StateHolder, most: int) -> None:
    """Forgets what sessions looked at, whoever was quiet for longest first, until all of it has at most so many bytes; the youngest
    session keeps its own."""
    sizes = {name: bytes_of(list(session.state_data.values())) for name, session in list(sessions.session_data.items())}
    total = sum(sizes.values())
    for name in list(sizes)[:-1]:
        if total <= most:
            return
        sessions.delete_state(name)
        total -= sizes[name]


def bytes_of(value: Any) -> int:
    """Of the arrays and tensors in a value, which may be a dataclass, or a list of such, or a dictionary with such values."""
    if isinstance(value, np.ndarray | Tensor):
        return value.nbytes
    if isinstance(value, dict):
        return sum(map(bytes_of, value.values()))
    if isinstance(value, list | tuple):
        return sum(map(bytes_of, value)) if not value or not isinstance(value[0], str | int | float) else 0
    if is_dataclass(value) and not isinstance(value, type):
        return sum(bytes_of(getattr(value, field.name)) for field in fields(value))
    return 0
