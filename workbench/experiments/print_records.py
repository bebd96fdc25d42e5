"""Prints the records of a training run on the terminal, and of a run that ends early what is kept and how to go on."""

import json
import math
import os
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from workbench.training.alphabet import TrainRecord
from workbench.training.fit import FitRecord
from workbench.training.state import STATE


class Interruption(Exception):
    """Ctrl-C, with what is kept and how to go on, a line each."""


def print_records(records: Iterable[FitRecord | TrainRecord], output: Path | None) -> None:
    """A line an epoch; where Ctrl-C or the death of a loader ends the run, what is kept of it and how to go on."""
    done = 0
    try:
        for record in records:
            print_record(record)
            done += 1
    except KeyboardInterrupt:
        kept, how = what_is_kept(output)
        raise Interruption(f"Stopped after {done} epoch{'s' * (done != 1)}. {kept}.\n{how}.") from None
    except RuntimeError as error:
        if "DataLoader worker" not in str(error):
            raise
        kept, how = what_is_kept(output)
        cause = "a process that loads clips was ended from outside, perhaps for want of memory"
        raise RuntimeError(f"{cause}. {kept}. {how}; with fewer --workers it takes less memory.") from error


def what_is_kept(output: Path | None) -> tuple[str, str]:
    """Of a run that ended early: what is kept, and how to go on."""
    state = output and output / STATE
    if not state:
        return "Nothing of it is kept", "Say --output FOLDER, and a run that is stopped can go on"
    if not state.exists():
        return f"Nothing of it is in {output} yet", "The same command begins anew"
    moment = datetime.fromtimestamp(state.stat().st_mtime).strftime("%H:%M:%S")
    return f"{output} keeps it as it was at {moment}", "The same command goes on from there"


def print_record(record: FitRecord | TrainRecord) -> None:
    """One line of JSON, from one process; floats have six decimals, and what is not a number is null."""
    if is_first():
        floats = {name: value for name, value in vars(record).items() if isinstance(value, float)}
        rounded = {name: round(value, 6) if math.isfinite(value) else None for name, value in floats.items()}
        print(json.dumps({**vars(record), **rounded}), flush=True)


def is_first() -> bool:
    """Of the processes that torchrun started only one speaks."""
    return os.environ.get("RANK", "0") == "0"
