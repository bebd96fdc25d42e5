"""What a study is: baseline, values, seeds, and the key of a run; the values themselves stand in notebooks/2*.ipynb."""

import ast
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any

from workbench.data.alphabet.open_set import GENERATED
from workbench.model.backbone import BLOCK_STAGES
from workbench.parameters import ParameterError, Range, check_ranges, config_of, parameters_of
from workbench.paths import NOTEBOOKS, PACKAGE, RESULTS, in_project, read_rows, write_rows
from workbench.training.config import WATCHING, TrainConfig

TRAINING = ("model/**/*.py", "data/alphabet/*.py", "training/*.py", "evaluation/*.py")


@dataclass(frozen=True)
class Run:
    """One execution of the training notebook. place: of its value in the study; label: what that changes, in words. key: the
    same for the same run only."""

    study: str
    place: int
    label: str
    seed: int
    parameters: dict[str, Any]
    key: str


@dataclass(frozen=True)
class Study:
    """A grid of training runs: every value with every seed. The fields are the parameters of a study's notebook.

    base: parameters of `10_train` that all runs share. values: what each changes of it; the first is the baseline, to
    which the others are compared. epochs, clips: the budget of a run, unless a value says otherwise. seeds: 0 to seeds - 1.
    processes: runs side by side; 0 is one for each core or GPU, or SLURM job. threads: of a run; 1 makes results the same however many
    run side by side. cluster: address of a dask scheduler, "slurm", or "" for this machine. minutes: a run that takes
    longer is stopped. output: folder of all runs.

    Raises ValueError for a run that could not be trained, before any run begins.
    """

    name: str = "study"
    base: dict = field(default_factory=dict)
    values: tuple[dict, ...] = ({},)
    epochs: Annotated[int, Range(1)] = 4
    clips: Annotated[int, Range(1)] = 1152
    seeds: Annotated[int, Range(1)] = 3
    processes: Annotated[int, Range(0)] = 0
    threads: Annotated[int, Range(1)] = 1
    cluster: str = ""
    minutes: Annotated[float, Range(above=0)] = 240.0
    output: Path = Path("runs/studies")

    def __post_init__(self):
        check_ranges(self)
        object.__setattr__(self, "output", in_project(self.output))
        if not self.values or len({label_of(value) for value in self.values}) < len(self.values):
            raise ValueError(f"values must name at least one value and none twice, got {list(self.values)}")
        keys = [key_of(self.config(value, seed=0)) for value in self.values]
        if twice := [label_of(value) for value, key in zip(self.values, keys, strict=True) if keys.count(key) > 1]:
            raise ValueError(f"these values are the same run: {', '.join(twice)}")

    @property
    def folder(self) -> Path:
        return self.output / self.name

    def config(self, value: Mapping[str, Any], seed: int) -> TrainConfig:
        """The run of a value. Raises ValueError naming the value where it cannot be trained."""
        if own := {"seed", "output"} & {*self.base, *value}:
            raise ParameterError(f"a study sets {' and '.join(sorted(own))} of its runs itself; take it out of base and values")
        shared = {"epochs": self.epochs, "clips": self.clips, "workers": 0, "progress": False}
        changed = {name: setting for name, setting in value.items() if name != "label"}
        try:
            config = config_of(TrainConfig, {**shared, **self.base, **changed, "seed": seed})
            return config if config.data in GENERATED else replace(config, data=str(Path(config.data).resolve()))
        except ValueError as error:
            raise ParameterError(f"{label_of(value)}: {error}") from error

    def runs(self) -> Iterator[Run]:
        """Every run, seed by seed, so that a study that is stopped half-way has all values with some seeds."""
        for seed in range(self.seeds):
            for place, value in enumerate(self.values):
                config = self.config(value, seed)
                yield Run(self.name, place, label_of(value), seed, parameters_of(config), key_of(config))

    @property
    def grid(self) -> str:
        """The same for studies that differ in nothing but the number of seeds and where they run."""
        keys = [key_of(self.config(value, seed=0)) + label_of(value) for value in self.values]
        return hashlib.sha256(json.dumps(keys).encode()).hexdigest()[:16]


def label_of(value: Mapping[str, Any]) -> str:
    """What a value changes, in words: "radius 2, dilation 3"; the baseline changes nothing.

    An entry "label" gives other words and changes nothing.
    """
    if "label" in value:
        return str(value["label"])
    return ", ".join(f"{name.replace('_', ' ')} {words(setting)}" for name, setting in value.items()) or "baseline"


def words(setting: Any) -> str:
    if isinstance(setting, bool):
        return "on" if setting else "off"
    if isinstance(setting, list | tuple):
        return " and ".join(map(str, setting))
    return "none" if setting is None else f"{setting:g}" if isinstance(setting, float) else str(setting)


def key_of(config: TrainConfig) -> str:
    """The same for runs that must give the same result: the same parameters, code and data."""
    return key_under(code_version(), parameters_of(config))


# Parameters that came after runs had been recorded, with what those had. Such a value does not count, so that their keys stay.
LATER = {"kernel_size": 1, "shift_stages": list(BLOCK_STAGES), "shift_every": 1, "matching_from": None, "init": "none"}


def key_under(code: str, parameters: Mapping[str, Any]) -> str:
    """The key of a run under a version of the code; how it is watched and where it is written does not count."""
    counting = {name: value for name, value in parameters.items() if name not in WATCHING and (name, value) not in LATER.items()}
    identity = {"parameters": counting, "code": code, "data": data_version(parameters["data"])}
    return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:16]


def keys_of(run: Run) -> dict[str, str]:
    """{key: version of the code}: the run's own first, then those of the same run under earlier code that gives the same results."""
    return {key_under(code, run.parameters): code for code in (code_version(), *equivalent_versions(code_version()))}


@lru_cache
def code_version() -> str:
    """Digest of all code that a run's result depends on, the training notebook included; comments and docstrings do not count."""
    sha = hashlib.sha256()
    for path in sorted(path for pattern in TRAINING for path in PACKAGE.glob(pattern)):
        sha.update(bare(path.read_text(encoding="utf-8")).encode())
    cells = json.loads((NOTEBOOKS / "10_train.ipynb").read_text(encoding="utf-8"))["cells"]
    for cell in cells:
        sha.update("".join(cell["source"] if cell["cell_type"] == "code" else "").encode())
    return sha.hexdigest()[:12]


CODE_VERSIONS = RESULTS / "code_versions.csv"


def equivalent_versions(version: str) -> list[str]:
    """Earlier versions of the code, newest first, that are on record as giving the results of this one, directly or by way of another."""
    rows, versions = read_rows(CODE_VERSIONS) if CODE_VERSIONS.exists() else [], [version]
    for code in versions:
        versions += [row["earlier"] for row in rows if row["version"] == code and row["earlier"] not in versions]
    return versions[1:]


def register_equivalent(earlier: str, reason: str) -> str:
    """Put on record that the present code gives the results of an earlier version, so that runs of it stay finished; returns the present.

    For changes that alter no number, as names and places: compare weights and metrics to the bit before. reason: how that was done.
    """
    rows = read_rows(CODE_VERSIONS) if CODE_VERSIONS.exists() else []
    write_rows(CODE_VERSIONS, [*rows, {"version": code_version(), "earlier": earlier, "reason": reason}])
    return code_version()


def bare(source: str) -> str:
    """Python without comments, layout and docstrings, its imports in order of the alphabet."""
    tree = ast.parse(source)
    imports = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    tree.body = sorted(imports, key=ast.unparse) + [node for node in tree.body if node not in imports]
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:]
    return ast.unparse(tree)


def data_version(data: str) -> str:
    """Names, sizes and times of the files of a data set; the alphabet is code."""
    path = Path(data)
    files = sorted(file for file in (path.rglob("*") if path.is_dir() else [path]) if file.is_file())
    return json.dumps([(file.name, file.stat().st_size, file.stat().st_mtime_ns) for file in files])
