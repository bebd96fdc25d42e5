"""Which frames a video file shows, in order of display: from its packets where these are known to tell, else by decoding it once."""

import json
import os
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple
from zlib import crc32

import av
import numpy as np

from .containers import NEEDS_KEY, Decoder, Limits, Refusal, choose_stream, open_container, read_packets
from .display import Display, describe_picture, display_of
from .index_store import digest_video, load_index, save_index
from .times import order_of_display, rate_of


@dataclass
class FrameIndex:
    """Frame i is shown at `times[i]` (s, from the first) and bears the timestamp `ticks[i]`; the decoder gives it when it has packets
    `starts[i]` to `ends[i]`. height, width: as shown."""

    codec: str
    rate: float
    times: list[float]
    height: int
    width: int
    display: Display = field(default_factory=Display)
    ticks: list[int | None] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    marks: list[int] = field(default_factory=list)  # of the pictures, where the file was decoded
    by_count: bool = False  # timestamps do not tell frames apart: each is known by its place in all that the decoder gives
    proven: bool = True  # by decoding, or by what cannot be otherwise; False: the packets say so
    options: dict[str, str] = field(default_factory=dict)  # of the container
    grey_top: float = 255  # of pictures of more than 8 bits: the value that is shown as white
    remarks: list[str] = field(default_factory=list)
    damage: str = ""

    @property
    def note(self) -> str:
        return "; ".join(filter(None, [*self.remarks, self.damage]))

    @classmethod
    def from_json(cls, text: str, options: dict[str, str]) -> "FrameIndex":
        """Of a file that was decoded with these options of the container. Raises ValueError, or whatever else a text raises that
        `to_json` did not write."""
        fields = json.loads(text)
        display = fields.pop("display")
        index = cls(**fields, display=Display(**{**display, "stretch": Fraction(display["stretch"])}), options=options)
        if not 0 < len(index.times) == len(index.ticks) == len(index.starts) == len(index.ends) == len(index.marks):
            raise ValueError("the lists of frames are of different lengths, or empty")
        return index

    def to_json(self) -> str:
        fields = asdict(self)
        del fields["options"]  # which say how a file is opened: whoever loads this knows them
        return json.dumps(fields, default=str)  # the stretch, a fraction

    def times_of(self, indices: Iterable[int]) -> list[float]:
        return [self.times[i] for i in indices]

    def describe(self) -> dict:
        return {
            "times": self.times,
            "fps": self.rate,
            "duration": round(self.times[-1] + 1 / self.rate, 6),
            "height": self.height,
            "width": self.width,
            "rotation": self.display.rotation,
            "mirrored": self.display.mirrored,
            "codec": self.codec,
            "note": self.note,
            "damage": self.damage,
        }


class PacketFacts(NamedTuple):
    tick: int | None
    key: bool
    cut: bool  # off by an edit list: players do not show it
    damaged: bool
    hidden: bool  # by its own header: what is drawn from it is shown later or never


def list_video(path: str, limits: Limits, announce: Callable[[float], None] = lambda share: None) -> FrameIndex:
    """The index by packets where it is known to be right, else by decoding. announce: how much of the file has been decoded."""
    with open_container(path) as container:
        stream = choose_stream(path, container)
        limits.check_seconds((container.duration or 0) / 1e6)
        limits.check_pixels(stream.codec_context.height, stream.codec_context.width)

        packets, first = scan_packets(container, stream, limits)
        if packets and first is not None and packets_tell(container, stream, packets, first):
            return index_by_packets(stream, packets, first)
        options = {"ignore_editlist": "1"} if hides_by_decode_time(stream, packets) else {}
    return list_by_decoding(path, limits, announce, options)


def scan_packets(container, stream, limits: Limits) -> tuple[list[PacketFacts], av.VideoFrame | None]:
    """Facts of all packets, and the first frame that can be decoded."""
    packets, first, origin = [], None, None
    decoder, vp9 = Decoder(stream, careful=True), stream.codec_context.name == "vp9"
    for packet in read_packets(container, stream):
        tick = packet.pts
        if not packets and packet.has_sidedata("encryption_info"):
            raise Refusal(NEEDS_KEY)
        if first is None:
            first = next(iter(decoder.decode(packet)), None)
        if tick is not None:
            origin = tick if origin is None else origin
            limits.check_seconds((tick - origin) * float(stream.time_base))
        packets.append(PacketFacts(tick, packet.is_keyframe, packet.is_discard, packet.is_corrupt, vp9 and is_hidden_vp9(packet)))
    if first is None:
        first = next(iter(decoder.decode(None)), None)
    return packets, first


def is_hidden_vp9(packet: av.Packet) -> bool:
    """Whether a VP9 packet is one frame that is not to be shown (VP9 bitstream specification, 6.2 and annex B)."""
    content = memoryview(packet)
    if content[-1] & 0xE0 == 0xC0:  # several frames, the last of which is shown
        return False
    after_profile = 3 if content[0] & 0x30 == 0x30 else 4  # bits
    show_existing, shown = content[0] >> (after_profile - 1) & 1, content[0] >> (after_profile - 3) & 1
    return not show_existing and not shown


ONE_PICTURE_A_PACKET = {"h264", "hevc", "vp9", "av1"}  # and all codecs without motion
PROGRESSIVE = 1  # of FFmpeg's orders of fields: others may have a packet for each field
WITH_TIMES = {"mov", "matroska"}  # containers that give each packet the time at which its picture is shown


def packets_tell(container, stream, packets: list[PacketFacts], first: av.VideoFrame) -> bool:
    """Whether each packet holds one picture, to be shown at its time, and the key frames are those that are marked."""
    context, ticks = stream.codec_context, known_ticks(packets)
    keys = sum(packet.key for packet in packets)
    if WITH_TIMES.isdisjoint(container.format.name.split(",")) or len(set(ticks)) < len(packets):
        return False
    if context.codec.intra_only:
        return not any(packet.damaged for packet in packets)
    return (
        context.name in ONE_PICTURE_A_PACKET
        and (context.name != "h264" or is_progressive(context, first))
        and (len(packets) == 1 or are_rising(ticks) != bool(context.has_b_frames))
        and packets[0].key
        and (keys < len(packets) or len(packets) == 1)
        and not any(packet.damaged or packet.hidden for packet in packets)
        and not first.is_corrupt
        and first.pts == min(known_ticks([packet for packet in packets if not packet.cut]), default=None)
    )


def is_progressive(context, first: av.VideoFrame) -> bool:
    return getattr(context, "field_order", PROGRESSIVE) == PROGRESSIVE and not first.interlaced_frame  # PyAV 17 does not tell the order


def hides_by_decode_time(stream, packets: list[PacketFacts]) -> bool:
    """Whether times of decoding stand for those of display: then what an edit list cuts off was never meant."""
    ticks = known_ticks(packets)
    return (
        len(ticks) == len(packets) and are_rising(ticks) and bool(stream.codec_context.has_b_frames) and any(each.cut for each in packets)
    )


def known_ticks(packets: list[PacketFacts]) -> list[int]:
    return [packet.tick for packet in packets if packet.tick is not None]


def are_rising(ticks: list[int]) -> bool:
    return all(one < other for one, other in pairwise(ticks))


def index_by_packets(stream, packets: list[PacketFacts], first: av.VideoFrame) -> FrameIndex:
    rows, all_ticks = [], known_ticks(packets)
    key = before = 0
    for number, (packet, tick) in enumerate(zip(packets, all_ticks, strict=True)):
        if packet.key:
            before, key = key, number
        # A picture shown before the key frame that precedes it in the file builds on the group before, too (open GOP).
        leading = tick < all_ticks[key]
        if not packet.cut:
            rows.append((tick, before if leading else key, number))
    ticks, starts, ends = map(list, zip(*sorted(rows), strict=True))
    times = [round((tick - ticks[0]) * float(stream.time_base), 6) for tick in ticks]
    damage = early_end(stream, len(packets))
    return make_index(stream, first, times, ticks=ticks, starts=starts, ends=ends, proven=False, damage=damage)


def early_end(stream, count: int) -> str:
    """What is missing, by the index of an mp4; other files give numbers that count more than pictures, or are guesses."""
    return f"the file ends early: {count} of {stream.frames} frames are there" if stream.frames > count else ""


def make_index(stream, first: av.VideoFrame, times: list[float], **more) -> FrameIndex:
    display = display_of(first, stream.sample_aspect_ratio)
    height, width = display.size(first.height, first.width)
    codec, remarks = stream.codec_context.codec.canonical_name, describe_picture(first, display)
    return FrameIndex(codec, rate_of(stream, times), times, height, width, display, remarks=remarks, **more)


class DecodedFrame(NamedTuple):
    tick: int | None
    key: bool
    corrupt: bool
    packet: int  # which went in when it came out
    mark: int


@dataclass
class Pass:
    """A whole file, decoded once."""

    frames: list[DecodedFrame] = field(default_factory=list)
    keys: dict[int, int] = field(default_factory=dict)  # packet of each key frame by its timestamp
    packet_ticks: list[int | None] = field(default_factory=list)
    errors: int = 0
    damaged_packets: int = 0
    first: av.VideoFrame | None = None

    @property
    def suspect(self) -> bool:
        return bool(
            self.errors or self.damaged_packets or len(self.frames) != len(self.packet_ticks) or any(frame.corrupt for frame in self.frames)
        )


def list_by_decoding(path: str, limits: Limits, announce: Callable[[float], None], options: dict[str, str]) -> FrameIndex:
    """The frames are those that the decoder gives. A file whose decoding once took longer than `LONG_SECONDS` is not decoded again."""
    digest = digest_video(path, options, announce)
    if (text := load_index(digest)) is not None:
        with suppress(Exception):  # damaged in whatever way: it is made again
            return FrameIndex.from_json(text, options)
    began = time.monotonic()
    index = list_by_pass(path, limits, announce, options)
    if time.monotonic() - began > LONG_SECONDS:
        with suppress(MemoryError):
            save_index(digest, index.to_json())
    return index


LONG_SECONDS = 1.0


def list_by_pass(path: str, limits: Limits, announce: Callable[[float], None], options: dict[str, str]) -> FrameIndex:
    whole = decode_whole(path, False, limits, announce, options)
    if whole.suspect:  # beside damage, decoding several frames at once loses good ones without a word, and differs from run to run
        whole = decode_whole(path, True, limits, announce, options)
    with open_container(path, **options) as container:
        stream = choose_stream(path, container)
        if whole.first is None:
            count, name = len(whole.packet_ticks), stream.codec_context.name
            raise Refusal(f"is damaged: none of its {count} frames could be decoded (codec {name})")
        if container.format.name in ANIMATED_FORMATS and len(whole.frames) == 1:
            raise Refusal("is a single picture, in which nothing moves")
        return arrange_frames(stream, whole, whole.first, options)


ANIMATED_FORMATS = {"gif", "apng", "avif"}


def decode_whole(path: str, careful: bool, limits: Limits, announce: Callable[[float], None], options: dict[str, str]) -> Pass:
    whole, size = Pass(), os.path.getsize(path)
    with open_container(path, **options) as container:
        stream = choose_stream(path, container)
        decoder = Decoder(stream, careful)
        for number, packet in enumerate(read_packets(container, stream)):
            whole.packet_ticks.append(packet.pts)
            whole.damaged_packets += packet.is_corrupt
            if packet.is_keyframe and packet.pts is not None:
                whole.keys.setdefault(packet.pts, number)
            collect(whole, decoder.decode(packet), number, limits)
            announce(min(max(packet.pos or 0, 0) / size, 1.0))
        collect(whole, decoder.decode(None), len(whole.packet_ticks), limits)
        whole.errors = decoder.errors
    return whole


def collect(whole: Pass, frames: list[av.VideoFrame], packet: int, limits: Limits) -> None:
    for frame in frames:
        if whole.first is None:
            limits.check_pixels(frame.height, frame.width)
            whole.first = frame
        whole.frames.append(DecodedFrame(frame.pts, bool(frame.key_frame), frame.is_corrupt, packet, mark_of(frame)))
        limits.check_seconds(len(whole.frames) / MOST_FRAMES_A_SECOND)


MOST_FRAMES_A_SECOND = 1000


def mark_of(frame: av.VideoFrame) -> int:
    """A checksum by which a picture is known again."""
    bits = frame.format.bits_per_pixel if len(frame.planes) == 1 else frame.format.components[0].bits
    mark = 0
    for plane in frame.planes:
        rows = np.frombuffer(memoryview(plane), np.uint8)[: plane.height * plane.line_size].reshape(plane.height, plane.line_size)
        mark = crc32(rows[:, : plane.width * ((bits + 7) // 8)].tobytes(), mark)  # what follows in a row is padding
    return mark


def arrange_frames(stream, whole: Pass, first: av.VideoFrame, options: dict[str, str]) -> FrameIndex:
    raw = [frame.tick for frame in whole.frames]
    times = order_of_display(raw, sorted(tick for tick in whole.packet_ticks if tick is not None), stream)
    by_count = None in raw or len(set(raw)) < len(raw)
    starts, start = [], 0
    for frame in whole.frames:
        if frame.key and not by_count and frame.tick is not None:
            start = whole.keys.get(frame.tick, start)
        starts.append(start)
    corrupt = sum(frame.corrupt for frame in whole.frames)
    damage = [early_end(stream, len(raw))] if whole.damaged_packets else []
    damage += (
        [f"its first {key} packets lack the key frame they build on and are left out"]
        if (key := min(whole.keys.values(), default=0))
        else []
    )
    damage += [f"{whole.errors} of {len(whole.packet_ticks)} packets could not be decoded"] if whole.errors else []
    damage += [f"{corrupt} of {len(raw)} frames are damaged and were patched by the decoder"] if corrupt else []
    ends, marks = [frame.packet for frame in whole.frames], [frame.mark for frame in whole.frames]
    return make_index(
        stream,
        first,
        times,
        ticks=raw,
        starts=starts,
        ends=ends,
        marks=marks,
        by_count=by_count,
        options=options,
        damage="; ".join(filter(None, damage)),
    )
