"""The table of recipes, our own results beside the paper's, and a recipe in words."""

import re
from dataclasses import replace
from math import nan
from pathlib import Path

import numpy as np
import pytest
import torch

from workbench.evaluation.cost import count_macs, count_parameters
from workbench.evaluation.scores import Scores
from workbench.experiments.recipe_tables import (
    aligned,
    beside_reported,
    class_table,
    cost,
    in_percent,
    our_result,
    read_reproduced,
    recipe_rows,
    recipe_sheet,
    recipe_table,
    record_result,
)
from workbench.model.motion import MotionConfig
from workbench.model.msnet import ModelConfig, MSNet
from workbench.training.recipes import RECIPES
from workbench.video.protocol import TestProtocol

NAME = "msnet-r50-8f-ssv1"


def scores_of(right: int, classes: int = 174, videos: int = 40, protocol: TestProtocol | None = None) -> Scores:
    """So many videos named right, all with the true class among the five highest."""
    truth, scores = np.arange(videos) % classes, np.zeros((videos, classes), np.float32)
    scores[np.arange(videos), truth] = 1.0
    scores[np.arange(right, videos), (truth[right:] + 1) % classes] = 2.0
    labels, names = tuple(f"class {k}" for k in range(classes)), tuple(f"video {n}" for n in range(videos))
    protocol = protocol or RECIPES[NAME].protocol
    return Scores("network", "0123", protocol, labels, names, np.arange(videos), truth, scores, {"broken.mp4": "no frames"})


@pytest.fixture
def results(tmp_path: Path) -> Path:
    return tmp_path / "reproduced.csv"


# ------------------------------------------------------------------------------------------------------------ what it costs


def test_counted_by_shapes_is_counted_by_numbers() -> None:
    """Parameters and MACs are those of the network when it runs."""
    config = ModelConfig("resnet18", num_classes=5, num_frames=2, motion=MotionConfig(radius=2))
    model = MSNet(config).eval()
    with torch.inference_mode():
        macs, *_ = count_macs(model, torch.zeros(1, 2, 3, 64, 64))
    assert cost(config, 64) == (count_parameters(model), macs)


def test_costs_are_the_papers_where_it_prints_them() -> None:
    """TSM with ResNet-50: 24.3 M and 33 G with 8 frames, 65 G with 16. MSNet has 0.07 M and 0.5 G more, not the 0.3 M and 1 G
    that the paper prints, which is what the legend says."""
    tsm = [cost(ModelConfig(num_classes=400, num_frames=frames, motion=None), 224) for frames in (8, 16)]
    assert [(f"{parameters / 1e6:.1f}", f"{macs / 1e9:.0f}") for parameters, macs in tsm] == [("24.3", "33"), ("24.3", "65")]
    parameters, macs = cost(ModelConfig(num_classes=400), 224)
    assert (f"{parameters / 1e6:.1f}", f"{macs / 1e9:.1f}") == ("24.4", "33.2")


def test_a_view_costs_by_its_size_and_an_ensemble_what_its_members_do(results: Path) -> None:
    """Squares of 256 pixels cost (256 / 224)^2 of the convolutions; parameters and MACs of members add up."""
    rows = {(row.recipe, row.views): row for row in recipe_rows(results)}
    assert rows["tsm-r50-8f-ssv1", "2 x 3"].macs / rows["tsm-r50-8f-ssv1", "1 x 1"].macs == pytest.approx((256 / 224) ** 2, rel=1e-3)
    members = [rows[name, "1 x 1"] for name in ("msnet-r50-8f-ssv2", "msnet-r50-16f-ssv2")]
    ensemble = rows["msnet-r50-en-ssv2", "10 x 1"]
    assert ensemble.parameters == sum(member.parameters for member in members)
    assert ensemble.macs == sum(member.macs for member in members)


# ------------------------------------------------------------------------------------------------------- what the table says


def test_every_reported_number_has_its_row(results: Path) -> None:
    """One row for each number that is reported, and one for a recipe without any; none of ours is run."""
    rows = recipe_rows(results)
    for name, recipe in RECIPES.items():
        mine = [row.reported for row in rows if row.recipe == name]
        assert mine == ([in_percent(each.top1, each.top5) for each in recipe.reported] or ["-"])
    assert {row.ours for row in rows} == {"not run"}
    assert {row.starts_from for row in rows} == {"ImageNet", "Kinetics-400", "msnet-tiny", "msnet-small"}


def test_the_table_is_markdown_and_fits_a_terminal(results: Path) -> None:
    """Every line has the same number of cells, columns stand under each other, and no line is wider than 140 columns, with ours."""
    record_result(NAME, scores_of(9000, videos=24777), path=results)
    table, legend = recipe_table(results).split("\n\n")
    lines = table.splitlines()
    assert {len(line) for line in lines} == {len(lines[0])} and len(lines[0]) <= 140
    assert {line.count("|") for line in lines} == {9}
    assert re.fullmatch(r"(\|-+:?)+\|", lines[1]) and max(map(len, legend.splitlines())) <= 140
    assert re.search(r"\| msnet-r50-en-ssv2 +\| Something V2 +\| ImageNet +\| +47.9 M \| +99.7 G \| 10 x 1 +\| - / 91.0 +\|", table)


def test_cells_are_padded_to_the_widest() -> None:
    """Words at the left, numbers at the right; what is not known is a dash."""
    assert aligned([("a", "number"), ("word", "1")], ("number",)) == "| a    | number |\n|------|-------:|\n| word |      1 |"
    known = [in_percent(50.9, 80.3), in_percent(nan, 91.0), in_percent(77.4, nan), in_percent(nan, nan)]
    assert known == ["50.9 / 80.3", "- / 91.0", "77.4 / -", "-"]


def test_classes_are_listed_from_the_hardest() -> None:
    """A line for each class that occurs, with the wrong answer that was given most."""
    lines = class_table(scores_of(3, classes=5, videos=10).evaluation()).splitlines()
    assert lines[0].split("|")[1].strip() == "class" and len(lines) == 2 + 5
    assert lines[2].startswith("| class 3 |      2 |          0.0 | 0.0 to") and "class 4" in lines[2]
    assert lines[-1].startswith("| class 2 |      2 |         50.0 |")


# ------------------------------------------------------------------------------------------------------------ what we found


def test_a_result_stands_beside_the_papers(results: Path) -> None:
    """Top-1 and top-5 in percent with interval and number of videos, under the protocol that was used, and no other."""
    record_result(NAME, scores_of(20), path=results)
    ours = {(row.recipe, row.views): row.ours for row in recipe_rows(results)}
    assert ours[NAME, "1 x 1"] == "50.0 / 100.0 (35.2 to 64.8) of 40"
    assert our_result(RECIPES[NAME], replace(RECIPES[NAME].protocol, clips=10), results) == "not run"
    for other in ({"average": "probabilities"}, {"resize": (256, 340)}, {"size": 240}, {"size": None}):
        assert our_result(RECIPES[NAME], replace(RECIPES[NAME].protocol, **other), results) == "not run"
    assert {name: text for name, text in ours.items() if text != "not run"} == {(NAME, "1 x 1"): ours[NAME, "1 x 1"]}


def test_a_test_done_again_replaces_the_one_before(results: Path) -> None:
    """One row for each recipe, protocol, split and fold; the others stay as they are."""
    ten = replace(RECIPES[NAME].protocol, clips=10)
    for right, protocol in ((20, None), (30, ten), (24, None)):
        record_result(NAME, scores_of(right, protocol=protocol), path=results)
    assert [(row["views"], row["top1"], row["skipped"], row["weights"]) for row in read_reproduced(results)] == [
        ("10 x 1", "75.0", "1", "0123"),
        ("1 x 1", "60.0", "1", "0123"),
    ]


def test_hmdb_is_the_mean_of_its_splits(results: Path) -> None:
    """The official divisions are one number each, and their mean together, which says how many were tested."""
    recipe = RECIPES["msnet-r50-16f-hmdb51"]
    for fold, right in ((1, 20), (2, 30)):
        record_result(recipe.name, scores_of(right, 51, protocol=recipe.protocol), fold=fold, path=results)
    assert our_result(recipe, recipe.protocol, results) == "62.5, mean of 2 of 3 splits"


@pytest.mark.parametrize(
    ("recipe", "classes", "split", "message"),
    [
        (NAME, 6, "validation", "msnet-r50-8f-ssv1 is of 174 classes; scores of 6 classes are not recorded"),
        ("your-own-classes", 6, "validation", "your-own-classes has no published number"),
        (NAME, 174, "train", "the train split are not recorded"),
        ("msnet-r50", 174, "validation", "there is no recipe 'msnet-r50'"),
    ],
)
def test_other_data_does_not_stand_beside_the_papers(results: Path, recipe: str, classes: int, split: str, message: str) -> None:
    """Scores of other classes, of data of one's own and of training videos are refused, and nothing is written."""
    with pytest.raises(ValueError, match=message):
        record_result(recipe, scores_of(3, classes), split, path=results)
    assert not results.exists()


# ------------------------------------------------------------------------------------------------------------ a recipe in words


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_can_be_read_and_its_commands_be_run(name: str, results: Path) -> None:
    """All notes and numbers are told within 120 columns, and a line for each command, with a checkpoint for each member."""
    text, recipe = recipe_sheet(name, results), RECIPES[name]
    told, flat = text.splitlines(), " ".join(text.split())
    assert max(len(line) for line in told if not line.startswith("workbench")) <= 120
    assert all(note in flat for note in recipe.notes) and all(in_percent(row.top1, row.top5) in text for row in recipe.reported)
    members = recipe.members or (name,)
    assert [line.split()[2] for line in told if line.startswith("workbench train ")] == list(members)
    (evaluate,) = [line for line in told if line.startswith("workbench evaluate ")]
    assert evaluate.split("--checkpoint ")[1].removesuffix(" --record").split() == [f"runs/{member}" for member in members]
    assert evaluate.endswith("--record") == (recipe.layout != "folders")


def test_a_sheet_says_how_the_authors_train() -> None:
    """The numbers of the schedule, of the clips and of the tests are those of the recipe."""
    text = " ".join(recipe_sheet("msnet-r50-16f-k400", Path("none.csv")).split())
    assert "75 epochs of SGD: learning rate 0.02 at 96 clips a step, x 0.1 after 30 and 60; momentum 0.9, weight decay 0.0001" in text
    assert "16 frames, frames 4 apart; short side 256 px; crops of 1, 0.875, 0.75, 0.66 of the short side, to 224 px" in text
    assert "10 clips, frames 4 apart; short side 256 px; left, centre and right 256 px; mean of logits reported: 76.4 / -" in text


@pytest.mark.parametrize(("right", "verdict"), [(509, "within"), (470, "3.9 points above"), (548, "3.9 points below")])
def test_a_number_that_was_found_is_judged_by_its_interval(right: int, verdict: str) -> None:
    """Of 1,000 videos the interval of top-1 is 3.1 points wide each way: the paper's 50.9 lies within 50.9, not within 47.0 or 54.8."""
    top1, top5 = beside_reported(NAME, scores_of(right, videos=1000)).splitlines()
    assert top1.startswith(f"top-1: {right / 10:.1f} % (") and "reported 50.9 % (Kwon et al." in top1 and top1.endswith(f"lies {verdict}")
    assert "reported 80.3" in top5 and top5.endswith("19.7 points below")


def test_only_the_same_test_is_compared() -> None:
    """Another protocol and other classes have no reported number, and where only top-5 is reported only that is told."""
    assert beside_reported(NAME, scores_of(20, protocol=TestProtocol(clips=2))).startswith(f"Nothing is reported of {NAME} with 2 clips")
    assert beside_reported(NAME, scores_of(3, 6)).startswith("These 6 classes are not those of a published number")
    ten = scores_of(20, protocol=RECIPES["msnet-r50-en-ssv2"].reported[1].protocol)
    assert beside_reported("msnet-r50-en-ssv2", ten).splitlines() == [
        "top-5: 100.0 % (91.2 to 100.0), reported 91.0 % (Kwon et al., MotionSqueeze, ECCV 2020, Table 1), which lies 9.0 points below"
    ]


def test_the_page_of_recipes_is_the_table():
    """docs/recipes.md shows what `workbench recipes` prints; `make readme` writes it."""
    page = Path(__file__).parents[2] / "docs" / "recipes.md"
    assert page.read_text(encoding="utf-8") == f"# Recipes\n\n{recipe_table()}\n"
