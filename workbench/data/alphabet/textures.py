"""Textures and outlines of the generated shapes, made once per data set and drawn from by every clip.

Values are computed in float64 and rounded to integers, so that they are the same on every platform.
"""

from dataclasses import dataclass
from math import tau

import numpy as np

FIELDS = 16  # of a family
OUTLINES = 256
PATCHES = -1
# cell in pixels at size 64, octaves
FAMILIES = ((7, 1), (9, 1), (9, PATCHES), (6, 2), (8, 2), (5, 1), (12, PATCHES), (8, 3), (12, 3), (16, 3))
NOISE_LIKE = 5  # so many of the families, the first, are too fine for a shape to be seen in a still


@dataclass(frozen=True)
class Materials:
    """fields: `family n y x` int16 in [-127, 127], periodic, canvas pixels a side. outlines: `n y x` uint8, soft masks.

    reaches: the mean radius in pixels of each outline. extents: the largest.
    """

    fields: np.ndarray
    outlines: np.ndarray
    reaches: np.ndarray
    extents: np.ndarray

    def family(self, camouflage: float, rng: np.random.Generator) -> np.ndarray:
        """Fields `n y x` of one family; the coarse ones, in which any shape shows, only as far as camouflage is below 1."""
        choice = NOISE_LIKE + round((1 - camouflage) * (len(self.fields) - NOISE_LIKE))
        return self.fields[rng.integers(choice)]

    @property
    def canvas(self) -> int:
        return self.fields.shape[-1]


def make_materials(rng: np.random.Generator, size: int) -> Materials:
    """Materials for clips of `size` pixels; the canvas is a power of two, so that indices wrap by a bit mask."""
    canvas = 2 ** int(np.ceil(np.log2(2 * size)))
    fields = np.stack(
        [np.stack([make_field(rng, canvas, round(cell * size / 64), octaves) for _ in range(FIELDS)]) for cell, octaves in FAMILIES]
    )
    return Materials(fields, *make_outlines(rng, size))


def make_field(rng: np.random.Generator, canvas: int, cell: int, octaves: int) -> np.ndarray:
    """A periodic random texture `y x` with details of `cell` pixels: of one octave, of several, or of patches with edges."""
    field = smooth_noise(rng, canvas, cell)
    for octave in range(1, octaves):
        field = field + smooth_noise(rng, canvas, cell * 2**octave) * 1.5**octave
    if octaves == PATCHES:
        field = np.tanh(6 * field / field.std()) + 0.7 * smooth_noise(rng, canvas, 3 * cell)
    field = (field - field.mean()) / field.std()
    return np.rint(np.clip(50 * field, -127, 127)).astype(np.int16)


def smooth_noise(rng: np.random.Generator, canvas: int, cell: int) -> np.ndarray:
    """Random values on a periodic grid with nodes `cell` pixels apart, blended smoothly between them."""
    nodes = max(canvas // cell, 2)
    position = np.arange(canvas) * nodes / canvas
    low, part = position.astype(int), position % 1.0
    part = part * part * (3 - 2 * part)
    blend = np.zeros((canvas, nodes))
    blend[np.arange(canvas), low] = 1 - part
    blend[np.arange(canvas), (low + 1) % nodes] += part
    return np.einsum("yi,ij,xj->yx", blend, rng.random((nodes, nodes)) - 0.5, blend, optimize=True)


def make_outlines(rng: np.random.Generator, size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Soft masks `n y x` of rounded random shapes, their mean radii (0.16 to 0.27 of the picture) and largest ones."""
    y, x = np.mgrid[:size, :size] - (size - 1) / 2
    angle, distance = np.arctan2(y, x), np.hypot(x, y)
    reaches = size * (0.16 + 0.11 * rng.random(OUTLINES))
    waves = np.arange(2, 6)
    depth, phase = 0.25 * rng.random((OUTLINES, 4)) / (waves - 1) ** 0.5, tau * rng.random((OUTLINES, 4))

    outlines = np.empty((OUTLINES, size, size), np.uint8)
    for outline, reach, d, p in zip(outlines, reaches, depth, phase, strict=True):
        rim = reach * (1 + sum(d[i] * np.cos(waves[i] * angle + p[i]) for i in range(4)))
        outline[:] = np.rint(255 * np.clip((rim - distance) * 43 / size + 0.5, 0, 1))
    return outlines, reaches, np.max(distance * (outlines > 0), axis=(1, 2))


@dataclass(frozen=True)
class Paint:
    """The look of a texture, in grey levels: mean of each channel, contrast common to them and of each alone."""

    mean: np.ndarray
    contrast: float
    colour: float

    def towards(self, other: "Paint", share: float) -> "Paint":
        """This look at share 0, the other's at share 1."""
        return Paint(*((1 - share) * a + share * b for a, b in zip(vars(self).values(), vars(other).values(), strict=True)))


def random_paint(rng: np.random.Generator) -> Paint:
    return Paint(50 + 155 * rng.random(3), 16 + 44 * rng.random(), 4 + 26 * rng.random())


def paint_texture(fields: np.ndarray, paint: Paint) -> np.ndarray:
    """Four fields `n y x` -> texture `c y x`, integers in [0, 255]: the first is common to the channels."""
    common, colour = (round(128 * share / 50) for share in (paint.contrast, paint.colour))
    shared = fields[0].astype(np.int32) * common
    levels = [(shared + fields[1 + c] * np.int32(colour) >> 7) + round(float(paint.mean[c])) for c in range(3)]
    return np.clip(np.stack(levels), 0, 255)


def repeat_pattern(fields: np.ndarray, period: int, share: float) -> np.ndarray:
    """Blend fields `n y x` with their first tile repeated every `period` pixels; at share 1 nothing else is left."""
    if share == 0:
        return fields
    tiles = np.tile(fields[:, :period, :period], (1, fields.shape[1] // period, fields.shape[2] // period))
    weight = round(128 * share)
    return (fields.astype(np.int32) * (128 - weight) + tiles.astype(np.int32) * weight >> 7).astype(np.int16)


SMALLEST_LEAVES, LARGEST_LEAVES = (2.0, 3.0, 5.0), (30.0, 60.0, 100.0)  # radii in pixels: one of each for a texture
MOST_LEAVES = 6000  # on 256 x 256 pixels; what they leave free has the mean colour


def scatter_leaves(rng: np.random.Generator, canvas: int) -> np.ndarray:
    """A periodic texture `c y x`, integers in [0, 255], of shapes that cover one another, each of one colour that changes evenly.

    Sizes follow a power law, as do those of things in photographs.
    Source: Lee, Mumford and Huang, "Occlusion models for natural images", IJCV 2001 (dead leaves).
    """
    smallest, largest = rng.choice(SMALLEST_LEAVES), rng.choice(LARGEST_LEAVES)
    mean, contrast = 50 + 155 * rng.random(3), 20 + 80 * rng.random()
    texture = np.tile(mean.astype(np.int32)[:, None, None], (1, canvas, canvas))
    free = np.ones((canvas, canvas), bool)
    for _ in range(MOST_LEAVES * canvas**2 // 256**2):
        radius = (smallest**-2 + rng.random() * (largest**-2 - smallest**-2)) ** -0.5
        x, y = canvas * rng.random(2)
        reach = min(int(1.5 * radius) + 1, canvas // 2 - 1)
        step = np.arange(-reach, reach + 1)
        rows, columns = int(y) + step, int(x) + step
        place = np.ix_(rows % canvas, columns % canvas)
        leaf = leaf_mask(rng, columns[None, :] - x, rows[:, None] - y, radius) & free[place]  # from front to back: the first stays
        row, column = np.nonzero(leaf)
        shade = 0.3 * (rng.standard_normal(2) @ np.stack([columns[column] - x, rows[row] - y]))
        colour = mean + contrast * (rng.standard_normal() + 0.4 * rng.standard_normal(3))
        y, x = rows[row] % canvas, columns[column] % canvas
        texture[:, y, x] = np.clip(colour[:, None] + shade, 0, 255)
        free[y, x] = False
        if not free.any():
            break
    return texture


def leaf_mask(rng: np.random.Generator, across: np.ndarray, down: np.ndarray, radius: float) -> np.ndarray:
    """Which of the pixels, given from its middle, belong to a leaf: an ellipse, a box or a corner, turned at random."""
    angle, shape, narrow = tau * rng.random(), rng.integers(3), 0.4 + 0.6 * rng.random()
    u = across * np.cos(angle) + down * np.sin(angle)
    v = down * np.cos(angle) - across * np.sin(angle)
    if shape == 0:
        return u * u + (v / narrow) ** 2 <= radius * radius
    if shape == 1:
        return (abs(u) <= radius) & (abs(v) <= radius * narrow)
    return (u > -0.7 * radius) & (v > -0.7 * radius) & (v + 0.9 * u < radius)
