"""`TrainConfig`: a training run on the motion alphabet; the tiny network that is trained by default, and a small one."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Literal

from workbench.data.alphabet.dataset import MotionAlphabet, MovingCrops, Split, read_pictures
from workbench.data.alphabet.open_set import GENERATED, OPEN_LABELS, OpenSet
from workbench.model.checkpoint import Preprocessing
from workbench.model.motion import MotionConfig
from workbench.model.msnet import ModelConfig
from workbench.model.pretrained import imagenet_pixels
from workbench.parameters import Range, check_ranges
from workbench.paths import in_project
from workbench.text import nearest
from workbench.video.sampling import Sampling

TINY = ModelConfig(
    backbone="tiny",
    num_classes=len(MotionAlphabet.labels),
    dropout=0.2,
    motion=MotionConfig(radius=4),  # 16 pixels at stride 4, twice the alphabet's fastest; the paper's 7 cells are 56 of 224
    motion_after=("layer1",),  # the stage of stride 4: of 64 pixels it leaves 16 x 16 cells
)
# Taught to match before it learns names; the shipped networks' default. Each frame is matched by its own features, each cell together with
# those around it, at the temperature of the loss by which it learned.
SMALL = replace(
    TINY, backbone="small", motion=MotionConfig(radius=4, kernel_size=5, temperature=0.05), shift_stages=("layer2", "layer3", "layer4")
)

Precision = Literal["auto", "float32", "bfloat16", "float16"]
Start = Literal["none", "imagenet"]  # random weights, or ImageNet's in the backbone


def start_pixels(init: Start, model: ModelConfig) -> Preprocessing:
    """Mean and std for which the first weights were made. Raises ValueError for a backbone without ImageNet weights."""
    return imagenet_pixels(model.backbone) if init == "imagenet" else Preprocessing()


# Fields that do not change what is learned; a run that meets a bad video may go on without it.
WATCHING = ("output", "save_every", "progress", "track", "workers", "check", "skip_bad", "validate_every")


@dataclass(frozen=True)
class TrainConfig:
    """A run as a value: the same config and seed give the same network on the same machine.

    model: the network. init: its first weights, random or ImageNet's. epochs, clips: so many passes over so many
    generated clips; `fresh` ones in every epoch, or the same again. batch_size: clips an optimiser step, taken in
    `accumulate` equal parts. learning_rate, weight_decay: of AdamW, one-cycle. displacement_weight: of the endpoint
    error in cells, added to the loss; 0, the paper's way, leaves the displacement to be found by naming motions
    alone. matching_from: a checkpoint or a run of `train_matching`, whose weights from stem to motion module are
    taken and stay as they are. data: "alphabet", the motion alphabet, of which camouflage, speed, repetition,
    nuisance and size are options; "open-set", the alphabet and clips that show none of its motions, for which there
    are two more classes; or a video or a folder of pictures, over which crops move (speed and size apply).
    validation_clips: after each epoch. test_clips: after the last. device: "auto", "cpu", "cuda", "mps". precision:
    "auto" is bfloat16 where a CUDA device has it, else float32. workers: processes that generate clips. output:
    folder of the checkpoint and of the state to resume from; None writes nothing. save_every: seconds between
    states. track: whether records are mirrored to trackio's dashboard.
    """

    model: ModelConfig = TINY
    init: Start = "none"
    epochs: Annotated[int, Range(1)] = 8
    clips: Annotated[int, Range(1)] = 2048
    fresh: bool = True
    batch_size: Annotated[int, Range(1)] = 32
    accumulate: Annotated[int, Range(1)] = 1
    learning_rate: Annotated[float, Range(above=0)] = 3e-3
    weight_decay: Annotated[float, Range(0)] = 0.02
    displacement_weight: Annotated[float, Range(0)] = 0.0
    matching_from: Path | None = None
    data: str = "alphabet"
    camouflage: tuple[float, float] = (0.0, 1.0)
    speed: tuple[float, float] = (1.0, 8.0)
    repetition: float = 0.0
    nuisance: float = 1.0
    size: int = 64
    validation_clips: Annotated[int, Range(1)] = 360
    test_clips: Annotated[int, Range(1)] = 720
    seed: int = 0
    device: str = "auto"
    precision: Precision = "auto"
    workers: Annotated[int, Range(0)] = 1
    output: Path | None = None
    save_every: float = 60.0
    progress: bool = True
    track: bool = False

    def __post_init__(self):
        if self.output is not None:
            object.__setattr__(self, "output", in_project(self.output))
        if self.data not in GENERATED:
            object.__setattr__(self, "data", str(in_project(self.data)))
        check_ranges(self)
        start_pixels(self.init, self.model)  # its own complaint
        if self.size % 16:
            raise ValueError(f"size must be a multiple of 16 pixels, so that cells divide it, got {self.size}")
        if self.displacement_weight and not self.model.motion:
            raise ValueError(f"displacement_weight must be 0 without motion, got {self.displacement_weight}")
        if self.matching_from is not None:
            object.__setattr__(self, "matching_from", in_project(self.matching_from))
            if not self.model.motion or self.displacement_weight:
                raise ValueError("matching_from keeps how a network with motion matches: it needs motion, and displacement_weight=0")
        if self.data in GENERATED:
            self.dataset("train")  # its own complaints, at once; a path is looked at when it is read, perhaps on another machine
        elif "mean" in (hint := nearest(Path(self.data).name, GENERATED)):
            raise ValueError(f"data must be a path or one of {', '.join(map(repr, GENERATED))}, got {self.data!r}{hint}")
        if self.model.num_classes != len(self.labels):
            raise ValueError(f"{self.data!r} has {len(self.labels)} classes, the model {self.model.num_classes}")

    @property
    def preprocessing(self) -> Preprocessing:
        return replace(start_pixels(self.init, self.model), size=self.size, sampling=Sampling("dense", seconds=1.0))

    @property
    def labels(self) -> tuple[str, ...]:
        return OPEN_LABELS if self.data == "open-set" else MotionAlphabet.labels

    def dataset(self, split: Split) -> MotionAlphabet | OpenSet | MovingCrops:
        """The clips of a split, of which only those to train on are disturbed. Raises VideoError for data that gives no frames."""
        length = {"train": self.clips * self.epochs, "validation": self.validation_clips, "test": self.test_clips}[split]
        shape = (self.seed, self.size, self.model.num_frames)
        if self.data not in GENERATED:
            return MovingCrops(read_pictures(self.data, split), *shape, speed=self.speed, length=length)
        nuisance = self.nuisance if split == "train" else 0.0
        alphabet = MotionAlphabet(split, self.camouflage, *shape, self.speed, self.repetition, nuisance, length)
        return OpenSet(alphabet) if self.data == "open-set" else alphabet
