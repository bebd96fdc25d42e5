"""The notebooks' widgets in a real JupyterLab, in a real browser, with nothing but this machine."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from patience import PATIENCE, PATIENCE_SECONDS
from playwright.sync_api import Locator, Page, expect

TOKEN = "a-token-for-the-test"

CELL = """
import numpy as np
import torch
import workbench as wb

random = np.random.default_rng(0)
frames = random.integers(0, 256, (4, 32, 48, 3), np.uint8)
correlation = torch.from_numpy(random.random((1, 3, 8, 12, 7, 7), np.float32))
motion = wb.Motion(wb.kernel_soft_argmax(correlation), wb.peak_confidence(correlation), correlation)
wb.draw.MatchWidget(frames, motion)
"""
NEWS = {"checkForUpdates": False, "doNotDisturbMode": True, "fetchNews": "false"}
OFFLINE = ("--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate", "--LabApp.extension_manager=readonly")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def empty_home(folder: Path) -> dict[str, str]:
    """Variables under which Jupyter finds nobody's settings but those that keep its first run quiet."""
    for name in ("home", "config", "data", "runtime", "ipython", "settings", "workspaces"):
        (folder / name).mkdir(parents=True)
    quiet = folder / "settings" / "@jupyterlab" / "apputils-extension" / "notification.jupyterlab-settings"
    quiet.parent.mkdir(parents=True)
    quiet.write_text(json.dumps(NEWS), encoding="utf-8")
    places = {"HOME": "home", "JUPYTER_CONFIG_DIR": "config", "JUPYTER_DATA_DIR": "data", "JUPYTER_RUNTIME_DIR": "runtime",
              "IPYTHONDIR": "ipython", "JUPYTERLAB_SETTINGS_DIR": "settings", "JUPYTERLAB_WORKSPACES_DIR": "workspaces"}  # fmt: skip
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "MPL", "XDG"))}
    return kept | {variable: str(folder / name) for variable, name in places.items()} | {"OMP_NUM_THREADS": "1"}


def wait_until_it_answers(server: subprocess.Popen, address: str, log: Path) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    request = urllib.request.Request(f"{address}/api/status", headers={"Authorization": f"token {TOKEN}"})
    while True:
        try:
            with urllib.request.urlopen(request, timeout=5):
                return
        except OSError:
            if server.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"JupyterLab did not start:\n{log.read_text(encoding='utf-8')[-3000:]}")
            time.sleep(0.1)


@pytest.fixture(scope="module")
def notebooks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that JupyterLab shows, empty at first."""
    return tmp_path_factory.mktemp("notebooks")


@pytest.fixture(scope="module")
def lab(notebooks: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a JupyterLab over the folder; it and its kernels are gone afterwards."""
    folder, port = tmp_path_factory.mktemp("lab"), free_port()
    log = folder / "log"
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--ServerApp.root_dir={notebooks}", *OFFLINE,
               f"--ServerApp.port={port}", "--ServerApp.port_retries=0", f"--IdentityProvider.token={TOKEN}"]  # fmt: skip
    with log.open("w") as output:
        server = subprocess.Popen(command, env=empty_home(folder / "jupyter"), cwd=notebooks, stdout=output, stderr=subprocess.STDOUT)
    try:
        wait_until_it_answers(server, f"http://127.0.0.1:{port}", log)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.send_signal(signal.SIGTERM)  # which lets it end its kernels
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


@pytest.fixture
def complaints(page: Page) -> list[str]:
    """Grows by every error in the browser's console."""
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    return errors


def write_notebook(folder: Path, *cells: str) -> str:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, folder / "lesson.ipynb")
    return "lesson.ipynb"


def open_and_run(page: Page, lab: str, notebook: str) -> None:
    """All cells of a notebook, by the menu, as a reader does."""
    page.goto(f"{lab}/lab/tree/{notebook}?token={TOKEN}&reset")
    expect(page.locator(".jp-NotebookPanel .jp-CodeCell").first).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text("| Idle")).to_be_visible(timeout=PATIENCE)  # without a kernel, running would ask for one
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_text("Run All Cells", exact=True).click()


BYTES = """async (image) => {
  const bytes = new Uint8Array(await (await fetch(image.src)).arrayBuffer());
  return bytes.length + ":" + bytes.reduce((sum, byte) => (31 * sum + byte) % 1000000007, 7);
}"""


def content(image: Locator) -> str:
    """A number that stands for the bytes of a picture."""
    return image.evaluate(BYTES)


def wait_for_change(page: Page, image: Locator, before: str) -> None:
    """Until the picture has other bytes; its address alone does not tell."""
    changed = f"async ([image, before]) => {{ try {{ return (await ({BYTES})(image)) !== before }} catch {{ return false }} }}"
    page.wait_for_function(changed, arg=[image.element_handle(), before], timeout=PATIENCE)


def test_a_click_and_a_slider_in_jupyterlab(
    page: Page, lab: str, notebooks: Path, outside_requests: list[str], complaints: list[str]
) -> None:
    """A click on a cell of the frame, an arrow key and a slider each change the pictures; nothing is asked of another machine."""
    page.set_viewport_size({"width": 1280, "height": 1000})
    open_and_run(page, lab, write_notebook(notebooks, CELL))
    source, surfaces = page.locator(".cell-picker img"), page.locator(".jp-OutputArea img.widget-image").last
    facts = page.locator(".jp-OutputArea table")
    expect(source).to_be_visible(timeout=PATIENCE)
    expect(facts).to_contain_text("4, 5")

    before, shown = content(source), content(surfaces)
    box = source.bounding_box()
    source.click(position={"x": 2.5 / 12 * box["width"], "y": 1})
    expect(facts).to_contain_text("0, 2", timeout=PATIENCE)
    wait_for_change(page, source, before)
    wait_for_change(page, surfaces, shown)
    assert source.bounding_box() == box  # what answers a click does not move under the hand

    page.locator(".cell-picker").press("ArrowDown")
    expect(facts).to_contain_text("1, 2", timeout=PATIENCE)

    shown = content(surfaces)
    page.get_by_role("slider").nth(1).press("ArrowLeft")  # the radius
    wait_for_change(page, surfaces, shown)

    assert outside_requests == []
    assert complaints == []


LESSON = Path(__file__).resolve().parents[1] / "notebooks" / "02_displacement.ipynb"


def test_a_lesson_answers_in_jupyterlab(page: Page, lab: str, notebooks: Path, outside_requests: list[str], complaints: list[str]) -> None:
    """The lesson on displacement, run from its menu: its widget stands among its pictures, and moving a slider changes what it shows."""
    shutil.copy(LESSON, notebooks)
    page.set_viewport_size({"width": 1280, "height": 12_000})  # tall enough that JupyterLab draws every cell at once
    open_and_run(page, lab, LESSON.name)
    surfaces, facts = page.locator(".jp-OutputArea img.widget-image").last, page.locator(".jp-OutputArea table").last
    expect(page.locator(".cell-picker img")).to_be_visible(timeout=PATIENCE)

    shown = content(surfaces)
    page.get_by_role("slider").nth(1).press("ArrowLeft")  # the radius
    wait_for_change(page, surfaces, shown)
    page.locator(".cell-picker").press("ArrowUp")
    expect(facts).to_be_visible()
    assert outside_requests == []
    assert complaints == []
