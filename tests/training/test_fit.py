"""The laws of training on data sets."""

import json
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from math import isnan
from pathlib import Path

import pytest
import torch
from patience import PATIENCE_SECONDS
from small_sets import make_set
from train_small import SMALL, small, small_recipes

from workbench.data.layouts.base import DatasetError
from workbench.model.checkpoint import save_checkpoint
from workbench.model.load import load_weights
from workbench.model.msnet import MSNet
from workbench.training.distributed import Group
from workbench.training.fit import VideoTraining, decay_groups, fit, rate_factor
from workbench.training.fit_config import FitConfig
from workbench.training.recipes import RECIPES
from workbench.video.read import VideoError
from workbench.video.sampling import Sampling

TRAIN_SMALL = Path(__file__).parents[1] / "support" / "train_small.py"


@pytest.fixture(scope="module", autouse=True)
def recipes():
    with small_recipes():
        yield


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    """Two classes of eight training and three validation videos."""
    return make_set(tmp_path_factory.mktemp("sets") / "mine", "folders", classes=2, per_class=(8, 3), size=(40, 56))


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return load_weights(folder / "model.safetensors").model.state_dict()


def prepared(config) -> VideoTraining:
    plan = VideoTraining(config)
    plan.prepare(Group(torch.device("cpu")))
    return plan


def in_two_processes(data: Path, output: Path, **changes) -> None:
    """Train in two processes of torchrun's."""
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    environment = {**os.environ, "PYTHONPATH": str(TRAIN_SMALL.parents[2]), "OMP_NUM_THREADS": "1"}
    command = [*launcher, str(TRAIN_SMALL), str(data), str(output), json.dumps(changes)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=PATIENCE_SECONDS)
    assert done.returncode == 0, done.stderr


def test_two_processes_train_as_one(data, tmp_path):
    """On the same batches two processes (gloo) end where one ends that takes each batch in two parts: the weights agree to
    rounding; BatchNorm's running statistics, which nobody shares, are left out."""
    run(small(data, tmp_path / "one", accumulate=2))
    in_two_processes(data, tmp_path / "two")
    one, two = weights(tmp_path / "one"), weights(tmp_path / "two")
    learned = [name for name, _ in MSNet(replace(SMALL.model, num_classes=2)).named_parameters()]
    torch.manual_seed(0)
    start = prepared(small(data, None)).network().state_dict()
    for name in learned:
        torch.testing.assert_close(one[name], two[name], rtol=1e-3, atol=2e-5)
    assert max((one[name] - start[name]).abs().max() for name in learned) > 1e-3, "nothing was learned"


def test_processes_agree_where_nothing_divides(data, tmp_path):
    """Batches of five in three parts for two processes, a last batch of one clip, averaged weights: both take as many steps and
    parts, and test one and the same network (the scores of another would not be joined)."""
    in_two_processes(data, tmp_path, batch_size=5, accumulate=3, ema=0.5)
    records = torch.load(tmp_path / "state.pt", weights_only=True)["records"]
    assert [record["validation_clips"] for record in records] == [6, 6]
    assert prepared(small(data, None, batch_size=5)).steps == 4


def run(config) -> None:
    list(fit(config))


def run_alone(config) -> None:
    """In a process that has just begun."""
    with small_recipes():
        run(config)


def test_a_killed_run_goes_on_to_the_bit_with_workers(data, tmp_path):
    """Killed within the second epoch, by a signal no one can catch, and started again: the same weights to the last bit, with
    two processes that read clips, mixed clips and averaged weights."""
    common = dict(save_every=0.0, workers=2, mix="mixup", ema=0.9)
    whole, killed = (small(data, tmp_path / name, **common) for name in ("whole", "killed"))
    records = list(fit(whole))
    process = multiprocessing.get_context("spawn").Process(target=run_alone, args=(killed,))
    process.start()
    state = tmp_path / "killed" / "state.pt"
    while not state.exists() or steps_done(state) < (1, 1):
        assert process.is_alive(), "the run ended before it could be killed"
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.join()

    again = list(fit(killed))
    one, two = weights(tmp_path / "whole"), weights(tmp_path / "killed")
    assert all(torch.equal(one[name], two[name]) for name in one)
    timed = {"seconds", "clips_per_second"}
    first, second = ([{**vars(record), **dict.fromkeys(timed)} for record in each] for each in (records, again))
    assert str(first) == str(second)  # nan is not equal to nan


def steps_done(state: Path) -> tuple[int, int]:
    content = torch.load(state, weights_only=True)
    return len(content["records"]), content["step"]


def broken_copy(data: Path, folder: Path) -> tuple[Path, str]:
    """The data set with one training video cut short, and that video's name."""
    shutil.copytree(data, folder)
    file = sorted((folder / "train").rglob("*.mp4"))[0]
    file.write_bytes(file.read_bytes()[:300])
    return folder, file.stem


@pytest.mark.parametrize("check", [True, False], ids=["examined before", "found on the way"])
def test_a_broken_set_is_refused_or_skipped_and_counted(data, tmp_path, check):
    """A video that cannot be read stops the run with its name; asked to, the run goes on without it and says so."""
    folder, name = broken_copy(data, tmp_path / "broken")
    with pytest.raises((DatasetError, VideoError), match=name):
        run(small(folder, None, check=check))
    records = list(fit(small(folder, tmp_path / "run", check=check, skip_bad=True, workers=1)))
    assert [record.skipped for record in records] == [1, 1]
    (named, reason), *more = json.loads((tmp_path / "run" / "skipped.json").read_text()).items()
    assert name in named
    assert reason
    assert not more
    assert load_weights(tmp_path / "run" / "model.safetensors").provenance["skipped"] == 1


def test_the_whole_validation_split_is_counted(data):
    """Every video, the last batch included, with an interval around the share."""
    record = list(fit(small(data, None, epochs=2, validate_every=2)))
    assert [each.validation_clips for each in record] == [0, 6]
    assert isnan(record[0].validation_accuracy)
    assert record[1].low <= record[1].validation_accuracy <= record[1].high


def test_what_a_run_leaves_is_enough_to_look(data, tmp_path):
    """The checkpoint knows its classes, its pixels, and where it is from."""
    run(small(data, tmp_path, epochs=1))
    loaded = load_weights(tmp_path / "model.safetensors")
    assert loaded.labels == ("left", "right")
    assert loaded.model.config.num_classes == 2
    assert (loaded.preprocessing.size, loaded.preprocessing.resize, loaded.preprocessing.sampling) == (32, 40, Sampling())
    assert loaded.provenance["recipe"] == "small"
    assert loaded.provenance["validation"]["validation_clips"] == 6


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_half_precision_is_close_to_the_whole(data, precision):
    """The loss of an epoch agrees to half a percent and is not the same: the precision was used. (On a CPU; the scaler too.)"""
    [whole], [half] = (list(fit(small(data, None, epochs=1, precision=name))) for name in ("float32", precision))
    assert half.loss == pytest.approx(whole.loss, rel=5e-3)
    assert half.loss != whole.loss


def test_weights_to_start_from_are_asked_for(data):
    """A recipe that starts from another's weights says how they are given where they are not there."""
    with pytest.raises(FileNotFoundError, match=r"nowhere.*init"):
        prepared(small(data, None, init="nowhere"))


def test_another_classifier_starts_anew(data, tmp_path):
    """From a network of as many classes, but others, the classifier is drawn again; from one of the same it is kept."""
    names = {"same": ("left", "right"), "others": ("cat", "dog")}
    for name, labels in names.items():
        model = MSNet(replace(SMALL.model, num_classes=2))
        model.fc.weight.data.fill_(3.0)
        save_checkpoint(tmp_path / f"{name}.safetensors", model, labels)
    starts = {name: prepared(small(data, None, init=str(tmp_path / f"{name}.safetensors"))).network() for name in names}
    assert (starts["same"].fc.weight == 3).all()
    assert starts["others"].fc.weight.abs().max() < 0.1


def test_a_run_may_go_on_without_a_video_that_stopped_it(data, tmp_path):
    """`skip_bad` is no other run: the state of the epochs before is taken up."""
    run(small(data, tmp_path, epochs=1))
    again = list(fit(small(data, tmp_path, epochs=1, skip_bad=True)))
    assert len(again) == 1


def test_the_learning_rate_belongs_to_the_batch():
    """Scaled in proportion unless it is said, whatever the number of processes and parts; and told with its derivation."""
    recipe = RECIPES["msnet-r50-8f-ssv1"]
    usual, half, other = (
        FitConfig(recipe.name, Path("x"), **changes) for changes in ({}, {"batch_size": 24}, {"batch_size": 24, "learning_rate": 0.3})
    )
    assert [config.run().learning_rate for config in (usual, half, other)] == [0.01, 0.005, 0.3]
    assert "0.005 (0.01 at 48 clips a step, here 24)" in str(half)


def test_the_rate_falls_at_the_milestones():
    """Something-Something: a tenth from epoch 20 on, a hundredth from 30 on; with half of the epochs at half of the time."""
    schedule = RECIPES["msnet-r50-8f-ssv1"].schedule
    factors = [rate_factor(schedule, 40, epoch) for epoch in (0.0, 19.99, 20.0, 29.99, 30.0, 39.99)]
    assert factors == pytest.approx([1, 1, 0.1, 0.1, 0.01, 0.01])
    assert [rate_factor(schedule, 20, epoch) for epoch in (9.99, 10.0, 15.0)] == pytest.approx([1, 0.1, 0.01])


def test_biases_learn_twice_as_fast_and_nothing_else():
    """As the authors group parameters: the classifier's bias at twice the rate, no decay on it and on BatchNorm."""
    model = MSNet(SMALL.model)
    weights_, biases, normalisation = decay_groups(model, 0.1, 5e-4)
    assert [id(p) for p in biases["params"]] == [id(model.fc.bias)]
    assert biases["lr"] == 0.2
    assert all(p.ndim > 1 for p in weights_["params"])
    assert weights_["weight_decay"] == 5e-4
    assert (biases["weight_decay"], normalisation["weight_decay"], normalisation["lr"]) == (0.0, 0.0, 0.1)
    assert sum(len(group["params"]) for group in (weights_, biases, normalisation)) == len(list(model.parameters()))


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"recipe": "msnet-r50-en-ssv1"}, "ensemble"),
        ({"recipe": "msnet-r50-8f-sv1"}, "msnet-r50-8f-ssv1"),
        ({"batch_size": 0}, "batch_size"),
        ({"mix": "blend"}, "mix must be one of none, mixup, cutmix"),
        ({"mix_alpha": 0.0}, "mix_alpha must be above 0, got 0.0"),
        ({"flip": "always"}, "safe"),
        ({"ema": 1.0}, "ema"),
        ({"precision": "half"}, "float16"),
    ],
)
def test_a_run_that_cannot_be_is_refused(changes, complaint):
    with pytest.raises(ValueError, match=complaint):
        FitConfig(**changes)
