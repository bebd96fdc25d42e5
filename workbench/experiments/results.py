"""Records of runs, a file for each in its folder, and the table of runs that is made of them."""

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import pandas as pd

from workbench.model.checkpoint import without_infinities
from workbench.paths import RESULTS, STUDIES, write_atomically


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
        parameters = record["parameters"].items()  # JSON had to write infinity as text
        record["parameters"] = {name: float(value) if value in ("inf", "-inf") else value for name, value in parameters}
        return RunRecord(**record)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{path} holds no record of a run ({error}); remove it, and the run counts as not recorded") from error


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

    imported = datetime.fromtimestamp(database.stat().st_mtime, timezone.utc)
    for number, row in enumerate(rows):
        values = dict(zip(names, row, strict=True))
        values |= {name: json.loads(values[name]) for name in ("parameters", "metrics")}
        save_record(folder, RunRecord(**values, recorded=timestamp(imported + timedelta(microseconds=number))))
    with suppress(FileNotFoundError):
        database.rename(database.with_name(f"{DATABASE}.imported"))


def timestamp(moment: datetime) -> str:
    """A moment as text that sorts by time."""
    return moment.isoformat(timespec="microseconds")


# ---------------------------------------------------------------------------------------------------------- the table of runs

IDENTITY, CIRCUMSTANCES = ("study", "place", "label", "seed", "key"), ("seconds", "code", "machine", "notebook", "finished")
WORDS = ("study", "label", "key", "code", "machine", "notebook", "finished")  # columns of text, as are those of parameters
PARAMETER = "parameter "  # begins the name of a parameter's column


def study_rows(study: str, folder: Path = STUDIES, grid: str = "") -> pd.DataFrame:
    """The runs of a study, value by value: from the records in `folder`, of the version run last, or else from results/.

    Of the parameters those are columns that differ between runs. grid: one version of the study (`Study.grid`), from the
    records alone. Raises ValueError where there are no runs.
    """
    records = read_records(folder, study)
    chosen = [record for record in records if record.grid == (grid or records[-1].grid)]
    if chosen:
        table = tabulate(sorted(chosen, key=lambda record: (record.place, record.seed)))
        constant = [name for name in table if name.startswith(PARAMETER) and len(set(map(str, table[name]))) == 1]
        return table.drop(columns=[*constant, *table.columns.intersection([f"{PARAMETER}seed", f"{PARAMETER}output"])])
    if not grid and (RESULTS / f"{study}.csv").exists():
        return read_study(RESULTS / f"{study}.csv")
    raise ValueError(f"there are no runs of {study!r} in {folder.name}/ or {RESULTS.name}/; `make study NAME={study}` runs it")


def tabulate(records: Sequence[RunRecord]) -> pd.DataFrame:
    """Records as rows: metrics as numbers to five digits, parameters as they are, "" where a run has none."""
    metrics = dict.fromkeys(name for record in records for name in record.metrics)
    parameters = dict.fromkeys(name for record in records for name in record.parameters)
    columns: dict[str, Any] = {name: [getattr(record, name) for record in records] for name in IDENTITY}
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
