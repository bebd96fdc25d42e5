"""The laws of the house: which room may know which, what the map says, what is pinned, what may be stored."""

import ast
import importlib.util
import json
import os
import re
import subprocess
import sys
from itertools import chain, product
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parents[1]

# ---------------------------------------------------------------------------------------------------- imports run one way

# Each imports itself and what stands before it.
FLOORS = ("paths", "text", "parameters", "video", "model", "data", "evaluation", "training", "experiments", "explore", "draw", "page",
          "hosting", "lessons")  # fmt: skip


def is_room(name: str) -> bool:
    path = ROOT.joinpath(*name.split("."))
    return path.is_dir() or path.with_suffix(".py").is_file()


def imported(source: str, package: str) -> set[str]:
    """Names of our modules that the source imports, wherever in it; `package` is the one that a relative import starts from."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) + 1 - node.level] if node.level else []
            base = ".".join([*above, *filter(None, [node.module])])
            members = {f"{base}.{alias.name}" for alias in node.names}
            names |= {member if is_room(member) else base for member in members}
    return {name for name in names if name.split(".")[0] in ("workbench", "app")}


def modules() -> list[Path]:
    return sorted((ROOT / "workbench").rglob("*.py"))


def test_packages_import_only_what_lies_below() -> None:
    """Imports run one way: a package knows itself and those before it in FLOORS."""
    wrong = []
    for path in modules():
        floor = path.relative_to(ROOT / "workbench").with_suffix("").parts[0]
        if floor in FLOORS:
            package = ".".join(path.relative_to(ROOT).parent.parts)
            below = {f"workbench.{name}" for name in FLOORS[: FLOORS.index(floor) + 1]}
            names = imported(path.read_text(encoding="utf-8"), package)
            wrong += [f"{path.relative_to(ROOT)} imports {name}" for name in sorted(names) if ".".join(name.split(".")[:2]) not in below]
    assert not wrong, "\n".join(wrong)


def test_every_package_has_its_floor() -> None:
    """A package or module that is added to workbench/ has its place in FLOORS; the command and the front door know all of them."""
    names = {path.relative_to(ROOT / "workbench").with_suffix("").parts[0] for path in modules()}
    assert names - {"__init__", "cli"} == set(FLOORS)


def code_of(path: Path) -> str:
    if path.suffix != ".ipynb":
        return path.read_text(encoding="utf-8")
    cells = [cell for cell in json.loads(path.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == "code"]
    lines = "\n".join("".join(cell["source"]) for cell in cells).splitlines()
    return "\n".join(line for line in lines if not line.lstrip().startswith(("%", "!")))


def visitors() -> list[Path]:
    return sorted((ROOT / "notebooks").rglob("*.ipynb"))


def test_visitors_use_the_front_door() -> None:
    """The notebooks import `workbench` and no module of it."""
    behind = {path.name: imported(code_of(path), "") - {"workbench"} for path in visitors()}
    assert not any(behind.values()), behind


SILENCE = """
import atexit, os, pkgutil, random, sys, threading
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module

import gradio, numpy, torch  # gradio draws a random number while it is imported: not ours, as below

def state():
    return (random.getstate(), str(numpy.random.get_state()), torch.get_rng_state().tolist(), torch.get_num_threads(),
            torch.get_default_dtype(), torch.is_grad_enabled(), torch.get_float32_matmul_precision(),
            torch.are_deterministic_algorithms_enabled(), torch.backends.cudnn.benchmark, torch.backends.cudnn.deterministic,
            torch.backends.cudnn.allow_tf32, torch.multiprocessing.get_sharing_strategy(), threading.enumerate())

deeds = []
def watch(owner, name):
    done, passed_on = getattr(owner, name), ("os", "collections.abc")
    def watched(*args, **options):
        frame = sys._getframe(1)
        while frame.f_globals["__name__"] in passed_on:
            frame = frame.f_back
        if frame.f_globals["__name__"].startswith("workbench"):  # what a library of others does while it is imported is not ours
            deeds.append(f"{frame.f_globals['__name__']} calls {name} of {owner.__name__}")
        return done(*args, **options)
    setattr(owner, name, watched)

watch(atexit, "register"), watch(os, "putenv"), watch(os, "unsetenv"), watch(ThreadPoolExecutor, "__init__")
if hasattr(os, "register_at_fork"):
    watch(os, "register_at_fork")

before = state()
import workbench
for module in pkgutil.walk_packages(workbench.__path__, "workbench."):
    import_module(module.name)
    assert state() == before, f"importing {module.name} changed a seed or a flag, or started a thread"
print(*deeds, sep="\\n", end="")
assert "workbench.video.decoder.decode" in sys.modules and len([name for name in sys.modules if name.startswith("workbench.")]) > 80
"""


@pytest.mark.slow
def test_importing_is_silent(tmp_path: Path) -> None:
    """Importing any module of workbench prints nothing, leaves no file behind, changes no seed, no global flag and no environment
    variable, starts no thread, makes no pool of them, and registers nothing to be called at the end or at a fork."""
    import matplotlib.font_manager  # its list of fonts is made once on a machine, and says so

    home, folder = tmp_path / "home", tmp_path / "folder"
    home.mkdir(), folder.mkdir()
    variables = {
        "HOME": str(home),
        "PATH": os.defpath,
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
        "MPLCONFIGDIR": matplotlib.get_configdir(),
    }
    run = subprocess.run([sys.executable, "-c", SILENCE], cwd=folder, env=variables, capture_output=True, text=True)
    assert (run.stdout, run.stderr, run.returncode) == ("", "", 0)
    assert [*home.iterdir(), *folder.iterdir()] == []


# ------------------------------------------------------------------------------------------------------------ files, the map


def stored() -> list[Path]:
    """Files that git tracks, and those that it would be told to track: new and not ignored."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    return sorted({ROOT / name for name in names if name and (ROOT / name).is_file()})


def test_the_map_is_made_of_the_sources() -> None:
    """docs/architecture.md says of every module what the module says of itself, and shows the imports there are: `make docs`."""
    spec = importlib.util.spec_from_file_location("build_architecture", ROOT / "docs" / "build_architecture.py")
    build = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(build)
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    assert page == build.fill(page), "docs/architecture.md is older than the sources; run `make docs`"


def test_rooms_are_small() -> None:
    """A file of the package is small enough to hold, and none is a drawer for what found no place."""
    for path in modules():
        lines = len(path.read_text(encoding="utf-8").splitlines())
        assert lines <= 400, f"{path.relative_to(ROOT)} has {lines} lines: two ideas?"
        assert path.stem not in {"util", "utils", "helpers", "misc"}, f"{path.relative_to(ROOT)}: what is it about?"


def test_stored_files_are_small() -> None:
    """No file of the repository is above 3 MB."""
    large = {str(path.relative_to(ROOT)): size for path in stored() if (size := path.stat().st_size) > 3_000_000}
    assert large == {}


FOREIGN = {
    "a path of somebody's machine": rb"(?<![\w.\-])/(?:home|Users|root|work|private)/\w",
    "a registry's host": rb"pypi\.org|pythonhosted\.org|pytorch\.org/whl|anaconda\.org|--(?:index-url|extra-index-url|find-links)",
    "a folder beside the repository": rb"\.\./shared",
}


@pytest.mark.parametrize("what", FOREIGN)
def test_nothing_points_out_of_the_house(what: str) -> None:
    """No stored file names a path of one machine, a package registry, or a folder that a clone does not have."""
    found = [str(path.relative_to(ROOT)) for path in stored() if re.search(FOREIGN[what], path.read_bytes())]
    assert found == []


def test_readme_commands_are_targets() -> None:
    """`make app`, `make test` and every other make command that README or CONTRIBUTING shows is a target of the Makefile."""
    targets = set(re.findall(r"^([a-z][\w-]*):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for name in ("README.md", "CONTRIBUTING.md"):
        text = (ROOT / name).read_text(encoding="utf-8")
        code = re.findall(r"^```.*?^```|`[^`\n]+`", text, re.MULTILINE | re.DOTALL)
        shown = {word for piece in code for word in re.findall(r"(?:^|[`;&$])\s*make ([a-z][\w-]*)", piece, re.MULTILINE)}
        assert {"app", "test"} <= shown, f"{name} does not show both commands"
        assert shown <= targets, f"{name} shows targets that do not exist"


# ------------------------------------------------------------------------------------------------------------- what is pinned

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PYTHONS = ("3.10.13", "3.11.2", "3.11.9", "3.12.1", "3.13.0")
MACHINES = {
    "Linux": {"sys_platform": "linux", "platform_system": "Linux", "platform_machine": "x86_64", "os_name": "posix"},
    "macOS": {"sys_platform": "darwin", "platform_system": "Darwin", "platform_machine": "arm64", "os_name": "posix"},
}


def asked() -> list[Requirement]:
    """What pyproject.toml depends on, with every extra."""
    return [Requirement(line) for line in chain(PROJECT["dependencies"], *PROJECT["optional-dependencies"].values())]


def pinned() -> list[Requirement]:
    lines = (line.split("#")[0].strip() for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines())
    return [Requirement(line) for line in lines if line]


def applies(requirement: Requirement, python: str, machine: str) -> bool:
    place = {"python_version": python.rpartition(".")[0], "python_full_version": python, **MACHINES[machine]}
    return requirement.marker is None or requirement.marker.evaluate({**place, "implementation_name": "cpython"})


@pytest.mark.parametrize(("python", "machine"), list(product(PYTHONS, MACHINES)))
def test_every_dependency_has_one_tested_version(python: str, machine: str) -> None:
    """For each Python and machine, constraints.txt holds exactly one version of each dependency, and pyproject.toml allows it."""
    pins: dict[str, str] = {}
    for pin in pinned():
        assert re.fullmatch(r"==[\w.!]+", str(pin.specifier)), f"{pin} names no public version"
        if applies(pin, python, machine):
            name = canonicalize_name(pin.name)
            assert name not in pins, f"{name} is pinned twice"
            pins[name] = str(pin.specifier).removeprefix("==")

    for requirement in asked():
        if applies(requirement, python, machine):
            name = canonicalize_name(requirement.name)
            assert name in pins, f"{name} is not pinned"
            assert pins[name] in requirement.specifier, f"{name} is pinned to {pins[name]}, pyproject.toml wants {requirement.specifier}"


def test_constraints_suit_every_machine() -> None:
    """No package of one machine's kind of GPU is pinned, nor the project itself, and torch is the one that was tested."""
    names = {canonicalize_name(pin.name): str(pin.specifier) for pin in pinned()}
    assert [name for name in names if re.match(r"nvidia|cuda|triton|cupy|motionsqueeze", name)] == []
    assert names["torch"] == "==2.13.0"


def test_every_direct_dependency_has_a_licence() -> None:
    """docs/licences.md has one row, with a licence, for each dependency of pyproject.toml and its extras, and no other: `make licences`."""
    rows = re.findall(r"^\| ([\w-]+) \| [^|]+ \| ([^|]+) \|$", (ROOT / "docs" / "licences.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert [name for name, _ in rows] == ["package", *sorted({canonicalize_name(requirement.name) for requirement in asked()})]
    assert not [name for name, licence in rows if licence.strip() in ("", "UNKNOWN")]


def test_environment_yml_is_the_same_installation() -> None:
    """Conda's way in: a Python that the project allows, pip, ffmpeg, and then this project under these constraints."""
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    (pip,) = [entry["pip"] for entry in environment["dependencies"] if isinstance(entry, dict)]
    assert pip == ["-c constraints.txt", "-e ."]

    specs = [re.fullmatch(r"([a-z]+)\s*(.*)", entry).groups() for entry in environment["dependencies"] if isinstance(entry, str)]
    conda = dict(specs)
    assert set(conda) == {"python", "pip", "ffmpeg"}
    python = SpecifierSet(re.sub(r"^=(\d[\d.]*)$", r"==\1.*", conda["python"]))
    allowed = [version for version in PYTHONS if version in python]
    assert allowed and all(version in SpecifierSet(PROJECT["requires-python"]) for version in allowed)
    assert not [version for version in ("3.8.18", "3.9.18") if version in python]


def test_no_test_hides_in_a_class() -> None:
    """Tests are functions: what stands in a class is not collected, and would pass for ever."""
    hidden = [path.name for path in (ROOT / "tests").rglob("test_*.py") if re.search(r"^class Test", path.read_text("utf-8"), re.M)]
    assert hidden == []
