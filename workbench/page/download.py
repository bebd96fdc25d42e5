"""The tab Take it away: video, data and report to download, a link and a command."""

import os
import tempfile
from pathlib import Path
from typing import Any

from workbench.draw.charts import chart_to_picture
from workbench.draw.compare import draw_flow_comparison
from workbench.draw.heatmaps import draw_activations
from workbench.draw.html import note
from workbench.draw.match import draw_pair_match
from workbench.draw.report import ReportSection, draw_report
from workbench.draw.video import write_annotated_video
from workbench.draw.what_if import draw_changes
from workbench.explore.activation import class_activation
from workbench.explore.compare import measure_flow_agreement
from workbench.explore.explorer import Exploration
from workbench.explore.export import as_csv, as_json, as_npz
from workbench.explore.matching import MatchSettings
from workbench.explore.what_if import what_if
from workbench.page.components import USER_ERRORS
from workbench.page.correspondences import Selection
from workbench.page.links import picture_of, to_parameters, to_query
from workbench.page.networks import NetworkLibrary
from workbench.page.what_if import describe_changes


def whole_report(desk: NetworkLibrary, exploration: Exploration, spot: Selection, knobs: MatchSettings) -> str:
    """One HTML file: the usual parts, then the arrow of the cell pointed at, what if, optical flow, and where the network looks."""
    matched = [arrow(exploration, spot, knobs), beside(exploration, spot.pair)] if exploration.correspondences else []
    return draw_report(exploration, [*matched, wondered(desk, exploration), looked(desk, exploration)])


def arrow(exploration: Exploration, spot: Selection, knobs: MatchSettings) -> ReportSection:
    correspondences = exploration.correspondences.of_pair(spot.pair)
    correspondences = correspondences.with_settings(knobs.within(correspondences.motion))
    row, column = spot.cell
    sentence = f"How the cell in row {row}, column {column} finds its arrow in pair {spot.pair + 1}. The command makes the same picture."
    sheet = draw_pair_match(exploration, spot.pair, spot.cell, correspondences)
    command = to_parameters(picture_of(exploration, spot.pair, spot.cell, correspondences.motion))
    return ReportSection("Why this arrow?", sentence, ((sheet, "Source, target, correlation, kernel and weights of the cell"),), command)


def beside(exploration: Exploration, pair: int) -> ReportSection:
    pictures, agreement = draw_flow_comparison(exploration, pair), measure_flow_agreement(exploration, pair)
    shown = (
        (pictures.a, f"Displacement by {exploration.network}"),
        (pictures.b, "Optical flow by DIS"),
        (pictures.agreement, str(agreement)),
    )
    return ReportSection("Beside optical flow", f"Pair {pair + 1}: {agreement}", tuple(each for each in shown if each[0] is not None))


def wondered(desk: NetworkLibrary, exploration: Exploration) -> ReportSection:
    asked = what_if(desk.explorer(exploration.network), exploration)
    told = "; ".join(check.sentence for check in asked.checks)
    sentence = f"{asked.motion_share:.0%} of the decision rests on motion. {told}."
    return ReportSection("What if?", sentence, ((chart_to_picture(draw_changes(asked)), describe_changes(asked)),))


def looked(desk: NetworkLibrary, exploration: Exploration) -> ReportSection:
    label = exploration.top(1)[0][0]
    evidence = class_activation(desk.explorer(exploration.network), exploration, exploration.labels.index(label))
    captions = [f"{time:.2f} s" for time in exploration.times]
    picture = draw_activations(exploration.crops, evidence.map, evidence.limit, captions, label=label)
    sentence = f"Evidence for {label}: its mean over all cells and frames, and the bias, is the logit, {evidence.logit:+.2f}."
    return ReportSection("Where does it look?", sentence, ((picture, f"Class activation map of {label} over the frames"),))


def link_and_command(exploration: Exploration | None, spot: Selection, knobs: MatchSettings) -> tuple[str, str]:
    """The part of a link after the page's address, and the papermill command."""
    if exploration is None:
        return "", ""
    own = exploration.correspondences and exploration.correspondences.motion
    shown = picture_of(exploration, spot.pair, spot.cell if own else None, own and knobs.within(own).change(own))
    return f"?{to_query(shown)}", to_parameters(shown)


def make_files(
    desk: NetworkLibrary, exploration: Exploration | None, spot: Selection, knobs: MatchSettings
) -> tuple[str | None, list[str], str]:
    """The annotated video, all files, and what is to be said of them. They lie in a new folder of the page's own, which does not
    grow old; what cannot be made is a sentence."""
    if exploration is None:
        return None, [], note("Look at a video first.")
    try:
        return write_files(desk, exploration, spot, knobs, own_folder())
    except USER_ERRORS as refusal:
        return None, [], note(str(refusal), "refused")


def write_files(
    desk: NetworkLibrary, exploration: Exploration, spot: Selection, knobs: MatchSettings, folder: Path
) -> tuple[str, list[str], str]:
    contents = {
        "predictions.json": as_json(exploration, indent=2).encode(),
        "report.html": whole_report(desk, exploration, spot, knobs).encode(),
    }
    if exploration.correspondences:
        contents |= {"displacement.npz": as_npz(exploration), "displacement.csv": as_csv(exploration).encode()}
    for name, data in contents.items():
        (folder / name).write_bytes(data)
    video = folder / "annotated.mp4"
    annotated = write_annotated_video(video, desk.explorer(exploration.network), exploration.info.path, exploration.config)
    about = f"The annotated video shows {annotated.frames} frames in real time, from {annotated.start:.2f} s. {annotated.note}"
    return str(video), [str(video), *(str(folder / name) for name in contents)], note(about.strip())


def write_displacement(desk: NetworkLibrary, video: str, network: str = "", /, **wishes: Any) -> str:
    """The NPZ file of a video, for programs."""
    path = own_folder() / "displacement.npz"
    path.write_bytes(as_npz(desk.look(video, network, **wishes)))
    return str(path)


def own_folder() -> Path:
    """A new folder in the one that the page claimed (`gate.folder`)."""
    return Path(tempfile.mkdtemp(prefix="away-", dir=os.environ.get("GRADIO_TEMP_DIR") or None))
