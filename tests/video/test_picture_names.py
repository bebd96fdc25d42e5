"""The order of pictures by their names, several series in a folder, and grey of more than 8 bits."""

import random
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from workbench.video.decoder.containers import Refusal
from workbench.video.decoder.kinds import PICTURE_SUFFIXES, VIDEO_SUFFIXES
from workbench.video.decoder.picture_names import order_pictures
from workbench.video.read import VideoError, read_video
from workbench.video.uploads import as_video

ORDERS = [
    "1.png 2.png 10.png",
    "0.png 0.25.png 0.5.png 1.png 1.75.png 2.png 10.5.png",
    "t_-1.5.png t_-1.png t_-0.5.png t_0.png t_0.5.png",
    "-2.png -1.png 0.png 1.png 10.png",
    "frame-1.png frame-2.png frame-10.png",
    "1.9.png 1.10.png 1.11.png 2.1.png",
    "2024.01.09.png 2024.01.10.png 2024.02.01.png",
    "00ff.png 0a00.png 0a0b.png 1000.png ffff.png",
    "clip.0009.png clip.0010.png clip.0100.png",
    "Frame1.PNG frame2.png FRAME10.png",
    "9999999999999999998.png 9999999999999999999.png 10000000000000000000.png",
]


@pytest.mark.parametrize("names", ORDERS)
def test_numbers_in_names_are_compared_as_numbers(names: str) -> None:
    """However the folder lists them, they come in this order."""
    expected = names.split()
    for seed in range(5):
        shuffled = random.Random(seed).sample(expected, len(expected))
        assert [shuffled[i] for i in order_pictures(shuffled)[0]] == expected


def test_the_first_of_several_copies_has_no_number() -> None:
    names = ["shot (10).png", "shot (2).png", "shot.png", "shot (1).png"]
    assert [names[i] for i in order_pictures(names)[0]] == ["shot.png", "shot (1).png", "shot (2).png", "shot (10).png"]


SERIES = {  # patterns of names, and of which the pictures are
    "img_{:05}.jpg flow_x_{:05}.jpg flow_y_{:05}.jpg": "img_",
    "rgb{}.png depth{}.png": "rgb",
    "{:03}.jpg {:03}_mask.png": "0",
    "frame{}.png frame{}_alpha.png": "frame",
    "left{}.png right{}.png": None,
    "a_{}.png b_{}.png": None,
    "{}.jpg {}.png": None,
    "cam1_{:03}.png cam2_{:03}.png": None,
    "{:03}_view0.png {:03}_view1.png": None,
    "camera 1 img{}.png camera 2 img{}.png": None,
}


@pytest.mark.parametrize("patterns", SERIES)
def test_of_several_series_the_pictures_are_taken_or_all_are_named(patterns: str) -> None:
    names = [pattern.format(number) for number in range(6) for pattern in patterns.split()]
    if SERIES[patterns] is None:
        with pytest.raises(Refusal, match=r"several series .* and .*\*"):
            order_pictures(names)
        return
    order, remark = order_pictures(names)
    assert [names[i] for i in order] == [patterns.split()[0].format(number) for number in range(6)]
    assert "several series" in remark


LONE = [
    "12-30-58.png 12-30-59.png 12-31-00.png 12-31-01.png",
    "1.25.png 1.5.png 2.25.png 2.5.png",
    "a.png b.png c.png",
    "cam1.png cam2.png cam3.png",
    "camera_001_640.png camera_002_640.png camera_003_640.png",
    "take1_1.png take1_2.png take2_1.png take2_2.png",
]


@pytest.mark.parametrize("names", LONE)
def test_one_series_is_not_taken_for_several(names: str) -> None:
    assert order_pictures(names.split()) == (list(range(len(names.split()))), "")


def test_a_folder_of_several_series_says_which_is_shown(tmp_path: Path) -> None:
    for number in range(3):
        for kind, value in (("img", 200), ("flow_x", 10), ("flow_y", 20)):
            Image.fromarray(np.full((8, 8, 3), value, np.uint8)).save(tmp_path / f"{kind}_{number}.png")
    video = read_video(tmp_path)
    assert len(video.frames) == 3 and video.frames.min() == 200
    assert "img_*.png is shown, and not flow_x_*.png, flow_y_*.png" in video.note and video.damage == ""


# --------------------------------------------------------------------------------------------------------------------- deep grey
DEEP = {  # how grey is stored: its type, its largest value, and what is shown as white
    "16 bits": (np.uint16, 65000, 65535),
    "12 bits": (np.uint16, 4000, 4095),
    "10 bits": (np.uint16, 1000, 1023),
    "8 bits in 16": (np.uint16, 250, 255),
    "32 bits": (np.int32, 30000, 65535),
    "fractions": (np.float32, 0.9, 1.0),
    "floats to 255": (np.float32, 200.5, 255),
}


@pytest.mark.parametrize("name", DEEP)
def test_grey_of_many_bits_is_scaled_by_the_bits_that_hold_it(name: str, tmp_path: Path) -> None:
    """One rule for all pictures of a folder, and the note says it."""
    kind, largest, top = DEEP[name]
    ramp = np.linspace(0, largest, 64).astype(kind).reshape(8, 8)
    for number in range(3):
        Image.fromarray(ramp // (3 - number) if kind != np.float32 else ramp / (3 - number)).save(tmp_path / f"{number}.tif")
    video = read_video(tmp_path)
    assert np.abs(video.frames[2, ..., 0] - ramp * (255 / top)).max() <= 0.51
    assert f"0 to {top:g}," in video.note
    assert video.frames[0].max() < video.frames[2].max()


def test_what_is_no_number_is_black_and_does_not_count(tmp_path: Path) -> None:
    for number in range(2):
        Image.fromarray(np.array([[np.nan, -1.0], [np.inf, 0.5]], np.float32)).save(tmp_path / f"{number}.tif")
    assert read_video(tmp_path).frames[0, ..., 0].tolist() == [[0, 0], [255, 128]]


# ----------------------------------------------------------------------------------------------------------------- kinds of file
@pytest.mark.parametrize("suffix", ["mts", "m2ts", "vob", "wmv", "flv", "3gp", "mxf", "dav", "mp4", "gif"])
def test_a_kind_of_video_is_taken_by_the_page_and_by_data_sets(suffix: str, tmp_path: Path) -> None:
    (tmp_path / f"a.{suffix}").write_bytes(b"")
    assert f".{suffix}" in VIDEO_SUFFIXES
    assert as_video(tmp_path / f"a.{suffix}") == tmp_path / f"a.{suffix}"


def test_jfif_is_a_picture() -> None:
    assert ".jfif" in PICTURE_SUFFIXES


def test_an_animation_among_pictures_is_named(tmp_path: Path) -> None:
    pictures = [Image.fromarray(np.full((8, 8, 3), value, np.uint8)) for value in (0, 120, 240)]
    pictures[0].save(tmp_path / "1.webp", save_all=True, append_images=pictures[1:])
    pictures[0].save(tmp_path / "2.webp")
    with pytest.raises(VideoError, match=r"animation .*1\.webp has 3 frames"):
        read_video(tmp_path)
