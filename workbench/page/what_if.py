"""The tab What if?: the answers to altered clips and networks as a chart and text."""

from html import escape

from workbench.draw.html import bar, note, plate
from workbench.draw.what_if import draw_changes
from workbench.explore.explorer import Exploration
from workbench.explore.what_if import EquivarianceCheck, WhatIf, WhatIfAnswer, what_if
from workbench.page.components import errors_as_html
from workbench.page.networks import NetworkLibrary
from workbench.text import percent


@errors_as_html
def what_if_section(desk: NetworkLibrary, exploration: Exploration | None) -> str:
    """The share of motion, pass or fail of mirroring and reversal, bars of change, and what each question did."""
    if exploration is None:
        return ""
    asked = what_if(desk.explorer(exploration.network), exploration)
    told = "".join([motion_share_html(asked), *map(verdict, asked.checks), questions(asked)])
    chart = plate(
        "changes", "What changes", "probability of each class, against the clip as seen", draw_changes(asked), describe_changes(asked)
    )
    return f'<div class="halves"><div>{told}</div><div>{chart}</div></div>'


def motion_share_html(asked: WhatIf) -> str:
    part, decided = asked.motion_share, escape(asked.labels[int(asked.unaltered.argmax())])
    return (
        f'<div class="share" id="motion-share"><b>{percent(part)}</b><p>of the decision <b>{decided}</b> rests on motion: '
        f"what its lead over chance loses when the frames stand still, each by itself.</p>"
        f"{bar(part)}</div>"
    )


def verdict(check: EquivarianceCheck) -> str:
    """Green where the answer turned into its partner, red where it did not."""
    return note(check.sentence, "" if check.passed is None else "good" if check.passed else "bad")


def questions(asked: WhatIf) -> str:
    said = ((answer.name, f"{answer.done} {outcome(asked, answer)}") for answer in asked.answers)
    rows = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(sentence)}</dd></div>" for name, sentence in said)
    return f'<dl class="facts" id="questions">{rows}</dl>'


def outcome(asked: WhatIf, answer: WhatIfAnswer) -> str:
    """What the network says then, or why it was not asked."""
    if answer.probabilities is None:
        return f"Not asked: {answer.why_not}."
    best = int(answer.probabilities.argmax())
    return f"Then: {asked.labels[best]} ({percent(float(answer.probabilities[best]))})."


def describe_changes(asked: WhatIf) -> str:
    """The bars in words, for those who cannot see them."""
    return "; ".join(f"{answer.name}: {outcome(asked, answer).removeprefix('Then: ')}" for answer in asked.answers)
