"""What if the clip or the network were another? Answers from the stored crops, beside the answer to the clip as it was seen."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from einops import reduce
from jaxtyping import Float, UInt8
from torch import Tensor

from workbench.look.explore import Exploration, Explorer
from workbench.look.motion_share import motion_share
from workbench.look.questions import AS_SEEN, QUESTIONS, Question
from workbench.look.swaps import Check, check_swaps

FRAMES_AT_ONCE = 64  # through the network: what a laptop has memory for


@dataclass(frozen=True)
class Answer:
    """The answer to a question, probabilities `k`; None where it cannot be asked of this clip or network, and why_not says so.

    name, done: of the question.
    """

    name: str
    done: str
    probabilities: Float[np.ndarray, " k"] | None
    why_not: str = ""


@dataclass(frozen=True)
class WhatIf:
    """What a network answers to a clip as seen, `k`, and to each question. checks: mirroring and reversal, by partners.

    motion_share: how much the decision rests on motion, in [0, 1], as the function of this name defines it.
    """

    labels: tuple[str, ...]
    seen: Float[np.ndarray, " k"]
    answers: tuple[Answer, ...]
    checks: tuple[Check, ...]
    motion_share: float

    def answer(self, name: str) -> Answer:
        """Raises ValueError for a name that is no question's."""
        named = {answer.name: answer for answer in self.answers}
        if name not in named:
            raise ValueError(f"the question must be one of {', '.join(named)}, got {name!r}")
        return named[name]

    def change(self, name: str) -> Float[np.ndarray, " k"] | None:
        """Of the probabilities, against the clip as seen; None without an answer. Raises ValueError likewise."""
        probabilities = self.answer(name).probabilities
        return None if probabilities is None else probabilities - self.seen

    def top(self, count: int = 5) -> list[int]:
        """Numbers of the classes that reach highest, as seen or in any answer; the decided one first."""
        given = [answer.probabilities for answer in self.answers if answer.probabilities is not None]
        highest = np.max([self.seen, *given], axis=0)
        decided = int(self.seen.argmax())
        others = [number for number in np.argsort(-highest, kind="stable").tolist() if number != decided]
        return [decided, *others][:count]


def what_if(explorer: Explorer, exploration: Exploration) -> WhatIf:
    """Asks all QUESTIONS about the clip of an exploration, in one pass for each network: itself, module off, displacement zero.

    Raises ValueError where the exploration is another network's.
    """
    if (explorer.name, explorer.labels) != (exploration.network, exploration.labels):
        raise ValueError(f"this clip was looked at by another network, {exploration.network!r}; look at it with {explorer.name!r} first")
    given = ask(explorer, exploration, (AS_SEEN, *QUESTIONS))
    seen = given[AS_SEEN.name]

    return WhatIf(
        labels=explorer.labels,
        seen=seen,
        answers=tuple(answer_of(question, given.get(question.name)) for question in QUESTIONS),
        checks=check_swaps(explorer.labels, seen, given),
        motion_share=motion_share(seen, given["frozen"]),
    )


def answer_of(question: Question, probabilities: Float[np.ndarray, " k"] | None) -> Answer:
    return Answer(question.name, question.done, probabilities, question.why_not if probabilities is None else "")


def ask(explorer: Explorer, exploration: Exploration, questions: Sequence[Question]) -> dict[str, Float[np.ndarray, " k"]]:
    """Probabilities by the name of the question; those without an answer are missing."""
    given = {}
    for network in dict.fromkeys(question.network for question in questions):
        model = network(explorer.model)
        shown = {question.name: question.clips(exploration) for question in questions if question.network is network and model}
        shown = {name: clips for name, clips in shown.items() if clips is not None}
        if shown:
            given |= zip(shown, answer_all(replace(explorer, model=model), list(shown.values())), strict=True)
    return given


@torch.inference_mode()
def answer_all(explorer: Explorer, groups: Sequence[UInt8[np.ndarray, "_ t s s 3"]]) -> list[Float[np.ndarray, " k"]]:
    """Probabilities for each group of clips, from the mean of its clips' logits."""
    clips = [clip for group in groups for clip in group]
    at_once = max(FRAMES_AT_ONCE // len(clips[0]), 1)
    logits = [logits_of(explorer, np.stack(clips[first : first + at_once])) for first in range(0, len(clips), at_once)]
    parts = torch.cat(logits).split([len(group) for group in groups])
    return [reduce(part, "n k -> k", "mean").softmax(dim=0).numpy() for part in parts]


def logits_of(explorer: Explorer, clips: UInt8[np.ndarray, "n t s s 3"]) -> Float[Tensor, "n k"]:
    return explorer.model(explorer.as_input(clips)).logits.cpu()
