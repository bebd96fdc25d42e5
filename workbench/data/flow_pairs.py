"""Pairs of pictures with their true displacement, as benchmarks of optical flow and stereo publish them."""

import math
import os
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import Bool, Float, UInt8
from PIL import Image

PICTURES = (".png", ".jpg", ".jpeg", ".ppm", ".bmp", ".webp")
PNG, PNG_DEPTH = b"\x89PNG\r\n\x1a\n", 24  # how a PNG begins, and the byte that holds the bits of a channel
UNKNOWN = 1e9  # Middlebury: a displacement beyond it is not known
FLO_TAG = 202021.25  # the first number of a .flo file: it tells the byte order


class FlowPairError(ValueError):
    """A pair that cannot be read; the message names the file and the remedy."""


@dataclass(frozen=True)
class FlowPair:
    """Two pictures and how far each pixel of the first moves: flow in pixels, x to the right, then y down.

    valid: the pixels whose displacement is known.
    """

    name: str
    frames: UInt8[np.ndarray, "2 h w 3"]
    flow: Float[np.ndarray, "2 h w"]
    valid: Bool[np.ndarray, "h w"]


@dataclass(frozen=True)
class Naming:
    """How a benchmark names its files: `truth`, a pattern of the truth's path without its suffix, and what the pictures are called then.

    following: whether the second picture is the one numbered next.
    """

    truth: str
    first: str
    second: str
    following: bool = False


# The first that fits counts, and only with both pictures there; several places of the pictures are separated by |.
NAMINGS = (
    Naming(r"(.*)_flow", r"\1_img1", r"\1_img2"),  # FlyingChairs
    Naming(r"(.*)_disp", r"\1_left", r"\1_right"),  # scikit-image's motorcycle
    Naming(r"(.*)disp0", r"\1im0", r"\1im1"),  # Middlebury 2014, stereo
    Naming(r"(.*)disp_(?:occ|noc)_0/(\d+_10)", r"\1image_2/\2", r"\1image_3/\2"),  # KITTI 2015, stereo
    Naming(r"(.*)flow_(?:occ|noc)/(\d+)_10", r"\1image_2/\2_10", r"\1image_2/\2_11"),  # KITTI 2015
    Naming(r"(.*)flow_(?:occ|noc)/(\d+)_10", r"\1colored_0/\2_10", r"\1colored_0/\2_11"),  # KITTI 2012
    Naming(r"(.*)other-gt-flow/(.*)/flow10", r"\1other-data/\2/frame10", r"\1other-data/\2/frame11"),  # Middlebury, flow
    Naming(r"(.*)flow/(.*)", r"\1clean/\2|\1final/\2", r"\1clean/\2|\1final/\2", following=True),  # Sintel
    Naming(r"(.*)", r"\1_0", r"\1_1"),
)


def read_flow_pairs(folder: str | os.PathLike) -> Iterator[FlowPair]:
    """Every pair of a folder and the folders in it, in the order of their names.

    The truth is a `.flo` file, KITTI's 16-bit PNG, an `.npz` with `flow` `2 h w` and, if some of it is not known, `valid` `h w`, or a
    disparity map of the first of two rectified pictures: an `.npz` with one array `h w`, a `.pfm`, or KITTI's 16-bit PNG of one channel.
    A pixel of disparity d lies d pixels farther left in the second picture. The pictures are found by the names that FlyingChairs, Sintel,
    KITTI, Middlebury and scikit-image use, or as NAME_0 and NAME_1 beside the truth NAME.

    Raises FlowPairError for a folder without pairs, and for a file that is damaged or of another size than its pictures.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise FlowPairError(f"{folder} is no folder; give the one that holds the pictures and their true displacement")
    pairs = list(find_pairs(folder))
    if not pairs:
        raise FlowPairError(
            f"{folder} holds no pair of pictures with a true displacement: for a pair named walk, put walk_0.png, walk_1.png and"
            " walk.flo (or .npz, or KITTI's .png) there, or unpack FlyingChairs, Sintel, KITTI or Middlebury as they come"
        )
    for name, first, second, truth in pairs:
        yield read_pair(name, first, second, truth)


def read_three_files(files: Sequence[str | os.PathLike]) -> FlowPair:
    """Two pictures, in the order of their names, and the true displacement from the first to the second, in one of the formats that
    `read_flow_pairs` reads. Of PNG files the one of 16 bits a channel is the truth.

    Raises FlowPairError for other files, and for what `read_flow_pairs` refuses.
    """
    paths = sorted(map(Path, files), key=lambda path: path.name)
    truths = [path for path in paths if path.suffix.lower() in READERS and not is_plain_picture(path)]
    pictures = [path for path in paths if path not in truths]
    if len(truths) != 1 or len(pictures) != 2:
        names = ", ".join(path.name for path in paths) or "nothing"
        raise FlowPairError(f"give two pictures and one file with the true displacement (.flo, .npz, .pfm or KITTI's .png), got {names}")
    return read_pair(truths[0].stem, pictures[0], pictures[1], truths[0])


def is_plain_picture(path: Path) -> bool:
    """Whether a file that may be a truth by its ending is a picture of 8 bits a channel, by its header."""
    if path.suffix.lower() not in PICTURES:
        return False
    with open(path, "rb") as file:
        header = file.read(PNG_DEPTH + 1)
    if header.startswith(PNG):
        return len(header) > PNG_DEPTH and header[PNG_DEPTH] <= 8
    return read_size(path) is not None


def read_size(path: Path) -> tuple[int, int] | None:
    """Height and width that the header of a picture or of an `.npz` declares, before anything is decoded; None where it declares none.

    Of several arrays the largest counts. Raises FlowPairError for a picture that is too large for any use, and for an `.npz` of anything
    but arrays.
    """
    try:
        if path.suffix.lower() == ".npz":
            return max(declared_sizes(path), key=math.prod, default=None)
        with Image.open(path) as picture:
            return picture.height, picture.width
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise FlowPairError(f"{path} is too large for a picture; make it smaller") from None
    except FlowPairError:
        raise
    except (OSError, ValueError, SyntaxError, zipfile.BadZipFile):
        return None  # whoever reads it says what is wrong


def declared_sizes(path: Path) -> Iterator[tuple[int, int]]:
    """Height and width of each array of an `.npz`, of which one of three dimensions has two channels. Raises FlowPairError for no array."""
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            with archive.open(name) as array:
                try:
                    version = np.lib.format.read_magic(array)
                    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
                    *rows, columns = read(array)[0] or (0,)
                except ValueError as error:
                    raise FlowPairError(f"{path} is no .npz file of arrays: {error}") from None
                yield math.prod(rows) // (2 if len(rows) > 1 else 1), columns


def find_pairs(folder: Path) -> Iterator[tuple[str, Path, Path, Path]]:
    """Name, first and second picture and truth of each pair."""
    files = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()}
    pictures = {name.rsplit(".", 1)[0]: path for name, path in files.items() if path.suffix.lower() in PICTURES}
    for name, path in files.items():
        if path.suffix.lower() not in READERS:
            continue
        stem = name.rsplit(".", 1)[0]
        for naming in NAMINGS:
            first, second = pictures_of(naming, stem, pictures)
            if first and second and path not in (first, second):
                yield stem, first, second, path
                break


def pictures_of(naming: Naming, stem: str, pictures: dict[str, Path]) -> tuple[Path | None, Path | None]:
    """The two pictures that belong to a truth by one way of naming; None for one that is not there."""
    match = re.fullmatch(naming.truth, stem)
    if match is None:
        return None, None
    first, second = ([match.expand(place) for place in names.split("|")] for names in (naming.first, naming.second))
    if naming.following:
        second = [re.sub(r"\d+$", lambda number: f"{int(number[0]) + 1:0{len(number[0])}}", place) for place in second]
    return next((pictures[place] for place in first if place in pictures), None), next((pictures[p] for p in second if p in pictures), None)


def read_pair(name: str, first: Path, second: Path, truth: Path) -> FlowPair:
    """Raises FlowPairError for files that are damaged or do not belong together."""
    frames = [read_picture(path) for path in (first, second)]
    flow, valid = READERS[truth.suffix.lower()](truth)
    sizes = {first.name: frames[0].shape[:2], second.name: frames[1].shape[:2], truth.name: valid.shape}
    if len(set(sizes.values())) > 1:
        listed = ", ".join(f"{file} {height} x {width}" for file, (height, width) in sizes.items())
        raise FlowPairError(f"{truth.parent}: pictures and truth must be of one size, got {listed}")
    if not valid.any():
        raise FlowPairError(f"{truth} has no pixel of known displacement")
    return FlowPair(name, np.stack(frames), np.where(valid, flow, 0).astype(np.float32), valid)


def read_picture(path: Path) -> UInt8[np.ndarray, "h w 3"]:
    picture = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR_RGB)
    if picture is None:
        raise FlowPairError(f"{path} is no picture that can be read")
    return picture


def read_flo(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Middlebury's format: a tag, width and height, then x and y of every pixel, float32."""
    data = path.read_bytes()
    if len(data) < 12 or np.frombuffer(data, "<f4", 1) != np.float32(FLO_TAG):
        raise FlowPairError(f"{path} is no .flo file: it does not begin with {FLO_TAG}")
    width, height = np.frombuffer(data, "<i4", 2, offset=4).tolist()
    if width < 1 or height < 1 or len(data) != 12 + 8 * width * height:
        raise FlowPairError(f"{path} is damaged: {len(data)} bytes do not hold {height} x {width} pixels")
    flow = np.frombuffer(data, "<f4", offset=12).reshape(height, width, 2)
    return np.moveaxis(flow, -1, 0), np.all(is_known(flow), axis=-1)


def read_kitti(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """KITTI's 16-bit PNG: x and y as 64 times the displacement above 2 ** 15, and whether it is known; or 256 times a disparity."""
    values = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_UNCHANGED)
    if values is None or values.dtype != np.uint16 or values.ndim not in (2, 3):
        raise FlowPairError(f"{path} is no true displacement: KITTI keeps it as a PNG of 16 bits a channel")
    if values.ndim == 2:
        return as_flow(values / 256, values > 0)
    valid, y, x = np.moveaxis(values.astype(np.float32), -1, 0)  # OpenCV reads the channels in reverse order
    return np.stack([x - 2**15, y - 2**15]) / 64, valid > 0


def read_npz(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """`flow` and `valid`, or one array: a disparity map."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            names = arrays.files
            content = {name: arrays[name] for name in names if len(names) == 1 or name in ("flow", "valid")}
    except (ValueError, OSError, KeyError) as error:
        raise FlowPairError(f"{path} is no .npz file of arrays: {error}") from None
    if len(content) == 1 and (disparity := next(iter(content.values()))).ndim == 2:
        return as_flow(disparity, is_known(disparity))
    flow = content.get("flow")
    if flow is None or flow.ndim != 3 or len(flow) != 2:
        raise FlowPairError(f"{path} must hold 'flow' of shape 2 h w (or one disparity map h w), got {shapes(content) or names}")
    valid = content.get("valid", np.ones(flow.shape[1:], bool))
    if valid.shape != flow.shape[1:]:
        raise FlowPairError(f"{path}: 'valid' must be of the flow's {flow.shape[1:]}, got {valid.shape}")
    return flow, valid.astype(bool) & is_known(flow).all(axis=0)


def read_pfm(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """A disparity map of Middlebury 2014; unknown where it is infinite."""
    disparity = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_UNCHANGED)
    if disparity is None or disparity.ndim != 2:
        raise FlowPairError(f"{path} is no disparity map: a .pfm file of one channel")
    return as_flow(disparity, is_known(disparity))


def as_flow(disparity: np.ndarray, valid: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A disparity as a displacement to the left."""
    return np.stack([-disparity, np.zeros_like(disparity)]), valid


def is_known(values: np.ndarray) -> np.ndarray:
    return np.asarray(np.isfinite(values) & (np.abs(values.astype(np.float64)) < UNKNOWN))


def shapes(content: dict[str, np.ndarray]) -> str:
    return ", ".join(f"'{name}' {values.shape}" for name, values in content.items())


READERS = {".flo": read_flo, ".png": read_kitti, ".npz": read_npz, ".pfm": read_pfm}
