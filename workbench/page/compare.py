"""The tab Beside others: another network, other settings, or optical flow on the same pair."""

from dataclasses import dataclass

from markupsafe import Markup

from workbench.draw.compare import ComparisonPictures, draw_comparison, draw_flow_comparison
from workbench.draw.html import note, plate, plates, render
from workbench.draw.pair import picture_size
from workbench.explore.compare import NetworkComparison, compare, describe_matching
from workbench.explore.config import LookConfig
from workbench.explore.explorer import Exploration
from workbench.explore.matching import describe_displacement
from workbench.page.components import USER_ERRORS, errors_as_html
from workbench.page.networks import NetworkLibrary

FLOW = "optical flow (DIS, OpenCV)"


@dataclass(frozen=True)
class ComparisonChoice:
    """What stands beside: optical flow by default, or what another network or setting found.

    refused: why there is nothing. asked: the choice and the setting that led here.
    """

    beside: NetworkComparison | None = None
    refused: str = ""
    asked: tuple[str, LookConfig] | None = None


def comparison_choices(desk: NetworkLibrary) -> list[str]:
    """What can be chosen to stand beside."""
    return [FLOW, *desk.checkpoints()]


def look_with(
    desk: NetworkLibrary, exploration: Exploration | None, now: ComparisonChoice, choice: str, layer: str | None, resolution: int | None
) -> ComparisonChoice:
    """Look at the same frames with another network, or with the same one read otherwise; optical flow needs no look.

    now: what stands beside, and stays there where nothing has changed.
    """
    if exploration is None or choice == FLOW:
        return ComparisonChoice()
    try:
        config = LookConfig(layer=layer, resolution=resolution)
        if now.beside and now.beside.a is exploration and now.asked == (choice, config):
            return now
        found = compare(
            desk.explorer(exploration.network), desk.explorer(choice), exploration.info.path, config_b=config, exploration=exploration
        )
        return ComparisonChoice(found, asked=(choice, config))
    except USER_ERRORS as refusal:
        return ComparisonChoice(refused=str(refusal))


@errors_as_html
def comparison_section(exploration: Exploration | None, other: ComparisonChoice, pair: int) -> Markup:
    """Both displacements of a pair on one scale, their agreement cell by cell, and what both networks answer."""
    if exploration is None:
        return Markup()
    if other.refused:
        return note(other.refused, "refused")
    if other.beside is None:
        if not exploration.correspondences:
            return note("This network has no motion module: choose a layer above, and its features are matched.")
        pictures = draw_flow_comparison(exploration, pair, picture_size(exploration)[1])
        return comparison_figures(
            pictures, (exploration.network, "optical flow"), (describe_field(exploration, pair), "the mean over each cell")
        )
    beside = other.beside
    pair = min(pair, max(beside.pairs - 1, 0))
    pictures = draw_comparison(beside, pair, picture_size(exploration)[1])
    return comparison_figures(pictures, beside.names, (describe_field(beside.a, pair), describe_field(beside.b, pair))) + answers_table(
        beside
    )


def comparison_figures(pictures: ComparisonPictures, names: tuple[str, str], said: tuple[str, str]) -> Markup:
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


def describe_field(exploration: Exploration, pair: int) -> str:
    """The displacement of a pair in words, or why there is none."""
    return (
        describe_displacement(exploration.displacement[pair], exploration.correspondences.cell)
        if exploration.correspondences
        else describe_matching(exploration)
    )


def answers_table(beside: NetworkComparison) -> Markup:
    """The most probable classes of either network, side by side."""
    networks = [(name, describe_matching(exploration)) for name, exploration in zip(beside.names, (beside.a, beside.b), strict=True)]
    return render("answers.html", networks=networks, rows=beside.top())
