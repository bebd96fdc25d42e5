"""Beside others: two networks, two settings, or a network and optical flow, on one clip and one pair."""

from dataclasses import dataclass
from html import escape

from workbench.look.beside import Beside, how_read, look_beside
from workbench.look.config import LookConfig
from workbench.look.explore import Exploration
from workbench.look.words import in_words
from workbench.page.desk import Desk
from workbench.page.markup import bar, note, plate, plates
from workbench.page.refusal import REFUSED, in_a_sentence
from workbench.view.beside import BesidePictures, draw_beside, draw_beside_flow
from workbench.view.figure import percent
from workbench.view.panels import shown_size

FLOW = "optical flow (DIS, OpenCV)"


@dataclass(frozen=True)
class Other:
    """What stands beside: optical flow by default, or what another network or setting found.

    refused: why there is nothing. asked: the choice and the setting that led here.
    """

    beside: Beside | None = None
    refused: str = ""
    asked: tuple[str, LookConfig] | None = None


def others(desk: Desk) -> list[str]:
    """What can be chosen to stand beside."""
    return [FLOW, *desk.checkpoints()]


def look_with(desk: Desk, seen: Exploration | None, now: Other, choice: str, layer: str | None, resolution: int | None) -> Other:
    """Look at the same frames with another network, or with the same one read otherwise; optical flow needs no look.

    now: what stands beside, and stays there where nothing has changed.
    """
    if seen is None or choice == FLOW:
        return Other()
    try:
        config = LookConfig(layer=layer, resolution=resolution)
        if now.beside and now.beside.a is seen and now.asked == (choice, config):
            return now
        found = look_beside(desk.explorer(seen.network), desk.explorer(choice), seen.info.path, config_b=config, seen=seen)
        return Other(found, asked=(choice, config))
    except REFUSED as refusal:
        return Other(refused=str(refusal))


@in_a_sentence
def comparison(seen: Exploration | None, other: Other, pair: int) -> str:
    """Both displacements of a pair on one scale, their agreement cell by cell, and what both networks answer."""
    if seen is None:
        return ""
    if other.refused:
        return note(other.refused, "refused")
    if other.beside is None:
        if not seen.reading:
            return note("This network has no motion module: choose a layer above, and its features are matched.")
        pictures = draw_beside_flow(seen, pair, shown_size(seen)[1])
        return figures(pictures, (seen.network, "optical flow"), (found(seen, pair), "the mean over each cell"))
    beside = other.beside
    pair = min(pair, max(beside.pairs - 1, 0))
    pictures = draw_beside(beside, pair, shown_size(seen)[1])
    return figures(pictures, beside.names, (found(beside.a, pair), found(beside.b, pair))) + answers(beside)


def figures(pictures: BesidePictures, names: tuple[str, str], said: tuple[str, str]) -> str:
    """Two pictures under their names, and their agreement where there is one. said: what each picture shows, in words."""
    a, b = names
    shown = [
        plate("beside-a", a, "the network chosen above", pictures.a, f"{a}: {said[0]}"),
        plate("beside-b", b, "on the same frames and scale", pictures.b, f"{b}: {said[1]}"),
    ]
    if pictures.agreement is not None:
        alt = f"How far {a} and {b} end apart, cell by cell"
        shown.append(plate("agreement", "Agreement", "how far apart the two end", pictures.agreement, alt, True))
    return plates(shown)


def found(seen: Exploration, pair: int) -> str:
    """The displacement of a pair in words, or why there is none."""
    return in_words(seen.displacement[pair], seen.reading.cell) if seen.reading else how_read(seen)


def answers(beside: Beside) -> str:
    """The most probable classes of either network, side by side."""
    both = zip(beside.names, (beside.a, beside.b), strict=True)
    heads = "".join(f'<th scope="col">{escape(name)}<small>{escape(how_read(seen))}</small></th>' for name, seen in both)
    body = "".join(
        f'<tr><th scope="row">{escape(row.label)}</th><td>{share(row.a)}</td><td>{share(row.b)}</td></tr>' for row in beside.answers()
    )
    return f'<table class="answers" id="answers"><thead><tr><td></td>{heads}</tr></thead><tbody>{body}</tbody></table>'


def share(probability: float | None) -> str:
    if probability is None:
        return "not a class of it"
    return f"{bar(probability)} {percent(probability)}"
