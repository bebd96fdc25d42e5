"""The laws of the clip that plays on the page: what it says, and the spot that is chosen in it."""

from dataclasses import replace

import numpy as np
import pytest
from elements import read

from workbench.explore.explorer import Exploration
from workbench.explore.highlights import find_liveliest_pair
from workbench.page.correspondences import select_at
from workbench.page.player import FIRST_STYLE, STYLES, player_section, select_in_clip
from workbench.page.tab import Selection


@pytest.fixture(scope="module")
def exploration(networks, camouflage) -> Exploration:
    return networks.look_at_span(camouflage, start=0.0)


@pytest.mark.parametrize("style", STYLES)
def test_one_picture_is_seen_at_a_time_and_each_has_its_moment(exploration, style):
    section = read(player_section(exploration, style))
    pictures = section.all("div")[0].all("img")
    seen = [number for number, picture in enumerate(pictures) if picture.attributes.get("class") != "hidden"]
    assert seen == [find_liveliest_pair(exploration)]
    moments = section.all("figure")[0].attributes["data-times"].split("|")
    assert moments == [f"{time:.2f} s" for time in exploration.times[: len(pictures)]]
    assert section.all("input")[0].attributes["max"] == str(len(pictures) - 1)


def test_it_plays_in_the_time_of_the_video(exploration):
    spacing = float(read(player_section(exploration, FIRST_STYLE)).all("figure")[0].attributes["data-seconds"])
    assert spacing == pytest.approx(np.diff(exploration.times).mean(), abs=1e-3)


def test_each_picture_is_described(exploration):
    """For those who cannot see it: when it is, and what moves."""
    first = read(player_section(exploration, "Colours")).all("img")[0].attributes["alt"]
    assert first.startswith("At 0.00 s: ")
    assert "right" in first


def test_before_the_first_look_there_is_none():
    assert player_section(None, FIRST_STYLE) == ""


def test_without_correspondences_no_spot_can_be_chosen(exploration):
    section = read(player_section(replace(exploration, correspondences=None), FIRST_STYLE))
    assert not section.all(kind="picks")
    assert len(section.all("div")[0].all("img")) == len(exploration.frames)
    assert select_in_clip(replace(exploration, correspondences=None), Selection(1), 2, 0.5, 0.5) == Selection(1)


def test_the_spot_is_that_of_the_source(exploration):
    """A share of the frame chooses the cell that it chooses in the source of the same pair, whose legend lies below."""
    chosen = select_in_clip(exploration, Selection(), 3, 0.4, 0.3)
    assert chosen.pair == 3
    assert chosen.cell[1] == select_at(exploration, Selection(3), 0.4, 0.3).cell[1]
    assert chosen.cell == tuple(int(share * cells) for share, cells in zip((0.3, 0.4), exploration.correspondences.grid, strict=True))


@pytest.mark.parametrize(("pair", "x", "y"), [(-1, -0.5, 2.0), (99, 1.0, 1.0)])
def test_a_spot_beyond_the_clip_is_the_nearest(exploration, pair, x, y):
    chosen = select_in_clip(exploration, Selection(), pair, x, y)
    assert 0 <= chosen.pair < exploration.pairs
    assert all(0 <= place < cells for place, cells in zip(chosen.cell, exploration.correspondences.grid, strict=True))
