"""Scores of a network for every test video: top-1 and top-5 accuracy, ensembles, files of scores."""

import io
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from workbench.evaluation.metrics import Evaluation, wilson_interval
from workbench.model.inference import as_probabilities
from workbench.paths import write_atomically
from workbench.video.protocol import TestProtocol

SCORES_VERSION = 1


@dataclass(frozen=True)
class Accuracy:
    """The share of `videos` that were answered rightly, and its 95 % interval (Wilson)."""

    accuracy: float
    interval: tuple[float, float]
    videos: int

    def __str__(self) -> str:
        share, low, high = (f"{100 * value:.1f}" for value in (self.accuracy, *self.interval))
        return f"{share} % ({low} to {high})"


@dataclass(frozen=True)
class Scores:
    """Scores `n k` of each video by its name: the mean over the protocol's views of logits or of probabilities, as it says.

    network: its name; digest: of its weights. truth: numbers of the classes in `labels`. places: of the videos in the list of
    the test set, counted from 0. skipped: videos that gave no frames, with the reason; they are in none of the numbers.
    """

    network: str
    digest: str
    protocol: TestProtocol
    labels: tuple[str, ...]
    names: tuple[str, ...]
    places: Int[np.ndarray, " n"]
    truth: Int[np.ndarray, " n"]
    scores: Float[np.ndarray, "n k"]
    skipped: dict[str, str] = field(default_factory=dict)

    def __post_init__(self):
        counts = {len(self.names), len(self.places), len(self.truth), len(self.scores)}
        if len(counts) > 1 or self.scores.shape[1] != len(self.labels):
            raise ValueError(f"{len(self.names)} videos of {len(self.labels)} classes do not go with scores {self.scores.shape}")

    def __len__(self) -> int:
        return len(self.names)

    def __str__(self) -> str:
        views = f"{self.protocol.clips} x {self.protocol.crops} views, mean of {self.protocol.average}"
        shares = [f"top-{k} {self.top(k)}" for k in (1, 5) if k < max(len(self.labels), 2)]
        text = f"{self.network}: N = {len(self)}, {', '.join(shares)}, 95 % intervals; {views}"
        return text + (f"; skipped {len(self.skipped)}: {', '.join(self.skipped)}" if self.skipped else "")

    @property
    def probabilities(self) -> Float[Tensor, "n k"]:
        return as_probabilities(torch.from_numpy(self.scores), self.protocol.average)

    def right(self, k: int = 1) -> Bool[np.ndarray, " n"]:
        """Whether the true class is among the k with the highest scores; of equal ones the first counts as higher."""
        best = np.argsort(-self.scores, axis=1, kind="stable")[:, :k]
        return (best == self.truth[:, None]).any(axis=1)

    def top(self, k: int = 1) -> Accuracy:
        """Raises ValueError without videos. With no more than k classes every answer counts as right."""
        if not len(self) or k < 1:
            raise ValueError(f"an accuracy needs at least 1 video and top-1, got {len(self)} videos and top-{k}")
        right = self.right(k)
        return Accuracy(float(right.mean()), wilson_interval(int(right.sum()), len(self)), len(self))

    def evaluation(self) -> Evaluation:
        """The same as tables by class and confusion need it; real videos have no known speed, camouflage or displacement."""
        rows, none, no_cells = np.arange(len(self)), np.full(len(self), np.nan), np.zeros(len(self), int)
        predicted = np.argsort(-self.scores, axis=1, kind="stable")[:, 0]
        probabilities = self.probabilities.double().numpy()
        loss = -np.log(probabilities[rows, self.truth].clip(np.finfo(np.float64).tiny))
        answers = (self.truth, predicted, loss, probabilities[rows, predicted])
        return Evaluation(self.labels, *answers, none, none, none, no_cells, none, none, no_cells)

    def save(self, path: str | os.PathLike) -> None:
        """As NPZ: numbers as arrays, the rest as JSON in one of them. The file appears whole or not at all, its folder with it."""
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        about = {name: getattr(self, name) for name in ("network", "digest", "labels", "names", "skipped")}
        about |= {"schema_version": SCORES_VERSION, "protocol": self.protocol.as_facts()}
        words = np.frombuffer(json.dumps(about, ensure_ascii=False).encode(), np.uint8)
        file = io.BytesIO()
        np.savez_compressed(file, about=words, places=self.places, truth=self.truth, scores=self.scores)
        write_atomically(Path(path), file.getvalue())


def read_scores(path: str | os.PathLike) -> Scores:
    """What `save` wrote. Raises OSError where there is no file, ValueError where it holds no scores or newer ones."""
    contents = io.BytesIO(Path(path).read_bytes())  # numpy leaves a file that is damaged open
    try:
        with np.load(contents, allow_pickle=False) as arrays:
            about = json.loads(arrays["about"].tobytes())
            numbers = {name: arrays[name] for name in ("places", "truth", "scores")}
        version = about.pop("schema_version")
        if version > SCORES_VERSION:
            raise ValueError(f"schema version {version} is above {SCORES_VERSION}; update the workbench")
        protocol = TestProtocol.from_facts(about.pop("protocol"))
        return Scores(**{**about, "labels": tuple(about["labels"]), "names": tuple(about["names"])}, protocol=protocol, **numbers)
    except (ValueError, KeyError, TypeError, AttributeError, EOFError, BadZipFile) as error:
        raise ValueError(f"{path} holds no scores that can be read ({error}); test the network again") from error


def join_scores(parts: Sequence[Scores]) -> Scores:
    """The scores of a test set that several processes shared, in the order of its list.

    Raises ValueError for parts of different tests, and where two hold the same video.
    """
    first, order = parts[0], np.argsort(np.concatenate([part.places for part in parts]), kind="stable")
    for part in parts[1:]:
        if differing := [name for name in ("network", "digest", "protocol", "labels") if getattr(part, name) != getattr(first, name)]:
            raise ValueError(f"these are parts of different tests: they differ in {' and '.join(differing)}")
    places, truth, scores = (np.concatenate([getattr(part, name) for part in parts])[order] for name in ("places", "truth", "scores"))
    names = [name for part in parts for name in part.names]
    if len(set(places.tolist())) < len(places):
        raise ValueError("these parts hold the same video twice; give each part once")
    skipped = {name: reason for part in parts for name, reason in part.skipped.items()}
    return replace(first, names=tuple(names[i] for i in order), places=places, truth=truth, scores=scores, skipped=skipped)


def ensemble(scores: Sequence[Scores], weights: Sequence[float] | None = None) -> Scores:
    """The weighted mean of what several networks answered, video by video: matched by name, in the first one's order.

    weights: any numbers of at least 0, by default all alike. What is averaged, logits or probabilities, and the protocol are the
    first member's; logits of another are turned into probabilities if need be. (The paper does not say what its ensembles
    average: logits, as over the views of one network, are our reading.)

    Raises ValueError for members of other videos, classes or truths, naming what differs, and for weights that cannot be.
    """
    if not scores:
        raise ValueError("an ensemble needs at least one network's scores, got none")
    shares, first = shares_of(weights, len(scores)), scores[0]
    mean = np.zeros(first.scores.shape)
    for share, member in zip(shares, scores, strict=True):
        mean += share * as_averaged(in_order_of(first, member), first.protocol.average)
    return replace(
        first,
        network=" + ".join(member.network for member in scores),
        digest=" + ".join(member.digest for member in scores),
        scores=mean.astype(np.float32),
        skipped={name: reason for member in scores for name, reason in member.skipped.items()},
    )


def shares_of(weights: Sequence[float] | None, count: int) -> Float[np.ndarray, " m"]:
    values = np.ones(count) if weights is None else np.array(weights, float)
    if len(values) != count or not (np.isfinite(values) & (values >= 0)).all() or not values.sum():
        raise ValueError(f"an ensemble of {count} needs {count} weights of at least 0, not all of them 0, got {list(weights or ())}")
    return values / values.sum()


def in_order_of(first: Scores, other: Scores) -> Scores:
    """The other's videos in the order of the first's. Raises ValueError where the two are not about the same."""
    if first.labels != other.labels:
        raise ValueError(f"{other.network} knows other classes than {first.network}: {differ(first.labels, other.labels)}")
    if set(first.names) != set(other.names):
        raise ValueError(f"{other.network} was asked about other videos than {first.network}: {differ(first.names, other.names)}")
    place = {name: i for i, name in enumerate(other.names)}
    order = [place[name] for name in first.names]
    if (differing := np.flatnonzero(other.truth[order] != first.truth)).size:
        names = ", ".join(first.names[i] for i in differing[:3])
        raise ValueError(f"{other.network} and {first.network} hold different truths about {len(differing)} videos, as {names}")
    return replace(other, names=first.names, places=first.places, truth=first.truth, scores=other.scores[order])


def differ(ours: Sequence[str], theirs: Sequence[str]) -> str:
    """What one side has and the other has not, in the words of an error."""
    if set(ours) == set(theirs):
        return "they come in another order"
    sides = {"missing": set(ours) - set(theirs), "not in the first": set(theirs) - set(ours)}
    return "; ".join(f"{len(names)} {word}, as {', '.join(sorted(names)[:3])}" for word, names in sides.items() if names)


def as_averaged(member: Scores, average: str) -> Float[np.ndarray, "n k"]:
    """A member's answers as what is to be averaged. Raises ValueError for logits asked of one that holds probabilities."""
    if average == "probabilities":
        return member.probabilities.double().numpy()
    if member.protocol.average != average:
        raise ValueError(f"{member.network} holds {member.protocol.average}, from which {average} cannot be had; test it again")
    return member.scores.astype(np.float64)
