"""Tiny data sets in the official layouts, with videos or folders of frames that can be read, for the tests of everything above them."""

import csv
import json
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import count
from pathlib import Path
from typing import NamedTuple

import av
import numpy as np
from PIL import Image

from workbench.video.write import write_video

SOMETHING = ("Pushing something from left to right", "Pushing something from right to left", "Holding something", "Lifting up one end of "
             "something, then letting it drop down", "Poking something")  # fmt: skip
KINETICS = ("abseiling", "playing guitar", "zumba", "massaging person's head", "passing American football (in game)")
HMDB = ("brush_hair", "cartwheel", "catch", "chew", "clap")
HOME = ("left", "right", "turn around", "wave", "walk")
UNUSED = "unused"


class Made(NamedTuple):
    """A video of a set: its class by number, whether it is for "train" or "validation", its number in the set, from 1."""

    label: int
    split: str
    number: int


def make_set(
    folder: Path,
    layout: str,
    media: str = "videos",
    classes: int = 3,
    per_class: tuple[int, int] = (3, 2),
    frames: int = 16,
    size: tuple[int, int] = (60, 80),
) -> Path:
    """The folder, filled with a set of up to five classes; what is made depends on the arguments alone.

    layout: "something-v1", "something-v2", "kinetics", "hmdb51", "lists", "folders" (train/CLASS and val/CLASS) or "classes"
    (CLASS alone). media: "videos" in the layout's own format, or "frames", a folder of JPEG pictures for each video.
    per_class: videos of each class for training, and for validation. Each class moves its texture its own way, 2 pixels a
    frame; each video has its own texture.
    """
    made = list(videos(classes, per_class))
    pixels = {video.number: moving_texture(video.number, video.label / classes, frames, *size) for video in made}

    def put(video: Made, path: str) -> None:
        """Where a video of the set lies; its suffix is that of the file, if it is to be one."""
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        write_frames(target.with_suffix(""), pixels[video.number]) if media == "frames" else write_file(target, pixels[video.number])

    folder.mkdir(parents=True, exist_ok=True)
    MAKERS[layout](folder, made, put, frames)
    return folder


def videos(classes: int, per_class: tuple[int, int]) -> Iterator[Made]:
    numbers = count(1)
    for label in range(classes):
        for split, times in zip(("train", "validation"), per_class, strict=True):
            yield from (Made(label, split, next(numbers)) for _ in range(times))


# ------------------------------------------------------------------------------------------------------------------- the layouts
Put = Callable[[Made, str], None]


def something_v1(folder: Path, made: list[Made], put: Put, frames: int) -> None:
    for video in made:
        put(video, f"20bn-something-something-v1/{video.number}.webm")
    for split in ("train", "validation"):
        rows = [(video.number, SOMETHING[video.label]) for video in made if video.split == split]
        write_rows(folder / f"something-something-v1-{split}.csv", rows, ";")
    write_rows(folder / "something-something-v1-test.csv", [(901,), (902,)], ";")
    write_rows(folder / "something-something-v1-labels.csv", [(SOMETHING[label],) for label in official(made)], ";")


def something_v2(folder: Path, made: list[Made], put: Put, frames: int) -> None:
    for video in made:
        put(video, f"20bn-something-something-v2/{video.number}.webm")

    def entry(video: Made) -> dict:
        name = SOMETHING[video.label]
        words = {"label": name.replace("something", "a cup").lower(), "template": name.replace("something", "[something]")}
        return {"id": str(video.number), **words, "placeholders": ["a cup"]}

    for split in ("train", "validation"):
        write_json(folder / f"something-something-v2-{split}.json", [entry(video) for video in made if video.split == split])
    write_json(folder / "something-something-v2-test.json", [{"id": "901"}, {"id": "902"}])
    numbers = {SOMETHING[label]: str(number) for number, label in enumerate(official(made))}
    write_json(folder / "something-something-v2-labels.json", numbers)


def kinetics(folder: Path, made: list[Made], put: Put, frames: int) -> None:
    for split, short in (("train", "train"), ("validation", "val")):
        rows = [("label", "youtube_id", "time_start", "time_end", "split", "is_cc")]
        for video in (video for video in made if video.split == split):
            put(video, f"{short}/{KINETICS[video.label]}/{youtube(video)}_{video.number:06d}_{video.number + 10:06d}.mp4")
            rows.append((KINETICS[video.label], youtube(video), video.number, video.number + 10, short, 0))
        write_rows(folder / f"{short}.csv", rows, ",")


def hmdb51(folder: Path, made: list[Made], put: Put, frames: int) -> None:
    """In each of the three splits other videos are held out, and one of each class that is held out in none stays unused."""
    for label in official(made):
        mine = [video for video in made if video.label == label]
        held_out = sum(video.split == "validation" for video in mine)
        for video in mine:
            put(video, f"{HMDB[label]}/{hmdb_name(video)}")
        for fold in (1, 2, 3):
            start = len(mine) - fold * held_out
            chosen = {mine[(start + place) % len(mine)] for place in range(held_out)}
            lines = [f"{hmdb_name(video)} {2 if video in chosen else 1} \n" for video in mine]
            path = folder / f"testTrainMulti_7030_splits/{HMDB[label]}_test_split{fold}.txt"
            path.parent.mkdir(exist_ok=True)
            path.write_text("".join([*lines, f"{UNUSED}_{HMDB[label]}.avi 0 \n"]), encoding="utf-8")


def lists(folder: Path, made: list[Made], put: Put, frames: int) -> None:
    for video in made:
        put(video, f"frames/clip {video.number}.mp4")
    for split, short in (("train", "train"), ("validation", "val")):
        lines = [f"clip {video.number} {frames} {video.label}\n" for video in made if video.split == split]
        (folder / f"{short}_videofolder.txt").write_text("".join(lines), encoding="utf-8")
    (folder / "category.txt").write_text("".join(f"{HOME[label]}\n" for label in official(made)), encoding="utf-8")


def folders(folder: Path, made: list[Made], put: Put, frames: int) -> None:
    for video in made:
        put(video, f"{'train' if video.split == 'train' else 'val'}/{HOME[video.label]}/clip {video.number}.mp4")


def classes(folder: Path, made: list[Made], put: Put, frames: int) -> None:
    for video in made:
        put(video, f"{HOME[video.label]}/clip {video.number}.mp4")


MAKERS = {
    "something-v1": something_v1,
    "something-v2": something_v2,
    "kinetics": kinetics,
    "hmdb51": hmdb51,
    "lists": lists,
    "folders": folders,
    "classes": classes,
}


def official(made: list[Made]) -> list[int]:
    return sorted({video.label for video in made})


def youtube(video: Made) -> str:
    """Eleven characters, of which some begin as no ordinary name does."""
    return f"{'-_a'[video.number % 3]}tube{video.number:06d}"


def hmdb_name(video: Made) -> str:
    return f"#{video.number}_[50] (First) Dates!_{HMDB[video.label]}_u_nm_np1_ba_goo_0.avi"


def write_rows(path: Path, rows: list[tuple], delimiter: str) -> None:
    with open(path, "w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows(rows)


def write_json(path: Path, content: list | dict) -> None:
    path.write_text(json.dumps(content), encoding="utf-8")


# -------------------------------------------------------------------------------------------------------------------- the pixels
@lru_cache(maxsize=256)
def moving_texture(seed: int, turn: float, frames: int, height: int, width: int) -> np.ndarray:
    """Frames `t h w 3` uint8: blots that move 2 pixels a frame, in the direction at `turn` of a full circle."""
    blots = np.random.default_rng(seed).integers(30, 226, (-(-height // 6), -(-width // 6), 3), np.uint8)
    texture = blots.repeat(6, 0).repeat(6, 1)[:height, :width]
    angle = 2 * np.pi * turn
    steps = [(round(2 * t * np.sin(angle)), round(2 * t * np.cos(angle))) for t in range(frames)]
    return np.stack([np.roll(texture, step, (0, 1)) for step in steps])


def write_frames(folder: Path, frames: np.ndarray) -> None:
    folder.mkdir()
    for number, frame in enumerate(frames, 1):
        Image.fromarray(frame).save(folder / f"{number:05d}.jpg", quality=90)


def write_file(path: Path, frames: np.ndarray) -> None:
    """MP4 as the workbench writes it, WebM as VP8 and AVI as MPEG-4, 12 frames a second."""
    if path.suffix == ".mp4":
        return write_video(path, frames, fps=12, preset="ultrafast")
    codec, options = {".webm": ("libvpx", {"deadline": "realtime", "cpu-used": "8"}), ".avi": ("mpeg4", {"qscale": "3"})}[path.suffix]
    with av.open(str(path), "w") as file:
        stream = file.add_stream(codec, rate=12, options=options)
        stream.thread_count = 1  # more of them wait for each other on a busy machine
        stream.height, stream.width, stream.pix_fmt, stream.bit_rate = *frames.shape[1:3], "yuv420p", 1_000_000
        for frame in frames:
            file.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        file.mux(stream.encode())
    return None
