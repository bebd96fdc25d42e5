"""Tests a recipe's network or ensemble on a data set; without data, a rehearsal with stand-ins."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Literal

import torch

from workbench.data.alphabet.demo_dataset import make_recordings
from workbench.data.datasets import VideoSet, open_dataset
from workbench.data.layouts.base import DatasetError
from workbench.evaluation.scores import Scores, ensemble, join_scores, read_scores
from workbench.evaluation.videos import evaluate_videos
from workbench.model.checkpoint import Preprocessing, WeightsError, save_checkpoint
from workbench.model.load import Loaded, load_weights
from workbench.model.msnet import MSNet
from workbench.parameters import Range, check_ranges
from workbench.paths import PROJECT, in_project
from workbench.training.distributed import Group, join_group
from workbench.training.recipes import Recipe, find_recipe
from workbench.video.protocol import Average, TestProtocol


@dataclass(frozen=True)
class ReproduceConfig:
    """A test as a value. Where a field is None the recipe decides. Raises ValueError for a recipe that is none, and for weights
    that do not go with its members."""

    recipe: str = "msnet-r50-8f-ssv1"  # its name
    data: Path = Path("something-v1")  # folder of the data set
    checkpoint: tuple[str, ...] = ()  # a file or a name, or scores kept by an earlier test (.npz); for an ensemble one for each member
    weights: tuple[float, ...] = ()  # of an ensemble's members, equal by default
    clips: Annotated[int | None, Range(1)] = None  # views in time
    crops: Literal[1, 3] | None = None  # views in space: the centre, or 3
    full_resolution: bool = False  # one view in space: the resized frame uncut
    average: Average | None = None  # over the views: of what
    split: str = "validation"  # all of it is asked about
    layout: str | None = None  # of the data, where it is not the recipe's way
    fold: Annotated[int, Range(1)] = 1  # of HMDB-51
    skip_bad: bool = False  # leave out videos that cannot be read, count and name them
    workers: Annotated[int, Range(0)] = 2  # processes that read videos
    device: str = "auto"  # "cuda", "cpu" or "mps"
    output: Path | None = None  # folder for the scores of each network, and of the ensemble

    def __post_init__(self):
        check_ranges(self)
        object.__setattr__(self, "data", in_project(self.data))
        if self.output is not None:
            object.__setattr__(self, "output", in_project(self.output))
        if self.weights and len(self.weights) != len(self.members):
            raise ValueError(f"weights must be one for each of {', '.join(self.members)}, got {list(self.weights)}")

    @property
    def of(self) -> Recipe:
        return find_recipe(self.recipe)

    @property
    def members(self) -> tuple[str, ...]:
        """The recipes that are tested: the one, or those of an ensemble."""
        return self.of.members or (self.recipe,)

    def protocol(self, member: str) -> TestProtocol:
        """How a member is tested: by so many views as the whole recipe, in the way for which a number is reported if there is
        one, at the frames of its own."""
        own, whole = find_recipe(member).protocol, self.of.protocol
        views = self.clips or whole.clips, self.crops or whole.crops
        reported = [row.protocol for row in find_recipe(member).reported if (row.protocol.clips, row.protocol.crops) == views]
        own = reported[0] if reported else own.spread(*views)
        own = replace(own, average=self.average or own.average)
        return replace(own, size=None, crops=1) if self.full_resolution else own


@dataclass(frozen=True)
class Reproduced:
    """The answers of each network tested, and of them together; the same where there is one."""

    members: tuple[Scores, ...]
    scores: Scores


def reproduce(config: ReproduceConfig) -> Reproduced:
    """Ask about every video of the split; under torchrun the processes share them. What a network answered is written as soon as
    it is known.

    Raises ValueError where checkpoints and recipe do not belong together, DatasetError for the data, which must all be there,
    VideoError for a video that cannot be read; videos that are missing or cannot be read may be skipped instead.
    """
    if len(config.checkpoint) != len(config.members):
        raise ValueError(f"{config.recipe} needs a checkpoint for each of {', '.join(config.members)}, got {len(config.checkpoint)}")
    videos = listed_videos(config)
    pairs = list(zip(config.members, config.checkpoint, strict=True))
    sources = [read_scores(file) if file.endswith(".npz") else load_member(member, file, config.fold) for member, file in pairs]
    with join_group(config.device) as group:
        members = []
        for member, source in zip(config.members, sources, strict=True):
            scores = source if isinstance(source, Scores) else member_scores(config, member, source, videos, group)
            members.append(keep(scores, config, group))
    if len(members) == 1:
        return Reproduced((members[0],), members[0])
    both = replace(ensemble(members, config.weights or None), network=config.recipe)
    return Reproduced(tuple(members), keep(both, config, group))


def listed_videos(config: ReproduceConfig) -> VideoSet:
    videos = open_dataset(config.data, config.layout or config.of.layout, config.split, config.fold)
    if videos.missing and not config.skip_bad:
        raise DatasetError(
            f"{len(videos.missing)} {videos.split} videos of {config.data.name} are listed and not there, as {videos.missing[0]}; "
            "`skip_bad` tests without them, and counts them"
        )
    return videos


def member_scores(config: ReproduceConfig, member: str, loaded: Loaded, videos: VideoSet, group: Group) -> Scores:
    """What a network says of all videos, gathered from all processes."""
    loaded.model.to(group.device)
    part = evaluate_videos(
        loaded, videos, config.protocol(member), network=member, workers=config.workers, rank=group.rank, size=group.size,
        skip_bad=config.skip_bad,
    )  # fmt: skip
    whole = join_scores(group.gather(part))
    return replace(whole, skipped=whole.skipped | dict.fromkeys(videos.missing, "is listed, and not there"))


def keep(scores: Scores, config: ReproduceConfig, group: Group) -> Scores:
    if config.output and group.first:
        scores.save(config.output / f"{scores.network}.npz")
    return scores


def load_member(member: str, checkpoint: str, fold: int) -> Loaded:
    """A network of a recipe. Raises WeightsError for another network, and for one trained on another fold."""
    recipe = find_recipe(member).model
    loaded = load_weights(checkpoint)
    if loaded.labels is None:  # a file of others does not say how many frames its network takes
        loaded = load_weights(checkpoint, num_frames=recipe.num_frames)
    for name in ("backbone", "num_frames", "shift_div", "shift_stages", "shift_every", "motion", "motion_after"):
        has, wanted = getattr(loaded.model.config, name), getattr(recipe, name)
        if has != wanted:
            raise WeightsError(f"{checkpoint} is no network of {member}: its {name} is {has}, not {wanted}")
    if loaded.provenance.get("fold", fold) != fold:
        raise WeightsError(f"{checkpoint} was trained on fold {loaded.provenance['fold']}, whose test videos are not those of fold {fold}")
    return loaded


NO_DATA = (Path(), PROJECT)  # what a config makes of data = ""
TAKES = 2  # recordings of each class


def rehearse(config: ReproduceConfig, folder: Path = Path("runs", "rehearsal")) -> ReproduceConfig:
    """The same test with a few recordings of four motions for the data, and for each member its own network with random
    weights, written to the folder, and one view of each unless more are asked for: every step runs, the answers mean nothing.
    A config with data or a checkpoint is left as it is.
    """
    if config.checkpoint or config.data not in NO_DATA:
        return config
    folder = in_project(folder)
    folder.mkdir(parents=True, exist_ok=True)
    data = make_recordings(folder / f"recordings-{TAKES}", clips=TAKES)
    labels = open_dataset(data, "folders").labels
    files = [untrained(member, labels, folder) for member in config.members]
    few = {"clips": config.clips or 1, "crops": config.crops or 1}
    return replace(config, data=data, layout="folders", checkpoint=tuple(map(str, files)), **few)


def untrained(member: str, labels: tuple[str, ...], folder: Path) -> Path:
    """A checkpoint of the network of a recipe before it has learnt anything."""
    path, recipe = folder / f"{member}.safetensors", find_recipe(member)
    pixels = Preprocessing(recipe.clips.size, sampling=recipe.clips.sampling, resize=recipe.clips.resize)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = MSNet(replace(recipe.model, num_classes=len(labels)))
    save_checkpoint(path, model, labels, pixels, provenance={"weights": "random, for a rehearsal"})
    return path
