"""How much the numbers of the shipped networks change with batch, threads, process and precision, on generated clips.

    python benchmarks/robustness/same_numbers.py

Over 90 clips of the motion alphabet's test split, beside one batch on one thread in float32. Writes results/numbers.csv: the largest
change of a logit, of a correlation and of a displacement (cells), the share of cells that move by more than a cell, which are those where
two peaks are equally high, and the share of clips with the same word.
"""

import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import torch
from torch import Tensor

from workbench.explore.explorer import Explorer
from workbench.paths import PROJECT, RESULTS, write_rows
from workbench.training.distributed import machine

sys.path.insert(0, str(PROJECT / "tests" / "support"))
from answers import Answers, ask, generate_clips

NETWORKS = ("msnet-small", "msnet-tiny")
CLIPS = 90
COMMAND = "python benchmarks/robustness/same_numbers.py"


def ask_anew(network: str, clips: Tensor) -> Answers:
    return ask(Explorer.load(network), clips, CLIPS)


def ask_in_float64(network: str, clips: Tensor) -> Answers:
    explorer = Explorer.load(network)
    explorer.model.double()
    return ask(explorer, clips.double(), CLIPS)


def ask_in_other_ways(network: str, explorer: Explorer, clips: Tensor) -> Iterator[tuple[str, Answers]]:
    yield "one clip at once", ask(explorer, clips, 1)
    yield "seven clips at once", ask(explorer, clips, 7)
    yield "two threads", ask(explorer, clips, CLIPS, threads=2)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as processes:
        yield "another process", processes.submit(ask_anew, network, clips).result()
    yield "float64", ask_in_float64(network, clips)
    yield "bfloat16 autocast", ask(explorer, clips, CLIPS, precision=torch.bfloat16)
    yield "float16 autocast", ask(explorer, clips, CLIPS, precision=torch.float16)


def compare(usual: Answers, other: Answers) -> dict[str, str]:
    moved = (other.displacement - usual.displacement).abs().amax(dim=2)
    same_word = other.logits.argmax(dim=1) == usual.logits.argmax(dim=1)
    figures = {
        "largest logit": usual.logits.abs().max(),
        "logits": (other.logits - usual.logits).abs().max(),
        "correlation": (other.correlation - usual.correlation).abs().max(),
        "displacement": moved.max(),
        "moved by a cell (share)": (moved > 1).double().mean(),
        "same word (share)": same_word.double().mean(),
    }
    return {name: f"{value.item():.3g}" for name, value in figures.items()}


def rows() -> Iterator[dict]:
    place = machine("cpu")
    for network in NETWORKS:
        explorer = Explorer.load(network)
        clips = generate_clips(explorer, CLIPS)
        usual = ask_anew(network, clips)
        for way, answers in ask_in_other_ways(network, explorer, clips):
            row = {"network": network, "way": way, "clips": CLIPS, **compare(usual, answers), "machine": place, "command": COMMAND}
            print(row, flush=True)
            yield row


if __name__ == "__main__":
    write_rows(RESULTS / "numbers.csv", list(rows()))
