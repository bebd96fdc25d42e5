"""The networks that ship with the workbench: made again by one command, and measured."""

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np

from workbench.data.moved import MovedPictures
from workbench.data.samples import ASSETS, samples
from workbench.data.spell import spell
from workbench.data.video import read_video
from workbench.data.write import write_video
from workbench.lab.config import TINY, TrainConfig
from workbench.lab.evaluate import Evaluation, evaluate
from workbench.lab.outcome import machine
from workbench.lab.results import RESULTS, write_rows
from workbench.lab.state import state_path
from workbench.lab.train import train
from workbench.model.checkpoint import save_checkpoint
from workbench.model.weights import load_weights

NETWORKS = {
    "msnet-tiny": TINY,
    "tsm-tiny": replace(TINY, motion=None),
    "tsn-tiny": replace(TINY, motion=None, shift_div=None),
}
CLIPS = 98_304  # of training, for each network; no clip is seen twice
EPOCH = 4096
TAUGHT = 1.0  # weight of the displacement's own error: it costs a little accuracy, and without it the correspondences are useless (LOG.md)
TEST_CLIPS = 2000
CAMOUFLAGE = (0.0, 0.5, 1.0)


def make_checkpoints(
    seed: int = 0, clips: int = CLIPS, only: Iterable[str] = (), runs: Path = Path("runs/shipped"), device: str = "auto"
) -> None:
    """Train each network on `clips` clips of mixed camouflage, put it into the package, and write what it scores to results/.

    Raises ValueError for a name that is not a shipped network's.
    """
    if unknown := set(only) - set(NETWORKS):
        raise ValueError(f"the shipped networks are {', '.join(NETWORKS)}, not {', '.join(sorted(unknown))}")
    if clips % min(EPOCH, clips):
        raise ValueError(f"clips must be a multiple of {EPOCH}, an epoch's, got {clips}")
    command = f"workbench checkpoints --seed {seed} --clips {clips}"

    for name in only or NETWORKS:
        config = TrainConfig(
            NETWORKS[name],
            epochs=max(clips // EPOCH, 1),
            clips=min(EPOCH, clips),
            displacement_weight=TAUGHT if NETWORKS[name].motion else 0.0,
            seed=seed,
            device=device,
            output=runs / name,
        )
        records = []
        for record in train(config):
            records.append(record)
            print(f"{name} epoch {record.epoch}: loss {record.loss:.3f}, validation accuracy {record.validation_accuracy:.1%}", flush=True)
        provenance = {
            "command": command,
            "seed": seed,
            "clips": clips,
            "seconds": round(sum(record.seconds for record in records)),
            "machine": machine(device),
            "data": "motion alphabet, camouflage 0 to 1",
            "displacement_weight": config.displacement_weight,
        }
        trained = load_weights(runs / name / "model.safetensors")
        save_checkpoint(ASSETS / f"{name}.safetensors", trained.model, trained.labels, trained.preprocessing, provenance)
        state_path(config).unlink()  # made again means trained again
        write_rows(RESULTS / f"curve_{name}.csv", [vars(record) for record in records])
    write_results()


def make_sample() -> None:
    """The generated sample video: one shape, camouflaged, that spells six motions of a second each."""
    frames = spell(("right", "clockwise", "left", "shake up and down", "down", "orbit"), frames_each=24, camouflage=1.0, seed=15)
    write_video(samples()[0].path, frames, fps=24, quality=18)


def write_results() -> None:
    """Measure every shipped checkpoint: on unseen clips at three camouflages, and on crops that move over real frames."""
    rows = [row for name in NETWORKS if (ASSETS / f"{name}.safetensors").exists() for row in measure(name)]
    write_rows(RESULTS / "alphabet.csv", rows)


def measure(name: str) -> Iterable[dict]:
    loaded = load_weights(ASSETS / f"{name}.safetensors")
    for camouflage in CAMOUFLAGE:
        config = TrainConfig(loaded.model.config, camouflage=(camouflage, camouflage), test_clips=TEST_CLIPS)
        unseen = config.dataset("test")
        yield row(name, f"alphabet, camouflage {camouflage:g}", loaded, evaluate(loaded.model, unseen, loaded.preprocessing))
    real = MovedPictures(real_frames(), length=TEST_CLIPS)
    yield row(name, "crops moving over real frames", loaded, evaluate(loaded.model, real, loaded.preprocessing))


def real_frames() -> np.ndarray:
    """Every thirtieth frame of the real sample video."""
    video = samples()[1].path
    return read_video(video, range(0, 325, 30)).frames


def row(name: str, data: str, loaded, quality: Evaluation) -> dict:
    low, high = quality.interval
    return {
        "model": name,
        "checkpoint": checkpoint_digest(name),
        "data": data,
        "clips": quality.clips,
        "accuracy": round(quality.accuracy, 4),
        "low": round(low, 4),
        "high": round(high, 4),
        "endpoint_error": round(quality.endpoint_error, 3),
        "moving_error": round(quality.moving_error, 3),
        **{f"training_{key}": loaded.provenance[key] for key in ("clips", "seconds", "seed", "machine", "command")},
    }


def checkpoint_digest(name: str) -> str:
    """The first digits of the SHA-256 of a shipped file: which weights a result is of."""
    return hashlib.sha256((ASSETS / f"{name}.safetensors").read_bytes()).hexdigest()[:12]
