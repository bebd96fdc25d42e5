"""A look at a video: all that the page shows of it, its most probable classes first, and of another of its pairs."""

from dataclasses import dataclass, replace
from typing import Any

from workbench.draw.html import note
from workbench.explore.explorer import Exploration
from workbench.explore.matching import MatchSettings
from workbench.model.motion import MotionConfig
from workbench.page.correspondences import GREETING, correspondences_section, first_selection
from workbench.page.networks import USER_ERRORS, NetworkLibrary
from workbench.page.player import FIRST_STYLE, player_section
from workbench.page.predictions import answer_summary, frames_section, timeline
from workbench.page.tab import Selection, Session
from workbench.page.words import predictions_section

REMOVED = "The video was removed. Choose a sample or give another one."


@dataclass(frozen=True)
class Look:
    """All that the page shows of one look: what to remember, then HTML.

    motion: the numbers by which its video is matched; None where it is not. settings: where the controls of the estimate move to; None:
    they stay.
    """

    exploration: Exploration | None
    selection: Selection
    message: str
    motion: MotionConfig | None = None
    settings: MatchSettings | None = None
    player: str = ""
    predictions: str = ""
    timeline: str = ""
    frames: str = ""
    correspondences: str = ""


def look(
    networks: NetworkLibrary,
    session: Session,
    video: str | list[str] | None,
    checkpoint: str | None = None,
    style: str = FIRST_STYLE,
    **wishes: Any,
) -> Look:
    """Look at a video with a network; its scores over time, which take as long again, are asked for by `scan`. style: how the clip that
    plays is drawn. wishes: fields of `LookConfig`.

    Without a start it is looked at where most moves, if that is soon found out. A new look at the same frames keeps the spot, another one
    takes the pair and the cell that move most. It keeps the settings, too, where it matches by the numbers from which they were set;
    else they are as the network has them. What cannot be done is said in a sentence,
    and nothing is left of the answer before it: that was another question's.
    """
    if not video:
        return empty_look(session, GREETING)
    try:
        exploration = networks.look_at_span(video, checkpoint, liveliest=True, **wishes)
    except USER_ERRORS as error:
        return empty_look(session, str(error), "refused")
    motion = exploration.correspondences.motion if exploration.correspondences else None
    settings = MatchSettings.of(motion) if motion and motion != session.motion else None
    selection = first_selection(exploration, session.selection, session.exploration)
    return Look(
        exploration, selection, answer_summary(exploration), motion, settings,
        player_section(exploration, style),
        predictions_section(exploration),
        timeline(exploration, selection.pair),
        frames_section(exploration, selection.pair),
        correspondences_section(exploration, selection),
    )  # fmt: skip


def scan(networks: NetworkLibrary, exploration: Exploration | None) -> tuple[Exploration, str] | None:
    """What was looked at with its scores over time, and its message; None where it has them, or cannot have them any more."""
    if exploration is None or exploration.whole_video.scanned:
        return None
    try:
        exploration = networks.scan(exploration)
    except USER_ERRORS:  # its network is gone; what was found stays
        return None
    return exploration, answer_summary(exploration)


def timeline_section(exploration: Exploration | None, selection: Selection) -> str:
    return timeline(exploration, selection.pair) if exploration else ""


def empty_look(session: Session, sentence: str, kind: str = "") -> Look:
    return Look(None, session.selection, note(sentence, kind), session.motion)


def turn(exploration: Exploration | None, selection: Selection, number: float) -> tuple[Selection, str, str, str]:
    """The same cell in another pair, with its timeline, frames and correspondences."""
    selection = to_pair(exploration, selection, number)
    pictures = correspondences_section(exploration, selection)
    frames = frames_section(exploration, selection.pair) if exploration else ""
    return selection, timeline_section(exploration, selection), frames, pictures


def to_pair(exploration: Exploration | None, selection: Selection, number: float) -> Selection:
    """The same cell in another pair, counted from 1 as visitors do; the nearest where there are fewer."""
    return replace(selection, pair=min(max(int(number), 1), max(count_pairs(exploration), 1)) - 1)


def next_pair(exploration: Exploration | None, number: float) -> int:
    """The number of the pair that follows, the first after the last."""
    return int(number) % max(count_pairs(exploration), 1) + 1


def count_pairs(exploration: Exploration | None) -> int:
    """How many pairs of frames there are to turn to, whether or not they are matched."""
    return len(exploration.times) - 1 if exploration else 0
