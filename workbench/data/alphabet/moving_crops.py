"""Crops that move over real photographs or video frames, with labels of the alphabet."""

import os
from collections.abc import Sequence

import numpy as np

from workbench.data.alphabet.dataset import SPLITS, AlphabetClip, uniform
from workbench.data.alphabet.motions import ALPHABET, move, rim_speed
from workbench.data.alphabet.render import Layer, pack_texels, render_layers
from workbench.video.read import probe_video, read_video
from workbench.video.transforms import centre_crop, resize_short_side

SHOWN_BY_CROPS = tuple(motion for motion in ALPHABET if motion.fills_frame or any(motion.pan) or motion.name == "still")
PARTS = {"train": (0.0, 0.7), "validation": (0.7, 0.85), "test": (0.85, 1.0)}  # of a video's length: no frame is in two of them
MOST_SOURCES = 48


def read_pictures(path: str | os.PathLike, split: str) -> np.ndarray:
    """Frames `n h w 3` uint8 of a video or a folder of pictures, spread over the part of it that belongs to a split.

    Raises VideoError for a file that gives no frames, ValueError for a split that is none or a file too short to be divided.
    """
    if split not in SPLITS:
        raise ValueError(f"split must be one of {', '.join(SPLITS)}, got {split!r}")
    count = probe_video(path).num_frames
    first, last = (round(share * count) for share in PARTS[split])
    if last <= first:
        raise ValueError(f"{path} has {count} frames, too few to train, validate and test on different ones: 7 are needed")
    indices = np.unique(np.linspace(first, last - 1, min(last - first, MOST_SOURCES)).astype(int))
    return read_video(path, indices.tolist()).frames


class MovingCrops(Sequence[AlphabetClip]):
    """Crops that slide, zoom, turn and tremble over real pictures `n h w 3` uint8; clip i is always the same.

    The middle square of each picture is scaled to twice the crop's size. speed: range in pixels of the crop a frame.
    Labels are the alphabet's; only the motions that a crop can show occur: still, four ways of the camera, closer,
    farther, two turns, two shakes.
    """

    labels = tuple(motion.name for motion in ALPHABET)

    def __init__(
        self,
        pictures: np.ndarray,
        seed: int = 0,
        size: int = 64,
        num_frames: int = 8,
        *,
        speed: tuple[float, float] = (1.0, 8.0),
        length: int = 220,
    ):
        if size & (size - 1):
            raise ValueError(f"size must be a power of two, so that positions wrap by a bit mask, got {size}")
        self.pictures = centre_crop(resize_short_side(pictures, 2 * size), 2 * size)
        self.seed, self.size, self.num_frames, self.speed, self.length = seed, size, num_frames, speed, length

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, index: int) -> AlphabetClip:
        if not -self.length <= index < self.length:
            raise IndexError(f"clip {index} of {self.length}")
        index %= self.length
        rng = np.random.Generator(np.random.Philox(np.random.SeedSequence([self.seed, self.size, index])))
        motion = SHOWN_BY_CROPS[index % len(SHOWN_BY_CROPS)]
        picture = self.pictures[rng.integers(len(self.pictures))]

        camera = move(motion, rng, self.num_frames, uniform(rng, self.speed), self.size / 2)
        middle, spread = (self.size - 1) / 2, 0.0 if any(motion.pan) else 0.2 * self.size
        pose = camera.shift(middle + spread * (rng.random() - 0.5), middle + spread * (rng.random() - 0.5))
        layers = (Layer(pack_texels(np.moveaxis(picture, -1, 0), 255), pose),)

        frames = render_layers(list(layers), self.size, self.num_frames)
        return AlphabetClip(frames, ALPHABET.index(motion), rim_speed(camera, self.size / 2), 1.0, layers)
