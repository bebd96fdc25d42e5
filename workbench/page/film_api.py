"""The endpoints that take long: whole films, many videos, and files; they say how far they are and can be cancelled."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import wraps
from inspect import Parameter, signature
from pathlib import Path
from typing import Any, no_type_check

import gradio as gr

from workbench.draw.video import write_annotated_video
from workbench.explore.annotations import SEGMENT_FILES, choose_format, segments_as_facts
from workbench.explore.config import LookConfig
from workbench.explore.explorer import Exploration
from workbench.explore.export import SCHEMA, as_facts, film_as_facts
from workbench.explore.segments import FilmSegments, SegmentConfig, find_segments
from workbench.page.correspondences import first_selection
from workbench.page.download import Stopped, own_folder, watch, whole_report
from workbench.page.networks import USER_ERRORS, NetworkLibrary
from workbench.page.tab import Selection, Session
from workbench.parameters import config_of

MOST_VIDEOS = 100  # of one call
PROGRESS_OF_CALL = gr.Progress()  # Gradio fills it in for each call
TellShare = Callable[[float], None]


@dataclass(frozen=True)
class FilmApi:
    """Each question takes videos, the name of a network ("" for the first), and in `wishes` the fields of `LookConfig`; it tells
    `progress` the share that is done, which ends the work where it raises.

    Raises ValueError (VideoError for a file) with one sentence.
    """

    library: NetworkLibrary

    def predict_many(self, progress: TellShare, videos: list[str] | None, network: str = "", wishes: Any = None) -> list[dict[str, Any]]:
        """For each video, in order, what `/predict` says of it, or under "error" a sentence why it says nothing."""
        if not videos or len(videos) > MOST_VIDEOS:
            raise ValueError(f"give 1 to {MOST_VIDEOS} videos, got {len(videos or ())}")
        self.library.explorer(network)  # a network that is none is no error of a video, nor a wish
        config_of(LookConfig, mapping("wishes", wishes))
        return [self.predict_one(progress, number / len(videos), video, network, wishes) for number, video in enumerate(videos)]

    def predict_one(self, progress: TellShare, share: float, video: str, network: str, wishes: Any) -> dict[str, Any]:
        progress(share)
        try:
            return as_facts(self.look(video, network, wishes))
        except USER_ERRORS as error:
            return {"schema": SCHEMA, "video": {"name": Path(video).name}, "error": str(error)}

    def scores(self, progress: TellShare, video: str, network: str = "", wishes: Any = None) -> dict[str, Any]:
        """Every class with its probability in windows that slide over the whole video."""
        return film_as_facts(self.library.score_film(video, network, progress, **mapping("wishes", wishes)))

    def segments(self, progress: TellShare, video: str, network: str = "", wishes: Any = None, cut: Any = None) -> dict[str, Any]:
        """Which class the film shows from when to when. cut: fields of `SegmentConfig`."""
        return segments_as_facts(self.find(progress, video, network, wishes, cut))

    def segments_file(
        self, progress: TellShare, video: str, network: str = "", wishes: Any = None, cut: Any = None, ending: str | None = "eaf"
    ) -> str:
        """The same as a file: "eaf" for ELAN, "csv" or "json"."""
        name = f"segments.{(ending or 'eaf').strip().lstrip('.') or 'eaf'}"
        as_text = choose_format(Path(name), SEGMENT_FILES)
        text = as_text(self.find(progress, video, network, wishes, cut))
        path = own_folder() / Path(name).name
        path.write_text(text, encoding="utf-8")
        return str(path)

    def annotated(self, progress: TellShare, video: str, network: str = "", wishes: Any = None) -> str:
        """The annotated video of the span that the wishes have, by default of the whole video, as an MP4 file."""
        exploration = self.look(video, network, wishes)
        path, explorer = own_folder() / "annotated.mp4", self.library.explorer(exploration.network)
        try:
            write_annotated_video(path, explorer, exploration.info.path, exploration.config, progress)
        except Stopped:
            shutil.rmtree(path.parent, ignore_errors=True)
            raise
        return str(path)

    def report(self, progress: TellShare, video: str, network: str = "", wishes: Any = None) -> str:
        """The report on a look at a clip, as one HTML file."""
        progress(0.0)
        exploration = self.library.scan(self.look(video, network, wishes))
        progress(0.3)
        html = whole_report(self.library, exploration, Session(exploration, first_selection(exploration, Selection())))
        path = own_folder() / "report.html"
        path.write_text(html, encoding="utf-8")
        return str(path)

    def find(self, progress: TellShare, video: str, network: str, wishes: Any, cut: Any) -> FilmSegments:
        config = config_of(SegmentConfig, mapping("cut", cut))
        return find_segments(self.library.score_film(video, network, progress, **mapping("wishes", wishes)), config)

    def look(self, video: str, network: str, wishes: Any) -> Exploration:
        return self.library.look_at_span(video, network, **mapping("wishes", wishes))


def follow(question: Callable[..., Any]) -> Callable[..., Iterator[Any]]:
    """The question as Gradio runs what takes long: nothing again and again while it works, the share that is done as progress, and at last
    the answer. What cannot be done reaches the program as a sentence; a call that is cancelled ends the work."""

    @wraps(question)
    @no_type_check  # what checks types would wrap it, and Gradio would not see that it goes on after its first news
    def answer_in_time(*values: Any) -> Iterator[Any]:
        *parts, progress = values
        try:
            for news in watch(lambda tell: question(tell, *parts)):
                if isinstance(news, float):
                    progress(news)
                yield None if isinstance(news, float) else news
        except USER_ERRORS as error:
            raise gr.Error(str(error), print_exception=False) from None

    # What Gradio reads: the names of the parts, and that its progress, which it knows by the default, comes after them.
    own = signature(question)
    parts = [each for each in own.parameters.values() if each.name != "progress"]
    last = Parameter("progress", Parameter.POSITIONAL_OR_KEYWORD, default=PROGRESS_OF_CALL)
    answer_in_time.__signature__ = own.replace(parameters=[*parts, last])  # pyright: ignore
    return answer_in_time


def mapping(name: str, values: Any) -> dict[str, Any]:
    """A parameter of names with values, as a program sent it; none for nothing. Raises ValueError for anything else."""
    if values and not isinstance(values, dict):
        raise ValueError(f'{name} are names with values, such as {{"start": 1.5}}, got {values!r}')
    return values or {}
