"""A rehearsal: the test of a recipe from the first step to the last, with stand-ins for data and weights that are not at hand."""

from dataclasses import replace
from pathlib import Path

import torch

from workbench.bench.reproduce import ReproduceConfig
from workbench.data.datasets import open_dataset
from workbench.data.recordings import make_recordings
from workbench.lab.config import in_project
from workbench.lab.recipes import find_recipe
from workbench.model.checkpoint import Preprocessing, save_checkpoint
from workbench.model.msnet import MSNet
from workbench.model.shelf import PROJECT

FOLDER = Path("runs", "rehearsal")
NOT_SAID = (Path(), PROJECT)  # what a config makes of data = ""
TAKES = 2  # recordings of each class


def rehearse(config: ReproduceConfig, folder: Path = FOLDER) -> ReproduceConfig:
    """The same test with a few recordings of four motions for the data, and for each member its own network with random
    weights, written to the folder, and one view of each unless more are asked for: every step runs, the answers mean nothing.
    A config with data or a checkpoint is left as it is.
    """
    if config.checkpoint or config.data not in NOT_SAID:
        return config
    folder = in_project(folder)
    folder.mkdir(parents=True, exist_ok=True)
    data = make_recordings(folder / f"recordings-{TAKES}", clips=TAKES)
    labels = open_dataset(data, "folders").labels
    files = [untrained(member, labels, folder) for member in config.members]
    few = {"clips": config.clips or 1, "crops": config.crops or 1}
    return replace(config, data=data, layout="folders", checkpoint=tuple(map(str, files)), **few)


def untrained(member: str, labels: tuple[str, ...], folder: Path) -> Path:
    """A checkpoint of the network of a recipe before it has learnt anything."""
    path, recipe = folder / f"{member}.safetensors", find_recipe(member)
    pixels = Preprocessing(recipe.clips.size, sampling=recipe.clips.sampling, resize=recipe.clips.resize, stride=recipe.clips.stride)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = MSNet(replace(recipe.model, num_classes=len(labels)))
    save_checkpoint(path, model, labels, pixels, provenance={"weights": "random, for a rehearsal"})
    return path
