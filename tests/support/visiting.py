"""The page as `python app.py` opens it, in a process of its own and from a folder that is not the clone's, and how to use it."""

import base64
import io
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from patience import PATIENCE, PATIENCE_SECONDS
from PIL import Image
from playwright.sync_api import Page, expect

ROOT = Path(__file__).parents[2]
CLIPS = ROOT / "tests" / "clips"


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def opened(folder: Path, *options: str, program: Sequence[str] = (str(ROOT / "app.py"),)) -> Iterator[str]:
    """The page's address while its process runs. program: what Python is told to run, `app.py` or the command that opens it."""
    port = free_port()
    environment = {**os.environ, "CI": "true", "GRADIO_TEMP_DIR": str(folder)}
    words = [sys.executable, *program, "--port", str(port), *options]
    with subprocess.Popen(words, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            wait_for(process, f"http://127.0.0.1:{port}/")
            yield f"http://127.0.0.1:{port}/"
        finally:
            process.terminate()


def wait_for(process: subprocess.Popen, address: str, seconds: float = PATIENCE_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while True:
        assert process.poll() is None, process.stdout.read()
        assert time.monotonic() < deadline, "the page did not open"
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                return answer.read()
        except OSError:
            time.sleep(0.2)


@dataclass
class Visit:
    """A visitor at the page: what is asked, and what is seen."""

    page: Page

    @property
    def message(self) -> str:
        return self.page.inner_text("#message .note")

    def says(self, words: str | re.Pattern) -> None:
        expect(self.page.locator("#message .note")).to_contain_text(words, timeout=PATIENCE)

    def give(self, file: Path) -> None:
        """Put another video in place of the one shown."""
        self.remove()
        self.page.locator("#video input[type=file]").set_input_files(file)

    def remove(self) -> None:
        """Take the video away that is shown."""
        self.page.locator("#video button[aria-label=Clear]").first.click()

    def shows_nothing(self) -> None:
        """No answer, and no picture of one."""
        for part in ("player", "predictions", "timeline", "seen", "correspondences", "trust", "why", "comparison"):
            expect(self.page.locator(f"#{part} :is(img, svg, li)")).to_have_count(0, timeout=PATIENCE)

    def looks(self, act: Callable[[], None]) -> None:
        """Do what makes the page look, and go on as soon as it has been asked."""
        with self.page.expect_request("**/queue/join**", timeout=PATIENCE):
            act()

    def rests(self) -> None:
        """Until nothing is looked at any more, nor asked for: the thumbnails of the timeline come last."""
        self.page.wait_for_function(RESTS, arg=WORKING, timeout=PATIENCE)

    def unfold(self) -> None:
        """Open every section that is folded."""
        self.page.evaluate("document.querySelectorAll('.gr-accordion > button:not(.open)').forEach(fold => fold.click())")

    def begins_again(self) -> None:
        """The first sample and its first pair, in the first tab, whatever was there before."""
        self.open_tab("Correspondences")
        self.looks(self.page.locator("#camouflage").click)
        self.says("camouflage.mp4")
        self.rests()
        if self.page.locator("#pair input[type=number]").input_value() != "1":
            self.set_slider("pair", 1)
            self.rests()

    def drag(self, handle: str, pixels: int) -> None:
        """An end of the range, "start" or "end", to the right."""
        self.page.locator(f".handle.{handle}").scroll_into_view_if_needed()
        box = self.page.locator(f".handle.{handle}").bounding_box()
        self.page.mouse.move(box["x"] + 7, box["y"] + 20)
        self.page.mouse.down()
        self.page.mouse.move(box["x"] + 7 + pixels, box["y"] + 20, steps=5)
        self.page.mouse.up()

    def give_files(self, *files: Path) -> None:
        """By the button for zips, GIFs and pictures."""
        self.page.locator("#other-files input[type=file]").set_input_files(list(map(str, files)))

    def open_tab(self, name: str) -> None:
        """Go on as soon as the page has been asked what stands in it, so that its request is not taken for the next one's."""
        tab = self.page.get_by_role("tab", name=name)
        if tab.get_attribute("aria-selected") != "true":
            if name in ASK_NOTHING:
                tab.click()
            else:
                self.looks(tab.click)

    def choose(self, control: str, option: str) -> None:
        self.page.locator(f"#{control} input").click()
        self.page.locator(f"#{control}").get_by_role("option", name=option, exact=True).click()

    def set_slider(self, control: str, value: float) -> None:
        number = self.page.locator(f"#{control} input[type=number]")
        number.fill(str(value))
        number.press("Enter")

    def address_of(self, picture: str) -> str:
        """The picture itself, as a data address."""
        return self.page.locator(f"#{picture} img").first.get_attribute("src") or ""

    def pixels(self, picture: str) -> np.ndarray:
        return decoded(self.address_of(picture))

    def changes(self, picture: str, act: Callable[[], None]) -> None:
        """The picture is another one after the act."""
        before = self.address_of(picture)
        act()
        expect(self.page.locator(f"#{picture} img").first).not_to_have_attribute("src", before, timeout=PATIENCE)


ASK_NOTHING = ("Studies", "Teach")  # tabs for which nothing is asked: they show the same whatever is looked at
WORKING = "[data-testid=status-tracker].translucent"  # Gradio's sign over what is computed
RESTS = """working => new Promise(done => {  // at rest for a quarter of a second
  let since = performance.now();
  const look = setInterval(() => {
    const scanning = document.querySelector("#timeline .film:not(:has(img))");
    if (scanning || document.querySelector(working)) since = performance.now();
    else if (performance.now() - since > 250) { clearInterval(look); done(true); }
  }, 10);
})"""


def decoded(address: str) -> np.ndarray:
    """A data address as pixels `h w 3`."""
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(address.split(",")[1]))).convert("RGB"))
