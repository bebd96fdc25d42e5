"""The tab How it works: the clip's way through the network in seven steps, with the network's own values at the cell chosen."""

from dataclasses import replace

import gradio as gr
import numpy as np
from markupsafe import Markup

from workbench.draw.html import note, render
from workbench.explore.explorer import MOST_PROBABLE, Exploration
from workbench.explore.pipeline import CellPlace, CellTrace, PipelineTrace, trace_pipeline
from workbench.page.controls import Updates, Values
from workbench.page.correspondences import select_point
from workbench.page.networks import USER_ERRORS, NetworkLibrary
from workbench.page.pipeline_steps import pipeline_steps
from workbench.page.tab import EACH, QUICK, Selection, Session, Tab, errors_as_html, read_front_file
from workbench.text import signed

NO_MODULE_STEPS = "This network has no motion module: it finds no displacement, so that the steps 3 to 6 are left out."
PICK_HINT = "Choose a cell: click it, or move cell by cell with the arrow keys"


class PipelineTab(Tab):
    """All steps come at once; the browser shows one of them. The network is asked once for a clip, not for a cell or a pair."""

    name, title = "how", "How it works"

    def lay_out(self) -> None:
        self.steps = gr.HTML(elem_id="pipeline", js_on_load=read_front_file("pipeline.js"))
        self.trace = gr.State()
        self.keys = gr.State((0, 0))  # how far the arrow keys have led, as counted by the browser: rows, columns
        self.outputs = (self.steps, self.trace)

        inputs, outputs = {*self.session.all, self.trace}, [self.session.selection, self.steps]
        point = self.steps.point(self.point, inputs, outputs, **EACH)
        step = self.steps.step(self.step, {*inputs, self.keys}, [*outputs, self.keys], **QUICK)
        self.selects = (point, step)

    def open(self, session: Session, values: Values) -> Updates:
        try:
            trace = trace_of(self.networks, session.exploration, values[self.trace])
        except USER_ERRORS as error:
            return {self.trace: None, self.steps: note(str(error), "refused")}
        return {self.trace: trace, self.steps: pipeline_section(session.exploration, trace, session.selection)}

    def turn(self, session: Session, values: Values) -> Updates:
        return {self.steps: pipeline_section(session.exploration, values[self.trace], session.selection)}

    def point(self, event: gr.EventData, values: Values) -> Updates:
        session, trace = self.session.read(values), values[self.trace]
        return self.select(session, trace, select_in_crop(session.exploration, trace, session.selection, event.x, event.y))

    def step(self, event: gr.EventData, values: Values) -> Updates:
        session, trace, (rows, columns) = self.session.read(values), values[self.trace], values[self.keys]
        selection = select_beside(session.exploration, trace, session.selection, event.row - rows, event.column - columns)
        return {**self.select(session, trace, selection), self.keys: (event.row, event.column)}

    def select(self, session: Session, trace: PipelineTrace | None, selection: Selection) -> Updates:
        return {self.session.selection: selection, self.steps: pipeline_section(session.exploration, trace, selection)}


def trace_of(networks: NetworkLibrary, exploration: Exploration | None, latest: PipelineTrace | None) -> PipelineTrace | None:
    """The trace of what is looked at. latest: the one before, which is kept where it is of the same clip."""
    if exploration is None:
        return None
    return latest if latest and latest.is_of(exploration) else trace_pipeline(networks.explorer(exploration.network), exploration)


def cell_of(exploration: Exploration, trace: PipelineTrace, selection: Selection) -> CellPlace:
    """The cell of the classified crop that is selected: under the latest point, where that is in the cell selected, else under that
    cell's middle; the nearest where that is outside the crop. Without correspondences the cell in the middle."""
    if not exploration.correspondences:
        return trace.grid[0] // 2, trace.grid[1] // 2
    if point := point_in_cell(exploration, selection):
        return trace.cell_at(*point)
    rows, columns = exploration.correspondences.grid
    return trace.cell_at((selection.cell[1] + 0.5) / columns, (selection.cell[0] + 0.5) / rows)


def point_in_cell(exploration: Exploration, selection: Selection) -> tuple[float, float] | None:
    """The latest point that is followed, as shares x, y of the frame, where it is in the pair and cell selected."""
    if not exploration.correspondences or not selection.points:
        return None
    (rows, columns), (height, width) = exploration.correspondences.grid, exploration.frames.shape[1:3]
    pair, x, y = selection.points[-1]
    x, y = x / width, y / height
    return (x, y) if (pair, int(y * rows), int(x * columns)) == (selection.pair, *selection.cell) else None


def select_in_crop(exploration: Exploration | None, trace: PipelineTrace | None, selection: Selection, x: float, y: float) -> Selection:
    """The point at shares x, y of the classified crop. Where nothing is matched nothing changes."""
    if not exploration or not trace or not exploration.correspondences:
        return selection
    return select_point(exploration, selection, *trace.to_frame(x, y))


def select_beside(exploration: Exploration | None, trace: PipelineTrace | None, selection: Selection, rows: int, columns: int) -> Selection:
    """The cell of the crop so far from this one, as far as there are cells. The latest point moves along where it is in the cell; else
    the points stay as they are, and where a cell of the correspondences holds several of the crop the next one of these is selected."""
    if not exploration or not trace or not exploration.correspondences:
        return selection
    here, last = cell_of(exploration, trace, selection), np.array(trace.grid) - 1
    if point_in_cell(exploration, selection):
        before = replace(selection, points=selection.points[:-1])
        return select_point(exploration, before, *trace.middle_of(cell_beside(here, (rows, columns), last)))
    for times in range(1, max(trace.grid)):
        place = trace.middle_of(cell_beside(here, (times * rows, times * columns), last))
        beside = replace(select_point(exploration, selection, *place), points=selection.points)
        if cell_of(exploration, trace, beside) != here:
            return beside
    return selection


def cell_beside(cell: CellPlace, step: tuple[int, int], last: np.ndarray) -> CellPlace:
    row, column = np.add(cell, step).clip(0, last).tolist()
    return row, column


@errors_as_html
def pipeline_section(exploration: Exploration | None, trace: PipelineTrace | None, selection: Selection) -> str:
    """All steps for the pair and the cell selected; the page shows the first, and the others when they are chosen.

    Nothing where there is no exploration, or the trace is that of another one.
    """
    if exploration is None or trace is None or not trace.is_of(exploration):
        return Markup()
    at = CellTrace(trace, min(selection.pair, len(trace.crops) - 2), cell_of(exploration, trace, selection))
    return render(
        "pipeline.html",
        steps=pipeline_steps(exploration, at),
        remark=" ".join(filter(None, [NO_MODULE_STEPS if trace.module is None else "", describe_views(exploration)])),
        crops=list(zip(trace.crops, exploration.times, strict=True)),
        pair=(at.pair, at.pair + 1),
        config=trace.module and trace.module.config,
        hint=PICK_HINT if exploration.correspondences else "",
        answers=answers_with_and_without(trace, exploration.times),
    )


def describe_views(exploration: Exploration) -> str:
    words = exploration.config.view_words
    return f"The answer at the top is {words} of the video; the steps are those of the clip shown." if words else ""


def answers_with_and_without(trace: PipelineTrace, times: tuple[float, ...]) -> Markup:
    """The classes that reach highest, with the module and without, and the logit of the decided one in each frame."""
    best, answers, names = trace.decision, trace.answers, [*(f"{time:.2f} s" for time in times), "mean"]
    columns = [[*answer.frame_logits[:, best].tolist(), answer.logits[best].item()] for answer in answers]
    return render(
        "pipeline_answer.html",
        decision=trace.labels[best],
        columns=["with the module", "module switched off"] if trace.module else ["logit and probability"],
        rows=[
            (trace.labels[k], [(logit_text(answer.logits[k].item()), float(answer.probabilities[k])) for answer in answers])
            for k in trace.highest_classes(MOST_PROBABLE)
        ],
        frame_columns=["with", "off"] if trace.module else ["logit"],
        frames=[(name, list(map(logit_text, row))) for name, *row in zip(names, *columns, strict=True)],
    )


def logit_text(logit: float) -> str:
    return signed(f"{logit:.2f}")
