"""The laws of what makes a picture again: a link or a command gives back what it was made of, and can do nothing else."""

import base64
import io
import math
import shlex
import subprocess
import sys
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from urllib.parse import parse_qsl

import nbformat
import numpy as np
import pytest
from matplotlib.figure import Figure
from papermill.cli import _resolve_type
from patience import PATIENCE_SECONDS
from PIL import Image

import workbench as wb
from workbench.draw.charts import chart_to_picture, draw_predictions
from workbench.draw.fields import side_by_side
from workbench.draw.match import draw_pair_match, draw_with_settings
from workbench.draw.pair import draw_clip, draw_pair, draw_timeline
from workbench.explore.config import FINEST, EstimateName
from workbench.explore.matching import MatchSettings
from workbench.model.backbone import StageName
from workbench.model.load import named_checkpoints
from workbench.page.links import TEXT_PARAMETERS, PictureConfig, ask_again, from_query, picture_of, to_parameters, to_query
from workbench.parameters import config_of, parameter_names, parameters_of

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "06_one_video.ipynb"
EVERYTHING = PictureConfig(
    "camouflage", "tsm-tiny", wb.LookConfig(0.1 + 0.2, 1 / 3, 12, 2, True, 96, "layer2", 10, 3, "refined"), 3, 5, 0, 2, math.inf, 1e-05
)  # fmt: skip
OWN = ["clip.mp4", "My holiday (1) & co.mp4", "12", "1e5", "None", "-p", "a'b\"c.mov", "ünï ✓.webm", "x=1&pair=9#?.gif", "$(touch x)", " "]


def read(query: str) -> PictureConfig:
    return from_query(dict(parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query))), named_checkpoints())


def given_to_papermill(command: str) -> dict:
    """The parameters as papermill's own command understands them."""
    program, notebook, output, *rest = shlex.split(command)
    assert (program, notebook, output) == ("papermill", "notebooks/06_one_video.ipynb", "out.ipynb")
    triples = zip(rest[::3], rest[1::3], rest[2::3], strict=True)
    return {name: value if option == "-r" else _resolve_type(value) for option, name, value in triples}


@pytest.mark.parametrize(
    "config", [PictureConfig(), EVERYTHING, replace(EVERYTHING, sigma=0.0)], ids=("nothing", "everything", "hard argmax")
)
def test_a_link_and_a_command_give_back_what_they_were_made_of(config):
    """To the last bit of each number; what is as usual is not written."""
    assert read(to_query(config)) == config
    assert config_of(PictureConfig, given_to_papermill(to_parameters(config))) == config


def test_every_parameter_can_be_linked():
    """None of the fields is left out where it differs from the default, and the words among them are known as words."""
    names = parameter_names(PictureConfig)
    assert {name for name, _ in parse_qsl(to_query(EVERYTHING))} == set(names) - {"video"}
    assert to_query(PictureConfig()) == "" and to_query(PictureConfig(pair=2)) == "pair=2"
    kinds = {field.name: field.type for kind in (PictureConfig, wb.LookConfig) for field in fields(kind)}
    assert {name for name in names if kinds[name] in (str, str | None, StageName | None, EstimateName)} == set(TEXT_PARAMETERS)


@pytest.mark.parametrize("name", OWN)
def test_any_name_of_a_file_survives(name):
    """Also one that looks like a number, an option, a command, or the end of the link."""
    config = PictureConfig(name, pair=1)
    assert read(to_query(config)) == config
    assert given_to_papermill(to_parameters(config)) == {"video": name, "pair": 1}
    assert name in ask_again(config)


def test_where_a_file_lies_is_not_told():
    assert to_query(PictureConfig("/somewhere/secret/clip.mp4")) == "video=clip.mp4"


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("video=..%2F..%2Fsecret.mp4", "without its folder"),
        ("video=%2Fetc%2Fpasswd", "without its folder"),
        ("video=https%3A%2F%2Fexample.org%2Fa.mp4", "without its folder"),
        ("video=..%5Csecret.mp4", "without its folder"),
        ("video=..", "without its folder"),
        ("video=", "names"),
        ("checkpoint=..%2Fbad.pth", "no checkpoint"),
        ("checkpoint=constraints.txt", "no checkpoint"),
        ("pear=1", "did you mean 'pair'"),
        ("pair=soon", "pair must be a whole number"),
        ("pair=1.5", "pair must be a whole number"),
        ("pair=True", "pair must be a whole number"),
        ("pair=None", "pair must be a whole number"),
        ("pair=-1", "pair must be 0 to 30"),
        ("pair=31", "pair must be 0 to 30"),
        ("row=3", "given together"),
        ("row=-1&column=2", "row must be at least 0"),
        ("radius=0", "radius must be at least 1"),
        ("sigma=-1", "sigma must be at least 0"),
        ("sigma=nan", "sigma must be a number"),
        ("temperature=0", "above 0"),
        ("temperature=inf", "temperature must be above 0"),
        ("frames=1000", "2 to 32"),
        ("stride=0", "at least 1 frame"),
        ("start=1e999", "start must be at least 0 s"),
        ("seconds=0", "above 0 s"),
        ("mirrored=1", "mirrored must be True or False"),
        ("layer=layer9", "layer must be one of"),
        (f"resolution={FINEST + 1}", f"1 to {FINEST} pixels"),
        ("pair=" + "(" * 5000, "too long"),
        ("pair=" + "(" * 250, "pair must be a whole number"),
        ("pair=[].append(1)", "pair must be a whole number"),
    ],
)
def test_what_a_link_cannot_ask_for_is_one_sentence(query, words):
    """Unknown names, other types, values out of range, and every way to name a place on the machine."""
    with pytest.raises(ValueError, match=words) as refusal:
        read(query)
    assert "\n" not in str(refusal.value)


def test_the_servers_own_parameters_are_left_alone():
    assert read("__theme=dark&pair=2") == PictureConfig(pair=2)


def test_only_the_networks_on_offer_can_be_asked_for():
    assert from_query({"checkpoint": "mine"}, ["mine", "other"]).checkpoint == "mine"
    with pytest.raises(ValueError, match="there are mine, other"):
        from_query({"checkpoint": "tsm-tiny"}, ["mine", "other"])


def test_a_sample_needs_no_asking():
    assert ask_again(PictureConfig("nasa")) == "" and PictureConfig("nasa").path.is_file()


# ------------------------------------------------------------------------------------------- page and notebook draw the same


OTHER = MatchSettings(radius=3, sigma=0.5, exponent=math.log10(0.02))


@pytest.fixture(scope="module")
def exploration(explorer) -> wb.Exploration:
    """What a visitor looks at: not the defaults."""
    return explorer.look(PictureConfig("nasa").path, start=8.0, seconds=1.5, frames=6, resolution=96)


@pytest.fixture(scope="module")
def shown(exploration) -> dict[str, np.ndarray]:
    """The pictures of the page, drawn from what it holds: an exploration, a pair, a cell, and other settings."""
    correspondences, pictures = exploration.correspondences.of_pair(2).with_settings(OTHER), draw_pair(exploration, 2)
    return {
        "clip": draw_clip(exploration, 2),
        "top": chart_to_picture(draw_predictions(exploration.labels, exploration.probabilities)),
        "timeline": draw_timeline(exploration),
        "frames": side_by_side(pictures.source, pictures.target),
        "motion": side_by_side(pictures.overlay, pictures.displacement),
        "trust": side_by_side(pictures.arrows, pictures.confidence),
        "cell": draw_pair_match(exploration, 2, (10, 20), correspondences),
        "settings": draw_with_settings(exploration, correspondences),
    }


@pytest.fixture
def drawn(monkeypatch) -> Callable[[PictureConfig], list[np.ndarray]]:
    """The pictures that the notebook shows for the command of a config: its cells, run in plain Python."""

    def run(config: PictureConfig) -> list[np.ndarray]:
        pictures: list[np.ndarray | Figure] = []
        monkeypatch.setattr(wb, "show", lambda picture, alt="": pictures.append(picture))
        parameters, *cells = code_of_notebook()
        names: dict = {}
        exec(parameters, names)
        names.update(given_to_papermill(to_parameters(config)))
        for cell in cells:
            exec(cell, names)
        return [chart_to_picture(picture) if isinstance(picture, Figure) else picture for picture in pictures]

    return run


def code_of_notebook() -> list[str]:
    return [cell.source for cell in nbformat.read(NOTEBOOK, as_version=4).cells if cell.cell_type == "code"]


def missing(shown: dict[str, np.ndarray], drawn: list[np.ndarray]) -> set[str]:
    """Names of pictures that are not among those drawn, pixel for pixel."""
    return {name for name, picture in shown.items() if not any(np.array_equal(picture, other) for other in drawn)}


def test_notebook_and_page_draw_the_same_to_the_pixel(exploration, shown, drawn):
    """Each picture of the page's state is among those of the notebook for the parameters of the command, pixel for pixel."""
    assert missing(shown, drawn(picture_of(exploration, 2, (10, 20), exploration.correspondences.with_settings(OTHER).motion))) == set()


def test_another_state_is_another_picture(exploration, shown, drawn):
    """The law above does not hold by chance: with one knob as it was, what depends on it is not in the notebook."""
    assert missing(
        shown, drawn(picture_of(exploration, 2, (10, 20), exploration.correspondences.with_settings(OTHER, sigma=None).motion))
    ) == {
        "cell",
        "settings",
    }


def test_settings_as_the_network_has_them_are_no_state(exploration):
    """A picture without other settings is as usual; so is one whose settings were taken back."""
    plain = picture_of(exploration, 1)
    assert (
        picture_of(exploration, 1, None, exploration.correspondences.with_settings(radius=4, sigma=5.0, exponent=math.log10(0.05)).motion)
        == plain
        == picture_of(exploration, 1, None, exploration.correspondences.motion)
    )
    assert (plain.video, plain.checkpoint, plain.look) == ("nasa", "msnet-small", exploration.config)
    assert picture_of(exploration, 1, None, exploration.correspondences.with_settings(sigma=0.0).motion).sigma == 0


def test_an_old_link_opens_the_network_that_it_was_made_with():
    """It said nothing of the network that was the default then; a link to today's default names it."""
    assert read("video=nasa&pair=2").checkpoint == "msnet-tiny"
    assert "checkpoint=msnet-small" in to_query(PictureConfig("nasa", "msnet-small"))


def test_the_notebook_starts_where_the_config_does():
    """Its parameters are all of the config's, at their defaults: what a command does not say is the same on both sides."""
    names: dict = {}
    exec(code_of_notebook()[0], names)
    del names["__builtins__"]
    assert names == parameters_of(PictureConfig())


def test_a_network_without_motion_says_what_to_do():
    tsm = wb.Explorer.load("tsm-tiny").look(PictureConfig("nasa").path)
    with pytest.raises(ValueError, match="layer1"):
        PictureConfig("nasa", "tsm-tiny").correspondences(tsm)


@pytest.mark.slow
def test_the_command_itself_draws_the_pictures(exploration, shown, tmp_path):
    """Papermill, called as the page says: the executed notebook holds the page's pictures."""
    config = picture_of(exploration, 2, (10, 20), exploration.correspondences.with_settings(OTHER).motion)
    command = [sys.executable, "-m", *shlex.split(to_parameters(config, str(tmp_path / "out.ipynb"))), "-k", "python3"]
    run = subprocess.run(command, cwd=NOTEBOOK.parents[1], capture_output=True, text=True, timeout=PATIENCE_SECONDS)
    assert run.returncode == 0, run.stderr[-2000:]
    outputs = [output for cell in nbformat.read(tmp_path / "out.ipynb", as_version=4).cells for output in cell.get("outputs", ())]
    pictures = [base64.b64decode(output.data["image/png"]) for output in outputs if "image/png" in output.get("data", {})]
    assert missing(shown, [np.asarray(Image.open(io.BytesIO(picture)).convert("RGB")) for picture in pictures]) == set()
