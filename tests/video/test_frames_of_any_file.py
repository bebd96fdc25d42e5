"""Frames as players show them, of the files that cameras, tools and people make: number, order, times, orientation, notes."""

import struct
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from numbered_video import COUNT, number_of, numbered, write_numbered
from PIL import Image

from workbench.video.decoder import decode
from workbench.video.decoder.containers import Limits
from workbench.video.decoder.frame_index import is_hidden_vp9, list_by_decoding
from workbench.video.decoder.times import join_jumps, spread_repeated
from workbench.video.read import VideoError, probe_video, read_video

HEIGHT, WIDTH = 64, 128


def numbers_of(frames: np.ndarray) -> list[int]:
    return [number_of(frame) for frame in frames]


def decode_all(path: Path) -> np.ndarray:
    """The slow way that is right by definition."""
    with av.open(str(path)) as container:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])


B_FRAMES = {"x264-params": "bframes=3:keyint=12"}
PLAIN = {"x264-params": "bframes=0"}


def times_of_decoding(packet: av.Packet, number: int) -> None:
    packet.pts = packet.dts = number


# -------------------------------------------------------------------------------------------------------- number, order, times
@pytest.mark.parametrize("name", ["b.mp4", "b.mkv", "b.ts", "b.flv", "b.mov", "b.avi", "b.h264"])
def test_b_frames_whose_times_are_those_of_decoding_come_in_order(name: str, tmp_path: Path) -> None:
    """All of them, in the order of display, a step apart, and nothing is called damaged."""
    path = write_numbered(tmp_path / name, options=B_FRAMES, change=times_of_decoding)
    video = read_video(path)
    assert numbers_of(video.frames) == list(range(COUNT))
    assert video.damage == ""
    assert np.diff(video.times) == pytest.approx(1 / probe_video(path).fps, abs=2e-3)


def test_an_edit_list_that_cuts_by_times_of_decoding_is_no_cut(tmp_path: Path) -> None:
    """It was written to make up for a delay that such times do not have: probing counts all frames, and all come."""

    def begin_early(packet: av.Packet, number: int) -> None:
        packet.pts = packet.dts = number - 2

    path = write_numbered(tmp_path / "b.mp4", options=B_FRAMES, change=begin_early)
    assert probe_video(path).num_frames == COUNT
    assert numbers_of(read_video(path).frames) == list(range(COUNT))


def test_chosen_frames_of_such_a_file_are_the_same(tmp_path: Path) -> None:
    path = write_numbered(tmp_path / "b.mp4", options=B_FRAMES, change=times_of_decoding)
    assert numbers_of(read_video(path, [59, 0, 13, 12, 40]).frames) == [59, 0, 13, 12, 40]


def test_packets_without_a_picture_are_no_frames(tmp_path: Path) -> None:
    """Hidden reference pictures, as VP8 has them, do not count and are no damage."""

    def hide(packet: av.Packet, number: int) -> None:
        if number in (7, 31):
            content = bytearray(packet)
            content[0] &= ~0x10  # show_frame (RFC 6386, 9.1)
            packet.update(bytes(content))

    video = read_video(write_numbered(tmp_path / "hidden.webm", "libvpx", change=hide))
    assert numbers_of(video.frames) == [number for number in range(COUNT) if number not in (7, 31)]
    assert video.note == ""


VP9_HEADS = {  # the bits of a packet's first byte, and whether its frame is hidden
    "key frame": (0b10_00_0_0_1_0, False),
    "hidden": (0b10_00_0_1_0_0, True),
    "shows one that exists": (0b10_00_1_0_0_0, False),
    "profile 3": (0b10_11_0_0_0_1, False),
    "profile 3, hidden": (0b10_11_0_0_0_0, True),
}


@pytest.mark.parametrize("name", VP9_HEADS)
def test_hidden_vp9_frames_are_known_by_their_first_byte(name: str) -> None:
    head, hidden = VP9_HEADS[name]
    assert is_hidden_vp9(av.Packet(bytes([head, 0, 0]))) == hidden
    assert not is_hidden_vp9(av.Packet(bytes([head, 0, 0b110_00_001])))  # several frames in one packet


def test_one_time_that_stands_there_twice_moves_one_frame(tmp_path: Path) -> None:
    ticks = [*range(30), *range(29, 329, 10)]

    def set_time(packet: av.Packet, number: int) -> None:
        packet.pts = packet.dts = ticks[number]

    path = write_numbered(tmp_path / "twice.mkv", options=PLAIN, change=set_time)
    times = np.array(read_video(path).times)
    expected = np.array(ticks) / 30
    assert sum(abs(times - expected) > 0.002) == 1
    assert np.all(np.diff(times) > 0)


@pytest.mark.parametrize("begin", [2**33 - 30 * 3000, 2**33 - 100 * 3000])
def test_transport_streams_across_and_before_the_wrap_of_time(begin: int, tmp_path: Path) -> None:
    def set_time(packet: av.Packet, number: int) -> None:
        packet.time_base = Fraction(1, 90000)
        packet.pts = packet.dts = begin + number * 3000

    path = write_numbered(tmp_path / "wrap.ts", options=PLAIN, change=set_time, muxer={"mpegts_copyts": "1"})
    video = read_video(path)
    assert numbers_of(video.frames) == list(range(COUNT))
    assert video.times[-1] == pytest.approx((COUNT - 1) / 30, abs=1e-3)


def test_skipped_frames_are_no_early_end(tmp_path: Path) -> None:
    ticks = [i if i < 20 else i + 60 for i in range(COUNT)]
    video = read_video(write_numbered(tmp_path / "skip.avi", "mpeg4", ticks))
    assert video.times == pytest.approx([tick / 30 for tick in ticks], abs=1e-3)
    assert video.note == ""


@pytest.mark.parametrize("ticks", [[0, 1, 1, 1, 4], [5, 5], [0, 3, 3, 4]])
def test_repeated_ticks_are_spread_and_all_others_kept(ticks: list[int]) -> None:
    spread = spread_repeated(ticks, 1.0)
    assert np.all(np.diff(spread) > 0)
    assert [spread[i] for i in range(len(ticks)) if i == 0 or ticks[i] != ticks[i - 1]] == [
        tick for i, tick in enumerate(ticks) if i == 0 or tick != ticks[i - 1]
    ]


def test_time_that_begins_anew_goes_on(tmp_path: Path) -> None:
    """Two recordings in one transport stream, each from time 0."""
    for name in ("a.ts", "b.ts"):
        write_numbered(tmp_path / name, options=PLAIN, ticks=range(300, 360) if name == "a.ts" else None)
    (tmp_path / "both.ts").write_bytes((tmp_path / "a.ts").read_bytes() + (tmp_path / "b.ts").read_bytes())
    video = read_video(tmp_path / "both.ts")
    assert numbers_of(video.frames) == [*range(COUNT), *range(COUNT)]
    assert np.all(np.diff(video.times) > 0)
    assert video.times[-1] == pytest.approx(2 * COUNT / 30, abs=0.05)


def test_ticks_that_jump_back_go_on() -> None:
    assert join_jumps([0, 1, 2, 3, 0, 1, 2], 1, 2) == [0, 1, 2, 3, 4, 5, 6]


# ------------------------------------------------------------------------------------------------------------ where to begin
def edit_box(path: Path, kind: bytes, edit) -> Path:
    """An MP4 file with one box of a kind changed in its place."""
    content = bytearray(path.read_bytes())
    begin = content.index(kind) - 4
    edit(content, begin, struct.unpack(">I", content[begin : begin + 4])[0])
    path.write_bytes(content)
    return path


def without_table(content: bytearray, begin: int, size: int) -> None:
    content[begin + 4 : begin + 8] = b"free"


def false_table(content: bytearray, begin: int, size: int) -> None:
    for entry in range(begin + 16 + 4, begin + size, 4):  # the first one stays
        content[entry : entry + 4] = struct.pack(">I", struct.unpack(">I", content[entry : entry + 4])[0] - 4)


@pytest.mark.parametrize("edit", [without_table, false_table])
@pytest.mark.parametrize("index", [0, 5, 11, 15, 22, 47])
def test_key_frames_that_are_not_listed_or_listed_falsely(edit, index: int, tmp_path: Path) -> None:
    """A frame that is asked for alone is the one that a decode of the whole file gives, to the bit."""
    path = edit_box(write_numbered(tmp_path / "keys.mp4", options={"x264-params": "bframes=2:keyint=12:scenecut=0"}), b"stss", edit)
    assert np.array_equal(read_video(path, [index]).frames[0], decode_all(path)[index])


FALSELY_MARKED = {
    "libx264": {"options": {"x264-params": "bframes=0:keyint=48:scenecut=0"}},
    "libx265": {"options": {"x265-params": "bframes=0:keyint=48:scenecut=0:log-level=none"}},
    "libvpx": {"gop_size": 48},
    "libvpx-vp9": {"gop_size": 48},
}


@pytest.mark.parametrize("codec", FALSELY_MARKED)
def test_a_picture_that_is_marked_as_a_key_frame_and_is_none(codec: str, tmp_path: Path) -> None:
    """Decoding begins where the decoder finds a key frame, whatever the file says."""

    def mark(packet: av.Packet, number: int) -> None:
        packet.is_keyframe = number % 10 == 0

    path = write_numbered(tmp_path / "marks.mkv", codec, change=mark, **FALSELY_MARKED[codec])
    frames = decode_all(path)
    assert len(frames) == COUNT
    for index in (13, 35):
        assert np.array_equal(read_video(path, [index]).frames[0], frames[index])


@pytest.mark.parametrize(
    "params", ["intra-refresh=1:keyint=12:bframes=2", "open-gop=1:keyint=12:bframes=3", "keyint=12:bframes=3:b-pyramid=normal"]
)
def test_frames_that_build_on_what_lies_before_their_key_frame(params: str, tmp_path: Path) -> None:
    """Sparse frames are those of a whole decode, to the bit; pictures on which none builds may be left out meanwhile."""
    path = write_numbered(tmp_path / "groups.mp4", options={"x264-params": params})
    frames = decode_all(path)
    for asked in ([3, 13, 26, 41, 58], [11, 12, 13], [35]):
        assert np.array_equal(read_video(path, asked).frames, frames[asked])


@pytest.mark.parametrize("name", ["a.ts", "a.avi", "a.mkv"])
def test_frames_of_a_file_that_was_decoded_are_known_again(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each has a mark of its own; one that differs, because the file hides its damage, is decoded again from the start."""
    path = write_numbered(tmp_path / name, "mpeg2video" if name != "a.mkv" else "ffv1", gop_size=12)
    index = list_by_decoding(str(path), Limits(99, 99, 9999), lambda share: None, {})
    careful, read = [], decode.fill_pixels
    monkeypatch.setattr(decode, "fill_pixels", lambda *args, **more: (careful.append(more), read(*args, **more))[1])
    pixels, note = decode.decode_frames(decode.Order(str(path), index, [5, 29, 40]), HEIGHT, WIDTH)
    assert numbers_of(pixels) == [5, 29, 40] and note == ""
    assert careful == [{}]
    index.marks[29] += 1
    assert numbers_of(decode.decode_frames(decode.Order(str(path), index, [29]), HEIGHT, WIDTH)[0]) == [29]
    assert careful[-1] == {"careful": True, "by_count": True}


@pytest.mark.parametrize("asked", [[14], [13, 20], [12], [5, 40]])
def test_damage_before_a_frame_is_said(asked: list[int], tmp_path: Path) -> None:
    """A frame that builds on a damaged one is noted even where that one was not asked for; frames of other groups are not."""

    def spoil(packet: av.Packet, number: int) -> None:
        if number == 12:
            content = bytearray(packet)
            content[len(content) // 2 : len(content) // 2 + 40] = bytes(40)
            packet.update(bytes(content))

    path = write_numbered(tmp_path / "spoilt.mp4", options={"x264-params": "bframes=0:keyint=12:scenecut=0"}, change=spoil)
    assert bool(read_video(path, asked).damage) == any(12 <= index < 24 for index in asked)


# ---------------------------------------------------------------------------------------------------------------- as shown
MATRICES = {  # a, b, c, d of the display matrix, and what it does to a picture
    "mirror": ((-1, 0, 0, 1), lambda p: p[:, ::-1]),
    "upside down mirror": ((1, 0, 0, -1), lambda p: p[::-1]),
    "half a turn": ((-1, 0, 0, -1), lambda p: p[::-1, ::-1]),
    "quarter turn": ((0, 1, -1, 0), lambda p: np.rot90(p, -1)),
    "three quarters": ((0, -1, 1, 0), lambda p: np.rot90(p, 1)),
    "mirror and turn": ((0, 1, 1, 0), lambda p: p.swapaxes(0, 1)),
    "mirror and turn back": ((0, -1, -1, 0), lambda p: np.rot90(p[:, ::-1], -1)),
}


def with_matrix(path: Path, a: int, b: int, c: int, d: int) -> Path:
    def edit(content: bytearray, begin: int, size: int) -> None:
        place = begin + size - 44
        content[place : place + 36] = struct.pack(">9i", a << 16, b << 16, 0, c << 16, d << 16, 0, 0, 0, 1 << 30)

    return edit_box(path, b"tkhd", edit)


@pytest.mark.parametrize("name", MATRICES)
def test_display_matrices_turn_and_mirror(name: str, tmp_path: Path) -> None:
    """The picture is what the matrix makes of the stored one: its corners go where ISO/IEC 14496-12 says."""
    matrix, deed = MATRICES[name]
    path = write_numbered(tmp_path / "shown.mp4")
    plain = read_video(path, [3]).frames[0]
    info = probe_video(with_matrix(path, *matrix))
    assert np.array_equal(read_video(path, [3]).frames[0], deed(plain))
    assert info.mirrored == ("mirror" in name)
    turned = np.rot90(plain[:, ::-1] if info.mirrored else plain, -info.rotation // 90)
    assert np.array_equal(turned, deed(plain))


@pytest.mark.parametrize(("aspect", "size"), [(Fraction(2), (64, 256)), (Fraction(1, 2), (128, 128)), (Fraction(1), (64, 128))])
def test_pixels_are_made_square(aspect: Fraction, size: tuple[int, int], tmp_path: Path) -> None:
    path = write_numbered(tmp_path / "wide.mp4", sample_aspect_ratio=aspect)
    assert read_video(path, [0, 30]).frames.shape == (2, *size, 3)
    assert ("not square" in probe_video(path).note) == (aspect != 1)


def test_the_film_is_shown_and_not_its_thumbnail(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "film.mkv"), "w") as container:
        thumbnail, film = container.add_stream("mjpeg", rate=1), container.add_stream("libx264", rate=30)
        thumbnail.height, thumbnail.width, thumbnail.pix_fmt = 32, 64, "yuvj420p"
        film.height, film.width, film.pix_fmt = HEIGHT, WIDTH, "yuv420p"
        for stream, pictures in ((thumbnail, [numbered(99, 32, 64)]), (film, map(numbered, range(COUNT)))):
            for picture in pictures:
                container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
            container.mux(stream.encode(None))
    assert numbers_of(read_video(tmp_path / "film.mkv").frames) == list(range(COUNT))


NOTES = {
    "interlaced": {"options": {"x264-params": "tff=1", "flags": "+ilme+ildct"}},
    "HDR": {"options": {"x264-params": "transfer=smpte2084:colorprim=bt2020:colormatrix=bt2020nc"}, "pixels": "yuv420p10le"},
}


@pytest.mark.parametrize("word", NOTES)
def test_what_is_unusual_is_said_and_is_no_damage(word: str, tmp_path: Path) -> None:
    video = read_video(write_numbered(tmp_path / "unusual.mp4", **NOTES[word]))
    assert numbers_of(video.frames) == list(range(COUNT))
    assert word in video.note and video.damage == ""


def test_encrypted_files_are_refused_as_that(tmp_path: Path) -> None:
    muxer = {"encryption_scheme": "cenc-aes-ctr", "encryption_key": "76a6c65c5ea762046bd749a2e632ccbb", "encryption_kid": "a7" * 16}
    path = write_numbered(tmp_path / "secret.mp4", muxer=muxer)
    with pytest.raises(VideoError, match=r"^secret.mp4 is encrypted"):
        read_video(path)


def test_444_is_shown_in_its_colours(tmp_path: Path) -> None:
    path = write_numbered(tmp_path / "444.mp4", pixels="yuv444p")
    assert numbers_of(read_video(path).frames) == list(range(COUNT))


# ------------------------------------------------------------------------------------------------------------ several pictures
def cut_outs(count: int = 5) -> list[Image.Image]:
    """White, opaque on the left and transparent on the right, where it is another colour."""
    result = []
    for number in range(count):
        pixels = np.full((16, 32, 4), 255, np.uint8)
        pixels[:, 16:] = (200, 50 + number, 90, 0)
        pixels[number, :16] = (0, 0, 0, 255)
        result.append(Image.fromarray(pixels, "RGBA"))
    return result


@pytest.mark.parametrize("name", ["a.webp", "a.png", "a.gif", "a.avif"])
def test_animations_are_read_with_their_times_and_on_black(name: str, tmp_path: Path) -> None:
    first, *others = cut_outs()
    exact = {} if name.endswith(("gif", "png")) else {"quality": 100}
    first.save(tmp_path / name, save_all=True, append_images=others, duration=[100, 100, 300, 100, 100], disposal=2, **exact)
    video = read_video(tmp_path / name)
    assert video.times == pytest.approx([0, 0.1, 0.2, 0.5, 0.6], abs=0.011)
    assert np.abs(video.frames[:, 8:, 20:].astype(int)).max() <= 8
    assert video.frames[:, 8:, :12].min() >= 247
    assert "black" in video.note


@pytest.mark.parametrize("name", ["one.webp", "one.gif", "one.avif"])
def test_one_picture_is_a_single_picture_whatever_its_format(name: str, tmp_path: Path) -> None:
    cut_outs()[0].convert("RGB").save(tmp_path / name)
    with pytest.raises(VideoError, match=rf"^{name} is a single picture"):
        read_video(tmp_path / name)


def test_cut_outs_in_a_folder_are_on_black_too(tmp_path: Path) -> None:
    for number, picture in enumerate(cut_outs()):
        picture.save(tmp_path / f"{number}.png")
    frames = read_video(tmp_path).frames
    assert frames[:, :, 16:].max() == 0
    assert frames[:, 8:, :16].min() == 255


@pytest.mark.parametrize("codec", ["libvpx", "libvpx-vp9"])
def test_transparent_webm_is_on_black(codec: str, tmp_path: Path) -> None:
    if codec not in av.codecs_available:
        pytest.fail("this build of PyAV lacks libvpx")
    with av.open(str(tmp_path / "clear.webm"), "w") as container:
        stream = container.add_stream(codec, rate=10, options={"auto-alt-ref": "0"})
        stream.height, stream.width, stream.pix_fmt = 16, 32, "yuva420p"
        for picture in cut_outs():
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.asarray(picture), format="rgba").reformat(format="yuva420p")))
        container.mux(stream.encode(None))
    video = read_video(tmp_path / "clear.webm")
    assert video.frames[:, 8:, 20:].max() <= 12
    assert video.frames[:, 8:, :12].min() >= 230
