"""The commands of `workbench` that take a data set: recipes, training and testing by them, the doctor, and the hub."""

import json
import math
import os
import sys
from pathlib import Path
from typing import Annotated

import tyro

import workbench as wb


def recipes(name: tyro.conf.Positional[str] = "") -> None:
    """List the recipes with parameters, MACs, the paper's number and ours; or show one of them whole.

    Args:
        name: of a recipe.
    """
    print(wb.recipe_sheet(name) if name else wb.recipe_table())


def train_recipe(config: tyro.conf.OmitArgPrefixes[wb.FitConfig]) -> None:
    """Train by a recipe, `workbench train RECIPE --data DIR`, and print a line an epoch.

    Several GPUs: `torchrun --nproc-per-node 8 -m workbench.cli train RECIPE --data DIR`.

    Args:
        config: the run.
    """
    if is_first():
        print(config, file=sys.stderr)
    for record in wb.fit(config):
        print_record(record)
    if is_first() and config.output:
        print(f"{config.output}: workbench app --checkpoint {config.output} opens it in the page", file=sys.stderr)


def evaluate(
    config: tyro.conf.OmitArgPrefixes[wb.ReproduceConfig], per_class: bool = False, record: bool = False
) -> None:
    """Test a recipe's network on a whole split, `workbench evaluate RECIPE --data DIR --checkpoint F`, F and F2 for an ensemble.

    Args:
        config: the test.
        per_class: print a table of the classes, too.
        record: write the result to results/, where `workbench recipes` shows it beside the paper's.
    """
    done = wb.reproduce(config)
    if not is_first():
        return
    for scores in {each.network: each for each in (*done.members, done.scores)}.values():
        print(scores)
    print(wb.beside_reported(config.recipe, done.scores))
    if per_class:
        print(wb.class_table(done.scores.evaluation()))
    if record:
        wb.record_result(config.recipe, done.scores, config.split, config.fold)


def doctor(
    data: tyro.conf.Positional[Path],
    layout: str = "auto",
    fold: int = 1,
    frames: int = 8,
    every_frame: bool = False,
    processes: int = 0,
    html: Path | None = None,
    as_json: Annotated[Path | None, tyro.conf.arg(name="json")] = None,
) -> None:
    """Look for what is wrong with a data set; exit code 0 if it can be used, 1 if it is broken.

    Args:
        data: its folder.
        layout: how it is laid out; by default that is found out.
        fold: of HMDB-51.
        frames: of the clips asked for; a shorter video is a finding.
        every_frame: decode all frames instead of the first, the middle and the last.
        processes: of decoding, 0 for one a core.
        html: a file for the report with all names, which opens without a server.
        as_json: a file for the same as JSON.
    """
    diagnosis = wb.diagnose(data, layout, fold, frames, every_frame, processes)
    print(diagnosis)
    if html:
        html.parent.mkdir(parents=True, exist_ok=True)
        html.write_text(wb.diagnosis_report(diagnosis), encoding="utf-8")
    if as_json:
        diagnosis.save(as_json)
    sys.exit(int(diagnosis.broken))


def push(checkpoint: tyro.conf.Positional[str], repo: tyro.conf.Positional[str], public: bool = False) -> None:
    """Put a checkpoint, with a model card, on the Hugging Face hub or into a folder.

    Args:
        checkpoint: a file, or the name of a run.
        repo: hf:owner/name on the hub, or a folder.
        public: for everyone to see; a new repository is private otherwise.
    """
    print(wb.push(checkpoint, repo, private=not public))


def pull(repo: tyro.conf.Positional[str], folder: Path | None = None) -> None:
    """Fetch a checkpoint from the Hugging Face hub or from a folder, and print where it lies.

    Args:
        repo: hf:owner/name, hf:owner/name@revision, or a folder.
        folder: to put it into; by default the hub's cache.
    """
    print(wb.pull(repo, folder))


def print_record(record: wb.FitRecord | wb.Record) -> None:
    """One line of JSON, from one process."""
    if is_first():
        print(json.dumps({name: printable(value) for name, value in vars(record).items()}), flush=True)


def printable(value: int | float) -> int | float | None:
    """A number as JSON has it: six decimals, and nothing for what is not a number."""
    if isinstance(value, int):
        return value
    return round(value, 6) if math.isfinite(value) else None


def is_first() -> bool:
    """Of the processes that torchrun started only one speaks."""
    return os.environ.get("RANK", "0") == "0"
