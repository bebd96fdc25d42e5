"""Everything that the page shows of a look, as one report."""

from workbench.look.activation import class_activation
from workbench.look.classical import agree_with_flow
from workbench.look.explore import Exploration
from workbench.look.what_if import what_if
from workbench.page.correspond import Spot
from workbench.page.desk import Desk
from workbench.page.link import to_parameters
from workbench.page.picture import picture_of
from workbench.page.why import Knobs
from workbench.page.wonder import changes
from workbench.view.activation import draw_activations
from workbench.view.beside import draw_beside_flow
from workbench.view.figure import chart_to_picture
from workbench.view.report import Section, report
from workbench.view.turned import draw_spot
from workbench.view.what_if import draw_changes


def whole_report(desk: Desk, seen: Exploration, spot: Spot, knobs: Knobs) -> str:
    """One HTML file: the usual parts, then the arrow of the cell pointed at, what if, optical flow, and where the network looks."""
    matched = [arrow(seen, spot, knobs), beside(seen, spot.pair)] if seen.reading else []
    return report(seen, [*matched, wondered(desk, seen), looked(desk, seen)])


def arrow(seen: Exploration, spot: Spot, knobs: Knobs) -> Section:
    turned = knobs.turn(seen.reading.of_pair(spot.pair))
    row, column = spot.cell
    sentence = f"How the cell in row {row}, column {column} finds its arrow in pair {spot.pair + 1}. The command makes the same picture."
    sheet = draw_spot(seen, spot.pair, spot.cell, turned)
    command = to_parameters(picture_of(seen, spot.pair, spot.cell, turned))
    return Section("Why this arrow?", sentence, ((sheet, "Source, target, correlation, kernel and weights of the cell"),), command)


def beside(seen: Exploration, pair: int) -> Section:
    pictures, agreement = draw_beside_flow(seen, pair), agree_with_flow(seen, pair)
    shown = ((pictures.a, f"Displacement by {seen.network}"), (pictures.b, "Optical flow by DIS"), (pictures.agreement, str(agreement)))
    return Section("Beside optical flow", f"Pair {pair + 1}: {agreement}", tuple(each for each in shown if each[0] is not None))


def wondered(desk: Desk, seen: Exploration) -> Section:
    asked = what_if(desk.explorer(seen.network), seen)
    told = "; ".join(check.sentence for check in asked.checks)
    sentence = f"{asked.motion_share:.0%} of the decision rests on motion. {told}."
    return Section("What if?", sentence, ((chart_to_picture(draw_changes(asked)), changes(asked)),))


def looked(desk: Desk, seen: Exploration) -> Section:
    label = seen.top(1)[0][0]
    evidence = class_activation(desk.explorer(seen.network), seen, seen.labels.index(label))
    captions = [f"{time:.2f} s" for time in seen.times]
    picture = draw_activations(seen.crops, evidence.map, evidence.limit, captions, label=label)
    sentence = f"Evidence for {label}: its mean over all cells and frames, and the bias, is the logit, {evidence.logit:+.2f}."
    return Section("Where does it look?", sentence, ((picture, f"Class activation map of {label} over the frames"),))
