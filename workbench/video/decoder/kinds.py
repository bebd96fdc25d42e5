"""The kinds of file that are taken, by the endings of their names: one table for the page, the commands and data sets."""

import os

VIDEO_SUFFIXES = (
    ".mp4", ".m4v", ".mov", ".avi", ".webm", ".mkv", ".gif", ".mpg", ".mpeg", ".ts", ".mts", ".m2ts", ".vob", ".ogv", ".wmv", ".flv",
    ".3gp", ".3g2", ".mxf", ".dav", ".apng",
)  # fmt: skip
PICTURE_SUFFIXES = (".jpg", ".jpeg", ".jfif", ".png", ".webp", ".avif", ".bmp", ".tif", ".tiff", ".ppm", ".pgm")
MARKS_OF_ANIMATION = {".png": b"acTL", ".webp": b"ANIM", ".avif": b"avis"}  # of pictures that may move, near their beginning
HEAD_BYTES = 1 << 16


def is_animated_picture(path: str | os.PathLike) -> bool:
    """Whether a file with the ending of a picture says that it holds several. Raises OSError where it cannot be opened."""
    mark = MARKS_OF_ANIMATION.get(os.path.splitext(path)[1].lower())
    if mark is None:
        return False
    with open(path, "rb") as file:
        return mark in file.read(HEAD_BYTES)
