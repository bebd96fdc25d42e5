"""A visitor arrives by a link: what it asks for, as values of the page's controls."""

import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import NamedTuple

from workbench.page.correspond import Spot
from workbench.page.desk import Desk
from workbench.page.link import ask_again, from_query
from workbench.page.markup import note
from workbench.page.picture import PictureConfig
from workbench.page.refusal import REFUSED
from workbench.page.why import KINDS


class Controls(NamedTuple):
    """Values of the controls in the order of the page; None leaves one as it stands."""

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
    radius: int | None = None
    kind: str | None = None
    sigma: float | None = None
    exponent: float | None = None
    message: str | None = None


def follow_link(desk: Desk, query: Mapping[str, str]) -> Controls:
    """Without a query nothing changes. What a link cannot ask for is a sentence, and the page opens as it does without."""
    if not any(not name.startswith("__") for name in query):
        return Controls()
    try:
        asked = from_query(query, desk.checkpoints())
    except REFUSED as refusal:
        return Controls(message=note(str(refusal), "refused"))
    if again := ask_again(asked):
        return Controls(message=note(again, "refused"))
    return controls_of(asked)


def controls_of(asked: PictureConfig) -> Controls:
    wishes = asdict(asked.look)
    cell = (0, 0) if asked.row is None or asked.column is None else (asked.row, asked.column)
    kind = next((name for name, sigma in KINDS.items() if sigma is not None and sigma == asked.sigma), next(iter(KINDS)))
    return Controls(
        spot=Spot(asked.pair, cell, chosen=asked.row is not None),
        video=str(asked.path),
        span=(wishes.pop("start"), wishes.pop("seconds")),
        checkpoint=asked.checkpoint,
        mirrored=wishes.pop("mirrored"),
        radius=asked.radius,
        kind=kind,
        sigma=asked.sigma if asked.sigma and math.isfinite(asked.sigma) else None,
        exponent=None if asked.temperature is None else math.log10(asked.temperature),
        **{name: value or None for name, value in wishes.items()},
    )
