"""The laws of one answer from many views."""

import pytest
import torch
from einops import rearrange
from torch import Tensor, nn

from workbench.model.inference import as_probabilities, eval_mode, pooled_features, score_views
from workbench.model.msnet import MSNet


def normalise(frames: Tensor) -> Tensor:
    return rearrange(frames, "n t h w c -> n t c h w") / 128 - 1


@pytest.fixture(scope="module")
def views() -> Tensor:
    """Two videos of three views of four frames."""
    return torch.randint(0, 256, (2, 3, 4, 32, 32, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(3))


@pytest.mark.parametrize("average", ["logits", "probabilities"])
def test_the_answer_is_the_mean_over_the_views(tiny_model: MSNet, views: Tensor, average: str):
    """Of the logits, or of the probabilities, of each view asked about alone."""
    with torch.inference_mode():
        logits = torch.stack([torch.cat([tiny_model(normalise(view[None])).logits for view in video]) for video in views])
    expected = (logits.softmax(dim=2) if average == "probabilities" else logits).mean(dim=1)
    torch.testing.assert_close(score_views(tiny_model, views, normalise, average), expected, atol=1e-5, rtol=0)


def test_the_two_averages_differ(tiny_model: MSNet, views: Tensor):
    """A mean of probabilities is one; the softmax of mean logits is another."""
    logits, probabilities = (score_views(tiny_model, views, normalise, average) for average in ("logits", "probabilities"))
    torch.testing.assert_close(probabilities.sum(dim=1), torch.ones(2))
    assert torch.equal(as_probabilities(probabilities, "probabilities"), probabilities)
    torch.testing.assert_close(as_probabilities(logits, "logits"), logits.softmax(dim=1))
    assert (probabilities - logits.softmax(dim=1)).abs().max() > 1e-4


def test_how_many_at_once_changes_nothing(tiny_model: MSNet, views: Tensor):
    """One by one, four by four across the two videos, or all in one: and never more than said."""
    seen: list[int] = []

    def counted(frames: Tensor) -> Tensor:
        seen.append(len(frames))
        return normalise(frames)

    one, four, all_six = (score_views(tiny_model, views, counted, at_once=at_once) for at_once in (1, 4, 6))
    torch.testing.assert_close(one, four, atol=1e-5, rtol=0)
    torch.testing.assert_close(one, all_six, atol=1e-5, rtol=0)
    assert seen == [1] * 6 + [4, 2] + [6]


def test_a_network_in_training_answers_as_in_eval_and_goes_on_training(tiny_model: MSNet, views: Tensor):
    """Neither its mode nor its running statistics are other than before."""
    expected = score_views(tiny_model, views, normalise)
    tiny_model.train()
    before = {name: tensor.clone() for name, tensor in tiny_model.state_dict().items()}
    assert torch.equal(score_views(tiny_model, views, normalise), expected)
    assert all(module.training for module in tiny_model.modules())
    assert all(torch.equal(tensor, before[name]) for name, tensor in tiny_model.state_dict().items())


def test_parts_in_eval_mode_stay_so():
    """A frozen part of a network in training, and the parts of a new network that are another's, are not put into training."""
    frozen, free = nn.BatchNorm2d(3).eval(), nn.Conv2d(3, 3, 1)
    network = nn.Sequential(free, frozen)
    with eval_mode(network):
        assert not any(module.training for module in network.modules())
    assert (network.training, free.training, frozen.training) == (True, True, False)


def test_the_mode_is_put_back_after_an_error(tiny_model: MSNet, views: Tensor):
    tiny_model.train()

    def broken(_: Tensor) -> Tensor:
        raise RuntimeError("out of memory")

    with pytest.raises(RuntimeError, match="out of memory"):
        score_views(tiny_model, views, broken)
    assert tiny_model.training
    assert tiny_model.backbone.training


def test_the_classifier_of_pooled_features_gives_the_logits(tiny_model: MSNet, views: Tensor):
    """Of every frame."""
    clip = normalise(views[:, 0])
    with torch.inference_mode():
        torch.testing.assert_close(tiny_model.fc(pooled_features(tiny_model, clip)), tiny_model(clip).frame_logits, atol=1e-5, rtol=1e-5)
