"""What ships with the workbench is what README says."""

import re
from pathlib import Path

import pytest
from numeric_tower import unchecked

import workbench as wb
from workbench.data.alphabet.dataset import MovingCrops
from workbench.experiments.publish import NETWORKS, SPLIT, checkpoint_digest, fill_tables, make_checkpoints, real_frames
from workbench.model.load import Loaded
from workbench.paths import PROJECT, RESULTS, read_rows
from workbench.video.read import ASSETS

CLIPS = 180  # of the 2,000 of results/, so that the test takes seconds


def shipped(name: str) -> Loaded:
    return wb.load_weights(ASSETS / f"{name}.safetensors")


def test_three_networks_under_three_megabytes():
    """MSNet, TSM and TSN of one budget and seed; each file says how it was made."""
    files = [ASSETS / f"{name}.safetensors" for name in NETWORKS]
    assert sum(file.stat().st_size for file in files) < 3_000_000
    made = [shipped(name).provenance for name in NETWORKS]
    assert len({(p["clips"], p["seed"], p["command"]) for p in made}) == 1
    for name, config in NETWORKS.items():
        assert shipped(name).model.config == config and shipped(name).labels == wb.MotionAlphabet.labels


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
    assert shown == {"accuracy", "error", "flow", "speed", "loading", "parallel", "page", *(f"study {name}" for name in SPLIT)}


def test_an_unknown_network_is_refused():
    with pytest.raises(ValueError, match="resnet-tiny"):
        make_checkpoints(only=("resnet-tiny",), runs=Path("nowhere"))
