"""What the page does for one visitor: a video and settings in; the five most probable classes, pictures and text out."""

from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from workbench.draw.html import bars, note
from workbench.explore.explorer import Exploration
from workbench.explore.matching import NO_CHANGES, MatchSettings
from workbench.page.components import USER_ERRORS, errors_as_html
from workbench.page.correspondences import Selection, correspondences_section, first_selection, select_at, select_next, trust
from workbench.page.networks import NetworkLibrary
from workbench.page.predictions import answer_summary, frames_seen, timeline
from workbench.page.why import LastLook, fresh_settings, why

GREETING = "Choose a sample or give a video to begin."
REMOVED = "The video was removed. Choose a sample or give another one."


class Shown(NamedTuple):
    """All that the page shows of one look: what to remember, then HTML.

    last: for the next look. settings: where the controls of the estimate move to; None: they stay.
    """

    exploration: Exploration | None
    spot: Selection
    message: str
    predictions: str = ""
    timeline: str = ""
    frames: str = ""
    correspondences: str = ""
    trust: str = ""
    why: str = ""
    last: LastLook | None = None
    settings: MatchSettings | None = None


@dataclass(frozen=True)
class Handlers:
    """What cannot be done is said in a sentence. A look that fails leaves nothing of the answer before it: that was another question's."""

    desk: NetworkLibrary = field(default_factory=NetworkLibrary)

    def taken(self) -> str:
        """What is taken here, in sentences."""
        limits = self.desk.limits
        width, height = limits.largest
        return (
            f"Up to {limits.megabytes} MB and {limits.minutes:g} minutes, frames up to {width} × {height} pixels. "
            "Long videos are looked at in windows. The webcam is recorded as the world is, not mirrored: left is left."
        )

    def about(self) -> str:
        """What the first network is and knows, and whose the method is, in Markdown."""
        explorer = self.desk.explorer()
        config, parameters = explorer.model.config, sum(p.numel() for p in explorer.model.parameters())
        return (
            f"{explorer.name} is {config.kind} ({config.backbone}, {parameters / 1e6:.1f} million parameters); it knows "
            f"{len(explorer.labels)} classes and no other words. Method: Kwon, Kim, Kwak, Cho, *MotionSqueeze*, ECCV 2020. "
            "What is given here is seen by the machine of this page and by no other."
        )

    def pairs(self, exploration: Exploration | None) -> int:
        """How many pairs there are to turn to."""
        return pairs_of(exploration)

    def look(
        self,
        last: LastLook | None,
        spot: Selection,
        video: str | list[str] | None,
        checkpoint: str | None = None,
        knobs: MatchSettings = NO_CHANGES,
        **wishes: Any,
    ) -> Shown:
        """Look at a video with a network of the desk. wishes: fields of `LookConfig`.

        A new look keeps the pair, where the clip has it, and points at a cell of what moves there. It keeps the knobs, too,
        where it matches by the same numbers as the last one (`fresh_settings`).
        """
        if not video:
            return Shown(None, spot, note(GREETING), last=last)
        try:
            exploration = self.desk.look(video, checkpoint, **wishes)
        except USER_ERRORS as refusal:
            return Shown(None, spot, note(str(refusal), "refused"), last=last)
        settings = fresh_settings(last, exploration)
        shown = self.show(exploration, first_selection(exploration, spot), answer_summary(exploration), settings or knobs)
        return shown._replace(last=LastLook.of(exploration), settings=settings)

    def remove(self, last: LastLook | None, spot: Selection) -> Shown:
        """Nothing is left of a video that was removed."""
        return Shown(None, spot, note(REMOVED), last=last)

    def show(self, exploration: Exploration, spot: Selection, message: str, knobs: MatchSettings = NO_CHANGES) -> Shown:
        """All that there is to see of a look."""
        predictions, number = bars(exploration.top(5), "The five most probable classes"), spot.pair + 1
        return Shown(
            exploration,
            spot,
            message,
            predictions,
            *self.turn(exploration, spot, number)[1:],
            *self.explain(exploration, spot, number, knobs),
        )

    def turn(self, exploration: Exploration | None, spot: Selection, number: float) -> tuple[Selection, str, str, str]:
        """The same cell in another pair, with its timeline, frames and correspondences."""
        spot = to_pair(exploration, spot, number)
        around = (timeline(exploration, spot.pair), frames_seen(exploration, spot.pair)) if exploration else ("", "")
        return spot, *around, correspondences_or_hint(exploration, spot)

    def explain(
        self, exploration: Exploration | None, spot: Selection, number: float, knobs: MatchSettings = NO_CHANGES
    ) -> tuple[str, str]:
        """How far to trust that pair, and how its cell finds its arrow."""
        spot = to_pair(exploration, spot, number)
        return trust(exploration, spot.pair) if exploration else "", self.why(exploration, spot, knobs)

    def next_pair(self, exploration: Exploration | None, number: float) -> int:
        """The number of the pair that follows, the first after the last."""
        return int(number) % max(self.pairs(exploration), 1) + 1

    def clear(self, exploration: Exploration | None, spot: Selection) -> tuple[Selection, str]:
        """No points are followed but that of the cell; with correspondences."""
        spot = replace(spot, points=())
        return spot, correspondences_or_hint(exploration, spot)

    def point(
        self, exploration: Exploration | None, spot: Selection, x: float, y: float, knobs: MatchSettings = NO_CHANGES
    ) -> tuple[Selection, str, str]:
        """The cell at shares x, y of the source picture, with correspondences and why."""
        return self.at(exploration, select_at(exploration, spot, x, y) if exploration and exploration.correspondences else spot, knobs)

    def step(
        self, exploration: Exploration | None, spot: Selection, rows: int, columns: int, knobs: MatchSettings = NO_CHANGES
    ) -> tuple[Selection, str, str]:
        """The cell so many rows and columns further, likewise."""
        return self.at(
            exploration, select_next(exploration, spot, rows, columns) if exploration and exploration.correspondences else spot, knobs
        )

    def at(self, exploration: Exploration | None, spot: Selection, knobs: MatchSettings) -> tuple[Selection, str, str]:
        return spot, correspondences_or_hint(exploration, spot), self.why(exploration, spot, knobs)

    @errors_as_html
    def why(self, exploration: Exploration | None, spot: Selection, knobs: MatchSettings = NO_CHANGES) -> str:
        """How the cell finds its arrow, with these knobs."""
        return why(exploration, spot.pair, spot.cell, knobs) if exploration and exploration.correspondences else ""


def correspondences_or_hint(exploration: Exploration | None, spot: Selection) -> str:
    """The correspondences, or what to do where nothing is remembered: before the first look, and after a visit that was freed."""
    return correspondences_section(exploration, spot) if exploration else note(GREETING)


def to_pair(exploration: Exploration | None, spot: Selection, number: float) -> Selection:
    """The same cell in another pair, counted from 1 as visitors do; the nearest where there are fewer."""
    return replace(spot, pair=min(max(int(number), 1), max(pairs_of(exploration), 1)) - 1)


def pairs_of(exploration: Exploration | None) -> int:
    """How many pairs of frames there are to turn to, whether or not they are matched."""
    return len(exploration.times) - 1 if exploration else 0
