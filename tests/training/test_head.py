"""Logistic regression on features, and the rounds in which takes are held out."""

import numpy as np
import pytest
import torch

from workbench.training.head import TEST_ROUNDS, fit_head, rounds_of


@pytest.fixture
def clusters() -> tuple[torch.Tensor, np.ndarray]:
    """Sixty clips of three classes, apart in the first two of eight features, which have scales of their own."""
    labels = np.arange(60) % 3
    middles = torch.tensor([[0.0, 0.0], [3.0, 0.0], [0.0, 3.0]])[labels]
    noise = torch.randn(60, 8, generator=torch.Generator().manual_seed(0))
    features = 0.3 * noise
    features[:, :2] += middles
    return features * torch.logspace(-3, 3, 8) + 5, labels


def test_separable_classes_are_learned_without_a_mistake(clusters: tuple[torch.Tensor, np.ndarray]) -> None:
    features, labels = clusters
    assert np.array_equal(fit_head(features, labels, 3)(features).argmax(dim=1).numpy(), labels)


def test_the_same_clips_give_the_same_head(clusters: tuple[torch.Tensor, np.ndarray]) -> None:
    """To the bit, whatever torch's generator has drawn before."""
    one = fit_head(*clusters, 3)
    torch.rand(7)
    two = fit_head(*clusters, 3)
    assert torch.equal(one.weight, two.weight) and torch.equal(one.bias, two.bias)


def test_the_scale_of_a_feature_does_not_matter(clusters: tuple[torch.Tensor, np.ndarray]) -> None:
    features, labels = clusters
    scale = torch.logspace(2, -2, 8)
    other = fit_head(features * scale, labels, 3)
    torch.testing.assert_close(other(features * scale), fit_head(features, labels, 3)(features), atol=1e-2, rtol=1e-3)


def test_a_class_counts_as_much_as_another() -> None:
    """Of 300 clips about 1 and 30 about -1, spread alike, the border lies in the middle."""
    labels = np.array([0] * 300 + [1] * 30)
    spread = torch.linspace(-1.5, 1.5, 300), torch.linspace(-1.5, 1.5, 30)
    head = fit_head(torch.cat([1 + spread[0], -1 + spread[1]])[:, None], labels, 2)
    border = (head.bias[1] - head.bias[0]) / (head.weight[0, 0] - head.weight[1, 0])
    assert abs(float(border)) < 0.05


def test_a_feature_that_never_changes_is_harmless(clusters: tuple[torch.Tensor, np.ndarray]) -> None:
    features, labels = clusters
    head = fit_head(torch.cat([features, torch.full((60, 1), 7.0)], dim=1), labels, 3)
    assert head.weight.isfinite().all() and head.bias.isfinite().all()


@pytest.mark.parametrize("counts", [(10, 10), (7, 3), (2, 2), (40, 5)])
def test_each_take_is_held_out_once(counts: tuple[int, ...]) -> None:
    """In each round takes of every class remain to learn from, and those held out of a class follow each other."""
    labels = np.repeat(np.arange(len(counts)), counts)
    rounds = rounds_of(labels.tolist())
    assert rounds.min() >= 0 and rounds.max() < TEST_ROUNDS
    for number, count in enumerate(counts):
        mine = rounds[labels == number]
        sizes = np.bincount(mine, minlength=TEST_ROUNDS)
        assert sizes.max() <= -(-count // TEST_ROUNDS) and sizes.max() < count
        assert np.array_equal(mine, np.sort(mine))
