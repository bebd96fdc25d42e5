"""`FitConfig`: a training run on a data set: recipe, data, and what differs from the recipe."""

from dataclasses import dataclass, replace
from pathlib import Path

from workbench.data.class_symmetry import FLIPS
from workbench.data.clips import MIXES, ClipConfig
from workbench.paths import in_project
from workbench.training.config import PRECISIONS
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
    fold: int = 1  # of HMDB-51
    init: str | None = None  # to start from: "imagenet", "none", or a checkpoint's file or name
    epochs: int | None = None  # milestones move with them
    batch_size: int | None = None  # clips an optimiser step, of all processes and parts together
    accumulate: int = 1  # parts of a step, one after the other
    learning_rate: float | None = None  # of that batch; the recipe's is scaled in proportion
    flip: str | None = None  # "none", "safe" (not where left and right matter) or "swap" (there with the partner's label)
    mix: str = "none"  # "mixup" or "cutmix"
    mix_alpha: float = 0.2  # of its Beta distribution
    precision: str = "auto"  # "float32", "bfloat16" or "float16"; auto is bfloat16 where a CUDA device has it, else float32
    ema: float = 0.0  # decay of averaged weights, which are then tested and kept; 0 for none
    sync_bn: bool = False  # BatchNorm over all processes (GPUs)
    validate_every: int = 1  # epochs
    check: bool = True  # examine the data set before, as `workbench doctor` does
    skip_bad: bool = False  # leave out videos that cannot be used, count and name them, instead of refusing the set
    seed: int = 0  # of the weights, the clips and their order
    device: str = "auto"  # "cuda", "cpu" or "mps"
    workers: int = 2  # processes that read clips, for each process that trains
    output: Path | None = None  # folder of the checkpoint and of the state from which a killed run goes on
    save_every: float = 600.0  # seconds between states
    progress: bool = True  # show bars

    def __post_init__(self):
        object.__setattr__(self, "data", in_project(self.data))
        if self.output is not None:
            object.__setattr__(self, "output", in_project(self.output))
        if find_recipe(self.recipe).members:
            members = " and ".join(find_recipe(self.recipe).members)
            raise ValueError(f"{self.recipe} is an ensemble and has no training of its own; train {members}")
        counts = {name: getattr(self, name) for name in ("epochs", "batch_size", "accumulate", "validate_every", "fold")}
        if wrong := {name: value for name, value in counts.items() if value is not None and value < 1}:
            raise ValueError(f"{next(iter(wrong))} must be at least 1, got {next(iter(wrong.values()))}")
        if self.learning_rate is not None and self.learning_rate <= 0:
            raise ValueError(f"learning_rate must be above 0, got {self.learning_rate}")
        if not 0 <= self.ema < 1 or self.mix_alpha <= 0 or self.workers < 0:
            raise ValueError(
                f"ema must lie in [0, 1), mix_alpha above 0 and workers at 0 or above, got {self.ema}, {self.mix_alpha} and {self.workers}"
            )
        for name, choices in {"precision": PRECISIONS, "mix": ("none", *MIXES), "flip": (None, *FLIPS)}.items():
            if getattr(self, name) not in choices:
                raise ValueError(f"{name} must be one of {', '.join(filter(None, choices))}, got {getattr(self, name)!r}")

    @property
    def of(self) -> Recipe:
        return find_recipe(self.recipe)

    @property
    def crops(self) -> ClipConfig:
        """How videos become clips in this run."""
        return self.of.clips if self.flip is None else replace(self.of.clips, flip=self.flip)

    @property
    def protocol(self) -> TestProtocol:
        """The test during training: one clip, the centre crop, at the size of training."""
        clips = self.of.clips
        return TestProtocol(resize=clips.resize, size=clips.size, sampling=clips.sampling)

    def resolved(self) -> "FitConfig":
        """The same run with the recipe's numbers written out."""
        schedule = self.of.schedule
        batch_size = self.batch_size or schedule.batch_size
        return replace(
            self,
            layout=self.layout or self.of.layout,
            init=self.init or self.of.init,
            epochs=self.epochs or schedule.epochs,
            batch_size=batch_size,
            learning_rate=self.learning_rate or schedule.learning_rate * batch_size / schedule.batch_size,
            flip=self.flip or self.of.clips.flip,
        )

    def __str__(self) -> str:
        run, schedule = self.resolved(), self.of.schedule
        rate = f"learning rate {run.learning_rate:.4g}"
        if self.learning_rate is None:
            rate += f" ({schedule.learning_rate:g} at {schedule.batch_size} clips a step, here {run.batch_size})"
        epochs = f"{run.epochs} epoch{'s' * (run.epochs > 1)}"
        return f"{run.recipe} on {run.data.name} from {run.init}: {epochs}, {rate}, flips {run.flip}, mix {run.mix}"
