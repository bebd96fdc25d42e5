"""Compares two networks, two settings, or a network and optical flow on one clip, cell by cell."""

import os
from dataclasses import dataclass, replace

import cv2
import numpy as np
from einops import rearrange
from jaxtyping import Bool, Float, UInt8

from workbench.explore.config import LookConfig
from workbench.explore.explorer import MOST_PROBABLE, Exploration, Explorer
from workbench.explore.highlights import measure_change
from workbench.explore.matching import LEAST_MOTION, Correspondences, describe_displacement


@dataclass(frozen=True)
class Agreement:
    """Two displacements beside each other, in pixels of the frames shown.

    difference `gh gw`: how far apart the two endpoints lie; length `gh gw`: of the longer of the two. cell: side of a cell.

    The two agree at a cell where their endpoints lie at most one cell apart: no finer than they were matched. (KITTI 2015,
    Menze and Geiger, calls a pixel right within 3 px or 5 %.) A cell moves where either displacement is longer than half a
    cell. Where neither is, the two agree whatever they say, so that the moving cells are counted for themselves.
    """

    difference: Float[np.ndarray, "gh gw"]
    length: Float[np.ndarray, "gh gw"]
    cell: float

    @property
    def agrees(self) -> Bool[np.ndarray, "gh gw"]:
        return self.difference <= self.cell

    @property
    def moving(self) -> Bool[np.ndarray, "gh gw"]:
        return self.length > LEAST_MOTION * self.cell

    @property
    def share(self) -> float:
        """Of all cells that agree."""
        return float(self.agrees.mean())

    @property
    def share_moving(self) -> float:
        """Of the moving cells that agree; nan where nothing moves."""
        return float(self.agrees[self.moving].mean()) if self.moving.any() else float("nan")

    @property
    def median(self) -> float:
        """Difference in pixels over all cells."""
        return float(np.median(self.difference))

    @property
    def median_moving(self) -> float:
        """Difference in pixels over the moving cells; nan where nothing moves."""
        return float(np.median(self.difference[self.moving])) if self.moving.any() else float("nan")

    @property
    def median_length(self) -> float:
        """How far the moving cells move, in pixels: what a difference is to be held against. nan where nothing moves."""
        return float(np.median(self.length[self.moving])) if self.moving.any() else float("nan")

    def __str__(self) -> str:
        """In a sentence, for those who do not see the picture."""
        whole = f"{100 * self.share:.0f} % of all {self.difference.size} cells agree within one cell ({self.cell:.3g} px)"
        if not self.moving.any():
            return f"{whole}; none moves"
        moved, apart = f"{self.median_length:.2g} px", f"{self.median_moving:.2g} px"
        return f"{whole}, and {100 * self.share_moving:.0f} % of the {self.moving.sum()} that move ({moved}, in the median {apart} apart)"


def measure_agreement(displacement: Float[np.ndarray, "2 gh gw"], other: Float[np.ndarray, "2 gh2 gw2"], cell: float) -> Agreement:
    """Two displacements of one pair, in pixels, on the coarser of their two grids along each axis.

    cell: side in pixels of a cell of that coarser grid. Raises ValueError where it is not positive.
    """
    if not 0 < cell < np.inf:
        raise ValueError(f"the side of a cell must be a positive number of pixels, got {cell}")
    grid = tuple(np.minimum(displacement.shape[1:], other.shape[1:]).tolist())
    one, two = average_on_grid(displacement, grid), average_on_grid(other, grid)
    length = np.maximum(np.linalg.norm(one, axis=0), np.linalg.norm(two, axis=0))
    return Agreement(np.linalg.norm(one - two, axis=0), length, float(cell))


def displacement_of_pair(exploration: Exploration, pair: int) -> tuple[Float[np.ndarray, "2 gh gw"], Correspondences]:
    """The displacement that a network found in a pair, in pixels of the frames shown, and the reading that it is from.

    Raises ValueError for a network that was not matched, and for a pair that is not there.
    """
    displacement, correspondences = exploration.displacement, exploration.correspondences
    if displacement is None or correspondences is None:
        raise ValueError(f"{exploration.network} has no motion module: no correspondences; choose the layer whose features are matched")
    if not 0 <= pair < correspondences.pairs:
        raise ValueError(f"pair must be one of 0 to {correspondences.pairs - 1}, got {pair}")
    return displacement[pair], correspondences


def describe_pair(exploration: Exploration, pair: int) -> str:
    """The displacement of a pair in words. Raises ValueError as `displacement_of_pair` does."""
    displacement, correspondences = displacement_of_pair(exploration, pair)
    return describe_displacement(displacement, correspondences.cell, correspondences.probability()[pair])


def average_on_grid(field: Float[np.ndarray, "c h w"], grid: tuple[int, int]) -> Float[np.ndarray, "c gh gw"]:
    """The mean of a field over each cell of a grid; what lies across an edge counts by its share on either side."""
    if field.shape[1:] == grid:
        return field
    rows, columns = (pixel_shares(cells, size).astype(field.dtype) for cells, size in zip(grid, field.shape[1:], strict=True))
    return rows @ field @ rearrange(columns, "gw w -> w gw")


def pixel_shares(cells: int, size: int) -> Float[np.ndarray, "cells size"]:
    """The share of each of `size` pixels in the mean of each of `cells` that cover the same length; rows sum to 1."""
    edges, pixels = np.arange(cells + 1) * size / cells, np.arange(size)
    low, high = np.maximum.outer(edges[:-1], pixels), np.minimum.outer(edges[1:], pixels + 1)
    return np.clip(high - low, 0, None) * cells / size


MOST_PIXELS = 360 * 640  # of a frame that DIS is given: about 25 ms on one core; cells are larger than what is lost
LEAST_SIDE = 32  # pixels: of narrower frames DIS reads beyond the end of its patches


def optical_flow(
    source: UInt8[np.ndarray, "h w 3"], target: UInt8[np.ndarray, "h w 3"], most_pixels: int = MOST_PIXELS
) -> Float[np.ndarray, "h w 2"]:
    """Where each pixel of the source went in the target, in pixels, x then y, by DIS (Kroeger et al., ECCV 2016; preset medium).

    The same for the same frames, whatever the number of threads. Frames of more than `most_pixels` are made smaller for it.
    """
    height, width, _ = source.shape
    size = choose_flow_size(height, width, most_pixels)
    grey = [cv2.cvtColor(cv2.resize(frame, size[::-1], interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY) for frame in (source, target)]
    flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM).calc(*grey, None)  # pyright: ignore
    if size != (height, width):
        flow = cv2.resize(flow, (width, height)) * np.array((width / size[1], height / size[0]), np.float32)
    return flow


def choose_flow_size(height: int, width: int, most_pixels: int = MOST_PIXELS) -> tuple[int, int]:
    """Rows and columns at which DIS works: the frame's own, less where it is large, more where it is narrow."""
    shrink = min((most_pixels / (height * width)) ** 0.5, 1.0)
    rows, columns = (min(max(round(side * shrink), LEAST_SIDE), most_pixels // LEAST_SIDE) for side in (height, width))
    return rows, columns


def flow_of_pair(exploration: Exploration, pair: int) -> Float[np.ndarray, "2 h w"]:
    """Optical flow at every pixel of a pair, in pixels of the frames shown. What needs it takes it as `flow`, so that it is found once."""
    return rearrange(optical_flow(*exploration.frames[pair : pair + 2]), "h w xy -> xy h w")


def estimate_flow_on_grid(
    exploration: Exploration, pair: int, flow: Float[np.ndarray, "2 h w"] | None = None
) -> Float[np.ndarray, "2 gh gw"]:
    """Optical flow of a pair in pixels of the frames shown: its mean over each cell of the reading's grid. flow: of every pixel, if it is
    known.

    The mean, as the truth of generated clips is put on a grid (`truth_on_grid`); where an edge crosses a cell, that is
    between the motions on both sides. Raises ValueError for a pair that is not there, or without correspondences.
    """
    _, correspondences = displacement_of_pair(exploration, pair)
    return average_on_grid(flow_of_pair(exploration, pair) if flow is None else flow, correspondences.grid)


def measure_flow_agreement(exploration: Exploration, pair: int, flow: Float[np.ndarray, "2 h w"] | None = None) -> Agreement:
    """The displacement that the network found in a pair beside optical flow. flow, and ValueError: as for `estimate_flow_on_grid`."""
    displacement, correspondences = displacement_of_pair(exploration, pair)
    return measure_agreement(displacement, estimate_flow_on_grid(exploration, pair, flow), correspondences.cell)


@dataclass(frozen=True)
class ClassProbabilities:
    """A class and its probability by either network; None where the network does not know the class."""

    label: str
    a: float | None
    b: float | None


@dataclass(frozen=True)
class NetworkComparison:
    """Two explorations of the same frames of one video. Raises ValueError where the frames are not the same.

    For two settings of one network: `NetworkComparison(a, replace(a, correspondences=a.correspondences.with_settings(sigma=1)))`.
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
        (a, first), (b, second) = displacement_of_pair(self.a, pair), displacement_of_pair(self.b, pair)
        return measure_agreement(a, b, max(first.cell, second.cell))

    def top(self, count: int = MOST_PROBABLE) -> list[ClassProbabilities]:
        """The `count` most probable classes of either network, the most probable by any of them first."""
        a, b = (dict(exploration.top(len(exploration.labels))) for exploration in (self.a, self.b))
        chosen = dict.fromkeys(label for exploration in (self.a, self.b) for label, _ in exploration.top(count))
        rows = [ClassProbabilities(label, a.get(label), b.get(label)) for label in chosen]
        return sorted(rows, key=lambda row: -max(row.a or 0, row.b or 0))


def describe_matching(exploration: Exploration) -> str:
    """Where an exploration's correspondences come from, in the words of a caption."""
    if exploration.correspondences is None:
        return "no motion module: no correspondences"
    rows, columns = exploration.correspondences.grid
    stage = exploration.correspondences.stage
    how = f"motion module after {stage}" if exploration.correspondences.trained else f"features of {stage}, not trained to match"
    return f"{how}, {columns} × {rows} cells"


def compare(
    a: Explorer,
    b: Explorer,
    path: str | os.PathLike,
    config_a: LookConfig | None = None,
    config_b: LookConfig | None = None,
    exploration: Exploration | None = None,
) -> NetworkComparison:
    """Both networks on the frames that `a` chooses: its span, number, stride, way of sampling and mirroring.

    config_b: the resolution and the layer at which `b` is read; all else follows `a`. exploration: what `a` found, where it has looked
    before. Both answer to the one view that is shown, however many were asked for: it is all that they share. Raises what
    `Explorer.look` raises.
    """
    own, config_a = config_b or LookConfig(), exploration.config if exploration else config_a or LookConfig()
    if exploration is None or (config_a.clips, config_a.crops) != (1, 1):
        exploration = a.look(path, replace(config_a, clips=1, crops=1))
    return NetworkComparison(exploration, look_at_same_frames(b, exploration, own.resolution, own.layer))


def look_at_same_frames(explorer: Explorer, exploration: Exploration, resolution: int | None, layer: str | None) -> Exploration:
    """What another network finds in the frames of an exploration. The file is not read again: there is one score over time, that of
    the clip, and no clip of half the speed. Raises ValueError for a resolution that cannot be."""
    config = replace(exploration.config, frames=len(exploration.frames), resolution=resolution, layer=layer)
    crops = explorer.crop(exploration.frames)
    probabilities = explorer.classify(crops[None])[0]
    middle = np.array([exploration.span[0] + exploration.span[1] / 2])
    change = np.array([np.median(measure_change(crops))])
    whole_video = replace(exploration.whole_video, times=middle, scores=probabilities[None], change=change, scanned=True)
    return replace(
        exploration, config=config, network=explorer.name, labels=explorer.labels, crops=crops, slow=None, probabilities=probabilities,
        whole_video=whole_video, correspondences=explorer.match(exploration.frames, config),
    )  # fmt: skip
