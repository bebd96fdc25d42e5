"""Records of runs -> tables with intervals: `wb.results.table("21_displacement_range")`."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite, nan
from pathlib import Path

from workbench.lab.records import RunRecord, find_records, open_records
from workbench.lab.statistics import Estimate, estimate, paired_difference

ROOT = Path(__file__).parent.parent.parent
RESULTS = ROOT / "results"
STUDIES = ROOT / "runs" / "studies"
Rows = Sequence[Mapping[str, str | int | float]]
NOISE, BASELINE, ONE_SEED, SAME = "within noise", "baseline", "one seed", "the same"


@dataclass(frozen=True)
class Line:
    """A value of a study: its metric over seeds, how far it lies above the baseline seed by seed, and the verdict on that."""

    label: str
    metric: Estimate
    difference: Estimate | None
    verdict: str


@dataclass(frozen=True)
class Table:
    """A metric of a study, a line for each value; the first is the baseline. unit: "%" shows fractions in percent."""

    study: str
    metric: str
    lines: tuple[Line, ...]
    unit: str = "%"

    @property
    def scale(self) -> float:
        return 100.0 if self.unit == "%" else 1.0

    @property
    def baseline(self) -> Line:
        return self.lines[0]

    def __str__(self) -> str:
        head = ["value", self.title, "above the baseline, paired by seed", "verdict"]
        body = [[line.label, self.words(line.metric), self.words(line.difference, "+"), line.verdict] for line in self.lines]
        return markdown([head, *body])

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


def table(study: str | Rows, metric: str = "accuracy", folder: Path = STUDIES) -> Table:
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
    return Table(str(rows[0]["study"]), metric, lines, unit_of(metric))


def unit_of(metric: str) -> str:
    if metric.startswith("accuracy") or metric in ("validation_accuracy", "low", "high"):
        return "%"
    return "px" if metric.endswith(("_error", "_length")) else "s" if metric.endswith("seconds") else ""


def line_of(label: str, values: dict[int, float], baseline: dict[int, float], is_baseline: bool) -> Line:
    difference = None if is_baseline else paired_difference(values, baseline)
    verdict = BASELINE if is_baseline else ONE_SEED
    if difference and difference.count > 1:
        verdict = NOISE if not difference.beyond_noise else "above" if difference.mean > 0 else "below"
        verdict = SAME if difference.low == difference.high == 0 else verdict
    return Line(label, estimate(list(values.values())), difference, verdict)


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
    found = recorded(study, folder)
    chosen = [record for record in found if record.grid == (grid or found[-1].grid)]
    if chosen:
        return flat_rows(chosen)
    if not grid and (RESULTS / f"{study}.csv").exists():
        return read_rows(RESULTS / f"{study}.csv")
    raise ValueError(f"there are no runs of {study!r} in {folder.name}/ or {RESULTS.name}/; `make study NAME={study}` runs it")


def recorded(study: str, folder: Path) -> list[RunRecord]:
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


def read_rows(path: Path) -> list[dict[str, str]]:
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def write_rows(path: Path, rows: Sequence[Mapping]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def markdown(lines: list[list[str]]) -> str:
    head, *body = ["| " + " | ".join(line) + " |" for line in lines]
    return "\n".join([head, "|---" * len(lines[0]) + "|", *body])
