"""How often a network says that a clip shows none of the motions that it knows: of clips that do, and of clips that do not.

    python benchmarks/none_of_them.py

Over the test split of the motion alphabet, crops over real frames, scenes in which everything moves on a course of its own (up to five
shapes and the camera, not the kind that was trained on), and each kind of clip of `OpenSet`. Writes results/none_of_them.csv.
"""

from collections.abc import Iterable, Iterator

import numpy as np
from jaxtyping import UInt8

from workbench.data.alphabet.dataset import MotionAlphabet, MovingCrops
from workbench.data.alphabet.open_set import KINDS
from workbench.data.alphabet.scenes import MovingScenes
from workbench.experiments.publish import real_frames
from workbench.explore.explorer import Explorer
from workbench.paths import RESULTS, write_rows

NETWORKS = ("msnet-small", "msnet-tiny")
OF_EACH_KIND = 100


def clips() -> Iterator[tuple[str, Iterable[UInt8[np.ndarray, "t h w 3"]]]]:
    """What clips show, and their frames."""
    yield "the 18 motions", (clip.frames for clip in MotionAlphabet("test", length=720))
    yield "crops moving over real frames", (clip.frames for clip in MovingCrops(real_frames(), length=440))
    scenes = MovingScenes("test", size=64, num_frames=8, speed=6.0, length=400)
    yield "scenes with up to six motions", (scene.frames for scene in scenes)
    alphabet = MotionAlphabet("test", length=720)
    for kind, shows in KINDS.items():
        for show in shows:
            about = f"{kind}: {show.__name__.removeprefix('show_')}"
            yield about, (show(alphabet, np.random.default_rng(seed)) for seed in range(OF_EACH_KIND))


def says_none(explorer: Explorer, frames: UInt8[np.ndarray, "t h w 3"]) -> bool:
    """By its scores alone, whatever can be matched."""
    [logits] = explorer.score(frames[None, None])
    return bool(explorer.describe_doubt(logits, None))


def main() -> None:
    explorers = {name: Explorer.load(name) for name in NETWORKS}
    rows = []
    for about, frames in clips():
        answers = np.array([[says_none(explorer, clip) for explorer in explorers.values()] for clip in frames])
        rows.append(
            {
                "clips": about,
                "count": len(answers),
                **{f"{name} (share)": share for name, share in zip(NETWORKS, answers.mean(axis=0).round(4).tolist(), strict=True)},
            }
        )
        print(rows[-1], flush=True)
    write_rows(RESULTS / "none_of_them.csv", rows)


if __name__ == "__main__":
    main()
