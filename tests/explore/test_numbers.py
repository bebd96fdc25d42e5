"""The numbers of the shipped networks are the same however they are asked, to the rounding of float32; half precision stays near."""

from itertools import product
from math import sqrt

import pytest
import torch
from answers import Answers, ask, generate_clips
from einops import rearrange, reduce
from torch import Tensor, nn

from workbench.explore.explorer import Explorer

CLIPS = 18  # one of each motion
NETWORKS = ("msnet-small", "msnet-tiny")
WAYS = {"alone": {"at_once": 1}, "five at once": {"at_once": 5}, "two threads": {"at_once": CLIPS, "threads": 2}}


class Usual:
    """A shipped network, its clips, what it answers to all of them at once on one thread, and what rounding may do to that.

    The sums behind a number have `terms` terms; roundings add up like a random walk, in each of two answers that are compared.
    """

    def __init__(self, name: str):
        self.explorer = Explorer.load(name)
        self.clips = generate_clips(self.explorer, CLIPS)
        self.answers = ask(self.explorer, self.clips, CLIPS)
        layers = [module for module in self.explorer.model.modules() if isinstance(module, nn.Conv2d | nn.Linear)]
        terms = sum(layer.weight[0].numel() for layer in layers)
        self.rounding = 2 * sqrt(terms) * torch.finfo(torch.float32).eps / 2
        highest = rearrange(self.answers.correlation, "b p h w dy dx -> b p h w (dy dx)").topk(2).values
        self.leads = highest[..., 0] - highest[..., 1] > 2 * self.rounding  # `b p h w`; elsewhere rounding decides which peak is the answer

    def in_float64(self) -> Answers:
        precise = Explorer.load(self.explorer.name)
        precise.model.double()
        return ask(precise, self.clips.double(), CLIPS)


@pytest.fixture(scope="module")
def usual() -> dict[str, Usual]:
    return {name: Usual(name) for name in NETWORKS}


@pytest.fixture(scope="module", params=product(NETWORKS, [*WAYS, "float64"]), ids=" ".join)
def other(request: pytest.FixtureRequest, usual: dict[str, Usual]) -> tuple[Usual, Answers]:
    """A network as asked first, and what it answers asked in another way."""
    name, way = request.param
    return usual[name], usual[name].in_float64() if way == "float64" else ask(usual[name].explorer, usual[name].clips, **WAYS[way])


def largest(change: Tensor) -> float:
    return change.abs().max().item()


def test_the_correlation_is_the_same_to_rounding(other: tuple[Usual, Answers]) -> None:
    usual, answers = other
    assert largest(answers.correlation - usual.answers.correlation) <= usual.rounding


def test_a_displacement_moves_no_more_than_the_temperature_lets_it(other: tuple[Usual, Answers]) -> None:
    """The slope of an expectation over the window is its mean deviation, at most the radius, divided by the temperature. Cells
    with two peaks of one height are few, and left out."""
    usual, answers = other
    motion = usual.explorer.model.config.motion
    moved = (answers.displacement - usual.answers.displacement).abs().amax(dim=2)
    assert usual.leads.double().mean() > 0.99
    assert largest(moved[usual.leads]) <= usual.rounding / motion.temperature * motion.radius


def test_logits_are_the_same_to_rounding(other: tuple[Usual, Answers]) -> None:
    """To that of the largest logit, which the temperature of the matching magnifies; to half a percent of it in clips where rounding
    decides between two peaks (one such cell moves a logit of msnet-tiny by 0.07 %)."""
    usual, answers = other
    certain = reduce(usual.leads, "b p h w -> b", "all")
    share = torch.where(certain, usual.rounding / usual.explorer.model.config.motion.temperature, 0.005)
    moved = (answers.logits - usual.answers.logits).abs().amax(dim=1)
    assert (moved <= share * largest(usual.answers.logits)).all()


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize(("precision", "share"), [(torch.bfloat16, 0.05), (torch.float16, 0.02)], ids=str)
def test_half_precision_stays_near(usual: dict[str, Usual], network: str, precision: torch.dtype, share: float) -> None:
    """Autocast changes logits, by at most a share of the largest, and the word of at most one clip in eighteen."""
    whole = usual[network]
    half = ask(whole.explorer, whole.clips, CLIPS, precision=precision)
    assert 0 < largest(half.logits - whole.answers.logits) <= share * largest(whole.answers.logits)
    assert (half.logits.argmax(dim=1) != whole.answers.logits.argmax(dim=1)).sum() <= 1
