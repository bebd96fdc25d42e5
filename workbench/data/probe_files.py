"""Opens many video files side by side: does each give frames, how many, and the digest of its content.

Threads share the list, each with a decoding process of its own: a file that crashes or hangs a decoder costs its own turn
and nobody else's. (Processes in place of threads took a tenth longer, and would run the user's main module again.)
"""

import os
import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from tqdm import tqdm

from workbench.video.decoder.pictures import picture_names
from workbench.video.read import MAX_PIXELS, MAX_SECONDS, TIMEOUT
from workbench.video.worker import Worker, WorkerFailure

SHORT_SIDE = 16  # pixels: what is decoded is only counted
FRAMES_A_SECOND = 25  # the slowest decoding that is waited for where every frame is asked for
CHUNK = 1 << 20  # bytes


@dataclass(frozen=True)
class Checkup:
    """What a file or a folder of frames holds. problem: why it gives no frames, the rest of a sentence that begins with its
    name; then there are no frames and no digest. damage: what was mended. remark: what else is to be known. digest: of the bytes."""

    num_frames: int
    digest: str
    problem: str = ""
    damage: str = ""
    remark: str = ""


class Undecodable(Exception):
    """The rest of a sentence that begins with the video's name."""


def check_videos(paths: Iterable[Path], every_frame: bool = False, processes: int = 0, progress: bool = True) -> dict[Path, Checkup]:
    """Each path with what was found. processes: of decoding, 0 for one a core. progress: show a bar on the error stream."""
    todo, thread, workers = list(dict.fromkeys(paths)), threading.local(), []

    def begin() -> None:
        thread.worker = Worker()
        workers.append(thread.worker)

    with ThreadPoolExecutor(min(processes or cores(), len(todo)) or 1, initializer=begin) as pool:
        try:
            checkups = pool.map(lambda path: check_video(path, thread.worker, every_frame), todo)
            return dict(zip(todo, tqdm(checkups, "checking", len(todo), unit="video", disable=not progress), strict=True))
        finally:  # an interrupt too: what is under way ends within its time limit, the rest never begins
            pool.shutdown(cancel_futures=True)
            for worker in workers:
                worker.stop()


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def check_video(path: Path, worker: Worker, every_frame: bool = False) -> Checkup:
    """The packets of a video are counted, and its first, middle and last frame decoded, or every frame if asked for. Of a
    folder of frames those pictures are opened."""
    try:
        count = len(request_header(worker, path, TIMEOUT, do="probe")["times"])
        indices = list(range(count)) if every_frame else sorted({0, count // 2, count - 1})
        seconds = TIMEOUT + len(indices) / FRAMES_A_SECOND
        header = request_header(worker, path, seconds, do="read", indices=indices, short_side=SHORT_SIDE)
        remark = header["note"].removesuffix(header["damage"]).removesuffix("; ")
        return Checkup(count, digest_file(path), damage=header["damage"], remark=remark)
    except Undecodable as error:
        return Checkup(0, "", problem=str(error))
    except OSError as error:
        return Checkup(0, "", problem=f"cannot be opened ({error.strerror})")


def request_header(worker: Worker, path: Path, seconds: float, **request: object) -> dict:
    """The answer's header. Raises Undecodable."""
    limits = {"frames": 1 << 30, "seconds": MAX_SECONDS, "pixels": MAX_PIXELS}
    try:
        header, _ = worker.ask({"path": os.fspath(path), "fps": 12.0, "limits": limits, **request}, seconds)
    except WorkerFailure as failure:
        late, code = f"could not be decoded within {seconds:.0f} s", f"made the decoding process crash (code {failure.code})"
        raise Undecodable(late if failure.late else code) from failure
    if "refused" in header:
        raise Undecodable(header["refused"])
    return header


def digest_file(path: Path) -> str:
    """Of a file's bytes; of a folder, of those of its pictures in their order, whatever they are called."""
    if not path.is_dir():
        return digest_bytes(path)
    return blake2b("".join(digest_bytes(path / name) for name in picture_names(str(path))).encode(), digest_size=16).hexdigest()


def digest_bytes(file: Path) -> str:
    total = blake2b(digest_size=16)
    with file.open("rb") as content:
        while chunk := content.read(CHUNK):
            total.update(chunk)
    return total.hexdigest()
