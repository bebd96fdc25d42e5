"""What the page does for a visitor: a video in, pictures and sentences out. Plain functions, no Gradio."""

from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from workbench.look.explore import Exploration
from workbench.page.answer import frames_seen, summary
from workbench.page.correspond import Spot, correspondences, first_spot, next_to, spot_at, trust
from workbench.page.desk import Desk
from workbench.page.markup import bars, note
from workbench.page.refusal import REFUSED, in_a_sentence
from workbench.page.timeline import timeline
from workbench.page.why import PLAIN, Knobs, fresh_knobs, why

GREETING = "Choose a sample or give a video to begin."


class Shown(NamedTuple):
    """All that the page shows of one look: what to remember, then HTML."""

    seen: Exploration | None
    spot: Spot
    message: str
    predictions: str = ""
    timeline: str = ""
    frames: str = ""
    correspondences: str = ""
    trust: str = ""
    why: str = ""


@dataclass(frozen=True)
class Visitor:
    """Handlers. What cannot be done is said in a sentence, and leaves what was shown before as it is."""

    desk: Desk = field(default_factory=Desk)

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
        kind = "MSNet" if config.motion else "TSM" if config.shift_div else "TSN"
        return (
            f"{explorer.name} is {kind} ({config.backbone}, {parameters / 1e6:.1f} million parameters); it knows {len(explorer.labels)} "
            f"classes and no other words. Method: Kwon, Kim, Kwak, Cho, *MotionSqueeze*, ECCV 2020. "
            "What is given here is seen by the machine of this page and by no other."
        )

    def pairs(self, seen: Exploration | None) -> int:
        """How many pairs there are to turn to."""
        return pairs_of(seen)

    def look(
        self,
        before: Exploration | None,
        spot: Spot,
        video: str | list[str] | None,
        checkpoint: str | None = None,
        knobs: Knobs = PLAIN,
        **wishes: Any,
    ) -> Shown:
        """Look at a video with a network of the desk. wishes: fields of `LookConfig`.

        A new look keeps the pair, where the clip has it, and points at a cell of what moves there. It keeps the knobs, too,
        where its network has the same (`fresh_knobs`).
        """
        if not video:
            return self.show(before, spot, note(GREETING), knobs)
        try:
            seen = self.desk.look(video, checkpoint, **wishes)
        except REFUSED as refusal:
            return self.show(before, spot, note(str(refusal), "refused"), knobs)
        return self.show(seen, first_spot(seen, spot), summary(seen), self.fresh_knobs(before, seen) or knobs)

    def fresh_knobs(self, before: Exploration | None, seen: Exploration | None) -> Knobs | None:
        """How the knobs are to stand after a look, where it moves them."""
        return fresh_knobs(before, seen)

    def show(self, seen: Exploration | None, spot: Spot, message: str, knobs: Knobs = PLAIN) -> Shown:
        if seen is None:
            return Shown(None, spot, message)
        predictions, number = bars(seen.top(5), "The five most probable classes"), spot.pair + 1
        return Shown(seen, spot, message, predictions, *self.turn(seen, spot, number)[1:], *self.explain(seen, spot, number, knobs))

    def turn(self, seen: Exploration | None, spot: Spot, number: float | int) -> tuple[Spot, str, str, str]:
        """The same cell in another pair, with its timeline, frames and correspondences."""
        spot = to_pair(seen, spot, number)
        around = (timeline(seen, spot.pair), frames_seen(seen, spot.pair)) if seen else ("", "")
        return spot, *around, found(seen, spot)

    def explain(self, seen: Exploration | None, spot: Spot, number: float | int, knobs: Knobs = PLAIN) -> tuple[str, str]:
        """How far to trust that pair, and how its cell finds its arrow."""
        spot = to_pair(seen, spot, number)
        return trust(seen, spot.pair) if seen else "", self.why(seen, spot, knobs)

    def next_pair(self, seen: Exploration | None, number: float | int) -> int:
        """The number of the pair that follows, the first after the last."""
        return int(number) % max(self.pairs(seen), 1) + 1

    def clear(self, seen: Exploration | None, spot: Spot) -> tuple[Spot, str]:
        """No points are followed but that of the cell; with correspondences."""
        spot = replace(spot, points=())
        return spot, found(seen, spot)

    def point(self, seen: Exploration | None, spot: Spot, x: float | int, y: float | int, knobs: Knobs = PLAIN) -> tuple[Spot, str, str]:
        """The cell at shares x, y of the source picture, with correspondences and why."""
        return self.at(seen, spot_at(seen, spot, x, y) if seen and seen.reading else spot, knobs)

    def step(self, seen: Exploration | None, spot: Spot, rows: int, columns: int, knobs: Knobs = PLAIN) -> tuple[Spot, str, str]:
        """The cell so many rows and columns further, likewise."""
        return self.at(seen, next_to(seen, spot, rows, columns) if seen and seen.reading else spot, knobs)

    def at(self, seen: Exploration | None, spot: Spot, knobs: Knobs) -> tuple[Spot, str, str]:
        return spot, found(seen, spot), self.why(seen, spot, knobs)

    @in_a_sentence
    def why(self, seen: Exploration | None, spot: Spot, knobs: Knobs = PLAIN) -> str:
        """How the cell finds its arrow, with these knobs."""
        return why(seen, spot.pair, spot.cell, knobs) if seen and seen.reading else ""


def found(seen: Exploration | None, spot: Spot) -> str:
    """The correspondences, or what to do where nothing is remembered: before the first look, and after a visit that was freed."""
    return correspondences(seen, spot) if seen else note(GREETING)


def to_pair(seen: Exploration | None, spot: Spot, number: float | int) -> Spot:
    """The same cell in another pair, counted from 1 as visitors do; the nearest where there are fewer."""
    return replace(spot, pair=min(max(int(number), 1), max(pairs_of(seen), 1)) - 1)


def pairs_of(seen: Exploration | None) -> int:
    """How many pairs of frames there are to turn to, whether or not they are matched."""
    return len(seen.times) - 1 if seen else 0
