"""The page's named endpoints, for programs that ask by gradio_client; docs/api.md says how."""

import gradio as gr

from workbench.page.api import Api
from workbench.page.components import USER_ERRORS
from workbench.page.download import write_displacement
from workbench.page.events import ONE_AFTER_THE_OTHER
from workbench.page.networks import NetworkLibrary


def answer_programs(library: NetworkLibrary) -> None:
    """Named endpoints for `gradio_client`; docs/api.md tells how to ask them."""
    api = Api(library)
    with gr.Row(visible=False):
        video, network = gr.File(label="video"), gr.Textbox("", label="network")
        wishes, knobs = gr.JSON({}, label="wishes"), gr.JSON({}, label="knobs")
        pair, row, column = (gr.Number(0, precision=0, label=name) for name in ("pair", "row", "column"))
        answer, file, ask = gr.JSON(label="answer"), gr.File(label="file"), gr.Button()
    one = [video, network, wishes]

    def networks():
        """The names of the networks to choose from."""
        return api.networks()

    def predict(video, network, wishes):
        """Every class with its probability, the frames seen, and facts about the video. wishes: fields of LookConfig."""
        return answer_or_error(api.predict, video, network, wishes=wishes)

    def displacement(video, network, wishes):
        """Displacement in pixels and confidence of all pairs, as an NPZ file. wishes: fields of LookConfig."""
        return answer_or_error(write_displacement, library, video, network, wishes=wishes)

    def why(video, network, wishes, pair, row, column, knobs):
        """How a cell of a pair, counted from 0, finds its arrow. knobs: radius, kind, sigma, exponent."""
        return answer_or_error(api.why, video, network, pair, row, column, knobs, wishes=wishes)

    def what_if(video, network, wishes):
        """The share of motion in the decision, checks of mirroring and reversal, and the answer to each question."""
        return answer_or_error(api.what_if, video, network, wishes=wishes)

    ask.click(networks, None, answer, api_name="networks", queue=False)
    ask.click(predict, one, answer, api_name="predict", **ONE_AFTER_THE_OTHER)
    ask.click(displacement, one, file, api_name="displacement", **ONE_AFTER_THE_OTHER)
    ask.click(why, [*one, pair, row, column, knobs], answer, api_name="why", **ONE_AFTER_THE_OTHER)
    ask.click(what_if, one, answer, api_name="what_if", **ONE_AFTER_THE_OTHER)


def answer_or_error(question, *inputs, wishes):
    """The answer; what cannot be done reaches the asker as a sentence."""
    try:
        return question(*inputs, **Api.mapping("wishes", wishes))
    except USER_ERRORS as refusal:
        raise gr.Error(str(refusal), print_exception=False) from None
