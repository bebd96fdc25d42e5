"""Fills docs/page.webp: the first screen of the page while its clip plays.

    python docs/build_animation.py [address]

address: of a page that runs (default http://127.0.0.1:7860/). Needs Chromium.
"""

import io
import shutil
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

PICTURE = Path(__file__).parent / "page.webp"
WIDTH, HEIGHT = 1280, 800
SHOWN = (960, 600)
MILLISECONDS, LAST_MILLISECONDS = 160, 900


def photograph(address: str) -> list[Image.Image]:
    """The screen at each moment of the clip."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, reduced_motion="reduce")
        page.goto(address)
        page.locator("#timeline .film img").first.wait_for(timeout=120_000)  # all of the page is there
        slider, pictures = page.locator("#playing input[type=range]"), []
        for number in range(page.locator("#playing .reel img").count()):
            slider.fill(str(number))
            pictures.append(Image.open(io.BytesIO(page.screenshot())).convert("RGB").resize(SHOWN, Image.Resampling.LANCZOS))
        browser.close()
        return pictures


def main(address: str = "http://127.0.0.1:7860/") -> None:
    first, *others = photograph(address)
    times = [MILLISECONDS] * len(others) + [LAST_MILLISECONDS]
    first.save(PICTURE, save_all=True, append_images=others, duration=times, loop=0, quality=80, method=6)
    print(f"{PICTURE}: {PICTURE.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main(*sys.argv[1:])
