"""What can be given to the page, what is cut from it, and what it says of what it cannot use."""

import re
import zipfile
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import BrowserType, Page, expect
from visiting import CLIPS, PATIENCE, Visit, decoded

import workbench as wb


@pytest.fixture(scope="module")
def pictures(tmp_path_factory, nasa) -> list[Path]:
    folder = tmp_path_factory.mktemp("frames")
    frames = wb.read_video(nasa, range(0, 48, 4)).frames
    for number, frame in enumerate(frames):
        Image.fromarray(frame).save(folder / f"img_{number}.png")
    return [folder / f"img_{number}.png" for number in range(len(frames))]


def container(folder: Path, ending: str, codec: str) -> Path:
    """A small video in another container."""
    path = folder / f"clip{ending}"
    frames = wb.read_video(CLIPS / "h264.mp4", range(24)).frames
    with av.open(str(path), "w") as file:
        stream = file.add_stream(codec, rate=24)
        stream.height, stream.width, stream.pix_fmt = frames.shape[1], frames.shape[2], "yuv420p"
        for frame in frames:
            file.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        file.mux(stream.encode())
    return path


@pytest.mark.parametrize("name", ["h264.mp4", "h265_video.mp4", "decord_rot_90.mov", "live.webm", "av1.mp4"])
def test_a_clip_is_looked_at(guest: Visit, name: str):
    """Videos of phones, browsers and new codecs: an answer, and pictures."""
    guest.give(CLIPS / name)
    guest.says(f"in {name},")
    expect(guest.page.locator("#displacement img")).to_be_visible()


@pytest.mark.parametrize(("ending", "codec"), [(".avi", "mpeg4"), (".mkv", "libx264")])
def test_other_containers_are_looked_at(guest: Visit, tmp_path: Path, ending: str, codec: str):
    guest.give(container(tmp_path, ending, codec))
    guest.says(f"in clip{ending},")


def test_an_animated_gif_a_zip_and_pictures_are_looked_at(guest: Visit, tmp_path: Path, pictures: list[Path]):
    """Frames in any wrapping: each is answered, in the order of the names."""
    frames = [Image.open(path) for path in pictures]
    frames[0].save(tmp_path / "moving.gif", save_all=True, append_images=frames[1:], duration=80)
    with zipfile.ZipFile(tmp_path / "frames.zip", "w") as archive:
        for path in pictures:
            archive.write(path, f"frames/{path.name}")

    guest.give_files(tmp_path / "moving.gif")
    guest.says("moving.gif")
    before = guest.message
    guest.give_files(tmp_path / "frames.zip")
    expect(guest.page.locator("#message .note")).not_to_have_text(before, timeout=PATIENCE)
    zipped = guest.address_of("seen")
    guest.page.locator("#nasa").click()
    guest.says("nasa.mp4")
    guest.changes("seen", lambda: guest.give_files(*reversed(pictures)))
    assert guest.address_of("seen") == zipped, "the same frames, however they were given"


@pytest.mark.parametrize(
    ("name", "reason"),
    [("text.mp4", "is not a video"), ("empty.mp4", "is empty"), ("audio_only.mp4", "no video stream"), ("png_as.mp4", "png_as.mp4")],
)
def test_a_damaged_file_is_a_sentence_and_nothing_of_the_old_answer_stays(guest: Visit, name: str, reason: str):
    guest.give(CLIPS / name)
    guest.says(reason)
    assert name in guest.message
    assert "Traceback" not in guest.page.inner_text("body")
    guest.shows_nothing()
    guest.page.locator("#nasa").click()
    guest.says("nasa.mp4")
    expect(guest.page.locator("#arrows img")).to_be_visible()


def test_the_range_is_dragged_and_moved_by_keys(guest: Visit):
    """Dragging the end of the range makes the clip longer; an arrow key moves its start by a tenth of a second."""
    guest.page.locator("#nasa").click()
    guest.says("nasa.mp4, 5.00 to 5.84 s of 13.0 s")
    guest.drag("end", 143)
    expect(guest.page.locator("#message .note")).not_to_contain_text("5.84", timeout=PATIENCE)
    assert float(re.search(r"to ([\d.]+) s of", guest.message)[1]) > 6

    guest.page.locator(".handle.start").focus()
    guest.page.keyboard.press("ArrowLeft")
    guest.says("4.88 to")  # the frame shown at 4.9 s


def test_number_and_stride_of_frames_are_choices(visit: Visit):
    """Twelve frames, each two after the one before: they are the ones shown, with their times."""
    visit.choose("number", "12")
    expect(visit.page.locator("#frames li")).to_have_count(12, timeout=PATIENCE)
    visit.choose("stride", "2")
    expect(visit.page.locator("#frames li").nth(1)).to_contain_text("0.08 s", timeout=PATIENCE)
    expect(visit.page.locator("#pair input[type=range]")).to_have_attribute("max", "11")


def test_a_mirror_image_is_turned_back(visit: Visit):
    """What was classified is the mirror image of what was classified before, and the page says so."""
    before = decoded(visit.address_of("frames")).astype(int)
    visit.changes("frames", lambda: visit.page.locator("#mirrored input").check())
    visit.says("left and right are as the world has them")
    assert np.abs(decoded(visit.address_of("frames")).astype(int)[:, ::-1] - before).mean() < 4  # JPEG


def test_the_webcam_is_recorded_as_the_world_is(browser_type: BrowserType, browser_type_launch_args: dict, address: str, tmp_path: Path):
    """A camera that sees bright on the left and dark on the right, and a texture that moves to the right: the network sees it so,
    and finds that nearly all goes to the right, not to the left."""
    film(tmp_path / "camera.y4m")
    fake = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
    fake.append(f"--use-file-for-fake-video-capture={tmp_path / 'camera.y4m'}")
    browser = browser_type.launch(**{**browser_type_launch_args, "args": [*browser_type_launch_args["args"], *fake]})
    try:
        visit = Visit(browser.new_page(reduced_motion="reduce"))
        visit.page.goto(address)
        visit.says("camouflage.mp4")
        visit.unfold()
        record(visit.page)
        visit.says(".webm")
        exploration = decoded(visit.address_of("frames")).astype(int)
        assert exploration[:, :24].mean() > 1.5 * exploration[:, -24:].mean()
        expect(visit.page.locator("#displacement img")).to_have_attribute("alt", re.compile("mostly right"))
    finally:
        browser.close()


def record(page: Page) -> None:
    page.get_by_role("button", name="Capture from camera").click()
    page.get_by_role("button", name="Click to Access Webcam").click()
    page.get_by_role("button", name="start recording").click()
    page.wait_for_timeout(3000)
    page.get_by_role("button", name="start recording").click()


def film(path: Path) -> None:
    """Four seconds of a texture that moves 4 pixels a frame to the right, its right half in the dark."""
    texture = np.random.default_rng(0).integers(0, 255, (20, 47, 3), dtype=np.uint8).repeat(12, 0).repeat(12, 1)
    with av.open(str(path), "w", format="yuv4mpegpipe") as file:
        stream = file.add_stream("rawvideo", rate=15)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        for number in range(60):
            frame = texture[:240, 4 * (60 - number) : 4 * (60 - number) + 320].copy()
            frame[:, 160:] //= 3
            file.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24").reformat(format="yuv420p")))
        file.mux(stream.encode())
