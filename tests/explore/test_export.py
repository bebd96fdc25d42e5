"""The laws of what is taken away as numbers: nothing is lost, nothing is invented, any program reads it."""

import csv
import io
import json
from dataclasses import replace

import numpy as np
import pytest

import workbench as wb
from workbench import cli
from workbench.explore.export import CSV_COLUMNS, as_csv, as_facts, as_json, as_npz

NASA = next(sample.path for sample in wb.sample_videos() if sample.name == "nasa")


@pytest.fixture(scope="module")
def exploration(explorer) -> wb.Exploration:
    return explorer.look(NASA)


@pytest.fixture(scope="module")
def table(exploration) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(as_csv(exploration))))


@pytest.fixture(scope="module")
def without_motion() -> wb.Exploration:
    return wb.Explorer.load("tsm-tiny").look(NASA)


def strict(text: str) -> dict:
    """Parsed without the constants that JSON does not have."""

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    return json.loads(text, parse_constant=refuse)


def test_npz_holds_every_number(exploration):
    """NumPy reads it without pickles, and each array is the exploration's, to the bit."""
    with np.load(io.BytesIO(as_npz(exploration)), allow_pickle=False) as file:
        assert np.array_equal(file["beyond"], exploration.peak_on_border)
        for name in ("displacement", "confidence", "probabilities", "scores", "score_times", "times", "indices", "labels"):
            assert np.array_equal(file[name], getattr(exploration, name)), name
        assert file["cell"] == exploration.correspondences.cell
        assert file["reach"] == exploration.reach
        assert tuple(file["size"]) == exploration.frames.shape[1:3]
        assert str(file["network"]) == "msnet-small"
        assert str(file["video"]) == "nasa.mp4"
        assert "pixels" in str(file["units"])


def test_csv_has_a_line_for_each_pair_and_cell_in_order(exploration, table):
    rows, columns = exploration.correspondences.grid
    places = [(int(line["pair"]), int(line["row"]), int(line["column"])) for line in table]
    assert places == list(np.ndindex(exploration.pairs, rows, columns))
    assert tuple(table[0]) == CSV_COLUMNS


def test_csv_numbers_are_those_of_the_exploration(exploration, table):
    """Each is within half of its last decimal; both ends of a pair are named by frame and time."""

    def column(name: str, kind: type = float) -> np.ndarray:
        return np.array([kind(line[name]) for line in table]).reshape(exploration.confidence.shape)

    assert np.abs(column("dx (px)") - exploration.displacement[:, 0]).max() <= 0.00051
    assert np.abs(column("dy (px)") - exploration.displacement[:, 1]).max() <= 0.00051
    assert np.abs(column("confidence") - exploration.confidence).max() <= 0.0000051
    assert np.array_equal(column("beyond", int), exploration.peak_on_border)
    for pair in range(exploration.pairs):
        assert set(column("source frame", int)[pair].flat) == {exploration.indices[pair]}
        assert set(column("target frame", int)[pair].flat) == {exploration.indices[pair + 1]}
        assert column("source time (s)")[pair].max() == pytest.approx(exploration.times[pair], abs=1e-6)
        assert column("target time (s)")[pair].min() == pytest.approx(exploration.times[pair + 1], abs=1e-6)


def test_a_line_of_the_csv_stands_where_its_cell_is(exploration, table):
    """x, y is the middle of the cell in the frame shown: a click there falls on it, half a cell from its borders."""
    (height, width), (rows, columns) = exploration.frames.shape[1:3], exploration.correspondences.grid
    for line in table[:: len(table) // 97]:
        assert float(line["x (px)"]) / width * columns == pytest.approx(int(line["column"]) + 0.5, abs=1e-3)
        assert float(line["y (px)"]) / height * rows == pytest.approx(int(line["row"]) + 0.5, abs=1e-3)


def test_json_names_every_class_and_what_was_asked(explorer):
    """Strict JSON; the probabilities sum to 1, the config is the one asked for, and the file is named, but not where it lies."""
    asked = explorer.look(NASA, start=1.0, seconds=2.0, frames=6)
    said = strict(as_json(asked))
    assert [told["label"] for told in said["predictions"]] == [label for label, _ in asked.top(20)]
    assert sum(told["probability"] for told in said["predictions"]) == pytest.approx(1, abs=1e-5)
    assert wb.LookConfig(**said["config"]) == asked.config
    assert said["schema"] == 1
    assert said["times"] == list(asked.times)
    assert said["video"]["name"] == "nasa.mp4"
    assert str(NASA.parent) not in as_json(asked)
    assert (said["reading"]["rows"], said["reading"]["columns"]) == asked.correspondences.grid
    assert strict(as_json(asked, indent=2)) == said


def test_what_is_infinite_is_null(exploration):
    """No kernel is an infinite sigma, which JSON does not have."""
    infinite = replace(
        exploration,
        correspondences=exploration.correspondences.with_settings(sigma=np.inf),
        info=replace(exploration.info, fps=float("nan")),
    )
    said = strict(as_json(infinite))
    assert said["reading"]["sigma"] is None
    assert said["fps"] is None
    assert said["reading"]["temperature"] == 0.05


def test_what_json_cannot_say_is_not_written(exploration):
    """An answer that is not a number stops the writing, since a file with NaN in it is no JSON."""
    with pytest.raises(ValueError, match="JSON"):
        as_json(replace(exploration, probabilities=np.full_like(exploration.probabilities, np.nan)))


def test_the_command_prints_the_same_json(exploration, capsys):
    """`workbench predict --json` and what the page gives away are one object on one line."""
    cli.predict(NASA, as_json=True)
    printed = capsys.readouterr().out
    assert printed.count("\n") == 1
    assert strict(printed) == strict(as_json(exploration)) == as_facts(exploration)


def test_without_correspondences_only_predictions_are_told(without_motion):
    """No column of made-up zeros: the table is empty, the arrays are not there, the reading is null."""
    assert list(csv.reader(io.StringIO(as_csv(without_motion)))) == [list(CSV_COLUMNS)]
    with np.load(io.BytesIO(as_npz(without_motion)), allow_pickle=False) as file:
        assert "displacement" not in file
        assert "scores" in file
    assert strict(as_json(without_motion))["reading"] is None
