"""What-if questions as a table (reversed, frozen, module off ...), their answers, and the share of motion in a decision."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import sqrt

import numpy as np
import torch
from einops import reduce, repeat
from jaxtyping import Float, UInt8

from workbench.data.class_symmetry import mirror_partners, reversal_partners
from workbench.explore.explorer import FRAMES_AT_ONCE, Exploration, Explorer
from workbench.model.interventions import alter_motion, without_motion
from workbench.model.msnet import MSNet

PARTNER_LABELS: dict[str, Callable[[Sequence[str]], dict[int, int]]] = {"mirrored": mirror_partners, "reversed": reversal_partners}


@dataclass(frozen=True)
class EquivarianceCheck:
    """What the answer to an altered clip should be, and was. Names of classes; expected is None where the decision has no partner."""

    question: str
    decision: str
    expected: str | None
    answer: str

    @property
    def passed(self) -> bool | None:
        """None: there is no check, since the class has no partner."""
        return None if self.expected is None else self.answer == self.expected

    @property
    def sentence(self) -> str:
        if self.passed is None:
            return f"{self.question}: {self.decision} has no partner among the classes, so nothing is asked"
        should = f"{self.decision} → {self.expected}" if self.decision != self.expected else f"{self.decision} stays"
        return f"{self.question}: {should}: pass" if self.passed else f"{self.question}: {should}: fail, the answer is {self.answer}"


def check_equivariance(
    labels: Sequence[str], unaltered: Float[np.ndarray, " k"], altered: Mapping[str, Float[np.ndarray, " k"]]
) -> tuple[EquivarianceCheck, ...]:
    """A check for mirroring and one for reversal. unaltered `k`: the answer to the clip; altered: by question, as in PARTNER_LABELS.

    Passed iff the most probable class of the altered clip is the partner of that of the clip as seen.
    """
    decided, checks = int(unaltered.argmax()), []
    for question, find in PARTNER_LABELS.items():
        partner = find(labels).get(decided)
        expected = None if partner is None else labels[partner]
        checks.append(EquivarianceCheck(question, labels[decided], expected, labels[int(altered[question].argmax())]))
    return tuple(checks)


def motion_share(unaltered: Float[np.ndarray, " k"], frozen: Float[np.ndarray, " k2"]) -> float:
    """The share, in [0, 1], of the decided class's lead over chance that is lost when the frames of the clip stand still.

    unaltered `k`: probabilities for the clip. frozen `k`: those for the same frames without motion, that is, the softmax of the
    mean of the logits of t clips, each of which shows one of the t frames all the time. With c the most probable class,

        share = (unaltered[c] - frozen[c]) / (unaltered[c] - 1 / k),  kept within [0, 1].

    0: the frames alone, one by one, lead as surely to the decision. 1: they say no more for it than a guess, 1 / k, does.
    The frozen clips hold all of the appearance, every frame, and none of the motion; the network combines frames by the
    mean of their logits, and so are the clips combined. So the share is 0 for every clip of a network that looks at frames
    one by one (TSN), and for every network of a clip in which nothing changes. Motion here is all that frames say together
    and not apart: their order and what matching finds. A decision that nothing moves rests on the absence of motion, which
    frozen frames do not lack: its share is 0.

    Of classes that are equally probable the one that loses most counts; where all are, there is no decision, and it is 0.
    The order of the classes does not matter. Raises ValueError where the two are not the same number of classes.
    """
    if unaltered.shape != frozen.shape or not len(unaltered):
        raise ValueError(f"both answers must be about the same classes, got {len(unaltered)} and {len(frozen)}")
    most = unaltered.max()
    loss, lead = float((most - frozen)[unaltered == most].max()), float(most - 1 / len(unaltered))
    return min(max(loss / lead, 0.0), 1.0) if lead > 1e-6 else 0.0


def shuffled_order(num_frames: int) -> list[int] | None:
    """Frames by the fractional part of their number times the golden ratio: 0 5 2 7 4 1 6 3 of eight.

    Always the same; steps forward and back take turns, so that no direction is kept. From three frames on it is neither
    the order of the clip nor, since it begins with frame 0, its reversal; None for fewer, which have no other order.
    """
    golden = (sqrt(5) - 1) / 2
    return sorted(range(num_frames), key=lambda frame: frame * golden % 1) if num_frames > 2 else None


def same_network(model: MSNet) -> MSNet:
    return model


def same_clip(exploration: Exploration) -> UInt8[np.ndarray, "1 t s s 3"]:
    return exploration.crops[None]


def shuffle(exploration: Exploration) -> UInt8[np.ndarray, "1 t s s 3"] | None:
    order = shuffled_order(len(exploration.crops))
    return None if order is None else exploration.crops[None, order]


def freeze(exploration: Exploration) -> UInt8[np.ndarray, "t t s s 3"]:
    """As many clips as there are frames, each of one frame only: together all of the appearance and none of the motion."""
    return repeat(exploration.crops, "n h w c -> n t h w c", t=len(exploration.crops))


@dataclass(frozen=True)
class Question:
    """One thing altered, all else as it was.

    description: what is done, a sentence. clips: what the network is shown, `n t s s 3`; the logits of several clips are
    averaged, as the network averages those of frames. network: the one that answers. Where either is None the question has
    no answer, and why_not says so.
    """

    name: str
    description: str
    clips: Callable[[Exploration], np.ndarray | None] = same_clip
    network: Callable[[MSNet], MSNet | None] = same_network
    why_not: str = ""


UNALTERED = Question("as seen", "Nothing is altered.")
QUESTIONS = (
    Question("reversed", "The frames run backwards.", lambda exploration: exploration.crops[None, ::-1]),
    Question("shuffled", "The frames come in another order, forward and back in turn.", shuffle, why_not="two frames have no other order"),
    Question("frozen", "Each frame in turn stands still for a whole clip; the answers are averaged.", freeze),
    Question("mirrored", "Left and right of every frame are exchanged.", lambda exploration: exploration.crops[None, :, :, ::-1]),
    Question("half speed", "The first half of the clip takes all of its time, with the frames in between.",
             lambda exploration: None if exploration.slow is None else exploration.slow[None],
             why_not="the video shows nothing in between"),
    Question("module off", "The motion module adds nothing to the features.",
             network=lambda model: without_motion(model) if model.motion else None, why_not="this network has no motion module"),
    Question("displacement zero", "The module finds that nothing moves, as confident as before.",
             network=lambda model: alter_motion(model, "displacement zero") if model.motion else None,
             why_not="this network has no motion module"),
)  # fmt: skip


@dataclass(frozen=True)
class WhatIfAnswer:
    """The answer to a question, probabilities `k`; None where it cannot be asked of this clip or network, and why_not says so.

    name, description: of the question.
    """

    name: str
    description: str
    probabilities: Float[np.ndarray, " k"] | None
    why_not: str = ""


@dataclass(frozen=True)
class WhatIf:
    """What a network answers to a clip as seen, `k`, and to each question. checks: mirroring and reversal, by partners.

    motion_share: how much the decision rests on motion, in [0, 1], as the function of this name defines it.
    """

    labels: tuple[str, ...]
    unaltered: Float[np.ndarray, " k"]
    answers: tuple[WhatIfAnswer, ...]
    checks: tuple[EquivarianceCheck, ...]
    motion_share: float

    def answer(self, name: str) -> WhatIfAnswer:
        """Raises ValueError for a name that is no question's."""
        named = {answer.name: answer for answer in self.answers}
        if name not in named:
            raise ValueError(f"the question must be one of {', '.join(named)}, got {name!r}")
        return named[name]

    def change(self, name: str) -> Float[np.ndarray, " k"] | None:
        """Of the probabilities, against the clip as seen; None without an answer. Raises ValueError likewise."""
        probabilities = self.answer(name).probabilities
        return None if probabilities is None else probabilities - self.unaltered

    def top(self, count: int = 5) -> list[int]:
        """Numbers of the classes that reach highest, as seen or in any answer; the decided one first."""
        others = [answer.probabilities for answer in self.answers if answer.probabilities is not None]
        highest = np.max([self.unaltered, *others], axis=0)
        decided = int(self.unaltered.argmax())
        others = [number for number in np.argsort(-highest, kind="stable").tolist() if number != decided]
        return [decided, *others][:count]


def what_if(explorer: Explorer, exploration: Exploration) -> WhatIf:
    """Asks all QUESTIONS about the clip of an exploration, in one pass for each network: itself, module off, displacement zero.

    Raises ValueError where the exploration is another network's.
    """
    if (explorer.name, explorer.labels) != (exploration.network, exploration.labels):
        raise ValueError(f"this clip was looked at by another network, {exploration.network!r}; look at it with {explorer.name!r} first")
    probabilities = ask_questions(explorer, exploration, (UNALTERED, *QUESTIONS))
    unaltered = probabilities[UNALTERED.name]
    answers = [
        WhatIfAnswer(each.name, each.description, probabilities.get(each.name), "" if each.name in probabilities else each.why_not)
        for each in QUESTIONS
    ]

    return WhatIf(
        labels=explorer.labels,
        unaltered=unaltered,
        answers=tuple(answers),
        checks=check_equivariance(explorer.labels, unaltered, probabilities),
        motion_share=motion_share(unaltered, probabilities["frozen"]),
    )


def ask_questions(explorer: Explorer, exploration: Exploration, questions: Sequence[Question]) -> dict[str, Float[np.ndarray, " k"]]:
    """Probabilities by the name of the question, one pass for each network; those without an answer are missing."""
    probabilities = {}
    for network in dict.fromkeys(question.network for question in questions):
        model = network(explorer.model)
        shown = {question.name: question.clips(exploration) for question in questions if question.network is network and model}
        shown = {name: clips for name, clips in shown.items() if clips is not None}
        if shown:
            probabilities |= zip(shown, classify_groups(replace(explorer, model=model), list(shown.values())), strict=True)
    return probabilities


@torch.inference_mode()
def classify_groups(explorer: Explorer, groups: Sequence[UInt8[np.ndarray, "_ t s s 3"]]) -> list[Float[np.ndarray, " k"]]:
    """Probabilities for each group of clips, from the mean of its clips' logits."""
    clips = [clip for group in groups for clip in group]
    at_once = max(FRAMES_AT_ONCE // len(clips[0]), 1)
    batches = (explorer.as_input(np.stack(clips[first : first + at_once])) for first in range(0, len(clips), at_once))
    parts = torch.cat([explorer.model(batch).logits.cpu() for batch in batches]).split([len(group) for group in groups])
    return [reduce(part, "n k -> k", "mean").softmax(dim=0).numpy() for part in parts]
