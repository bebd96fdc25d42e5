"""How many pictures of a camera are answered a second, and how old each is when it is shown, on the page and part by part.

    python benchmarks/live.py

Needs Chromium and the test group. Writes results/live.csv: medians of the parts in milliseconds of one core (time of the thread, so that
other programs count little) and by the clock; then, in headless Chromium before a fake camera of 30 pictures a second, what the page says
itself, and the time that the page's process takes for a picture. Run it on a machine that does nothing else.
"""

import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from playwright.sync_api import Browser, sync_playwright

import workbench as wb
from workbench.draw.fields import draw_arrows
from workbench.draw.html import data_uri
from workbench.draw.live import colours_as_uri, list_arrows
from workbench.explore.config import LookConfig
from workbench.explore.live import LiveExplorer
from workbench.page.live import ARROWS, COLOURS, WORDS_ALONE
from workbench.paths import PROJECT, RESULTS, write_rows
from workbench.training.distributed import machine
from workbench.video.live import read_camera_picture

sys.path.insert(0, str(PROJECT / "benchmarks"))
from page import wait_for

WIDTH, HEIGHT, RATE, FRAMES = 640, 480, 30, 60  # of the fake camera
SMALL = (320, 240)  # width and height that the page sends
TIMES, SECONDS = 40, 12
SHOWN = ((WORDS_ALONE, "network"), (ARROWS, "network"), (COLOURS, "network"), (ARROWS, "refined"))


def film() -> list[Image.Image]:
    """A real picture that slides to and fro, as a camera of 640 x 480 sees it."""
    still = Image.fromarray(wb.read_video(wb.sample_videos()[1].path, [200]).frames[0]).resize((WIDTH + 160, HEIGHT))
    offsets = (80 + 80 * np.sin(np.arange(FRAMES) * 2 * np.pi / FRAMES)).astype(int)
    return [still.crop((x, 0, x + WIDTH, HEIGHT)) for x in offsets.tolist()]


def write_camera(path: Path) -> None:
    """Raw video (YUV4MPEG2), which Chromium takes for a camera."""
    with path.open("wb") as file:
        file.write(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F{RATE}:1 Ip A1:1 C420jpeg\n".encode())
        for picture in film():
            y, cb, cr = (np.asarray(plane) for plane in picture.convert("YCbCr").split())
            file.write(b"FRAME\n" + y.tobytes() + cb[::2, ::2].tobytes() + cr[::2, ::2].tobytes())


def clock(act: Callable[[int], object]) -> tuple[float, float]:
    """Median milliseconds of the thread and by the clock; act: of a number that counts up."""
    taken = []
    for number in range(TIMES):
        thread, wall = time.thread_time(), time.perf_counter()
        act(number)
        taken.append((1000 * (time.thread_time() - thread), 1000 * (time.perf_counter() - wall)))
    thread, wall = zip(*taken[TIMES // 4 :], strict=True)
    return statistics.median(thread), statistics.median(wall)


def measure_parts() -> list[dict]:
    """On one core, at the sizes of the page."""
    torch.set_num_threads(1)
    explorer = wb.Explorer.load()
    frames = [np.asarray(picture.resize(SMALL)) for picture in film()[::4]]
    packed = data_uri(frames[0], photo=True).split(",")[1]
    pair = explorer.match(np.stack(frames[:2]), LookConfig())
    assert pair is not None
    [displacement], [probability], shape = pair.displacement(), pair.probability(), frames[0].shape[:2]
    crops = explorer.crop(np.stack(frames[:8]))

    def live(estimate: str, with_motion: bool) -> Callable[[int], object]:
        camera = LiveExplorer(explorer, LookConfig(estimate=estimate))  # type: ignore[arg-type]
        return lambda number: camera.show(frames[number % len(frames)], number / 8, with_motion)

    parts = {
        "decode the picture": lambda _: read_camera_picture(packed),
        "classify 8 frames": lambda _: explorer.classify(crops[None]),
        "displacement of a pair and its probability": lambda _: match(explorer, frames, "network"),
        "displacement of a pair, refined": lambda _: match(explorer, frames, "refined"),
        "arrows as numbers": lambda _: list_arrows(displacement, probability, shape),
        "colours as a small picture": lambda _: colours_as_uri(displacement, probability, 15.0),
        "for comparison: arrows drawn, as JPEG": lambda _: data_uri(draw_arrows(frames[0], displacement, probability, (420, 560)), True),
        "a picture, words alone": live("network", False),
        "a picture, with displacement": live("network", True),
        "a picture, with refined displacement": live("refined", True),
    }
    rows = []
    for what, act in parts.items():
        thread, wall = clock(act)
        rows.append({"what": what, "thread_ms": round(thread, 1), "wall_ms": round(wall, 1)})
    return rows


def match(explorer: wb.Explorer, frames: list[np.ndarray], estimate: str) -> None:
    pair = explorer.match(np.stack(frames[:2]), LookConfig(estimate=estimate))  # type: ignore[arg-type]
    assert pair is not None
    pair.displacement(), pair.probability()


def cpu_seconds(process: int) -> float:
    """Of all threads of a process, so far (Linux)."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure_page(browser: Browser, address: str, process: int, style: str, estimate: str) -> dict:
    """What the page says of its pace after some seconds, and the processor's time for each picture."""
    page, answers = browser.new_page(viewport={"width": 1280, "height": 900}), []
    page.on("requestfinished", lambda request: answers.append(request) if '"picture"' in (request.post_data or "") else None)
    page.goto(address)
    page.locator("#arrows img").wait_for()
    page.get_by_role("tab", name="Live").click()
    page.locator("#live-style").get_by_text(style, exact=True).click()
    page.locator("#live-estimate input").nth(0 if estimate == "network" else 1).check()
    page.locator("#live .start").click()
    page.wait_for_timeout(4000)  # the clip is whole, the network loaded
    before, begin = len(answers), (cpu_seconds(process), time.perf_counter())
    page.wait_for_timeout(1000 * SECONDS)
    count, used, passed = len(answers) - before, cpu_seconds(process) - begin[0], time.perf_counter() - begin[1]
    delay = re.search(r"each (\d+) ms", page.inner_text("#live .pace"))
    page.locator("#live .start").click()
    page.close()
    row = {"what": f"on the page: {style}, {estimate}", "thread_ms": round(1000 * used / count, 1)}
    return row | {"per_second": round(count / passed, 1), "latency_ms": int(delay[1]) if delay else None}


def measure_pages() -> list[dict]:
    with socket.socket() as free, tempfile.TemporaryDirectory() as folder:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        write_camera(Path(folder) / "camera.y4m")
        words = [sys.executable, str(PROJECT / "app.py"), "--port", str(port)]
        environment = {**os.environ, "CI": "true", "GRADIO_TEMP_DIR": folder, "OMP_NUM_THREADS": "1"}
        chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
        flags = ["--no-sandbox", "--disable-gpu", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
        flags.append(f"--use-file-for-fake-video-capture={folder}/camera.y4m")
        with subprocess.Popen(words, env=environment, stdout=subprocess.DEVNULL) as process, sync_playwright() as playwright:
            try:
                wait_for(f"http://127.0.0.1:{port}/")
                browser = playwright.chromium.launch(executable_path=chromium, args=flags)
                return [measure_page(browser, f"http://127.0.0.1:{port}/", process.pid, *shown) for shown in SHOWN]
            finally:
                process.terminate()


def main() -> None:
    shared = {"machine": machine("cpu"), "command": "python benchmarks/live.py"}
    columns = dict.fromkeys(("what", "thread_ms", "wall_ms", "per_second", "latency_ms"))
    rows = [{**columns, **row, **shared} for row in (*measure_parts(), *measure_pages())]
    write_rows(RESULTS / "live.csv", rows)
    for row in rows:
        print("  ".join(f"{name} {row[name]}" for name in columns if row[name] is not None))


if __name__ == "__main__":
    main()
