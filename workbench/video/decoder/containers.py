"""A video file -> its container, the stream that players show, its packets and what the decoder gives for them."""

import errno
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

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


def open_container(path: str, **options: str):
    head = read_head(path)
    try:
        # An absolute path cannot be taken for an address or a protocol.
        return av.open(os.path.abspath(path), options={"format_whitelist": FORMATS, **options}, metadata_errors="replace")
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


NO_FILM = Disposition.attached_pic | Disposition.timed_thumbnails | Disposition.still_image
ENCRYPTED_TAG = "encv"  # of MP4 (ISO/IEC 23001-7)
NEEDS_KEY = "is encrypted, so that no picture of it can be decoded without its key"


def choose_stream(path: str, container):
    """The video stream that players show: neither cover nor thumbnail, of several the first that is marked as the default."""
    streams = [stream for stream in container.streams.video if not stream.disposition & NO_FILM]
    if not streams:
        raise Refusal("has no video stream, only sound" if container.streams.audio else "has no video stream")
    if container.format.name.endswith("_pipe") or container.format.name == "image2":
        raise Refusal("is a single picture, not a video; put pictures into a folder to read them as one")
    lone = find_lone_pictures(path) if len(streams) > 1 else set()
    stream = min(streams, key=lambda each: (each.index in lone, not each.disposition & Disposition.default, each.index))
    if stream.codec_context is None:
        raise Refusal("holds video in a codec that cannot be decoded here; convert it to H.264")
    if stream.codec_context.codec_tag == ENCRYPTED_TAG:
        raise Refusal(NEEDS_KEY)
    return stream


def find_lone_pictures(path: str) -> set[int]:
    """The video streams that hold a single picture beside others that hold more: thumbnails, whether marked as such or not."""
    with open_container(path) as container:
        counts = Counter({stream.index: 0 for stream in container.streams.video})
        for packet in read_packets(container, *container.streams.video):
            counts[packet.stream_index] += 1
            if min(counts.values()) > 1:
                return set()
    return {index for index, count in counts.items() if count < 2}


def read_packets(container, *streams) -> Iterator:
    try:
        for packet in container.demux(*streams):
            if packet.size:
                yield packet
    except av.FFmpegError:  # the file ends here, in the middle of something
        return


@dataclass
class Decoder:
    """Packets of a stream -> frames. errors: how many packets the decoder could make nothing of, so far."""

    stream: av.VideoStream
    careful: bool = False  # one frame after the other, whatever their size
    errors: int = 0
    context: Any = field(init=False)

    def __post_init__(self):
        self.context = choose_codec(self.stream)
        self.context.thread_type = "NONE" if self.careful else choose_threads(self.stream)

    def decode(self, packet: av.Packet | None) -> list[av.VideoFrame]:
        """What comes out when a packet goes in; None at the end, for the frames that are still held back."""
        try:
            return self.context.decode(packet)
        except av.FFmpegError:
            self.errors += 1
            return []

    def begin_anew(self) -> None:
        self.context.flush_buffers()


MOST_PIXELS_OF_ONE_THREAD = 1280 * 720


def choose_threads(stream) -> str:
    """ "AUTO" decodes several frames at once, "NONE" one after the other.

    Several at once help with large frames alone, as others are skipped where none builds on them; and FFmpeg then hands H.264
    pictures out before it knows whether they are damaged, so that now and then one is not marked.
    """
    return "NONE" if stream.codec_context.height * stream.codec_context.width <= MOST_PIXELS_OF_ONE_THREAD else "AUTO"


# The decoders that read the transparency of WebM; those that FFmpeg prefers leave it out.
WITH_ALPHA = {"vp8": "libvpx", "vp9": "libvpx-vp9"}


def choose_codec(stream) -> Any:
    name = WITH_ALPHA.get(stream.codec_context.name)
    if name is None or stream.metadata.get("alpha_mode") != "1" or name not in av.codecs_available:
        return stream.codec_context
    return av.VideoCodecContext.create(name, "r")
