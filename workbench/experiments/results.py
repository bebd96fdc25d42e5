"""Records of runs -> tables of means with intervals."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from math import isfinite, nan
from pathlib import Path
from typing import Any

from workbench.experiments.statistics import Estimate, estimate, paired_difference
from workbench.paths import RESULTS, STUDIES, read_rows, write_rows
from workbench.text import markdown_table

COLUMNS = "study, grid, place, label, seed, key, parameters, metrics, seconds, code, machine, notebook, finished"


@dataclass(frozen=True)
class RunRecord:
    """A finished run. grid: which version of the study it belongs to; place: of its value there, 0 is the baseline.

    metrics: fractions for accuracy, pixels for errors. seconds: of the whole notebook.
    notebook: path of the executed notebook, from the folder of the database. finished: date and time, UTC.
    """

    study: str
    grid: str
    place: int
    label: str
    seed: int
    key: str
    parameters: dict[str, Any]
    metrics: dict[str, float]
    seconds: float
    code: str
    machine: str
    notebook: str
    finished: str


@contextmanager
def open_records(folder: Path) -> Iterator[sqlite3.Connection]:
    """The database of a folder of studies, made where it is missing; closed and written whole at the end."""
    folder.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(folder / "runs.sqlite")) as connection:
        connection.execute(f"CREATE TABLE IF NOT EXISTS runs ({COLUMNS}, PRIMARY KEY (study, grid, label, seed))")
        yield connection


def save_record(connection: sqlite3.Connection, record: RunRecord) -> None:
    values = [json.dumps(value) if isinstance(value, dict) else value for value in vars(record).values()]
    with connection:  # one transaction: a row is there whole or not at all
        connection.execute(f"INSERT OR REPLACE INTO runs ({COLUMNS}) VALUES ({', '.join('?' * len(values))})", values)


def find_records(connection: sqlite3.Connection, **where: str) -> list[RunRecord]:
    """Records whose columns have these values, in the order in which they were written."""
    condition = " AND ".join(f"{name} = ?" for name in where) or "1"
    rows = connection.execute(f"SELECT {COLUMNS} FROM runs WHERE {condition} ORDER BY rowid", tuple(where.values()))
    return [restore(dict(zip(COLUMNS.split(", "), row, strict=True))) for row in rows]


def restore(row: dict[str, Any]) -> RunRecord:
    return RunRecord(**{**row, "parameters": json.loads(row["parameters"]), "metrics": json.loads(row["metrics"])})


Rows = Sequence[Mapping[str, str | float]]
NOISE, BASELINE, ONE_SEED, SAME_RESULT = "within noise", "baseline", "one seed", "the same"


@dataclass(frozen=True)
class StudyLine:
    """A value of a study: its metric over seeds, how far it lies above the baseline seed by seed, and the verdict on that."""

    label: str
    metric: Estimate
    difference: Estimate | None
    verdict: str


@dataclass(frozen=True)
class StudyTable:
    """A metric of a study, a line for each value; the first is the baseline. unit: "%" shows fractions in percent."""

    study: str
    metric: str
    lines: tuple[StudyLine, ...]
    unit: str = "%"

    @property
    def scale(self) -> float:
        return 100.0 if self.unit == "%" else 1.0

    @property
    def baseline(self) -> StudyLine:
        return self.lines[0]

    def __str__(self) -> str:
        head = ["value", self.title, "above the baseline, paired by seed", "verdict"]
        body = [[line.label, self.words(line.metric), self.words(line.difference, "+"), line.verdict] for line in self.lines]
        return markdown_table([head, *body])

    @property
    def title(self) -> str:
        """The metric with its unit."""
        return f"{self.metric.replace('_', ' ')} ({self.unit})" if self.unit else self.metric.replace("_", " ")

    def _repr_markdown_(self) -> str:
        return str(self)

    def words(self, value: Estimate | None, sign: str = "") -> str:
        """A mean with its interval and seeds: "58.3 (54.1 to 62.5), 3 seeds"."""
        if value is None:
            return ""
        mean, low, high = (f"{self.scale * number:{sign}.1f}" for number in (value.mean, value.low, value.high))
        return f"{mean} ({low} to {high})" if isfinite(value.low) else mean


def study_table(study: str | Rows, metric: str = "accuracy", folder: Path = STUDIES) -> StudyTable:
    """Means of a metric over seeds with their 95 % intervals, and the difference from the baseline, paired where seeds are shared.

    study: its name, whose runs are looked for in `folder` and then in results/; or its rows. metric: a column.
    Raises ValueError for a study without runs or a metric that they do not have, with the names that there are.
    """
    rows = study_rows(study, folder) if isinstance(study, str) else study
    if metric not in rows[0]:
        raise ValueError(f"there is no metric {metric!r}; there are {', '.join(rows[0])}")
    seeds = by_seed(rows, metric)
    baseline = str(rows[0]["label"])
    if int(rows[0].get("place", 0)) != 0 or baseline not in seeds:
        raise ValueError(f"no run of the baseline of {rows[0]['study']} has {metric}, so that there is nothing to compare with")
    lines = tuple(line_of(label, values, seeds[baseline], label == baseline) for label, values in seeds.items())
    return StudyTable(str(rows[0]["study"]), metric, lines, unit_of(metric))


def unit_of(metric: str) -> str:
    if metric.startswith("accuracy") or metric in ("validation_accuracy", "low", "high"):
        return "%"
    return "px" if metric.endswith(("_error", "_length")) else "s" if metric.endswith("seconds") else ""


def line_of(label: str, values: dict[int, float], baseline: dict[int, float], is_baseline: bool) -> StudyLine:
    difference = None if is_baseline else paired_difference(values, baseline)
    verdict = BASELINE if is_baseline else ONE_SEED
    if difference and difference.count > 1:
        verdict = NOISE if not difference.beyond_noise else "above" if difference.mean > 0 else "below"
        verdict = SAME_RESULT if difference.low == difference.high == 0 else verdict
    return StudyLine(label, estimate(list(values.values())), difference, verdict)


def by_seed(rows: Rows, metric: str) -> dict[str, dict[int, float]]:
    """{label: {seed: value}} of the runs that have the metric, in the order of the rows."""
    values: dict[str, dict[int, float]] = {}
    for row in rows:
        value = float(row[metric] if row[metric] != "" else nan)
        if isfinite(value):
            values.setdefault(str(row["label"]), {})[int(row["seed"])] = value
    return values


def study_rows(study: str, folder: Path = STUDIES, grid: str = "") -> list[dict]:
    """The runs of a study, one flat row each: from the records in `folder`, of the version run last, or else from results/.

    grid: one version of it (`Study.grid`), from the records alone. Raises ValueError where there are no runs.
    """
    found = recorded_runs(study, folder)
    chosen = [record for record in found if record.grid == (grid or found[-1].grid)]
    if chosen:
        return flat_rows(chosen)
    if not grid and (RESULTS / f"{study}.csv").exists():
        return read_rows(RESULTS / f"{study}.csv")
    raise ValueError(f"there are no runs of {study!r} in {folder.name}/ or {RESULTS.name}/; `make study NAME={study}` runs it")


def recorded_runs(study: str, folder: Path) -> list[RunRecord]:
    if not (folder / "runs.sqlite").exists():
        return []
    with open_records(folder) as records:
        return find_records(records, study=study)


def write_study(path: Path, rows: Rows, runs: int) -> None:
    """Write the runs of a study as CSV. Raises RuntimeError afterwards where fewer than `runs` have finished."""
    write_rows(path, rows)
    if len(rows) < runs:
        raise RuntimeError(f"{runs - len(rows)} of {runs} runs have not finished; their notebooks say why, and the next call tries again")


def group_columns(rows: Rows, split: str) -> list[str]:
    """The columns of accuracy by group of clips, as `outcome.accuracy_by` names them, in which the baseline has a value."""
    names = [name for name in rows[0] if name.startswith(f"accuracy, {split} ")]
    return [name for name in names if str(rows[0]["label"]) in by_seed(rows, name)]


def flat_rows(records: Iterable[RunRecord]) -> list[dict]:
    """Records as rows of one table: what made the run, its metrics, and what of its parameters differs between runs."""
    records = sorted(records, key=lambda record: (record.place, record.seed))
    metrics = dict.fromkeys(name for record in records for name in record.metrics)
    names = dict.fromkeys(name for record in records for name in record.parameters if name not in ("seed", "output"))
    varied = [name for name in names if len({str(record.parameters.get(name)) for record in records}) > 1]
    return [
        {
            **{name: getattr(record, name) for name in ("study", "place", "label", "seed", "key")},
            **{name: round(record.metrics.get(name, nan), 5) for name in metrics},
            **{f"parameter {name}": record.parameters.get(name, "") for name in varied},
            "seconds": round(record.seconds, 1),
            **{name: getattr(record, name) for name in ("code", "machine", "notebook", "finished")},
        }
        for record in records
    ]
