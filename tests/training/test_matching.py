"""The laws of learning to match: the cross-entropy by torch's, which cells count, a run that learns and resumes, names that keep it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from workbench.data.alphabet.clip import RenderedClip
from workbench.data.alphabet.scenes import MovingScenes
from workbench.model.load import load_weights
from workbench.model.msnet import MSNet
from workbench.training.alphabet import matching_parts, take_matching, train
from workbench.training.config import SMALL, TrainConfig
from workbench.training.matching import CollateScenes, MatchingConfig, MatchingTraining, matching_loss, share_offsets, train_matching

SHORT = MatchingConfig(epochs=2, clips=48, size=32, validation_clips=8, batch_size=8, workers=0, device="cpu", progress=False)


def random_volume(seed=0):
    return torch.rand(2, 3, 4, 5, 5, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_at_whole_offsets_the_loss_is_the_cross_entropy():
    """Of the offset's number, over the cells asked for."""
    volume = random_volume()
    steps = torch.randint(-2, 3, (2, 2, 3, 4), generator=torch.Generator().manual_seed(1))
    cells = torch.rand(2, 3, 4, generator=torch.Generator().manual_seed(2)) < 0.5
    number = (steps[:, 1] + 2) * 5 + steps[:, 0] + 2
    expected = F.cross_entropy(volume.flatten(-2)[cells] / 0.05, number[cells])
    assert torch.allclose(matching_loss(volume, steps.double(), cells, 0.05), expected)


def test_between_offsets_the_four_around_share_it():
    """Shares add up to one, and their mean is the displacement."""
    truth = 4 * torch.rand(2, 2, 3, 4, generator=torch.Generator().manual_seed(3)) - 2
    shares, steps = share_offsets(truth, 2), torch.arange(-2.0, 3.0)
    assert torch.allclose(shares.sum(dim=(-1, -2)), torch.ones(2, 3, 4))
    assert torch.allclose((shares.sum(dim=-2) * steps).sum(dim=-1), truth[:, 0], atol=1e-6)
    assert torch.allclose((shares.sum(dim=-1) * steps).sum(dim=-1), truth[:, 1], atol=1e-6)
    assert (shares > 0).sum(dim=(-1, -2)).max() <= 4


def test_other_cells_do_not_count():
    volume, cells = random_volume(), torch.zeros(2, 3, 4, dtype=torch.bool)
    cells[0, 1] = True
    changed = torch.where(cells[..., None, None], volume, random_volume(9))
    truth = torch.zeros(2, 2, 3, 4)
    assert torch.equal(matching_loss(volume, truth, cells), matching_loss(changed, truth, cells))
    assert matching_loss(volume, truth, torch.zeros_like(cells)) == 0


def test_cells_of_two_layers_teach_nothing():
    """Matched are the cells that belong to one layer and stay visible, hidden those of which nothing stays; truth in cells."""
    scene = MovingScenes(size=32, speed=8.0, length=20)[4]
    visible = scene.visible.copy()
    visible[0, :4, :4] = False
    visible[0, :4, 4:6] = False
    changed = RenderedClip(scene.frames, scene.layers)
    changed.__dict__.update(visible=visible, owners=np.zeros((3, 32, 32), np.int8), displacement=np.full((2, 2, 32, 32), 6.0, np.float32))
    changed.owners[1, 8:10, 8:12] = 1
    batch = CollateScenes(4)([changed])
    assert batch.hidden[0, 0, 0, 0]
    assert not batch.matched[0, 0, 0, 1]
    assert not batch.hidden[0, 0, 0, 1]
    assert not batch.matched[0, 1, 2, 2]
    assert torch.equal(batch.truth, torch.full((1, 2, 2, 8, 8), 1.5))


def test_what_comes_after_the_module_is_not_touched():
    """One step changes every parameter up to the module's reduction, and no other."""
    torch.manual_seed(0)
    task = MatchingTraining(SHORT)
    model = task.network()
    before = {name: parameter.clone() for name, parameter in model.named_parameters()}
    optimiser = task.optimiser(model)
    loss, _, _ = task.predict(model, model, task.collate(model)([task.clips()[i] for i in range(4)]))
    loss.backward()
    optimiser.step()
    learning = {id(parameter) for part in matching_parts(model) for parameter in part.parameters()}
    for name, parameter in model.named_parameters():
        assert torch.equal(parameter, before[name]) != (id(parameter) in learning), name


@pytest.fixture(scope="module")
def taught(tmp_path_factory):
    folder = tmp_path_factory.mktemp("matching")
    return folder, list(train_matching(replace(SHORT, output=folder)))


def test_matching_is_learned(taught):
    """Each epoch's mean loss is far below the one before, so early; the loss of no knowledge is 1.5 ln 81 = 6.6 and more."""
    _, (first, second) = taught
    assert second.loss < first.loss
    assert second.loss < 5
    assert 0 < second.within_a_cell <= 1
    assert second.length > 0


def test_a_killed_run_goes_on_to_the_bit(taught, tmp_path):
    config, whole = replace(SHORT, output=tmp_path, save_every=0.0), load_weights(taught[0]).model.state_dict()
    runs = train_matching(config)
    next(runs)
    runs.close()
    records = list(train_matching(config))
    assert [record.loss for record in records] == [record.loss for record in taught[1]]
    resumed = load_weights(tmp_path).model.state_dict()
    assert all(torch.equal(resumed[name], whole[name]) for name in whole)


def test_names_are_learned_around_it(taught, tmp_path):
    """From stem to module all is as it was taught, BatchNorm included; the rest has changed."""
    config = TrainConfig(SMALL, epochs=1, clips=32, size=32, validation_clips=18, workers=0, device="cpu", progress=False)
    list(train(replace(config, matching_from=taught[0], output=tmp_path)))
    before, after = (load_weights(folder).model for folder in (taught[0], tmp_path))
    for ours, theirs in zip(matching_parts(after), matching_parts(before), strict=True):
        assert all(torch.equal(value, theirs.state_dict()[name]) for name, value in ours.state_dict().items())
    assert not torch.equal(before.fc.weight, after.fc.weight)
    assert not torch.equal(before.backbone.layer2[0].conv1.weight, after.backbone.layer2[0].conv1.weight)


@pytest.mark.parametrize(("name", "value"), [("backbone", "tiny"), ("shift_stages", ("layer1", "layer2")), ("motion_after", ("layer2",))])
def test_another_network_is_refused(name, value):
    with pytest.raises(ValueError, match=name):
        take_matching(MSNet(replace(SMALL, **{name: value})), MSNet(SMALL))


def test_without_motion_there_is_nothing_to_match():
    with pytest.raises(ValueError, match="motion"):
        MatchingConfig(replace(SMALL, motion=None))
    with pytest.raises(ValueError, match="matching_from"):
        TrainConfig(replace(SMALL, motion=None), matching_from=Path("runs/matching"))
