"""How much memory the decoding process may take, and files whose tables promise more than they can hold."""

import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

READING = 3 << 29  # bytes for decoding, beside the frames that are handed out
PIXEL_COPIES = 3  # of these frames
FREE_SAMPLES = 10**6  # that any file may promise: their table has 24 MB
SAMPLES_OF_BYTE = 64  # that each byte of a file may promise: compressed sound has several
CONTAINERS = {b"moov", b"trak", b"mdia", b"minf", b"stbl", b"moof", b"traf"}
FIRST = {b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot", b"styp", b"moof", b"sidx"}
ENTRY_BYTES = {b"stco": 4, b"co64": 8, b"stsc": 12, b"stts": 8, b"ctts": 8, b"stss": 4, b"stps": 4}
MOST_BOXES = 200_000


@contextmanager
def memory_limit(more: int) -> Iterator[None]:
    """No more memory than there is in use, and so many bytes: what asks for more gets an error instead of it. Linux alone keeps to it."""
    try:
        import resource

        in_use = int(Path("/proc/self/statm").read_text().split()[5]) * resource.getpagesize()
    except (ImportError, OSError):
        yield
        return
    before = resource.getrlimit(resource.RLIMIT_DATA)
    limits = [in_use + more, *(value for value in before if value != resource.RLIM_INFINITY)]
    resource.setrlimit(resource.RLIMIT_DATA, (min(limits), before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, before)


def why_impossible(path: str) -> str:
    """Why an mp4 or mov cannot be what it says, "" where nothing speaks against it: a table with more entries than bytes, or more samples
    than its bytes could hold. FFmpeg would make room for them first."""
    try:
        with open(path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            if file.read(8)[4:] not in FIRST:
                return ""
            most = FREE_SAMPLES + SAMPLES_OF_BYTE * size
            samples = {b"stts": 0, b"stsz": 0, b"trun": 0}
            for kind, start, end in boxes(file, 0, size):
                entries, count = measure_table(file, kind, start, end)
                if entries * ENTRY_BYTES.get(kind, 0) > end - start:
                    return f"is damaged: one of its tables claims {entries} entries, for which there is no room; copy or record it again"
                if kind in samples:
                    samples[kind] += count
                if max(samples.values()) > most:
                    return f"is damaged: it claims {max(samples.values())} pictures in {size} bytes; copy or record it again"
    except (OSError, struct.error):
        return ""
    return ""


def boxes(file: BinaryIO, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Kind, begin and end of the contents of each box, those within boxes too, as far as they can be followed."""
    left, inside = MOST_BOXES, [(start, end)]
    while inside and left:
        at, end = inside.pop()
        while at + 8 <= end and left:
            left -= 1
            file.seek(at)
            length, kind = struct.unpack(">I4s", file.read(8))
            head = 8
            if length == 1:
                (length,), head = struct.unpack(">Q", file.read(8)), 16
            stop = end if length == 0 else at + length
            if stop < at + head:
                break
            stop = min(stop, end)
            yield kind, at + head, stop
            if kind in CONTAINERS:
                inside.append((at + head, stop))
            at = stop


def measure_table(file: BinaryIO, kind: bytes, start: int, end: int) -> tuple[int, int]:
    """Entries of a table, and samples that they stand for."""
    if kind not in ENTRY_BYTES and kind not in (b"stsz", b"stz2", b"trun"):
        return 0, 0
    file.seek(start + 4)
    if kind in (b"stsz", b"stz2"):
        _, count = struct.unpack(">II", file.read(8))
        return 0, count
    (entries,) = struct.unpack(">I", file.read(4))
    if kind == b"stts" and entries * ENTRY_BYTES[kind] <= end - start:
        table = file.read(entries * ENTRY_BYTES[kind])
        return entries, sum(count for count, _ in struct.iter_unpack(">II", table))
    return entries, entries
