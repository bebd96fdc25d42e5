"""Moving layers -> frames by integer arithmetic, the same bytes everywhere; then camera shake, light, blur and noise."""

from dataclasses import dataclass, replace
from math import inf

import numpy as np

from workbench.data.alphabet.motions import Pose

LOW_BYTES = np.uint64(0x00FF00FF00FF00FF)
SUBPIXEL = 16  # positions are rounded to a sixteenth of a pixel
FRACTION_BITS = 16  # extra bits while coordinates are added up


@dataclass(frozen=True)
class Layer:
    """A texture, packed `y x` uint64, periodic and a power of two wide, and its pose over `t`.

    reach: the largest distance in texels from the middle at which the layer covers anything; infinite for a background.
    """

    texels: np.ndarray
    pose: Pose
    reach: float = inf


def pack_texels(texture: np.ndarray, cover: np.ndarray | int) -> np.ndarray:
    """Texture `c y x` and cover `y x`, integers in [0, 255] -> packed texels `y x`."""
    red, green, blue = texture.astype(np.uint64)
    return red | green << np.uint64(16) | blue << np.uint64(32) | pack_cover(cover)


def pack_cover(cover: np.ndarray | int) -> np.ndarray | np.uint64:
    return np.asarray(cover).astype(np.uint64) << np.uint64(48)


def render_layers(layers: list[Layer], size: int, num_frames: int) -> np.ndarray:
    """Layers from back to front -> frames `t h w c` uint8. The backmost layer must cover the picture."""
    back, *front = layers
    is_still = all(np.ptp(values) == 0 for values in vars(back.pose).values())
    frames = 1 if is_still else num_frames
    picture = np.broadcast_to(sample(back, Box.whole(size, frames)), (num_frames, size, size)).copy()

    for layer in front:
        box = Box.around(layer, size)
        lay_over(picture, sample(layer, box), box)

    lanes = picture.astype("<u8", copy=False).view(np.uint8).reshape(num_frames, size, size, 8)
    return np.ascontiguousarray(lanes[..., 0:6:2])


@dataclass(frozen=True)
class Box:
    """The part of each frame to fill: `side` pixels each way from `left` and `top`, integers over `t`."""

    left: np.ndarray
    top: np.ndarray
    side: int

    @classmethod
    def whole(cls, size: int, num_frames: int) -> "Box":
        return cls(np.zeros(num_frames, np.int64), np.zeros(num_frames, np.int64), size)

    @classmethod
    def around(cls, layer: Layer, size: int) -> "Box":
        half = layer.reach * layer.pose.scale.max() + 1
        side = size if half > size / 2 else int(np.ceil(2 * half))
        left, top = (np.floor(at - side / 2).astype(np.int64).clip(0, size - side) for at in (layer.pose.x, layer.pose.y))
        return cls(left, top, side)


def lay_over(picture: np.ndarray, texels: np.ndarray, box: Box) -> None:
    """Blend texels `t side side` into the picture `t h w` by their cover, in place."""
    cover = texels >> np.uint64(48)
    cover += cover >> np.uint64(7)  # 255 -> 256, so that full cover leaves nothing of the back
    texels *= cover
    for t, (left, top) in enumerate(zip(box.left, box.top, strict=True)):
        part = picture[t, top : top + box.side, left : left + box.side]
        part *= np.uint64(256) - cover[t]
        part += texels[t]
        part >>= np.uint64(8)
        part &= LOW_BYTES


def sample(layer: Layer, box: Box) -> np.ndarray:
    """Bilinear samples of a layer at the pixels of the box, packed `t side side`."""
    x, y = coordinates(layer, box)
    canvas = layer.texels.shape[0]
    texels, wrap = layer.texels.ravel(), canvas - 1

    part_x, part_y = (x & SUBPIXEL - 1).astype(np.uint64), (y & SUBPIXEL - 1).astype(np.uint64)
    x, y = x >> 4 & wrap, (y >> 4 & wrap) * canvas
    next_x, next_y = x + 1 & wrap, y + canvas & wrap * canvas
    both = part_x * part_y

    mixed = texels.take(next_y + next_x) * both
    mixed += texels.take(next_y + x) * (np.uint64(SUBPIXEL) * part_y - both)
    mixed += texels.take(y + next_x) * (np.uint64(SUBPIXEL) * part_x - both)
    mixed += texels.take(y + x) * ((np.uint64(SUBPIXEL) - part_x) * (np.uint64(SUBPIXEL) - part_y))
    return mixed >> np.uint64(8) & LOW_BYTES


def coordinates(layer: Layer, box: Box) -> tuple[np.ndarray, np.ndarray]:
    """Where each pixel of the box lies in the layer's texture: x and y in sixteenths of a texel, int64 `t side side`."""
    t, pixel, centre = len(box.left), np.arange(box.side), (layer.texels.shape[0] - 1) / 2
    x, y, angle, scale = (values[:t, None] for values in vars(layer.pose).values())
    offset_x, offset_y = box.left[:, None] + pixel - x, box.top[:, None] + pixel - y
    cosine, sine = np.cos(angle) / scale, np.sin(angle) / scale

    def fixed(column: np.ndarray, row: np.ndarray) -> np.ndarray:
        return fine_steps(column)[:, None, :] + fine_steps(row + centre)[:, :, None] >> FRACTION_BITS

    return fixed(cosine * offset_x, sine * offset_y), fixed(-sine * offset_x, cosine * offset_y)


def fine_steps(values: np.ndarray) -> np.ndarray:
    return np.rint(values * (SUBPIXEL << FRACTION_BITS)).astype(np.int64)


def shake(camera: Pose, strength: float, rng: np.random.Generator) -> Pose:
    """The camera's path with a tremor: about 0.5 pixels and a third of a degree from frame to frame at strength 1."""
    if strength == 0:
        return camera
    tremor = strength * rng.random() * rng.standard_normal((3, len(camera.x)))
    return replace(camera, x=camera.x + 0.7 * tremor[0], y=camera.y + 0.7 * tremor[1], angle=camera.angle + 0.007 * tremor[2])


def disturb(frames: np.ndarray, strength: float, rng: np.random.Generator) -> np.ndarray:
    """Frames `t h w c` uint8 with changed light (of the clip, and flickering), blur in every second clip, and noise."""
    if strength == 0:
        return frames
    levels = frames.astype(np.int16)
    if rng.random() < 0.5 * strength:
        levels = blur(levels)

    gain = 1 + strength * (0.5 * rng.random() - 0.25 + 0.06 * (rng.random((len(frames), 1, 1, 1)) - 0.5))
    tint = strength * 40 * (rng.random(3) - 0.5)
    grain = round(strength * 12 * rng.random())
    levels = (levels.astype(np.int32) * np.rint(256 * gain).astype(np.int32) >> 8) + np.rint(tint).astype(np.int32)
    if grain:
        levels += noise(levels.shape, grain, rng)

    return np.clip(levels, 0, 255).astype(np.uint8)


def noise(shape: tuple[int, ...], grain: int, rng: np.random.Generator) -> np.ndarray:
    """Zero-mean noise of triangular distribution between -grain and grain."""
    values = np.frombuffer(rng.bytes(2 * int(np.prod(shape))), np.uint8).reshape(2, *shape).astype(np.int16)
    return (values[0] - values[1]) * np.int16(grain) >> 8


def blur(levels: np.ndarray) -> np.ndarray:
    """Binomial blur over three pixels each way; the rim keeps its values."""
    inner = levels.copy()
    inner[:, 1:-1] = levels[:, :-2] + 2 * levels[:, 1:-1] + levels[:, 2:] + 2 >> 2
    levels = inner.copy()
    levels[:, :, 1:-1] = inner[:, :, :-2] + 2 * inner[:, :, 1:-1] + inner[:, :, 2:] + 2 >> 2
    return levels
