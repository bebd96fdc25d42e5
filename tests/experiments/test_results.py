"""The table of runs: records in the folders of their runs, what earlier versions kept, and studies as CSV."""

import json
import sqlite3
from contextlib import closing
from dataclasses import fields, replace
from math import inf, isnan, nan
from pathlib import Path

import pytest

from workbench.experiments.job import Result
from workbench.experiments.results import (
    RunRecord,
    read_records,
    read_study,
    recorded_studies,
    save_record,
    study_rows,
    write_study,
)  # fmt: skip
from workbench.experiments.runner import RunCounts, count_runs, run_study
from workbench.experiments.study import Study, equivalent_versions, key_under, register_equivalent
from workbench.paths import RESULTS

EARLIER = "142134252cfd"  # a version of the code


def record(place: int, seed: int, **changes) -> RunRecord:
    parameters = {"radius": 4 - place, "sigma": inf if place else 5.0, "motion": True, "shift_div": None, "speed": [1.0, 8.0], "seed": seed}
    if place == 2:
        parameters = {"motion": False, "shift_div": None, "speed": [1.0, 8.0], "seed": seed}
    metrics = {"accuracy": 0.123456 + 0.1 * place, "moving_error": nan if place == 2 else 1.5, "training_clips": 4608.0}
    label, key = ("base, with a comma", "other", "without motion")[place], f"{place}{seed}"
    made = RunRecord(
        "a study: 1/2",
        "grid",
        place,
        label,
        seed,
        key,
        parameters,
        metrics,
        12.34,
        EARLIER,
        "one, two",
        f"runs/{key}/notebook.ipynb",
        "now",
    )
    return replace(made, **changes)


def write_database(folder: Path, records: list[RunRecord]) -> None:
    """A database as it was kept before each run had a file."""
    names = [field.name for field in fields(RunRecord) if field.name != "recorded"]
    with closing(sqlite3.connect(folder / "runs.sqlite")) as connection, connection:
        connection.execute(f"CREATE TABLE runs ({', '.join(names)}, PRIMARY KEY (study, grid, label, seed))")
        for each in records:
            values = [getattr(each, name) for name in names]
            values = [json.dumps(value) if isinstance(value, dict) else value for value in values]
            connection.execute(f"INSERT INTO runs VALUES ({', '.join('?' * len(names))})", values)


def comparable(records: list[RunRecord]) -> list[str]:
    return [str(replace(each, recorded="")) for each in records]


def test_a_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    """Infinite parameters, metrics that are no number and a study's name that is no file's included; in the order of writing."""
    written = [record(place, seed, recorded=f"{place}{seed}") for place in range(3) for seed in range(2)]
    for each in reversed(written):
        save_record(tmp_path, each)
    assert str(read_records(tmp_path)) == str(written)
    assert recorded_studies(tmp_path) == {"a study: 1/2"}
    assert str(read_records(tmp_path, key="10")) == str([written[2]])


def test_a_run_has_a_record_in_every_study(tmp_path: Path) -> None:
    """Another study or another version of one adds a record; the same replaces it."""
    for each in (record(0, 0), record(0, 0, grid="other"), record(0, 0, study="again"), record(0, 0, seconds=1.0)):
        save_record(tmp_path, each)
    assert sorted((each.study, each.grid, each.seconds) for each in read_records(tmp_path)) == [
        ("a study: 1/2", "grid", 1.0),
        ("a study: 1/2", "other", 12.34),
        ("again", "grid", 12.34),
    ]


def test_a_file_that_holds_no_record_is_named(tmp_path: Path) -> None:
    """With what to do about it."""
    save_record(tmp_path, record(0, 0))
    (path,) = tmp_path.glob("runs/00/record.*.json")
    path.write_text("{}")
    with pytest.raises(ValueError, match=r"record\.a%20study.*holds no record of a run.*remove it"):
        read_records(tmp_path)


def test_an_old_database_is_read_once(tmp_path: Path) -> None:
    """Its rows become records, in their order; afterwards it has another name, and a record that is deleted stays so."""
    old = [record(place, seed) for place in (1, 0, 2) for seed in range(2)]
    write_database(tmp_path, old)
    assert comparable(read_records(tmp_path)) == comparable(old)
    assert not (tmp_path / "runs.sqlite").exists()
    assert (tmp_path / "runs.sqlite.imported").exists()
    next(tmp_path.glob("runs/00/record.*.json")).unlink()
    assert len(read_records(tmp_path)) == 5


def test_a_database_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """With what to do about it; it stays where it is."""
    (tmp_path / "runs.sqlite").write_text("no database at all, but long enough to be looked at" * 50)
    with pytest.raises(ValueError, match=r"runs\.sqlite cannot be read .* move it away"):
        read_records(tmp_path)
    assert (tmp_path / "runs.sqlite").exists()


def test_the_table_has_a_row_for_each_run(tmp_path: Path) -> None:
    """Metrics as numbers, parameters as they are; nothing where a run has none."""
    for each in (record(0, 0), record(1, 0), record(2, 0)):
        save_record(tmp_path, each)
    table = study_rows("a study: 1/2", tmp_path).set_index("key")
    assert table.loc["10", "parameter sigma"] == inf
    assert table.loc["20", "parameter sigma"] == ""
    assert table.loc["00", "accuracy"] == 0.12346
    assert isnan(table.loc["20", "moving_error"])


CSV = """\
study,place,label,seed,key,accuracy,moving_error,training_clips,\
parameter radius,parameter sigma,parameter motion,seconds,code,machine,notebook,finished
a study: 1/2,0,"base, with a comma",0,00,0.12346,1.5,4608.0,4,5.0,True,12.3,142134252cfd,"one, two",runs/00/notebook.ipynb,now
a study: 1/2,0,"base, with a comma",1,01,0.12346,1.5,4608.0,4,5.0,True,12.3,142134252cfd,"one, two",runs/01/notebook.ipynb,now
a study: 1/2,1,other,0,10,0.22346,1.5,4608.0,3,inf,True,12.3,142134252cfd,"one, two",runs/10/notebook.ipynb,now
a study: 1/2,2,without motion,0,20,0.32346,nan,4608.0,,,False,12.3,142134252cfd,"one, two",runs/20/notebook.ipynb,now
"""


def test_a_study_is_written_as_before(tmp_path: Path) -> None:
    """To the byte: value by value and seed by seed, with the parameters that differ; read back and written it is the same file."""
    for place, seed in ((1, 0), (0, 1), (2, 0), (0, 0)):
        save_record(tmp_path, record(place, seed))
    write_study(tmp_path / "study.csv", study_rows("a study: 1/2", tmp_path), runs=4)
    assert (tmp_path / "study.csv").read_text() == CSV
    write_study(tmp_path / "again.csv", read_study(tmp_path / "study.csv"), runs=4)
    assert (tmp_path / "again.csv").read_text() == CSV


@pytest.mark.parametrize("path", sorted(RESULTS.glob("2*.csv")), ids=lambda path: path.stem)
def test_shipped_studies_are_read_without_loss(path: Path, tmp_path: Path) -> None:
    """Read and written, each is the same file."""
    write_study(tmp_path / path.name, read_study(path), runs=0)
    assert (tmp_path / path.name).read_bytes() == path.read_bytes()


def test_the_version_of_a_study_that_was_run_last_is_shown(tmp_path: Path) -> None:
    """And another one where it is asked for."""
    save_record(tmp_path, record(0, 0, grid="new", recorded="2"))
    save_record(tmp_path, record(0, 1, grid="old", recorded="1"))
    assert study_rows("a study: 1/2", tmp_path)["seed"].tolist() == [0]
    assert study_rows("a study: 1/2", tmp_path, "old")["seed"].tolist() == [1]


@pytest.fixture
def versions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of code versions that give the same results; there is none yet."""
    monkeypatch.setattr("workbench.experiments.study.CODE_VERSIONS", tmp_path / "code_versions.csv")
    return tmp_path / "code_versions.csv"


def test_versions_that_give_the_same_results_are_followed(versions: Path) -> None:
    """By way of each other, newest first, circles included; an unknown version has none."""
    assert equivalent_versions("c") == []
    versions.write_text("version,earlier,reason\nc,b,moved\nb,a,renamed\na,c,a circle\n")
    assert equivalent_versions("c") == ["b", "a"]
    assert equivalent_versions("x") == []
    assert equivalent_versions(register_equivalent("c", "compared to the bit")) == ["c", "b", "a"]


def test_runs_of_equivalent_code_stay_finished(versions: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What an old database or a run's folder holds under an earlier version counts where that is on record as giving the same
    results, with its own key and version; other parameters and other versions do not."""
    monkeypatch.setattr("workbench.experiments.runner.execute", lambda job, stop: Result(None, 0.0, "it would be done again"))
    values = ({"label": "base"}, {"radius": 2}, {"radius": 3})
    this = Study("carried", {"clips": 36}, values, seeds=1, output=tmp_path / "studies")
    in_database, in_folder = (key_under(EARLIER, run.parameters) for run in list(this.runs())[:2])
    folder = this.output / "runs" / in_folder
    folder.mkdir(parents=True)
    write_database(this.output, [record(0, 0, study="carried", key=in_database), record(1, 0, key="of other parameters")])
    (folder / "outcome.json").write_text(json.dumps({"metrics": {"accuracy": 0.5, "training_seconds": 9.0}, "machine": "one"}))
    assert count_runs(this) == RunCounts(done=0, failed=0, left=3)
    assert [progress.error for progress in run_study(this)] == ["it would be done again"] * 3
    assert count_runs(this) == RunCounts(done=0, failed=3, left=0)

    register_equivalent(EARLIER, "compared to the bit")
    assert str(count_runs(this)) == "2 of 3 runs are done, 1 failed, 0 left"
    assert [progress.run.label for progress in run_study(this)] == ["radius 3"]
    rows = study_rows("carried", this.output, this.grid)
    assert rows["label"].tolist() == ["base", "radius 2"]
    assert rows["key"].tolist() == [in_database, in_folder]
    assert rows["code"].tolist() == [EARLIER, EARLIER]
    assert rows["accuracy"].tolist() == [0.12346, 0.5]
