"""`OpenSet`: the motion alphabet's clips, and clips that show none of its motions, from which a network learns to say so.

>>> clips = OpenSet(MotionAlphabet("test", length=48))
>>> clips[0].label, clips.labels[clips[18].label], clips.labels[clips[19].label]
(0, 'no clear motion', 'something else')
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import cos, sin, tau

import numpy as np

from workbench.data.alphabet.dataset import AlphabetClip, Cover, MotionAlphabet, clip_number, uniform
from workbench.data.alphabet.motions import ALPHABET, Pose, move, rest
from workbench.data.alphabet.render import disturb, noise, render_layers, shake
from workbench.data.alphabet.textures import smooth_noise

OTHER_LABELS = UNCLEAR, ELSE = "no clear motion", "something else"
OPEN_LABELS = (*MotionAlphabet.labels, *OTHER_LABELS)
GENERATED = ("alphabet", "open-set")  # what a config calls the data that need no file
ROUND = (*range(20), 19, 19, 19, 18)  # the labels of 24 clips: *something else* comes four times, *no clear motion* twice
STEADY = 0.5  # how often the camera rests while several shapes move


@dataclass(frozen=True)
class UntrackedClip(AlphabetClip):
    """A clip of which nobody asks where its pixels go: no displacement, nothing visible in the next frame."""

    @cached_property
    def displacement(self) -> np.ndarray:
        t, h, w, _ = self.frames.shape
        return np.zeros((t - 1, 2, h, w), np.float32)

    @cached_property
    def visible(self) -> np.ndarray:
        t, h, w, _ = self.frames.shape
        return np.zeros((t - 1, h, w), bool)


@dataclass(frozen=True, eq=False)
class OpenSet(Sequence[AlphabetClip]):
    """Of 24 clips 18 are the alphabet's, 2 show *no clear motion* and 4 *something else*; clip i is always the same.

    No clear motion: one colour, a soft gradient, light that fades, noise that is new in each frame. Something else: several shapes on
    courses of their own, a figure that swings its limbs, a camera that jitters, a cut, frames out of order. They have the looks, the
    disturbances and the split of the alphabet's clips.

    Raises ValueError for clips of fewer than 4 frames, too few for a cut between two motions.
    """

    alphabet: MotionAlphabet
    labels = OPEN_LABELS

    def __post_init__(self):
        if self.alphabet.num_frames < 4:
            raise ValueError(f"clips that show none of the motions need at least 4 frames, got {self.alphabet.num_frames}")

    def __len__(self) -> int:
        return len(self.alphabet)

    def __getitem__(self, index: int) -> AlphabetClip:
        index = clip_number(index, len(self))
        turn, label = index // len(ROUND), ROUND[index % len(ROUND)]
        if label < len(ALPHABET):
            return self.alphabet[turn * len(ALPHABET) + label]
        rng = self.alphabet.generator(index, label)
        kinds = KINDS[self.labels[label]]
        return UntrackedClip(kinds[rng.integers(len(kinds))](self.alphabet, rng), (), label, 0.0, 0.0)


# ----------------------------------------------------------------------------------------------------------------------- no clear motion


def show_flat(alphabet: MotionAlphabet, rng: np.random.Generator) -> np.ndarray:
    """One colour, from black to white, that stays or fades."""
    return fade(np.tile(255 * rng.random(3), (alphabet.size, alphabet.size, 1)), alphabet, rng)


def show_gradient(alphabet: MotionAlphabet, rng: np.random.Generator) -> np.ndarray:
    """Soft shades without any detail, that stay or fade."""
    y, x = np.mgrid[: alphabet.size, : alphabet.size] / alphabet.size - 0.5
    angle = tau * rng.random()
    slope = (60 * rng.random(3)) * (x * cos(angle) + y * sin(angle))[..., None]
    return fade(40 + 175 * rng.random(3) + slope, alphabet, rng)


def fade(picture: np.ndarray, alphabet: MotionAlphabet, rng: np.random.Generator) -> np.ndarray:
    """A picture `h w 3` as frames, in every second clip growing lighter or darker."""
    change = rng.integers(2) * uniform(rng, (-60.0, 60.0)) * np.linspace(-0.5, 0.5, alphabet.num_frames)
    return disturb(in_levels(picture + change[:, None, None, None]), alphabet.nuisance, rng)


def show_noise(alphabet: MotionAlphabet, rng: np.random.Generator) -> np.ndarray:
    """Noise that is new in every frame: of single pixels, or of soft spots."""
    t, size = alphabet.num_frames, alphabet.size
    mean, contrast, cell = 60 + 135 * rng.random(3), 10 + 50 * rng.random(), int(rng.integers(1, 7))
    if cell == 1:
        frames = mean + noise((t, size, size, 3), int(2 * contrast), rng)
    else:
        spots = np.stack([smooth_noise(rng, size, cell) for _ in range(t)])
        frames = mean + contrast * (spots / spots.std())[..., None]
    return disturb(in_levels(frames), alphabet.nuisance, rng)


def in_levels(values: np.ndarray) -> np.ndarray:
    return np.rint(np.clip(values, 0, 255)).astype(np.uint8)


# ------------------------------------------------------------------------------------------------------------------------ something else


def show_several(alphabet: MotionAlphabet, rng: np.random.Generator) -> np.ndarray:
    """Three to five shapes, each with a motion and a speed of its own; the camera rests, or slides slowly."""
    motions = [motion for motion in ALPHABET[1:] if not any(motion.pan) and not motion.gap]
    outlines = rng.integers(len(alphabet.materials.outlines), size=rng.integers(3, 6)).tolist()
    paths = []
    for outline in outlines:
        scale, reach = uniform(rng, (0.4, 0.9)), float(alphabet.materials.reaches[outline])
        motion, speed = motions[rng.integers(len(motions))], max(uniform(rng, alphabet.speed), 1.5)
        path = move(motion, rng, alphabet.num_frames, speed, scale * reach)
        x, y = 0.8 * alphabet.size * (rng.random(2) - 0.5)
        paths.append(replace(path, scale=scale * path.scale).shift(x, y, tau * rng.random()))
    pan = ALPHABET[alphabet.labels.index("camera right")]
    camera = move(pan, rng, alphabet.num_frames, uniform(rng, (0.5, 2.0)), 1.0) if rng.random() > STEADY else rest(alphabet.num_frames)
    return show_shapes(alphabet, rng, paths, [alphabet.cover(outline) for outline in outlines], camera)


def show_figure(alphabet: MotionAlphabet, rng: np.random.Generator) -> np.ndarray:
    """A figure of head, trunk and four limbs, which swing at their joints; it stays, or walks slowly."""
    t, unit = alphabet.num_frames, alphabet.size * uniform(rng, (0.8, 1.5))
    place = 0.3 * alphabet.size * (rng.random(2) - 0.5)
    walk = uniform(rng, (-1.2, 1.2)) * rng.integers(2) * (np.arange(t) - (t - 1) / 2)
    period, phase, still = uniform(rng, (4.0, 10.0)), tau * rng.random(), rest(t)

    parts = [((0.0, -0.20), 0.05, 0.05, 0.0), ((0.0, -0.15), 0.15, 0.06, 0.0)]  # joint, half length, half width, side
    parts += [((side * 0.06, -0.13), 0.11, 0.028, side) for side in (-1, 1)]
    parts += [((side * 0.04, 0.13), 0.12, 0.034, -side) for side in (-1, 1)]
    poses, covers = [], []
    for (x, y), length, width, side in parts:
        swing = side * uniform(rng, (0.5, 1.1)) * np.sin(phase + tau * np.arange(t) / period)
        poses.append(replace(still, x=place[0] + walk + unit * x, y=place[1] + unit * y + 0 * walk, angle=swing))
        covers.append(limb_cover(alphabet, unit * length, unit * width))
    return show_shapes(alphabet, rng, poses, covers, still)


def limb_cover(alphabet: MotionAlphabet, length: float, width: float) -> Cover:
    """An upright ellipse that hangs from the middle of an empty canvas, and how far it reaches.

    length, width: half of each, in pixels.
    """
    canvas = alphabet.materials.canvas
    y, x = np.mgrid[:canvas, :canvas] - (canvas - 1) / 2
    distance = np.hypot(x / width, (y - length) / length)
    cover = np.rint(255 * np.clip((1 - distance) * width + 0.5, 0, 1)).astype(np.uint8)
    return cover, 2 * length + 1


def show_jitter(alphabet: MotionAlphabet, rng: np.random.Generator) -> np.ndarray:
    """A camera that jumps any way and any distance from frame to frame, before a scene that rests."""
    jumps = uniform(rng, (1.5, 5.0)) * rng.standard_normal((2, alphabet.num_frames))
    camera = replace(rest(alphabet.num_frames), x=jumps[0], y=jumps[1], angle=0.03 * rng.standard_normal(alphabet.num_frames))
    outline = int(rng.integers(len(alphabet.materials.outlines)))
    x, y = 0.5 * alphabet.size * (rng.random(2) - 0.5)
    return show_shapes(alphabet, rng, [rest(alphabet.num_frames).shift(x, y)], [alphabet.cover(outline)], camera)


def show_cut(alphabet: MotionAlphabet, rng: np.random.Generator) -> np.ndarray:
    """One clip of the alphabet that another interrupts, at least two frames from either end."""
    first, second = (alphabet[int(number)].frames for number in rng.choice(len(alphabet), 2, replace=False))
    cut = int(rng.integers(2, alphabet.num_frames - 1))
    return np.concatenate([first[:cut], second[cut:]])


def show_shuffled(alphabet: MotionAlphabet, rng: np.random.Generator) -> np.ndarray:
    """A clip of the alphabet, of any class but *still*, its frames out of order."""
    turn, label = rng.integers(max(len(alphabet) // len(ALPHABET), 1)), rng.integers(1, len(ALPHABET))
    frames = alphabet[int(turn * len(ALPHABET) + label)].frames
    return frames[out_of_order(len(frames), rng)]


def out_of_order(count: int, rng: np.random.Generator) -> np.ndarray:
    """The numbers below count in an order in which fewer than two thirds of all steps lead one way."""
    while True:
        order = rng.permutation(count)
        forward = np.mean(np.diff(order) > 0)
        if 1 / 3 <= forward <= 2 / 3:
            return order


def show_shapes(
    alphabet: MotionAlphabet, rng: np.random.Generator, paths: Sequence[Pose], covers: Sequence[Cover], camera: Pose
) -> np.ndarray:
    """Shapes on paths about the middle of the picture, before a background, under a camera."""
    middle, (x, y) = (alphabet.size - 1) / 2, alphabet.size * rng.random(2)
    ground, camera = rest(alphabet.num_frames).shift(x, y, tau * rng.random()), shake(camera, alphabet.nuisance, rng)
    poses = [pose.through(camera).shift(middle, middle) for pose in (ground, *paths)]
    layers = alphabet.dress(poses, covers, uniform(rng, alphabet.camouflage), rng)
    return disturb(render_layers(layers, alphabet.size, alphabet.num_frames), alphabet.nuisance, rng)


KINDS = {
    UNCLEAR: (show_flat, show_gradient, show_noise),
    ELSE: (show_several, show_figure, show_jitter, show_cut, show_shuffled),
}
