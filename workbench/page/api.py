"""The named endpoints for programs that ask by gradio_client: a video in, JSON out, the same as `workbench predict --json`."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import gradio as gr
import numpy as np
from numpy.typing import ArrayLike

from workbench.explore.explorer import Exploration
from workbench.explore.export import as_facts, as_npz, tracks_as_facts
from workbench.explore.matching import MatchSettings, match_in_pair
from workbench.explore.tracks import follow_points
from workbench.explore.what_if import what_if
from workbench.page.download import own_folder
from workbench.page.film_api import FilmApi, follow, mapping
from workbench.page.networks import USER_ERRORS, NetworkLibrary
from workbench.page.tab import ONE_AFTER_THE_OTHER, EventOptions
from workbench.parameters import config_of

MOST_POINTS = 1000
# As the files of the page: in a queue of their own, so that looks do not wait for what takes long.
IN_TIME: EventOptions = {"concurrency_id": "files", "concurrency_limit": 1}
Inquiry = ParamSpec("Inquiry")
Answer = TypeVar("Answer")


def add_endpoints(networks: NetworkLibrary) -> None:
    """Named endpoints for `gradio_client`; docs/api.md says how to ask them. Their parameters are those of the methods of `Api`.

    Components that nobody sees stand for the parameters. `gr.api` needs none, but hands over whatever a program sends in the place of
    a file, also the path of one that it did not upload; and it serves no file as the answer.
    """
    api = Api(networks)
    with gr.Row(visible=False):
        video, network = gr.File(label="video"), gr.Textbox("", label="network")
        wishes, settings = gr.JSON({}, label="wishes"), gr.JSON({}, label="knobs")
        pair, row, column = (gr.Number(0, precision=0, label=name) for name in ("pair", "row", "column"))
        answer, file, ask = gr.JSON(label="answer"), gr.File(label="file"), gr.Button()
    one, cell = [video, network, wishes], [video, network, wishes, pair, row, column]

    with gr.Row(visible=False):
        videos, points, cut = gr.Files(label="videos"), gr.JSON([], label="points"), gr.JSON({}, label="cut")
        start, ending = gr.Number(0, precision=0, label="frame"), gr.Textbox("eaf", label="ending")

    ask.click(api.networks, None, answer, api_name="networks", queue=False)
    ask.click(errors_to_program(api.predict), one, answer, api_name="predict", **ONE_AFTER_THE_OTHER)
    ask.click(errors_to_program(api.displacement), one, file, api_name="displacement", **ONE_AFTER_THE_OTHER)
    ask.click(errors_to_program(api.why), cell, answer, inputs_kwargs={"knobs": settings}, api_name="why", **ONE_AFTER_THE_OTHER)
    ask.click(errors_to_program(api.what_if), one, answer, api_name="what_if", **ONE_AFTER_THE_OTHER)
    ask.click(errors_to_program(api.tracks), [*one, points, start], answer, api_name="tracks", **ONE_AFTER_THE_OTHER)
    film = FilmApi(networks)
    ask.click(follow(film.predict_many), [videos, network, wishes], answer, api_name="predict_many", **IN_TIME)
    ask.click(follow(film.scores), one, answer, api_name="scores", **IN_TIME)
    ask.click(follow(film.segments), [*one, cut], answer, api_name="segments", **IN_TIME)
    ask.click(follow(film.segments_file), [*one, cut, ending], file, api_name="segments_file", **IN_TIME)
    ask.click(follow(film.annotated), one, file, api_name="annotated", **IN_TIME)
    ask.click(follow(film.report), one, file, api_name="report", **IN_TIME)


def errors_to_program(question: Callable[Inquiry, Answer]) -> Callable[Inquiry, Answer]:
    """The same question; what cannot be done reaches the program as a sentence."""

    @wraps(question)
    def answer_or_error(*args: Inquiry.args, **kwargs: Inquiry.kwargs) -> Answer:
        try:
            return question(*args, **kwargs)
        except USER_ERRORS as error:
            raise gr.Error(str(error), print_exception=False) from None

    return answer_or_error


@dataclass(frozen=True)
class Api:
    """Each question takes a video, the name of a network ("" for the first), and in `wishes` the fields of `LookConfig`.

    Raises ValueError (VideoError for a file) with one sentence.
    """

    library: NetworkLibrary

    def networks(self) -> list[str]:
        """The names of the networks to choose from."""
        return list(self.library.checkpoints())

    def predict(self, video: str, network: str = "", wishes: Any = None) -> dict[str, Any]:
        """Every class with its probability, the frames seen, and facts about the video. wishes: fields of LookConfig."""
        return as_facts(self.look(video, network, wishes))

    def displacement(self, video: str, network: str = "", wishes: Any = None) -> str:
        """Displacement in pixels and confidence of all pairs, as an NPZ file. wishes: fields of LookConfig."""
        path = own_folder() / "displacement.npz"
        path.write_bytes(as_npz(self.library.scan(self.look(video, network, wishes))))
        return str(path)

    def why(
        self, video: str, network: str, wishes: Any, pair: int | None, row: int | None, column: int | None, **settings: Any
    ) -> dict[str, Any]:
        """How a cell of a pair, counted from 0, finds its arrow. knobs: radius, kind, sigma, exponent."""
        if pair is None or row is None or column is None:
            raise ValueError(f"pair, row and column are whole numbers, counted from 0, got {pair}, {row} and {column}")
        exploration = self.look(video, network, wishes)
        if not exploration.correspondences:
            raise ValueError(f"{exploration.network} has no motion module; say a layer to match its features")
        correspondences = exploration.correspondences.of_pair(pair)
        changes = config_of(MatchSettings, mapping("knobs", settings.get("knobs")))
        match = match_in_pair(correspondences.with_settings(changes.within(correspondences.motion)), (row, column))
        surfaces = {name: getattr(match, name).tolist() for name in ("correlation", "kernel", "weights")}
        return surfaces | {"peak": list(match.peak), "displacement": list(match.displacement), "confidence": match.confidence}

    def what_if(self, video: str, network: str = "", wishes: Any = None) -> dict[str, Any]:
        """The share of motion in the decision, checks of mirroring and reversal, and the answer to each question."""
        exploration = self.look(video, network, wishes)
        result = what_if(self.library.explorer(exploration.network), exploration)

        def by_class(probabilities: ArrayLike) -> dict[str, float]:
            return dict(zip(result.labels, np.asarray(probabilities, float).tolist(), strict=True))

        return {
            "motion_share": result.motion_share,
            "as seen": by_class(result.unaltered),
            "answers": {a.name: None if a.probabilities is None else by_class(a.probabilities) for a in result.answers},
            "checks": [{"question": check.question, "passed": check.passed, "sentence": check.sentence} for check in result.checks],
        }

    def tracks(self, video: str, network: str, wishes: Any, points: Any, start: int | None = 0) -> dict[str, Any]:
        """Where points of a frame of the clip are in all its frames, which are counted from 0. points: `[[x, y], ...]`, in pixels of the
        frames shown."""
        exploration = self.look(video, network, wishes)
        if not exploration.correspondences:
            raise ValueError(f"{exploration.network} has no motion module; say a layer to match its features")
        size = exploration.frames.shape[1:3]
        return tracks_as_facts(exploration, follow_points(exploration.correspondences, as_pairs(points), start or 0, size))

    def look(self, video: str, network: str, wishes: Any) -> Exploration:
        return self.library.look_at_span(video, network, **mapping("wishes", wishes))


FARTHEST_POINT = 1e6  # pixels: beyond any picture


def is_point(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(type(part) in (int, float) and abs(part) < FARTHEST_POINT for part in value)


def as_pairs(points: Any) -> list[list[float]]:
    """Points as a program sent them. Raises ValueError for anything but pairs of numbers."""
    pairs = points if isinstance(points, list) else []
    if not pairs or len(pairs) > MOST_POINTS or not all(map(is_point, pairs)):
        raise ValueError(f"points are 1 to {MOST_POINTS} pairs of numbers, such as [[120, 80.5]], got {str(points)[:80]}")
    return pairs
