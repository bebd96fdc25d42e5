"""What the tabs of the page share: `Tab`, what a session looks at, how events wait for one another, and errors as sentences."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, wraps
from pathlib import Path
from typing import ClassVar, Literal, ParamSpec, TypedDict

import gradio as gr
from gradio.components import Component
from gradio.events import Dependency

from workbench.draw.html import note
from workbench.explore.explorer import Exploration
from workbench.explore.matching import NO_CHANGES, MatchSettings
from workbench.model.motion import MotionConfig
from workbench.page.controls import Inputs, LookControls, SettingControls, Updates, Values
from workbench.page.networks import USER_ERRORS, NetworkLibrary


class EventOptions(TypedDict, total=False):
    """Of an event, as Gradio calls them."""

    queue: bool
    show_progress: Literal["full", "minimal", "hidden"]
    trigger_mode: Literal["once", "multiple", "always_last"]
    api_visibility: Literal["public", "private", "undocumented"]
    concurrency_id: str
    concurrency_limit: int


# The network answers one question after the other.
ONE_AFTER_THE_OTHER: EventOptions = {"concurrency_id": "network", "concurrency_limit": 1}
# always_last: what is asked while the answer to an earlier question is awaited is asked once that is there, not dropped.
NETWORK: EventOptions = {**ONE_AFTER_THE_OTHER, "trigger_mode": "always_last", "api_visibility": "private"}
# Takes come in one after the other, and what is taught is taught from those before it; looks do not wait for that.
ADDING: EventOptions = {"concurrency_id": "takes", "concurrency_limit": 1, "trigger_mode": "multiple", "api_visibility": "private"}
# One training at a time, of all visitors.
TEACHING: EventOptions = {"concurrency_id": "teaching", "concurrency_limit": 1, "trigger_mode": "once", "api_visibility": "private"}
LASTING = ("files", "teaching")  # queues of what may take minutes
QUEUES = ("network", "takes", *LASTING)  # in which networks are asked or taught: who asks too often is told to wait
# No network is asked.
QUICK: EventOptions = {"queue": False, "show_progress": "hidden", "trigger_mode": "always_last", "api_visibility": "private"}
# Events that carry data: a deferred one would be answered with the data of the first.
EACH: EventOptions = {**QUICK, "trigger_mode": "multiple"}


@lru_cache
def read_front_file(name: str) -> str:
    """A style sheet or script of the page, by its file's name."""
    return (Path(__file__).parent / "front" / name).read_text(encoding="utf-8")


Parameters = ParamSpec("Parameters")


def errors_as_html(section: Callable[Parameters, str]) -> Callable[Parameters, str]:
    """A section of the page that shows the sentence of what it raises in its own place."""

    @wraps(section)
    def section_or_error(*args: Parameters.args, **kwargs: Parameters.kwargs) -> str:
        try:
            return section(*args, **kwargs)
        except USER_ERRORS as error:
            return note(str(error), "refused")

    return section_or_error


@dataclass(frozen=True)
class Selection:
    """What a visitor points at: a pair, counted from 0, a cell of its grid (row, column), and the points that are followed,
    each (frame of the clip, x, y) in pixels of the frames shown; without any the cell's middle is followed.

    keep_pair, keep_cell: whether the next look keeps them, as a link asks; else another clip is looked at where most moves."""

    pair: int = 0
    cell: tuple[int, int] = (0, 0)
    points: tuple[tuple[int, float, float], ...] = ()
    keep_pair: bool = False
    keep_cell: bool = False


@dataclass(frozen=True)
class Session:
    """What a visitor looks at now. settings: how the estimate is set, from the numbers `motion`; None where nothing was matched."""

    exploration: Exploration | None = None
    selection: Selection = Selection()
    settings: MatchSettings = NO_CHANGES
    motion: MotionConfig | None = None


class SessionControls:
    """Where the page remembers what a session looks at, and the controls of the estimate.

    Several states, not one value: a look takes seconds, and at its end must not undo what other events have written meanwhile.
    """

    def __init__(self, motion: MotionConfig):
        self.exploration, self.selection, self.motion = gr.State(), gr.State(Selection()), gr.State(motion)
        self.settings = SettingControls(MatchSettings.of(motion))

    @property
    def all(self) -> Inputs:
        return {self.exploration, self.selection, self.motion, *self.settings.all}

    def read(self, values: Values) -> Session:
        settings = self.settings.read(values)
        return Session(values[self.exploration], values[self.selection], settings, values[self.motion])


class Tab:
    """A tab by its title on the page, and by the name under which it is remembered as the open one.

    controls: what asks for it anew when it changes. outputs: what it shows, and is emptied where there is nothing to see; states among
    them are inputs, too, None at first. offers: controls whose choices depend on the look. selects: its own events that select another
    cell, after which the other tabs show that one.
    """

    name: ClassVar[str] = ""  # without one it is not opened anew: it shows the same whatever is looked at
    title: ClassVar[str] = ""
    controls: tuple[gr.Dropdown | gr.Radio | gr.Checkbox, ...] = ()
    outputs: tuple[Component, ...] = ()
    offers: tuple[gr.Dropdown, ...] = ()
    selects: tuple[Dependency, ...] = ()

    def __init__(self, networks: NetworkLibrary, session: SessionControls):
        self.networks, self.session = networks, session
        with gr.Tab(self.title) as self.tab:
            self.lay_out()

    def lay_out(self) -> None:
        """What stands in it, and events of its own."""

    def open(self, session: Session, values: Values) -> Updates:
        """What it shows when it is opened, and after a look. The network may be asked."""
        return self.turn(session, values)

    def turn(self, session: Session, values: Values) -> Updates:
        """What it shows after another pair was chosen. The network is not asked."""
        return {}

    def connect(self, controls: LookControls) -> None:
        """Events that need to know what is chosen to look at, and how."""

    def leave(self, session_hash: str) -> None:
        """What is kept for a session outside of its states is freed: its visit ends."""

    def offer(self, exploration: Exploration | None) -> Updates:
        """The choices of `offers`."""
        return {}
