"""`teach`: own motions by a head on a frozen network, at once; `fine_tune`: by training all of a network, by a recipe."""

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from einops import rearrange, repeat
from jaxtyping import Float, Int, UInt8
from torch import Tensor, nn

from workbench.data.clips import VideoClips
from workbench.data.datasets import VideoItem, VideoSet, open_dataset
from workbench.data.doctor import diagnose
from workbench.evaluation.scores import Accuracy, Scores
from workbench.evaluation.videos import evaluate_videos
from workbench.model.checkpoint import Preprocessing, save_checkpoint
from workbench.model.inference import eval_mode, pooled_features
from workbench.model.load import SHIPPED, Loaded, load_weights
from workbench.model.msnet import MSNet
from workbench.text import percent
from workbench.training.fit import FitRecord, fit
from workbench.training.fit_config import FitConfig
from workbench.training.head import TEST_ROUNDS, LinearHead, fit_head, rounds_of
from workbench.training.takes import Take, TakeSet
from workbench.video.protocol import load_views
from workbench.video.transforms import normalise

# Of the network that the head stands on, too; and how takes are cut. None is mirrored: a motion may depend on a side whatever its name.
RECIPE = FitConfig("own-classes-small", flip="none")
MORE_VIEWS = 4  # of a take beside the one that is tested: cropped and sampled as in training


@dataclass(frozen=True)
class TakeFeatures:
    """What a frozen network makes of a take: of the view that it is tested with, of others like it to learn from, and of the first
    frame alone, which is shown in the place of all."""

    test: Float[Tensor, " c"]
    more: Float[Tensor, "v c"]
    still: Float[Tensor, " c"]


@dataclass(frozen=True)
class FrozenNetwork:
    """A network whose features are used as they are."""

    loaded: Loaded

    @classmethod
    def load(cls, checkpoint: str | Path = SHIPPED) -> "FrozenNetwork":
        return cls(load_weights(checkpoint))

    @property
    def preprocessing(self) -> Preprocessing:
        """How takes are shown to it, as the recipe says."""
        clips, pixels = RECIPE.of.clips, self.loaded.preprocessing
        return Preprocessing(clips.size, pixels.mean, pixels.std, clips.sampling, clips.resize)

    def features(self, take: Take) -> TakeFeatures:
        """Raises VideoError for a take that is no longer there."""
        length = self.loaded.model.config.num_frames
        [test] = load_views(take.path, RECIPE.protocol, length).frames
        item = VideoSet("folders", "train", (take.motion,), (VideoItem(take.name, take.path, 0),))
        more = [clip.frames for clip in VideoClips(item, RECIPE.run().crops, length, passes=MORE_VIEWS)]
        features = self.look(np.stack([test, *more, repeat(test[0], "h w rgb -> t h w rgb", t=length)]))
        return TakeFeatures(features[0], features[1:-1], features[-1])

    @torch.inference_mode()
    def look(self, clips: UInt8[np.ndarray, "b t h w 3"]) -> Float[Tensor, "b c"]:
        """The mean over frames of what the classifier is given: as it is linear, its logits of that are the network's."""
        pixels, model = self.preprocessing, self.loaded.model
        device = model.fc.weight.device
        with eval_mode(model):
            features = pooled_features(model, normalise(torch.from_numpy(clips).to(device), pixels.mean, pixels.std))
        return features.mean(dim=1).cpu()


@dataclass(frozen=True)
class Lesson:
    """What a head learned from takes. held_out: its answers to each take when it was taught without it. still: the answers of the same kind
    of head that was taught and tested with first frames alone."""

    held_out: Scores
    still: Scores
    head: LinearHead

    @property
    def labels(self) -> tuple[str, ...]:
        return self.held_out.labels

    @property
    def chance(self) -> float:
        """The accuracy of always giving the answer that is right most often."""
        return chance_of(self.held_out.truth)

    @property
    def stills_tell(self) -> bool:
        """Whether first frames alone tell the motions apart better than by chance."""
        return self.still.top(1).interval[0] > self.chance

    @property
    def stills_suffice(self) -> bool:
        """Whether they do so as well as with motion, as far as so many takes can show."""
        return self.stills_tell and self.held_out.top(1).interval[0] <= self.still.top(1).interval[1]


def chance_of(truth: Int[np.ndarray, " n"]) -> float:
    return float(np.bincount(truth).max() / len(truth))


def teach(takes: TakeSet, features: Mapping[str, TakeFeatures]) -> Lesson:
    """A head for the motions, and its accuracy on held-out takes: in five rounds each take is held out once, with all its views.

    features: of each take, by its name. Raises TeachingError where takes are missing.
    """
    takes.check()
    videos, rows = takes.videos(), [features[take.name] for take in takes.takes]
    stills = [replace(row, test=row.still, more=row.still[None]) for row in rows]
    return Lesson(hold_out_takes(videos, rows), hold_out_takes(videos, stills), fit_on(videos, rows))


def hold_out_takes(videos: VideoSet, features: Sequence[TakeFeatures]) -> Scores:
    """The logits of each take by a head that was fitted to the takes of the other rounds."""
    truth = np.array([item.label for item in videos.items])
    rounds, logits = rounds_of(truth.tolist()), np.zeros((len(truth), len(videos.labels)), np.float32)
    for number in range(TEST_ROUNDS):
        train, test = (np.flatnonzero(chosen).tolist() for chosen in (rounds != number, rounds == number))
        if test:
            head = fit_on(replace(videos, items=tuple(videos.items[i] for i in train)), [features[i] for i in train])
            logits[test] = head(torch.stack([features[i].test for i in test])).numpy()
    names, places = tuple(item.name for item in videos.items), np.arange(len(truth))
    return Scores("head", "", RECIPE.protocol, videos.labels, names, places, truth, logits)


def fit_on(videos: VideoSet, features: Sequence[TakeFeatures]) -> LinearHead:
    """A head fitted to all views of these takes."""
    views = torch.stack([torch.cat([row.test[None], row.more]) for row in features])
    labels = np.repeat([item.label for item in videos.items], views.shape[1])
    return fit_head(rearrange(views, "n v c -> (n v) c"), labels, len(videos.labels))


def save_lesson(path: Path, network: FrozenNetwork, lesson: Lesson) -> None:
    """The frozen network with the head in place of its classifier, as a checkpoint that everything opens."""
    loaded = network.loaded
    model: MSNet = deepcopy(loaded.model).cpu()
    model.config = replace(model.config, num_classes=len(lesson.labels))
    model.fc = nn.Linear(model.fc.in_features, len(lesson.labels))
    with torch.no_grad():
        model.fc.weight.copy_(lesson.head.weight)
        model.fc.bias.copy_(lesson.head.bias)
    accuracy = lesson.held_out.top(1)
    provenance = {
        "taught": f"a head on frozen features, from {accuracy.videos} takes of {len(lesson.labels)} motions",
        "network": loaded.report.origin,
        "held_out": {"accuracy": accuracy.accuracy, "interval": list(accuracy.interval), "takes": accuracy.videos, "rounds": TEST_ROUNDS},
        "first_frames": lesson.still.top(1).accuracy,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    # Without the calibration, which was measured for other classes: what was taught is answered, and not doubted.
    save_checkpoint(path, model, lesson.labels, network.preprocessing, provenance)


def fine_tune(takes: TakeSet, output: Path, epochs: int | None = None) -> Iterator[FitRecord]:
    """Train the network of the recipe on the takes; every fifth of a motion is held out. A record after each epoch, and the network in
    `output`. Closing the iterator ends it.

    Raises TeachingError where takes are missing, DatasetError for a set that is broken.
    """
    takes.check()
    return fit(replace(RECIPE, data=takes.folder, output=output, epochs=epochs, workers=0, progress=False))


@dataclass(frozen=True)
class HeldOutComparison:
    """The trained network and the head on the takes that both were taught without."""

    tuned: Scores
    head: Scores

    @property
    def chance(self) -> float:
        return chance_of(self.tuned.truth)


def compare_on_held_out(takes: TakeSet, features: Mapping[str, TakeFeatures], output: Path) -> HeldOutComparison:
    """What `fine_tune` left in `output`, beside a head that was taught from the same takes and no other."""
    test = open_dataset(takes.folder, "folders", "validation")  # every fifth take of a motion
    tuned = evaluate_videos(load_weights(output), test, RECIPE.protocol, "fine-tuned", progress=False)
    train = open_dataset(takes.folder, "folders")
    head = fit_on(train, [features[item.name] for item in train.items])
    logits = head(torch.stack([features[name].test for name in tuned.names])).numpy()
    return HeldOutComparison(tuned, replace(tuned, network="head", digest="", scores=logits))


def doctor_sentence(takes: TakeSet) -> str:
    """What the doctor says of the takes, in a sentence or two."""
    diagnosis = diagnose(takes.folder, "folders", num_frames=8, progress=False)
    return " ".join([diagnosis.summary(), *(finding.sentence for finding in diagnosis.findings)])


YOU_HERE = (
    "This number is about you, here: other takes of the same people in the same place. In a trial such a head was right in 83 % of other "
    "takes of its person, and in 47 % of another person's, which was chance."
)


def describe_accuracy(accuracy: Accuracy, chance: float) -> str:
    """Right answers with their interval, beside chance."""
    low, high = map(percent, accuracy.interval)
    right = round(accuracy.accuracy * accuracy.videos)
    return (
        f"{right} of {accuracy.videos} held-out takes right: {percent(accuracy.accuracy)} (95 % interval {low} to {high}); "
        f"by guessing {percent(chance)}."
    )


def describe_stills(lesson: Lesson) -> str:
    """What first frames alone give away: a warning where that is more than chance."""
    still, moving = lesson.still.top(1), lesson.held_out.top(1)
    first = f"From the first frame alone, in which nothing moves, a head is right in {percent(still.accuracy)} of held-out takes"
    if lesson.stills_suffice:
        return (
            f"Beware: {first[0].lower()}{first[1:]}, with motion in {percent(moving.accuracy)}. Your motions differ by what stands still: "
            "background, person, clothes, or the pose they begin with. Record all motions in the same mixture of these."
        )
    if moving.interval[0] <= lesson.chance:
        return f"{first}, and with motion that may be no better than guessing, either: record more takes, or motions that differ more."
    if lesson.stills_tell:
        return (
            f"{first}, more than by guessing, so that a part of the answer is what stands still, as the pose they begin with; "
            f"with motion in {percent(moving.accuracy)}."
        )
    return f"{first}, with motion in {percent(moving.accuracy)}: it is the motion that tells them apart."
