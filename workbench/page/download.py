"""The tab Take it away: video, data and report to download, a link and a command."""

import os
import shutil
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import TypeVar

import gradio as gr

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
from workbench.explore.export import as_csv, as_json, as_npz, film_as_csv
from workbench.explore.film import film_of
from workbench.explore.matching import Correspondences
from workbench.explore.what_if import what_if
from workbench.page.controls import Updates, Values
from workbench.page.links import picture_of, to_parameters, to_query
from workbench.page.networks import USER_ERRORS, NetworkLibrary
from workbench.page.tab import NETWORK, QUICK, EventOptions, Session, Tab
from workbench.page.what_if import describe_changes

# Two clicks make the files once.
QUICK_ONCE: EventOptions = {**QUICK, "trigger_mode": "once"}
# Making files takes a minute: it waits in a queue of its own, so that looks do not wait for it.
NETWORK_ONCE: EventOptions = {**NETWORK, "trigger_mode": "once"}
FILES_ONCE: EventOptions = {"concurrency_id": "files", "concurrency_limit": 1, "trigger_mode": "once", "api_visibility": "private"}
NICENESS = 10  # of the thread that makes them: a look comes first
SECONDS_BETWEEN_NEWS = 0.5
REPORT_SHARE = 0.2  # of the work, before the video
STOPPED = "Nothing was made: it was stopped."
Made = TypeVar("Made")
News = TypeVar("News")
WHOLE_ADDRESS = "link => link.startsWith('?') ? location.origin + location.pathname + link : link"


class DownloadTab(Tab):
    name, title = "away", "Take it away"

    def lay_out(self) -> None:
        info = "Opens the page with this picture."
        self.link = gr.Textbox(label="Link", info=info, elem_id="link", buttons=["copy"], interactive=False)
        info = "Makes the same pictures by papermill."
        self.command = gr.Textbox(label="In a notebook", info=info, lines=2, elem_id="command", buttons=["copy"], interactive=False)
        with gr.Row():
            self.make = gr.Button("Make the files", variant="primary", elem_id="make")
            self.stop = gr.Button("Stop", elem_id="stop-making", visible=False)
        self.message = gr.HTML(elem_id="made")
        with gr.Row():
            self.video = gr.Video(label="Annotated video", interactive=False, elem_id="annotated", height=330, min_width=320)
            self.files = gr.Files(label="Files", interactive=False, elem_id="files", min_width=320)
        self.outputs = (self.link, self.command, self.video, self.files, self.message)

        self.link.change(None, self.link, self.link, js=WHOLE_ADDRESS, **QUICK)  # the browser knows the address of the page
        buttons, ready = [self.make, self.stop], partial(show_work, "Make the files", False)
        clicked = self.make.click(partial(show_work, "Making the files …", True), None, buttons, **QUICK_ONCE)
        looked = clicked.then(lambda: None, None, None, **NETWORK_ONCE)  # a look that was asked for before is the one to be taken away
        write = looked.then(self.write, self.session.all, [self.video, self.files, self.message], **FILES_ONCE)
        write.then(ready, None, buttons, **QUICK)  # also after an error
        self.stop.click(lambda: (*ready(), note(STOPPED)), None, [*buttons, self.message], cancels=[looked, write], **QUICK)

    def turn(self, session: Session, values: Values) -> Updates:
        return dict(zip((self.link, self.command), link_and_command(self.networks, session), strict=True))

    def write(self, values: Values) -> Iterator[Updates]:
        """How far it is, and at the end the files. A visitor who stops it, or leaves, ends the work."""
        session = self.session.read(values)
        for news in watch(lambda progress: make_files(self.networks, session, progress)):
            if isinstance(news, tuple):
                yield dict(zip((self.video, self.files, self.message), news, strict=True))
            else:
                yield {self.message: note(f"Making the files: {news:.0%}.")}


def show_work(label: str, works: bool) -> tuple[gr.Button, gr.Button]:
    """The button that begins work, under its label, and the one that stops it, while it works."""
    return gr.Button(label, interactive=not works), gr.Button(visible=works)


class Stopped(Exception):
    """Whoever asked for the work wants it no more."""


@cache
def thread_for(work: str) -> ThreadPoolExecutor:
    """The one thread for work of a kind, from the first on; on Linux looks have the processor before it."""

    def begin() -> None:
        if sys.platform == "linux":
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)

    return ThreadPoolExecutor(1, work, begin)


def watch(work: Callable[[Callable[[News], None]], Made], first: News = 0.0, kind: str = "files") -> Iterator[News | Made]:
    """How far the work is, now and then, and at last its result; closing the iterator ends the work.

    work: is given a function to tell the news to, such as the share that is done, which raises `Stopped` when nobody waits any longer.
    first: the news before any. kind: of the work; that of one kind is done one after the other.
    """
    stop, latest = threading.Event(), [first]

    def tell(news: News) -> None:
        if stop.is_set():
            raise Stopped
        latest[0] = news

    job = thread_for(kind).submit(work, tell)
    try:
        while not wait([job], SECONDS_BETWEEN_NEWS).done:
            yield latest[0]
        yield job.result()
    finally:
        stop.set()
        job.cancel()


def link_and_command(networks: NetworkLibrary, session: Session) -> tuple[str, str]:
    """The part of a link after the page's address, and the papermill command."""
    if (exploration := session.exploration) is None:
        return "", ""
    pair, cell, motion = session.selection.pair, None, None
    if exploration.correspondences:
        own = exploration.correspondences.motion
        cell, motion = session.selection.cell, session.settings.within(own).change(own)
    picture = picture_of(exploration, pair, cell, motion)
    picture = replace(picture, checkpoint=networks.public_name(picture.checkpoint))
    return f"?{to_query(picture)}", to_parameters(picture)


def make_files(
    networks: NetworkLibrary, session: Session, progress: Callable[[float], None] = lambda share: None
) -> tuple[str | None, list[str], str]:
    """The annotated video, all files, and what is to be said of them. They lie in a new folder of the page's own, which does not
    grow old; what cannot be made is a sentence. progress: is told the share that is done, and ends the work where it raises."""
    if (exploration := session.exploration) is None:
        return None, [], note("Look at a video first.")

    def of_video(share: float) -> None:
        progress(REPORT_SHARE + (1 - REPORT_SHARE) * share)

    folder = None
    try:
        progress(0.0)
        exploration = networks.scan(exploration)
        files = {"predictions.json": as_json(exploration, indent=2).encode()}
        files["report.html"] = whole_report(networks, exploration, session).encode()
        files["scores.csv"] = film_as_csv(film_of(exploration)).encode()
        if exploration.correspondences:
            files |= {"displacement.npz": as_npz(exploration), "displacement.csv": as_csv(exploration).encode()}
        progress(REPORT_SHARE)
        folder = own_folder()
        for name, data in files.items():
            (folder / name).write_bytes(data)
        path, explorer = folder / "annotated.mp4", networks.explorer(exploration.network)
        video = write_annotated_video(path, explorer, exploration.info.path, exploration.config, of_video)
    except Stopped:
        if folder:
            shutil.rmtree(folder, ignore_errors=True)
        raise
    except USER_ERRORS as error:
        return None, [], note(str(error), "refused")
    about = f"The annotated video shows {video.frames} frames in real time, from {video.start:.2f} s. {video.note}"
    return str(path), [str(path), *(str(folder / name) for name in files)], note(about.strip())


def own_folder() -> Path:
    """A new folder in the one that the page claimed (`hosting/temp_folder.py`)."""
    return Path(tempfile.mkdtemp(prefix="away-", dir=os.environ.get("GRADIO_TEMP_DIR") or None))


def whole_report(networks: NetworkLibrary, exploration: Exploration, session: Session) -> str:
    """One HTML file: the usual parts, then the arrow of the cell pointed at, optical flow, what if, and where the network looks."""
    sections = [what_if_report(networks, exploration), activation_report(networks, exploration)]
    if exploration.correspondences:
        pair = session.selection.pair
        sections = [why_report(exploration, exploration.correspondences.of_pair(pair), session), flow_report(exploration, pair), *sections]
    return draw_report(exploration, sections)


def why_report(exploration: Exploration, correspondences: Correspondences, session: Session) -> ReportSection:
    correspondences = correspondences.with_settings(session.settings.within(correspondences.motion))
    pair, (row, column) = session.selection.pair, session.selection.cell
    sentence = f"How the cell in row {row}, column {column} finds its arrow in pair {pair + 1}. The command makes the same picture."
    sheet = draw_pair_match(exploration, pair, (row, column), correspondences)
    command = to_parameters(picture_of(exploration, pair, (row, column), correspondences.motion))
    return ReportSection("Why this arrow?", sentence, ((sheet, "Source, target, correlation, kernel and weights of the cell"),), command)


def flow_report(exploration: Exploration, pair: int) -> ReportSection:
    pictures, agreement = draw_flow_comparison(exploration, pair), measure_flow_agreement(exploration, pair)
    figures = [(pictures.a, f"Displacement by {exploration.network}"), (pictures.b, "Optical flow by DIS")]
    if pictures.agreement is not None:
        figures.append((pictures.agreement, str(agreement)))
    return ReportSection("Beside optical flow", f"Pair {pair + 1}: {agreement}", tuple(figures))


def what_if_report(networks: NetworkLibrary, exploration: Exploration) -> ReportSection:
    result = what_if(networks.explorer(exploration.network), exploration)
    checks = "; ".join(check.sentence for check in result.checks)
    sentence = f"{result.motion_share:.0%} of the decision rests on motion. {checks}."
    return ReportSection("What if?", sentence, ((chart_to_picture(draw_changes(result)), describe_changes(result)),))


def activation_report(networks: NetworkLibrary, exploration: Exploration) -> ReportSection:
    label = exploration.top(1)[0][0]
    evidence = class_activation(networks.explorer(exploration.network), exploration, exploration.labels.index(label))
    captions = [f"{time:.2f} s" for time in exploration.times]
    picture = draw_activations(exploration.crops, evidence.map, evidence.limit, captions, label=label)
    sentence = f"Evidence for {label}: its mean over all cells and frames, and the bias, is the logit, {evidence.logit:+.2f}."
    return ReportSection("Where does it look?", sentence, ((picture, f"Class activation map of {label} over the frames"),))
