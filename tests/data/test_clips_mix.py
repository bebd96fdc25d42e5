"""The laws of mixing clips."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from workbench.data.clips import MixedBatch, mix

LABELS = torch.arange(6)


def numbered() -> torch.Tensor:
    """Six clips of three frames of 10 x 14 pixels; every value of a clip is the clip's number."""
    return torch.arange(6.0).reshape(6, 1, 1, 1, 1).expand(6, 3, 3, 10, 14)


def mixed(kind: str, seed: int, alpha: float = 1.0) -> MixedBatch:
    return mix(numbered(), LABELS, kind, alpha, np.random.default_rng(seed))


@pytest.mark.parametrize("seed", range(5))
def test_mixup_blends_by_the_share(seed):
    """Every pixel is share times the clip's and the rest the partner's."""
    result = mixed("mixup", seed)
    expected = result.share * LABELS + (1 - result.share) * result.partners
    assert torch.allclose(result.clip, expected.reshape(6, 1, 1, 1, 1).expand_as(result.clip), atol=1e-5)
    assert torch.equal(result.labels, LABELS)
    assert sorted(result.partners.tolist()) == LABELS.tolist()


@pytest.mark.parametrize("seed", range(40))
def test_cutmix_puts_one_box_into_all_frames(seed):
    """Outside a rectangle, the same in each frame and channel, a clip is itself; inside it is its partner; the share is the
    part of the pixels outside, also where the box reaches over the rim."""
    result = mixed("cutmix", seed)
    moved = next((number for number in range(6) if result.partners[number] != number), None)
    if moved is None:
        return
    inside = result.clip[moved] == result.partners[moved]
    assert torch.equal(result.clip[moved] == moved, ~inside)
    assert torch.equal(inside, inside[:1, :1].expand_as(inside))
    rows, columns = inside[0, 0].any(1), inside[0, 0].any(0)
    assert torch.equal(inside[0, 0], rows[:, None] & columns[None])
    for line in (rows, columns):
        assert int((line[1:] != line[:-1]).sum()) <= 2
    assert result.share == pytest.approx(1 - inside[0, 0].float().mean().item(), abs=1e-6)


def test_boxes_reach_every_pixel_and_shares_spread():
    """Over many draws each pixel, the corners too, comes from the partner now and then; boxes are small and large."""
    results = [mixed("cutmix", seed) for seed in range(300)]
    replaced = torch.stack([(result.clip != numbered()).any(0)[0, 0] for result in results]).float().mean(0)
    shares = np.array([result.share for result in results])
    assert replaced.min() > 0.1
    assert 0 <= shares.min() < 0.2
    assert 0.98 < shares.max() <= 1
    assert np.histogram(shares, bins=3, range=(0.25, 1))[0].min() > 40


def test_the_loss_is_that_of_both_labels():
    """Summed cross-entropy with soft targets, share for the label and the rest for the partner's; at share 1 the plain one."""
    result, logits = mixed("mixup", 3), torch.randn(6, 7, generator=torch.Generator().manual_seed(0))
    targets = result.share * F.one_hot(result.labels, 7) + (1 - result.share) * F.one_hot(result.partners, 7)
    assert result.loss(logits).item() == pytest.approx(F.cross_entropy(logits, targets, reduction="sum").item(), rel=1e-5)
    whole = MixedBatch(result.clip, LABELS, LABELS.flip(0), 1.0)
    assert whole.loss(logits).item() == pytest.approx(F.cross_entropy(logits, LABELS, reduction="sum").item(), rel=1e-6)


@pytest.mark.parametrize("kind", ["mixup", "cutmix"])
def test_mixing_is_drawn_from_the_generator_alone(kind):
    """The same generator gives the same batch, another another; the clips given stay as they were."""
    clip = numbered().clone()
    torch.manual_seed(0)
    one = mix(clip, LABELS, kind, 0.8, np.random.default_rng(7))
    torch.manual_seed(1)
    two = mix(clip, LABELS, kind, 0.8, np.random.default_rng(7))
    assert torch.equal(one.clip, two.clip)
    assert torch.equal(one.partners, two.partners)
    assert one.share == two.share
    assert mixed(kind, 8).share != one.share
    assert torch.equal(clip, numbered())


def test_small_alpha_mixes_little():
    """Beta(0.1, 0.1) draws mostly shares near 0 or 1, Beta(20, 20) near a half."""
    ends, middle = (np.array([mixed("mixup", seed, alpha).share for seed in range(100)]) for alpha in (0.1, 20))
    assert np.median(np.abs(ends - 0.5)) > 0.45
    assert np.abs(middle - 0.5).max() < 0.3
