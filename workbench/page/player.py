"""The clip that plays at the top of the page, with what moves in it drawn over it, and how that is drawn."""

from dataclasses import replace

import gradio as gr
import numpy as np
from markupsafe import Markup

from workbench.draw.html import render
from workbench.draw.motion import MotionStyle, draw_motion
from workbench.explore.compare import describe_pair
from workbench.explore.explorer import Exploration
from workbench.page.correspondences import select_point
from workbench.page.tab import QUICK, Selection, SessionControls, read_front_file

STYLES: dict[str, tuple[MotionStyle, str]] = {
    "Arrows": ("arrows", "an arrow ends where its spot is {step} s later; faint: doubtful"),
    "Colours": ("colours", "grey stays; the hue is the direction in which a spot goes in {step} s"),
    "Tracks": ("tracks", "points followed from the first frame; thin: unsure, broken: the way back differs"),
    "Speed": ("speed", "how far each spot goes in {step} s"),
}
FIRST_STYLE = "Arrows"
UNMATCHED = "the frames of the clip; this network matches none of their spots"


class Player:
    """The clip that plays, and the choice of what is drawn over it, which is placed by `style.render()`."""

    def __init__(self, session: SessionControls):
        self.session = session
        self.picture = gr.HTML(elem_id="player", js_on_load=read_front_file("player.js"))
        self.style = gr.Radio(
            list(STYLES), value=FIRST_STYLE, label="Drawn as", info="What lies over the frames.", elem_id="style", render=False
        )
        self.style.input(player_section, [session.exploration, self.style], self.picture, **QUICK)


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
    matched = exploration.correspondences is not None
    words = [describe_moment(exploration, number) for number in range(len(drawn.pictures))]
    return render(
        "player.html",
        about=about.format(step=f"{spacing:.2g}") if matched else UNMATCHED,
        pictures=list(zip(drawn.pictures, words, strict=True)),
        times=[f"{time:.2f} s" for time in times[: len(drawn.pictures)]],
        spacing=f"{spacing:.3f}",
        legend=drawn.legend,
        clickable=matched,
    )


def describe_moment(exploration: Exploration, frame: int) -> str:
    """A frame of the clip in words: when it is, and what moves until the next."""
    when = f"At {exploration.times[frame]:.2f} s"
    if exploration.correspondences is None or frame == exploration.correspondences.pairs:
        return when
    return f"{when}: {describe_pair(exploration, frame)}"
