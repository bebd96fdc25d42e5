"""A network asked about many clips at once: which share of them it calls by their name, or by that of their partner."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from workbench.data.letters import ALPHABET, mirrored, reversed_in_time
from workbench.learn.networks import as_input
from workbench.learn.scene import Scene

LABELS = [letter.name for letter in ALPHABET]
MIRRORED = torch.tensor([LABELS.index(mirrored(letter).name) for letter in ALPHABET])
REVERSED = torch.tensor([LABELS.index(reversed_in_time(letter).name) for letter in ALPHABET])
PARTNERS = {"mirrored": MIRRORED, "reversed": REVERSED}


@dataclass(frozen=True)
class Clips:
    """input `b t 3 h w`, as networks take it; truth `b`, the number of each clip's letter."""

    input: Float[Tensor, "b t 3 h w"]
    truth: Int[Tensor, " b"]

    def shares(self, logits: Float[Tensor, "b k"], partner: str) -> dict[str, float]:
        """How often the answer is the clip's own letter; the same, and how often it is the partner's, where the two differ.

        partner: "mirrored" or "reversed".
        """
        partners, answers = PARTNERS[partner][self.truth], logits.argmax(dim=-1)
        right, differ = answers == self.truth, partners != self.truth
        columns = {
            "own name: all letters": right,
            "own name: letters with a partner": right[differ],
            "partner's name: same letters": (answers == partners)[differ],
        }
        return {name: found.float().mean().item() for name, found in columns.items()}


def many_clips(scene: Scene, rounds: int = 2) -> Clips:
    """`rounds` clips of every letter, with the scene's camouflage, speed, repetition and seed."""
    numbers, alphabet = range(rounds * len(LABELS)), scene.alphabet
    frames = np.stack([alphabet[number].frames for number in numbers])
    return Clips(as_input(frames), torch.tensor([number % len(LABELS) for number in numbers]))
