"""The tab Live: the camera's picture, and over it, as it comes, the word and where each spot goes."""

import math
from dataclasses import dataclass, field
from typing import Any

import gradio as gr

from workbench.data.probe_files import cores
from workbench.draw.html import render
from workbench.draw.legends import draw_wheel
from workbench.draw.live import colours_as_uri, list_arrows
from workbench.explore.config import LookConfig
from workbench.explore.live import LiveAnswer, LiveExplorer
from workbench.explore.matching import Correspondences
from workbench.page.controls import ESTIMATE, Inputs, LookControls, Values
from workbench.page.networks import USER_ERRORS, NetworkLibrary
from workbench.page.seats import TURN, Seats
from workbench.page.tab import EACH, EventOptions, SessionControls, Tab, read_front_file
from workbench.text import percent
from workbench.video.live import read_camera_picture
from workbench.video.read import VideoError

# One question after the other from each page, which waits for its answer: there is no queue that could grow.
LIVE: EventOptions = {**EACH, "concurrency_id": "live"}
CLIP_SECONDS = (("as trained", 0), ("1 s", 1), ("2 s", 2), ("4 s", 4))  # of the clip
WORDS_ALONE, ARROWS, COLOURS = "Words", "Arrows", "Colours"
WHEEL = 72  # pixels of the wheel that says which colour is which direction
TOO_SLOW = 2  # times as long as it should a clip may last before the page says so
FULL_COLOUR = 0.5  # of the window's reach: the displacement of full colour, the same for all pictures
ABOUT = (
    "Press Start: the last pictures of the camera are the clip. **Left and right are meant as the camera sees the world**, as in every "
    "video; in a mirror you see them exchanged: what goes right for the camera goes left on your screen. Nothing is kept."
)


class LiveTab(Tab):
    title = "Live"

    def __init__(self, networks: NetworkLibrary, session: SessionControls):
        self.seats = Seats(max(cores() // 2, 1) if networks.live is None else networks.live)
        super().__init__(networks, session)

    def lay_out(self) -> None:
        gr.Markdown(ABOUT, elem_id="live-about")
        self.camera = gr.HTML(
            html_template=render("live.html", wheel=draw_wheel(WHEEL)), elem_id="live", js_on_load=read_front_file("live.js")
        )
        with gr.Row(elem_id="live-controls"):
            info = "Words alone are fastest."
            self.style = gr.Radio([WORDS_ALONE, ARROWS, COLOURS], value=ARROWS, label="Show live", info=info, elem_id="live-style")
            info = "More for slow gestures."
            self.seconds = gr.Dropdown(list(CLIP_SECONDS), value=0, label="Live clip", info=info, elem_id="live-seconds", min_width=140)
            choices, info = list(ESTIMATE.choices[::-1]), "Refined takes about four times as long."
            self.estimate = gr.Radio(choices, value="network", label="Live displacement", info=info, elem_id="live-estimate")

    def connect(self, controls: LookControls) -> None:
        """The camera's questions, which are asked of the network that is chosen on the page."""
        self.checkpoint = controls.checkpoint
        inputs: Inputs = {self.style, self.estimate, self.seconds, self.checkpoint}
        self.camera.picture(self.answer, inputs, self.camera, **LIVE)
        self.camera.leave(self.end_visit, None, None, **LIVE)

    def answer(self, event: gr.EventData, request: gr.Request, values: Values) -> dict[str, Any]:
        """What the page shows for a picture of the camera; without a picture the place in line."""
        config = LookConfig(estimate=values[self.estimate], seconds=values[self.seconds] or None)
        question = LiveQuestion(event.number, event.time, event.picture, values[self.style], config, values[self.checkpoint])
        try:
            return {"number": question.number, **answer_live(self.networks, self.seats, request.session_hash or "", question)}
        except USER_ERRORS as error:
            return {"number": question.number, "error": str(error)}

    def end_visit(self, request: gr.Request) -> None:
        self.leave(request.session_hash or "")

    def leave(self, session_hash: str) -> None:
        self.seats.leave(session_hash)


@dataclass(frozen=True)
class LiveQuestion:
    """A picture of a camera, JPEG in base64 or None, its number and time (s) by the browser, and how it is to be answered."""

    number: Any
    time: Any
    picture: Any
    style: str = ARROWS
    config: LookConfig = field(default_factory=LookConfig)
    checkpoint: str | None = None


def answer_live(networks: NetworkLibrary, seats: Seats, session: str, question: LiveQuestion) -> dict[str, Any]:
    """What a browser shows of the answer to a question. Raises VideoError for a picture that cannot be taken, ValueError for a network
    or a setting that cannot be."""
    if place := seats.claim(session):
        return {"place": place, "sentence": describe_place(place, seats.count)}
    if question.picture is None:
        return {"place": 0}
    with seats.hold(session) as seat:
        if seat is None:
            return {"busy": True}
        time = as_seconds(question.time)
        frame = read_camera_picture(question.picture)
        explorer, config, live = networks.explorer(question.checkpoint), question.config, seat.content
        if not isinstance(live, LiveExplorer) or (live.explorer, live.config) != (explorer, config):
            live = seat.content = LiveExplorer(explorer, config)
        return show_answer(live.show(frame, time, question.style != WORDS_ALONE), question.style, frame.shape[:2])


def as_seconds(time: Any) -> float:
    if isinstance(time, int | float) and not isinstance(time, bool) and math.isfinite(time):
        return float(time)
    raise VideoError("A picture of the camera comes with the time in seconds at which it was taken.")


def describe_place(place: int, count: int) -> str:
    who = "one visitor" if count == 1 else f"{count} visitors"
    if not count:
        return "Live is switched off on this page; record a video with the webcam instead."
    return f"You are number {place} in line: {who} can be live here at once, {TURN / 60:g} minutes each while others wait."


def show_answer(answer: LiveAnswer, style: str, frame: tuple[int, int]) -> dict[str, Any]:
    """The words, and what lies over the picture."""
    words = {"word": "", "sentence": f"{answer.frames} of the {answer.length} frames of a clip so far."}
    if answer.nearest:
        label, probability = answer.nearest
        words = {"word": label, "sentence": percent(probability)}
        if answer.doubt:
            words = {"word": "", "sentence": f"{answer.doubt} The nearest is {label} ({percent(probability)})."}
    if answer.nearest and answer.span > TOO_SLOW * answer.wanted_span:
        words["slow"] = f"The pictures come slowly: this clip lasts {answer.span:.1f} s instead of {answer.wanted_span:.1f} s."
    if style == WORDS_ALONE or answer.frames < 2:
        return words
    if answer.pair is None:
        return {**words, "note": "This network matches no spots: it gives words alone."}
    return {**words, **show_pair(answer.pair, style, frame, answer.seconds)}


def show_pair(pair: Correspondences, style: str, frame: tuple[int, int], seconds: float) -> dict[str, Any]:
    [displacement], [probability] = pair.displacement(), pair.probability()
    if style == ARROWS:
        note = f"Each arrow ends where its spot is now, and begins where it was {seconds:.2f} s before; faint: uncertain."
        return {"arrows": list_arrows(displacement, probability, frame), "note": note}
    limit = FULL_COLOUR * pair.reach
    side = 100 * limit / frame[1]
    note = f"Colour: the direction of motion over {seconds:.2f} s, as on the wheel; full from {side:.2g} % of the width on."
    return {"colours": colours_as_uri(displacement, probability, limit), "note": note}
