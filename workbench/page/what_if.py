"""The tab What if?: the answers to altered clips and networks as a chart and text."""

from markupsafe import Markup

from workbench.draw.html import plate, render
from workbench.draw.what_if import draw_changes
from workbench.explore.explorer import Exploration
from workbench.explore.what_if import WhatIf, WhatIfAnswer, what_if
from workbench.page.components import errors_as_html
from workbench.page.networks import NetworkLibrary
from workbench.text import percent

VERDICTS = {None: "", True: "good", False: "bad"}  # whether the answer turned into its partner: the kind of its note


@errors_as_html
def what_if_section(desk: NetworkLibrary, exploration: Exploration | None) -> Markup:
    """The share of motion, pass or fail of mirroring and reversal, bars of change, and what each question did."""
    if exploration is None:
        return Markup()
    asked = what_if(desk.explorer(exploration.network), exploration)
    sentences = [(answer.name, f"{answer.description} {outcome(asked, answer)}") for answer in asked.answers]
    about = "probability of each class, against the clip as seen"
    return render(
        "what_if.html",
        share=asked.motion_share,
        decided=asked.labels[int(asked.unaltered.argmax())],
        checks=asked.checks,
        verdicts=VERDICTS,
        questions=render("facts.html", id="questions", facts=sentences),
        chart=plate("changes", "What changes", about, draw_changes(asked), describe_changes(asked)),
    )


def outcome(asked: WhatIf, answer: WhatIfAnswer) -> str:
    """What the network says then, or why it was not asked."""
    if answer.probabilities is None:
        return f"Not asked: {answer.why_not}."
    best = int(answer.probabilities.argmax())
    return f"Then: {asked.labels[best]} ({percent(float(answer.probabilities[best]))})."


def describe_changes(asked: WhatIf) -> str:
    """The bars in words, for those who cannot see them."""
    return "; ".join(f"{answer.name}: {outcome(asked, answer).removeprefix('Then: ')}" for answer in asked.answers)
