"""Whether training that is killed or out of disk goes on to the bit.

Weights, optimiser, generators and records of each run that was ended over and over are compared with those of one that was left alone.
Of studies: studies.py.

    nice -n 5 python benchmarks/robustness/runs.py [runs]

Writes results/robustness_runs.csv: a row for each way to end a run, with so many runs of it or a part of them (default 24).
A kill is a SIGKILL. left_over counts the unfinished files beside the others, the most after any kill and what stays in the end.
Full disks are small ones in memory, which needs root; that row is left out for others.
"""

import hashlib
import io
import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass, replace
from itertools import chain, cycle
from multiprocessing.process import BaseProcess
from pathlib import Path

import numpy as np
import torch

import workbench.paths
from workbench.cli import main
from workbench.paths import PROJECT, RESULTS, is_full, write_rows
from workbench.training.alphabet import train
from workbench.training.config import TrainConfig
from workbench.training.distributed import machine
from workbench.training.fit import fit
from workbench.training.fit_config import FitConfig
from workbench.training.state import STATE

sys.path += [str(PROJECT / "tests" / "support"), str(PROJECT / "tests" / "experiments")]
from small_sets import make_set
from test_runner import wait_until
from train_small import small, small_recipes

SMALL = TrainConfig(epochs=2, clips=12, batch_size=4, size=32, validation_clips=2, workers=0, device="cpu", progress=False, save_every=0.0)
FLAGS = ["--epochs=2", "--clips=12", "--batch-size=4", "--size=32", "--validation-clips=2", "--save-every=0"]
PLACES = ("half written", "written, not renamed", "renamed")
CLOCK = ("seconds", "clips_per_second")  # fields of a record that no two runs share
PATIENCE = 600.0  # seconds
Config = TrainConfig | FitConfig


@dataclass
class Count:
    """Of one kind: runs, kills, runs that came out otherwise, the most unfinished files after a kill and those in the end."""

    kind: str
    tries: int = 0
    kills: int = 0
    differences: int = 0
    left_over: int = 0
    left_over_in_the_end: int = 0
    what: str = ""

    def close(self, same: bool, folder: Path) -> None:
        """Count a run that has ended by itself."""
        self.tries, self.differences = self.tries + 1, self.differences + (not same)
        self.left_over_in_the_end += len(unfinished(folder))

    def count_kill(self, folder: Path) -> None:
        self.kills, self.left_over = self.kills + 1, max(self.left_over, len(unfinished(folder)))


def unfinished(folder: Path) -> list[Path]:
    return list(folder.rglob(".*.tmp"))


def digest(folder: Path) -> str:
    """Of all that a run leaves in its last state, to the bit, but for what the clock says and where it lies."""
    content = torch.load(folder / STATE, weights_only=True)
    kept = {name: value for name, value in content.items() if name not in (*CLOCK, "config")}
    kept["records"] = [{name: value for name, value in record.items() if name not in CLOCK} for record in content["records"]]
    sha = hashlib.sha256()
    add(sha, kept)
    return sha.hexdigest()


def add(sha: "hashlib._Hash", value: object) -> None:
    """Tensors by their bytes, all else by its words, in their order."""
    if isinstance(value, torch.Tensor):
        sha.update(value.contiguous().numpy().tobytes())
    elif isinstance(value, dict):
        for name, part in value.items():
            sha.update(str(name).encode())
            add(sha, part)
    elif isinstance(value, list | tuple):
        for part in value:
            add(sha, part)
    else:
        sha.update(repr(value).encode())


# ------------------------------------------------------------------------------------------------------------ training


def learn(config: Config) -> None:
    list(train(config) if isinstance(config, TrainConfig) else fit(config))


def learn_and_die(config: Config, place: str, number: int) -> None:
    """Train, and be killed at a place of the so-manieth file that is written."""
    writes, rename = iter(range(1, sys.maxsize)), os.replace

    class Half(io.FileIO):
        def write(self, contents) -> int:
            super().write(contents[: len(contents) // 2])
            return die()

    def open_half(path: Path, mode: str):
        return Half(path, "wb") if next(writes) == number else open(path, mode)

    def rename_and_die(source: Path, target: Path) -> None:
        last = next(writes) == number
        if last and place == "written, not renamed":
            die()
        rename(source, target)
        if last:
            die()

    if place == "half written":
        workbench.paths.open = open_half  # pyright: ignore
    else:
        os.replace = rename_and_die
    learn(config)


def die() -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return 0


def fork(deed: Callable, *arguments: object) -> BaseProcess:
    """A copy of this process, which has torch in memory already."""
    process = multiprocessing.get_context("fork").Process(target=deed, args=arguments)
    process.start()
    return process


def train_whole(config: Config) -> tuple[str, float]:
    """Digest and seconds of a run that is left alone."""
    began = time.monotonic()
    process = fork(learn, config)
    process.join()
    assert process.exitcode == 0
    return digest(folder_of_run(config)), time.monotonic() - began


def folder_of_run(config: Config) -> Path:
    assert config.output
    return config.output


def kill_at_random(kind: str, config: Config, runs: int, rng: np.random.Generator) -> Count:
    """Each run is killed at random moments, over and over until it ends; later by and by, should the machine have become busy."""
    count, (expected, seconds) = Count(kind, what="at random moments"), train_whole(config)
    for number in range(runs):
        copy, longest, process = replace(config, output=folder_of_run(config).with_name(f"{kind} {number}")), 0.5 * seconds, None
        while process is None or process.exitcode:
            process, longest = fork(learn, copy), 1.05 * longest
            process.join(rng.uniform(0.0, longest))
            process.kill()
            process.join()
            assert process.exitcode in (0, -signal.SIGKILL), f"{copy.output}: exit code {process.exitcode}"
            if process.exitcode:
                count.count_kill(folder_of_run(copy))
        count.close(digest(folder_of_run(copy)) == expected, folder_of_run(copy))
    return count


def kill_in_writes(place: str, config: TrainConfig, runs: int) -> Count:
    """Each run is killed at its first write, and then by turns at the n-th and the one after of each new start, until it ends."""
    count, (expected, _) = Count("training", what=f"in the writing of a file: {place}"), train_whole(config)
    for number in range(2, 2 + runs):
        copy = replace(config, output=folder_of_run(config).with_name(f"{place} {number}"))
        for which in chain([1], cycle((number, number + 1))):
            process = fork(learn_and_die, copy, place, which)
            process.join()
            if not process.exitcode:
                break
            assert process.exitcode == -signal.SIGKILL
            count.count_kill(folder_of_run(copy))
        count.close(digest(folder_of_run(copy)) == expected, folder_of_run(copy))
    return count


# ------------------------------------------------------------------------------------------- training that is told to end


def command(folder: Path, workers: int, complaints: Path) -> None:
    """`workbench train` with the small run; what it complains of goes to a file."""
    sys.argv = ["workbench", "train", *FLAGS, "--device=cpu", "--no-progress", "--workers", str(workers), "--output", str(folder)]
    with complaints.open("w", encoding="utf-8", buffering=1) as file, redirect_stderr(file), redirect_stdout(io.StringIO()):
        main()


def complained(folder: Path, process: BaseProcess, complaints: Path, words: str) -> bool:
    """Whether the command ended with one line that names the folder and says this."""
    lines = complaints.read_text(encoding="utf-8").splitlines()
    return process.exitcode == 2 and len(lines) == 1 and words in lines[0] and str(folder) in lines[0]


def children(process: BaseProcess) -> list[int]:
    with suppress(OSError):
        return [int(word) for word in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]
    return []


def kill_loaders(config: TrainConfig, runs: int, rng: np.random.Generator) -> Count:
    """A process that loads clips is killed at a random moment; the command says so in one line, and the next goes on."""
    count, (expected, seconds) = Count("loader of clips"), train_whole(config)
    quiet = 0
    for number in range(runs):
        copy = folder_of_run(config).with_name(f"loader {number}")
        process = fork(command, copy, 1 + number % 2, copy.with_suffix(".txt"))
        wait_until(lambda ended=process: ended.exitcode is not None or children(ended), PATIENCE, "no loader began")
        time.sleep(rng.uniform(0.0, 0.2 * seconds))
        for loader in children(process)[:1]:
            os.kill(loader, signal.SIGKILL)
            count.count_kill(copy)
        process.join()
        quiet += process.exitcode == 0
        announced = process.exitcode == 0 or complained(copy, process, copy.with_suffix(".txt"), "a process that loads clips was ended")
        train_whole(replace(config, output=copy))
        count.close(announced and digest(copy) == expected, copy)
    count.what = f"killed at a random moment; the command ended with one line, or, {quiet} times, needed that process no more"
    return count


@contextmanager
def small_disk(folder: Path, mebibytes: int) -> Iterator[Path]:
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m", "tmpfs", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def fill(disk: Path) -> Path:
    """Write a file until nothing more goes onto the disk."""
    with open(disk / "filler", "wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError as error:
            assert is_full(error)
    return disk / "filler"


def fill_the_disk(config: TrainConfig, runs: int, rng: np.random.Generator) -> Count:
    """The disk is filled at a random moment; the command says so in one line, its last state is whole, and with room it goes on."""
    count, (expected, seconds) = Count("full disk"), train_whole(config)
    late = 0
    for number in range(runs):
        with small_disk(folder_of_run(config).with_name(f"disk {number}"), 16) as disk:
            process = fork(command, disk / "run", 0, disk.with_suffix(".txt"))
            time.sleep(rng.uniform(0.0, 0.8 * seconds))
            filler = fill(disk)
            process.join()
            late += process.exitcode == 0
            announced = process.exitcode == 0 or complained(disk / "run", process, disk.with_suffix(".txt"), "full")
            filler.unlink()
            train_whole(replace(config, output=disk / "run"))
            count.close(announced and digest(disk / "run") == expected, disk)
    count.what = f"filled at a random moment; the command ended with one line, or, {late} times, had ended; with room again it went on"
    return count


# ---------------------------------------------------------------------------------------------------------------- all


def counts(folder: Path, runs: int) -> Iterator[Count]:
    """Training first, in copies of this process."""
    rng, root = np.random.default_rng(0), os.geteuid() == 0
    plain = replace(SMALL, output=folder / "training")
    yield kill_at_random("training", plain, runs, rng)
    yield kill_at_random("training, a loader", replace(SMALL, workers=1, output=folder / "with loader"), max(1, runs // 4), rng)
    with small_recipes():
        data = make_set(folder / "mine", "folders", classes=2, per_class=(8, 3), size=(40, 56))
        recipe = small(data, folder / "recipe", save_every=0.0)
        yield kill_at_random("recipe on videos", recipe, max(1, runs // 4), rng)
    for place in PLACES:
        yield kill_in_writes(place, replace(SMALL, output=folder / place), max(1, runs // 4))
    yield kill_loaders(replace(SMALL, output=folder / "loaders"), max(1, runs // 2), rng)
    if root:
        yield fill_the_disk(replace(SMALL, output=folder / "full"), max(1, runs // 2), rng)


def write_counts(path: Path, counts: Iterator[Count], command: str) -> None:
    """Write the table, a row more after each kind."""
    rows = []
    for count in counts:
        print(count, file=sys.stderr)
        rows.append({**vars(count), "machine": machine("cpu"), "command": command})
        write_rows(path, rows)


COMMAND = "python benchmarks/robustness/runs.py"

if __name__ == "__main__":
    torch.set_num_threads(1)
    learn(SMALL)  # what is imported and set up at the first use is there for the copies; without a GPU autograd has no threads
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 24
    with tempfile.TemporaryDirectory() as scratch:
        write_counts(RESULTS / "robustness_runs.csv", counts(Path(scratch), number), f"{COMMAND} {number}")
