"""The tab What if?: the answers to altered clips and networks as a chart and text."""

import gradio as gr
from markupsafe import Markup

from workbench.draw.html import plate, render
from workbench.draw.what_if import draw_changes
from workbench.explore.explorer import Exploration
from workbench.explore.what_if import WhatIf, WhatIfAnswer, what_if
from workbench.page.controls import Updates, Values
from workbench.page.networks import NetworkLibrary
from workbench.page.tab import Session, Tab, errors_as_html
from workbench.text import percent

VERDICTS = {None: "", True: "good", False: "bad"}  # whether the answer turned into its partner: the kind of its note


class WhatIfTab(Tab):
    name, title = "what-if", "What if?"

    def lay_out(self) -> None:
        self.answers = gr.HTML(elem_id="wonder")
        self.outputs = (self.answers,)

    def open(self, session: Session, values: Values) -> Updates:
        return {self.answers: what_if_section(self.networks, session.exploration)}


@errors_as_html
def what_if_section(networks: NetworkLibrary, exploration: Exploration | None) -> str:
    """The share of motion, pass or fail of mirroring and reversal, bars of change, and what each question did."""
    if exploration is None:
        return Markup()
    result = what_if(networks.explorer(exploration.network), exploration)
    sentences = [(answer.name, f"{answer.description} {outcome(result, answer)}") for answer in result.answers]
    about = "probability of each class, against the clip as seen"
    return render(
        "what_if.html",
        share=result.motion_share,
        decision=result.labels[int(result.unaltered.argmax())],
        checks=result.checks,
        verdicts=VERDICTS,
        questions=render("facts.html", id="questions", facts=sentences),
        chart=plate("changes", "What changes", about, draw_changes(result), describe_changes(result)),
    )


def outcome(result: WhatIf, answer: WhatIfAnswer) -> str:
    """What the network says then, or why it was not asked."""
    if answer.probabilities is None:
        return f"Not asked: {answer.why_not}."
    best = int(answer.probabilities.argmax())
    return f"Then: {result.labels[best]} ({percent(float(answer.probabilities[best]))})."


def describe_changes(result: WhatIf) -> str:
    """The bars in words, for those who cannot see them."""
    return "; ".join(f"{answer.name}: {outcome(result, answer).removeprefix('Then: ')}" for answer in result.answers)
