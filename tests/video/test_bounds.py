"""What the decoding process may take, and what it refuses to open."""

import os
import struct
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import workbench as wb
from workbench.video.decoder.bounds import ENTRY_BYTES, memory_limit, why_impossible
from workbench.video.worker import Worker
from workbench.video.write import write_video

CLIPS = Path(__file__).parents[1] / "clips"


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    write_video(path, np.zeros((12, 32, 32, 3), np.uint8), 10)
    return path


def with_number(film: Path, box: bytes, place: int, number: int) -> Path:
    """The film with another number in a box, so many bytes after its kind."""
    data = bytearray(film.read_bytes())
    at = data.index(box) + 4 + place
    data[at : at + 4] = struct.pack(">I", number)
    path = film.with_name(f"{box.decode()}.mp4")
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("box", [*sorted(ENTRY_BYTES.keys() - {b"co64", b"stps"}), b"stsz"])
def test_a_table_with_more_entries_than_bytes_is_refused(film: Path, box: bytes) -> None:
    """Whichever it is; a process that made room for it would take gigabytes."""
    if box not in film.read_bytes():
        film = with_table(film, box)
    path = with_number(film, box, 8 if box == b"stsz" else 4, 80_000_000)
    with pytest.raises(wb.VideoError, match=r"is damaged.*copy or record it again"):
        wb.probe_video(path)


def with_table(film: Path, box: bytes) -> Path:
    """The film with an empty table of this kind in the place of the one of its samples' times."""
    path = film.with_name(f"with-{box.decode()}.mp4")
    path.write_bytes(film.read_bytes().replace(b"stts", box, 1))
    return path


def test_a_few_bytes_that_stand_for_millions_of_pictures_are_refused(film: Path) -> None:
    """One entry of the table of times is true of its room, and says how many pictures follow."""
    with pytest.raises(wb.VideoError, match="claims 80000000 pictures"):
        wb.probe_video(with_number(film, b"stts", 8, 80_000_000))


@pytest.mark.parametrize(
    "path", [*sorted(CLIPS.glob("*.m[op]*")), *(sample.path for sample in wb.sample_videos())], ids=lambda path: path.name
)
def test_no_true_file_is_called_impossible(path: Path) -> None:
    assert why_impossible(str(path)) == ""


def test_boxes_in_circles_end(tmp_path: Path) -> None:
    """A box without a length, and one that is longer than the file."""
    path = tmp_path / "odd.mp4"
    path.write_bytes(struct.pack(">I4sI4sI4s", 8, b"ftyp", 2**31, b"moov", 0, b"trak"))
    assert why_impossible(str(path)) == ""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux keeps to such a limit")
def test_what_asks_for_too_much_memory_gets_an_error() -> None:
    with memory_limit(1 << 28), pytest.raises(MemoryError):
        bytearray(1 << 30)


def test_afterwards_there_is_no_limit() -> None:
    with memory_limit(1 << 28):
        pass
    assert len(bytearray(1 << 29)) == 1 << 29


POSTSCRIPT = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 8\n%%EndComments\nshowpage\n%%EOF\n"


def test_no_picture_starts_a_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """PostScript that is named .png: Ghostscript, for which it was written, is not asked."""
    folder, programs, trace = tmp_path / "frames", tmp_path / "programs", tmp_path / "started"
    folder.mkdir()
    programs.mkdir()
    for number in range(2):
        (folder / f"{number}.png").write_bytes(POSTSCRIPT)
    (programs / "gs").write_text(f"#!/bin/sh\ntouch {trace}\n")
    (programs / "gs").chmod(0o755)
    monkeypatch.setenv("PATH", str(programs), prepend=os.pathsep)

    decoder, limits = Worker(), {"frames": 9, "seconds": 9, "pixels": 10**6}
    header, _ = decoder.ask({"do": "probe", "path": str(folder), "fps": 12.0, "limits": limits}, 60)
    decoder.stop()
    assert "cannot be read" in header["refused"]
    assert not trace.exists()


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp", "bmp", "tiff", "ppm"])
def test_every_kind_of_picture_that_is_taken_is_opened(tmp_path: Path, kind: str) -> None:
    for number in range(2):
        Image.fromarray(np.full((8, 8, 3), 100, np.uint8)).save(tmp_path / f"{number}.{kind}")
    assert wb.read_video(tmp_path).frames.shape == (2, 8, 8, 3)
