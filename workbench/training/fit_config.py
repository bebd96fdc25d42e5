"""`FitConfig`: a training run on a data set: recipe, data, and what differs from the recipe."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Literal

from workbench.data.class_symmetry import Flip
from workbench.data.clips import ClipConfig, Mix
from workbench.parameters import Range, check_ranges
from workbench.paths import in_project
from workbench.training.config import Precision
from workbench.training.recipes import Recipe, find_recipe
from workbench.video.protocol import TestProtocol


@dataclass(frozen=True)
class FitConfig:
    """A run on a data set as a value. Where a field is None the recipe decides; the same config and seed give the same network
    on the same machine.

    Raises ValueError for a recipe that is none, or an ensemble, and for values out of range.
    """

    recipe: str = "your-own-classes"  # its name
    data: Path = Path("my_classes")  # folder of the data set
    layout: str | None = None  # how that is laid out, where it is not the recipe's way; "auto" finds out
    fold: Annotated[int, Range(1)] = 1  # of HMDB-51
    init: str | None = None  # to start from: "imagenet", "none", or a checkpoint's file or name
    epochs: Annotated[int | None, Range(1)] = None  # milestones move with them
    batch_size: Annotated[int | None, Range(1)] = None  # clips an optimiser step, of all processes and parts together
    accumulate: Annotated[int, Range(1)] = 1  # parts of a step, one after the other
    learning_rate: Annotated[float | None, Range(above=0)] = None  # of that batch; the recipe's is scaled in proportion
    flip: Flip | None = None  # "safe": not where left and right matter; "swap": there with the partner's label
    mix: Literal["none", Mix] = "none"  # clips of a batch with each other
    mix_alpha: Annotated[float, Range(above=0)] = 0.2  # of its Beta distribution
    precision: Precision = "auto"  # bfloat16 where a CUDA device has it, else float32
    ema: Annotated[float, Range(0, below=1)] = 0.0  # decay of averaged weights, which are then tested and kept; 0 for none
    sync_bn: bool = False  # BatchNorm over all processes (GPUs)
    validate_every: Annotated[int, Range(1)] = 1  # epochs
    check: bool = True  # examine the data set before, as `workbench doctor` does
    skip_bad: bool = False  # leave out videos that cannot be used, count and name them, instead of refusing the set
    seed: int = 0  # of the weights, the clips and their order
    device: str = "auto"  # "cuda", "cpu" or "mps"
    workers: Annotated[int, Range(0)] = 2  # processes that read clips, for each process that trains
    output: Path | None = None  # folder of the checkpoint and of the state from which a killed run goes on
    save_every: float = 600.0  # seconds between states
    progress: bool = True  # show bars

    def __post_init__(self):
        check_ranges(self)
        object.__setattr__(self, "data", in_project(self.data))
        if self.output is not None:
            object.__setattr__(self, "output", in_project(self.output))
        if find_recipe(self.recipe).members:
            members = " and ".join(find_recipe(self.recipe).members)
            raise ValueError(f"{self.recipe} is an ensemble and has no training of its own; train {members}")

    @property
    def of(self) -> Recipe:
        return find_recipe(self.recipe)

    @property
    def protocol(self) -> TestProtocol:
        """The test during training: one clip, the centre crop, at the size of training."""
        clips = self.of.clips
        return TestProtocol(resize=clips.resize, size=clips.size, sampling=clips.sampling)

    def run(self) -> "FitRun":
        """With the recipe's values where the config leaves them to it."""
        schedule = self.of.schedule
        batch_size = self.batch_size or schedule.batch_size
        values = dict(
            layout=self.layout or self.of.layout,
            init=self.init or self.of.init,
            epochs=self.epochs or schedule.epochs,
            batch_size=batch_size,
            learning_rate=self.learning_rate or schedule.learning_rate * batch_size / schedule.batch_size,
            flip=self.flip or self.of.clips.flip,
        )
        return FitRun(**{**vars(self), **values})

    def __str__(self) -> str:
        run, schedule = self.run(), self.of.schedule
        rate = f"learning rate {run.learning_rate:.4g}"
        if self.learning_rate is None:
            rate += f" ({schedule.learning_rate:g} at {schedule.batch_size} clips a step, here {run.batch_size})"
        epochs = f"{run.epochs} epoch{'s' * (run.epochs > 1)}"
        return f"{run.recipe} on {run.data.name} from {run.init}: {epochs}, {rate}, flips {run.flip}, mix {run.mix}"


@dataclass(frozen=True)
class FitRun(FitConfig):
    """The run of a config: nothing is left to the recipe any more."""

    layout: str = field(kw_only=True)
    init: str = field(kw_only=True)
    epochs: Annotated[int, Range(1)] = field(kw_only=True)
    batch_size: Annotated[int, Range(1)] = field(kw_only=True)
    learning_rate: Annotated[float, Range(above=0)] = field(kw_only=True)
    flip: Flip = field(kw_only=True)

    @property
    def crops(self) -> ClipConfig:
        """How videos become clips in this run."""
        return replace(self.of.clips, flip=self.flip)
