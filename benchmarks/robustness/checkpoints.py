"""Whether a damaged or impossible checkpoint can do harm: it loads or is refused in a sentence, in a process that lives on.

    python benchmarks/robustness/checkpoints.py [copies]

Writes results/robustness_checkpoints.csv: a row for each kind of harm, done to so many copies (default 15). "traceback" counts errors that
the package does not mean for its users, "died" processes that ended, "most_megabytes" by how much the process grew at most above one that
loads whole checkpoints.
"""

import json
import resource
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import cache
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import torch
from frames import damage
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor

from workbench.model.checkpoint import METADATA_KEY
from workbench.model.load import SHIPPED, load_weights
from workbench.paths import PROJECT, RESULTS, write_rows
from workbench.training.distributed import machine

sys.path.insert(0, str(PROJECT / "tests" / "support"))
from imagenet import imagenet_weights

COMMAND = "python benchmarks/robustness/checkpoints.py"
ODD_NUMBERS = (0, -1, 1, 2.5, 10**9, -(10**18), 1e308, True, None, "5", [], [3, 3], {"a": 1})
ODD_WORDS = ("model", "state_dict", "module", "", "\0", "é" * 5000, "fc.weight", "new_fc.weight")
Harm = Callable[[Path, np.random.Generator], None]


def bytes_of_ours(path: Path, rng: np.random.Generator) -> None:
    path.with_suffix(".safetensors").write_bytes(damage(SHIPPED.read_bytes(), rng))


def bytes_of_pickle(path: Path, rng: np.random.Generator) -> None:
    torch.save(resnet(), path)
    path.write_bytes(damage(path.read_bytes(), rng))


def numbers_of_config(path: Path, rng: np.random.Generator) -> None:
    """One value of the description, however deep, becomes an odd one."""
    description = describe_shipped()
    *outer, name = pick(rng, list(places_in(description)))
    part = description
    for step in outer:
        part = part[step]
    part[name] = pick(rng, ODD_NUMBERS)
    save_as_ours(path, json.dumps(description))


def shape_of_description(path: Path, rng: np.random.Generator) -> None:
    """No JSON, JSON of another kind, or too deep to be read."""
    depth = int(rng.integers(1, 200_000))
    text = pick(rng, ("", "null", "[]", "3", '"x"', "{", '{"config": 1}', "[" * depth + "]" * depth, '{"a":' * depth + "1" + "}" * depth))
    save_as_ours(path, text)


def numbers_of_weights(path: Path, rng: np.random.Generator) -> None:
    weights = {name: tensor.clone() for name, tensor in resnet().items()}
    tensor = weights[pick(rng, [name for name, each in weights.items() if each.is_floating_point()])]
    tensor.view(-1)[int(rng.integers(tensor.numel()))] = pick(rng, (torch.nan, torch.inf, -torch.inf, -1.0, 3e38))
    torch.save(weights, path)


def tensors_of_weights(path: Path, rng: np.random.Generator) -> None:
    """One tensor is missing, of another kind, shape or size than it can be."""
    weights = dict(resnet())
    name = pick(rng, list(weights))
    size = int(10 ** rng.integers(4, 13))
    odd = (None, 7, "text", torch.zeros(0), torch.zeros(3, 3), torch.zeros(4, dtype=torch.complex64), torch.zeros(4).to_sparse(),
           torch.zeros(1).expand(size), torch.zeros(4, device="meta"), torch.zeros(4, dtype=torch.int8))  # fmt: skip
    torch.save({**weights, name: pick(rng, odd)}, path)


def names_of_weights(path: Path, rng: np.random.Generator) -> None:
    weights = dict(resnet())
    name = pick(rng, list(weights))
    weights[pick(rng, (1, None, b"x", ("a",), *ODD_WORDS))] = weights.pop(name)
    torch.save(weights, path)


def wrappers_of_weights(path: Path, rng: np.random.Generator) -> None:
    """The state dict stands in others, or beside what is none."""
    contents = resnet()
    for _ in range(int(rng.integers(1, 40))):
        contents = {pick(rng, ODD_WORDS): contents, pick(rng, ("epoch", "optimizer", 5)): pick(rng, ODD_NUMBERS)}
    torch.save(contents, path)


def other_contents(path: Path, rng: np.random.Generator) -> None:
    torch.save(pick(rng, (*ODD_NUMBERS, torch.zeros(3), torch.nn.Linear(2, 2), {}, {"state_dict": {}}, ODD_NUMBERS)), path)


def random_bytes(path: Path, rng: np.random.Generator) -> None:
    path.with_suffix(pick(rng, (".safetensors", ".pth"))).write_bytes(rng.bytes(int(rng.integers(0, 5000))))


HARMS: dict[str, Harm] = {
    "bytes of a safetensors file": bytes_of_ours,
    "bytes of a PyTorch file": bytes_of_pickle,
    "a number of the description": numbers_of_config,
    "another description": shape_of_description,
    "a number of the weights": numbers_of_weights,
    "a tensor": tensors_of_weights,
    "a name of a tensor": names_of_weights,
    "dictionaries around the weights": wrappers_of_weights,
    "something else than weights": other_contents,
    "random bytes": random_bytes,
}


@cache
def resnet() -> dict[str, Tensor]:
    """Weights under torchvision's names, which load from a PyTorch file."""
    torch.manual_seed(0)
    return imagenet_weights("resnet18", 5)


def pick(rng: np.random.Generator, choices):
    return choices[int(rng.integers(len(choices)))]


def describe_shipped() -> dict:
    with safe_open(SHIPPED, "pt") as file:
        return json.loads(file.metadata()[METADATA_KEY])


def places_in(description: dict, *outer: str) -> Iterator[tuple[str, ...]]:
    for name, value in description.items():
        yield (*outer, name)
        if isinstance(value, dict):
            yield from places_in(value, *outer, name)


def save_as_ours(path: Path, description: str) -> None:
    save_file(load_file(SHIPPED), path.with_suffix(".safetensors"), {METADATA_KEY: description})


def judge(path: Path) -> tuple[str, int]:
    """What loading came to, and the most memory in MB that this process had by then."""
    try:
        load_weights(path)
        verdict = "loaded"
    except (ValueError, OSError):
        verdict = "refused"
    except BaseException as error:
        print(f"{path.name}: {type(error).__name__}: {error}", file=sys.stderr)
        verdict = "traceback"
    return verdict, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def judge_apart(path: Path) -> tuple[str, int]:
    """The same in a process of its own."""
    with ProcessPoolExecutor(1, get_context("fork")) as pool:
        try:
            return pool.submit(judge, path).result(timeout=60)
        except BrokenProcessPool:
            return "died", 0


def rows(folder: Path, copies: int) -> Iterator[dict]:
    torch.save(resnet(), folder / "whole.pth")
    usual = max(judge_apart(path)[1] for path in (SHIPPED, folder / "whole.pth"))
    (folder / "whole.pth").unlink()
    for number, (harm, do) in enumerate(HARMS.items()):
        counts, most, rng = Counter(), 0, np.random.default_rng(number)
        for _ in range(copies):
            do(folder / "weights.pth", rng)
            [path] = folder.iterdir()
            verdict, megabytes = judge_apart(path)
            counts[verdict], most = counts[verdict] + 1, max(most, megabytes - usual)
            path.unlink()
        verdicts = {verdict: counts[verdict] for verdict in ("loaded", "refused", "traceback", "died")}
        yield {
            "harm": harm,
            "copies": copies,
            **verdicts,
            "most_megabytes": most,
            "machine": machine("cpu"),
            "command": f"{COMMAND} {copies}",
        }


if __name__ == "__main__":
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        write_rows(RESULTS / "robustness_checkpoints.csv", list(rows(Path(folder), int(sys.argv[1]) if len(sys.argv) > 1 else 15)))
