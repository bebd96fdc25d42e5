"""`MovingScenes`: layers that cover one another, each on a course of its own, to learn matching from; no labels.

>>> clip = MovingScenes(size=64)[0]
>>> clip.frames.shape, clip.displacement.shape
((3, 64, 64, 3), (2, 2, 64, 64))
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import cos, exp, log, sin, tau
from typing import Annotated

import numpy as np

from workbench.data.alphabet.clip import RenderedClip
from workbench.data.alphabet.dataset import SPLITS, Split, clip_number
from workbench.data.alphabet.motions import Pose, rest
from workbench.data.alphabet.render import Layer, disturb, pack_cover, pack_texels, render_layers
from workbench.data.alphabet.textures import Materials, make_materials, paint_texture, random_paint, scatter_leaves
from workbench.parameters import Range, check_ranges

TEXTURES = 32  # of leaves, and as many of paint
STILL = 0.15  # how often a layer rests
SLOWEST = 0.15  # pixels a frame of what moves
SMALLEST, LARGEST = 0.35, 1.9  # scale of a shape
FASTEST_TURN, FASTEST_ZOOM = 0.15, 0.08  # a frame: radians, and share of the size


@dataclass(frozen=True, eq=False)
class MovingScenes(Sequence[RenderedClip]):
    """Scene i of a split and seed, always the same.

    Up to `most_shapes` shapes before a background, all with textures of their own, under a camera that moves as well; shapes and camera
    slide, turn, zoom and speed up. speed: pixels a frame of the fastest; all orders of magnitude below it are as frequent.
    nuisance: 0 to 1, how much light, noise and blur change, as in `MotionAlphabet`. length: number of scenes.

    Raises ValueError for values out of range. Train, validation and test share no texture and no outline.
    """

    split: Split = "train"
    seed: Annotated[int, Range(0)] = 0
    size: Annotated[int, Range(16, unit="pixels")] = 96
    num_frames: Annotated[int, Range(2)] = 3
    speed: Annotated[float, Range(above=SLOWEST)] = 16.0
    most_shapes: Annotated[int, Range(0, 100)] = 5
    nuisance: Annotated[float, Range(0, 1)] = 1.0
    length: Annotated[int, Range(0)] = 2000

    def __post_init__(self):
        check_ranges(self)

    def __len__(self) -> int:
        return self.length

    def generator(self, *index: int) -> np.random.Generator:
        return np.random.Generator(np.random.Philox([self.seed, SPLITS.index(self.split), self.size, len(SPLITS), *index]))

    @cached_property
    def materials(self) -> Materials:
        return make_materials(self.generator(), self.size)

    @cached_property
    def textures(self) -> list[np.ndarray]:
        """Packed texels `y x`, without cover."""
        rng, materials = self.generator(), self.materials
        fields = materials.fields
        leaves = [scatter_leaves(rng, materials.canvas) for _ in range(TEXTURES)]
        grains = [fields[rng.integers(len(fields)), 0] * rng.choice((0.0, 0.5)) * rng.random() for _ in leaves]
        painted = [paint_texture(rng.permutation(fields[rng.integers(len(fields))])[:4], random_paint(rng)) for _ in range(TEXTURES)]
        rough = [np.clip(leaf + grain.astype(np.int32), 0, 255) for leaf, grain in zip(leaves, grains, strict=True)]
        return [pack_texels(texture, 0) for texture in (*rough, *painted)]

    def __getitem__(self, index: int) -> RenderedClip:
        rng = self.generator(clip_number(index, self.length))
        middle = (self.size - 1) / 2
        camera = wander(rng, self.num_frames, self.speed, self.size / 2).shift(middle, middle)
        shapes = [self.shape(rng) for _ in range(rng.integers(self.most_shapes + 1))]
        layers = tuple(replace(layer, pose=layer.pose.through(camera)) for layer in (self.ground(rng), *shapes))

        frames = disturb(render_layers(list(layers), self.size, self.num_frames), self.nuisance, rng)
        return RenderedClip(frames, layers)

    def ground(self, rng: np.random.Generator) -> Layer:
        """A background that rests, anywhere on its texture, turned and scaled at random."""
        x, y = self.size * rng.random(2)
        pose = rest(self.num_frames).shift(x, y, tau * rng.random())
        scale = exp(rng.uniform(-0.5, 0.4))
        return Layer(self.texels(rng, 255), replace(pose, scale=pose.scale * scale))

    def shape(self, rng: np.random.Generator) -> Layer:
        """An outline of any size that wanders, somewhere in the picture or beside it."""
        materials, margin = self.materials, (self.materials.canvas - self.size) // 2
        outline, scale = rng.integers(len(materials.outlines)), exp(rng.uniform(log(SMALLEST), log(LARGEST)))
        cover = np.pad(materials.outlines[outline], margin)
        path = wander(rng, self.num_frames, self.speed, scale * float(materials.reaches[outline]))
        x, y = 1.1 * self.size * (rng.random(2) - 0.5)
        pose = replace(path, scale=path.scale * scale).shift(x, y, tau * rng.random())
        return Layer(self.texels(rng, cover), pose, float(materials.extents[outline]))

    def texels(self, rng: np.random.Generator, cover: np.ndarray | int) -> np.ndarray:
        return self.textures[rng.integers(len(self.textures))] | pack_cover(cover)


def wander(rng: np.random.Generator, num_frames: int, fastest: float, reach: float) -> Pose:
    """A path about (0, 0) that slides one way, and perhaps turns and zooms, about as fast at `reach` pixels from the middle."""
    speed = 0.0 if rng.random() < STILL else exp(rng.uniform(log(SLOWEST), log(fastest)))
    heading, (turning, zooming) = tau * rng.random(), rng.random(2) < 0.5
    turn, zoom = rng.standard_normal(2) * np.minimum(0.5 * speed / max(reach, 1.0), (FASTEST_TURN, FASTEST_ZOOM))
    time = np.arange(num_frames) - (num_frames - 1) / 2
    steps = time + 0.15 * rng.standard_normal() * time**2 / (num_frames - 1)
    x, y = speed * cos(heading) * steps, speed * sin(heading) * steps
    return Pose(x, y, turning * turn * steps, np.exp(zooming * zoom * steps))
