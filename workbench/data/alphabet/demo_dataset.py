"""A small data set of video files in class folders, made from a sample video to try training on own classes.

>>> folder = make_recordings("runs/recordings")
>>> open_dataset(folder, "folders").labels
('sliding left', 'sliding right', 'zooming in', 'zooming out')
"""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image

from workbench.video.read import read_video, sample_videos
from workbench.video.write import write_video

SCENES = {"train": (range(120), range(152, 202)), "validation": (range(202, 325),)}  # frames of the NASA sample, without its fade
CLIP_FRAMES, CLIP_FPS = 45, 25  # of a clip, and a second
CLIP_HEIGHT, CLIP_WIDTH = 120, 160  # pixels of a clip
TREMOR = 0.006  # of the width of what is seen: how far a hand shakes
LEAST_CONTRAST = 12  # grey levels of standard deviation: in less than that there is nothing to be seen
ABOUT_FILE = "made.json"


@dataclass(frozen=True)
class Camera:
    """What is seen of a scene `h w` over `t`: the middle x and y, and the width, all as shares of the scene's width."""

    x: Float[np.ndarray, " t"]
    y: Float[np.ndarray, " t"]
    width: Float[np.ndarray, " t"]

    def film(self, scene: UInt8[np.ndarray, "t h w 3"]) -> UInt8[np.ndarray, "t h2 w2 3"]:
        """The clip; a camera that would look beyond the scene looks along its border."""
        high, wide = scene.shape[1:3]
        width = self.width * wide
        left = (self.x * wide - width / 2).clip(0, wide - width)
        top = (self.y * wide - width * CLIP_HEIGHT / CLIP_WIDTH / 2).clip(0, high - width * CLIP_HEIGHT / CLIP_WIDTH)
        right, bottom = left + width, top + width * CLIP_HEIGHT / CLIP_WIDTH
        boxes = zip(left.tolist(), top.tolist(), right.tolist(), bottom.tolist(), strict=True)
        size, resample = (CLIP_WIDTH, CLIP_HEIGHT), Image.Resampling.BICUBIC
        return np.stack([np.asarray(Image.fromarray(frame).resize(size, resample, box)) for frame, box in zip(scene, boxes, strict=True)])


def slide(rng: np.random.Generator) -> Camera:
    """To the right, so that what is seen goes to the left."""
    width, way, drift = rng.uniform(0.35, 0.55), rng.uniform(0.15, 0.35), rng.uniform(-0.03, 0.03)
    first, progress = rng.uniform(width / 2, 1 - width / 2 - way), progress_of(rng)
    return shake_camera(Camera(first + way * progress, rng.uniform(0.2, 0.36) + drift * progress, np.full(CLIP_FRAMES, width)), rng)


def zoom(rng: np.random.Generator) -> Camera:
    """Closer, about a point that stays where it is."""
    far, times = rng.uniform(0.55, 0.75), rng.uniform(1.5, 2.2)
    width = far * times ** -progress_of(rng)
    x, y = rng.uniform(far / 2, 1 - far / 2), rng.uniform(0.24, 0.32)
    aside, above = rng.uniform(-0.15, 0.15, 2)  # of the point, from the middle, in widths
    return shake_camera(Camera(x + aside * (far - width), y + above * (far - width), width), rng)


def progress_of(rng: np.random.Generator) -> Float[np.ndarray, " t"]:
    """From 0 to 1, more or less gently at both ends."""
    time = np.linspace(0, 1, CLIP_FRAMES)
    gentle = rng.uniform()
    return gentle * time**2 * (3 - 2 * time) + (1 - gentle) * time


def shake_camera(camera: Camera, rng: np.random.Generator) -> Camera:
    """As by a hand: two slow waves each way."""
    turns, phases = rng.uniform(1, 4, (2, 2, 1)), rng.uniform(0, 2 * np.pi, (2, 2, 1))
    x, y = TREMOR * np.sin(2 * np.pi * turns * np.linspace(0, 1, CLIP_FRAMES) + phases).sum(axis=1)
    return Camera(camera.x + camera.width * x, camera.y + camera.width * y, camera.width)


# class: how the camera moves, and whether the clip is then turned round in time
DEMO_CLASSES: dict[str, tuple[Callable[[np.random.Generator], Camera], bool]] = {
    "sliding left": (slide, False),
    "sliding right": (slide, True),
    "zooming in": (zoom, False),
    "zooming out": (zoom, True),
}


def record(
    name: str, frames: UInt8[np.ndarray, "n h w 3"], scenes: tuple[range, ...], rng: np.random.Generator
) -> UInt8[np.ndarray, "t h2 w2 3"]:
    """A clip of a class from somewhere in the scenes, where there is something to be seen."""
    move, backwards = DEMO_CLASSES[name]
    while True:
        scene = scenes[rng.integers(len(scenes))]
        start = rng.integers(len(scene) - CLIP_FRAMES + 1)
        moment = scene[start : start + CLIP_FRAMES][:: rng.choice((1, -1))]  # else its own course would tell what was turned round
        clip = move(rng).film(frames[list(moment)])
        if clip.mean(axis=3).std(axis=(1, 2)).min() > LEAST_CONTRAST:
            return clip[::-1] if backwards else clip


def make_recordings(folder: str | os.PathLike, clips: int = 10, seed: int = 0) -> Path:
    """The folder, with so many clips of each class in `train/CLASS`, and as many others in `validation/CLASS`.

    A class says what the picture does: it slides left where the camera goes right. Opposite classes are filmed alike and one
    is turned round in time, so that no single picture tells them apart. The two splits show different scenes of the NASA
    sample, and what moves there moves on. Clips depend on the arguments alone; made once, they are not made again.

    Raises ValueError for counts out of range, FileExistsError for a folder that holds something else.
    """
    if clips < 1 or seed < 0:
        raise ValueError(f"recordings need at least 1 clip of a class and a seed of at least 0, got {clips} and {seed}")
    target, about = Path(folder), json.dumps({"version": 1, "clips": clips, "seed": seed})
    if target.exists():
        if not (target / ABOUT_FILE).is_file() or (target / ABOUT_FILE).read_text(encoding="utf-8") != about:
            raise FileExistsError(f"{target} holds something else already; name another folder for these recordings")
        return target
    [nasa] = (sample.path for sample in sample_videos() if sample.name == "nasa")
    frames, partial = read_video(nasa).frames, target.with_name(f"{target.name}.{os.getpid()}.partial")
    for place, (split, name, take) in enumerate(product(SCENES, DEMO_CLASSES, range(1, clips + 1))):
        path = partial / split / name / f"take {take:02}.mp4"
        path.parent.mkdir(parents=True, exist_ok=True)
        clip = record(name, frames, SCENES[split], np.random.default_rng([seed, place]))
        write_video(path, clip, CLIP_FPS, preset="ultrafast")  # x264's others are not the same to the bit each time
    (partial / ABOUT_FILE).write_text(about, encoding="utf-8")
    return partial.rename(target)  # all of it, or none
