"""A short training run, and from the command line: train_small.py DATA OUTPUT {json of more fields}. Torchrun starts it."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import torch

from workbench.data.clips import ClipConfig
from workbench.training.config import TINY
from workbench.training.fit import fit
from workbench.training.fit_config import FitConfig
from workbench.training.recipes import RECIPES, Recipe
from workbench.video.protocol import TestProtocol

# A recipe for tests: tiny pictures, no dropout, whose mask would differ between one process and two.
SMALL = replace(
    RECIPES["your-own-classes"], name="small", model=replace(TINY, dropout=0.0), init="none",
    clips=ClipConfig(size=32, resize=40), reported=(), protocol=TestProtocol(size=32, resize=40),
)  # fmt: skip


@contextmanager
def small_recipes(*more: Recipe) -> Iterator[None]:
    """The recipes for tests are known by their names meanwhile."""
    mine = {recipe.name: recipe for recipe in (SMALL, *more)}
    RECIPES.update(mine)
    yield
    for name in mine:
        del RECIPES[name]


def small(data: Path, output: Path | None, **changes) -> FitConfig:
    common = dict(epochs=2, batch_size=4, check=False, device="cpu", workers=0, progress=False)
    return FitConfig("small", data, output=output, **{**common, **changes})


if __name__ == "__main__":
    torch.set_num_threads(1)
    with small_recipes():
        list(fit(small(Path(sys.argv[1]), Path(sys.argv[2]), **json.loads(sys.argv[3]))))
