"""One clip's way through a network, step by step: what the forward pass computes in each, kept so that it can be looked at."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import torch
from einops import rearrange
from jaxtyping import Float, UInt8
from torch import Tensor

from workbench.explore.explorer import Exploration, Explorer
from workbench.explore.matching import CellMatch, match_cell
from workbench.explore.what_if import motion_share
from workbench.model.correlation import unit_length
from workbench.model.inference import features_after
from workbench.model.interventions import without_motion
from workbench.model.motion import Motion, MotionConfig, MotionSqueeze, motion_maps
from workbench.model.msnet import consensus, motion_modules
from workbench.video.protocol import TestProtocol, crops_of
from workbench.video.transforms import resize_as

CellPlace = tuple[int, int]  # row and column of a cell


@dataclass(frozen=True)
class ClipAnswer:
    """What a network answers to one clip: a logit for each class in each frame."""

    frame_logits: Float[Tensor, "t k"]

    @property
    def logits(self) -> Float[Tensor, " k"]:
        return consensus(rearrange(self.frame_logits, "t k -> 1 t k"))[0]

    @property
    def probabilities(self) -> Float[np.ndarray, " k"]:
        return self.logits.softmax(dim=0).numpy()


@dataclass(frozen=True)
class ModuleTrace:
    """What a motion module computes in one clip, and what the network answers without it; on the CPU.

    config: the module's numbers. motion: of all pairs, with b = 1. maps: displacement x, y and confidence, as they enter the
    transformation. appearance, added: length of each cell's feature vector that the module reads, and of the one that it adds.
    channels: of either. answer_off: with no motion module adding anything.
    """

    config: MotionConfig
    motion: Motion
    maps: Float[Tensor, "t 3 h w"]
    appearance: Float[Tensor, "t h w"]
    added: Float[Tensor, "t h w"]
    channels: int
    answer_off: ClipAnswer

    @property
    def energy(self) -> Float[Tensor, "t h w"]:
        """How long what is added is, beside what it is added to."""
        return self.added / self.appearance.clamp(min=1e-12)


@dataclass(frozen=True)
class PipelineTrace:
    """One forward pass of a clip of crops `t s s 3`, on the CPU.

    network: by its name. square: left, top, width and height of the crop, as shares of the frames shown. stage: after which the
    features were read. stride: pixels of the crop in one of its cells. features: of unit length, those that the module matches;
    without a module (`module` is None) the stage's own. answer: to this one clip and crop.
    """

    network: str
    labels: tuple[str, ...]
    crops: UInt8[np.ndarray, "t s s 3"]
    square: tuple[float, float, float, float]
    stage: str
    stride: int
    stage_channels: int
    features: Float[Tensor, "t c h w"]
    module: ModuleTrace | None
    answer: ClipAnswer

    @property
    def grid(self) -> CellPlace:
        """Rows and columns of cells."""
        rows, columns = self.features.shape[2:]
        return rows, columns

    @property
    def answers(self) -> list[ClipAnswer]:
        """The network's, and where it has a module that without."""
        return [self.answer, self.module.answer_off] if self.module else [self.answer]

    @property
    def decision(self) -> int:
        """The number of the most probable class."""
        return int(self.answer.logits.argmax())

    def highest_classes(self, count: int) -> list[int]:
        """Numbers of the classes that reach highest in any of the answers, the decided one first."""
        highest = np.max([answer.probabilities for answer in self.answers], axis=0)
        others = [number for number in np.argsort(-highest, kind="stable").tolist() if number != self.decision]
        return [self.decision, *others][:count]

    def is_of(self, exploration: Exploration) -> bool:
        """Whether it is the way of the clip of this exploration."""
        return self.network == exploration.network and self.crops is exploration.crops

    def cell_at(self, x: float, y: float) -> CellPlace:
        """The cell at shares x, y of the frames shown; outside the crop the nearest one."""
        left, top, width, height = self.square
        rows, columns = self.grid
        row, column = int(np.floor((y - top) / height * rows)), int(np.floor((x - left) / width * columns))
        return min(max(row, 0), rows - 1), min(max(column, 0), columns - 1)

    def to_frame(self, x: float, y: float) -> tuple[float, float]:
        """Shares x, y of the crop as shares of the frames shown."""
        left, top, width, height = self.square
        return left + x * width, top + y * height

    def middle_of(self, cell: CellPlace) -> tuple[float, float]:
        """The middle of a cell as shares x, y of the frames shown."""
        (row, column), (rows, columns) = cell, self.grid
        return self.to_frame((column + 0.5) / columns, (row + 0.5) / rows)

    def match(self, pair: int, cell: CellPlace) -> CellMatch:
        """How a cell (row, column) finds its displacement. Raises ValueError without a module, or for what is not there."""
        (row, column), (rows, columns) = cell, self.grid
        module = self.needed_module
        if not (0 <= pair < len(self.crops) - 1 and 0 <= row < rows and 0 <= column < columns):
            raise ValueError(f"there is no cell {row}, {column} of pair {pair}: {len(self.crops) - 1} pairs of {rows} x {columns} cells")
        config = module.config
        return match_cell(module.motion.correlation[0, pair, row, column], None, config.sigma, config.temperature, config.dilation)

    @property
    def needed_module(self) -> ModuleTrace:
        """The module's trace. Raises ValueError where the network has none."""
        if self.module is None:
            raise ValueError(f"{self.network} has no motion module, so its cells are not matched")
        return self.module

    @property
    def module_share(self) -> float:
        """The share, in [0, 1], of the decided class's lead over chance that is lost when the module is switched off, by the formula of
        `motion_share`; 0 without a module."""
        return motion_share(self.answers[0].probabilities, self.answers[-1].probabilities)


@dataclass(frozen=True)
class CellTrace:
    """A trace at one of its pairs, counted from 0, and one of its cells (row, column)."""

    trace: PipelineTrace
    pair: int
    cell: CellPlace

    @cached_property
    def match(self) -> CellMatch:
        """How the cell finds its displacement. Raises ValueError without a module, or for what is not there."""
        return self.trace.match(self.pair, self.cell)

    @property
    def vector(self) -> Float[Tensor, " c"]:
        """The cell's features in the source, of unit length."""
        row, column = self.cell
        return self.trace.features[self.pair, :, row, column]

    @property
    def maps(self) -> Float[np.ndarray, "3 h w"]:
        """Displacement x and y in units of the window's reach, and confidence, of the source. Raises ValueError without a module."""
        return self.trace.needed_module.maps[self.pair].numpy()

    def strongest_channels(self, count: int) -> list[int]:
        """The channels in which the cell's feature vector in the source is greatest: they decide most about its correlation."""
        return self.vector.argsort(descending=True, stable=True)[:count].tolist()


@torch.inference_mode()
def trace_pipeline(explorer: Explorer, exploration: Exploration) -> PipelineTrace:
    """The clip of an exploration through its network: one forward pass, one up to the motion module, and one with it switched off.

    The first motion module is looked at where there are several. Raises ValueError where the exploration is another network's.
    """
    if (explorer.name, explorer.labels) != (exploration.network, exploration.labels):
        raise ValueError(f"this clip was looked at by another network, {exploration.network!r}; look at it with {explorer.name!r} first")
    model, clip = explorer.model, explorer.as_input(exploration.crops[None])
    stage = next(iter(model.motion), None) or exploration.config.layer or next(iter(model.config.motion_after), "layer2")

    prediction, features = model(clip), features_after(model, clip, stage)
    matched, module = features, None
    if stage in model.motion:
        motion, off = prediction.motions[stage], ClipAnswer(without_motion(model)(clip).frame_logits[0].cpu())
        matched = motion_modules(model)[stage].reduce_features(features, clip.shape[1])[0]
        module = trace_module(motion_modules(model)[stage], features, motion, off)

    return PipelineTrace(
        exploration.network,
        exploration.labels,
        exploration.crops,
        find_square(exploration.frames, explorer.protocol(exploration.config)),
        stage,
        model.backbone.strides[stage],
        features.shape[1],
        unit_length(matched.float()).cpu(),
        module,
        ClipAnswer(prediction.frame_logits[0].cpu()),
    )


def trace_module(module: MotionSqueeze, features: Float[Tensor, "bt c h w"], motion: Motion, answer_off: ClipAnswer) -> ModuleTrace:
    """What the module makes of the features that it reads and the motion that it finds there."""
    maps = motion_maps(motion)
    added = module.add(torch.zeros_like(features), maps)
    kept = replace(motion, displacement=motion.displacement.cpu(), confidence=motion.confidence.cpu(), correlation=motion.correlation.cpu())
    appearance, length = (part.float().norm(dim=1).cpu() for part in (features, added))
    return ModuleTrace(module.config, kept, maps[0].float().cpu(), appearance, length, features.shape[1], answer_off)


def find_square(frames: UInt8[np.ndarray, "t h w 3"], protocol: TestProtocol) -> tuple[float, float, float, float]:
    """Left, top, width and height of the crop that is classified, of three the middle one, as shares of the frames."""
    _, height, width, _ = resize_as(frames[:1], protocol.resize).shape
    crop = crops_of(height, width, protocol)[protocol.crops // 2]
    return crop.left / width, crop.top / height, crop.width / width, crop.height / height
