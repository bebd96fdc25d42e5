"""Names of pictures -> the order of frames: numbers compared as numbers, and of several series in a folder the one of pictures."""

import re
from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from itertools import combinations
from os.path import splitext

from .containers import Refusal

NUMBER = re.compile(r"(\d+(?:\.\d+)*)")
CAMERA = re.compile(r"(?<![a-z])(?:cam|camera|view|eye|sensor|channel)[ _-]?\d+(?![\d.])")
AS_TEXT = str.maketrans("0123456789", "⓪①②③④⑤⑥⑦⑧⑨")  # digits that are no numbers to NUMBER
AS_NUMBERS = {text: digit for digit, text in AS_TEXT.items()}
HEXADECIMAL = re.compile(r"[0-9a-f]+")
PICTURE_WORDS = {"img", "image", "im", "frame", "rgb", "color", "colour", "picture", "pic", "photo", "video"}
OTHER_WORDS = {
    "flow", "depth", "disparity", "disp", "mask", "masks", "matte", "alpha", "seg", "segmentation", "label", "labels", "normal", "normals",
    "edge", "edges", "thermal", "ir", "pose", "gt",
}  # fmt: skip


def order_pictures(names: Sequence[str]) -> tuple[list[int], str]:
    """Which of the names are frames, in their order, and a remark on those left out, "" if there are none.

    Raises Refusal where several series share a folder and none alone is that of pictures.
    """
    chosen, remark = choose_series(names)
    stems = [splitext(names[i])[0].lower() for i in chosen]
    if len(set(map(len, stems))) == 1 and all(map(HEXADECIMAL.fullmatch, stems)):
        keys = dict(zip(chosen, stems, strict=True))
    else:
        decimals = has_decimals(stems)
        keys = {i: name_key(stem, decimals) for i, stem in zip(chosen, stems, strict=True)}
    return sorted(chosen, key=lambda i: (keys[i], names[i])), remark


def has_decimals(stems: Sequence[str]) -> bool:
    """Whether 1.10 is 1.1, as among 0.5, 0.25 and 1, and not the tenth of the first, as among 1.9 and 1.10."""
    fractions = [number.partition(".")[2] for stem in stems for number in NUMBER.findall(stem) if number.count(".") == 1]
    return len(set(map(len, fractions))) == 1 or not any(len(part) > 1 and part.endswith("0") for part in fractions)


def name_key(stem: str, decimals: bool) -> list:
    """Text and numbers in turn. A minus is a sign at the beginning and behind one of `_=(`; elsewhere it is a hyphen."""
    parts = NUMBER.split(stem)
    for i in range(1, len(parts), 2):
        numbers = [parts[i]] if decimals and parts[i].count(".") == 1 else parts[i].split(".")
        text = parts[i - 1]
        negative = text == "-" if i == 1 else False
        negative = negative or text.endswith(("_-", "=-", "(-"))
        parts[i - 1] = text[:-1] if negative else text
        parts[i] = tuple(-Decimal(number) if negative else Decimal(number) for number in numbers)
    return parts


def choose_series(names: Sequence[str]) -> tuple[list[int], str]:
    stems, suffixes = zip(*(splitext(name.lower()) for name in names), strict=True)
    series, numbers = group_names([CAMERA.sub(lambda camera: camera[0].translate(AS_TEXT), stem) for stem in stems], suffixes)
    if any(len(members) == 1 for members in series.values()):  # what looks like the number of a camera counts the frames
        series, numbers = group_names(stems, suffixes)
    several = [pattern for pattern in series if len(series[pattern]) > 1]
    if not any(share_numbers(numbers[one], numbers[other]) for one, other in combinations(several, 2)):
        return list(range(len(names))), ""
    pictures = [pattern for pattern in several if words_of(pattern).isdisjoint(OTHER_WORDS)]
    if len(pictures) == 1 and (words_of(pictures[0]) & PICTURE_WORDS or not words_of(pictures[0])):
        others = ", ".join(sorted(set(series) - set(pictures)))
        return series[pictures[0]], f"of several series of pictures {pictures[0]} is shown, and not {others}"
    raise Refusal(f"holds several series of pictures, {' and '.join(sorted(several))}; give those of one of them")


def group_names(stems: Sequence[str], suffixes: Sequence[str]) -> tuple[dict[str, list[int]], dict[str, set[tuple[str, ...]]]]:
    """{pattern of a name, with * for its numbers: the names that have it}, and {pattern: their numbers}."""
    series, numbers = defaultdict(list), defaultdict(set)
    for i, (stem, suffix) in enumerate(zip(stems, suffixes, strict=True)):
        pattern = NUMBER.sub("*", stem).translate(AS_NUMBERS) + suffix
        series[pattern].append(i)
        numbers[pattern].add(tuple(NUMBER.findall(stem)))
    return series, numbers


def share_numbers(one: set, other: set) -> bool:
    """Whether most frames of the shorter of two series are in both."""
    return 2 * len(one & other) > min(len(one), len(other))


def words_of(pattern: str) -> set[str]:
    return set(re.findall("[a-z]+", splitext(pattern)[0]))
