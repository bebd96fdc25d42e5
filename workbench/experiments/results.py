"""Records of runs -> one table of runs -> means with intervals."""

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta, timezone
from math import isfinite
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import pandas as pd

from workbench.experiments.statistics import Estimate, estimate, paired_difference
from workbench.model.checkpoint import without_infinities
from workbench.paths import RESULTS, STUDIES, write_atomically
from workbench.text import markdown_table


@dataclass(frozen=True)
class RunRecord:
    """A finished run as part of a study. grid: which version of the study; place: of its value there, 0 is the baseline.

    metrics: fractions for accuracy, pixels for errors. seconds: of the whole notebook. code: digest of the code that was run.
    notebook: path of the executed notebook, from the folder of the studies. finished: date and time, UTC; recorded: when it
    became part of this study.
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
    recorded: str = ""


def run_folder(folder: Path, key: str) -> Path:
    return folder / "runs" / key


def save_record(folder: Path, record: RunRecord) -> None:
    """Write a record into the folder of its run, where other studies may have their own: a file each, so that none needs a lock."""
    path = run_folder(folder, record.key) / f"record.{quote(record.study, safe='')}.{record.grid}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, json.dumps(without_infinities(asdict(record)), allow_nan=False, indent=1).encode())


def read_records(folder: Path, study: str = "", key: str = "") -> list[RunRecord]:
    """The records in a folder of studies, of one study or one run where these are named, in the order in which they were written.

    Raises ValueError for a file that holds no record.
    """
    import_database(folder)
    name = quote(study, safe="") or "*"
    records = [read_record(path) for path in folder.glob(f"runs/{key or '*'}/record.{name}.*.json")]
    return sorted(records, key=lambda record: record.recorded)


def read_record(path: Path) -> RunRecord:
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        record["metrics"] = {name: float(value) for name, value in record["metrics"].items()}
        record["parameters"] = {name: number_of(value) for name, value in record["parameters"].items()}
        return RunRecord(**record)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{path} holds no record of a run ({error}); remove it, and the run counts as not recorded") from error


def number_of(value: Any) -> Any:
    """The infinity that JSON had to write as text."""
    return float(value) if value in ("inf", "-inf") else value


def recorded_studies(folder: Path) -> set[str]:
    """Names of the studies with records in a folder."""
    import_database(folder)
    names = (path.name.removeprefix("record.").rsplit(".", 2)[0] for path in folder.glob("runs/*/record.*.json"))
    return {unquote(name) for name in names}


DATABASE = "runs.sqlite"  # in which records were kept before each had a file


def import_database(folder: Path) -> None:
    """Give each run of an old database a record of its own, once: afterwards the database has another name.

    Raises ValueError for a database that cannot be read.
    """
    database = folder / DATABASE
    if not database.exists():
        return
    names = [field.name for field in fields(RunRecord) if field.name != "recorded"]
    try:
        with closing(sqlite3.connect(f"file:{quote(str(database.resolve()))}?mode=ro", uri=True)) as connection:
            rows = connection.execute(f"SELECT {', '.join(names)} FROM runs ORDER BY rowid").fetchall()
    except sqlite3.Error as error:
        if not database.exists():  # another process has just imported it
            return
        raise ValueError(f"{database} cannot be read ({error}); move it away, and its runs count as not recorded") from error

    written = datetime.fromtimestamp(database.stat().st_mtime, timezone.utc)
    for number, row in enumerate(rows):
        values = dict(zip(names, row, strict=True))
        values |= {name: json.loads(values[name]) for name in ("parameters", "metrics")}
        save_record(folder, RunRecord(**values, recorded=timestamp(written + timedelta(microseconds=number))))
    with suppress(FileNotFoundError):
        database.rename(database.with_name(f"{DATABASE}.imported"))


def timestamp(moment: datetime) -> str:
    """A moment as text that sorts by time."""
    return moment.isoformat(timespec="microseconds")


# ---------------------------------------------------------------------------------------------------------- the table of runs

IDENTITY, CIRCUMSTANCES = ("study", "place", "label", "seed", "key"), ("seconds", "code", "machine", "notebook", "finished")
WORDS = ("study", "label", "key", "code", "machine", "notebook", "finished")  # columns of text, as are those of parameters
PARAMETER = "parameter "  # begins the name of a parameter's column


def read_runs(folder: Path = STUDIES) -> pd.DataFrame:
    """The table of runs: a row for each run of each study in `folder`, in the order in which they were recorded.

    Columns: what the run is (study, grid, place, label, seed, key), a metric each, "parameter NAME" each, and how it went
    (seconds, code, machine, notebook, finished). Empty without runs.
    """
    records = read_records(folder)
    table = tabulate(records)
    table.insert(1, "grid", [record.grid for record in records])
    return table


def study_rows(study: str, folder: Path = STUDIES, grid: str = "") -> pd.DataFrame:
    """The runs of a study, value by value: from the records in `folder`, of the version run last, or else from results/.

    Of the parameters those are columns that differ between runs. grid: one version of the study (`Study.grid`), from the
    records alone. Raises ValueError where there are no runs.
    """
    found = read_records(folder, study)
    chosen = [record for record in found if record.grid == (grid or found[-1].grid)]
    if chosen:
        table = tabulate(sorted(chosen, key=lambda record: (record.place, record.seed)))
        constant = [name for name in table if name.startswith(PARAMETER) and table[name].map(str).nunique() == 1]
        return table.drop(columns=[*constant, *table.columns.intersection([f"{PARAMETER}seed", f"{PARAMETER}output"])])
    if not grid and (RESULTS / f"{study}.csv").exists():
        return read_study(RESULTS / f"{study}.csv")
    raise ValueError(f"there are no runs of {study!r} in {folder.name}/ or {RESULTS.name}/; `make study NAME={study}` runs it")


def tabulate(records: Sequence[RunRecord]) -> pd.DataFrame:
    """Records as rows: metrics as numbers to five digits, parameters as they are, "" where a run has none."""
    metrics = dict.fromkeys(name for record in records for name in record.metrics)
    parameters = dict.fromkeys(name for record in records for name in record.parameters)
    columns = {name: [getattr(record, name) for record in records] for name in IDENTITY}
    columns |= {name: [round(record.metrics.get(name, float("nan")), 5) for record in records] for name in metrics}
    for name in parameters:
        values = [record.parameters.get(name) for record in records]
        columns[f"{PARAMETER}{name}"] = pd.Series(["" if value is None else value for value in values], dtype=object)
    columns |= {name: [getattr(record, name) for record in records] for name in CIRCUMSTANCES}
    return pd.DataFrame(columns | {"seconds": [round(record.seconds, 1) for record in records]})


def read_study(path: Path) -> pd.DataFrame:
    """The runs of a study as `write_study` wrote them; parameters are text."""
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    numbers = [name for name in table if name not in WORDS and not name.startswith(PARAMETER)]
    table[numbers] = table[numbers].replace("", "nan").astype(float)
    return table.astype({"place": int, "seed": int})


def write_study(path: Path, rows: pd.DataFrame, runs: int) -> None:
    """Write the runs of a study as CSV. Raises RuntimeError afterwards where fewer than `runs` have finished."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows.to_csv(path, index=False, na_rep="nan", lineterminator="\n")
    if len(rows) < runs:
        raise RuntimeError(f"{runs - len(rows)} of {runs} runs have not finished; their notebooks say why, and the next call tries again")


def by_seed(rows: pd.DataFrame, metric: str) -> dict[str, dict[int, float]]:
    """{label: {seed: value}} of the runs that have the metric, in the order of the rows."""
    values: dict[str, dict[int, float]] = {}
    for label, seed, value in zip(rows["label"], rows["seed"], pd.to_numeric(rows[metric]), strict=True):
        if isfinite(value):
            values.setdefault(label, {})[int(seed)] = float(value)
    return values


def group_columns(rows: pd.DataFrame, split: str) -> list[str]:
    """The columns of accuracy by group of clips, as `accuracy_by` names them, in which the baseline has a value."""
    names = [name for name in rows if name.startswith(f"accuracy, {split} ")]
    return [name for name in names if rows["label"].iloc[0] in by_seed(rows, name)]


# ------------------------------------------------------------------------------------------------------- means with intervals

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
        """A mean with its interval: "58.3 (54.1 to 62.5)"."""
        if value is None:
            return ""
        mean, low, high = (f"{self.scale * number:{sign}.1f}" for number in (value.mean, value.low, value.high))
        return f"{mean} ({low} to {high})" if isfinite(value.low) else mean


def study_table(study: str | pd.DataFrame, metric: str = "accuracy", folder: Path = STUDIES) -> StudyTable:
    """Means of a metric over seeds with their 95 % intervals, and the difference from the baseline, paired where seeds are shared.

    study: its name, whose runs are looked for in `folder` and then in results/; or its rows. metric: a column.
    Raises ValueError for a study without runs or a metric that they do not have, with the names that there are.
    """
    rows = study_rows(study, folder) if isinstance(study, str) else study
    if metric not in rows:
        raise ValueError(f"there is no metric {metric!r}; there are {', '.join(rows)}")
    first, seeds = rows.iloc[0], by_seed(rows, metric)
    if first["place"] != 0 or first["label"] not in seeds:
        raise ValueError(f"no run of the baseline of {first['study']} has {metric}, so that there is nothing to compare with")
    baseline = str(first["label"])
    lines = tuple(line_of(label, values, seeds[baseline], label == baseline) for label, values in seeds.items())
    return StudyTable(str(first["study"]), metric, lines, unit_of(metric))


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
