"""Pairs of pictures whose true displacement is known, of the visitor or generated: the flow benchmark's report on the page."""

from collections.abc import Iterable
from itertools import islice
from pathlib import Path

import gradio as gr
from markupsafe import Markup

from workbench.data.flow_pairs import PICTURES, READERS, FlowPair, FlowPairError, read_size, read_three_files
from workbench.data.warp import FIELD_KINDS, warp_picture
from workbench.draw.flow_report import draw_flow_report
from workbench.draw.html import note, render
from workbench.explore.calibration import held_out_scenes
from workbench.explore.compare import LEAST_SIDE
from workbench.explore.config import LookConfig
from workbench.explore.explorer import Exploration
from workbench.explore.flow_benchmark import DIS, NOTHING, REFINED_NAME, FlowEvaluation, evaluate_flow
from workbench.page.controls import Values
from workbench.page.networks import USER_ERRORS, NetworkLibrary
from workbench.page.tab import NETWORK, SessionControls
from workbench.video.read import MOST_ELONGATED

MOST_SCENES = 3
SHIFT = 0.02  # of the longer side: the mean displacement of a frame that is warped
MOST_OF_PAIR = 1920 * 1200  # pixels of a picture
LEAST_OF_PAIR = LEAST_SIDE  # pixels of its shorter side
ABOUT_TRUTH = (
    "Here nobody has to be believed: the true displacement is known. The frame shown is moved by known fields, scenes are generated, or "
    "you give two pictures and the truth (`.flo`, `.npz`, `.pfm`, KITTI's `.png`), as Sintel, KITTI and Middlebury have them."
)


class TruthSection:
    """Where the pairs come from, and the report on them by the network that looks."""

    def __init__(self, networks: NetworkLibrary, session: SessionControls):
        self.networks, self.session = networks, session
        with gr.Accordion("Pairs with truth", open=False, elem_id="truth"):
            gr.HTML(note(ABOUT_TRUTH))
            with gr.Row():
                warp = gr.Button("Move the frame shown", size="sm", elem_id="truth-warp", min_width=160)
                scenes = gr.Button("Generate scenes", size="sm", elem_id="truth-scenes", min_width=160)
                kinds = sorted({*PICTURES, *READERS})
                files = gr.UploadButton(
                    "Give two pictures and the truth",
                    file_count="multiple",
                    file_types=kinds,
                    size="sm",
                    elem_id="truth-files",
                    min_width=160,
                )
            report = gr.HTML(elem_id="truth-report")
        self.outputs, inputs = (report,), session.all
        warp.click(lambda values: self.report(values, None), inputs, report, **NETWORK)
        scenes.click(lambda values: self.report(values, held_out_scenes("test", MOST_SCENES)), inputs, report, **NETWORK)
        files.upload(lambda values: self.report(values, values[files] or []), {*inputs, files}, report, **NETWORK)

    def report(self, values: Values, pairs: Iterable[FlowPair] | list[str] | None) -> Markup:
        session = self.session.read(values)
        return truth_section(self.networks, session.exploration, pairs, session.selection.pair)


def truth_section(
    networks: NetworkLibrary, exploration: Exploration | None, pairs: Iterable[FlowPair] | list[str] | None, pair: int = 0
) -> Markup:
    """How far the network that looks is from the truth, in a sentence, and the report of the benchmark in a frame.

    pairs: of known displacement; or the files of one; None moves the first frame of the pair that is shown. Resolution and layer are those
    of the look. What cannot be done is a sentence.
    """
    if exploration is None:
        return note("Look at a video first: its network is the one that is judged.")
    try:
        source, known = choose_pairs(exploration, pairs, pair)
        config = LookConfig(resolution=exploration.config.resolution, layer=exploration.config.layer)
        evaluation = evaluate_flow(islice(known, MOST_SCENES), networks.explorer(exploration.network), config)
    except USER_ERRORS as error:
        return note(str(error), "refused")
    return note(f"{source}: {describe_evaluation(evaluation)}") + render("truth.html", page=draw_flow_report(evaluation))


def choose_pairs(exploration: Exploration, pairs: Iterable[FlowPair] | list[str] | None, pair: int) -> tuple[str, Iterable[FlowPair]]:
    """Where they are from, in words, and the pairs. Raises FlowPairError for files that are none."""
    if pairs is None:
        return f"The frame of {exploration.name} at {exploration.times[pair]:.2f} s, moved", warp_frame(exploration, pair)
    if isinstance(pairs, list):
        known = read_upload([str(file) for file in pairs])
        return known.name, [known]
    return "Generated scenes", pairs


def warp_frame(exploration: Exploration, pair: int) -> list[FlowPair]:
    """The first frame of a pair as a second one, and before it what becomes it by a smooth field, one of each kind."""
    frame = exploration.frames[pair]
    return [warp_picture(frame, kind, SHIFT * max(frame.shape[:2]), seed=pair) for kind in FIELD_KINDS]


def read_upload(files: list[str]) -> FlowPair:
    """Raises FlowPairError for files that are no pair, too large, too small, or gone; their folder is not told."""
    try:
        for size in filter(None, map(read_size, map(Path, files))):
            check_pixels(*size)
        pair = read_three_files(files)
    except FlowPairError as error:
        folder = Path(next(iter(files), "")).parent
        raise FlowPairError(str(error).replace(f"{folder}/", "").replace(f"{folder}: ", "")) from error
    check_size(*pair.flow.shape[1:])
    return pair


def check_pixels(height: int, width: int) -> None:
    """Raises FlowPairError for pictures, or a truth, that are too large."""
    if height * width > MOST_OF_PAIR:
        raise FlowPairError(f"the pictures have {width} x {height} pixels, at most {MOST_OF_PAIR} are taken here; make them smaller")


def check_size(height: int, width: int) -> None:
    """Raises FlowPairError for pictures that are too large, too small or too narrow."""
    check_pixels(height, width)
    size = f"the pictures have {width} x {height} pixels"
    if min(height, width) < LEAST_OF_PAIR:
        raise FlowPairError(f"{size}, at least {LEAST_OF_PAIR} to a side are needed; give larger ones")
    if max(height, width) > MOST_ELONGATED * min(height, width):
        raise FlowPairError(f"{size}, where one side may have {MOST_ELONGATED} times those of the other; crop them")


def describe_evaluation(evaluation: FlowEvaluation) -> str:
    """The mean endpoint errors in a sentence."""
    means = evaluation.means().set_index("method")
    own, refined = means.loc[evaluation.network], means.loc[REFINED_NAME.format(evaluation.network)]
    nothing, flow, count = means.loc[NOTHING], means.loc[DIS], len(evaluation.pairs)
    return (
        f"over {count} pair{'s' * (count != 1)} {evaluation.network} is {own['all']:.2f} px off in the mean, "
        f"refined {refined['all']:.2f} px; optical flow (DIS) {flow['all']:.2f} px, "
        f"and the guess that nothing moves {nothing['all']:.2f} px."
    )
