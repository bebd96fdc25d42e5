"""The report of a flow benchmark: one HTML file with the errors, the displacements of each pair, and the worth of the confidence."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from workbench.draw.canvas import enlarge, fit_frames
from workbench.draw.charts import make_axes
from workbench.draw.fields import draw_displacement
from workbench.draw.html import render
from workbench.draw.style import BLUE, INK, MUTED
from workbench.explore.flow_benchmark import NOTHING, FlowEvaluation, PairErrors
from workbench.text import table_lines

PICTURE_SIDE = 420  # pixels of a picture
MOST_PAIRS = 24  # that are drawn, the first by name: a file with thousands does not open


def draw_flow_report(evaluation: FlowEvaluation) -> str:
    """An HTML page that opens without a server."""
    confidences = [
        (f"{method}: {name}", draw_reliability_diagram(evaluation.reliability(method, name), name))
        for method, name in evaluation.confidences
    ]
    page = render(
        "flow_report.html",
        evaluation=evaluation,
        means=table_lines(evaluation.means()),
        rankings=table_lines(evaluation.rankings(), digits=2),
        pairs=[(pair, draw_methods(pair)) for pair in evaluation.pairs[:MOST_PAIRS]],
        confidences=confidences,
    )
    return str(page)


def draw_methods(pair: PairErrors) -> list[tuple[np.ndarray, str, str]]:
    """Source, truth and the displacement of every method in one scale of colour, each with words for the blind and a title."""
    size = fit_frames(pair.source[None], PICTURE_SIDE)
    limit = max(float(np.quantile(pair.length[pair.counts], 0.99)), 1.0)  # a rare outlier must not pale the rest
    pictures = [(enlarge(pair.source, size), f"The first picture of {pair.name}", "first picture")]
    fields = {"truth": np.where(pair.counts, pair.truth, 0), **{name: each for name, each in pair.estimates.items() if name != NOTHING}}
    for name, field in fields.items():
        title = name if name == "truth" else f"{name}: {pair.scores(name)['all']:.1f} px off"
        pictures.append((draw_displacement(field, size, limit), f"Displacement of {pair.name}: {title}", title))
    return pictures


def draw_reliability_diagram(bins: pd.DataFrame, name: str) -> Figure:
    """Share of right cells over the confidence, a dot for each bin whose area grows with its cells; on the diagonal it is a probability."""
    figure, (axes,) = make_axes(height=3.6, width=4.2)
    axes.plot([0, 1], [0, 1], color=MUTED, linestyle=(0, (4, 3)), linewidth=1)
    axes.scatter(bins["confidence"], bins["right"], s=10 + 240 * bins["cells"] / bins["cells"].sum(), color=BLUE)
    axes.plot(bins["confidence"], bins["right"], color=BLUE, linewidth=1)
    axes.set(xlim=(0, 1), ylim=(0, 1))
    axes.set_xlabel(name, color=INK)
    axes.set_title("share of cells within one cell of the truth", loc="left", color=INK, fontsize=10)
    return figure
