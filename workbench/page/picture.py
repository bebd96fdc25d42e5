"""A picture as a value: all that decides what it shows, on the page and in `notebooks/06_one_video.ipynb`."""

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workbench.data.samples import Sample, samples
from workbench.lab.config import in_project
from workbench.lab.parameters import config_of, parameters_of
from workbench.look.config import MOST_FRAMES, LookConfig
from workbench.look.explore import Exploration
from workbench.look.match import moving_cell
from workbench.look.reading import Reading


@dataclass(frozen=True)
class PictureConfig:
    """video: the name of a sample, or a file. checkpoint: a name, or a file. look: which frames, and how they are read.

    pair: two consecutive frames of the clip, counted from 0. row, column: of the cell whose arrow is explained; None: one
    of what moves. radius (steps), sigma (cells), temperature: the knobs of the estimate; None: as the network has them.

    Raises ValueError for what cannot be; whether the clip has the pair, and its grid the cell, shows when it is drawn.
    """

    video: str = "camouflage"
    checkpoint: str = "msnet-tiny"
    look: LookConfig = field(default_factory=LookConfig)
    pair: int = 0
    row: int | None = None
    column: int | None = None
    radius: int | None = None
    sigma: float | None = None
    temperature: float | None = None

    def __post_init__(self):
        if not self.video or not self.checkpoint:
            raise ValueError(f"video and checkpoint are names, got {self.video!r} and {self.checkpoint!r}")
        if not 0 <= self.pair < MOST_FRAMES - 1:
            raise ValueError(f"pair must be one of 0 to {MOST_FRAMES - 2}, got {self.pair}")
        if (self.row is None) != (self.column is None) or min(self.row or 0, self.column or 0) < 0:
            raise ValueError(f"row and column are counted from 0 and given together, got {self.row} and {self.column}")
        if self.radius is not None and self.radius < 1:
            raise ValueError(f"radius must be at least 1 step, got {self.radius}")
        if self.sigma is not None and not self.sigma >= 0:
            raise ValueError(f"sigma must be at least 0 cells (0 is hard argmax, inf plain soft-argmax), got {self.sigma}")
        if self.temperature is not None and not 0 < self.temperature < math.inf:
            raise ValueError(f"temperature must be a finite number above 0, got {self.temperature}")

    @property
    def sample(self) -> Sample | None:
        """The sample that the video names, if it does."""
        return next((sample for sample in samples() if sample.name == self.video), None)

    @property
    def path(self) -> Path:
        return self.sample.path if self.sample else in_project(self.video)

    def turned(self, exploration: Exploration) -> Reading:
        """The correspondences of the pair with the knobs turned. Raises ValueError for a pair or a radius that is not there."""
        if exploration.reading is None:
            raise ValueError(f"{exploration.network} has no motion module; say which layer is matched instead, for example layer1")
        return exploration.reading.of_pair(self.pair).turned(self.radius, self.sigma, self.temperature)

    def cell(self, exploration: Exploration) -> tuple[int, int]:
        """Row and column of the cell to explain."""
        if self.row is not None and self.column is not None:
            return self.row, self.column
        found = exploration.reading.of_pair(self.pair)
        return moving_cell(found.correlation[0], found.motion.sigma)


def picture_of(
    exploration: Exploration, pair: int = 0, cell: tuple[int, int] | None = None, turned: Reading | None = None
) -> PictureConfig:
    """What decides the pictures that are now shown. turned: the exploration's reading, or that of a pair, with the knobs as they are.

    A video of somebody's own is named by its file; where that lies is not told.
    """
    sample = next((sample.name for sample in samples() if same_file(sample.path, exploration.info.path)), exploration.name)
    row, column = cell or (None, None)
    chosen = {"video": sample, "checkpoint": exploration.network, "pair": pair, "row": row, "column": column}
    return config_of(PictureConfig, parameters_of(exploration.config) | chosen | knobs_of(exploration.reading, turned))


def same_file(sample: Path, path: Path) -> bool:
    """Whether a path is the sample or a copy of it, as a page that serves it makes."""
    return path == sample or (path.name == sample.name and path.is_file() and path.read_bytes() == sample.read_bytes())


def knobs_of(found: Reading | None, turned: Reading | None) -> dict[str, Any]:
    """The knobs that stand elsewhere than the network has them."""
    if not found or not turned:
        return {}
    knobs = {name: getattr(turned.motion, name) for name in ("radius", "sigma", "temperature")}
    return {name: value for name, value in knobs.items() if value != getattr(found.motion, name)}
