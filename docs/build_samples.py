"""Makes sample videos anew: cat, stripes, wallpaper, bunny from the film it is cut from; and the small picture of each sample.

    python docs/build_samples.py [big_buck_bunny.mp4]

The photograph of the cat is scikit-image's (Stéfan van der Walt, CC0); the film is (c) 2008 Blender Foundation, CC BY 3.0.
"""

import sys
from collections.abc import Iterator

import numpy as np
from einops import rearrange
from PIL import Image
from skimage.data import chelsea

from workbench.paths import ASSETS
from workbench.video.read import read_video, sample_videos
from workbench.video.write import write_video

FPS, SIZE = 24, 240
SECONDS = 4
POSTER_SECONDS = 1.9


def move_over_cat() -> Iterator[np.ndarray]:
    """A camera over the photograph: two seconds to the right, then two towards it."""
    photo, side = Image.fromarray(chelsea()), 200
    for number in range(SECONDS * FPS):
        progress = number / FPS
        across, zoom = 40 + 80 * min(progress, 2) / 2, 1.0 if progress < 2 else 0.5 ** ((progress - 2) / 2)
        middle, reach = (across + side / 2 + 40, 120), zoom * side / 2
        box = (middle[0] - reach, middle[1] - reach, middle[0] + reach, middle[1] + reach)
        yield np.asarray(photo.resize((SIZE, SIZE), Image.Resampling.BICUBIC, box))


def show_stripes() -> Iterator[np.ndarray]:
    """Slanted stripes behind a round hole go to the right."""
    x = np.arange(SIZE, dtype=float)
    y = rearrange(x, "y -> y 1")
    inside = np.hypot(x - SIZE / 2, y - SIZE / 2) < 0.38 * SIZE
    for number in range(SECONDS * FPS):
        wave = np.sin(2 * np.pi * (x - 1.2 * number + y) / 44)
        yield as_grey_frame(np.where(inside, 0.5 + 0.45 * np.tanh(3 * wave), 0.35))


def slide_wallpaper() -> Iterator[np.ndarray]:
    """Dots that repeat every 30 pixels go up by 2 pixels a frame."""
    axis = np.arange(SIZE, dtype=float)
    for number in range(SECONDS * FPS):
        across, down = np.cos(2 * np.pi * axis / 30), np.cos(2 * np.pi * (axis + 2 * number) / 30)
        yield as_grey_frame(0.5 + 0.45 * np.tanh(3 * (rearrange(down, "y -> y 1") + across - 0.6)))


def as_grey_frame(levels: np.ndarray) -> np.ndarray:
    """Levels `h w` in [0, 1] as `h w 3` uint8."""
    return np.repeat(rearrange(255 * levels, "h w -> h w 1"), 3, axis=-1).round().astype(np.uint8)


def main(film: str = "") -> None:
    for name, frames in {"cat": move_over_cat(), "stripes": show_stripes(), "wallpaper": slide_wallpaper()}.items():
        write_video(ASSETS / f"{name}.mp4", frames, FPS, quality=22)
    if film:
        cut = read_video(film, range(0, 125), short_side=180)
        write_video(ASSETS / "bunny.mp4", cut.frames, 25, quality=26)
    for sample in sample_videos():
        frame = read_video(sample.path, [int(POSTER_SECONDS * FPS)], short_side=96).frames[0]
        Image.fromarray(frame).save(sample.poster, quality=80)


if __name__ == "__main__":
    main(*sys.argv[1:])
