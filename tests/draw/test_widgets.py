"""Laws of the notebooks' widgets, in plain Python."""

import base64
import io
import math
from collections.abc import Callable

import ipywidgets
import nbformat
import numpy as np
import pytest
import torch
from nbconvert import HTMLExporter
from PIL import Image
from traitlets.config import Config

import workbench as wb
from workbench.draw.notebook import CamouflageWidget, MatchWidget, StillBox
from workbench.explore.matching import match_cell

VIEW = "application/vnd.jupyter.widget-view+json"
RANDOM = np.random.default_rng(0)
FRAMES = RANDOM.integers(0, 256, (8, 64, 64, 3), dtype=np.uint8)
CORRELATION = RANDOM.random((7, 16, 16, 9, 9), dtype=np.float32)


def motion_of(*clips: np.ndarray) -> wb.Motion:
    volume = torch.from_numpy(np.stack(clips))
    return wb.Motion(wb.kernel_soft_argmax(volume), wb.peak_confidence(volume), volume)


@pytest.fixture
def widget() -> MatchWidget:
    return MatchWidget(FRAMES, motion_of(CORRELATION))


@pytest.fixture
def made() -> list[float]:
    return []


@pytest.fixture
def camouflage(made: list[float]) -> CamouflageWidget:
    def make(value: float) -> tuple[np.ndarray, np.ndarray]:
        made.append(value)
        return (FRAMES * (1 - value / 2)).astype(np.uint8), np.full((50, 90, 3), round(200 * value), np.uint8)

    return CamouflageWidget(make, camouflage=0.5)


def pictures(widget: MatchWidget) -> list[bytes]:
    return [widget.picker.picture, widget.target.value, widget.surfaces.value]


def pixels(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)))


def below(widget: ipywidgets.Widget) -> list[ipywidgets.Widget]:
    return [widget, *(inner for child in getattr(widget, "children", ()) for inner in below(child))]


# A cell's match


def test_the_settings_lead_where_match_cell_leads(widget: MatchWidget) -> None:
    """After any turn the match is that of the chosen cell, pair, radius, sigma and temperature."""
    widget.pair.value, widget.radius.value, widget.sigma.value, widget.temperature.value = 3, 2, 1.5, 0.1
    widget.picker.cell = (4, 11)
    expected = match_cell(CORRELATION[3, 4, 11], 2, 1.5, widget.temperature.value)
    assert widget.match.displacement == expected.displacement
    assert widget.match.peak == expected.peak
    for kind, sigma in {"hard": 0.0, "soft": math.inf, "kernel": 1.5}.items():
        widget.kind.value = kind
        assert widget.match.sigma == sigma
        assert widget.sigma.disabled == (kind != "kernel")


@pytest.mark.parametrize(
    ("turn", "same"),
    [
        (lambda widget: setattr(widget.pair, "value", 5), ()),
        (lambda widget: setattr(widget.picker, "cell", (1, 14)), ()),
        (lambda widget: setattr(widget.radius, "value", 1), (0,)),
        (lambda widget: setattr(widget.kind, "value", "hard"), (0,)),
        (lambda widget: setattr(widget.sigma, "value", 0.5), (0,)),
        (lambda widget: setattr(widget.temperature, "value", 1.0), (0,)),
    ],
    ids=["pair", "cell", "radius", "kind", "sigma", "temperature"],
)
def test_every_control_changes_the_pictures(widget: MatchWidget, turn: Callable, same: tuple) -> None:
    """Pair and cell change all three, the others leave the source as it is."""
    widget.temperature.value = 0.1
    before = pictures(widget)
    turn(widget)
    assert [place for place, (old, new) in enumerate(zip(before, pictures(widget), strict=True)) if old == new] == list(same)


@pytest.mark.parametrize(
    "turn", [lambda it: setattr(it.picker, "cell", (1, 14)), lambda it: setattr(it.pair, "value", 5)], ids=["cell", "pair"]
)
def test_a_turn_draws_each_picture_once(widget: MatchWidget, turn: Callable) -> None:
    """Drawing is what a reader waits for."""
    drawn = []
    widget.picker.observe(lambda _: drawn.append("source"), "picture")
    widget.target.observe(lambda _: drawn.append("target"), "value")
    widget.surfaces.observe(lambda _: drawn.append("surfaces"), "value")
    turn(widget)
    assert sorted(drawn) == ["source", "surfaces", "target"]


def test_a_click_in_the_picture_is_a_click_on_the_grid(widget: MatchWidget) -> None:
    """`field` is the share of the picture that the frame fills, so that only the legend lies below the last row of cells."""
    height, width, _ = pixels(widget.picker.picture).shape
    assert widget.picker.field * height == pytest.approx(width)
    assert widget.picker.grid == (16, 16)


def test_the_config_says_where_the_settings_start() -> None:
    """Sigma 0 starts as the hard argmax, an infinite one as the soft one; the dilation counts."""
    for sigma, kind in ((0.0, "hard"), (math.inf, "soft"), (2.0, "kernel")):
        config = wb.MotionConfig(radius=4, sigma=sigma, temperature=0.1, dilation=2)
        widget = MatchWidget(FRAMES, motion_of(CORRELATION), config)
        assert (widget.kind.value, widget.match.sigma, widget.match.dilation) == (kind, sigma, 2)
        assert widget.match.temperature == pytest.approx(0.1)


def test_two_clips_and_frames_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="one clip, got 2"):
        MatchWidget(FRAMES, motion_of(CORRELATION, CORRELATION))
    with pytest.raises(ValueError, match="t = 8"):
        MatchWidget(FRAMES[:-1], motion_of(CORRELATION))


def test_a_control_with_one_value_is_not_shown() -> None:
    """One pair leaves nothing to slide, and a browser cannot draw such a slider."""
    widget = MatchWidget(FRAMES[:2], motion_of(CORRELATION[:1]))
    assert widget.pair not in below(widget)
    assert widget.radius in below(widget)


# A clip under camouflage


def test_each_camouflage_is_made_once(camouflage: CamouflageWidget, made: list[float]) -> None:
    """Going back to a value, or through the frames, makes nothing again."""
    for value in (0.7, 0.5, 0.7, 0.5):
        camouflage.camouflage.value = value
        for frame in range(8):
            camouflage.frame.value = frame
    assert made == [0.5, 0.7]


def test_the_sliders_change_what_they_should(camouflage: CamouflageWidget) -> None:
    """The frame's slider changes the frame alone; the camouflage both, and the frame stays the chosen one."""
    clip, picture = camouflage.clip.value, camouflage.picture.value
    camouflage.frame.value = 4
    assert camouflage.clip.value != clip
    assert camouflage.picture.value == picture
    clip = camouflage.clip.value
    camouflage.camouflage.value = 1.0
    assert camouflage.clip.value != clip
    assert camouflage.picture.value != picture
    assert camouflage.frame.value == 4


# Both


@pytest.fixture(params=["widget", "camouflage"])
def box(request: pytest.FixtureRequest) -> StillBox:
    return request.getfixturevalue(request.param)


def test_the_cell_shows_a_still_picture_where_nothing_is_live(box: StillBox) -> None:
    """One bundle holds the widget, a picture of the state, and words; the words are few."""
    data, details = box._repr_mimebundle_()
    assert data[VIEW]["model_id"] == box.model_id
    np.testing.assert_array_equal(pixels(base64.b64decode(data["image/png"])), box.still())
    assert 0 < details["image/png"]["width"] <= box.still().shape[1]
    assert "live kernel" in data["text/plain"]
    assert len(data["text/plain"]) < 110


def test_a_static_page_has_the_picture(box: StillBox) -> None:
    """nbconvert takes the picture once the notebook's widget state is dropped, and then asks for no widget code."""
    data, details = box._repr_mimebundle_()
    output = nbformat.v4.new_output("display_data", data=data, metadata=details)
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("widget", outputs=[output])])
    state = {"state": {box.model_id: {"model_name": "VBoxModel", "model_module": "@jupyter-widgets/controls", "state": {}}}}
    notebook.metadata.widgets = {"application/vnd.jupyter.widget-state+json": state}
    without_state = Config(ClearMetadataPreprocessor={"enabled": True, "clear_cell_metadata": False})
    page, _ = HTMLExporter(config=without_state).from_notebook_node(notebook)
    assert data["image/png"][:200] in page.replace("\n", "")
    assert "html-manager" not in page
    assert VIEW not in page


def test_nothing_that_stalls_papermill(box: StillBox) -> None:
    """No Output widget anywhere: they stall notebooks that run without a browser."""
    assert not [inner for inner in below(box) if isinstance(inner, ipywidgets.Output)]
