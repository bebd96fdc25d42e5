"""The laws of the training loop."""

import errno
import multiprocessing
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
import torch
from numeric_tower import unchecked

from workbench.data.alphabet.dataset import MotionAlphabet
from workbench.model.load import load_weights
from workbench.model.motion import Motion
from workbench.model.msnet import MSNet, Prediction
from workbench.training.alphabet import AlphabetTraining, Collate, displacement_loss, parameter_groups, train
from workbench.training.config import TINY, TrainConfig
from workbench.training.distributed import Group
from workbench.training.loop import Batch, accumulate, begin_training
from workbench.training.state import TrainState
from workbench.video.transforms import normalise

SMALL = TrainConfig(epochs=2, clips=20, batch_size=4, size=32, validation_clips=8, workers=0, device="cpu", progress=False)


def weights(folder) -> dict[str, torch.Tensor]:
    return load_weights(folder / "model.safetensors").model.state_dict()


def run(config: TrainConfig) -> None:
    list(train(config))


def test_same_config_same_network(tmp_path):
    """Two runs of one config end in the same bits, whatever the number of workers."""
    run(replace(SMALL, output=tmp_path / "one"))
    run(replace(SMALL, output=tmp_path / "two", workers=2))
    one, two = weights(tmp_path / "one"), weights(tmp_path / "two")
    assert all(torch.equal(one[name], two[name]) for name in one)


def progress(state) -> tuple[int, int]:
    """Finished epochs and steps of the running one."""
    content = torch.load(state, weights_only=True)
    return len(content["records"]), content["step"]


@pytest.mark.parametrize(("workers", "after"), [(0, (0, 2)), (1, (1, 1))], ids=["first epoch", "second epoch"])
def test_a_killed_run_goes_on_to_the_bit(tmp_path, workers, after):
    """Killed in the middle of an epoch, by a signal no one can catch, and started again: the same weights, the same records."""
    whole = replace(SMALL, output=tmp_path / "whole", save_every=0.0, workers=workers)
    records = list(train(whole))

    killed = replace(whole, output=tmp_path / "killed")
    process = multiprocessing.get_context("spawn").Process(target=run, args=(killed,))
    process.start()
    state = tmp_path / "killed" / "state.pt"
    while not state.exists() or progress(state) < after:
        assert process.is_alive(), "the run ended before it could be killed"
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    assert not (tmp_path / "killed" / "model.safetensors").exists()

    again = list(train(killed))
    one, two = weights(tmp_path / "whole"), weights(tmp_path / "killed")
    assert all(torch.equal(one[name], two[name]) for name in one)
    told = ("epoch", "loss", "accuracy", "validation_accuracy", "endpoint_error")
    assert [[getattr(record, name) for name in told] for record in again] == [
        [getattr(record, name) for name in told] for record in records
    ]


def test_a_run_on_a_full_disk_goes_on_to_the_bit(tmp_path, monkeypatch):
    """Its disk is full at the third state: it ends, and with room again comes to the same weights."""
    config = replace(SMALL, epochs=1, clips=16, save_every=0.0)
    run(replace(config, output=tmp_path / "whole"))
    room = iter([True, True, False])

    def write_through(file: int) -> None:
        if not next(room, True):
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", write_through)
    with pytest.raises(OSError, match="full"):
        run(replace(config, output=tmp_path / "full"))
    assert progress(tmp_path / "full" / "state.pt") == (0, 2)
    run(replace(config, output=tmp_path / "full"))
    one, two = weights(tmp_path / "whole"), weights(tmp_path / "full")
    assert all(torch.equal(one[name], two[name]) for name in one)


def test_a_folder_of_another_run_is_refused(tmp_path):
    """What differs is named, and nothing is overwritten."""
    run(replace(SMALL, epochs=1, output=tmp_path))
    with pytest.raises(ValueError, match=r"learning_rate 0\.003 -> 0\.001"):
        run(replace(SMALL, epochs=1, output=tmp_path, learning_rate=1e-3))


STEP = 1e-6  # so short that the loss is straight along it: at 1e-5 and 1e-7 the same to four digits, for seeds 0 to 5
WHOLE = replace(SMALL, batch_size=10, displacement_weight=1.0, model=replace(TINY, dropout=0.0))


@pytest.fixture
def learner() -> tuple[TrainState, Batch]:
    """A network that starts in float64, BatchNorm in eval mode, and ten clips with their true displacement."""
    state = begin_training(AlphabetTraining(WHOLE), Group(torch.device("cpu")))
    state.model.double().eval().fc.weight.data.normal_()
    clips = WHOLE.dataset("train")
    return state, Collate((8, 8))([clips[i] for i in range(10)])


@pytest.fixture
def in_float64() -> Iterator[None]:
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def gradients(state: TrainState, batch: Batch, parts: int = 1, weight: float = 1.0) -> list[torch.Tensor]:
    """Of the mean loss over a batch that is taken in parts, with the displacement taught by this weight."""
    state.model.zero_grad()
    accumulate(AlphabetTraining(replace(WHOLE, displacement_weight=weight)), state, list(batch.parts(parts)), 1 / len(batch))
    return [p.grad.clone() for p in state.model.parameters()]


@pytest.mark.parametrize("parts", [2, 3, 4])
def test_accumulation_is_exact(learner, in_float64, parts):
    """Gradients of a batch of ten taken in parts, the last one smaller, are those of the whole; with the displacement taught, too."""
    for whole, in_parts in zip(gradients(*learner), gradients(*learner, parts), strict=True):
        torch.testing.assert_close(in_parts, whole, rtol=1e-6, atol=1e-9)


def test_the_taught_displacement_is_the_alphabets():
    """The loss of a network that answers with the truth is that of rounding alone; hidden cells do not count."""
    clips = MotionAlphabet("test", 0.5, size=32)
    batch = Collate((8, 8))([clips[1], clips[13]])
    model = MSNet(TINY)
    reach = TINY.motion.radius * 4
    motion = Motion(batch.truth / reach, batch.truth[:, :, :1], batch.truth)
    prediction = Prediction(batch.truth, batch.truth, {"layer1": motion})
    assert displacement_loss(model, prediction, batch).item() == pytest.approx(0.02, abs=1e-4)  # 0.01 a clip keeps the root smooth
    wrong = torch.where(batch.visible[:, :, None], batch.truth, batch.truth + 8)
    prediction = Prediction(batch.truth, batch.truth, {"layer1": replace(motion, displacement=wrong / reach)})
    assert displacement_loss(model, prediction, batch).item() == pytest.approx(0.02, abs=1e-4)
    prediction = Prediction(batch.truth, batch.truth, {"layer1": replace(motion, displacement=(batch.truth + 4) / reach)})
    assert displacement_loss(model, prediction, batch).item() == pytest.approx(2 * 2**0.5, rel=1e-3)


def test_teaching_the_displacement_lowers_its_error(learner, in_float64):
    """What teaching adds to the gradient leads downhill: the displacement loss of the same clips falls by what a small step along it
    promises, the step's length times the gradient's. How far training gets in the end is for a study to say, not for ten epochs."""
    state, batch = learner
    added = [taught - untaught for taught, untaught in zip(gradients(*learner, weight=1.0), gradients(*learner, weight=0.0), strict=True)]
    promised = STEP * sum(gradient.square().sum() for gradient in added)

    def loss() -> torch.Tensor:
        prediction = state.model(normalise(batch.frames, WHOLE.preprocessing.mean, WHOLE.preprocessing.std))
        return displacement_loss(state.model, prediction, batch) / len(batch)

    with torch.no_grad():
        before = loss()
        for parameter, gradient in zip(state.model.parameters(), added, strict=True):
            parameter -= STEP * gradient
        assert (before - loss()).item() == pytest.approx(promised.item(), rel=0.01)


def flat(config: TrainConfig, epoch: int) -> list[int]:
    return [clip for batch in AlphabetTraining(config).batches(epoch) for clip in batch]


def test_every_clip_once_an_epoch():
    """Each epoch shows every clip once, in another order; fresh epochs show other clips."""
    fresh, same = (replace(SMALL, clips=21, fresh=fresh) for fresh in (True, False))
    first, second = (flat(fresh, epoch) for epoch in (0, 1))
    assert sorted(first) == list(range(21))
    assert sorted(second) == list(range(21, 42))
    assert sorted(flat(same, 1)) == list(range(21))
    assert flat(same, 1) != first
    assert [len(batch) for batch in AlphabetTraining(fresh).batches(0)] == [4, 4, 4, 4, 4, 1]


def test_no_decay_on_normalisation_and_biases():
    decayed, free = parameter_groups(MSNet(TINY), 0.1)
    assert all(p.ndim > 1 for p in decayed["params"])
    assert all(p.ndim == 1 for p in free["params"])
    assert (decayed["weight_decay"], free["weight_decay"]) == (0.1, 0.0)


def test_learning_learns():
    """On a few clips seen again and again the loss falls to half of what it was."""
    config = replace(SMALL, epochs=30, clips=18, batch_size=9, fresh=False, nuisance=0.0, camouflage=(0.0, 0.0), size=32)
    with unchecked():
        records = list(train(config))
    assert records[-1].loss < 0.5 * records[0].loss
    assert records[-1].endpoint_error > 0
    assert records[-1].clips_per_second > 0


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"epochs": 0}, "0"),
        ({"learning_rate": -1.0}, "-1.0"),
        ({"precision": "float8"}, "float8"),
        ({"model": replace(TINY, num_classes=5)}, "5"),
        ({"displacement_weight": -1.0}, "-1.0"),
        ({"size": 50}, "50"),
    ],
)
def test_bad_values_are_named(changes, said):
    with pytest.raises(ValueError, match=said):
        replace(SMALL, **changes)
