"""Records of a run mirrored to trackio, a dashboard that works offline; the records themselves stay the source of truth."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from workbench.lab.config import TrainConfig
from workbench.lab.parameters import parameters_of
from workbench.lab.train import Record

PROJECT = "motionsqueeze"


def tracked(records: Iterable[Record], config: TrainConfig) -> Iterator[Record]:
    """The same records; where the config says `track`, each is also logged to trackio under the name of its output folder.

    Its database lies in TRACKIO_DIR, by default beside the run's folder; `trackio show` opens the dashboard.
    Raises ImportError without the extra `track`.
    """
    if not config.track:
        yield from records
        return
    run = begin(config)
    try:
        for record in records:
            run.log({name: value for name, value in vars(record).items() if value == value}, step=record.epoch)  # nan is no point
            yield record
    finally:
        run.finish()


def begin(config: TrainConfig):
    folder = config.output or Path("runs/untitled")
    os.environ.setdefault("TRACKIO_DIR", str((folder.parent / "trackio").resolve()))
    try:
        import trackio
    except ImportError as error:
        raise ImportError("track=True needs the extra `track`: pip install -c constraints.txt -e '.[track]'") from error
    return trackio.init(project=PROJECT, name=f"{folder.name}-{config.seed}", config=parameters_of(config), resume="allow", embed=False)
