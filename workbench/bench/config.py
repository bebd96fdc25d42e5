"""A training run on a data set as a value: a recipe, the data, and what is to be otherwise."""

from dataclasses import dataclass, replace
from pathlib import Path

from workbench.data.clips import ClipConfig
from workbench.data.flips import FLIPS
from workbench.data.mix import MIXES
from workbench.data.views import Protocol
from workbench.lab.config import PRECISIONS, in_project
from workbench.lab.recipes import Recipe, find_recipe


@dataclass(frozen=True)
class FitConfig:
    """A run on a data set as a value. Where a field is None the recipe decides.

    recipe: its name. data: folder of the data set; layout: how it is laid out, where that is not the recipe's; fold: of HMDB-51.
    init: "imagenet", "none", a checkpoint's file or name, from which it starts. epochs: milestones move with them.
    batch_size: clips an optimiser step, those of all processes and of all `accumulate` parts together. learning_rate: of that
    batch; None scales the recipe's in proportion. flip, mix: of clips, mix_alpha of its Beta distribution. precision: "auto" is
    bfloat16 where a CUDA device has it, else float32. ema: decay of averaged weights, 0 for none. sync_bn: BatchNorm over all
    processes (GPUs). validate_every: epochs. check: whether the data set is examined before. skip_bad: whether videos that
    cannot be used are left out, counted and named, instead of refused. workers: processes that read clips, for each process
    that trains. output: folder of the checkpoint and of the state to resume from. save_every: seconds between states.
    """

    recipe: str = "your-own-classes"
    data: Path = Path("my_classes")
    layout: str | None = None
    fold: int = 1
    init: str | None = None
    epochs: int | None = None
    batch_size: int | None = None
    accumulate: int = 1
    learning_rate: float | None = None
    flip: str | None = None
    mix: str = "none"
    mix_alpha: float = 0.2
    precision: str = "auto"
    ema: float = 0.0
    sync_bn: bool = False
    validate_every: int = 1
    check: bool = True
    skip_bad: bool = False
    seed: int = 0
    device: str = "auto"
    workers: int = 2
    output: Path | None = None
    save_every: float = 600.0
    progress: bool = True

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
    def protocol(self) -> Protocol:
        """The test during training: one clip, the centre crop, at the size of training."""
        clips = self.of.clips
        return Protocol(resize=clips.resize, size=clips.size, sampling=clips.sampling, stride=clips.stride)

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
        return f"{run.recipe} on {run.data.name} from {run.init}: {run.epochs} epochs, {rate}, flips {run.flip}, mix {run.mix}"
