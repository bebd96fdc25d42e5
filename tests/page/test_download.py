"""The laws of what is taken away, and of arriving by a link."""

import json
import shutil
from pathlib import Path
from urllib.parse import parse_qsl

import pytest

import workbench as wb
from workbench.explore.matching import MatchSettings
from workbench.page.correspondences import Selection
from workbench.page.download import link_and_command, make_files
from workbench.page.links import LinkedControls, follow_link


@pytest.fixture(scope="module")
def made(desk, exploration, tmp_path_factory) -> tuple:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", str(tmp_path_factory.mktemp("own")))
        return make_files(desk, exploration, Selection(1, (5, 6)), MatchSettings(sigma=2.0))


def test_every_file_is_there_and_says_what_it_is(made, exploration):
    video, files, told = made
    names = ["annotated.mp4", "predictions.json", "report.html", "displacement.npz", "displacement.csv"]
    assert [Path(file).name for file in files] == names
    assert video == files[0] and all(Path(file).stat().st_size > 100 for file in files) and "frames in real time" in told
    assert json.loads(Path(files[1]).read_text())["network"] == exploration.network


def test_the_report_holds_all_sections(made):
    page = Path(made[1][2]).read_text()
    for heading in ("Predictions", "What the network saw", "Where did each spot go?", "Why this arrow?", "Beside optical flow", "What if?"):
        assert f"<h2>{heading}</h2>" in page
    assert "-p sigma 2.0" in page


def test_a_video_that_is_gone_is_a_sentence(desk, tmp_path, monkeypatch):
    """Uploads are removed after an hour: what then cannot be made is said."""
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    copy = Path(shutil.copy(wb.sample_videos()[0].path, tmp_path / "mine.mp4"))
    exploration = desk.look(str(copy))
    copy.unlink()
    video, files, told = make_files(desk, exploration, Selection(), MatchSettings())
    assert video is None and files == [] and "mine.mp4" in told and "Traceback" not in told


def test_a_link_leads_back_to_the_picture(desk, exploration):
    """The query of a link gives the controls again that made it."""
    query, _ = link_and_command(exploration, Selection(2, (7, 8)), MatchSettings(2, "hard argmax", 5.0, -2))
    asked = follow_link(desk, dict(parse_qsl(query.removeprefix("?"))))
    assert asked.selection == Selection(2, (7, 8), chosen=True)
    assert asked.settings.radius == 2
    assert asked.settings.kind == "hard argmax"
    assert asked.look == exploration.config
    assert asked.checkpoint == exploration.network
    assert asked.message is None


def test_a_link_turns_every_knob(desk):
    """As it says, else as its network has them; one about a video to be given again turns the rest all the same."""
    asked = follow_link(desk, {"video": "mine.mp4", "radius": "9", "sigma": "inf", "start": "3.0", "pair": "2"})
    own = MatchSettings.of(desk.motion())
    assert (asked.settings.radius, asked.settings.kind, asked.settings.exponent) == (own.radius, "soft-argmax", own.exponent)
    assert asked.video == ""
    assert asked.look == wb.LookConfig(start=3.0)
    assert asked.selection.pair == 2


@pytest.mark.parametrize("query", [{}, {"__theme": "dark"}])
def test_without_a_query_nothing_changes(desk, query):
    assert follow_link(desk, query) == LinkedControls()


@pytest.mark.parametrize(
    ("query", "said"),
    [({"pear": "3"}, "did you mean"), ({"video": "/etc/passwd"}, "without its folder"), ({"video": "mine.mp4"}, "give this video again")],
)
def test_a_link_that_cannot_be_followed_is_a_sentence(desk, query, said):
    asked = follow_link(desk, query)
    assert said in asked.message and not asked.video


def test_a_copy_of_a_sample_is_the_sample(desk, tmp_path):
    """Gradio hands over copies of files; the link still names the sample."""
    copy = shutil.copy(wb.sample_videos()[1].path, tmp_path / "nasa.mp4")
    query, _ = link_and_command(desk.look(str(copy)), Selection(), MatchSettings())
    assert "video=nasa&" in query
