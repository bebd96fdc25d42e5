"""Whether mirroring and reversal turn an answer into its partner, as they turn the motion."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from workbench.data.partners import mirror_partners, reversal_partners

PARTNERS: dict[str, Callable[[Sequence[str]], dict[int, int]]] = {"mirrored": mirror_partners, "reversed": reversal_partners}


@dataclass(frozen=True)
class Check:
    """What the answer to an altered clip should be, and was. Names of classes; expected is None where the decided has no partner."""

    question: str
    decided: str
    expected: str | None
    answered: str

    @property
    def passed(self) -> bool | None:
        """None: not asked, since the class has no partner."""
        return None if self.expected is None else self.answered == self.expected

    @property
    def sentence(self) -> str:
        if self.passed is None:
            return f"{self.question}: {self.decided} has no partner among the classes, so nothing is asked"
        should = f"{self.decided} → {self.expected}" if self.decided != self.expected else f"{self.decided} stays"
        return f"{self.question}: {should}: pass" if self.passed else f"{self.question}: {should}: fail, the answer is {self.answered}"


def check_swaps(labels: Sequence[str], seen: Float[np.ndarray, " k"], altered: Mapping[str, Float[np.ndarray, " k"]]) -> tuple[Check, ...]:
    """A check for mirroring and one for reversal. seen `k`: the answer to the clip; altered: by question, as in PARTNERS.

    Passed iff the most probable class of the altered clip is the partner of that of the clip as seen.
    """
    decided, checks = int(seen.argmax()), []
    for question, find in PARTNERS.items():
        partner = find(labels).get(decided)
        expected = None if partner is None else labels[partner]
        checks.append(Check(question, labels[decided], expected, labels[int(altered[question].argmax())]))
    return tuple(checks)
