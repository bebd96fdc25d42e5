"""From frames on disk to logits, restated with Pillow, numpy and loops from what the authors' code does at test time.

Nothing of the package is used but the network itself, which the golden arrays hold to the authors'; it is given one clip at a
time. Frames are `img_{:05d}.jpg`, counted from 1.
"""

import math
from pathlib import Path

import numpy as np
import torch
from PIL import Image

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
SPAN = 64  # frames that a dense clip reaches over


def something_numbers(count: int, length: int) -> list[int]:
    """The frame floor(tick / 2 + tick i) of each part, tick = n / T."""
    tick = count / length
    return [math.floor(tick / 2 + tick * i) for i in range(length)]


def kinetics_numbers(count: int, length: int, clips: int = 10) -> list[list[int]]:
    """Starts linspace(0, max(1, n - 63) - 1, clips) as whole numbers, every (64 // T)-th frame, modulo n."""
    last = max(1, count - SPAN + 1) - 1
    starts = [int(last * j / (clips - 1)) for j in range(clips)]
    return [[(start + SPAN // length * i) % count for i in range(length)] for start in starts]


def picture(folder: Path, number: int) -> Image.Image:
    """The frame of this number, counted from 0."""
    return Image.open(folder / f"img_{number + 1:05d}.jpg").convert("RGB")


def short_side(frame: Image.Image, side: int) -> Image.Image:
    width, height = frame.size
    scale = side / min(width, height)
    return frame.resize((round(width * scale), round(height * scale)), Image.Resampling.BILINEAR)


def centre(frame: Image.Image, size: int) -> Image.Image:
    left, top = (frame.width - size) // 2, (frame.height - size) // 2
    return frame.crop((left, top, left + size, top + size))


def left_centre_right(frame: Image.Image, size: int) -> list[Image.Image]:
    lefts, top = (0, (frame.width - size) // 2, frame.width - size), (frame.height - size) // 2
    return [frame.crop((left, top, left + size, top + size)) for left in lefts]


def numbers_of(frame: Image.Image) -> np.ndarray:
    """c h w: grey levels / 255, minus the mean, by the standard deviation."""
    levels = np.asarray(frame).astype(np.float64) / 255
    return np.stack([(levels[:, :, c] - MEAN[c]) / STD[c] for c in range(3)])


def something_clip(folder: Path, length: int, rows: int = 240, columns: int = 320, size: int = 224) -> list[list[Image.Image]]:
    """One view: frames of 240 x 320 whatever their aspect, the middle 224 x 224."""
    numbers = something_numbers(len(list(folder.iterdir())), length)
    return [[centre(picture(folder, number).resize((columns, rows), Image.Resampling.BILINEAR), size) for number in numbers]]


def kinetics_clips(folder: Path, length: int, side: int = 256) -> list[list[Image.Image]]:
    """Thirty views: ten clips of frames with a short side of 256, each three times: left, centre, right."""
    views = []
    for numbers in kinetics_numbers(len(list(folder.iterdir())), length):
        crops = [left_centre_right(short_side(picture(folder, number), side), side) for number in numbers]
        views += [[frame[place] for frame in crops] for place in range(3)]
    return views


def mean_of_logits(model: torch.nn.Module, views: list[list[Image.Image]]) -> np.ndarray:
    """Of all views, three at a time, which are the crops of one clip where there are so many."""
    logits = []
    for first in range(0, len(views), 3):
        clips = np.stack([np.stack([numbers_of(frame) for frame in view]) for view in views[first : first + 3]])
        with torch.no_grad():
            logits.append(model(torch.from_numpy(clips).float()).logits.double().numpy())
    return np.concatenate(logits).mean(axis=0)
