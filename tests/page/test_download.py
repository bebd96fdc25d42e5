"""The laws of what is taken away, and of arriving by a link."""

import json
import shutil
import threading
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
from patience import PATIENCE_SECONDS

import workbench as wb
from workbench.explore.matching import MatchSettings
from workbench.model import load as shelf
from workbench.page import download
from workbench.page.download import FILES_ONCE, Stopped, link_and_command, make_files, watch
from workbench.page.links import LinkedControls, follow_link
from workbench.page.tab import ONE_AFTER_THE_OTHER, Selection, Session


@pytest.fixture(scope="module")
def files(networks, exploration, tmp_path_factory) -> tuple:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", str(tmp_path_factory.mktemp("own")))
        return make_files(networks, Session(exploration, Selection(1, (5, 6)), MatchSettings(sigma=2.0)))


def test_every_file_is_there_and_says_what_it_is(files, exploration):
    video, files, message = files
    names = ["annotated.mp4", "predictions.json", "report.html", "scores.csv", "displacement.npz", "displacement.csv"]
    assert [Path(file).name for file in files] == names
    assert video == files[0] and all(Path(file).stat().st_size > 100 for file in files) and "frames in real time" in message
    assert json.loads(Path(files[1]).read_text())["network"] == exploration.network


def test_the_report_holds_all_sections(files):
    page = Path(files[1][2]).read_text()
    for heading in ("Predictions", "What the network saw", "Where did each spot go?", "Why this arrow?", "Beside optical flow", "What if?"):
        assert f"<h2>{heading}</h2>" in page
    assert "-p sigma 2.0" in page


def test_a_video_that_is_gone_is_a_sentence(networks, tmp_path, monkeypatch):
    """Uploads are removed after an hour: what then cannot be made is said."""
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    copy = Path(shutil.copy(wb.sample_videos()[0].path, tmp_path / "mine.mp4"))
    exploration = networks.look(str(copy))
    copy.unlink()
    video, files, message = make_files(networks, Session(exploration))
    assert video is None and files == [] and "mine.mp4" in message and "Traceback" not in message


def test_a_link_leads_back_to_the_picture(networks, exploration):
    """The query of a link gives the controls again that made it."""
    query, _ = link_and_command(networks, Session(exploration, Selection(2, (7, 8)), MatchSettings(2, "hard argmax", 5.0, -2)))
    link = follow_link(networks, dict(parse_qsl(query.removeprefix("?"))))
    assert link.selection == Selection(2, (7, 8), keep_pair=True, keep_cell=True)
    assert link.settings.radius == 2
    assert link.settings.kind == "hard argmax"
    assert link.look == exploration.config
    assert link.checkpoint == exploration.network
    assert link.message is None


def test_a_link_does_not_give_a_private_network_away(networks, exploration, tmp_path):
    """It opens the first network instead."""
    private = networks.add_private("mine", Path(shutil.copy(shelf.SHIPPED, tmp_path / "mine.safetensors")))
    query, command = link_and_command(networks, Session(replace(exploration, network=private)))
    assert private not in dict(parse_qsl(query.removeprefix("?"))).values()
    assert private not in command
    assert follow_link(networks, dict(parse_qsl(query.removeprefix("?")))).checkpoint == networks.first


def test_a_link_turns_every_knob(networks):
    """As it says, else as its network has them (msnet-tiny where none is named); a video to be given again turns the rest all the same."""
    link = follow_link(networks, {"video": "mine.mp4", "radius": "9", "sigma": "inf", "start": "3.0", "pair": "2"})
    own = MatchSettings.of(networks.motion("msnet-tiny"))
    assert (link.settings.radius, link.settings.kind, link.settings.exponent) == (own.radius, "soft-argmax", own.exponent)
    assert link.video == ""
    assert link.look == wb.LookConfig(start=3.0)
    assert link.selection.pair == 2


@pytest.mark.parametrize("query", [{}, {"__theme": "dark"}])
def test_without_a_query_nothing_changes(networks, query):
    assert follow_link(networks, query) == LinkedControls()


@pytest.mark.parametrize(
    ("query", "words"),
    [({"pear": "3"}, "did you mean"), ({"video": "/etc/passwd"}, "without its folder"), ({"video": "mine.mp4"}, "give this video again")],
)
def test_a_link_that_cannot_be_followed_is_a_sentence(networks, query, words):
    link = follow_link(networks, query)
    assert words in link.message and not link.video


def test_a_copy_of_a_sample_is_the_sample(networks, tmp_path):
    """Gradio hands over copies of files; the link still names the sample."""
    copy = shutil.copy(wb.sample_videos()[1].path, tmp_path / "nasa.mp4")
    query, _ = link_and_command(networks, Session(networks.look(str(copy))))
    assert "video=nasa&" in query


def test_the_share_that_is_done_only_grows(networks, exploration, tmp_path, monkeypatch):
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    shares: list[float] = []
    make_files(networks, Session(exploration), shares.append)
    assert shares == sorted(shares)
    assert shares[0] == 0 and 0.9 < shares[-1] <= 1


@pytest.mark.parametrize("at", [0.0, 0.3])
def test_what_is_stopped_leaves_nothing(networks, exploration, tmp_path, monkeypatch, at):
    """At the report, and at the video."""
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))

    def progress(share: float) -> None:
        if share >= at:
            raise Stopped

    with pytest.raises(Stopped):
        make_files(networks, Session(exploration), progress)
    assert not list(tmp_path.iterdir())


def test_work_is_watched_to_its_result():
    *shares, result = watch(lambda tell: (tell(0.5), "made")[1])
    assert result == "made"
    assert all(isinstance(share, float) for share in shares)


def test_work_that_nobody_watches_ends(monkeypatch):
    """A visitor who leaves, or presses Stop, closes the iterator."""
    monkeypatch.setattr(download, "SECONDS_BETWEEN_NEWS", 0.01)
    ended = threading.Event()

    def work(tell):
        try:
            while True:
                tell(0.5)
        finally:
            ended.set()

    news = watch(work)
    assert isinstance(next(news), float)
    news.close()
    assert ended.wait(PATIENCE_SECONDS)
    assert list(watch(lambda tell: "next"))[-1] == "next"  # the thread is free again


def test_files_are_made_beside_looks():
    """In a queue of their own, one after the other."""
    assert FILES_ONCE["concurrency_id"] != ONE_AFTER_THE_OTHER["concurrency_id"]
    assert FILES_ONCE["concurrency_limit"] == 1
