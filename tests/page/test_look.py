"""The laws of a look and of what is shown of it, without a page."""

import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from elements import Element, pixels, read
from torch import nn

import workbench as wb
from workbench.explore.highlights import find_liveliest_cell, find_liveliest_pair
from workbench.explore.matching import NO_CHANGES, MatchSettings
from workbench.model.checkpoint import save_checkpoint
from workbench.page.activation import activation_section
from workbench.page.build import describe_limits, describe_network
from workbench.page.compare import Comparison, comparison_section, look_with
from workbench.page.correspondences import GREETING, correspondences_section, select_at, select_next, trust_section
from workbench.page.look import REMOVED, Look, count_pairs, empty_look, look, next_pair, scan, turn
from workbench.page.networks import NetworkLibrary
from workbench.page.tab import Selection, Session
from workbench.page.what_if import what_if_section
from workbench.page.why import why_section
from workbench.text import percent
from workbench.video.uploads import VideoLimits

CLIPS = Path(__file__).parent.parent / "clips"
EVIL = "<img src=x onerror=alert(1)>"  # may be part of a file's name
SECTIONS = ("predictions", "timeline", "frames", "correspondences")


@pytest.fixture(scope="module")
def shown(networks, camouflage) -> Look:
    """A look at a clip that moves, from its third pair."""
    return look(networks, Session(selection=Selection(2, keep_pair=True), motion=networks.motion()), camouflage, start=0.0)


def session_after(look: Look, **changes) -> Session:
    """What the page remembers after a look."""
    return replace(Session(look.exploration, look.selection, look.settings or NO_CHANGES, look.motion), **changes)


def sections(look: Look) -> list[str]:
    """All HTML of a look, without its message."""
    return [getattr(look, name) for name in SECTIONS]


def pictures(section: str) -> dict[str, np.ndarray]:
    return {figure.attributes["id"]: pixels(figure.all("img")[0].attributes["src"]) for figure in read(section).all("figure")}


def test_the_scores_over_time_come_after_the_first_picture(networks, shown, camouflage):
    """A look has those of its clip alone, and no thumbnail; scanned it is what the package's whole look gives."""
    exploration, whole = shown.exploration, networks.look(camouflage, start=0.0).whole_video
    assert len(exploration.scores) == 1
    assert not read(shown.timeline).all(kind="film")[0].all("img")
    scanned, message = scan(networks, exploration)
    np.testing.assert_array_equal(scanned.scores, whole.scores)
    np.testing.assert_array_equal(scanned.whole_video.thumbnails, whole.thumbnails)
    assert message == shown.message


def test_scores_over_time_are_made_once(networks, shown):
    """Nothing is to be done for a look that has them, nor for none."""
    scanned, _ = scan(networks, shown.exploration)
    assert scan(networks, scanned) is None
    assert scan(networks, None) is None


FLAT = {"black": np.zeros((1, 1, 3)), "white": np.full((1, 1, 3), 255), "grey": np.full((1, 1, 3), 128)}


@pytest.mark.parametrize("colour", FLAT)
def test_of_one_colour_nothing_moves(networks, tmp_path, colour):
    """The page's own estimate: no displacement, no probability that it is right, and a sentence instead of a motion."""
    picture = np.broadcast_to(FLAT[colour], (24, 120, 160, 3)).astype(np.uint8)
    wb.write_video(tmp_path / "flat.mp4", picture, 24)
    flat = look(networks, Session(motion=networks.motion()), str(tmp_path / "flat.mp4"), estimate="refined")
    assert np.median(np.abs(flat.exploration.displacement)) < 0.01
    assert flat.exploration.probability.mean() < 0.1
    assert "No clear motion" in flat.message


def test_a_look_fills_the_page(networks, shown):
    """What was seen, and every section; no two elements have one name, also beside those of the other questions."""
    exploration = shown.exploration
    others = [
        what_if_section(networks, exploration),
        activation_section(networks, exploration),
        comparison_section(exploration, Comparison(), 0),
    ]
    assert isinstance(exploration, wb.Exploration)
    assert all(sections(shown))
    others += [trust_section(exploration, 2), why_section(exploration, shown.selection)]
    names = re.findall(r' id="([^"]*)"', "".join([shown.message, *sections(shown), *others]))
    assert len(names) == len(set(names)) > 20
    assert not any("alert" in section for section in (*sections(shown), *others)), "a section says what could not be done"


def test_the_message_says_answer_and_source(shown):
    """The most probable class first, then what was looked at, by which network, and what the file is."""
    (label, probability), exploration = shown.exploration.top(1)[0], shown.exploration
    assert read(shown.message).words.startswith(
        f"{label} ({percent(probability)}) in camouflage.mp4, 0.00 to {exploration.times[-1]:.2f} s of 6.0 s, says msnet-small; 256 × 256"
    )


def test_predictions_are_the_five_most_probable(shown):
    whole = read(shown.predictions)
    assert [part.words for part in whole.all(kind="name")] == [label for label, _ in shown.exploration.top(5)]


def test_the_frames_shown_are_the_crops_that_were_classified(shown):
    """About, since they are packed as photos, with their times; source and target of the pair are outlined."""
    items = read(shown.frames).all("li")
    assert [item.words for item in items] == [f"{time:.2f} s" for time in shown.exploration.times]
    for item, crop in zip(items, shown.exploration.crops, strict=True):
        picture = pixels(item.all("img")[0].attributes["src"])
        assert picture.shape == crop.shape and np.abs(picture.astype(int) - crop).mean() < 8
    assert [place for place, item in enumerate(items) if item.attributes.get("class") == "now"] == [2, 3]


@pytest.mark.parametrize("video", [None, []])
def test_without_a_video_there_is_a_greeting(networks, shown, video):
    """And nothing of an earlier answer."""
    after = look(networks, session_after(shown), video)
    assert read(after.message).words == GREETING
    assert after.exploration is None
    assert not any(sections(after))


def test_of_a_video_that_was_removed_nothing_is_left(shown):
    """The page says what happened; the pair and the cell stay for the next video."""
    after = empty_look(session_after(shown), REMOVED)
    assert read(after.message).words == REMOVED
    assert after.exploration is None
    assert not any(sections(after))
    assert after.selection == shown.selection


REFUSALS = {
    "no video": ({"video": str(CLIPS / "text.mp4")}, "text.mp4 is not a video"),
    "an empty file": ({"video": str(CLIPS / "empty.mp4")}, "empty.mp4 is empty"),
    "sound alone": ({"video": str(CLIPS / "audio_only.mp4")}, "no video stream"),
    "a file of another kind": ({"video": __file__}, "test_look.py is not taken here"),
    "a file that is gone": ({"video": "gone.mp4"}, "gone.mp4 is no longer here"),
    "a start beyond the end": ({"start": 500.0}, "500"),
    "one frame": ({"frames": 1}, "2 to 32"),
    "a layer that is none": ({"layer": "layer9"}, "layer must be one of"),
    "a path for a network": ({"checkpoint": "../msnet-tiny"}, "did you mean 'msnet-tiny'?"),
}


@pytest.mark.parametrize(("changes", "words"), REFUSALS.values(), ids=REFUSALS)
def test_a_refusal_takes_the_old_answer_away(networks, shown, camouflage, changes, words):
    """The sentence names the thing and the reason; no picture stands beside it that answered another question."""
    after = look(networks, session_after(shown), **({"video": camouflage} | changes))
    (note,) = read(after.message).all()
    assert words in note.words
    assert note.attributes["role"] == "alert"
    assert after.exploration is None
    assert not any(sections(after))
    assert after.selection == shown.selection


def test_a_video_beyond_the_limits_is_refused(shown, nasa):
    after = look(NetworkLibrary(limits=VideoLimits(minutes=0.15)), session_after(shown), nasa)
    assert "nasa.mp4 is too long: 0.2 min" in read(after.message).words
    assert not any(sections(after))


def test_another_network_brings_its_own_settings(networks, shown, camouflage):
    """The same one keeps them, also after a refusal; so does the first look, to which a link may have brought some."""
    assert shown.settings is None
    gone = session_after(look(networks, session_after(shown), "gone.mp4"))
    assert look(networks, gone, camouflage, start=0.0).settings is None
    other = look(networks, gone, camouflage, "tsm-tiny", start=0.0, layer="layer1")
    assert other.motion == networks.motion("tsm-tiny")
    assert other.settings == (None if other.motion == shown.motion else MatchSettings.of(other.motion))


@pytest.mark.parametrize("before", [None, replace(wb.MotionConfig(), radius=2)])
def test_settings_are_those_of_the_numbers_matched_by(networks, camouflage, before):
    """After a look that matched nothing, or by other numbers."""
    own = networks.motion()
    assert look(networks, Session(motion=before), camouflage, start=0.0).settings == MatchSettings.of(own)
    assert look(networks, Session(motion=before), camouflage, "tsm-tiny", start=0.0).settings is None


def test_a_new_look_at_the_same_frames_keeps_the_spot(networks, shown, camouflage):
    """The pair, the points that are followed, and the place of the cell, also in another grid."""
    before = Selection(5, (3, 4), ((0, 10.0, 20.0),))
    coarse = look(networks, session_after(shown, selection=before), camouflage, start=0.0, resolution=64)
    assert shown.exploration.correspondences.grid == (32, 32)
    assert coarse.exploration.correspondences.grid == (16, 16)
    assert coarse.selection == replace(before, cell=(1, 2))


@pytest.mark.parametrize("before", [Selection(), Selection(5, (20, 25), ((0, 10.0, 20.0),))])
def test_after_a_look_that_matched_nothing_the_liveliest_cell_is_explained(networks, shown, camouflage, before):
    """Of a layer that is chosen then, whatever was selected in a finer grid before."""
    nothing = look(networks, session_after(shown, selection=before), camouflage, "tsn-tiny", start=0.0)
    coarse = look(networks, session_after(nothing), camouflage, "tsn-tiny", start=0.0, layer="layer3")
    pair, exploration = coarse.selection.pair, coarse.exploration
    assert nothing.exploration.correspondences is None
    assert pair == find_liveliest_pair(exploration)
    assert coarse.selection.cell == find_liveliest_cell(exploration, pair)


def test_other_frames_are_looked_at_where_most_moves(networks, shown, camouflage):
    """Whatever was selected before, at a cell that goes further than half its width."""
    other = look(networks, session_after(shown, selection=Selection(5, (0, 0))), camouflage, start=2.0)
    (row, column), exploration = other.selection.cell, other.exploration
    assert other.selection.pair == find_liveliest_pair(exploration)
    assert np.linalg.norm(exploration.displacement[other.selection.pair, :, row, column]) > exploration.correspondences.cell / 2


def test_a_clip_without_the_pair_of_a_link_shows_its_last(networks, shown, camouflage):
    linked = session_after(shown, selection=Selection(5, keep_pair=True))
    assert look(networks, linked, camouflage, start=0.0, frames=4).selection.pair == 2


def test_a_link_may_choose_the_cell(networks, shown, camouflage):
    session = session_after(shown, exploration=None, selection=Selection(5, (1, 2), keep_pair=True, keep_cell=True))
    assert look(networks, session, camouflage, start=0.0).selection == Selection(5, (1, 2))


def test_turning_shows_another_pair(shown):
    """Counted from 1; the cell and the points that are followed stay. Numbers beyond either end are the nearest pair."""
    place = replace(shown.selection, points=((0, 10.0, 10.0),))
    turns = {number: turn(shown.exploration, place, number) for number in (-3, 1, 2, 7, 99)}
    assert turns[-3] == turns[1]
    assert turns[7] == turns[99]
    assert [turns[number][0] for number in (1, 2, 7)] == [replace(place, pair=pair) for pair in (0, 1, 6)]
    for before, after in ((1, 2), (2, 7)):
        assert all(a != b for a, b in zip(turns[before], turns[after], strict=True))
    source, target = pictures(turns[2][3])["source"], pictures(turns[1][3])["target"]
    assert np.abs(source[60:200, :150].astype(int) - target[60:200, :150]).mean() < 4, "the target of a pair is the source of the next"


def test_turning_a_clip_is_the_same_as_looking_at_that_pair(networks, shown, camouflage):
    """Whichever way a pair is reached, everything that is shown of it is the same."""
    selection, *first = turn(shown.exploration, shown.selection, 6)
    session = session_after(shown, selection=selection)
    whole = look(networks, session, camouflage, start=0.0)
    assert first == [whole.timeline, whole.frames, whole.correspondences]


def test_playing_goes_round(shown):
    """From each pair to the next, from the last to the first; without a video it stays at the first."""
    assert [next_pair(shown.exploration, number) for number in (1, 2, 6, 7)] == [2, 3, 7, 1]
    assert next_pair(None, 1) == 1


def test_clicked_points_can_be_forgotten(shown):
    """Without them the tracks are those of a look at which nothing was clicked."""
    click = select_at(shown.exploration, shown.selection, 0.4, 0.3)
    assert click.points
    tracks = correspondences_section(shown.exploration, replace(click, points=()))
    assert tracks != correspondences_section(shown.exploration, click)
    assert tracks == correspondences_section(shown.exploration, replace(shown.selection, cell=click.cell))


def test_a_click_and_the_arrow_keys_choose_a_cell(shown):
    """What is chosen is what is explained; both ways to one cell give the same reasons."""
    rows, columns = shown.exploration.correspondences.grid
    click = select_at(shown.exploration, shown.selection, (4 + 0.5) / columns, 0.2)
    assert (click.pair, click.cell[1]) == (2, 4)
    assert 0 < click.cell[0] < rows
    assert correspondences_section(shown.exploration, click) != shown.correspondences
    reasons = why_section(shown.exploration, click)
    assert f"cell {click.cell[0]}, {click.cell[1]} moves" in reasons
    beside = select_next(shown.exploration, click, 1, 1)
    assert beside.cell == (click.cell[0] + 1, 5)
    assert why_section(shown.exploration, beside) != reasons
    assert why_section(shown.exploration, select_next(shown.exploration, beside, -1, -1)) == reasons


def test_settings_change_the_reasons_and_nothing_else(networks, shown, camouflage):
    """They are kept by a new look."""
    settings = MatchSettings(radius=2, sigma=1.0)
    session = session_after(shown, settings=settings, exploration=None, selection=Selection(2, keep_pair=True))
    after = look(networks, session, camouflage, start=0.0)
    assert after.settings is None
    assert sections(after) == sections(shown)
    assert why_section(shown.exploration, shown.selection, settings) != why_section(shown.exploration, shown.selection)


def test_settings_that_cannot_be_are_a_sentence(shown):
    (note,) = read(why_section(shown.exploration, shown.selection, MatchSettings(kind="no argmax"))).all()
    assert "'no argmax'" in note.words
    assert note.attributes["role"] == "alert"


def test_what_was_seen_can_be_asked_without_network_and_file(networks, camouflage, tmp_path, monkeypatch):
    """Turning, pointing, stepping, settings and optical flow compute from what is stored, also when the upload is gone."""
    file = tmp_path / "upload.mp4"
    file.write_bytes(Path(camouflage).read_bytes())
    first = look(networks, Session(), str(file), start=0.0)
    exploration, selection = first.exploration, first.selection
    file.unlink()
    monkeypatch.setattr(nn.Module, "__call__", lambda *inputs, **options: pytest.fail("the network was asked"))
    answers = [
        turn(exploration, selection, 4),
        trust_section(exploration, 3),
        correspondences_section(exploration, select_at(exploration, selection, 0.4, 0.3)),
        why_section(exploration, select_next(exploration, selection, 1, 0), MatchSettings(radius=2, exponent=-1)),
        comparison_section(exploration, Comparison(), 3),
    ]
    assert all(answers)
    assert "alert" not in str(answers)
    with pytest.raises(pytest.fail.Exception, match="the network was asked"):
        activation_section(networks, exploration)


def test_a_network_without_the_module_shows_everything_else(networks, camouflage):
    """Its pairs can be turned to, so that those of another can stand beside them; the page says how it can be read."""
    tsm = look(networks, Session(), camouflage, "tsm-tiny", start=0.0)
    assert tsm.exploration.correspondences is None
    assert count_pairs(tsm.exploration) == 7
    assert all((tsm.predictions, tsm.timeline, tsm.frames))
    assert trust_section(tsm.exploration, 0) + why_section(tsm.exploration, tsm.selection) == ""
    assert "Choose a layer" in read(tsm.correspondences).words
    selection, line, frames, _ = turn(tsm.exploration, tsm.selection, 5)
    assert selection.pair == 4
    assert frames.count('class="now"') == 2
    assert line != tsm.timeline
    assert select_at(tsm.exploration, selection, 0.5, 0.5) == select_next(tsm.exploration, selection, 1, 1) == selection


def test_before_a_video_nothing_happens():
    """Whatever is clicked; where pictures would be, the page says how to begin. So it does after a session that was freed."""
    selection = Selection()
    assert read(correspondences_section(None, selection)).words == GREETING
    assert count_pairs(None) == 0
    assert turn(None, selection, 3) == (selection, "", "", correspondences_section(None, selection))
    assert select_at(None, selection, 0.5, 0.5) == select_next(None, selection, 1, 1) == selection


def test_a_mirror_image_is_turned_back(networks, shown, camouflage):
    """And the page says so; left and right change places in the answer."""
    mirror = look(networks, Session(), camouflage, start=0.0, mirrored=True)
    assert {shown.exploration.top(1)[0][0], mirror.exploration.top(1)[0][0]} == {"left", "right"}
    assert "The picture was turned" in mirror.message
    assert "turned" not in shown.message
    np.testing.assert_array_equal(mirror.exploration.frames, shown.exploration.frames[:, :, ::-1])


@pytest.mark.parametrize(("name", "kind"), [("msnet-tiny", "MSNet"), ("tsm-tiny", "TSM"), ("tsn-tiny", "TSN")])
def test_a_network_is_introduced(name, kind):
    """By what it is, how large, and how many classes it knows."""
    networks = NetworkLibrary(name)
    millions = sum(tensor.numel() for tensor in networks.explorer().model.parameters()) / 1e6
    assert f"{name} is {kind} (tiny, {millions:.1f} million parameters); it knows 18 classes" in describe_network(networks)


@pytest.fixture(scope="module")
def everything(tmp_path_factory, camouflage, explorer):
    """All that the page shows of one clip, by a network, classes and a file that are called so."""

    @cache
    def show(mark: str) -> Element:
        folder, network, labels = tmp_path_factory.mktemp("names"), f"network{mark}", [label + mark for label in explorer.labels]
        save_checkpoint(folder / f"{network}.safetensors", explorer.model, labels, explorer.preprocessing)
        (folder / f"clip{mark}.mp4").write_bytes(Path(camouflage).read_bytes())
        networks = NetworkLibrary(folder / f"{network}.safetensors")
        shown = look(networks, Session(), str(folder / f"clip{mark}.mp4"), start=0.0)
        exploration, refusal = shown.exploration, look(networks, Session(), str(folder / f"gone{mark}.mp4")).message
        other = look_with(networks, exploration, None, network, "layer2", None)
        beside = comparison_section(exploration, other, 0) + comparison_section(exploration, Comparison(), 0)
        rest = [what_if_section(networks, exploration), activation_section(networks, exploration), beside, refusal]
        return read("".join([shown.message, *sections(shown), *rest]))

    return show


@pytest.mark.parametrize("mark", [EVIL, "'\"><script>alert(1)<\\script>", "&lt;b onclick='x'&gt;"], ids=["element", "attribute", "entity"])
def test_names_are_words_and_nothing_else(everything, mark):
    """Whatever file, network and classes are called: the page has the same elements with the same attributes, and says the names."""
    plain, evil = everything("+"), everything(mark)  # the alphabet's own words would be explained
    assert evil.structure == plain.structure
    words = evil.words + " ".join(part.attributes.get("alt", "") + part.attributes.get("aria-label", "") for part in evil.all())
    for name in ("clip{}.mp4", "gone{}.mp4", "says network{};", "A: network{}", "right{} → left{}", "speaks for right{},"):
        assert name.replace("{}", mark) in words, name


@pytest.mark.parametrize("words", ["7 MB", "2 minutes", "640 × 480", "not mirrored"])
def test_the_page_says_what_is_taken(words):
    """What a visitor may give stands on the page, in the numbers that are enforced; and that the webcam is not mirrored."""
    assert words in describe_limits(NetworkLibrary(limits=VideoLimits(megabytes=7, minutes=2, largest=(640, 480))))
