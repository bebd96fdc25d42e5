"""Trains and measures the shipped checkpoints again, and fills README's tables from results/."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from safetensors.torch import load_file

from workbench.data.alphabet.dataset import MotionAlphabet, MovingCrops, spell
from workbench.data.alphabet.open_set import OPEN_LABELS, OpenSet
from workbench.evaluation.clips import LabelledClips, evaluate
from workbench.evaluation.metrics import Evaluation
from workbench.experiments.results import read_study
from workbench.experiments.statistics import summarise
from workbench.model.checkpoint import digest_tensors, save_checkpoint
from workbench.model.load import load_weights
from workbench.paths import ASSETS, PROJECT, RESULTS, read_rows, write_rows
from workbench.text import exact_percent, markdown_table, table_lines
from workbench.training.alphabet import train
from workbench.training.config import SMALL, TINY, TrainConfig
from workbench.training.distributed import machine
from workbench.training.matching import MatchingConfig, MatchingRecord, train_matching
from workbench.training.state import STATE
from workbench.video.read import read_video, sample_videos
from workbench.video.write import write_video

NETWORKS = {
    "msnet-small": replace(SMALL, num_classes=len(OPEN_LABELS)),
    "msnet-tiny": TINY,
    "tsm-tiny": replace(TINY, motion=None),
    "tsn-tiny": replace(TINY, motion=None, shift_div=None),
}
# Learn to match from scenes before they learn names, also that a clip shows none of them, from two thirds as many clips as the others.
MATCH_FIRST = {"msnet-small": SMALL}
CLIPS = 98_304  # of training, for each network; no clip is seen twice
EPOCH = 4096
TAUGHT = 1.0  # weight of the displacement's own error: it costs a little accuracy, and without it the correspondences are useless (LOG.md)
TEST_CLIPS = 2000
CAMOUFLAGE = (0.0, 0.5, 1.0)


def make_checkpoints(
    seed: int = 0, clips: int = CLIPS, only: tuple[str, ...] = (), runs: Path = Path("runs/shipped"), device: str = "auto"
) -> None:
    """Train the shipped MSNet, TSM and TSN again, and write their accuracy to results/.

    Args:
        seed: of the weights, the clips and their order.
        clips: the training budget of each network.
        only: names of networks, to train some of the three.
        runs: folder for the states from which a killed run goes on.
        device: "auto", "cpu" or "cuda".
    """
    if unknown := set(only) - set(NETWORKS):
        raise ValueError(f"the shipped networks are {', '.join(NETWORKS)}, not {', '.join(sorted(unknown))}")
    if clips % min(EPOCH, clips):
        raise ValueError(f"clips must be a multiple of {EPOCH}, an epoch's, got {clips}")
    command = f"workbench checkpoints --seed {seed} --clips {clips}"

    for name in only or NETWORKS:
        matches_first, folder = name in MATCH_FIRST, runs / name
        budget = max(clips * 2 // 3 // EPOCH, 1) * min(EPOCH, clips) if matches_first else clips
        matching = list(teach_matching(name, seed, clips, folder / "matching", device)) if matches_first else []
        config = TrainConfig(
            NETWORKS[name],
            epochs=max(budget // EPOCH, 1),
            clips=min(EPOCH, budget),
            displacement_weight=TAUGHT if NETWORKS[name].motion and not matches_first else 0.0,
            matching_from=folder / "matching" if matches_first else None,
            data="open-set" if matches_first else "alphabet",
            seed=seed,
            device=device,
            output=folder,
        )
        records = []
        for record in train(config):
            records.append(record)
            print(f"{name} epoch {record.epoch}: loss {record.loss:.3f}, validation accuracy {record.validation_accuracy:.1%}", flush=True)
        provenance = {
            "command": command,
            "seed": seed,
            "clips": budget,
            "seconds": round(sum(record.seconds for record in (*matching, *records))),
            "machine": machine(device),
            "data": f"{config.data}, camouflage 0 to 1",
            "displacement_weight": config.displacement_weight,
            "scenes to match": len(matching) * min(EPOCH, clips),
        }
        trained = load_weights(folder / "model.safetensors")
        save_checkpoint(ASSETS / f"{name}.safetensors", trained.model, trained.labels, trained.preprocessing, provenance)
        for state in folder.rglob(STATE):  # made again means trained again
            state.unlink()
        write_rows(RESULTS / f"curve_{name}.csv", [vars(record) for record in records])
        if matching:
            write_rows(RESULTS / f"curve_{name}_matching.csv", [vars(record) for record in matching])
    shipped = [name for name in NETWORKS if (ASSETS / f"{name}.safetensors").exists()]
    write_rows(RESULTS / "alphabet.csv", [row for name in shipped for row in measure(name)])


def teach_matching(name: str, seed: int, clips: int, folder: Path, device: str) -> Iterator[MatchingRecord]:
    """Let a network learn to match, from two thirds as many scenes as others have clips; a run in the folder is gone on with."""
    epochs = max(clips * 2 // 3 // EPOCH, 1)
    config = MatchingConfig(MATCH_FIRST[name], epochs=epochs, clips=min(EPOCH, clips), seed=seed, device=device, output=folder)
    for record in train_matching(config):
        error = f"{record.endpoint_error:.2f} px off where nothing moving would be {record.length:.2f}"
        print(f"{name} learns to match, epoch {record.epoch}: loss {record.loss:.3f}, {error}", flush=True)
        yield record


def make_sample() -> None:
    """The generated sample video: one shape, camouflaged, that spells six motions of a second each."""
    frames = spell(("right", "clockwise", "left", "shake up and down", "down", "orbit"), frames_each=24, camouflage=1.0, seed=11)
    write_video(sample_videos()[0].path, frames, fps=24, quality=18)


def measure(name: str) -> Iterator[dict]:
    """A shipped checkpoint on unseen clips at three camouflages, on crops that move over real frames, and, where it has learned to say so,
    on clips that show none of the motions among others."""
    loaded = load_weights(ASSETS / f"{name}.safetensors")
    data: dict[str, LabelledClips] = {
        f"alphabet, camouflage {camouflage:g}": MotionAlphabet("test", camouflage, length=TEST_CLIPS) for camouflage in CAMOUFLAGE
    }
    data["crops moving over real frames"] = MovingCrops(real_frames(), length=TEST_CLIPS)
    if loaded.labels == OPEN_LABELS:
        data["alphabet and others"] = OpenSet(MotionAlphabet("test", length=TEST_CLIPS))
    for about, clips in data.items():
        yield measured_row(name, about, loaded, evaluate(loaded.model, clips, loaded.preprocessing))


def real_frames() -> np.ndarray:
    """Every thirtieth frame of the real sample video."""
    video = sample_videos()[1].path
    return read_video(video, range(0, 325, 30)).frames


def measured_row(name: str, data: str, loaded, quality: Evaluation) -> dict:
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
        "moving_length": round(quality.moving_length, 3),
        **{f"training_{key}": loaded.provenance[key] for key in ("clips", "seconds", "seed", "machine", "command")},
    }


def checkpoint_digest(name: str) -> str:
    """The first digits of the SHA-256 of a shipped network's tensors: which weights a result is of."""
    return digest_tensors(load_file(ASSETS / f"{name}.safetensors"))[:12]


SPLIT = {
    "20_kernel_size": "camouflage",
    "21_displacement_range": "speed",
    "22_insertion_layer": "speed",
    "23_what_makes_it_work": "camouflage",
}  # the studies, and what each is split by


def accuracy_table(rows: list[dict[str, str]]) -> str:
    """One line a network, one column a data set: accuracy with its 95 % interval."""
    data = list(dict.fromkeys(row["data"] for row in rows))
    lines = [["network", *data, "training"]]
    for name in dict.fromkeys(row["model"] for row in rows):
        mine = {row["data"]: row for row in rows if row["model"] == name}
        cells = [accuracy_cell(mine[each]) if each in mine else "" for each in data]
        any_row = next(iter(mine.values()))
        lines.append([name, *cells, f"{int(any_row['training_clips']):,} clips, {int(any_row['training_seconds']) / 60:.0f} min"])
    return markdown_table(lines)


def accuracy_cell(row: dict[str, str]) -> str:
    return f"{exact_percent(row['accuracy'])} ({exact_percent(row['low'])} to {exact_percent(row['high'])})"


def columns_table(rows: list[dict[str, str]], columns: dict[str, str]) -> str:
    """Some columns of rows. columns: the heads, and what the rows call them."""
    return markdown_table([list(columns), *([row[name] for name in columns.values()] for row in rows)])


def flow_means(path: Path) -> str:
    """The mean over real pairs of each method's errors, from what `workbench evaluate-flow` writes."""
    scores = pd.read_csv(path).drop(columns=["pair", "cells", "moving cells"])
    return markdown_table(table_lines(pd.DataFrame(scores.groupby("method", sort=False).mean()).reset_index()))


def features_table(path: Path) -> str:
    """The errors of features on pictures of a size, correlation averaged over so many cells, from benchmarks/imagenet_features.py."""
    rows = pd.read_csv(path, dtype={"kernel_size": str}, keep_default_na=False).drop(columns=["moving in reach", "pairs", "command"])
    return markdown_table(table_lines(rows.rename(columns={"pictures": "short side", "kernel_size": "averaged over"})))


def small_motion_table(path: Path) -> str:
    """The error of each method by resolution, from what `benchmarks/small_motion.py` writes; what is the same for all networks once."""
    errors = pd.read_csv(path).drop_duplicates(["method", "resolution"])
    table = errors.pivot(index="method", columns="resolution", values="error").loc[errors["method"].unique()]
    return markdown_table(table_lines(table.rename(columns="{} px".format).reset_index(), digits=2))


def study_text(name: str) -> str:
    """What a study taught, in the sentences that its notebook ends with; and its runs."""
    rows = read_study(RESULTS / f"{name}.csv")
    budget = " or ".join(f"{count:,.0f}" for count in sorted(rows["training_clips"].unique()))
    machines = " and ".join(name.replace("1 threads", "1 thread") for name in rows["machine"].unique())
    minutes = f"{rows['seconds'].sum() / 60:.0f} min added up"
    cost = f"{len(rows)} runs, {rows['seed'].nunique()} seeds, {budget} training clips each, {minutes}, {machines}"
    return f"{summarise(rows, SPLIT[name])} ({cost}.)"


def parallel_text(rows: list[dict[str, str]]) -> str:
    """What running side by side gains."""
    most = max(rows, key=lambda row: int(row["processes"]))
    return (
        f"{most['processes']} runs side by side take {most['gain']} times less time than one after the other, "
        f"{most['threads_of_a_run']} thread each (`python benchmarks/parallel.py`)."
    )


def fill_tables(text: str) -> str:
    """A page with each table between its marks, `<!-- results: NAME -->` and `<!-- end -->`, made anew from results/."""
    names = ("alphabet", "speed", "loading", "parallel", "page")
    alphabet, speed, loading, parallel, page = (read_rows(RESULTS / f"{name}.csv") for name in names)
    moving = [row for row in alphabet if row["endpoint_error"] != "nan"]
    errors = {"network": "model", "clips": "data", "all cells": "endpoint_error", "moving cells": "moving_error"}
    errors |= {"moving cells, if nothing moved": "moving_length"}
    times = {"what": "what", "milliseconds": "milliseconds"}
    tables = {
        "accuracy": accuracy_table(alphabet),
        "error": columns_table(moving, errors),
        "flow": flow_means(RESULTS / "flow.csv"),
        "flow confidence": markdown_table(table_lines(pd.read_csv(RESULTS / "flow_confidence.csv"), digits=2)),
        "imagenet features": features_table(RESULTS / "imagenet_features.csv"),
        "flow videos": flow_means(RESULTS / "flow_videos.csv"),
        "flow small": small_motion_table(RESULTS / "flow_small.csv"),
        "none of them": markdown_table(table_lines(pd.read_csv(RESULTS / "none_of_them.csv"))),
        "windows": markdown_table(table_lines(pd.read_csv(RESULTS / "windows.csv").drop(columns="windows"), digits=3)),
        "speed": columns_table(speed, times),
        "loading": columns_table(loading, {"clips": "what", "loader's processes": "workers", "a second": "per_second"}),
        "parallel": parallel_text(parallel),
        "page": columns_table(page, times),
        **{f"study {name}": study_text(name) for name in SPLIT if (RESULTS / f"{name}.csv").exists()},
    }
    for name, table in tables.items():
        text = re.sub(rf"(<!-- results: {name} -->\n).*?(<!-- end -->)", lambda m, t=table: f"{m[1]}{t}\n{m[2]}", text, flags=re.DOTALL)
    return text


def write_readme() -> None:
    """Fills README and docs/results.md."""
    for page in (PROJECT / "README.md", PROJECT / "docs" / "results.md"):
        page.write_text(fill_tables(page.read_text(encoding="utf-8")), encoding="utf-8")
