"""The laws of the visit in the address of the page: which files a browser may ask for again."""

import json
from pathlib import Path

import pytest
from elements import read

from workbench.page.address import address_section, kept_files


@pytest.fixture
def uploads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of uploads, with one file in it."""
    folder = tmp_path / "uploads"
    (folder / "digest").mkdir(parents=True)
    (folder / "digest" / "mine.mp4").write_bytes(b"video")
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(folder))
    return folder


def test_files_that_were_given_are_kept(uploads):
    given = str(uploads / "digest" / "mine.mp4")
    [state] = read(address_section("?video=mine.mp4", given)).all("i")
    assert kept_files(state.attributes["data-files"]) == [given]
    assert state.attributes["data-query"] == "?video=mine.mp4"


def test_without_a_video_nothing_is_kept(uploads):
    [state] = read(address_section("", None)).all("i")
    assert kept_files(state.attributes["data-files"]) == []


@pytest.mark.parametrize(
    "text", [None, "", "no json", "7", "{}", '"digest/mine.mp4"', "[1]", '["\\u0000"]', '["/etc/passwd"]', '["."]', '[""]']
)
def test_what_nobody_gave_is_not_opened(uploads, text):
    assert kept_files(text) == []


@pytest.mark.parametrize("way", ["gone.mp4", "../outside.mp4", "digest/../../outside.mp4", "digest", "link.mp4"])
def test_only_files_in_the_folder_of_uploads_are(uploads, way):
    (uploads.parent / "outside.mp4").write_bytes(b"secret")
    (uploads / "link.mp4").symlink_to(uploads.parent / "outside.mp4")
    assert kept_files(json.dumps([str(uploads / way)])) == []


def test_of_several_files_all_are_there_or_none(uploads):
    there = str(uploads / "digest" / "mine.mp4")
    assert kept_files(json.dumps([there, there])) == [there, there]
    assert kept_files(json.dumps([there, str(uploads / "gone.png")])) == []
