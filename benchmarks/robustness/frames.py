"""Whether the right frames come from files of many formats, whole and damaged: number, order, times, pixels, beside a plain decode.

    python benchmarks/robustness/frames.py [copies]

Writes results/robustness_frames.csv: a row for each format, with so many damaged copies of it (default 25). The reference is FFmpeg's
program where it is installed (whole files: number and order), and PyAV decoding everything on one thread (pixels and damaged files).
A damaged copy counts as silent where its frames are not those of the reference and nothing says so.
"""

import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from shutil import which

import av
import numpy as np
from PIL import Image

import workbench as wb
from workbench.paths import PROJECT, RESULTS, write_rows
from workbench.training.distributed import machine
from workbench.video.read import VideoError

sys.path.insert(0, str(PROJECT / "tests" / "support"))
from numbered_video import COUNT, number_of, numbered, write_numbered

B_FRAMES = {"options": {"x264-params": "bframes=3:keyint=12"}}


def by_decoding(packet: av.Packet, number: int) -> None:
    packet.pts = packet.dts = number


def x264(params: str) -> dict:
    return {"options": {"x264-params": params}}


FORMATS = {
    **{f"h264.{ending}": B_FRAMES for ending in ("mp4", "mov", "mkv", "ts", "m2ts", "flv", "avi", "mxf", "3gp", "h264")},
    **{f"h264 times of decoding.{ending}": {**B_FRAMES, "change": by_decoding} for ending in ("mp4", "mkv", "ts", "flv")},
    "h264 open groups.mp4": x264("open-gop=1:keyint=12:bframes=3"),
    "h264 intra refresh.mp4": x264("intra-refresh=1:keyint=12:bframes=2"),
    "h264 interlaced.mp4": x264("tff=1:keyint=12"),
    "h264 fragments.mp4": {**B_FRAMES, "muxer": {"movflags": "frag_keyframe+empty_moov"}},
    "h264 4:4:4.mp4": {**B_FRAMES, "pixels": "yuv444p"},
    "h264 10 bits.mp4": {**B_FRAMES, "pixels": "yuv420p10le"},
    "h264 uneven times.mp4": {**B_FRAMES, "ticks": [number + number // 3 * 2 for number in range(COUNT)]},
    "hevc.mp4": {"codec": "libx265", "options": {"x265-params": "log-level=none:keyint=12"}},
    "hevc.ts": {"codec": "libx265", "options": {"x265-params": "log-level=none:keyint=12"}},
    "vp8.webm": {"codec": "libvpx", "gop_size": 12},
    "vp9.webm": {"codec": "libvpx-vp9", "gop_size": 12},
    "vp9.mp4": {"codec": "libvpx-vp9", "gop_size": 12},
    "av1.mp4": {"codec": "libsvtav1", "gop_size": 12},
    "av1.mkv": {"codec": "libsvtav1", "gop_size": 12},
    "mpeg4.mp4": {"codec": "mpeg4", "gop_size": 12, "max_b_frames": 2},
    "mpeg4.avi": {"codec": "mpeg4", "gop_size": 12, "max_b_frames": 2},
    "mpeg2.mpg": {"codec": "mpeg2video", "gop_size": 12, "max_b_frames": 2},
    "mpeg2.vob": {"codec": "mpeg2video", "gop_size": 12, "max_b_frames": 2},
    "mpeg2.ts": {"codec": "mpeg2video", "gop_size": 12, "max_b_frames": 2},
    "mpeg2.mxf": {"codec": "mpeg2video", "gop_size": 12, "max_b_frames": 2},
    "wmv2.wmv": {"codec": "wmv2", "gop_size": 12},
    "flv1.flv": {"codec": "flv", "gop_size": 12},
    "mjpeg.avi": {"codec": "mjpeg", "pixels": "yuvj420p"},
    "prores.mov": {"codec": "prores_ks", "pixels": "yuv422p10le"},
    "qtrle.mov": {"codec": "qtrle", "pixels": "rgb24"},
    "ffv1.mkv": {"codec": "ffv1"},
    "png.mov": {"codec": "png", "pixels": "rgb24"},
}
ANIMATIONS = ("gif", "png", "webp", "avif")


def make_file(folder: Path, name: str) -> Path:
    if name in FORMATS:
        return write_numbered(folder / name, **FORMATS[name])
    first, *others = [Image.fromarray(numbered(number)) for number in range(COUNT)]
    first.save(folder / name, save_all=True, append_images=others, duration=40)
    return folder / name


def decode_plainly(path: Path) -> np.ndarray | None:
    """All frames `t h w 3` that come out on one thread; None where none comes."""
    frames = []
    try:
        with av.open(str(path), metadata_errors="replace") as container:
            stream = container.streams.video[0]
            stream.thread_type = "NONE"
            for packet in container.demux(stream):
                try:
                    given = stream.decode(packet)
                except av.FFmpegError:
                    continue
                for frame in given:
                    height, width = frames[0].shape[:2] if frames else (frame.height, frame.width)
                    frames.append(frame.to_ndarray(format="rgb24", height=height, width=width, interpolation="BILINEAR"))
    except (av.FFmpegError, IndexError, MemoryError):
        pass
    return np.stack(frames) if frames else None


def count_by_ffmpeg(path: Path) -> int | str:
    """How many frames FFmpeg's own program gives, "" where it is not installed."""
    if not which("ffmpeg"):
        return ""
    command = ["ffmpeg", "-v", "error", "-i", path, "-map", "0:v:0", "-fps_mode", "passthrough", "-f", "framecrc", "-"]
    lines = subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines()
    return sum(not line.startswith("#") for line in lines)


def examine(path: Path) -> dict:
    """The whole file: all frames in order, and eight of them asked for alone."""
    video, plain = wb.read_video(path), decode_plainly(path)
    sparse = list(range(3, COUNT, 8))
    order = [number_of(frame) for frame in video.frames]
    alone = np.concatenate([wb.read_video(path, [index]).frames for index in sparse if index < len(order)])
    return {
        "frames": len(order),
        "by_ffmpeg": count_by_ffmpeg(path),
        "in_order": order == list(range(COUNT)),
        "times_rise": bool(np.all(np.diff(video.times) > 0)),
        "as_decoded": "" if plain is None or video.backend == "pillow" else are_equal(plain, video.frames),
        "alone_as_together": bool(np.array_equal(alone, video.frames[[index for index in sparse if index < len(order)]])),
        "note": video.note,
    }


def judge(path: Path) -> str:
    """Of a damaged file: refused, noted, equal, or silent. Eight frames are read first, while the packets alone are known, then all."""
    try:
        count = wb.probe_video(path).num_frames
        few, video = wb.read_video(path, sorted({count * part // 8 for part in range(8)})), wb.read_video(path)
    except VideoError:
        return "refused"
    plain = decode_plainly(path)
    same = plain is not None and are_equal(plain, video.frames)
    if not (few.damage or (plain is not None and are_among(few.frames, plain))):
        return "silent"
    return "equal" if same else "noted" if video.damage else "silent"


def are_equal(plain: np.ndarray, frames: np.ndarray) -> bool:
    return plain.shape == frames.shape and bool(np.array_equal(plain, frames))


def are_among(frames: np.ndarray, plain: np.ndarray) -> bool:
    """Whether each is one of the others, in the same order."""
    rest = iter(plain)
    return frames.shape[1:] == plain.shape[1:] and all(any(np.array_equal(frame, other) for other in rest) for frame in frames)


def damage(content: bytes, rng: np.random.Generator) -> bytes:
    """Some bytes changed, a stretch taken out, or the end cut off."""
    result, kind = bytearray(content), rng.integers(3)
    if kind == 0:
        for place in rng.integers(len(result), size=rng.integers(1, 12)):
            result[place] = rng.integers(256)
    elif kind == 1:
        begin = int(rng.integers(len(result)))
        del result[begin : begin + int(rng.integers(1, 400))]
    else:
        del result[int(rng.integers(len(result) // 4, len(result))) :]
    return bytes(result)


def rows(folder: Path, copies: int) -> Iterator[dict]:
    for number, name in enumerate([*FORMATS, *(f"animation.{ending}" for ending in ANIMATIONS)]):
        path, rng = make_file(folder, name), np.random.default_rng(number)
        counts = Counter()
        for copy in range(copies if name in FORMATS else 0):  # there is nothing else to hold Pillow's animations against
            damaged = path.with_stem(f"damaged {copy}")
            damaged.write_bytes(damage(path.read_bytes(), rng))
            counts[verdict := judge(damaged)] += 1
            if verdict == "silent":
                print(f"silent: {name}, copy {copy}", file=sys.stderr)
            damaged.unlink()
        verdicts = {verdict: counts[verdict] for verdict in ("equal", "noted", "refused", "silent")}
        yield {
            "file": name,
            **examine(path),
            "copies": sum(verdicts.values()),
            **verdicts,
            "machine": machine("cpu"),
            "command": f"{COMMAND} {copies}",
        }


COMMAND = "python benchmarks/robustness/frames.py"

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        write_rows(RESULTS / "robustness_frames.csv", list(rows(Path(folder), int(sys.argv[1]) if len(sys.argv) > 1 else 25)))
