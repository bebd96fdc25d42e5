"""Measurements for lessons over many clips: separability by colour and by motion, causes of failures."""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from einops import reduce
from jaxtyping import Bool, Float, Int
from torch import Tensor

from workbench.data.alphabet.dataset import AlphabetClip, MotionAlphabet
from workbench.data.alphabet.motions import ALPHABET, mirror_motion, reverse_motion
from workbench.explore.config import EstimateName, LookConfig
from workbench.explore.explorer import Explorer
from workbench.explore.probability import LEAST_PROBABILITY
from workbench.explore.reliability import MatchIssue, find_issues
from workbench.lessons.failures import FailureClip
from workbench.lessons.scene import Scene, as_input, shipped_network

MOTION_NAMES = [motion.name for motion in ALPHABET]
ROUNDS = 2  # clips of each letter in a measurement
PARTNER_INDICES = {
    name: torch.tensor([MOTION_NAMES.index(find(motion).name) for motion in ALPHABET])
    for name, find in {"mirrored": mirror_motion, "reversed": reverse_motion}.items()
}


@dataclass(frozen=True)
class ClipBatch:
    """input `b t 3 h w`, as networks take it; truth `b`, the number of each clip's letter."""

    input: Float[Tensor, "b t 3 h w"]
    truth: Int[Tensor, " b"]

    def shares(self, logits: Float[Tensor, "b k"], partner: str) -> dict[str, float]:
        """How often the answer is the clip's own letter; the same, and how often it is the partner's, where the two differ.

        partner: "mirrored" or "reversed".
        """
        partners, answers = PARTNER_INDICES[partner][self.truth], logits.argmax(dim=-1)
        right, differ = answers == self.truth, partners != self.truth
        columns = {
            "own name: all letters": right,
            "own name: letters with a partner": right[differ],
            "partner's name: same letters": (answers == partners)[differ],
        }
        return {name: hits.float().mean().item() for name, hits in columns.items()}


def sample_clips(scene: Scene) -> ClipBatch:
    """Two clips of every letter, with the scene's camouflage, speed, repetition and seed."""
    numbers, alphabet = range(ROUNDS * len(MOTION_NAMES)), scene.alphabet
    frames = np.stack([alphabet[number].frames for number in numbers])
    return ClipBatch(as_input(frames), torch.tensor([number % len(MOTION_NAMES) for number in numbers]))


ROUNDING = 1e-3  # pixels: what moves less is at rest
DRIFTS = ("left", "right", "up", "down")  # letters in which one shape moves over a background at rest


def colour_and_motion(alphabet: MotionAlphabet) -> tuple[float, float]:
    """Mean separation of moving cells from the others, by colour and by the shipped MSNet's displacement: each in [0, 1].

    By colour a cell scores how far its mean colour lies from the frame's; by motion, how far it moved. Measured on two clips
    of each drift: left, right, up and down. 0.5 is chance.
    """
    numbers = [alphabet.labels.index(motion) + turn * len(alphabet.labels) for turn in range(ROUNDS) for motion in DRIFTS]
    clips = [alphabet[number] for number in numbers]
    lengths = network_lengths(clips)

    grid = (lengths.shape[-2], lengths.shape[-1])
    scores = [[separation(score, moving_cells(clip, grid)) for score in (colour_distance(clip, grid), length)]
              for clip, length in zip(clips, lengths, strict=True)]  # fmt: skip
    by_colour, by_motion = np.mean(scores, axis=0).tolist()
    return by_colour, by_motion


@torch.inference_mode()
def network_lengths(clips: list[AlphabetClip]) -> Float[Tensor, "b p h w"]:
    """How far each cell moved by the shipped MSNet, in units of the window's reach."""
    motion = shipped_network().model(as_input(np.stack([clip.frames for clip in clips]))).motion
    return motion.displacement.norm(dim=2)


def colour_distance(clip: AlphabetClip, grid: tuple[int, int]) -> Float[Tensor, "p h w"]:
    """How far the mean colour of each cell lies from that of its frame, in grey levels; the last frame has no pair."""
    frames, (rows, columns) = torch.from_numpy(clip.frames[:-1]).float(), grid
    colours = reduce(frames, "p (h i) (w j) c -> p c h w", "mean", h=rows, w=columns)
    return (colours - reduce(colours, "p c h w -> p c 1 1", "mean")).norm(dim=1)


def moving_cells(clip: AlphabetClip, grid: tuple[int, int]) -> Bool[Tensor, "p h w"]:
    """The cells that truly move at least half as far as the fastest one of the clip."""
    truth, (rows, columns) = torch.from_numpy(clip.displacement), grid
    length = reduce(truth, "p xy (h i) (w j) -> p xy h w", "mean", h=rows, w=columns).norm(dim=1)
    return (length > ROUNDING) & (length >= length.max() / 2)


def separation(score: Float[Tensor, "*n"], moving: Bool[Tensor, "*n"]) -> float:
    """The chance that a moving cell, drawn at random, scores higher than a resting one; equals count half. nan without either.

    Source: the area under the ROC curve, by way of ranks (Mann and Whitney, 1947).
    """
    ours, others = score[moving], score[~moving]
    if not (len(ours) and len(others)):
        return math.nan
    others = others.sort().values
    below, up_to = (torch.searchsorted(others, ours, right=right).double() for right in (False, True))
    return (torch.cat([below, up_to]).mean() / len(others)).item()


@dataclass(frozen=True)
class FailureMatch:
    """What a shipped network made of a clip, on its cells: error in pixels against the exact displacement.

    error `p h w` (endpoint error against the mean displacement of a cell's pixels); reasons `p h w`, numbers of `MatchIssue`;
    probability `p h w`: that the match is right within a cell, by the network's calibration; mask `p h w`: the cause concerns at least
    half of the cell's pixels. wrong: those that are off by more than a cell. cell: pixels.
    """

    displacement: Float[Tensor, "p 2 h w"]
    confidence: Float[Tensor, "p h w"]
    probability: Float[Tensor, "p h w"]
    error: Float[Tensor, "p h w"]
    reasons: Int[Tensor, "p h w"]
    mask: Bool[Tensor, "p h w"]
    cell: int

    @property
    def wrong(self) -> Bool[Tensor, "p h w"]:
        return self.mask & (self.error > self.cell)

    @property
    def wrong_share(self) -> float:
        """Of the cells that the cause concerns."""
        return (self.wrong.sum() / self.mask.sum()).item()

    @property
    def median_error(self) -> float:
        """Pixels, over the cells that the cause concerns."""
        return self.error[self.mask].median().item()

    @cached_property
    def tally(self) -> dict[MatchIssue, float]:
        """The share of each reason among the wrong cells; nothing where none is wrong."""
        hits = self.reasons[self.wrong]
        return {reason: (hits == reason).float().mean().item() for reason in MatchIssue} if len(hits) else {}

    @property
    def majority(self) -> MatchIssue:
        """The reason found most often among the wrong cells."""
        return max(self.tally, key=self.tally.__getitem__, default=MatchIssue.NONE)

    @property
    def false_alarms(self) -> float:
        """The share of these cells that are within a cell of the truth and yet objected to."""
        return (self.reasons[self.mask & ~self.wrong] > 0).float().mean().item()

    def doubted_shares(self) -> tuple[float, float]:
        """How many of the wrong cells, and of the others that the cause concerns, are less likely right than wrong; nan of none."""
        doubted = (self.probability < LEAST_PROBABILITY).float()
        return doubted[self.wrong].mean().item(), doubted[self.mask & ~self.wrong].mean().item()


LEAST_CONFIDENCE = 0.9  # of msnet-tiny: right matches of whole cells reach 0.98; nine in ten on another picture stay below


def match_failure(failure: FailureClip, network: str = "msnet-tiny", estimate: EstimateName = "network") -> FailureMatch:
    """Let a shipped network match the clip, and compare. estimate: as the network uses it, or "refined" as for display.

    The reasons are those of msnet-tiny, whose correlations their threshold of a weak match is made for.
    Raises ValueError for a network without motion.
    """
    config = LookConfig(resolution=failure.frames.shape[1], estimate=estimate)
    matched = Explorer.of(shipped_network(network), network).match(failure.frames, config)
    if matched is None:
        raise ValueError(f"{network} matches nothing: it has no motion module")

    cell = round(matched.cell)
    displacement, confidence, probability = map(torch.from_numpy, (matched.displacement(), matched.confidence(), matched.probability()))
    truth, mask = (mean_of_cells(pixels, cell) for pixels in (failure.displacement, failure.mask))
    return FailureMatch(
        displacement, confidence, probability, (displacement - truth).norm(dim=1),
        find_issues(matched.correlation, confidence < LEAST_CONFIDENCE, matched.motion.dilation), mask >= 0.5, cell,
    )  # fmt: skip


def mean_of_cells(pixels: np.ndarray, cell: int) -> Tensor:
    return reduce(torch.from_numpy(pixels.astype(np.float32)), "... (h y) (w x) -> ... h w", "mean", y=cell, x=cell)
