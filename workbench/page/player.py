"""The clip that plays at the top of the page, with what moves in it drawn over it, and how that is drawn."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import gradio as gr
import numpy as np
from gradio.events import Dependency
from markupsafe import Markup

from workbench.draw.html import render
from workbench.draw.motion import MotionStyle, draw_motion
from workbench.explore.compare import describe_pair
from workbench.explore.explorer import Exploration
from workbench.explore.highlights import find_liveliest_pair
from workbench.page.correspondences import select_point
from workbench.page.tab import QUICK, Selection, SessionControls, read_front_file

STYLES: dict[str, tuple[MotionStyle, str]] = {
    "Arrows": ("arrows", "Each arrow ends where its spot is {step} s later; faint arrows are uncertain."),
    "Colours": ("colours", "Grey: still; colour: the direction of motion over {step} s."),
    "Tracks": (
        "tracks",
        "Points followed from the first frame. Thin: uncertain; dashed: the way back does not lead to where it began.",
    ),
    "Speed": ("speed", "How far each spot goes in {step} s; pale: uncertain."),
}
FIRST_STYLE = "Arrows"
CLICK = "Click a spot to see why its arrow points there."
UNMATCHED = "This network matches no spots. Choose a layer under “Network, frames and resolution”."


class Player:
    """The clip that plays, and the choice of what is drawn over it, which is placed by `style.render()`."""

    def __init__(self, session: SessionControls):
        self.exploration = session.exploration
        self.drawn = gr.State(("", FIRST_STYLE))  # of which clip, and in which style
        self.picture = gr.HTML(elem_id="player", js_on_load=read_front_file("player.js"))
        self.style = gr.Radio(
            list(STYLES), value=FIRST_STYLE, label="Show motion as", info="Drawn over the frames.", elem_id="style", render=False
        )
        self.redraw_after(self.style.input)

    def redraw_after(self, event: Callable[..., Dependency]) -> Dependency:
        """Draw the clip that is looked at by then in the style that is chosen by then, unless it is drawn so: of a look that goes on, the
        style may be chosen anew."""
        return event(redraw, [self.exploration, self.style, self.drawn], [self.picture, self.drawn], **QUICK)


def redraw(exploration: Exploration | None, style: str, drawn: tuple[str, str]) -> Any:
    wanted = clip_of(exploration), style
    return gr.skip() if wanted == drawn else (player_section(exploration, style), wanted)


def clip_of(exploration: Exploration | None) -> str:
    """By what a clip is known again, however it is drawn: the network, the request and the frames; "" for none."""
    return f"{exploration.network} {exploration.name} {exploration.times} {exploration.config}" if exploration else ""


def select_in_clip(exploration: Exploration | None, selection: Selection, pair: int, x: float, y: float) -> Selection:
    """The spot at shares x, y of the frame that is the source of a pair."""
    if not exploration or not exploration.correspondences:
        return selection
    last = exploration.correspondences.pairs - 1
    return select_point(exploration, replace(selection, pair=min(max(pair, 0), last)), min(max(x, 0.0), 1.0), min(max(y, 0.0), 1.0))


def player_section(exploration: Exploration | None, style: str) -> Markup:
    """The clip, one picture for each pair, to be played in its own time; nothing before the first look."""
    if not exploration:
        return Markup()
    kind, about = STYLES[style]
    drawn, times = draw_motion(exploration, kind), exploration.times
    spacing = float(np.mean(np.diff(times))) if len(times) > 1 else 1.0
    about = about.format(step=f"{spacing:.2g}") if exploration.correspondences else UNMATCHED
    height, width, _ = drawn.pictures[0].shape
    return render(
        "player.html",
        clip=clip_of(exploration),
        about=about,
        hint=CLICK if exploration.correspondences else "",
        pictures=[(picture, describe_moment(exploration, number)) for number, picture in enumerate(drawn.pictures)],
        first=find_liveliest_pair(exploration),
        times=[f"{time:.2f} s" for time in times[: len(drawn.pictures)]],
        spacing=f"{spacing:.3f}",
        aspect=f"{width / height:.4f}",
        legend=drawn.legend,
    )


def describe_moment(exploration: Exploration, frame: int) -> str:
    """A frame of the clip in words: when it is, and what moves until the next."""
    when = f"At {exploration.times[frame]:.2f} s"
    return f"{when}: {describe_pair(exploration, frame)}" if exploration.correspondences else when
