"""How well a shape can be told from its background: by the colours of a still, and by the motion that the network finds."""

import math

import numpy as np
import torch
from einops import rearrange, reduce
from jaxtyping import Bool, Float
from torch import Tensor

from workbench.data.alphabet import AlphabetClip, MotionAlphabet
from workbench.learn.networks import as_input, shipped_network

ROUNDING = 1e-3  # pixels: what moves less is at rest
DRIFTS = ("left", "right", "up", "down")  # letters in which one shape moves over a background at rest


def colour_and_motion(alphabet: MotionAlphabet, rounds: int = 2) -> tuple[float, float]:
    """Mean separation of moving cells from the others, by colour and by the shipped MSNet's displacement: each in [0, 1].

    By colour a cell scores how far its mean colour lies from the frame's; by motion, how far it moved. Measured on `rounds`
    clips of each drift: left, right, up and down. 0.5 is chance.
    """
    numbers = [alphabet.labels.index(letter) + turn * len(alphabet.labels) for turn in range(rounds) for letter in DRIFTS]
    clips = [alphabet[number] for number in numbers]
    lengths = found_lengths(clips)

    scores = [[separation(score, moving_cells(clip, length.shape[-2:])) for score in (colour_distance(clip, length.shape[-2:]), length)]
              for clip, length in zip(clips, lengths, strict=True)]  # fmt: skip
    by_colour, by_motion = np.mean(scores, axis=0).tolist()
    return by_colour, by_motion


@torch.inference_mode()
def found_lengths(clips: list[AlphabetClip]) -> Float[Tensor, "b p h w"]:
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
    return ((rearrange([below, up_to], "two n -> (two n)").mean()) / len(others)).item()
