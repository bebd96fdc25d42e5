"""An annotated video: what a network sees drawn over every frame."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from workbench.draw.canvas import fit_frames, longest_but_outliers
from workbench.draw.fields import draw_arrows, draw_frame, draw_overlay
from workbench.draw.legends import draw_caption, draw_wheel_legend
from workbench.draw.style import MUTED
from workbench.explore.config import ClipPlan, LookConfig, plan_clips
from workbench.explore.explorer import ClipResult, Explorer, read_frames
from workbench.text import percent
from workbench.video.read import probe_video
from workbench.video.write import write_video

MOST_ANNOTATED = 240  # frames: half a minute at eight a second, some ten seconds of work
LONGER_SIDE = 640  # pixels of the longer side of a frame


@dataclass(frozen=True)
class AnnotatedVideo:
    """What is in the file: frames, at fps a second, which is real time; start and seconds of the video that they show.

    note: what was left out, "" if nothing.
    """

    frames: int
    fps: float
    start: float
    seconds: float
    note: str


def write_annotated_video(
    path: str | os.PathLike,
    explorer: Explorer,
    video: str | os.PathLike,
    config: LookConfig | None = None,
    progress: Callable[[float], None] = lambda share: None,
) -> AnnotatedVideo:
    """The span of the config, by default the whole video, as MP4: every frame that the network sees, with its displacement to the
    next over it, its time, and the class of its clip. No more than one clip is in memory. progress: is told the share that is done, and
    ends the work where it raises.

    Raises VideoError for a file that gives no frames, ValueError for a span or a resolution that cannot be.
    """
    config, info = config or LookConfig(), probe_video(video)
    length = explorer.num_frames(config)
    plan = plan_clips(config, explorer.protocol(config), info, length, MOST_ANNOTATED)
    clips = list(plan.clips(length))
    results: list[ClipResult] = []
    for clip in clips:
        results.append(explorer.look_at_clip(read_frames(video, plan.indices[clip], config), config))
        progress(len(results) / len(clips) / 2)
    lengths = [np.linalg.norm(result.displacement, axis=1) for result in results if result.displacement is not None]
    limit = longest_but_outliers(*lengths, least=max((result.cell or 1.0 for result in results), default=1.0))

    def pictures() -> Iterator[np.ndarray]:
        for number, (clip, result) in enumerate(zip(clips, results, strict=True)):
            progress((1 + number / len(clips)) / 2)
            yield from draw_clip_result(read_frames(video, plan.indices[clip], config), plan.times[clip], result, explorer.labels, limit)

    write_video(path, pictures(), 1 / plan.spacing, preset="veryfast")
    pairs = len(plan.indices) - 1
    return AnnotatedVideo(pairs, 1 / plan.spacing, plan.times[0], pairs * plan.spacing, describe_left_out(plan, pairs))


def draw_clip_result(
    frames: np.ndarray, times: Sequence[float], result: ClipResult, labels: Sequence[str], limit: float
) -> Iterator[np.ndarray]:
    """A picture `h w 3` for each pair of a clip: its source, over time, class and legend."""
    best = int(result.probabilities.argmax())
    for pair, (now, then) in enumerate(pairwise(times)):
        text = f"{now:.2f} s · {labels[best]} {percent(float(result.probabilities[best]))}"
        if result.displacement is None or result.probability is None:
            yield draw_frame(frames[pair], fit_frames(frames, LONGER_SIDE), text)
        else:
            about = f"arrows: where each spot is {then - now:.2f} s later, faint where doubtful"
            yield draw_annotated(frames[pair], result.displacement[pair], result.probability[pair], limit, text, about)


def draw_annotated(
    frame: np.ndarray, displacement: np.ndarray, probability: np.ndarray, limit: float, text: str, about: str = "arrows: to scale"
) -> np.ndarray:
    """Hue and arrows over the frame in grey, then a line of text, what the arrows are, and the legend of hues: `h w 3` uint8."""
    size = fit_frames(frame[None], LONGER_SIDE)
    hued = draw_overlay(frame, displacement, probability, limit, size)[: size[0]]
    picture = draw_arrows(hued, displacement * size[1] / frame.shape[1], probability)[: size[0]]
    large, small = round(size[1] / 28), round(size[1] / 42)
    lines = draw_caption(size[1], text, size=large), draw_caption(size[1], about, MUTED, small)
    return np.concatenate([picture, *lines, draw_wheel_legend(size[1], limit)])


def describe_left_out(plan: ClipPlan, pairs: int) -> str:
    rest = plan.seconds_left_out
    return (
        f"Annotated are the first {pairs * plan.spacing:.1f} s, {pairs} frames; the {rest:.1f} s after them are left out." if rest else ""
    )
