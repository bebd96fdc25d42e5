"""The tab Segments: which motion the whole film shows from when to when, to be corrected and taken away as CSV, JSON or for ELAN."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr
from markupsafe import Markup

from workbench.draw.html import note, render
from workbench.draw.style import SERIES
from workbench.explore.annotations import SEGMENT_FILES, segments_as_facts
from workbench.explore.explorer import Exploration
from workbench.explore.segments import FilmSegments, Segment, SegmentConfig, find_segments
from workbench.page.controls import Updates, Values
from workbench.page.download import FILES_ONCE, NETWORK_ONCE, QUICK_ONCE, STOPPED, own_folder, show_work, watch
from workbench.page.networks import USER_ERRORS, NetworkLibrary
from workbench.page.tab import QUICK, Session, Tab, read_front_file
from workbench.parameters import config_of, parameters_of

LEAST_SECONDS = 0.1  # of a segment that a visitor makes
DOWNLOADS = {".csv": "⬇ CSV", ".json": "⬇ JSON", ".eaf": "⬇ ELAN (.eaf)"}
FIND = "Find the segments"
INVITATION = "The whole film is cut into segments, each with the motion that is most probable in it. A long film takes a while."


@dataclass(frozen=True)
class OpenFilm:
    """The segments that a visitor works on. key: of this finding of them; path: of the video."""

    key: str
    path: Path
    film: FilmSegments


class SegmentsTab(Tab):
    name, title = "segments", "Segments"

    def lay_out(self) -> None:
        with gr.Row(elem_id="segment-settings"):
            info = "In seconds; 0: as short as the clip looked at."
            self.shortest = gr.Number(0, label="Shortest segment", info=info, minimum=0, step=0.1, elem_id="shortest", min_width=140)
            info = "A class below it, on average, is called no clear motion."
            self.least = gr.Slider(
                0, 1, SegmentConfig().least, step=0.05, label="Least probability", info=info, elem_id="least", buttons=[]
            )
        with gr.Row():
            self.find = gr.Button(FIND, variant="primary", elem_id="find-segments")
            self.stop = gr.Button("Stop", elem_id="stop-segments", visible=False)
        self.message = gr.HTML(note(INVITATION), elem_id="segments-message")
        self.editor = gr.HTML(elem_id="segments", js_on_load=read_front_file("segments.js"), css_template=read_front_file("segments.css"))
        with gr.Row(elem_id="segment-files"):
            self.files = [gr.DownloadButton(label, interactive=False, size="sm", min_width=120) for label in DOWNLOADS.values()]
        self.film = gr.State()
        self.outputs = (self.message, self.editor, self.film, *self.files)

        buttons, ready = [self.find, self.stop], partial(show_work, FIND, False)
        clicked = self.find.click(partial(show_work, "Finding the segments …", True), None, buttons, **QUICK_ONCE)
        looked = clicked.then(lambda: None, None, None, **NETWORK_ONCE)  # the film is that of a look that was asked for before
        write = looked.then(self.write, {*self.session.all, self.shortest, self.least}, [*self.outputs], **FILES_ONCE)
        done = write.then(ready, None, buttons, **QUICK)  # also after an error
        done.then(self.show, {*self.session.all, self.film}, [*self.outputs], **QUICK)  # another video may have come meanwhile
        self.stop.click(lambda film: (*ready(), describe_stop(film)), self.film, [*buttons, self.message], cancels=[looked, write], **QUICK)
        self.editor.edit(self.edit, {self.film}, [self.message, self.film, *self.files], **QUICK)

    def open(self, session: Session, values: Values) -> Updates:
        """What a visitor has done stays until another video is looked at."""
        if session.exploration is None or is_open(values[self.film], session.exploration):
            return {}
        return {
            self.message: note(INVITATION),
            self.editor: "",
            self.film: None,
            **dict.fromkeys(self.files, gr.DownloadButton(interactive=False)),
        }

    def show(self, values: Values) -> Any:
        return self.open(self.session.read(values), values) or gr.skip()

    def write(self, values: Values) -> Iterator[Updates]:
        """How far it is, and at the end the segments. A visitor who stops it, or leaves, ends the work."""
        exploration, settings = self.session.read(values).exploration, {"shortest": values[self.shortest], "least": values[self.least]}
        for news in watch(lambda progress: segments_of(self.networks, exploration, settings, progress)):
            if isinstance(news, OpenFilm):
                files = dict(zip(self.files, segment_files(news.film), strict=True))
                message, editor = describe_segments(news.film), segments_editor(news, exploration)
                yield {self.message: message, self.editor: editor, self.film: news, **files}
            else:
                yield {self.message: news if isinstance(news, str) else note(f"Looking at the whole film: {news:.0%}.")}

    def edit(self, event: gr.EventData, values: Values) -> Any:
        """The segments as a visitor has changed them, all of them; those of a film that is no longer open are dropped."""
        try:
            film = take_edit(values[self.film], event.film, event.segments)
        except USER_ERRORS as error:
            return {self.message: note(str(error), "refused")}
        if film is None:
            return gr.skip()
        files = zip(self.files, segment_files(film.film), strict=True)
        return {self.message: describe_segments(film.film, "edited"), self.film: film, **dict(files)}


def describe_stop(film: OpenFilm | None) -> Markup:
    """Segments that were found before stay."""
    return note("Stopped. The segments below are those found before." if film else STOPPED)


def is_open(film: OpenFilm | None, exploration: Exploration) -> bool:
    """Whether the segments are those of the video that is looked at, however it is looked at."""
    return film is not None and film.path == exploration.info.path


def take_edit(film: OpenFilm | None, key: str, rows: Any) -> OpenFilm | None:
    """The film with its segments as the editor sends them; None where they are of another film. Raises ValueError for what cannot be."""
    if film is None or film.key != key:
        return None
    return replace(film, film=replace(film.film, segments=read_segments(rows)))


def segments_of(networks: NetworkLibrary, exploration: Exploration | None, settings: dict[str, Any], progress: Any) -> OpenFilm | Markup:
    """The segments of the video that is looked at, by the network and in windows as long as the clip; or why there are none."""
    if exploration is None:
        return note("Look at a video first.")
    try:
        config = config_of(SegmentConfig, {name: value or None if name == "shortest" else value for name, value in settings.items()})
        scores = networks.score_film(str(exploration.info.path), exploration.network, progress, **parameters_of(exploration.config))
    except USER_ERRORS as error:
        return note(str(error), "refused")
    return OpenFilm(secrets.token_hex(8), exploration.info.path, find_segments(scores, config))


def segments_editor(film: OpenFilm, exploration: Exploration | None) -> Markup:
    facts = segments_as_facts(film.film)
    order = list(dict.fromkeys(segment.label for segment in film.film.segments if segment.label in film.film.labels))
    return render(
        "segments.html",
        film=film.key,
        duration=film.film.duration,
        least=LEAST_SECONDS,
        segments=facts["segments"],
        order=order,
        colours=list(SERIES),
        labels=film.film.labels,
        thumbnails=exploration.whole_video.thumbnails if exploration else None,
    )


def read_segments(rows: Any) -> tuple[Segment, ...]:
    """Segments as the editor sends them. Raises ValueError for anything else."""
    try:
        return tuple(map(read_segment, rows))
    except (TypeError, KeyError, AttributeError):
        raise ValueError("segments have a start, an end, a class and a probability; reload the page") from None


def read_segment(row: dict[str, Any]) -> Segment:
    probability = row["probability"]
    return Segment(float(row["start"]), float(row["end"]), row["class"].strip(), None if probability is None else float(probability))


def segment_files(film: FilmSegments) -> list[gr.DownloadButton]:
    """Buttons with files in a new folder of the page's own, in each format."""
    folder = own_folder()
    paths = [folder / f"segments{ending}" for ending in DOWNLOADS]
    for path in paths:
        path.write_text(SEGMENT_FILES[path.suffix](film), encoding="utf-8")
    return [gr.DownloadButton(value=str(path), interactive=True) for path in paths]


def describe_segments(film: FilmSegments, state: str = "found") -> Markup:
    """How many there are of how many classes, and which takes most of the time."""
    seconds: dict[str, float] = {}
    for segment in film.segments:
        seconds[segment.label] = seconds.get(segment.label, 0.0) + segment.end - segment.start
    label, count, names = max(seconds, key=seconds.__getitem__), len(film.segments), len(seconds)
    return note(
        f"{count} segment{'s' * (count != 1)} {state} in {film.video}, with {names} name{'s' * (names != 1)}; "
        f"{label} takes {seconds[label]:.1f} of {film.duration:.1f} s. The network is {film.network}."
    )
