"""What a visitor gives becomes one video, or a sentence; a zip cannot write, link or swell where it should not."""

import io
import re
import stat
import struct
import zipfile
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

import workbench as wb
from workbench.video import uploads as room
from workbench.video.uploads import VideoLimits, as_video

CLIPS = Path(__file__).parents[1] / "clips"
COUNT = 12


def picture(number: int) -> np.ndarray:
    """A grey that says which one it is, 16 apart."""
    return np.full((48, 64, 3), 16 * number + 8, np.uint8)


def png(number: int) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(picture(number)).save(stream, "png")
    return stream.getvalue()


def zip_of(path: Path, contents: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as zipped:
        for name, content in contents.items():
            zipped.writestr(name, content)
    return path


def frames_zip(folder: Path, pattern: str = "{}.png", extra: dict[str, bytes] | None = None) -> Path:
    return zip_of(folder / "walk.zip", {**{pattern.format(number): png(number) for number in range(COUNT)}, **(extra or {})})


def greys(path: Path) -> list[int]:
    return [round(float(frame.mean() - 8) / 16) for frame in wb.read_video(path).frames]


def refusal(given: object, limits: VideoLimits | None = None) -> str:
    with pytest.raises(wb.VideoError) as caught:
        as_video(given, limits)
    return str(caught.value)


def files_below(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file()}


# ---------------------------------------------------------------------------------------------------------------- what is taken
@pytest.mark.parametrize(("suffix", "codec"), [("avi", "mpeg4"), ("mkv", "libx264"), ("mov", "libx264"), ("webm", "libvpx")])
def test_a_video_is_taken_as_it_is(tmp_path: Path, suffix: str, codec: str) -> None:
    """avi, mkv, mov and webm: the path given, and as many frames as were written."""
    path = tmp_path / f"clip.{suffix}"
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=12)
        stream.height, stream.width, stream.pix_fmt = 48, 64, "yuv420p"
        for number in range(COUNT):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture(number), format="rgb24")))
        container.mux(stream.encode())
    assert as_video(path) == path and as_video([path]) == path
    assert len(wb.read_video(path).frames) == COUNT


def test_an_animated_gif_is_a_video(tmp_path: Path) -> None:
    """Its frames in order."""
    first, *rest = [Image.fromarray(picture(number)) for number in range(COUNT)]
    first.save(tmp_path / "anim.gif", save_all=True, append_images=rest, duration=80)
    assert greys(as_video(tmp_path / "anim.gif")) == list(range(COUNT))


@pytest.mark.parametrize("pattern", ["{}.png", "walk/{}.png", "a/b/frame {}.PNG"])
def test_a_zip_of_frames_is_a_folder_in_natural_order(tmp_path: Path, pattern: str) -> None:
    """2 before 10, in one folder however deep; what a system adds is not seen; the name shown is that of the zip."""
    extra = {"__MACOSX/walk/._1.png": b"no picture", ".hidden/x.png": b"no picture", "notes.txt": b"hello", "walk/.DS_Store": b""}
    folder = as_video(frames_zip(tmp_path, pattern, extra))
    assert greys(folder) == list(range(COUNT)) and folder.name == "walk" and folder.is_relative_to(tmp_path)


def test_a_zip_of_one_video_is_that_video(tmp_path: Path) -> None:
    """Byte for byte, and named like the zip, so that a name in the zip is no name on the disk."""
    content = (CLIPS / "h264.mp4").read_bytes()
    video = as_video(zip_of(tmp_path / "walk.zip", {"in here/what ever.mp4": content, "readme.txt": b"hello"}))
    assert video.read_bytes() == content and (video.parent.name, video.suffix) == ("walk", ".mp4")


def test_pictures_given_together_are_a_folder_in_natural_order(tmp_path: Path) -> None:
    """Wherever each of them lies, and in whatever order they are given."""
    paths = []
    for number in reversed(range(COUNT)):
        (tmp_path / str(number)).mkdir()
        paths.append(tmp_path / str(number) / f"f{number}.png")
        paths[-1].write_bytes(png(number))
    folder = as_video(paths)
    assert greys(folder) == list(range(COUNT)) and folder.name == "12 pictures"


def test_it_is_unpacked_once_and_beside_the_upload(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same zip gives the same folder without writing again, another zip of that name another; nothing half made is left."""
    first = as_video(frames_zip(tmp_path))
    written = {path: path.stat().st_mtime_ns for path in files_below(first)}
    with monkeypatch.context() as patch:
        patch.setattr(room.tempfile, "TemporaryDirectory", lambda **_: pytest.fail("unpacks again"))
        assert as_video(tmp_path / "walk.zip") == first
    assert {path: path.stat().st_mtime_ns for path in files_below(first)} == written
    zip_of(tmp_path / "walk.zip", {"1.png": png(3), "2.png": png(4)})
    assert greys(as_video(tmp_path / "walk.zip")) == [3, 4] and greys(first) == list(range(COUNT))
    assert not list(tmp_path.glob(".unpacking-*"))


# -------------------------------------------------------------------------------------------------------------- what is refused
@pytest.mark.parametrize(
    "name", ["../out.png", "a/../../out.png", "/tmp/out.png", "..\\out.png", "C:\\out.png", "a/..", "http://x/out.png"]
)
def test_a_name_that_points_out_refuses_the_zip(tmp_path: Path, name: str) -> None:
    """Nothing is written anywhere, not even the honest frames beside it."""
    path = frames_zip(tmp_path, extra={name: png(0)})
    before = files_below(tmp_path.parent)
    assert "points out" in refusal(path)
    assert files_below(tmp_path.parent) == before


@pytest.mark.parametrize("name", ["...zip", "..zip", "....zip"])
def test_the_name_of_the_zip_points_nowhere(tmp_path: Path, name: str) -> None:
    """A zip called so that its stem is `..` is unpacked into a folder of its own all the same."""
    (tmp_path / "up").mkdir()
    path = frames_zip(tmp_path / "up").rename(tmp_path / "up" / name)
    if path.suffix != ".zip":
        assert "not taken" in refusal(path)
    else:
        folder = as_video(path)
        assert folder.resolve().parent.parent == tmp_path / "up" and greys(folder) == list(range(COUNT))


@pytest.mark.parametrize("mode", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFIFO])
def test_links_and_devices_are_refused(tmp_path: Path, mode: int) -> None:
    """Whatever they are called and wherever they point."""
    path = frames_zip(tmp_path)
    entry = zipfile.ZipInfo("13.png")
    entry.external_attr = (mode | 0o777) << 16
    with zipfile.ZipFile(path, "a") as zipped:
        zipped.writestr(entry, "/etc/passwd")
    assert "link or a device" in refusal(path)


def patch(path: Path, offset: int, form: str, value: int) -> Path:
    """Changes a field of the first entry in the list at the end of a zip, and the same in front of the entry."""
    content = bytearray(path.read_bytes())
    struct.pack_into(form, content, content.index(b"PK\1\2") + offset, value)
    struct.pack_into(form, content, content.index(b"PK\3\4") + offset - 2, value)
    path.write_bytes(content)
    return path


def test_a_locked_zip_is_said(tmp_path: Path) -> None:
    assert "password" in refusal(patch(frames_zip(tmp_path), 8, "<H", 1))


def test_methods_that_take_memory_as_they_like_are_refused(tmp_path: Path) -> None:
    """LZMA says itself how much memory it needs."""
    assert "method 14" in refusal(zip_of(tmp_path / "walk.zip", {"1.png": png(1), "2.png": png(2)}, zipfile.ZIP_LZMA))


def test_a_bomb_is_stopped_by_the_bytes_that_come_out(tmp_path: Path) -> None:
    """A little more than a megabyte may come out of 1 MB of limits twice over; what was poured is removed."""
    path = zip_of(tmp_path / "bomb.zip", {f"{number}.bmp": bytes(10**6) for number in range(5)})
    assert path.stat().st_size < 10_000
    assert "more than 2 MB" in refusal(path, VideoLimits(megabytes=1))
    assert files_below(tmp_path) == {path}


def test_a_small_zip_does_not_become_a_large_folder(tmp_path: Path) -> None:
    """Within the limits of size, but more than 200 times its own."""
    path = zip_of(tmp_path / "bomb.zip", {f"{number}.bmp": bytes(30 * 10**6) for number in range(7)})
    assert "more than 200 MB" in refusal(path, VideoLimits(megabytes=1000))
    assert files_below(tmp_path) == {path}


def test_sizes_in_the_list_are_not_believed(tmp_path: Path) -> None:
    """A list that says 1 byte for each file does not let more out: it is damage, and nothing remains."""
    path = patch(zip_of(tmp_path / "bomb.zip", {"1.bmp": bytes(10**6), "2.bmp": bytes(10**6)}), 24, "<L", 1)
    assert "damaged" in refusal(path)
    assert files_below(tmp_path) == {path}


def test_a_list_of_files_without_end_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The list stands in memory whole, so that its length is limited before it is read."""
    monkeypatch.setattr(room, "LIST_BYTES", 2000)
    as_video(frames_zip(tmp_path))
    assert "damaged or no zip" in refusal(frames_zip(tmp_path, extra={f"note {number}.txt": b"" for number in range(40)}))


@pytest.mark.parametrize("seed", range(40))
def test_no_damage_leads_to_anything_but_a_sentence(tmp_path: Path, seed: int) -> None:
    """Bytes changed anywhere, or cut off: frames or a VideoError, and no file outside the folder made for it."""
    random = np.random.default_rng(seed)
    content = bytearray(frames_zip(tmp_path).read_bytes())
    for place in random.integers(0, len(content), 8):
        content[place] = random.integers(256)
    path = tmp_path / "walk.zip"
    path.write_bytes(content[: int(random.integers(1, len(content) + 1))] if seed % 4 == 0 else content)
    try:
        folder = as_video(path)
    except wb.VideoError as error:
        assert "walk.zip" in str(error) and "\n" not in str(error) and files_below(tmp_path) == {path}
    else:
        assert files_below(tmp_path) == {path} | files_below(folder)


@pytest.mark.parametrize(
    ("contents", "said"),
    [
        ({"a/1.png": b"", "b/1.png": b""}, "2 folders of pictures"),
        ({"a.mp4": b"", "b.mov": b""}, "2 videos"),
        ({"a.mp4": b"", "1.png": b""}, "videos and pictures"),
        ({"1.png": b""}, "single picture"),
        ({"model.safetensors": b"", "notes.txt": b""}, "neither pictures nor a video"),
        ({}, "neither pictures nor a video"),
    ],
)
def test_what_is_not_one_video_is_said(tmp_path: Path, contents: dict[str, bytes], said: str) -> None:
    assert said in refusal(zip_of(tmp_path / "walk.zip", contents))


@pytest.mark.parametrize("name", ["model.safetensors", "model.pth", "model.pth.tar", "list.m3u8", "page.html", "noname", "walk.rar"])
def test_nothing_else_is_taken(tmp_path: Path, name: str) -> None:
    """Neither weights nor anything unknown; the sentence names the file and what is taken."""
    (tmp_path / name).write_bytes(b"x")
    said = refusal(tmp_path / name)
    assert name in said and "mp4, mov, avi, webm, mkv or gif" in said


def test_one_picture_mixed_gifts_and_nothing_are_said(tmp_path: Path) -> None:
    (tmp_path / "1.png").write_bytes(png(1))
    (tmp_path / "2.png").write_bytes(png(2))
    assert "single picture" in refusal(tmp_path / "1.png")
    assert "not all pictures" in refusal([tmp_path / "1.png", CLIPS / "h264.mp4"])
    assert "no file" in refusal([])
    assert "no longer here" in refusal(tmp_path / "gone.mp4")


def test_a_damaged_picture_is_said_by_the_process_that_decodes(tmp_path: Path) -> None:
    """A zip of bytes called pictures is unpacked; reading it is refused with a sentence, and the next file is read."""
    folder = as_video(zip_of(tmp_path / "walk.zip", {"1.png": b"\x89PNG\r\n\x1a\n" + bytes(99), "2.png": b"zzz"}))
    with pytest.raises(wb.VideoError, match="cannot be read"):
        wb.read_video(folder)
    assert len(wb.read_video(CLIPS / "h264.mp4", [0]).frames) == 1


# --------------------------------------------------------------------------------------------------------------------- limits
def test_limits_have_their_own_sentences(tmp_path: Path) -> None:
    """Size of files, length and pixels: the sentence names the file, its measure, the limit and the remedy."""
    info = wb.probe_video(CLIPS / "h264.mp4")
    VideoLimits().check(info)
    with pytest.raises(wb.VideoError, match=r"h264.mp4 is too long: .* at most 0.01 min .*cut it shorter"):
        VideoLimits(minutes=0.01).check(info)
    with pytest.raises(wb.VideoError, match=rf"{info.width} × {info.height} pixels, at most 32 × 16 .*make it smaller"):
        VideoLimits(largest=(32, 16)).check(info)
    VideoLimits(largest=(info.height, info.width)).check(info)  # upright or not

    (tmp_path / "a.mp4").write_bytes(bytes(1_500_000))
    assert "a.mp4 is too large: 2 MB, at most 1 MB" in refusal(tmp_path / "a.mp4", VideoLimits(megabytes=1))


def test_pictures_count_together(tmp_path: Path) -> None:
    """The limit of size is for all that is given at once."""
    for number in range(3):
        (tmp_path / f"{number}.bmp").write_bytes(bytes(400_000))
    assert "These 3 files are too large" in refusal(sorted(tmp_path.glob("*.bmp")), VideoLimits(megabytes=1))


@pytest.mark.parametrize("wrong", [{"megabytes": 0}, {"minutes": 0}, {"largest": (0, 5)}])
def test_limits_must_be_above_zero(wrong: dict) -> None:
    [(name, value)] = wrong.items()
    with pytest.raises(ValueError, match=rf"{name} must be .*, got {re.escape(str(value))}"):
        VideoLimits(**wrong)
