"""The pages for readers: their examples run, their links lead somewhere, and their commands exist."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "LOG.md", *sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md"))]

RUN = """
import sys
for name, source in eval(sys.stdin.read()):
    exec(compile(source, name, "exec"), {"__name__": "example"})
"""


def read(document: str) -> str:
    return (ROOT / document).read_text(encoding="utf-8")


def examples(document: str) -> list[tuple[str, str]]:
    """The fenced Python blocks of a page: the line of the page that each begins at, in words, and its source."""
    blocks = re.finditer(r"^```python\n(.*?)^```", read(document), re.MULTILINE | re.DOTALL)
    return [(f"{document}, line {read(document)[: block.start()].count(chr(10)) + 2}", block[1]) for block in blocks]


@pytest.mark.slow
@pytest.mark.parametrize("document", ["README.md", "docs/extending.md"])
def test_examples_run(document: str, tmp_path: Path) -> None:
    """Every Python example of the page runs as it stands, after those above it, in a process of its own and an empty home."""
    assert examples(document)
    (tmp_path / "workbench").mkdir()
    (tmp_path / "workbench" / "assets").symlink_to(ROOT / "workbench" / "assets")  # the samples are named as from the project's folder
    variables = {**os.environ, "PYTHONPATH": str(ROOT), "HOME": str(tmp_path), "OMP_NUM_THREADS": "1"}
    run = subprocess.run(
        [sys.executable, "-c", RUN],
        input=repr(examples(document)),
        cwd=tmp_path,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr


def anchors(document: str) -> set[str]:
    """Names of the headings of a page, as links have them."""
    headings = re.findall(r"^#+ (.+)$", read(document), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", PAGES)
def test_links_lead_somewhere(document: str) -> None:
    """A link to a file of the project leads to a file that is there, and one to a section to a heading of that page."""
    for target in re.findall(r"\]\(([^)\s]+)\)", read(document)):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, section = target.partition("#")
        path = (ROOT / document).parent / name if name else ROOT / document
        assert path.exists(), f"{document} links to {target}"
        assert not section or section in anchors(str(path.resolve().relative_to(ROOT))), f"{document} links to {target}"


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md", "docs/architecture.md", "docs/extending.md", "docs/results.md"])
def test_files_named_are_there(document: str) -> None:
    """A path in code style that begins with a folder of the project or of the package is there."""
    folders = {path.name for base in (ROOT, ROOT / "workbench") for path in base.iterdir() if path.is_dir()} - {"runs", "gallery"}
    for name in re.findall(r"`([\w.-]+/[\w./-]+)`", read(document)):
        if name.split("/")[0] in folders:
            assert (ROOT / name).exists() or (ROOT / "workbench" / name).exists(), f"{document} names {name}"
