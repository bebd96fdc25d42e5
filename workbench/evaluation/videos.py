"""Evaluates a network on the videos of a test set by a test protocol: all videos, in a fixed order."""

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import groupby
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor
from torch.utils.data import DataLoader, Dataset
from tqdm import tqdm

from workbench.data.datasets import VideoSet
from workbench.evaluation.scores import Scores
from workbench.model.checkpoint import as_stored, digest_tensors
from workbench.model.inference import VIEWS_AT_ONCE, score_views
from workbench.model.load import Loaded
from workbench.video.protocol import TestProtocol, load_views
from workbench.video.read import VideoError
from workbench.video.transforms import normalise


class VideoViews(NamedTuple):
    """The views of the video at a place of the list."""

    place: int
    frames: UInt8[Tensor, "v t h w 3"]


class UnreadableVideo(NamedTuple):
    """Why the video at a place of the list has no views."""

    place: int
    reason: str


class ViewsOfVideos(Dataset[VideoViews | UnreadableVideo]):
    """What the network is tested with of some videos of a set, by their places in its list."""

    def __init__(self, videos: VideoSet, places: Sequence[int], protocol: TestProtocol, num_frames: int):
        self.videos, self.places, self.protocol, self.num_frames = videos, places, protocol, num_frames

    def __len__(self) -> int:
        return len(self.places)

    def __getitem__(self, index: int) -> VideoViews | UnreadableVideo:
        place = self.places[index]
        try:  # an exception of a worker process would arrive with its traceback as its text
            return VideoViews(place, torch.from_numpy(load_views(self.videos.items[place].path, self.protocol, self.num_frames).frames))
        except VideoError as error:
            return UnreadableVideo(place, str(error))


def evaluate_videos(
    loaded: Loaded,
    videos: VideoSet,
    protocol: TestProtocol,
    network: str = "",
    batch_size: int = VIEWS_AT_ONCE,
    workers: int = 0,
    rank: int = 0,
    size: int = 1,
    skip_bad: bool = False,
    progress: bool = True,
) -> Scores:
    """The scores of all videos of the set, or of every size-th from the rank-th on: `join_scores` puts the parts together.

    The model answers on the device where it lies, clips of as many frames as it is trained with. network: its name, kept with
    the scores. batch_size: views at once. workers: processes that read videos.

    Raises VideoError for a video that cannot be read; with skip_bad such are named in `skipped` instead, outside of N. Raises
    ValueError for classes that are not the network's, and for an answer that is no number.
    """
    columns, places = columns_of(loaded, videos), range(rank, len(videos), size)
    views = ViewsOfVideos(videos, places, protocol, loaded.model.config.num_frames)
    answers: dict[int, Float[np.ndarray, " k"]] = {}
    skipped: dict[str, str] = {}
    at_once = max(batch_size // protocol.views, 1)
    as_clip = partial(normalise, mean=loaded.preprocessing.mean, std=loaded.preprocessing.std)
    loader = DataLoader(views, at_once, num_workers=workers, collate_fn=list, generator=torch.Generator())

    for batch in tqdm(loader, desc="testing", leave=False, disable=None if progress and rank == 0 else True):
        skipped |= {videos.items[video.place].name: video.reason for video in batch if isinstance(video, UnreadableVideo)}
        if skipped and not skip_bad:
            name, reason = next(iter(skipped.items()))
            raise VideoError(f"{reason} It is {name!r} of the {videos.split} split; `skip_bad` leaves such videos out and names them.")
        for part in of_one_shape(batch):
            frames = torch.stack([video.frames for video in part])
            scores = score_views(loaded.model, frames, as_clip, protocol.average, batch_size).numpy()[:, columns]
            answers |= zip((video.place for video in part), scores, strict=True)

    if wrong := [videos.items[place].name for place, scores in answers.items() if not np.isfinite(scores).all()]:
        raise ValueError(f"the network answers with no number to {len(wrong)} videos, as {wrong[0]}; its weights are broken")
    items = [videos.items[place] for place in answers]
    return Scores(
        network=network,
        digest=digest_tensors({name: as_stored(tensor) for name, tensor in loaded.model.state_dict().items()}),
        protocol=protocol,
        labels=tuple(videos.labels),
        names=tuple(item.name for item in items),
        places=np.array(list(answers), int),
        truth=np.array([item.label for item in items], int),
        scores=np.stack(list(answers.values())) if answers else np.zeros((0, len(columns)), np.float32),
        skipped=skipped,
    )


def columns_of(loaded: Loaded, videos: VideoSet) -> list[int]:
    """Which of the network's classes is each class of the set, by name. Raises ValueError where they are not the same classes."""
    count, wanted = loaded.model.config.num_classes, len(videos.labels)
    if count != wanted:
        raise ValueError(f"the network knows {count} classes and the data set has {wanted}; test it on the set that it was trained for")
    if loaded.labels is None:
        return list(range(count))
    if unknown := sorted(set(videos.labels) - set(loaded.labels)):
        raise ValueError(f"the network does not know {len(unknown)} classes of the data set, as {', '.join(unknown[:3])}")
    return [loaded.labels.index(label) for label in videos.labels]


def of_one_shape(batch: list[VideoViews | UnreadableVideo]) -> Iterator[list[VideoViews]]:
    """The videos that were read, in their order, those of one size together: at full resolution they may differ."""
    readable = [video for video in batch if isinstance(video, VideoViews)]
    for _, part in groupby(readable, key=lambda video: video.frames.shape):
        yield list(part)
