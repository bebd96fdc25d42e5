"""What ships with the workbench is what README says."""

import re
from pathlib import Path

import pytest
import torch
from numeric_tower import unchecked

import workbench as wb
from workbench.data.alphabet.dataset import MovingCrops
from workbench.data.alphabet.open_set import OPEN_LABELS
from workbench.data.alphabet.scenes import MovingScenes
from workbench.experiments.publish import NETWORKS, SPLIT, checkpoint_digest, fill_tables, make_checkpoints, real_frames
from workbench.model.load import Loaded
from workbench.paths import PROJECT, RESULTS, read_rows
from workbench.training.matching import MatchingConfig, MatchingTraining
from workbench.video.read import ASSETS

CLIPS = 180  # of the 2,000 of results/, so that the test takes seconds


def shipped(name: str) -> Loaded:
    return wb.load_weights(ASSETS / f"{name}.safetensors")


TINY_NAMES = ("msnet-tiny", "tsm-tiny", "tsn-tiny")


@pytest.mark.parametrize("name", NETWORKS)
def test_a_shipped_file_is_small_and_says_what_it_holds(name):
    assert (ASSETS / f"{name}.safetensors").stat().st_size < 3_000_000
    assert shipped(name).model.config == NETWORKS[name]
    assert shipped(name).labels == (OPEN_LABELS if name == "msnet-small" else wb.MotionAlphabet.labels)


def test_the_tiny_networks_had_one_budget_and_one_seed():
    made = [shipped(name).provenance for name in TINY_NAMES]
    assert len({(p["clips"], p["seed"], p["command"]) for p in made}) == 1


def test_what_matched_first_says_from_how_many_scenes():
    assert shipped("msnet-small").provenance["scenes to match"] == 65_536


@pytest.fixture(scope="module")
def scene_errors():
    """Of scenes from another split than it learned from or was validated on: endpoint error and true length of the cells that stay visible
    and in reach, in cells."""
    task = MatchingTraining(MatchingConfig(NETWORKS["msnet-small"], workers=0))
    task.network()
    task.validation = MovingScenes("test", size=64, nuisance=0.0, length=40)
    with unchecked():
        return task.errors(shipped("msnet-small").model, torch.device("cpu"))


def test_the_matching_network_is_far_better_than_that_nothing_moves(scene_errors):
    """Its error is at most half of the true length; it was 0.28 of it in results/."""
    error, length = scene_errors
    assert error.mean() < length.mean() / 2


def test_the_matching_network_is_right_within_a_cell(scene_errors):
    """98.8 % of validation cells in results/."""
    assert (scene_errors[0] <= 1).float().mean() > 0.95


def test_msnet_sees_what_no_still_shows():
    """Where only motion shows the shape, MSNet names at least 95 of 100 motions; TSN, which sees no motion, few."""
    clips = wb.MotionAlphabet("test", camouflage=1.0, length=CLIPS)
    with unchecked():
        msnet, tsn = (wb.evaluate(shipped(name).model, clips, shipped(name).preprocessing) for name in ("msnet-tiny", "tsn-tiny"))
    assert msnet.accuracy >= 0.95 and tsn.accuracy < 0.3


def test_msnet_is_of_use_on_real_pictures():
    """Crops that slide, zoom, turn and tremble over frames of a real video are named in at least 95 of 100 cases; README says 97,
    of 2,000 clips."""
    with unchecked():
        quality = wb.evaluate(shipped("msnet-tiny").model, MovingCrops(real_frames(), length=220), shipped("msnet-tiny").preprocessing)
    assert quality.accuracy >= 0.95


@pytest.mark.parametrize("row", read_rows(RESULTS / "alphabet.csv"), ids=lambda row: f"{row['model']}, {row['data']}")
def test_results_are_of_these_networks(row):
    """A number in results/ came from the network that ships, by the command that its file names."""
    assert row["training_command"] == shipped(row["model"]).provenance["command"] and row["checkpoint"] == checkpoint_digest(row["model"])
    assert int(row["clips"]) == 2000 and float(row["low"]) <= float(row["accuracy"]) <= float(row["high"])


@pytest.mark.parametrize("document", ["README.md", "docs/results.md"])
def test_pages_show_the_results(document):
    """The tables in README and docs/results.md are those that results/ gives; `make readme` fills them."""
    text = (PROJECT / document).read_text(encoding="utf-8")
    assert text == fill_tables(text)


def test_every_result_is_shown():
    """README and docs/results.md have a place for each table and for each study."""
    pages = "".join((PROJECT / page).read_text(encoding="utf-8") for page in ("README.md", "docs/results.md"))
    shown = set(re.findall(r"<!-- results: (.+?) -->\n\S", pages))
    assert shown == {
        "accuracy",
        "error",
        "flow",
        "flow confidence",
        "imagenet features",
        "flow small",
        "flow videos",
        "none of them",
        "windows",
        "speed",
        "loading",
        "parallel",
        "page",
        *(f"study {name}" for name in SPLIT),
    }


def test_an_unknown_network_is_refused():
    with pytest.raises(ValueError, match="resnet-tiny"):
        make_checkpoints(only=("resnet-tiny",), runs=Path("nowhere"))
