"""The laws of many videos at once: a row for each, the numbers those of a look, and none stops the others."""

import csv
import io
import shutil
from pathlib import Path

import numpy as np
import pytest

import workbench as wb
from workbench.explore.batch import ROW_COLUMNS, class_column, predict_videos, videos_of, write_table

CLIPS = Path(__file__).parents[1] / "clips"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, camouflage: str) -> Path:
    """Two videos in two folders, and a file that is none."""
    folder = tmp_path_factory.mktemp("videos")
    (folder / "below").mkdir()
    shutil.copy(camouflage, folder / "below" / "b.mp4")
    shutil.copy(CLIPS / "text.mp4", folder / "a.mp4")
    shutil.copy(CLIPS / "h264.mp4", folder / "c.mp4")
    return folder


@pytest.fixture(scope="module")
def rows(explorer: wb.Explorer, folder: Path) -> list[dict]:
    return list(predict_videos(explorer, videos_of(folder), wb.LookConfig(start=0.0), folder))


def test_every_video_has_a_row_by_its_place_in_the_folder(rows):
    assert [row["video"] for row in rows] == ["a.mp4", "below/b.mp4", "c.mp4"]


def test_what_cannot_be_read_has_a_sentence_and_no_answer(rows):
    assert rows[0]["error"] == "a.mp4 is not a video: its content is of no known video format."
    assert rows[0]["answer"] == ""


def test_the_columns_are_the_same_in_every_row(rows, explorer):
    columns = [*ROW_COLUMNS, *map(class_column, explorer.labels)]
    assert all(list(row) == columns for row in rows)


def test_the_numbers_are_those_of_a_look(rows, explorer, camouflage):
    exploration = explorer.look_at_span(camouflage, start=0.0)
    probabilities = [float(rows[1][class_column(label)]) for label in explorer.labels]
    assert np.abs(exploration.probabilities - probabilities).max() < 1e-6
    assert rows[1]["answer"] == exploration.top(1)[0][0]
    assert rows[1]["frames"] == " ".join(map(str, exploration.indices))


def test_the_table_is_whole_after_every_row(rows, tmp_path):
    """Whoever reads it while it grows finds a header and whole lines."""
    path, lengths = tmp_path / "new" / "table.csv", []

    def watched():
        for row in rows:
            lengths.append(len(path.read_text().splitlines()) if path.exists() else 0)
            yield row

    assert write_table(watched(), path) == 1
    assert lengths == [0, 2, 3]
    assert [row["video"] for row in csv.DictReader(io.StringIO(path.read_text()))] == [row["video"] for row in rows]


def test_what_is_printed_is_what_is_written(rows, tmp_path, capsys):
    write_table(rows)
    printed = capsys.readouterr().out
    write_table(rows, tmp_path / "table.csv")
    assert printed == (tmp_path / "table.csv").read_text()


def test_a_folder_of_pictures_is_one_video(tmp_path):
    for name in ("1.png", "2.png"):
        (tmp_path / name).touch()
    assert videos_of(tmp_path) == [tmp_path]


def test_a_folder_without_videos_is_refused(tmp_path):
    with pytest.raises(wb.VideoError, match=str(tmp_path)):
        videos_of(tmp_path)
