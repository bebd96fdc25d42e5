"""The tab Beside others: another network, other settings, or optical flow on the same pair."""

from dataclasses import dataclass

import gradio as gr
from markupsafe import Markup

from workbench.draw.compare import ComparisonPictures, draw_comparison, draw_flow_comparison
from workbench.draw.html import note, plate, plates, render
from workbench.draw.pair import picture_size
from workbench.explore.compare import (
    Agreement,
    NetworkComparison,
    compare,
    describe_matching,
    describe_pair,
    flow_of_pair,
    measure_flow_agreement,
)
from workbench.explore.config import LookConfig
from workbench.explore.explorer import Exploration
from workbench.explore.warping import WarpingErrors, warping_of_networks, warping_of_pair
from workbench.page.controls import LAYER, RESOLUTION, Updates, Values, dropdown
from workbench.page.networks import USER_ERRORS, NetworkLibrary
from workbench.page.tab import QUICK, Session, Tab, errors_as_html
from workbench.page.truth import TruthSection
from workbench.page.two_frames import TwoFramesSection
from workbench.parameters import config_of

FLOW = "optical flow (DIS, OpenCV)"


class ComparisonTab(Tab):
    name, title = "beside", "Beside others"

    def lay_out(self) -> None:
        with gr.Row(elem_id="others"):
            self.network = dropdown("Beside", "Optical flow, or another network.", comparison_choices(self.networks), "other", FLOW)
            self.layer, self.resolution = LAYER.build("other-layer"), RESOLUTION.build("other-resolution")
        self.pictures, self.comparison = gr.HTML(elem_id="comparison"), gr.State()
        gr.on(None, self.refresh, None, self.network, **QUICK)  # when the page is loaded
        self.sections = TwoFramesSection(self.networks, self.session), TruthSection(self.networks, self.session)
        self.path = gr.State()  # of the video that the sections beneath show
        self.controls = (self.network, self.layer, self.resolution)
        self.outputs = (self.pictures, self.comparison, self.path, *(each for section in self.sections for each in section.outputs))

    def refresh(self) -> gr.Dropdown:
        """With the networks that there are by now."""
        return gr.Dropdown(comparison_choices(self.networks))

    def open(self, session: Session, values: Values) -> Updates:
        layer, resolution = LAYER.read(values[self.layer]), RESOLUTION.read(values[self.resolution])
        comparison = look_with(self.networks, session.exploration, values[self.comparison], values[self.network], layer, resolution)
        return {self.comparison: comparison, **self.turn(session, {self.comparison: comparison}), **self.follow(session, values)}

    def follow(self, session: Session, values: Values) -> Updates:
        """What the sections beneath show stays until another video is looked at."""
        path = session.exploration and str(session.exploration.info.path)
        if path == values[self.path]:
            return {}
        return {**dict.fromkeys(each for section in self.sections for each in section.outputs), self.path: path}

    def turn(self, session: Session, values: Values) -> Updates:
        comparison = values[self.comparison] or Comparison()
        return {self.pictures: comparison_section(session.exploration, comparison, session.selection.pair)}


def comparison_choices(networks: NetworkLibrary) -> list[str]:
    """What can stand beside."""
    return [FLOW, *networks.checkpoints()]


@dataclass(frozen=True)
class Comparison:
    """What stands beside: optical flow by default, or what another network or setting finds.

    refusal: why there is nothing. choice: the network and the setting that led here.
    """

    result: NetworkComparison | None = None
    refusal: str = ""
    choice: tuple[str, LookConfig] | None = None


def look_with(
    networks: NetworkLibrary,
    exploration: Exploration | None,
    latest: Comparison | None,
    network: str,
    layer: str | None,
    resolution: int | None,
) -> Comparison:
    """Look at the same frames with another network, or with the same one read otherwise; optical flow needs no look.

    latest: what stands beside, and stays there where nothing has changed.
    """
    if exploration is None or network == FLOW:
        return Comparison()
    try:
        config = config_of(LookConfig, {"layer": layer, "resolution": resolution})
        if latest and latest.result and latest.result.a is exploration and latest.choice == (network, config):
            return latest
        explorers = networks.explorer(exploration.network), networks.explorer(network)
        result = compare(*explorers, exploration.info.path, config_b=config, exploration=exploration)
        return Comparison(result, choice=(network, config))
    except USER_ERRORS as error:
        return Comparison(refusal=str(error))


@errors_as_html
def comparison_section(exploration: Exploration | None, comparison: Comparison, pair: int) -> str:
    """Both displacements of a pair on one scale, their agreement cell by cell, and what both networks answer."""
    if exploration is None:
        return Markup()
    if comparison.refusal:
        return note(comparison.refusal, "refused")
    width = picture_size(exploration)[1]
    if result := comparison.result:
        pair = min(pair, max(result.pairs - 1, 0))
        descriptions = describe_field(result.a, pair), describe_field(result.b, pair)
        figures = comparison_figures(draw_comparison(result, pair, width), result.names, descriptions)
        agreement = result.agreement(pair) if result.a.correspondences and result.b.correspondences else None
        return figures + measures_section(agreement, warping_of_networks(result, pair)) + answers_table(result)
    if not exploration.correspondences:
        return note("This network has no motion module: choose a layer above, and its features are matched.")
    names, descriptions = (exploration.network, "optical flow"), (describe_field(exploration, pair), "the mean over each cell")
    flow = flow_of_pair(exploration, pair)
    figures = comparison_figures(draw_flow_comparison(exploration, pair, width, flow), names, descriptions)
    return figures + measures_section(measure_flow_agreement(exploration, pair, flow), warping_of_pair(exploration, pair, flow))


def comparison_figures(pictures: ComparisonPictures, names: tuple[str, str], descriptions: tuple[str, str]) -> Markup:
    """Two pictures under their names, and their agreement where there is one. descriptions: what each picture shows, in words."""
    a, b = names
    figures = [
        plate("beside-a", a, "the network chosen above", pictures.a, f"{a}: {descriptions[0]}"),
        plate("beside-b", b, "on the same frames and scale", pictures.b, f"{b}: {descriptions[1]}"),
    ]
    if pictures.agreement is not None:
        alt = f"How far {a} and {b} end apart, cell by cell"
        figures.append(plate("agreement", "Agreement", "how far apart the two end", pictures.agreement, alt, True))
    return plates(figures)


def measures_section(agreement: Agreement | None, warping: WarpingErrors) -> Markup:
    """How far two displacements agree in a sentence, where there are two, and how well each predicts the next frame."""
    rows = [(name, error, warping.explained(name)) for name, error in warping.errors.items()]
    return render("measures.html", agreement=agreement, warping=warping, rows=rows)


def describe_field(exploration: Exploration, pair: int) -> str:
    """The displacement of a pair in words, or why there is none."""
    if exploration.correspondences is None:
        return describe_matching(exploration)
    return describe_pair(exploration, pair)


def answers_table(result: NetworkComparison) -> Markup:
    """The most probable classes of either network, side by side."""
    networks = [(name, describe_matching(exploration)) for name, exploration in zip(result.names, (result.a, result.b), strict=True)]
    return render("answers.html", networks=networks, rows=result.top())
