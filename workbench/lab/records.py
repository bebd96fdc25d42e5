"""The records of finished runs: one row each in a small SQLite file, one writer at a time."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
