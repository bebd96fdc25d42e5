"""Two networks, or two settings of one, on the same clip."""

import os
from dataclasses import dataclass, replace

import numpy as np

from workbench.look.agreement import Agreement, agree, matched
from workbench.look.config import LookConfig
from workbench.look.explore import Exploration, Explorer


@dataclass(frozen=True)
class Answer:
    """A class and its probability by either network; None where the network does not know the class."""

    label: str
    a: float | None
    b: float | None


@dataclass(frozen=True)
class Beside:
    """Two explorations of the same frames of one video. Raises ValueError where the frames are not the same.

    For two knobs on one reading: `Beside(seen, replace(seen, reading=seen.reading.turned(sigma=1)))`.
    """

    a: Exploration
    b: Exploration

    def __post_init__(self):
        if self.a.indices != self.b.indices or self.a.frames.shape != self.b.frames.shape:
            raise ValueError(f"two networks beside each other need the same frames, got {self.a.indices} and {self.b.indices}")

    @property
    def names(self) -> tuple[str, str]:
        return f"A: {self.a.network}", f"B: {self.b.network}"

    @property
    def pairs(self) -> int:
        """Of which at least one of the two has correspondences."""
        return max(self.a.pairs, self.b.pairs)

    def agreement(self, pair: int) -> Agreement:
        """How far their displacements of a pair agree, on the coarser of the two grids.

        Raises ValueError for a pair that is not there, and where one of the two has no correspondences.
        """
        (a, first), (b, second) = matched(self.a, pair), matched(self.b, pair)
        return agree(a, b, max(first.cell, second.cell))

    def answers(self, count: int = 5) -> list[Answer]:
        """The `count` most probable classes of either network, the most probable by any of them first."""
        a, b = (dict(seen.top(len(seen.labels))) for seen in (self.a, self.b))
        chosen = dict.fromkeys(label for seen in (self.a, self.b) for label, _ in seen.top(count))
        rows = [Answer(label, a.get(label), b.get(label)) for label in chosen]
        return sorted(rows, key=lambda row: -max(row.a or 0, row.b or 0))


def how_read(seen: Exploration) -> str:
    """Where an exploration's correspondences come from, in the words of a caption."""
    if seen.reading is None:
        return "no motion module: no correspondences"
    rows, columns = seen.reading.grid
    stage = seen.reading.stage
    how = f"motion module after {stage}" if seen.reading.trained else f"features of {stage}, not trained to match"
    return f"{how}, {columns} × {rows} cells"


def look_beside(
    a: Explorer,
    b: Explorer,
    path: str | os.PathLike,
    config_a: LookConfig | None = None,
    config_b: LookConfig | None = None,
    seen: Exploration | None = None,
) -> Beside:
    """Both networks on the frames that `a` chooses: its span, number, stride, way of sampling and mirroring.

    config_b: the resolution and the layer at which `b` is read; all else follows `a`. seen: what `a` found, where it has looked
    before. Both answer to the one view that is shown, however many were asked for: it is all that they share. Raises what
    `Explorer.look` raises.
    """
    own, config_a = config_b or LookConfig(), seen.config if seen else config_a or LookConfig()
    if seen is None or (config_a.clips, config_a.crops) != (1, 1):
        seen = a.look(path, replace(config_a, clips=1, crops=1))
    return Beside(seen, look_again(b, seen, own.resolution, own.layer))


def look_again(explorer: Explorer, seen: Exploration, resolution: int | None, layer: str | None) -> Exploration:
    """What another network finds in the frames that were seen. The file is not read again: there is one score over time, that of
    the clip, and no clip of half the speed. Raises ValueError for a resolution that cannot be."""
    config = replace(seen.config, frames=len(seen.frames), resolution=resolution, layer=layer)
    crops = explorer.crop(seen.frames)
    probabilities = explorer.classify(crops[None])[0]
    course = replace(seen.course, times=np.array([seen.span[0] + seen.span[1] / 2]), scores=probabilities[None])
    return replace(
        seen, config=config, network=explorer.name, labels=explorer.labels, crops=crops, slow=None, probabilities=probabilities,
        course=course, reading=explorer.read(seen.frames, config),
    )  # fmt: skip
