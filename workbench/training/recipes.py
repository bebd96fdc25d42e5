"""The paper's table as data: network, data, schedule, test protocol and reported accuracy of each row."""

import math
from dataclasses import dataclass, replace
from typing import Annotated

from workbench.data.clips import ClipConfig
from workbench.model.motion import MotionConfig
from workbench.model.msnet import ModelConfig
from workbench.parameters import Range, check_ranges
from workbench.text import nearest
from workbench.training.config import SMALL, TINY
from workbench.video.protocol import TestProtocol
from workbench.video.sampling import Sampling

CLASSES = {"something-v1": 174, "something-v2": 174, "kinetics": 400, "hmdb51": 51}  # by layout; other layouts have any number


@dataclass(frozen=True)
class Schedule:
    """Stochastic gradient descent in steps: the learning rate belongs to `batch_size` clips a step and is scaled with it;
    it is multiplied by `decay` after each of `milestones` epochs. clip_norm: of the gradient. Raises ValueError for what cannot be.
    """

    learning_rate: Annotated[float, Range(above=0)] = 0.01
    batch_size: Annotated[int, Range(1)] = 48
    epochs: Annotated[int, Range(1)] = 40
    milestones: tuple[int, ...] = (20, 30)
    decay: Annotated[float, Range(above=0, most=1)] = 0.1
    momentum: Annotated[float, Range(0, below=1)] = 0.9
    nesterov: bool = True
    weight_decay: Annotated[float, Range(0)] = 5e-4
    clip_norm: Annotated[float, Range(above=0)] = 200.0

    def __post_init__(self):
        check_ranges(self)
        if list(self.milestones) != sorted(set(self.milestones)) or not all(0 < epoch < self.epochs for epoch in self.milestones):
            raise ValueError(f"milestones must rise between 0 and {self.epochs} epochs, got {self.milestones}")


@dataclass(frozen=True)
class Reported:
    """Accuracies in percent that a publication reports, under which protocol; nan where it does not say."""

    top1: float
    top5: float
    protocol: TestProtocol
    source: str

    def __post_init__(self):
        known = [value for value in (0.0, self.top1, self.top5, 100.0) if not math.isnan(value)]
        if known != sorted(known) or len(known) < 3:
            raise ValueError(f"an accuracy is reported in percent, top-5 at least top-1, got {self.top1} and {self.top5}")


@dataclass(frozen=True)
class Recipe:
    """A row: all that is needed to train and test one network, or the members of an ensemble.

    layout: of the data set (`open_dataset`). model: with the classes of the official data set; another set brings its own.
    init: "imagenet", "none", the name of the recipe whose weights it starts from, or that of a shipped checkpoint.
    protocol: how it is tested unless told otherwise. members: recipes whose scores an ensemble averages; it has no training
    of its own. notes: what is our reading, and what others found. Raises ValueError where the parts do not fit each other.
    """

    name: str
    title: str
    layout: str
    model: ModelConfig
    init: str
    clips: ClipConfig
    schedule: Schedule
    protocol: TestProtocol
    reported: tuple[Reported, ...] = ()
    members: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def __post_init__(self):
        if self.model.num_classes != CLASSES.get(self.layout, self.model.num_classes):
            raise ValueError(f"{self.layout} has {CLASSES[self.layout]} classes, the network of {self.name} {self.model.num_classes}")
        if len({way.sampling for way in (self.clips, self.protocol, *(row.protocol for row in self.reported))}) > 1:
            raise ValueError(f"{self.name} samples frames in one way in training and in another in testing")
        if len(self.members) == 1 or self.name in self.members:
            raise ValueError(f"the ensemble {self.name} needs two members or more besides itself, got {', '.join(self.members)}")


DATA = {"something-v1": "Something-Something V1", "something-v2": "Something-Something V2", "kinetics": "Kinetics-400", "hmdb51": "HMDB-51"}
SPAN = 64  # frames from the first of a dense clip to where the next would begin

# ------------------------------------------------------------------------------------------- how the authors train and test

SOMETHING = Schedule()
KINETICS_CLIPS = Schedule(
    learning_rate=0.02, batch_size=96, epochs=75, milestones=(30, 60), nesterov=False, weight_decay=1e-4, clip_norm=20.0
)
# The authors' is not known. This is TSM's for UCF-101, which its authors advise for HMDB-51 (mit-han-lab/temporal-shift-module#91).
FINE_TUNING = Schedule(learning_rate=0.001, batch_size=64, epochs=25, milestones=(10, 20), nesterov=False, clip_norm=20.0)

ONE_CLIP = TestProtocol()
TEN_CLIPS = replace(ONE_CLIP, clips=10)
TWO_CLIPS_FULL = TestProtocol(clips=2, crops=3, resize=256, size=256)


def thirty_views(num_frames: int) -> TestProtocol:
    return TestProtocol(clips=10, crops=3, resize=256, size=256, sampling=Sampling("dense", SPAN // num_frames))


# ---------------------------------------------------------------------------------------------------------------- the rows

PAPER_SOURCE = "Kwon et al., MotionSqueeze, ECCV 2020"
TABLE_1 = f"{PAPER_SOURCE}, Table 1"
TSM_CODE = "mit-han-lab/temporal-shift-module"
TSM_README = f"README of {TSM_CODE}"
TSM_PAPER = "Lin et al., TSM, ICCV 2019, Table 2"
NAN = math.nan

TSM_SCHEDULE = "Trained here as the MSNet beside it, so that the two differ in the module alone; TSM's own training is another."
ENSEMBLE = "Members count alike and their logits are averaged: our reading, the paper does not say."
TEN_CENTRE = "Ten clips are spread evenly within the segments, each cut in the centre: our reading."


def recipe_from(network: str, depth: int, num_frames: int, data: str, reported: tuple[Reported, ...] = (), *notes: str) -> Recipe:
    """The recipe of MSNet or TSM on one of the data sets that it is trained on from ImageNet weights."""
    layout = {"ssv1": "something-v1", "ssv2": "something-v2", "k400": "kinetics"}[data]
    dense, motion = layout == "kinetics", MotionConfig() if network == "msnet" else None
    model = ModelConfig(f"resnet{depth}", CLASSES[layout], num_frames, motion=motion)
    return Recipe(
        name=f"{network}-r{depth}-{num_frames}f-{data}",
        title=f"{model.kind}, ResNet-{depth}, {num_frames} frames, {DATA[layout]}",
        layout=layout,
        model=model,
        init="imagenet",
        clips=ClipConfig(resize=256, sampling=Sampling("dense", SPAN // num_frames)) if dense else ClipConfig(),
        schedule=KINETICS_CLIPS if dense else SOMETHING,
        protocol=thirty_views(num_frames) if dense else ONE_CLIP,
        reported=reported,
        notes=notes if motion else (TSM_SCHEDULE, *notes),
    )


def paper(top1: float, top5: float, protocol: TestProtocol = ONE_CLIP, source: str = TABLE_1) -> tuple[Reported, ...]:
    return (Reported(top1, top5, protocol, source),)


def tsm(one_clip: tuple[Reported, ...], two_clips: float) -> tuple[Reported, ...]:
    """What TSM reports on Something-Something: with one clip, if it does, and at full resolution with two."""
    return (*one_clip, Reported(two_clips, NAN, TWO_CLIPS_FULL, TSM_README))


def ensemble_recipe(first: Recipe, second: Recipe, *reported: Reported) -> Recipe:
    """Two networks on the same data, of 8 and of 16 frames, asked together."""
    return replace(
        first,
        name=first.name.replace(f"-{first.model.num_frames}f-", "-en-"),
        title=first.title.replace(f"{first.model.num_frames} frames", f"{first.model.num_frames} and {second.model.num_frames} frames"),
        reported=reported,
        members=(first.name, second.name),
        notes=(ENSEMBLE, TEN_CENTRE),
    )


def fine_tuned(source: Recipe) -> Recipe:
    """HMDB-51 from the network trained on Kinetics: read as Kinetics in all that the paper leaves open."""
    return replace(
        source,
        name=source.name.replace("k400", "hmdb51"),
        title=source.title.replace(DATA["kinetics"], DATA["hmdb51"]),
        layout="hmdb51",
        model=replace(source.model, num_classes=CLASSES["hmdb51"], dropout=0.8),
        init=source.name,
        schedule=FINE_TUNING,
        reported=paper(77.4, NAN, source.protocol, PAPER_SOURCE),
        notes=(
            "The number is the mean over the three splits: train and test one network for each (--fold 1, 2, 3).",
            "Schedule and dropout are TSM's for UCF-101, sampling and views those of Kinetics: our reading, the paper does not say.",
        ),
    )


def own_classes() -> Recipe:
    """A folder of classes of one's own, from the shipped tiny network; a video is small, short, and seen as a whole."""
    return Recipe(
        name="your-own-classes",
        title="MSNet, tiny, 8 frames, a folder of classes of your own",
        layout="folders",
        model=TINY,
        init="msnet-tiny",
        clips=ClipConfig(size=64, resize=72),
        schedule=Schedule(learning_rate=0.01, batch_size=16, epochs=25, milestones=(15, 20), clip_norm=20.0),
        protocol=TestProtocol(size=64, resize=72),
        notes=("Ours, not the paper's.",),
    )


def own_classes_small() -> Recipe:
    """The same from the shipped small network, which was taught to match before it learned names: what the page fine-tunes."""
    return replace(
        own_classes(),
        name="own-classes-small",
        title="MSNet, small, 8 frames, a folder of classes of your own",
        model=SMALL,
        init="msnet-small",
    )


def own_classes_from_imagenet() -> Recipe:
    """A folder of classes of one's own from ImageNet weights, the paper's way, with a backbone whose weights need no download.

    It has the time dimension still to learn, so it takes four times as many steps as from the shipped network.
    """
    motion, start = MotionConfig(radius=4, kernel_size=5, temperature=0.05), own_classes()
    return replace(
        start,
        name="own-classes-imagenet",
        title="MSNet, EfficientNet-Lite0, 8 frames, a folder of classes of your own",
        model=ModelConfig("efficientnet-lite0", TINY.num_classes, motion=motion),
        init="imagenet",
        clips=ClipConfig(size=128, resize=144),
        schedule=replace(start.schedule, batch_size=4),
        protocol=TestProtocol(size=128, resize=144),
        notes=("Ours, not the paper's. The weights come with the extra `imagenet`.",),
    )


def find_recipe(name: str) -> Recipe:
    """The recipe of that name. Raises ValueError with the nearest name."""
    if name in RECIPES:
        return RECIPES[name]
    raise ValueError(f"there is no recipe {name!r}{nearest(name, tuple(RECIPES), likeness=0.5)}")


AUTHORS_CODE = "arunos728/MotionSqueeze"
OTHERS = "With the authors' code others reached"
SUSPECTED = "the authors suspect how those users' correlation was installed"
SSV1 = (
    recipe_from("msnet", 50, 8, "ssv1", paper(50.9, 80.3), f"{OTHERS} 47.9 and 48.9 ({AUTHORS_CODE}#7 and #9; {SUSPECTED})."),
    recipe_from("msnet", 50, 16, "ssv1", paper(52.1, 82.3), f"{OTHERS} 51.1 ({AUTHORS_CODE}#14)."),
)
SSV2 = (recipe_from("msnet", 50, 8, "ssv2", paper(63.0, 88.4)), recipe_from("msnet", 50, 16, "ssv2", paper(64.7, 89.4)))
K400 = recipe_from("msnet", 50, 16, "k400", paper(76.4, NAN, thirty_views(16), PAPER_SOURCE))

RECIPES: dict[str, Recipe] = {
    recipe.name: recipe
    for recipe in (
        *SSV1,
        ensemble_recipe(*SSV1, *paper(54.4, 83.8), *paper(55.1, 84.0, TEN_CLIPS)),
        *SSV2,
        ensemble_recipe(*SSV2, *paper(66.6, 90.6), *paper(NAN, 91.0, TEN_CLIPS)),
        K400,
        fine_tuned(K400),
        recipe_from("msnet", 18, 8, "ssv1", (), f"The paper's ablations are of this network. {OTHERS} 44.5 ({AUTHORS_CODE}#9)."),
        recipe_from("msnet", 18, 8, "ssv2"),
        recipe_from("tsm", 50, 8, "ssv1", tsm(paper(45.6, NAN, source=TSM_README), 47.2)),
        recipe_from("tsm", 50, 16, "ssv1", tsm(paper(47.2, 77.1, source=TSM_PAPER), 48.4)),
        recipe_from("tsm", 50, 8, "ssv2", tsm((), 61.2), f"With one clip a user measured 58.8 with TSM's own weights ({TSM_CODE}#21)."),
        recipe_from("tsm", 50, 16, "ssv2", tsm((), 63.1)),
        recipe_from("tsm", 50, 8, "k400", paper(74.1, NAN, thirty_views(8), TSM_README)),
        recipe_from("tsm", 50, 16, "k400"),
        recipe_from("tsm", 18, 8, "ssv1"),
        recipe_from("tsm", 18, 8, "ssv2"),
        own_classes(),
        own_classes_small(),
        own_classes_from_imagenet(),
    )
}
