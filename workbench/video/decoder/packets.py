"""Which frames a video file shows, in order of display, from its packets alone."""

import errno
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import av
from av.stream import Disposition

ANSWER_BYTES = 1 << 30


class Refusal(Exception):
    """Why a file cannot be read: the rest of a sentence that begins with the file's name."""


@dataclass(frozen=True)
class Limits:
    """frames: most frames returned; seconds: longest video; pixels: largest frame, h * w, as stored."""

    frames: int
    seconds: float
    pixels: int

    def check_seconds(self, seconds: float) -> None:
        if seconds > self.seconds:
            raise Refusal(f"is too long: {seconds:.1f} s or more, the limit is {self.seconds:g} s (max_seconds); cut it shorter")

    def check_pixels(self, height: int, width: int) -> None:
        if height * width > self.pixels:
            raise Refusal(f"is too large: {width} x {height}, the limit is {self.pixels} pixels a frame (max_pixels); make it smaller")

    def check_answer(self, count: int, height: int, width: int) -> None:
        if count > self.frames:
            raise Refusal(f"would give {count} frames, the limit is {self.frames} (max_frames); ask for chosen frames by their indices")
        if (size := count * height * width * 3) > ANSWER_BYTES:
            raise Refusal(f"would need {size / 1e9:.1f} GB for {count} frames of {width} x {height}; ask for fewer or set short_side")


# Demuxers that open further files or addresses named in the file: an upload must not make us do so.
PLAYLISTS = {"applehttp", "concat", "concatf", "dash", "hls", "imf", "lavfi", "rtp", "rtsp", "sdp", "tty"}
FORMATS = ",".join(sorted(av.formats_available - PLAYLISTS))


def open_container(path: str):
    head = read_head(path)
    try:
        # An absolute path cannot be taken for an address or a protocol.
        return av.open(os.path.abspath(path), options={"format_whitelist": FORMATS}, metadata_errors="replace")
    except av.FFmpegError as error:
        if error.errno == errno.EINVAL:  # recognised, and not among the formats allowed
            raise Refusal("is a playlist that points to other files, not a video") from error
        if head[4:8] == b"ftyp":
            raise Refusal("is cut off or damaged: the index that an mp4 needs is missing; copy or record it again") from error
        raise Refusal("is not a video: its content is of no known video format") from error


def read_head(path: str) -> bytes:
    if not os.path.exists(path):
        raise Refusal("does not exist")
    if not os.path.isfile(path):
        raise Refusal("is neither a file nor a folder")
    try:
        with open(path, "rb") as file:
            head = file.read(12)
    except OSError as error:
        raise Refusal(f"cannot be opened ({error.strerror})") from error
    if not head:
        raise Refusal("is empty (0 bytes); copy or export it again")
    return head


def choose_stream(container):
    """The first video stream, in the order of the file, that is not a cover picture."""
    streams = [stream for stream in container.streams.video if not stream.disposition & Disposition.attached_pic]
    if not streams:
        raise Refusal("has no video stream, only sound" if container.streams.audio else "has no video stream")
    if container.format.name.endswith("_pipe") or container.format.name == "image2":
        raise Refusal("is a single picture, not a video; put pictures into a folder to read them as one")
    if streams[0].codec_context is None:
        raise Refusal("holds video in a codec that cannot be decoded here; convert it to H.264")
    return streams[0]


def read_packets(container, stream) -> Iterator:
    try:
        for packet in container.demux(stream):
            if packet.size:
                yield packet
    except av.FFmpegError:  # the file ends here, in the middle of something
        return


def decode_packet(stream, packet) -> list:
    try:
        return stream.decode(packet)
    except av.FFmpegError:  # this frame will be found missing, and reported, by whoever waits for it
        return []


# decord 0.6.0 returned wrong frames, silently, of AVI, ASF, MPEG-PS and MPEG-TS files.
DECORD_FORMATS = {"mov", "matroska"}


@dataclass
class FrameIndex:
    """Frame i is shown at `times[i]` (s), bears the timestamp `ticks[i]`, lies in packet number `packets[i]`, and decoding
    must begin with packet `starts[i]`. `turns` are the quarter turns against the clock that make a decoded picture upright."""

    codec: str
    rate: float
    times: list[float]
    height: int  # as shown
    width: int
    turns: int = 0
    ticks: list = field(default_factory=list)
    packets: list[int] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    by_count: bool = False  # without usable timestamps, a frame is known by its place in the decoder's output alone
    unfit: str = ""  # why decord is not asked
    note: str = ""

    def seconds_of(self, indices: Iterable[int]) -> list[float]:
        """When frames are shown, in seconds from the first one."""
        return [round(self.times[i] - self.times[0], 6) for i in indices]

    def describe(self) -> dict:
        return {
            "times": self.seconds_of(range(len(self.times))),
            "fps": self.rate,
            "duration": round(self.times[-1] - self.times[0] + 1 / self.rate, 6),
            "height": self.height,
            "width": self.width,
            "rotation": -90 * self.turns % 360,
            "codec": self.codec,
            "note": self.note,
        }


class PacketRow(NamedTuple):
    tick: int | None
    packet: int
    start: int
    leading: bool


@dataclass
class Scan:
    rows: list[PacketRow] = field(default_factory=list)
    orphans: list[PacketRow] = field(default_factory=list)  # no key frame to begin decoding at
    hidden: int = 0  # before time 0, or cut away by an edit list: players do not show them
    total: int = 0
    first: Any = None  # the first frame that could be decoded


def list_video(path: str, limits: Limits) -> FrameIndex:
    """Reads all packets, and decodes no more than the first frame, which tells size and rotation."""
    with open_container(path) as container:
        stream = choose_stream(container)
        limits.check_seconds((container.duration or 0) / 1e6)
        limits.check_pixels(stream.codec_context.height, stream.codec_context.width)

        scan = scan_packets(container, stream, limits)
        if scan.first is None or not (scan.rows or scan.orphans):
            raise Refusal(f"is damaged: none of its {scan.total} frames could be decoded (codec {stream.codec_context.name})")
        limits.check_pixels(scan.first.height, scan.first.width)

        return arrange_frames(container, stream, scan)


def scan_packets(container, stream, limits: Limits) -> Scan:
    scan = Scan()
    key = before = key_tick = origin = None
    for number, packet in enumerate(read_packets(container, stream)):
        tick, scan.total = packet.pts, number + 1
        if packet.is_keyframe:
            before, key, key_tick = key, number, tick
        if scan.first is None:
            scan.first = next(iter(decode_packet(stream, packet)), None)
        if tick is not None:
            origin = tick if origin is None else origin
            limits.check_seconds((tick - origin) * float(stream.time_base))

        # A picture shown before the key frame that precedes it in the file builds on the group before, too (open GOP).
        leading = tick is not None and key_tick is not None and tick < key_tick
        start = before if leading else key
        if packet.is_discard or (tick is not None and tick < 0):
            scan.hidden += 1
        elif start is None:
            scan.orphans.append(PacketRow(tick, number, 0, leading))
        else:
            scan.rows.append(PacketRow(tick, number, start, leading))
    if scan.first is None:
        scan.first = next(iter(decode_packet(stream, None)), None)
    return scan


def arrange_frames(container, stream, scan: Scan) -> FrameIndex:
    rows = scan.rows or scan.orphans
    ticks = sorted(row.tick for row in rows if row.tick is not None)
    has_times = len(set(ticks)) == len(rows)
    # AVI stores no time of display; what FFmpeg makes up there is wrong where B-frames are reordered.
    by_count = not has_times or container.format.name == "avi"
    rows = rows if by_count else sorted(rows)
    times, rate = frame_times(container, stream, ticks if has_times else None, len(rows))

    turns = round(scan.first.rotation / 90) % 4
    height, width = upright_size(scan.first.height, scan.first.width, turns)
    return FrameIndex(
        stream.codec_context.codec.canonical_name,
        rate,
        times,
        height,
        width,
        turns,
        [row.tick for row in rows],
        [row.packet for row in rows],
        [row.start for row in rows],
        by_count,
        why_not_decord(container, scan, by_count),
        damage_note(stream, scan),
    )


def upright_size(height: int, width: int, turns: int) -> tuple[int, int]:
    return (width, height) if turns % 2 else (height, width)


def frame_times(container, stream, ticks: list[int] | None, count: int) -> tuple[list[float], float]:
    """Times in seconds from the start of the file, as a player counts, and mean frames a second."""
    rate = float(stream.average_rate or stream.guessed_rate or 25)
    if ticks is None:
        return [round(i / rate, 6) for i in range(count)], rate
    start = min(max(container.start_time or 0, 0) / 1e6, ticks[0] * float(stream.time_base))
    times = [round(tick * float(stream.time_base) - start, 6) for tick in ticks]
    return times, (count - 1) / float((ticks[-1] - ticks[0]) * stream.time_base) if count > 1 else rate


def damage_note(stream, scan: Scan) -> str:
    notes = []
    if scan.rows and scan.orphans:
        notes.append(f"{len(scan.orphans)} frames at its start lack the key frame they build on and are left out")
    if stream.frames > scan.total:
        notes.append(f"the file ends early: {scan.total} of {stream.frames} frames are there")
    return "; ".join(notes)


def why_not_decord(container, scan: Scan, by_count: bool) -> str:
    """Cases where decord 0.6.0 was seen to return other frames than those asked for, without a word."""
    if DECORD_FORMATS.isdisjoint(container.format.name.split(",")):
        return "decord is trusted with mp4, mov, mkv and webm files only"
    if len(container.streams.video) > 1:
        return "decord chooses among several video streams by itself"
    if scan.hidden or scan.orphans:
        return "decord counts frames that are not shown"
    if by_count or any(row.leading for row in scan.rows):
        return "decord misplaces frames of open groups of pictures or without timestamps"
    return ""
