"""A network's displacement against the true one of real pairs of pictures, beside the simplest answers and optical flow."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import torch
import torch.nn.functional as F
from einops import rearrange
from jaxtyping import Bool, Float, UInt8
from scipy.stats import rankdata

from workbench.data.flow_pairs import FlowPair
from workbench.explore.compare import MOST_PIXELS, average_on_grid, optical_flow
from workbench.explore.config import LookConfig
from workbench.explore.explorer import Explorer
from workbench.explore.matching import LEAST_MOTION, NO_CHANGES, Correspondences, MatchSettings
from workbench.explore.probability import LEAST_PROBABILITY
from workbench.model.correlation import local_correlation
from workbench.model.msnet import MSNet
from workbench.video.transforms import resize_short_side

LEAST_KNOWN = 0.25  # share of a cell's pixels whose displacement must be known for the cell to count
PATCH_CELLS = 3  # side of the raw patches, in cells
RELIABILITY_BINS = 10  # of a reliability diagram

NOTHING, RAW_PATCHES, UNTRAINED, DIS_SMALL, DIS = "nothing moves", "raw patches", "untrained network", "DIS, same size", "DIS, full size"
REFINED_NAME = "{}, refined"  # as the page shows it
PROBABILITY = "probability"


@dataclass(frozen=True)
class PairErrors:
    """All methods on one pair, on the grid of the network, in pixels of its pictures. source: the first, as the network sees it.

    truth `2 gh gw`: the mean displacement of the known pixels of each cell; counts `gh gw`: the cells of which at least a quarter is
    known. estimates: method -> `2 gh gw`. confidences: method -> name -> `gh gw`, how sure the network is of an estimate of its own.
    cell: side of a cell; reach: how far the window sees.
    """

    name: str
    source: UInt8[np.ndarray, "h w 3"]
    truth: Float[np.ndarray, "2 gh gw"]
    counts: Bool[np.ndarray, "gh gw"]
    estimates: dict[str, Float[np.ndarray, "2 gh gw"]]
    confidences: dict[str, dict[str, Float[np.ndarray, "gh gw"]]]
    cell: float
    reach: float

    @property
    def length(self) -> Float[np.ndarray, "gh gw"]:
        return np.hypot(*self.truth)

    @property
    def moving(self) -> Bool[np.ndarray, "gh gw"]:
        """The cells that count and move by more than half a cell."""
        return self.counts & (self.length > LEAST_MOTION * self.cell)

    def error(self, method: str) -> Float[np.ndarray, "gh gw"]:
        """The endpoint error of every cell."""
        return np.hypot(*(self.estimates[method] - self.truth))

    def scores(self, method: str) -> dict[str, float]:
        """One row of the table; a mean over no cell is nan."""
        error, moving = self.error(method), self.moving
        probable = self.confidences.get(method, {}).get(PROBABILITY, np.zeros(self.counts.shape)) >= LEAST_PROBABILITY
        return {
            "all": mean_of(error, self.counts),
            "moving": mean_of(error, moving),
            "within a cell (share)": mean_of(error <= self.cell, moving),
            "worse than nothing (share)": mean_of(error > self.length, moving),
            "still": mean_of(error, self.counts & ~moving),
            "moving in reach": mean_of(error, moving & (np.abs(self.truth).max(axis=0) <= self.reach)),
            "probable (share)": mean_of(probable, moving) if method in self.confidences else float("nan"),
            "probable within a cell (share)": mean_of(error <= self.cell, moving & probable),
        }


def mean_of(values: np.ndarray, cells: np.ndarray) -> float:
    return float(values[cells].mean()) if cells.any() else float("nan")


@dataclass(frozen=True)
class FlowEvaluation:
    """A network on pairs of known displacement. `network` is the name of the method that is the network's own estimate."""

    network: str
    pairs: tuple[PairErrors, ...]

    def table(self) -> pd.DataFrame:
        """A row for each pair and method: cells that count and that move, and the mean endpoint errors in pixels of the pictures.

        all: of all cells that count. moving: of those that move by more than half a cell; still: of the others. within a cell, worse
        than nothing (shares): of the moving cells, those whose error is at most one cell, or above that of no motion. moving in reach:
        of the moving cells whose true target lies inside the network's window. probable (share): of the moving cells, those whose
        match is more probably right than wrong; probable within a cell: of these, those whose error is at most one cell.
        """
        return pd.DataFrame(
            {"pair": pair.name, "method": method, "cells": int(pair.counts.sum()), "moving cells": int(pair.moving.sum())}
            | pair.scores(method)
            for pair in self.pairs
            for method in pair.estimates
        )

    def means(self) -> pd.DataFrame:
        """The mean over pairs of each method, in the order of the methods; pairs without moving cells do not count for those."""
        figures = self.table().drop(columns=["pair", "cells", "moving cells"])
        return pd.DataFrame(figures.groupby("method", sort=False).mean()).reset_index()

    def rankings(self) -> pd.DataFrame:
        """How well each confidence tells the cells with an error of at most one cell from the others, over the cells of all pairs.

        auc: the chance that it is higher for a right cell than for a wrong one; 0.5 says nothing. sparsification: the mean error of the
        half of the cells that it trusts most, over that of all cells; `best`: the same for who knows the errors. calibration: the expected
        calibration error over ten bins, if it is read as the probability of being right (Guo et al., ICML 2017).
        """
        return pd.DataFrame(
            {"method": method, "confidence": name} | rank_confidence(*self.cells(method, name)) for method, name in self.confidences
        )

    @property
    def confidences(self) -> list[tuple[str, str]]:
        """Method and name of every confidence."""
        return [(method, name) for method, names in self.pairs[0].confidences.items() for name in names]

    def cells(self, method: str, confidence: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Confidence, error in pixels and whether it is at most one cell, of the cells that count, over all pairs."""
        errors = [pair.error(method)[pair.counts] for pair in self.pairs]
        right = [error <= pair.cell for error, pair in zip(errors, self.pairs, strict=True)]
        values = [pair.confidences[method][confidence][pair.counts] for pair in self.pairs]
        return np.concatenate(values), np.concatenate(errors), np.concatenate(right)

    def reliability(self, method: str, confidence: str) -> pd.DataFrame:
        """Ten bins of a confidence: its mean, the share of the cells that are right, and how many there are."""
        values, _, right = self.cells(method, confidence)
        return reliability_bins(values, right)


def rank_confidence(values: np.ndarray, errors: np.ndarray, right: np.ndarray) -> dict[str, float]:
    half = max(len(values) // 2, 1)
    trusted, best = (errors[np.argsort(order, kind="stable")[:half]].mean() for order in (-values, errors))
    bins = reliability_bins(values, right)
    return {
        "auc": area_under_curve(values, right),
        "sparsification": float(trusted / errors.mean()),
        "best": float(best / errors.mean()),
        "calibration": float(np.average(np.abs(bins["confidence"] - bins["right"]), weights=bins["cells"])),
    }


def area_under_curve(values: np.ndarray, right: np.ndarray) -> float:
    """The chance that a right cell has the higher value than a wrong one, ties half; nan where all are alike."""
    rights, wrongs = int(right.sum()), int((~right).sum())
    if not rights or not wrongs:
        return float("nan")
    return float((rankdata(values)[right].sum() - rights * (rights + 1) / 2) / (rights * wrongs))


def reliability_bins(values: np.ndarray, right: np.ndarray) -> pd.DataFrame:
    """Mean confidence, share of right cells and number of cells in each of ten bins of [0, 1] that is not empty."""
    number = np.clip((values * RELIABILITY_BINS).astype(int), 0, RELIABILITY_BINS - 1)
    cells = pd.DataFrame({"bin": number, "confidence": values, "right": right})
    return cells.groupby("bin").agg(confidence=("confidence", "mean"), right=("right", "mean"), cells=("right", "size")).reset_index()


def evaluate_flow(
    pairs: Iterable[FlowPair], explorer: Explorer, config: LookConfig | None = None, settings: MatchSettings = NO_CHANGES
) -> FlowEvaluation:
    """The network's displacement on each pair, beside: nothing moves, raw patches and an untrained network through the same window, and
    optical flow (DIS) on the pictures as the network sees them and at their full size; and the network's refined for display.

    The truth of a cell is the mean of its known pixels, where at least a quarter of them are; a cell moves if its truth is longer than
    half a cell. config: resolution and layer, as for `Explorer.look`. settings: of the estimate, for all that go through the window; what
    is refined has its own.

    Raises ValueError for a network without motion of which no layer is asked for, for no pairs at all, for a radius beyond the network's,
    and for a pair whose truth is known at too few pixels of every cell.
    """
    config, untrained = config or LookConfig(), with_random_weights(explorer)
    errors = tuple(evaluate_pair(pair, explorer, untrained, config, settings) for pair in pairs)
    if not errors:
        raise ValueError("there are no pairs to evaluate")
    return FlowEvaluation(explorer.name, errors)


def evaluate_pair(
    pair: FlowPair, explorer: Explorer, untrained: Explorer, config: LookConfig, settings: MatchSettings = NO_CHANGES
) -> PairErrors:
    """Raises ValueError for a network without motion of which no layer is asked for, for a radius beyond the network's, and for a truth
    that is known at too few pixels of every cell."""
    correspondences = explorer.match(pair.frames, replace(config, estimate="refined"))
    if correspondences is None:
        raise ValueError(f"{explorer.name} has no motion module: no correspondences; choose the layer whose features are matched")
    grid, (height, width) = correspondences.grid, pair.frames.shape[1:3]
    stride = explorer.model.backbone.strides[correspondences.stage]
    small = resize_short_side(pair.frames, config.resolution or explorer.resolution, multiple=stride)

    truth, counts = truth_of_cells(pair, grid)
    if not counts.any():
        raise ValueError(f"{pair.name}: in no cell is a quarter of the pixels known; nothing can be judged")
    through_window = {
        RAW_PATCHES: match_patches(small, stride, correspondences),
        UNTRAINED: untrained.match(pair.frames, replace(config, estimate="network")),
        explorer.name: correspondences,
    }
    matched = {name: each.with_settings(settings) for name, each in through_window.items()}
    matched[REFINED_NAME.format(explorer.name)] = correspondences
    in_cells = {
        NOTHING: np.zeros_like(truth),
        **{name: each.displacement()[0] / each.cell for name, each in matched.items()},
        DIS_SMALL: flow_in_cells(small, grid),
        DIS: flow_in_cells(pair.frames, grid, most_pixels=height * width),
    }
    estimates = {name: displacement * sides_of_cells((height, width), grid) for name, displacement in in_cells.items()}
    own = (explorer.name, REFINED_NAME.format(explorer.name))
    confidences = {name: {"peak correlation": matched[name].confidence()[0], PROBABILITY: matched[name].probability()[0]} for name in own}
    return PairErrors(pair.name, small[0], truth, counts, estimates, confidences, correspondences.cell, matched[explorer.name].reach)


def truth_of_cells(pair: FlowPair, grid: tuple[int, int]) -> tuple[Float[np.ndarray, "2 gh gw"], Bool[np.ndarray, "gh gw"]]:
    """The mean displacement of the known pixels of each cell, and whether there are enough of them."""
    share = average_on_grid(pair.valid[None].astype(np.float64), grid)
    flow = average_on_grid(pair.flow * pair.valid.astype(np.float64), grid)
    return flow / np.maximum(share, 1e-9), share[0] >= LEAST_KNOWN


def flow_in_cells(
    frames: UInt8[np.ndarray, "2 h w 3"], grid: tuple[int, int], most_pixels: int = MOST_PIXELS
) -> Float[np.ndarray, "2 gh gw"]:
    """Optical flow (DIS): its mean over each cell."""
    source, target = frames
    flow = average_on_grid(rearrange(optical_flow(source, target, most_pixels), "h w xy -> xy h w"), grid)
    return flow / sides_of_cells(frames.shape[1:3], grid)


def sides_of_cells(size: tuple[int, ...], grid: tuple[int, int]) -> Float[np.ndarray, "2 1 1"]:
    """Width and height in pixels of the cells of a picture of so many rows and columns."""
    (height, width), (rows, columns) = size, grid
    return rearrange(np.array([width / columns, height / rows]), "xy -> xy 1 1")


def match_patches(small: UInt8[np.ndarray, "2 h w 3"], stride: int, like: Correspondences) -> Correspondences:
    """Square patches around each cell, three cells wide, less their mean, matched through the same window in the same way."""
    pictures = rearrange(torch.from_numpy(small).float(), "t h w c -> t c h w")
    margin = stride * (PATCH_CELLS - 1) // 2
    patches = F.unfold(F.pad(pictures, (margin,) * 4, mode="replicate"), PATCH_CELLS * stride, stride=stride)
    patches = rearrange(patches - patches.mean(dim=1, keepdim=True), "t c (h w) -> 1 t c h w", h=like.grid[0])
    correlation = local_correlation(patches[:, :-1], patches[:, 1:], like.motion.radius, like.motion.dilation)
    return replace(like, correlation=correlation[0], trained=False, refined=None)


def with_random_weights(explorer: Explorer) -> Explorer:
    """The same network as it is before training, always from the same seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return replace(explorer, model=MSNet(explorer.model.config), name=UNTRAINED)
