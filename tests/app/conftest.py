"""Visitors of the page, and what they give it."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect
from visiting import PATIENCE, Visit, opened

import workbench as wb


@pytest.fixture(scope="session", autouse=True)
def patience() -> None:
    """Playwright's own is 5 seconds."""
    expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    yield from opened(tmp_path_factory.mktemp("page"))


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict) -> dict:
    """A clip that plays is drawn without pause, and a browser without a graphics card takes a core for it."""
    return {**browser_context_args, "reduced_motion": "reduce"}


@pytest.fixture
def visit(page: Page, address: str) -> Visit:
    """A visitor who has just opened the page, and sees the first sample. To open it costs more than most tests do there."""
    return arrive(page, address)


@pytest.fixture(scope="module")
def open_page(browser: Browser, browser_context_args: dict, address: str) -> Iterator[Visit]:
    context = browser.new_context(**browser_context_args)
    yield arrive(context.new_page(), address)
    context.close()


@pytest.fixture
def guest(open_page: Visit) -> Visit:
    """The visitor who was there for the tests before, and has chosen the first sample again. For tests that change none of the
    controls but the pair: a sample leaves the others as they are."""
    open_page.begins_again()
    return open_page


def arrive(page: Page, address: str) -> Visit:
    page.goto(address)
    visit = Visit(page)
    visit.says("camouflage.mp4")
    expect(page.locator("#arrows img")).to_be_visible(timeout=PATIENCE)
    visit.unfold()
    return visit


@pytest.fixture(scope="session")
def nasa() -> Path:
    return next(sample.path for sample in wb.sample_videos() if sample.name == "nasa")


@pytest.fixture(scope="session")
def slide(tmp_path_factory: pytest.TempPathFactory, nasa: Path) -> Path:
    """A real picture, 320 x 240 for 10 seconds, that slides to and fro."""
    still = np.asarray(Image.fromarray(wb.read_video(nasa, [200]).frames[0]).resize((480, 270)))
    offsets = (60 + 60 * np.sin(np.arange(250) / 12)).astype(int)
    path = tmp_path_factory.mktemp("slide") / "slide.mp4"
    wb.write_video(path, np.stack([still[:240, x : x + 320] for x in offsets]), 25)
    return path
