"""Letters of the motion alphabet spelled one after the other by one shape: a video to show."""

from collections.abc import Sequence

import numpy as np

from workbench.data.alphabet import MotionAlphabet, arrange
from workbench.data.letters import ALPHABET, Pose, move, rest
from workbench.data.render import render


def spell(
    words: Sequence[str], frames_each: int, size: int = 256, camouflage: float = 1.0, speed: float = 5.0, seed: int = 0
) -> np.ndarray:
    """Frames `t h w 3` uint8 in which a shape moves by each of the words in turn; speed in pixels a frame.

    Raises ValueError for a word that is not a motion of one shape.
    """
    letters = {letter.name: letter for letter in ALPHABET if not any(letter.pan) and not letter.gap}
    if unknown := [word for word in words if word not in letters]:
        raise ValueError(f"one shape can spell {', '.join(letters)}; not {', '.join(unknown)}")
    alphabet = MotionAlphabet("test", camouflage, seed, size)
    rng = alphabet.generator(0)
    outlines = rng.integers(len(alphabet.materials.outlines), size=2).tolist()
    reach = float(alphabet.materials.reaches[outlines[0]])

    path = chain([move(letters[word], rng, frames_each + 1, speed, reach) for word in words])
    camera = rest(len(path.x))
    poses = arrange(camera, [path], rng, size)[:2]
    return render(alphabet.dress(poses, outlines, camouflage, rng), size, len(path.x))


def chain(paths: Sequence[Pose]) -> Pose:
    """Paths one after the other, each beginning where the last one ended; the whole is centred."""
    joined = []
    for path in paths:
        values = np.stack(list(vars(path).values()))
        values[3] = np.log(values[3])
        last = joined[-1][:, -1:] if joined else values[:, :1]
        joined.append((values - values[:, :1] + last)[:, 0 if not joined else 1 :])
    x, y, angle, scale = np.concatenate(joined, axis=1)
    return Pose(x - (x.min() + x.max()) / 2, y - (y.min() + y.max()) / 2, angle, np.exp(scale - (scale.min() + scale.max()) / 2))
