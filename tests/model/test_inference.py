"""The laws of one answer from many views."""

import pytest
import torch
from einops import rearrange
from torch import Tensor, nn

from workbench.model.backbone import BLOCK_STAGES, STAGES
from workbench.model.inference import as_probabilities, eval_mode, features_after, looks_at_frames_alone, pooled_features, score_views
from workbench.model.msnet import ModelConfig, MSNet


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


@pytest.mark.parametrize(
    ("shift_stages", "motion_after", "alone"),
    [
        (BLOCK_STAGES, ("layer2",), {"stem"}),
        (("layer2", "layer3", "layer4"), ("layer1",), {"stem", "layer1"}),
        (("layer4",), ("layer1", "layer2"), {"stem", "layer1"}),
        (("layer4",), ("layer3",), {"stem", "layer1", "layer2", "layer3"}),
    ],
)
def test_frames_are_looked_at_alone_where_their_neighbours_change_nothing(shift_stages: tuple, motion_after: tuple, alone: set) -> None:
    """Up to the first stage that shifts, or to the one whose module adds motion: there a frame's features are those it has beside
    any others."""
    model = MSNet(ModelConfig(backbone="small", num_classes=2, shift_stages=shift_stages, motion_after=motion_after)).eval()
    clip, other = torch.rand(2, 1, 3, 3, 32, 32)
    other[:, 1] = clip[:, 1]
    for stage in STAGES:
        with torch.inference_mode():
            middle, same = (features_after(model, frames, stage)[1] for frames in (clip, other))
        assert looks_at_frames_alone(model, stage) == torch.equal(middle, same) == (stage in alone)


def test_the_classifier_of_pooled_features_gives_the_logits(tiny_model: MSNet, views: Tensor):
    """Of every frame."""
    clip = normalise(views[:, 0])
    with torch.inference_mode():
        torch.testing.assert_close(tiny_model.fc(pooled_features(tiny_model, clip)), tiny_model(clip).frame_logits, atol=1e-5, rtol=1e-5)
