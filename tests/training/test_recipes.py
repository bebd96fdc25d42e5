"""The paper's table as data: its numbers, what each row is derived from, and what cannot be a row."""

import math
from dataclasses import replace
from math import nan

import pytest

from workbench.data.clips import ClipConfig
from workbench.model.load import named_checkpoints
from workbench.model.msnet import ModelConfig
from workbench.training.recipes import RECIPES, Recipe, Reported, Schedule, find_recipe
from workbench.video.protocol import TestProtocol
from workbench.video.sampling import Sampling

TABLE = {  # name: frames, data set, its classes, (clips, crops, top-1, top-5) as the paper reports
    "msnet-r50-8f-ssv1": (8, "something-v1", 174, [(1, 1, 50.9, 80.3)]),
    "msnet-r50-16f-ssv1": (16, "something-v1", 174, [(1, 1, 52.1, 82.3)]),
    "msnet-r50-en-ssv1": (8, "something-v1", 174, [(1, 1, 54.4, 83.8), (10, 1, 55.1, 84.0)]),
    "msnet-r50-8f-ssv2": (8, "something-v2", 174, [(1, 1, 63.0, 88.4)]),
    "msnet-r50-16f-ssv2": (16, "something-v2", 174, [(1, 1, 64.7, 89.4)]),
    "msnet-r50-en-ssv2": (8, "something-v2", 174, [(1, 1, 66.6, 90.6), (10, 1, nan, 91.0)]),
    "msnet-r50-16f-k400": (16, "kinetics", 400, [(10, 3, 76.4, nan)]),
    "msnet-r50-16f-hmdb51": (16, "hmdb51", 51, [(10, 3, 77.4, nan)]),
}
SINGLE = [name for name, recipe in RECIPES.items() if not recipe.members]


def numbers(recipe: Recipe) -> list[tuple[int, int, str, str]]:
    return [(row.protocol.clips, row.protocol.crops, f"{row.top1}", f"{row.top5}") for row in recipe.reported]


@pytest.mark.parametrize("name", TABLE)
def test_each_row_of_the_paper_is_there(name: str) -> None:
    """Frames, data and accuracies are the paper's, and the network is ResNet-50 with the module after stage 2, shift 1/8."""
    frames, layout, classes, reported = TABLE[name]
    recipe, model = RECIPES[name], RECIPES[name].model
    assert (model.num_frames, recipe.layout, model.num_classes) == (frames, layout, classes)
    assert numbers(recipe) == [(clips, crops, f"{top1}", f"{top5}") for clips, crops, top1, top5 in reported]
    assert (model.backbone, model.motion_after, model.shift_div, model.motion.radius) == ("resnet50", ("layer2",), 8, 7)


def test_names_are_found_and_misspelt_ones_told() -> None:
    """Every recipe is found by the name it has; another name is answered by the nearest one, or by all."""
    assert all(find_recipe(name).name == name for name in RECIPES)
    with pytest.raises(ValueError, match=r"there is no recipe 'msnet-r50-8f-ssv3'; did you mean 'msnet-r50-8f-ssv[12]'"):
        find_recipe("msnet-r50-8f-ssv3")
    with pytest.raises(ValueError, match=r"there are msnet-r50-8f-ssv1, .*your-own-classes"):
        find_recipe("?")


@pytest.mark.parametrize("name", [name for name in SINGLE if "ssv" in name])
def test_something_is_trained_as_the_authors_do(name: str) -> None:
    """Learning rate 0.01 at 48 clips, a tenth after 20 and 30 of 40 epochs, weight decay 5e-4, norm 200, Nesterov; 240 x 320, 224."""
    recipe = RECIPES[name]
    assert recipe.schedule == Schedule(0.01, 48, 40, (20, 30), 0.1, 0.9, True, 5e-4, 200.0)
    assert recipe.clips == ClipConfig(224, (240, 320), Sampling(), (1.0, 0.875, 0.75, 0.66), 1, "safe")
    assert recipe.protocol == TestProtocol(1, 1, (240, 320), 224, Sampling(), "logits")
    assert (recipe.init, recipe.model.dropout) == ("imagenet", 0.5)


@pytest.mark.parametrize(("name", "stride"), [("msnet-r50-16f-k400", 4), ("tsm-r50-16f-k400", 4), ("tsm-r50-8f-k400", 8)])
def test_kinetics_is_trained_as_the_authors_do(name: str, stride: int) -> None:
    """0.02 at 96 clips, a tenth after 30 and 60 of 75 epochs, weight decay 1e-4, norm 20; 64 frames, tested on 10 x 3 squares of 256."""
    recipe = RECIPES[name]
    assert recipe.schedule == Schedule(0.02, 96, 75, (30, 60), 0.1, 0.9, False, 1e-4, 20.0)
    assert recipe.clips == ClipConfig(size=224, resize=256, sampling=Sampling("dense", stride))
    assert recipe.protocol == TestProtocol(10, 3, 256, 256, Sampling("dense", stride), "logits")
    assert (recipe.init, recipe.model.dropout) == ("imagenet", 0.5)


def test_every_start_is_there() -> None:
    """Training starts from ImageNet, from nothing, from a recipe's own weights, or from a checkpoint that ships."""
    starts = {recipe.init for recipe in RECIPES.values()}
    assert starts <= {"imagenet", "none", *RECIPES, *named_checkpoints()}
    assert RECIPES["msnet-r50-16f-hmdb51"].init == "msnet-r50-16f-k400"
    assert [RECIPES[name].init for name in ("your-own-classes", "own-classes-small")] == ["msnet-tiny", "msnet-small"]
    assert (RECIPES["own-classes-imagenet"].init, RECIPES["own-classes-imagenet"].model.backbone) == ("imagenet", "efficientnet-lite0")


def test_an_ensemble_is_its_members() -> None:
    """Members are recipes of one network each, on the ensemble's data, tested in the same way, of 8 and of 16 frames."""
    for recipe in RECIPES.values():
        members = [RECIPES[name] for name in recipe.members]
        assert [member.model.num_frames for member in members] in ([], [8, 16])
        assert all((member.layout, member.protocol, member.members) == (recipe.layout, recipe.protocol, ()) for member in members)


def test_tsm_stands_beside_as_the_same_network_without_the_module() -> None:
    """A TSM row is the MSNet row but for name, title, module, numbers and notes."""
    pairs = [(recipe, RECIPES[name.replace("tsm", "msnet")]) for name, recipe in RECIPES.items() if name.replace("tsm", "msnet") in RECIPES]
    pairs = [(tsm, msnet) for tsm, msnet in pairs if tsm is not msnet]
    assert len(pairs) == 7
    for tsm, msnet in pairs:
        told = {"name": msnet.name, "title": msnet.title, "reported": msnet.reported, "notes": msnet.notes}
        assert replace(tsm, model=replace(tsm.model, motion=msnet.model.motion), **told) == msnet


def test_what_is_not_the_papers_is_noted() -> None:
    """Numbers have sources; a row whose schedule, ensemble or views the paper leaves open says so, and one that others missed, too."""
    assert all(row.source for recipe in RECIPES.values() for row in recipe.reported)
    for name in ("msnet-r50-en-ssv1", "msnet-r50-en-ssv2", "msnet-r50-16f-hmdb51"):
        assert "our reading" in " ".join(RECIPES[name].notes)
    assert "47.9 and 48.9" in " ".join(RECIPES["msnet-r50-8f-ssv1"].notes)


RECIPE = RECIPES["msnet-r50-8f-ssv1"]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: replace(RECIPE, model=ModelConfig(num_classes=400)), "something-v1 has 174 classes, the network of .* 400"),
        (lambda: replace(RECIPE, protocol=TestProtocol(sampling=Sampling("dense", 8))), "one way in training and in another in testing"),
        (
            lambda: replace(RECIPES["msnet-r50-16f-k400"], protocol=TestProtocol(sampling=Sampling("dense", 8)), reported=()),
            "one way in training",
        ),
        (lambda: replace(RECIPE, members=("msnet-r50-16f-ssv1",)), "needs two members or more"),
        (lambda: replace(RECIPE, members=(RECIPE.name, "msnet-r50-16f-ssv1")), "besides itself"),
        (lambda: Reported(80.3, 50.9, TestProtocol(), "?"), "top-5 at least top-1, got 80.3 and 50.9"),
        (lambda: Reported(0.509, 103.0, TestProtocol(), "?"), "in percent"),
        (lambda: Reported(nan, nan, TestProtocol(), "?"), "got nan and nan"),
        (lambda: Schedule(milestones=(30, 20)), r"milestones must rise between 0 and 40 epochs, got \(30, 20\)"),
        (lambda: Schedule(milestones=(20, 40)), "milestones must rise"),
        (lambda: Schedule(batch_size=0), "batch_size must be at least 1, got 0"),
        (lambda: Schedule(learning_rate=0.0), "learning_rate must be above 0, got 0.0"),
        (lambda: Schedule(weight_decay=-1.0), "weight_decay must be at least 0, got -1.0"),
        (lambda: Schedule(decay=0.0), "decay must be above 0, at most 1, got 0.0"),
        (lambda: Schedule(momentum=1.0), "momentum must be at least 0 and below 1, got 1.0"),
    ],
)
def test_what_cannot_be_is_refused_with_numbers(make, message: str) -> None:
    """Parts that do not fit each other, and accuracies and schedules that cannot be, name what is wrong."""
    with pytest.raises(ValueError, match=message):
        make()


def test_a_number_that_is_not_reported_is_no_number() -> None:
    """One of the two may be unknown."""
    assert math.isnan(Reported(77.4, nan, TestProtocol(), "?").top5)
    assert math.isnan(Reported(nan, 91.0, TestProtocol(), "?").top1)
