"""A visitor arrives by a link: what it asks for, as values of the page's controls."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import NamedTuple

from workbench.model.motion import MotionConfig
from workbench.page.correspond import Spot
from workbench.page.desk import Desk
from workbench.page.link import ask_again, from_query
from workbench.page.markup import note
from workbench.page.picture import PictureConfig
from workbench.page.refusal import REFUSED
from workbench.page.why import Knobs


class Controls(NamedTuple):
    """Values of the controls in the order of the page; None leaves one as it stands, the video "" is none."""

    spot: Spot | None = None
    video: str | None = None
    given: str | None = None
    span: tuple[float | None, float | None] | None = None
    checkpoint: str | None = None
    mirrored: bool | None = None
    frames: int | None = None
    stride: int | None = None
    resolution: int | None = None
    layer: str | None = None
    clips: int | None = None
    crops: int | None = None
    radius: int | None = None
    kind: str | None = None
    sigma: float | None = None
    exponent: float | None = None
    message: str | None = None


def follow_link(desk: Desk, query: Mapping[str, str]) -> Controls:
    """Without a query nothing changes. What a link cannot ask for is a sentence, and the page opens as it does without.

    A link about somebody's own video turns the controls, and waits for it to be given again.
    """
    if not any(not name.startswith("__") for name in query):
        return Controls()
    try:
        asked = from_query(query, desk.checkpoints())
        knobs = linked_knobs(asked, desk.motion(asked.checkpoint))
    except REFUSED as refusal:
        return Controls(message=note(str(refusal), "refused"))
    again = ask_again(asked)
    return controls_of(asked, knobs)._replace(**{"video": "", "message": note(again, "refused")} if again else {})


def linked_knobs(asked: PictureConfig, motion: MotionConfig) -> Knobs:
    """As the link says, and where it says nothing as the network has them."""
    said = {name: getattr(asked, name) for name in ("radius", "sigma", "temperature")}
    turned = replace(motion, **{name: value for name, value in said.items() if value is not None})
    return Knobs.of(replace(turned, radius=min(turned.radius, motion.radius)))


def controls_of(asked: PictureConfig, knobs: Knobs) -> Controls:
    wishes = asdict(asked.look)
    cell = (0, 0) if asked.row is None or asked.column is None else (asked.row, asked.column)
    return Controls(
        spot=Spot(asked.pair, cell, chosen=asked.row is not None),
        video=str(asked.path),
        span=(wishes.pop("start"), wishes.pop("seconds")),
        checkpoint=asked.checkpoint,
        mirrored=wishes.pop("mirrored"),
        **asdict(knobs),
        **{name: value or None for name, value in wishes.items()},
    )
