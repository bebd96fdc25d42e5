"""Opening a video file, and reading its packets whatever their state."""

import errno
import os
from collections.abc import Iterator

import av
from av.stream import Disposition

from .limits import Refusal

# Demuxers that open further files or addresses named in the file: an upload must not make us do so.
PLAYLISTS = {"applehttp", "concat", "concatf", "dash", "hls", "imf", "lavfi", "rtp", "rtsp", "sdp", "tty"}
FORMATS = ",".join(sorted(av.formats_available - PLAYLISTS))


def open_container(path: str):
    head = first_bytes(path)
    try:
        # An absolute path cannot be taken for an address or a protocol.
        return av.open(os.path.abspath(path), options={"format_whitelist": FORMATS}, metadata_errors="replace")
    except av.FFmpegError as error:
        if error.errno == errno.EINVAL:  # recognised, and not among the formats allowed
            raise Refusal("is a playlist that points to other files, not a video") from error
        if head[4:8] == b"ftyp":
            raise Refusal("is cut off or damaged: the index that an mp4 needs is missing; copy or record it again") from error
        raise Refusal("is not a video: its content is of no known video format") from error


def first_bytes(path: str) -> bytes:
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


def first_video(container):
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
