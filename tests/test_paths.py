"""The laws of files that are written whole or not at all."""

import errno
import subprocess
import sys
from pathlib import Path

import pytest
from patience import PATIENCE_SECONDS

from workbench.paths import is_full, write_atomically

WRITER = """
import os, signal, sys
from pathlib import Path
from workbench.paths import write_atomically

rename = os.replace

def die(source, target):
    os.kill(os.getpid(), signal.SIGKILL)

def linger(source, target):
    print("written", flush=True)
    sys.stdin.readline()
    rename(source, target)

os.replace = {"die": die, "linger": linger}[sys.argv[1]]
write_atomically(Path(sys.argv[2]), b"of another process")
"""


def start_writer(end: str, path: Path) -> subprocess.Popen:
    command = [sys.executable, "-c", WRITER, end, str(path)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def test_what_a_killed_writer_left_is_removed_by_the_next(tmp_path: Path) -> None:
    """Killed between write and rename: the file is whole, and what lies beside it goes with the next write."""
    path = tmp_path / "state.pt"
    write_atomically(path, b"first")
    start_writer("die", path).communicate(timeout=PATIENCE_SECONDS)
    assert path.read_bytes() == b"first"
    assert len(list(tmp_path.iterdir())) == 2
    write_atomically(path, b"second")
    assert list(tmp_path.iterdir()) == [path]
    assert path.read_bytes() == b"second"


def test_a_writer_that_lives_is_left_in_peace(tmp_path: Path) -> None:
    """Two processes write one file at once: each write is whole, and the last one stays."""
    path = tmp_path / "state.pt"
    with start_writer("linger", path) as writer:
        assert writer.stdout.readline() == "written\n"
        write_atomically(path, b"of this process")
        assert path.read_bytes() == b"of this process"
        writer.communicate("\n", timeout=PATIENCE_SECONDS)
    assert writer.returncode == 0
    assert path.read_bytes() == b"of another process"


def test_a_full_disk_is_one_sentence_and_leaves_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It names the folder; the file stays as it was, and nothing lies beside it."""
    path = tmp_path / "state.pt"
    write_atomically(path, b"first")

    def fail(file: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(OSError, match=rf"^the disk of {tmp_path} is full") as error:
        write_atomically(path, b"second")
    assert is_full(error.value)
    assert path.read_bytes() == b"first"
    assert list(tmp_path.iterdir()) == [path]
