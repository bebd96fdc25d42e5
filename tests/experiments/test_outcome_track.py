"""Records mirrored to trackio."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from patience import PATIENCE_SECONDS

from workbench.experiments.outcome import track_run
from workbench.training.alphabet import TrainRecord
from workbench.training.config import TrainConfig

RECORD = TrainRecord(1, 2.5, 0.1, 0.2, float("nan"), 3.0, 4.0, 5.0)
SCRIPT = """
import sys
from pathlib import Path
from workbench.training.config import TrainConfig
from workbench.experiments.outcome import track_run
from workbench.training.alphabet import TrainRecord
config = TrainConfig(output=Path(sys.argv[1]) / "mine", track=True)
records = [TrainRecord(epoch, 2.5 / epoch, 0.1, 0.2, float("nan"), 3.0, 4.0, 5.0) for epoch in (1, 2)]
assert list(track_run(records, config)) == records
"""


def test_untracked_records_pass_untouched() -> None:
    """Without `track` nothing is imported and nothing is written."""
    assert list(track_run([RECORD], TrainConfig())) == [RECORD]
    assert "trackio" not in sys.modules


def test_tracked_records_are_in_the_dashboards_database(tmp_path: Path) -> None:
    """Every record comes through, and each is a row in a database beside the run's folder, numbers that are none left out."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path)], capture_output=True, text=True, timeout=PATIENCE_SECONDS, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    (database,) = (tmp_path / "trackio").glob("motionsqueeze*.db")
    with closing(sqlite3.connect(database)) as connection:
        rows = connection.execute("SELECT step, CAST(metrics AS TEXT) FROM metrics ORDER BY step").fetchall()
    assert [step for step, _ in rows] == [1, 2] and "1.25" in rows[1][1] and "endpoint_error" not in rows[0][1]
