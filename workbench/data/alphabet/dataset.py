"""Clips with label, speed, displacement and visibility: `MotionAlphabet`, generated, and `MovingCrops`, cut from pictures."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import inf, tau
from typing import Annotated, Literal, get_args

import numpy as np

from workbench.data.alphabet.clip import RenderedClip
from workbench.data.alphabet.motions import ALPHABET, MotionClass, Pose, move, rest, rim_speed, two_paths
from workbench.data.alphabet.render import Layer, disturb, pack_texels, render_layers, shake
from workbench.data.alphabet.textures import Materials, make_materials, paint_texture, random_paint, repeat_pattern
from workbench.parameters import Range, check_ranges
from workbench.video.read import probe_video, read_video
from workbench.video.transforms import centre_crop, resize_short_side

Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = get_args(Split)
WHOLE_SCENE = 0.4  # how often a zoom, turn or shake is one of the whole scene
Cover = tuple[np.ndarray, float]  # of a shape, `y x` in [0, 255] on the canvas; how far from its middle it can reach
BYSTANDER = 0.3  # how often a second shape rests beside the one that moves


@dataclass(frozen=True)
class AlphabetClip(RenderedClip):
    """With the number of its label, its speed in pixels a frame and its camouflage in [0, 1]."""

    label: int
    speed: float
    camouflage: float


@dataclass(frozen=True, eq=False)
class MotionAlphabet(Sequence[AlphabetClip]):
    """Clip i of a split and seed, always the same. `labels` names the classes; clip i shows class i modulo their number.

    camouflage: one value, or a range to draw from; at 0 a shape has colours of its own, at 1 the background's look.
    speed: range in pixels a frame of the shape's rim; zooms, turns and meetings stop short of the fastest.
    repetition: 0 to 1, how far textures repeat every 8 pixels (at size 64). nuisance: 0 to 1, how much light, noise, blur
    and camera shake change from frame to frame, for training. length: number of clips.

    Raises ValueError for values out of range. Train, validation and test share no texture and no outline.
    """

    labels = tuple(motion.name for motion in ALPHABET)

    split: Split = "train"
    camouflage: Annotated[float | tuple[float, float], Range(0, 1)] = (0.0, 1.0)
    seed: Annotated[int, Range(0)] = 0
    size: Annotated[int, Range(16, unit="pixels")] = 64
    num_frames: Annotated[int, Range(1)] = 8
    speed: Annotated[tuple[float, float], Range(above=0)] = (1.0, 8.0)
    repetition: Annotated[float, Range(0, 1)] = 0.0
    nuisance: Annotated[float, Range(0, 1)] = 0.0
    length: Annotated[int, Range(0)] = 2000

    def __post_init__(self):
        check_ranges(self)
        for name, bounds in (("camouflage", self.camouflage), ("speed", self.speed)):
            if not isinstance(bounds, int | float) and bounds[0] > bounds[1]:
                raise ValueError(f"{name} must be a range, the lower end first, got {bounds}")

    @cached_property
    def materials(self) -> Materials:
        return make_materials(self.generator(), self.size)

    def generator(self, *index: int) -> np.random.Generator:
        return np.random.Generator(np.random.Philox([self.seed, SPLITS.index(self.split), self.size, *index]))

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, index: int) -> AlphabetClip:
        index = clip_number(index, self.length)
        rng, label = self.generator(index), index % len(ALPHABET)
        camouflage, speed = uniform(rng, self.camouflage), uniform(rng, self.speed)
        outlines = rng.integers(len(self.materials.outlines), size=2).tolist()

        camera, paths, speed = choreograph(
            ALPHABET[label], rng, self.num_frames, speed, float(self.materials.reaches[outlines[0]]), self.size
        )
        poses = arrange_scene(shake(camera, self.nuisance, rng), paths, rng, self.size)
        layers = self.dress(poses, [self.cover(outline) for outline in outlines], camouflage, rng)
        frames = disturb(render_layers(layers, self.size, self.num_frames), self.nuisance, rng)

        return AlphabetClip(frames, tuple(layers), label, speed, camouflage)

    def dress(self, poses: list[Pose], covers: Sequence[Cover], camouflage: float, rng: np.random.Generator) -> list[Layer]:
        """Give each pose a texture of one family: the background's look, and for shapes one between their own and it.
        covers: of the shapes, which follow the background."""
        family, ground, layers = self.materials.family(camouflage, rng), random_paint(rng), []
        for number, pose in enumerate(poses):
            fields = repeat_pattern(family[rng.permutation(len(family))[:4]], self.materials.canvas // 16, self.repetition)
            paint = random_paint(rng).towards(ground, camouflage) if number else ground
            cover, reach = covers[number - 1] if number else (255, inf)
            layers.append(Layer(pack_texels(paint_texture(fields, paint), cover), pose, reach))
        return layers

    def cover(self, outline: int) -> Cover:
        """An outline in the middle of an empty canvas, and how far from the middle it can reach."""
        margin = (self.materials.canvas - self.size) // 2
        cover = np.zeros((self.materials.canvas, self.materials.canvas), np.uint8)
        cover[margin : margin + self.size, margin : margin + self.size] = self.materials.outlines[outline]
        return cover, float(self.materials.extents[outline])


def choreograph(
    motion: MotionClass, rng: np.random.Generator, num_frames: int, speed: float, reach: float, size: int
) -> tuple[Pose, list[Pose], float]:
    """The camera's path, the path of each shape, and the speed that came of it in pixels a frame."""
    if any(motion.pan) or (motion.fills_frame and rng.random() < WHOLE_SCENE):
        camera = move(motion, rng, num_frames, speed, size / 2)
        return camera, [rest(num_frames)], rim_speed(camera, size / 2)

    paths = two_paths(motion, rng, num_frames, speed, reach) if motion.gap else [move(motion, rng, num_frames, speed, reach)]
    return rest(num_frames), paths, rim_speed(paths[0], reach)


def arrange_scene(camera: Pose, paths: list[Pose], rng: np.random.Generator, size: int) -> list[Pose]:
    """Poses of the background and the shapes in picture coordinates, about the middle; sometimes a second shape rests."""
    spread, rest_of_two = (0.3, len(paths) == 1 and rng.random() < BYSTANDER)
    x, y = spread * size * (rng.random(2) - 0.5)
    shapes = [path.shift(x, y, tau * rng.random()) for path in paths]
    if rest_of_two:
        x, y = size * (rng.random(2) - 0.5)
        shapes.append(rest(len(camera.x)).shift(x, y, tau * rng.random()))

    x, y = size * rng.random(2)
    ground = rest(len(camera.x)).shift(x, y, tau * rng.random())
    middle = (size - 1) / 2
    return [pose.through(camera).shift(middle, middle) for pose in (ground, *shapes)]


def uniform(rng: np.random.Generator, bounds: float | tuple[float, float]) -> float:
    """A draw from a range; one value is a range of no width."""
    low, high = (bounds, bounds) if isinstance(bounds, int | float) else bounds
    return low + (high - low) * rng.random()


def clip_number(index: int, length: int) -> int:
    """The index counted from the first clip. Raises IndexError for one outside."""
    if not -length <= index < length:
        raise IndexError(f"clip {index} of {length}")
    return index % length


def spell(
    words: Sequence[str], frames_each: int, size: int = 256, camouflage: float = 1.0, speed: float = 5.0, seed: int = 0
) -> np.ndarray:
    """Frames `t h w 3` uint8 in which a shape moves by each of the words in turn; speed in pixels a frame.

    Raises ValueError for a word that is not a motion of one shape.
    """
    one_shape_motions = {motion.name: motion for motion in ALPHABET if not any(motion.pan) and not motion.gap}
    if unknown := [word for word in words if word not in one_shape_motions]:
        raise ValueError(f"one shape can spell {', '.join(one_shape_motions)}; not {', '.join(unknown)}")
    alphabet = MotionAlphabet("test", camouflage, seed, size)
    rng = alphabet.generator(0)
    outlines = rng.integers(len(alphabet.materials.outlines), size=2).tolist()
    reach = float(alphabet.materials.reaches[outlines[0]])

    path = join_paths([move(one_shape_motions[word], rng, frames_each + 1, speed, reach) for word in words])
    camera = rest(len(path.x))
    poses = arrange_scene(camera, [path], rng, size)[:2]
    covers = [alphabet.cover(outline) for outline in outlines]
    return render_layers(alphabet.dress(poses, covers, camouflage, rng), size, len(path.x))


def join_paths(paths: Sequence[Pose]) -> Pose:
    """Paths one after the other, each beginning where the last one ended; the whole is centred."""
    parts = []
    for path in paths:
        values = np.stack(list(vars(path).values()))
        values[3] = np.log(values[3])
        last = parts[-1][:, -1:] if parts else values[:, :1]
        parts.append((values - values[:, :1] + last)[:, 0 if not parts else 1 :])
    x, y, angle, scale = np.concatenate(parts, axis=1)
    return Pose(x - (x.min() + x.max()) / 2, y - (y.min() + y.max()) / 2, angle, np.exp(scale - (scale.min() + scale.max()) / 2))


# ------------------------------------------------------------------------------------------------------ crops that move over real pictures

SHOWN_BY_CROPS = tuple(motion for motion in ALPHABET if motion.fills_frame or any(motion.pan) or motion.name == "still")
PARTS = {"train": (0.0, 0.7), "validation": (0.7, 0.85), "test": (0.85, 1.0)}  # of a video's length: no frame is in two of them
MOST_SOURCES = 48


def read_pictures(path: str | os.PathLike, split: Split) -> np.ndarray:
    """Frames `n h w 3` uint8 of a video or a folder of pictures, spread over the part of it that belongs to a split.

    Raises VideoError for a file that gives no frames, ValueError for one too short to be divided.
    """
    count = probe_video(path).num_frames
    first, last = (round(share * count) for share in PARTS[split])
    if last <= first:
        raise ValueError(f"{path} has {count} frames, too few to train, validate and test on different ones: 7 are needed")
    indices = np.unique(np.linspace(first, last - 1, min(last - first, MOST_SOURCES)).astype(int))
    return read_video(path, indices.tolist()).frames


@dataclass(frozen=True, eq=False)
class MovingCrops(Sequence[AlphabetClip]):
    """Crops that slide, zoom, turn and tremble over real pictures `n h w 3` uint8; clip i is always the same.

    The middle square of each picture is scaled to twice the crop's size. speed: range in pixels of the crop a frame.
    Labels are the alphabet's; only the motions that a crop can show occur: still, four ways of the camera, closer,
    farther, two turns, two shakes.
    """

    labels = tuple(motion.name for motion in ALPHABET)

    pictures: np.ndarray = field(repr=False)
    seed: Annotated[int, Range(0)] = 0
    size: Annotated[int, Range(1, unit="pixel")] = 64
    num_frames: Annotated[int, Range(1)] = 8
    speed: Annotated[tuple[float, float], Range(above=0)] = (1.0, 8.0)
    length: Annotated[int, Range(0)] = 220

    def __post_init__(self):
        check_ranges(self)
        if self.size & (self.size - 1):
            raise ValueError(f"size must be a power of two, so that positions wrap by a bit mask, got {self.size}")
        object.__setattr__(self, "pictures", centre_crop(resize_short_side(self.pictures, 2 * self.size), 2 * self.size))

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, index: int) -> AlphabetClip:
        index = clip_number(index, self.length)
        rng = np.random.Generator(np.random.Philox([self.seed, self.size, index]))
        motion = SHOWN_BY_CROPS[index % len(SHOWN_BY_CROPS)]
        picture = self.pictures[rng.integers(len(self.pictures))]

        camera = move(motion, rng, self.num_frames, uniform(rng, self.speed), self.size / 2)
        middle, spread = (self.size - 1) / 2, 0.0 if any(motion.pan) else 0.2 * self.size
        pose = camera.shift(middle + spread * (rng.random() - 0.5), middle + spread * (rng.random() - 0.5))
        layers = (Layer(pack_texels(np.moveaxis(picture, -1, 0), 255), pose),)

        frames = render_layers(list(layers), self.size, self.num_frames)
        return AlphabetClip(frames, layers, ALPHABET.index(motion), rim_speed(camera, self.size / 2), 1.0)
