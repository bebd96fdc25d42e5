"""How fast the page answers, in headless Chromium on this machine: the first picture, sliders, twenty visitors at once.

    python benchmarks/page.py

Needs Chromium and the test group. Writes results/page.csv: medians, by the browser's clock from the move of a slider to the new
picture in the document. Run it on a machine that does nothing else.
"""

import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from gradio_client import Client, handle_file
from PIL import Image
from playwright.sync_api import Page, sync_playwright

import workbench as wb
from workbench.paths import PROJECT, RESULTS, write_rows
from workbench.training.distributed import machine

sys.path.insert(0, str(PROJECT / "tests" / "support"))
from visiting import Visit

TIMES, VISITORS = 9, 20
CHANGE = """([control, value, picture]) => new Promise(done => {
  const input = document.querySelector(`#${control} input[type=number]`), before = document.querySelector(`#${picture} img`).src;
  const start = performance.now();
  const look = setInterval(() => {
    if (document.querySelector(`#${picture} img`)?.src !== before) { clearInterval(look); done(performance.now() - start); }
  }, 2);
  input.value = value;
  input.dispatchEvent(new Event("input", {bubbles: true}));
  input.dispatchEvent(new KeyboardEvent("keydown", {key: "Enter", bubbles: true}));
})"""


def ten_seconds(folder: Path) -> Path:
    """A real picture that slides to and fro for 10 s, 320 x 240 pixels at 25 frames a second."""
    still = np.asarray(Image.fromarray(wb.read_video(wb.sample_videos()[1].path, [200]).frames[0]).resize((480, 270)))
    offsets = (60 + 60 * np.sin(np.arange(250) / 12)).astype(int)
    wb.write_video(folder / "clip.mp4", np.stack([still[:240, x : x + 320] for x in offsets]), 25)
    return folder / "clip.mp4"


def first_picture(page: Page, address: str, clip: Path) -> float:
    """Milliseconds from giving a clip to its overlay."""
    page.goto(address)
    page.locator("#overlay img").wait_for()
    page.wait_for_timeout(1500)
    page.locator("#video button[aria-label=Clear]").first.click()
    page.locator("#overlay img").wait_for(state="detached")  # an answer goes with its video
    began = time.perf_counter()
    page.locator("#video input[type=file]").set_input_files(clip)
    page.wait_for_function("() => document.querySelector('#overlay img')")  # in every picture of the screen; a locator asks twice a second
    return 1000 * (time.perf_counter() - began)


def slider(page: Page, control: str, values: list[float], picture: str) -> float:
    waits = []
    for value in values:
        waits.append(page.evaluate(CHANGE, [control, value, picture]))
        page.wait_for_timeout(500)
    return statistics.median(waits)


def many(address: str, clip: Path) -> float:
    """Milliseconds until the last of twenty visitors, who ask at once, has its prediction."""
    clients = [Client(address, verbose=False) for _ in range(VISITORS)]
    began = time.perf_counter()
    with ThreadPoolExecutor(VISITORS) as pool:
        list(pool.map(lambda client: client.predict(handle_file(clip), "", {}, api_name="/predict"), clients))
    return 1000 * (time.perf_counter() - began)


def measure(address: str, clip: Path) -> dict[str, float]:
    browser = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox", "--disable-gpu"])
        page = chromium.new_page(viewport={"width": 1280, "height": 900})
        firsts = [first_picture(page, address, clip) for _ in range(TIMES)]
        Visit(page).unfold()
        taken = {
            "first picture of a 10-s clip of 320 x 240": statistics.median(firsts),
            "another pair": slider(page, "pair", [2, 3, 4, 5, 6, 7, 2, 3, 4], "overlay"),
            "radius, why this arrow": slider(page, "radius", [1, 2, 3, 4, 1, 2, 3, 4, 1], "why-weights"),
            "sigma, why this arrow": slider(page, "sigma", [1, 2, 3, 4, 6, 7, 8, 9, 1], "why-kernel"),
            "temperature, why this arrow": slider(page, "temperature", 3 * [-1, -1.5, -2.5], "why-weights"),
        }
        chromium.close()
    return taken | {f"{VISITORS} visitors at once, the last answer": many(address, clip)}


def main() -> None:
    with socket.socket() as free, tempfile.TemporaryDirectory() as folder:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        words = [sys.executable, str(PROJECT / "app.py"), "--port", str(port)]
        with subprocess.Popen(words, env={**os.environ, "CI": "true", "GRADIO_TEMP_DIR": folder}, stdout=subprocess.DEVNULL) as process:
            try:
                address = f"http://127.0.0.1:{port}/"
                wait_for(address)
                taken = measure(address, ten_seconds(Path(folder)))
            finally:
                process.terminate()
    shared = {"machine": machine("cpu"), "command": "python benchmarks/page.py"}
    rows = [{"what": what, "milliseconds": round(milliseconds), **shared} for what, milliseconds in taken.items()]
    write_rows(RESULTS / "page.csv", rows)
    print("\n".join(f"{row['milliseconds']:6d} ms  {row['what']}" for row in rows))


def wait_for(address: str) -> None:
    for _ in range(300):
        try:
            urllib.request.urlopen(address, timeout=5).close()
            return
        except OSError:
            time.sleep(0.2)
    raise SystemExit("the page did not open")


if __name__ == "__main__":
    main()
