"""A film that took long to index is decoded once, under whatever name it comes again; nothing but an index is kept of it."""

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from numbered_video import write_numbered

from workbench.video.decoder import frame_index, index_store
from workbench.video.decoder.containers import Limits
from workbench.video.decoder.frame_index import FrameIndex, list_video

LIMITS = Limits(1000, 1000.0, 10**8)


@pytest.fixture(autouse=True)
def every_pass_is_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(frame_index, "LONG_SECONDS", -1.0)


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """Without timestamps of display, so that it must be decoded to be known."""
    return write_numbered(tmp_path / "film.avi", options={"x264-params": "bframes=3:keyint=12"})


@pytest.fixture
def passes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that are decoded from here on."""
    decoded, decode_whole = [], frame_index.decode_whole

    def decode_and_count(path: str, *more) -> frame_index.Pass:
        decoded.append(path)
        return decode_whole(path, *more)

    monkeypatch.setattr(frame_index, "decode_whole", decode_and_count)
    return decoded


def kept() -> list[Path]:
    return sorted(index_store.store_folder().iterdir())


def test_a_film_of_another_name_is_not_decoded_again(film: Path, tmp_path: Path, passes: list[str]):
    first = list_video(str(film), LIMITS)
    copy = shutil.copy(film, tmp_path / "copy.avi")
    assert list_video(str(copy), LIMITS) == first
    assert len(passes) == 1


def test_a_film_that_was_changed_is_decoded_again(film: Path, passes: list[str]):
    first = list_video(str(film), LIMITS)
    write_numbered(film, options={"x264-params": "bframes=3:keyint=6"})
    assert list_video(str(film), LIMITS).starts != first.starts
    assert len(passes) == 2


@pytest.mark.parametrize("text", ["", "null", '"x"', "[]", "{}", '{"display": {}}', '{"display": {"stretch": "1/0"}, "codec": 1}'])
def test_a_damaged_index_is_made_again(film: Path, text: str, passes: list[str]):
    first = list_video(str(film), LIMITS)
    kept()[0].write_text(text)
    assert list_video(str(film), LIMITS) == first
    assert len(passes) == 2
    assert list_video(str(film), LIMITS) == first
    assert len(passes) == 2


@pytest.mark.parametrize("name", ["times", "ticks", "starts", "ends", "marks"])
def test_an_index_that_lacks_a_frame_is_made_again(film: Path, name: str, passes: list[str]):
    first = list_video(str(film), LIMITS)
    fields = json.loads(kept()[0].read_text())
    kept()[0].write_text(json.dumps({**fields, name: fields[name][:-1]}))
    assert list_video(str(film), LIMITS) == first
    assert len(passes) == 2


def test_a_short_pass_is_not_kept(film: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(frame_index, "LONG_SECONDS", 1000.0)
    list_video(str(film), LIMITS)
    assert not index_store.store_folder().exists()


def test_neither_the_name_nor_a_picture_is_kept(film: Path):
    list_video(str(film), LIMITS)
    [file] = kept()
    assert "film" not in file.name + file.read_text()
    numbers = {"times", "ticks", "starts", "ends", "marks", "rate", "height", "width", "grey_top"}
    words = {"codec", "display", "by_count", "proven", "remarks", "damage"}
    assert json.loads(file.read_text()).keys() == numbers | words


def test_where_nothing_can_be_written_the_film_is_read_all_the_same(film: Path, tmp_path: Path):
    (tmp_path / "cache").write_text("a file where the folder would be")
    assert len(list_video(str(film), LIMITS).times) > 1


def test_all_that_an_index_says_is_kept(film: Path):
    index = replace(list_video(str(film), LIMITS), options={"ignore_editlist": "1"}, grey_top=1023.5, remarks=["a remark"], damage="none")
    assert FrameIndex.from_json(index.to_json(), index.options) == index


def test_the_latest_used_are_kept_up_to_a_size(monkeypatch: pytest.MonkeyPatch):
    """The rest of a process that was killed while it wrote goes, too."""
    for name in ["new", "old"]:
        index_store.save_index(name, "0123456789")
        os.utime(index_store.store_folder() / f"{name}.json", (1000, 1000))
    monkeypatch.setattr(index_store, "MOST_STORED", 25)
    (index_store.store_folder() / "killed.part").write_text("0123456789")
    os.utime(index_store.store_folder() / "killed.part", (1, 1))
    assert index_store.load_index("old") == "0123456789"  # and so it is the latest used
    index_store.save_index("newest", "0123456789")
    assert [file.name for file in kept()] == ["newest.json", "old.json"]
