"""Pictures as frames: a folder of them, or one file that holds several (animated WebP and AVIF), read by Pillow."""

import os

import numpy as np

from .containers import Limits, Refusal
from .display import TRANSPARENT, on_black
from .frame_index import FrameIndex
from .kinds import PICTURE_SUFFIXES
from .picture_names import order_pictures

GREY_TOPS = (255, 1023, 4095, 16383, 65535)  # the largest values of 8, 10, 12, 14 and 16 bits
GREY_SAMPLES = 16  # pictures that tell which it is
SECONDS_OF_PICTURE = 0.1  # in a file that gives no duration, as browsers show it
# Of pictures, by their contents: others start programs, or unpack without bound. Pillow before 11.3 has no AVIF.
PICTURE_FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "BMP", "TIFF", "PPM")


def list_pictures(folder: str, fps: float, limits: Limits) -> FrameIndex:
    names, remark = picture_series(folder)
    limits.check_seconds(len(names) / fps)
    first = open_picture(folder, names[0], limits)
    index = FrameIndex("pictures", fps, [i / fps for i in range(len(names))], *first.shape[:2])
    index.remarks = [remark] if remark else []
    if first.ndim == 2:
        places = np.linspace(0, len(names) - 1, min(GREY_SAMPLES, len(names))).astype(int)
        index.grey_top = grey_top([open_picture(folder, names[i], limits) for i in places])
        index.remarks.append(f"its grey values, 0 to {index.grey_top:g}, are shown as 0 to 255")
    return index


def decode_pictures(folder: str, index: FrameIndex, indices: list[int], height: int, width: int, limits: Limits) -> np.ndarray:
    from PIL import Image  # not at the top: it would delay every worker for the few that read a folder

    names, first = picture_names(folder), (index.height, index.width)
    pixels = np.empty((len(indices), height, width, 3), np.uint8)
    for slot, number in enumerate(indices):
        picture = open_picture(folder, names[number], limits)
        if picture.shape[:2] != first:
            sizes = "{0} is {2} x {1}, {3} is {5} x {4}".format(names[0], *first, names[number], *picture.shape[:2])
            raise Refusal(f"is a folder of pictures that differ in size: {sizes}")
        picture = as_rgb(picture, index.grey_top)
        small = first != (height, width)
        pixels[slot] = np.asarray(Image.fromarray(picture).resize((width, height))) if small else picture
    return pixels


def picture_names(folder: str) -> list[str]:
    """The pictures of a folder that are its frames, in their order."""
    return picture_series(folder)[0]


def picture_series(folder: str) -> tuple[list[str], str]:
    """The names, and a remark on what was left out. Names that begin with a dot are the system's own (macOS leaves such copies)."""
    names = [name for name in os.listdir(folder) if name.lower().endswith(PICTURE_SUFFIXES) and not name.startswith(".")]
    if not names:
        raise Refusal("is a folder without pictures (" + " ".join(PICTURE_SUFFIXES) + ")")
    order, remark = order_pictures(names)
    return [names[i] for i in order], remark


def open_by_contents(path: str):
    """Raises what Pillow raises, for every kind of file but the accepted ones, too."""
    from PIL import Image

    Image.init()
    return Image.open(path, formats=[kind for kind in PICTURE_FORMATS if kind in Image.OPEN])


def open_picture(folder: str, name: str, limits: Limits) -> np.ndarray:
    """`h w 3` uint8; `h w` of numbers where it is grey of more than 8 bits."""
    from PIL import Image, ImageOps

    try:
        picture = open_by_contents(os.path.join(folder, name))
        limits.check_pixels(picture.height, picture.width)
        if (count := getattr(picture, "n_frames", 1)) > 1 and picture.format in ("WEBP", "AVIF", "PNG", "GIF"):
            raise Refusal(f"is a folder with an animation in place of a picture: {name} has {count} frames; give it alone")
        return picture_array(ImageOps.exif_transpose(picture))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise Refusal(f"is a folder with a picture that cannot be read: {name}") from error


def picture_array(picture) -> np.ndarray:
    """A picture of Pillow as an array, transparent parts on black."""
    if picture.mode == "F" or picture.mode.startswith("I"):
        return np.asarray(picture)
    return on_black(np.asarray(picture.convert("RGBA"))) if picture.has_transparency_data else np.asarray(picture.convert("RGB"))


def grey_top(pictures: list[np.ndarray]) -> float:
    """Which value is shown as white: the largest of the least number of bits (8, 10, 12, 14 or 16) that hold all, or 1 for fractions."""
    top = max(float(np.max(picture, where=np.isfinite(picture), initial=0)) for picture in pictures if picture.ndim == 2)
    if pictures[0].dtype.kind == "f" and top <= 1:
        return 1.0
    return float(next((limit for limit in GREY_TOPS if top <= limit), top))


def as_rgb(picture: np.ndarray, top: float) -> np.ndarray:
    if picture.ndim == 3:
        return picture
    grey = np.nan_to_num(picture.astype(np.float64)) * (255 / (top or 255))
    return np.repeat(np.rint(grey.clip(0, 255)).astype(np.uint8)[..., None], 3, axis=2)


# ------------------------------------------------------------------------------------------------------ several pictures in a file
def is_animation(path: str) -> bool:
    """Whether a file is a WebP or AVIF, which FFmpeg does not read as animations. A file that cannot be read is none."""
    try:
        with open(path, "rb") as file:
            head = file.read(12)
    except OSError:
        return False
    return (head[:4] == b"RIFF" and head[8:] == b"WEBP") or (head[4:8] == b"ftyp" and head[8:] in (b"avif", b"avis"))


def list_animation(path: str, limits: Limits) -> FrameIndex:
    with open_animation(path, limits) as picture:
        if (count := getattr(picture, "n_frames", 1)) < 2:
            raise Refusal("is a single picture, in which nothing moves")
        if count > limits.seconds / SECONDS_OF_PICTURE:
            raise Refusal(f"is too long: it has {count} pictures; leave some out")
        seconds, clear = [], False
        for number in range(count):
            load_frame(picture, number)
            clear = clear or (picture.has_transparency_data and np.asarray(picture.convert("RGBA"))[..., 3].min() < 255)
            seconds.append((picture.info.get("duration") or 1000 * SECONDS_OF_PICTURE) / 1000)
        limits.check_seconds(sum(seconds))
        times = np.cumsum([0.0, *seconds[:-1]]).round(6).tolist()
        index = FrameIndex(str(picture.format).lower(), (count - 1) / times[-1], times, picture.height, picture.width)
        index.remarks = [TRANSPARENT] if clear else []
        return index


def decode_animation(path: str, indices: list[int], height: int, width: int, limits: Limits) -> np.ndarray:
    from PIL import Image

    pixels = np.empty((len(indices), height, width, 3), np.uint8)
    with open_animation(path, limits) as picture:
        for slot, number in enumerate(indices):
            load_frame(picture, number)
            frame = Image.fromarray(picture_array(picture))
            pixels[slot] = np.asarray(frame if frame.size == (width, height) else frame.resize((width, height)))
    return pixels


def open_animation(path: str, limits: Limits):
    from PIL import Image

    try:
        picture = open_by_contents(path)
        limits.check_pixels(picture.height, picture.width)
        return picture
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise Refusal("is a picture that cannot be read") from error


def load_frame(picture, number: int) -> None:
    try:
        picture.seek(number)
        picture.load()
    except (OSError, ValueError, SyntaxError, EOFError) as error:
        raise Refusal(f"is damaged: its picture {number} cannot be decoded") from error
