"""A network trained on classes of one's own, opened in the page."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from small_sets import make_set
from visiting import PATIENCE, Visit, opened

import workbench as wb
from workbench.text import percent


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_set(tmp_path_factory.mktemp("sets") / "mine", "folders", classes=2, per_class=(3, 2), frames=24)


@pytest.fixture(scope="module")
def run(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a network that was trained for two epochs from the shipped one."""
    folder = tmp_path_factory.mktemp("runs") / "mine"
    list(wb.fit(wb.FitConfig(data=data, output=folder, epochs=2, batch_size=3, workers=0, device="cpu", progress=False)))
    return folder


def test_the_page_names_ones_own_classes(page: Page, run: Path, data: Path, tmp_path: Path):
    """For a clip that was not trained on the page says what the network says; over several clips and crops, too. The page is the one
    that `workbench app` opens, from any folder."""
    clip = next((data / "val" / "right").iterdir())
    for address in opened(tmp_path, "--checkpoint", str(run), program=("-m", "workbench.cli", "app")):
        page.goto(address)
        visit = Visit(page)
        visit.says("camouflage.mp4")
        visit.unfold()
        visit.give(clip)
        explorer = wb.Explorer.load(run / "model.safetensors")
        one, ten = explorer.look(clip), explorer.look(clip, clips=10, crops=3)
        visit.says(f"{said(one)} in {clip.name}")
        visit.says("says mine")
        assert said(ten) != said(one), "the page could not be told from one that leaves views alone"
        expect(page.locator("#predictions")).to_contain_text("left", timeout=PATIENCE)

        visit.choose("clips", "10")
        visit.choose("crops", "three")
        visit.says("the mean over 10 clips x 3 crops")
        visit.says(said(ten))


def said(exploration: wb.Exploration) -> str:
    """The most probable class with its share, as the page writes it."""
    [(label, probability)] = exploration.top(1)
    return f"{label} ({percent(probability)})"
