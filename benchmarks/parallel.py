"""What running a study side by side gains: the same four runs, one after the other and two at once.

    python benchmarks/parallel.py

Writes results/parallel.csv. Compare the ratio; the seconds are this machine's.
"""

import tempfile
import time
from pathlib import Path

import workbench as wb
from workbench.paths import RESULTS, write_rows
from workbench.training.distributed import machine

BASE = {"shift_div": None, "nuisance": 0.0, "batch_size": 16, "validation_clips": 90, "test_clips": 180}


def seconds(processes: int) -> float:
    """Of a study of two values and two seeds in an empty folder."""
    with tempfile.TemporaryDirectory() as folder:
        values = ({"label": "radius 4"}, {"radius": 2})
        study = wb.Study("parallel", BASE, values, epochs=1, clips=1152, seeds=2, processes=processes, output=Path(folder))
        began = time.perf_counter()
        failed = [progress.error for progress in wb.run_study(study) if progress.error]
        assert not failed, failed
        return time.perf_counter() - began


def main() -> None:
    one, two = seconds(1), seconds(2)
    shared = {"runs": 4, "threads_of_a_run": 1, "machine": machine("cpu"), "command": "python benchmarks/parallel.py"}
    measured = ((1, one), (2, two))
    rows = [{"processes": count, "seconds": round(taken, 1), "gain": round(one / taken, 2), **shared} for count, taken in measured]
    write_rows(RESULTS / "parallel.csv", rows)
    print(*rows, sep="\n")


if __name__ == "__main__":
    main()
