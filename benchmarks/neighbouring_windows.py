"""How much an answer changes when the window of frames moves by one frame, or one frame is added.

    python benchmarks/neighbouring_windows.py [VIDEO ...]

Over clips of the motion alphabet's test split that are longer than a window, over spelled motions, and over real videos: the NASA sample
and those that are given. Writes results/windows.csv: the share of neighbouring windows with the same most probable class, the mean total
variation of their probabilities, the mean and the largest drop of the first one's class; and the same for windows of other clips: chance.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, UInt8

import workbench as wb
from workbench.data.alphabet.dataset import MotionAlphabet, spell
from workbench.explore.explorer import Explorer
from workbench.paths import RESULTS, write_rows
from workbench.video.read import probe_video

NETWORKS = ("msnet-small", "msnet-tiny")
CLIPS, LONGER = 180, 4  # of the alphabet; frames beyond a window
WORDS = ("still", "left", "right", "up", "down", "closer", "farther", "clockwise", "counter-clockwise", "orbit")
SEEDS, STRIDE = range(6), 3  # of spelled words; the sample's stride
SPELLED = {"frames_each": 25, "size": 64, "speed": 1.25}  # as the sample, at the size that a network sees
MOST_FRAMES = 400  # of a real video
OTHERS = 2000  # windows of other clips
AT_ONCE = 32


@dataclass(frozen=True)
class LongClip:
    """Frames `n s s 3` as a network sees them, of which a window takes every `stride`-th."""

    frames: UInt8[np.ndarray, "n s s 3"]
    stride: int = 1

    def answers(self, explorer: Explorer, length: int) -> Float[np.ndarray, "w k"]:
        """Probabilities of each window of so many frames; each begins one frame after the last."""
        starts = np.arange(len(self.frames) - self.stride * (length - 1))
        windows = self.frames[starts[:, None] + self.stride * np.arange(length)]
        return np.concatenate([explorer.classify(windows[first : first + AT_ONCE]) for first in range(0, len(windows), AT_ONCE)])


def alphabet(explorer: Explorer) -> Iterator[LongClip]:
    frames = explorer.model.config.num_frames + LONGER
    yield from (LongClip(clip.frames) for clip in MotionAlphabet("test", num_frames=frames, length=CLIPS))


def spelled(explorer: Explorer) -> Iterator[LongClip]:
    for seed in SEEDS:
        yield from (LongClip(explorer.crop(spell((word,), **SPELLED, seed=seed)), STRIDE) for word in WORDS)


def real_videos(explorer: Explorer) -> Iterator[LongClip]:
    for path in (wb.sample_videos()[1].path, *sys.argv[1:]):
        info, length = probe_video(path), explorer.model.config.num_frames
        frames = wb.read_video(path, range(min(info.num_frames, MOST_FRAMES)), short_side=explorer.preprocessing.size).frames
        seconds = explorer.preprocessing.sampling.seconds or info.duration
        stride = max(round(seconds * info.fps / length), 1)
        if len(frames) > stride * length:
            yield LongClip(explorer.crop(frames), stride)


def measure(explorer: Explorer, clips: list[LongClip]) -> Iterator[dict]:
    length = explorer.model.config.num_frames
    usual, longer = ([clip.answers(explorer, frames) for clip in clips] for frames in (length, length + 1))
    number = np.concatenate([np.full(len(answers), clip) for clip, answers in enumerate(usual)])
    one, other = np.random.default_rng(0).integers(len(number), size=(2, OTHERS))
    apart, every = number[one] != number[other], np.concatenate(usual)
    changes = {
        "the window moves by a frame": (np.concatenate([each[:-1] for each in usual]), np.concatenate([each[1:] for each in usual])),
        "a frame is added": (np.concatenate([a[: len(b)] for a, b in zip(usual, longer, strict=True)]), np.concatenate(longer)),
        "another clip": (every[one[apart]], every[other[apart]]),
    }
    for change, (before, after) in changes.items():
        yield {"change": change, "windows": len(before), **compare_windows(before, after)}


def compare_windows(before: Float[np.ndarray, "w k"], after: Float[np.ndarray, "w k"]) -> dict[str, float]:
    first = before.argmax(axis=1)
    drop = np.take_along_axis(before - after, first[:, None], axis=1)
    figures = {
        "same class (share)": np.mean(first == after.argmax(axis=1)),
        "total variation": np.abs(before - after).sum(axis=1).mean() / 2,
        "mean drop": np.maximum(drop, 0).mean(),
        "largest drop": drop.max(),
        "turned from above 0.9 (share)": np.mean((before.max(axis=1) > 0.9) & (first != after.argmax(axis=1))),
    }
    return {name: round(float(value), 4) for name, value in figures.items()}


def main() -> None:
    rows = []
    for network in NETWORKS:
        explorer = Explorer.load(network)
        for name, make in (("alphabet", alphabet), ("spelled", spelled), ("real videos", real_videos)):
            for row in measure(explorer, list(make(explorer))):
                rows.append({"network": network, "clips": name, **row})
                print(rows[-1], flush=True)
    write_rows(RESULTS / "windows.csv", rows)


if __name__ == "__main__":
    main()
