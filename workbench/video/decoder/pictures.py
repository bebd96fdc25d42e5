"""A folder of pictures, read like a video."""

import os
import re

import numpy as np

from .packets import FrameIndex, Limits, Refusal

PICTURE_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".ppm", ".pgm")

PICTURE_FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "PPM")  # by their contents: others start programs, or unpack without bound


def list_pictures(folder: str, fps: float, limits: Limits) -> FrameIndex:
    names = picture_names(folder)
    limits.check_seconds(len(names) / fps)
    first = open_picture(folder, names[0], limits)
    return FrameIndex("pictures", fps, [i / fps for i in range(len(names))], first.height, first.width)


def decode_pictures(folder: str, indices: list[int], height: int, width: int, limits: Limits) -> np.ndarray:
    names = picture_names(folder)
    first = open_picture(folder, names[0], limits).size
    pixels = np.empty((len(indices), height, width, 3), np.uint8)
    for slot, index in enumerate(indices):
        picture = open_picture(folder, names[index], limits)
        if picture.size != first:
            sizes = "{} is {} x {}, {} is {} x {}".format(names[0], *first, names[index], *picture.size)
            raise Refusal(f"is a folder of pictures that differ in size: {sizes}")
        pixels[slot] = np.asarray(picture if picture.size == (width, height) else picture.resize((width, height)))
    return pixels


def picture_names(folder: str) -> list[str]:
    """Natural order: 2.png before 10.png. Names that begin with a dot are the system's own (macOS leaves such copies)."""
    names = [name for name in os.listdir(folder) if name.lower().endswith(PICTURE_SUFFIXES) and not name.startswith(".")]
    if not names:
        raise Refusal("is a folder without pictures (" + " ".join(PICTURE_SUFFIXES) + ")")
    return sorted(names, key=in_natural_order)


def in_natural_order(name: str) -> list[str | int]:
    """A key by which 2.png comes before 10.png."""
    return [int(part) if i % 2 else part.lower() for i, part in enumerate(re.split("([0-9]+)", name))]


def open_picture(folder: str, name: str, limits: Limits):
    from PIL import Image, ImageOps  # not at the top: it would delay every worker for the few that read a folder

    try:
        picture = Image.open(os.path.join(folder, name), formats=PICTURE_FORMATS)
        limits.check_pixels(picture.height, picture.width)
        return ImageOps.exif_transpose(picture).convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise Refusal(f"is a folder with a picture that cannot be read: {name}") from error
