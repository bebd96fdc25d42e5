"""What if? One thing of the clip or the network altered at a time, and how much of the decision rests on motion."""

from html import escape

from workbench.look.explore import Exploration
from workbench.look.swaps import Check
from workbench.look.what_if import Answer, WhatIf, what_if
from workbench.page.desk import Desk
from workbench.page.markup import bar, note, plate
from workbench.page.refusal import in_a_sentence
from workbench.view.figure import percent
from workbench.view.what_if import draw_changes


@in_a_sentence
def wonder(desk: Desk, seen: Exploration | None) -> str:
    """The share of motion, pass or fail of mirroring and reversal, bars of change, and what each question did."""
    if seen is None:
        return ""
    asked = what_if(desk.explorer(seen.network), seen)
    told = "".join([share(asked), *map(verdict, asked.checks), questions(asked)])
    chart = plate("changes", "What changes", "probability of each class, against the clip as seen", draw_changes(asked), changes(asked))
    return f'<div class="halves"><div>{told}</div><div>{chart}</div></div>'


def share(asked: WhatIf) -> str:
    part, decided = asked.motion_share, escape(asked.labels[int(asked.seen.argmax())])
    return (
        f'<div class="share" id="motion-share"><b>{percent(part)}</b><p>of the decision <b>{decided}</b> rests on motion: '
        f"what its lead over chance loses when the frames stand still, each by itself.</p>"
        f"{bar(part)}</div>"
    )


def verdict(check: Check) -> str:
    """Green where the answer turned into its partner, red where it did not."""
    return note(check.sentence, "" if check.passed is None else "good" if check.passed else "bad")


def questions(asked: WhatIf) -> str:
    said = ((answer.name, f"{answer.done} {outcome(asked, answer)}") for answer in asked.answers)
    rows = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(sentence)}</dd></div>" for name, sentence in said)
    return f'<dl class="facts" id="questions">{rows}</dl>'


def outcome(asked: WhatIf, answer: Answer) -> str:
    """What the network says then, or why it was not asked."""
    if answer.probabilities is None:
        return f"Not asked: {answer.why_not}."
    best = int(answer.probabilities.argmax())
    return f"Then: {asked.labels[best]} ({percent(float(answer.probabilities[best]))})."


def changes(asked: WhatIf) -> str:
    """The bars in words, for those who cannot see them."""
    return "; ".join(f"{answer.name}: {outcome(asked, answer).removeprefix('Then: ')}" for answer in asked.answers)
