"""Executed notebooks as pages."""

import errno
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from patience import PATIENCE_SECONDS

from workbench.experiments.notebooks import as_page, as_parameters, check_names, complaint, default_parameters, find_notebook
from workbench.experiments.study import Study
from workbench.parameters import ParameterError, config_of


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made by the command: a browser's loop in this process and papermill's do not go together."""
    folder = tmp_path_factory.mktemp("gallery")
    command = [sys.executable, "-m", "workbench.cli", "gallery", "--folder", str(folder), "--only", "02"]
    run = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_SECONDS)
    assert run.returncode == 0 and run.stdout.strip().endswith("02_displacement.html"), run.stderr
    return folder


@pytest.mark.slow
def test_a_page_opens_without_a_server_and_shows_its_pictures(folder: Path, page) -> None:
    """In a browser, from the disk: all pictures are there, widgets as stills, nothing is asked of the network, no script fails."""
    asked, failed = [], []
    page.on("request", lambda request: asked.append(request.url) if not request.url.startswith(("file:", "data:", "blob:")) else None)
    page.on("pageerror", lambda error: failed.append(str(error)))
    page.goto((folder / "index.html").as_uri())
    page.get_by_role("link").first.click()
    page.wait_for_selector("img")
    sizes = page.evaluate("[...document.images].map(image => image.naturalWidth)")
    assert len(sizes) >= 4 and all(sizes) and (asked, failed) == ([], [])
    assert "Error displaying widget" not in page.content()


def test_a_page_shows_the_still_of_what_would_need_a_script(tmp_path: Path) -> None:
    """Of an output that has several forms the page takes one that needs neither kernel nor script."""
    forms = {"application/javascript": "document.title = 'ran'", "text/plain": "a still"}
    cell = nbformat.v4.new_code_cell("show", outputs=[nbformat.v4.new_output("display_data", data=forms)], id="cell")
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), tmp_path / "executed.ipynb")
    page = as_page(tmp_path / "executed.ipynb")
    assert "a still" in page and forms["application/javascript"] not in page


def test_a_notebook_is_found_by_its_number() -> None:
    """ "21" is enough; what names none or several is told those there are."""
    assert find_notebook("21").stem == "21_displacement_range" == find_notebook("21_displacement_range.ipynb").stem
    for name in ("99", "2"):
        with pytest.raises(FileNotFoundError, match=r"there are .*22_insertion_layer"):
            find_notebook(name)


@pytest.mark.parametrize("name", ["20", "21", "22", "23"])
def test_the_parameters_of_a_study_are_known_without_a_kernel(name: str) -> None:
    """They make the study that the notebook runs."""
    notebook = find_notebook(name)
    assert config_of(Study, default_parameters(notebook)).name == notebook.stem


def test_a_disk_that_is_full_is_said_with_the_remedy() -> None:
    """Papermill writes the notebook after each cell, and says no more than the system does."""
    assert complaint(OSError(errno.ENOSPC, "No space left on device")) == "the disk is full; make room there and start again"


def test_settings_are_literals() -> None:
    """Numbers, lists, True, inf and text, as one types them; a name that the notebook lacks is told the nearest."""
    settings = ["radius=2", "sigma=inf", "motion_after=['stem']", "motion=False", "data=a b.mp4"]
    parameters = as_parameters(settings)
    assert parameters == {"radius": 2, "sigma": float("inf"), "motion_after": ["stem"], "motion": False, "data": "a b.mp4"}
    check_names(find_notebook("10"), parameters)
    with pytest.raises(ParameterError, match=r"10_train.ipynb has no parameter 'raduis'; did you mean 'radius'"):
        check_names(find_notebook("10"), {"raduis": 2})
    with pytest.raises(ParameterError, match="name=value, got 'radius 2'"):
        as_parameters(["radius 2"])
