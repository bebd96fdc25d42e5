"""The laws of the front door: few names, each of them there, and typed."""

import ast
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import workbench as wb

PACKAGE = Path(wb.__file__).parent
STUBS = sorted(path.parent.relative_to(PACKAGE.parent).as_posix().replace("/", ".") for path in PACKAGE.rglob("__init__.pyi"))


def names_in(stub: Path) -> set[str]:
    return {alias.asname for node in ast.parse(stub.read_text(encoding="utf-8")).body for alias in node.names}


def test_the_front_door_has_few_names() -> None:
    """Names and submodules together are at most sixty: more would be a list, not a door."""
    assert len(wb.__all__) <= 60


@pytest.mark.parametrize("package", STUBS)
def test_what_a_stub_promises_is_there(package: str) -> None:
    """Every name of a package's `__init__.pyi` can be had from it, and the package lists no other."""
    module = import_module(package)
    promised = names_in(Path(module.__file__).with_suffix(".pyi"))
    assert {name for name in promised if getattr(module, name, None) is None} == set()
    assert set(dir(module)) == promised


def test_a_name_is_imported_when_it_is_asked_for() -> None:
    """`import workbench` brings neither torch nor gradio nor matplotlib along."""
    script = "import sys, workbench; print(sorted({'torch', 'gradio', 'matplotlib', 'numpy'} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_a_name_that_is_none_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no_such_name"):
        wb.no_such_name  # noqa: B018
