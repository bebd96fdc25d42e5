"""The tab Correspondences: every picture of one pair of frames, and how one of its cells finds its arrow."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache
from typing import Any

import gradio as gr
import numpy as np
from gradio.events import Dependency
from markupsafe import Markup

from workbench.draw.heatmaps import draw_confidence, draw_probability
from workbench.draw.html import note, plate, plates
from workbench.draw.match import draw_source, frame_height
from workbench.draw.pair import caption, confidence_floor, draw_pair, picture_size
from workbench.draw.reliability import draw_border_peaks, draw_consistency, draw_issues
from workbench.draw.tracks import draw_tracks
from workbench.explore.compare import describe_pair
from workbench.explore.explorer import Exploration
from workbench.explore.highlights import find_liveliest_cell, find_liveliest_pair
from workbench.explore.matching import Correspondences
from workbench.explore.reliability import MatchIssue, default_tolerance, forward_backward_error, issues_of
from workbench.explore.tracks import Tracks, follow_points
from workbench.page.controls import Updates, Values
from workbench.page.tab import EACH, QUICK, Selection, Session, Tab, read_front_file
from workbench.page.why import why_section

GREETING = "Choose a sample or give a video to begin."
HINT = "Choose a spot: click it, or move cell by cell with the arrow keys"
NO_MODULE = "This network has no motion module. Choose a layer to match its features as they are, or another network."
MOST_TRACKS = 6


class CorrespondencesTab(Tab):
    """The page fills it with every look and every pair; a click, a key or a setting concerns one cell."""

    name, title = "where", "Correspondences"

    def lay_out(self) -> None:
        self.pictures = gr.HTML(elem_id="correspondences", js_on_load=read_front_file("picks.js"))
        clear = gr.Button("Forget the clicked points", size="sm", elem_id="clear")
        self.trust_open, self.why_open = gr.State(False), gr.State(False)
        with gr.Accordion("How far to trust it", open=False, elem_id="about-trust") as about_trust:
            self.trust = gr.HTML(elem_id="trust")
        with gr.Accordion("Why this arrow?", open=False, elem_id="about-arrow") as self.about_arrow:
            self.session.settings.render()
            self.why = gr.HTML(elem_id="why")
        self.keys = gr.State((0, 0))  # how far the arrow keys have led, as counted by the browser: rows, columns

        inputs, outputs = self.session.all, [self.session.selection, self.pictures, self.why, self.about_arrow, self.why_open]
        pointed = self.pictures.point(self.point, inputs, outputs, **EACH)
        stepped = self.pictures.step(self.step, {*inputs, self.keys}, [*outputs, self.keys], **QUICK)
        clear.click(self.clear, inputs, outputs[:2], **QUICK)
        # One event for all that asks why: answers to two could come in the other order.
        asks = [self.about_arrow.expand, *(setting.input for setting in self.session.settings.all)]
        explained = gr.on(asks, self.explain, inputs, self.why, **QUICK)
        self.chosen = (pointed, stepped, explained)  # another cell, or setting
        for fold, state in ((about_trust, self.trust_open), (self.about_arrow, self.why_open)):
            fold.expand(lambda: True, None, state, **QUICK)
            fold.collapse(lambda: False, None, state, **QUICK)
        about_trust.expand(self.assess, inputs, self.trust, **QUICK)

    def draw_unfolded_after(self, event: Callable[..., Dependency]) -> Dependency:
        """What is unfolded by then of how far to trust the pair, and how its cell finds its arrow."""
        return event(self.draw_unfolded, {*self.session.all, self.trust_open, self.why_open}, [self.trust, self.why], **QUICK)

    def draw_unfolded(self, values: Values) -> Any:
        trust = {self.trust: self.assess(values)} if values[self.trust_open] else {}
        why = {self.why: self.explain(values)} if values[self.why_open] else {}
        return trust | why or gr.skip()

    def point(self, event: gr.EventData, values: Values) -> Updates:
        session = self.session.read(values)
        return self.select(session, select_at(session.exploration, session.selection, event.x, event.y))

    def step(self, event: gr.EventData, values: Values) -> Updates:
        """By as many cells as were counted since the last step: keys pressed while one is drawn come with the next."""
        session, (rows, columns) = self.session.read(values), values[self.keys]
        selection = select_next(session.exploration, session.selection, event.row - rows, event.column - columns)
        return {**self.select(session, selection), self.keys: (event.row, event.column)}

    def clear(self, values: Values) -> Updates:
        """No points are followed but that of the cell."""
        session = self.session.read(values)
        selection = replace(session.selection, points=())
        return {self.session.selection: selection, self.pictures: correspondences_section(session.exploration, selection)}

    def select(self, session: Session, selection: Selection) -> Updates:
        return {
            self.session.selection: selection,
            self.pictures: correspondences_section(session.exploration, selection),
            self.why: why_section(session.exploration, selection, session.settings),
            **self.unfold_why(),
        }

    def unfold_why(self) -> Updates:
        return {self.about_arrow: gr.Accordion(open=True), self.why_open: True}

    def assess(self, values: Values) -> str:
        session = self.session.read(values)
        return trust_section(session.exploration, session.selection.pair)

    def explain(self, values: Values) -> str:
        session = self.session.read(values)
        return why_section(session.exploration, session.selection, session.settings)


def first_selection(exploration: Exploration, before: Selection, last: Exploration | None = None) -> Selection:
    """Where to look first: where a link says, else, in the same frames as in the last look, at the same spot, else where most moves."""
    if last and last.correspondences and shows_the_same(last, exploration):
        return keep_selection(exploration, before, last)
    pair = max(min(before.pair, len(exploration.times) - 2), 0) if before.keep_pair else find_liveliest_pair(exploration)
    if not (correspondences := exploration.correspondences):
        return Selection(pair)
    if before.keep_cell and all(place < cells for place, cells in zip(before.cell, correspondences.grid, strict=True)):
        return Selection(pair, before.cell)
    return Selection(pair, find_liveliest_cell(exploration, pair))


def shows_the_same(one: Exploration, other: Exploration) -> bool:
    """Whether two looks are at the same frames."""
    return one.frames.shape == other.frames.shape and np.array_equal(one.frames, other.frames)


def keep_selection(exploration: Exploration, selection: Selection, last: Exploration) -> Selection:
    """The selection of the last look, which matched, in one at the same frames: the points, and the cell where the middle of its cell
    lies now."""
    if not last.correspondences or not exploration.correspondences:
        return replace(selection, cell=(0, 0), keep_pair=False, keep_cell=False)
    grids = zip(selection.cell, last.correspondences.grid, exploration.correspondences.grid, strict=True)
    row, column = (int((place + 0.5) / before * now) for place, before, now in grids)
    return replace(selection, cell=(row, column), keep_pair=False, keep_cell=False)


def select_at(exploration: Exploration | None, selection: Selection, x: float, y: float) -> Selection:
    """The spot under a click at shares x, y of the source picture.

    The picture's legend lies below the frame; a click there counts for the lowest row. Where nothing is matched nothing changes.
    """
    if not exploration or not exploration.correspondences:
        return selection
    picture_width, frame = picture_size(exploration)[1], exploration.frames[selection.pair]
    picture = draw_source(frame, selection.cell, exploration.correspondences.grid, picture_width)
    return select_point(exploration, selection, x, min(y * len(picture) / frame_height(frame, picture_width), 1.0))


def select_point(exploration: Exploration, selection: Selection, x: float, y: float) -> Selection:
    """The cell at shares x, y of the source frame, and its track beside those followed already. Correspondences must be there."""
    assert exploration.correspondences is not None
    (rows, columns), (height, width, _) = exploration.correspondences.grid, exploration.frames[selection.pair].shape
    cell = (min(int(y * rows), rows - 1), min(int(x * columns), columns - 1))
    return Selection(selection.pair, cell, (*selection.points, (selection.pair, float(x * width), float(y * height)))[-MOST_TRACKS:])


def select_next(exploration: Exploration | None, selection: Selection, rows: int, columns: int) -> Selection:
    """The cell so far from this one, as far as there are cells."""
    if not exploration or not exploration.correspondences:
        return selection
    row, column = np.add(selection.cell, (rows, columns)).clip(0, np.array(exploration.correspondences.grid) - 1).tolist()
    return replace(selection, cell=(row, column))


def correspondences_section(exploration: Exploration | None, selection: Selection) -> Markup:
    """What was found in a pair: source, target, overlay, displacement, arrows, and the tracks of points.

    Where nothing is remembered, before the first look and after a session that was freed, what to do.
    """
    if not exploration:
        return note(GREETING)
    if not exploration.correspondences:
        return note(NO_MODULE)
    pair, size = selection.pair, picture_size(exploration)
    correspondences = exploration.correspondences
    tracks = threads().submit(tracks_plate, exploration, correspondences, selection)  # meanwhile: a slider must not be waited for
    pictures, words = draw_pair(exploration, pair), describe_pair(exploration, pair)
    source = draw_source(exploration.frames[pair], selection.cell, correspondences.grid, size[1], caption(exploration, pair))
    on_border = correspondences.of_pair(pair).peak_on_border()[0]
    field = draw_border_peaks(pictures.displacement, on_border, size[0], exploration.reach)
    beyond = f"; {on_border.mean():.0%} may be faster than the window can see"
    return plates([
        plate("source", "Source", "here, now; click a spot", source, f"Source, {caption(exploration, pair)}", True, HINT),
        plate("target", "Target", "the next frame sampled", pictures.target, f"Target, {caption(exploration, pair + 1)}", True),
        plate("overlay", "Overlay", "grey is still, colour is direction", pictures.overlay, f"Overlay: {words}", True),
        plate("displacement", "Displacement", "a cell's colour says where it went", field, f"Displacement: {words}{beyond}"),
        plate("arrows", "Arrows", "faint where the match is doubtful", pictures.arrows, f"Arrows: {words}", True),
        tracks.result(),
    ])  # fmt: skip


@cache
def threads() -> ThreadPoolExecutor:
    """That draw beside the one which answers, from the first look on."""
    return ThreadPoolExecutor(2)


def tracks_plate(exploration: Exploration, correspondences: Correspondences, selection: Selection) -> Markup:
    pair, tracks = selection.pair, tracks_of(correspondences, selection, exploration.frames.shape[1:3])
    picture = draw_tracks(exploration.frames[pair + 1], tracks, pair + 1, picture_size(exploration))
    words = f"Tracks of {tracks.points.shape[1]} points"
    return plate("tracks", "Tracks", "clicked points, chained through the clip", picture, words, True)


def tracks_of(correspondences: Correspondences, selection: Selection, size: tuple[int, int]) -> Tracks:
    """The tracks of all points, each from the frame in which it was pointed at. size: rows and columns of the frames in pixels."""
    middle = [(place + 0.5) * side / cells for place, side, cells in zip(selection.cell, size, correspondences.grid, strict=True)]
    points = np.array(selection.points or [(selection.pair, middle[1], middle[0])])
    order = np.argsort(points[:, 0], kind="stable")  # those of one frame are followed together
    parts = [follow_points(correspondences, points[points[:, 0] == frame, 1:], int(frame), size) for frame in np.unique(points[:, 0])]

    names, back = ("points", "probability", "consistent"), np.argsort(order)
    arrays = {name: np.concatenate([getattr(tracks, name) for tracks in parts], axis=1)[:, back] for name in names}
    return Tracks(**arrays, start=selection.pair)


def trust_section(exploration: Exploration | None, pair: int) -> Markup:
    """How far to trust it: the probability that a match is right, the way there and back, what the correlation objects to, and the
    paper's confidence."""
    if not exploration or not exploration.correspondences:
        return Markup()
    correspondences, frame, size = exploration.correspondences, exploration.frames[pair], picture_size(exploration)
    probability, issues = correspondences.probability()[pair], issues_of(correspondences, pair).numpy()
    correspondences = correspondences.of_pair(pair)
    confidence = correspondences.confidence()[0]
    tolerance = default_tolerance(correspondences)
    error = forward_backward_error(correspondences)[0]
    level = f"{np.median(confidence):.2f} in the median, least {confidence.min():.2f}"
    back = f"{np.mean(error <= tolerance):.0%} of the cells come back to within {tolerance:.3g} px"
    return plates([
        plate("probability", "Probability", "that the match is right within a cell",
              draw_probability(probability, size), f"Probability: {probability.mean():.2f} in the mean"),
        plate("consistency", "There and back", "does the way back end where it began?",
              draw_consistency(frame, error, tolerance, size), f"Forward-backward consistency: {back}", True),
        plate("reasons", "Doubts", "what the correlation itself objects to", draw_issues(frame, issues, size),
              f"Doubts: {np.mean(issues == MatchIssue.NONE):.0%} of the cells have none", True),
        plate("confidence", "Confidence", "the paper's: how alike the best match is",
              draw_confidence(confidence, size, confidence_floor(exploration)), f"Confidence: {level}"),
    ], columns=4)  # fmt: skip
