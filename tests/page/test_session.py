"""The laws of the page's handlers, without a page."""

import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from elements import Element, pixels, read
from torch import nn

import workbench as wb
from workbench.explore.matching import MatchSettings
from workbench.model.checkpoint import save_checkpoint
from workbench.page.activation import activation_section, class_names
from workbench.page.compare import ComparisonChoice, comparison_section, look_with
from workbench.page.correspondences import Selection
from workbench.page.networks import NetworkLibrary
from workbench.page.session import GREETING, REMOVED, Handlers, Shown
from workbench.page.what_if import what_if_section
from workbench.video.uploads import VideoLimits

CLIPS = Path(__file__).parent.parent / "clips"
EVIL = "<img src=x onerror=alert(1)>"  # may be part of a file's name


@pytest.fixture(scope="module")
def visitor(desk) -> Handlers:
    return Handlers(desk)


@pytest.fixture(scope="module")
def shown(visitor, camouflage) -> Shown:
    """A look at a clip that moves, from its third pair."""
    return visitor.look(None, Selection(2), camouflage, start=0.0)


def sections(shown: Shown) -> tuple[str, ...]:
    """All HTML of a look, without its message."""
    return shown[3:9]


def pictures(section: str) -> dict[str, np.ndarray]:
    return {figure.attributes["id"]: pixels(figure.all("img")[0].attributes["src"]) for figure in read(section).all("figure")}


def test_a_look_fills_the_page(visitor, shown):
    """What was seen, and every section; no two elements have one name, also beside those of the other questions."""
    desk, exploration = visitor.desk, shown.exploration
    others = [
        what_if_section(desk, exploration),
        activation_section(desk, exploration),
        comparison_section(exploration, ComparisonChoice(), 0),
    ]
    assert isinstance(exploration, wb.Exploration) and all(sections(shown))
    names = re.findall(r' id="([^"]*)"', "".join([shown.message, *sections(shown), *others]))
    assert len(names) == len(set(names)) > 20
    assert not any("alert" in section for section in (*sections(shown), *others)), "a section says what could not be done"


def test_the_message_says_answer_and_source(shown):
    """The most probable class first, then what was looked at, by which network, and what the file is."""
    label, exploration = shown.exploration.top(1)[0][0], shown.exploration
    said = read(shown.message).words
    assert said.startswith(f"{label} (98 %) in camouflage.mp4, 0.00 to {exploration.times[-1]:.2f} s of 6.0 s, says msnet-tiny; 256 × 256")


def test_predictions_are_the_five_most_probable(shown):
    whole = read(shown.predictions)
    assert [part.words for part in whole.all(kind="name")] == [label for label, _ in shown.exploration.top(5)]


def test_the_frames_shown_are_the_crops_that_were_classified(visitor, shown):
    """About, since they are packed as photos, with their times; source and target of the pair are outlined."""
    items = read(shown.frames).all("li")
    assert [item.words for item in items] == [f"{time:.2f} s" for time in shown.exploration.times]
    for item, crop in zip(items, shown.exploration.crops, strict=True):
        picture = pixels(item.all("img")[0].attributes["src"])
        assert picture.shape == crop.shape and np.abs(picture.astype(int) - crop).mean() < 8
    assert [place for place, item in enumerate(items) if item.attributes.get("class") == "now"] == [2, 3]


@pytest.mark.parametrize("video", [None, []])
def test_without_a_video_there_is_a_greeting(visitor, shown, video):
    """And nothing of an earlier answer."""
    look = visitor.look(shown.last, Selection(), video)
    assert read(look.message).words == GREETING
    assert look.exploration is None
    assert not any(sections(look))


def test_of_a_video_that_was_removed_nothing_is_left(visitor, shown):
    """The page says what happened; the pair and the cell stay for the next video."""
    after = visitor.remove(shown.last, shown.spot)
    assert read(after.message).words == REMOVED
    assert after.exploration is None
    assert not any(sections(after))
    assert after.spot == shown.spot


REFUSALS = {
    "no video": ({"video": str(CLIPS / "text.mp4")}, "text.mp4 is not a video"),
    "an empty file": ({"video": str(CLIPS / "empty.mp4")}, "empty.mp4 is empty"),
    "sound alone": ({"video": str(CLIPS / "audio_only.mp4")}, "no video stream"),
    "a file of another kind": ({"video": __file__}, "test_session.py is not taken here"),
    "a file that is gone": ({"video": "gone.mp4"}, "gone.mp4 is no longer here"),
    "a start beyond the end": ({"start": 500.0}, "500"),
    "one frame": ({"frames": 1}, "2 to 32 frames"),
    "a layer that is none": ({"layer": "layer9"}, "layer must be one of"),
    "a path for a network": ({"checkpoint": "../msnet-tiny"}, "did you mean 'msnet-tiny'?"),
}


@pytest.mark.parametrize(("given", "said"), REFUSALS.values(), ids=REFUSALS)
def test_a_refusal_takes_the_old_answer_away(visitor, shown, camouflage, given, said):
    """The sentence names the thing and the reason; no picture stands beside it that answered another question."""
    after = visitor.look(shown.last, shown.spot, **({"video": camouflage} | given))
    (note,) = read(after.message).all()
    assert said in note.words
    assert note.attributes["role"] == "alert"
    assert after.exploration is None
    assert not any(sections(after))
    assert after.spot == shown.spot


def test_a_video_beyond_the_limits_is_refused(shown, nasa):
    strict = Handlers(NetworkLibrary(limits=VideoLimits(minutes=0.15)))
    after = strict.look(shown.last, shown.spot, nasa)
    assert "nasa.mp4 is too long: 0.2 min" in read(after.message).words
    assert not any(sections(after))


def test_a_refusal_does_not_change_what_the_settings_are_for(visitor, shown, camouflage):
    """The same network after it keeps them; another one brings its own, as if nothing had been refused."""
    refused = visitor.look(shown.last, shown.spot, "gone.mp4")
    assert visitor.look(refused.last, refused.spot, camouflage, start=0.0).settings is None
    other = visitor.look(refused.last, refused.spot, camouflage, "tsm-tiny", start=0.0, layer="layer1")
    assert other.settings == MatchSettings.of(other.exploration.correspondences.motion)


def test_a_new_look_keeps_the_pair_where_the_clip_has_it(visitor, shown, camouflage):
    """And points at a cell of what moves there."""
    same, shorter = (visitor.look(shown.last, Selection(5), camouflage, start=0.0, frames=frames) for frames in (None, 4))
    assert same.spot.pair == 5 and shorter.spot.pair == 2 and visitor.pairs(shorter.exploration) == 3
    linked = visitor.look(shown.last, Selection(5, (1, 2), chosen=True), camouflage, start=0.0)
    assert linked.spot.pair == 5 and linked.spot.cell == (1, 2), "a link may choose the cell"
    for look in (same, shorter):
        row, column = look.spot.cell
        assert np.linalg.norm(look.exploration.displacement[look.spot.pair, :, row, column]) > look.exploration.correspondences.cell / 2


def test_turning_shows_another_pair(visitor, shown):
    """Counted from 1; the cell and the points that are followed stay. Numbers beyond either end are the nearest pair."""
    place = replace(shown.spot, points=((0, 10.0, 10.0),))
    turned = {number: visitor.turn(shown.exploration, place, number) for number in (-3, 1, 2, 7, 99)}
    assert turned[-3] == turned[1] and turned[7] == turned[99]
    assert [turned[number][0] for number in (1, 2, 7)] == [replace(place, pair=pair) for pair in (0, 1, 6)]
    for before, after in ((1, 2), (2, 7)):
        assert all(a != b for a, b in zip(turned[before], turned[after], strict=True))
    photo = turned[2][3], turned[1][3]
    source, target = pictures(photo[0])["source"], pictures(photo[1])["target"]
    assert np.abs(source[60:200, :150].astype(int) - target[60:200, :150]).mean() < 4, "the target of a pair is the source of the next"


def test_turning_a_clip_is_the_same_as_looking_at_that_pair(visitor, shown, camouflage):
    """Whichever way a pair is reached, everything that is shown of it is the same."""
    spot, *first = visitor.turn(shown.exploration, shown.spot, 6)
    second = visitor.explain(shown.exploration, shown.spot, 6)
    whole = visitor.show(shown.exploration, spot, "")
    assert (*first, *second) == (whole.timeline, whole.frames, whole.correspondences, whole.trust, whole.why)


def test_playing_goes_round(visitor, shown):
    """From each pair to the next, from the last to the first; without a video it stays at the first."""
    assert [visitor.next_pair(shown.exploration, number) for number in (1, 2, 6, 7)] == [2, 3, 7, 1] and visitor.next_pair(None, 1) == 1


def test_clicked_points_can_be_forgotten(visitor, shown):
    """Cell and pair stay; the tracks are those of a look at which nothing was clicked."""
    clicked, tracks, _ = visitor.point(shown.exploration, shown.spot, 0.4, 0.3)
    cleared, shows = visitor.clear(shown.exploration, clicked)
    assert clicked.points and cleared == replace(clicked, points=()) and tracks != shows
    assert shows == visitor.step(shown.exploration, replace(shown.spot, cell=clicked.cell), 0, 0)[1]


def test_a_click_and_the_arrow_keys_choose_a_cell(visitor, shown):
    """What the handler remembers is what it explains; both ways to one cell give the same reasons."""
    rows, columns = shown.exploration.correspondences.grid
    spot, shows, reasons = visitor.point(shown.exploration, shown.spot, (4 + 0.5) / columns, 0.2)
    assert spot.pair == 2 and spot.cell[1] == 4 and 0 < spot.cell[0] < rows and shows != shown.correspondences
    assert f"cell {spot.cell[0]}, {spot.cell[1]} moves" in reasons and reasons == visitor.why(shown.exploration, spot)
    beside, _, other = visitor.step(shown.exploration, spot, 1, 1)
    assert beside.cell == (spot.cell[0] + 1, 5) and other != reasons
    assert visitor.step(shown.exploration, beside, -1, -1)[2] == reasons


def test_knobs_change_the_reasons_and_nothing_else(visitor, shown, camouflage):
    """They are turned on what is shown, and kept by a new look, a turn and a click."""
    knobs = MatchSettings(radius=2, sigma=1.0)
    turned = visitor.look(None, Selection(2), camouflage, knobs=knobs, start=0.0)
    assert sections(turned)[:-1] == sections(shown)[:-1] and turned.why == visitor.why(shown.exploration, shown.spot, knobs) != shown.why
    assert (
        visitor.explain(shown.exploration, shown.spot, 3, knobs)[1]
        == visitor.step(shown.exploration, shown.spot, 0, 0, knobs)[2]
        == turned.why
    )
    (note,) = read(visitor.why(shown.exploration, shown.spot, MatchSettings(kind="no argmax"))).all()
    assert "'no argmax'" in note.words and note.attributes["role"] == "alert"


def test_what_was_seen_can_be_asked_without_network_and_file(visitor, camouflage, tmp_path, monkeypatch):
    """Turning, pointing, stepping, knobs and optical flow compute from what is stored, also when the upload is gone."""
    file = tmp_path / "upload.mp4"
    file.write_bytes(Path(camouflage).read_bytes())
    exploration, spot, *_ = visitor.look(None, Selection(), str(file), start=0.0)
    file.unlink()
    monkeypatch.setattr(nn.Module, "__call__", lambda *given, **named: pytest.fail("the network was asked"))
    answers = [
        visitor.turn(exploration, spot, 4), visitor.explain(exploration, spot, 4), visitor.point(exploration, spot, 0.4, 0.3),
        visitor.step(exploration, spot, 1, 0),
        visitor.why(exploration, spot, MatchSettings(radius=2, exponent=-1)),
        comparison_section(exploration, ComparisonChoice(), 3), class_names(exploration),
    ]  # fmt: skip
    assert all(answers) and "alert" not in str(answers)
    with pytest.raises(pytest.fail.Exception, match="the network was asked"):
        activation_section(visitor.desk, exploration)


def test_a_network_without_the_module_shows_everything_else(visitor, camouflage):
    """Its pairs can be turned to, so that those of another can stand beside them; the page says how it can be read."""
    shown = visitor.look(None, Selection(), camouflage, "tsm-tiny", start=0.0)
    assert shown.exploration.correspondences is None and visitor.pairs(shown.exploration) == 7
    assert all((shown.predictions, shown.timeline, shown.frames)) and not shown.trust + shown.why
    assert "Choose a layer" in read(shown.correspondences).words
    spot, line, frames, _ = visitor.turn(shown.exploration, shown.spot, 5)
    assert spot.pair == 4 and frames.count('class="now"') == 2 and line != shown.timeline
    assert visitor.point(shown.exploration, spot, 0.5, 0.5)[0] == visitor.step(shown.exploration, spot, 1, 1)[0] == spot


def test_before_a_video_nothing_happens(visitor):
    """Whatever is clicked; where pictures would be, the page says how to begin. So it does after a visit that was freed."""
    spot = Selection()
    (said,) = {visitor.turn(None, spot, 3)[3], visitor.clear(None, spot)[1]}
    assert read(said).words == GREETING
    assert visitor.pairs(None) == 0 and visitor.turn(None, spot, 3) == (spot, "", "", said)
    assert visitor.explain(None, spot, 3) == ("", "") and visitor.why(None, spot) == ""
    assert visitor.point(None, spot, 0.5, 0.5) == visitor.step(None, spot, 1, 1) == (spot, said, "")


def test_a_mirror_image_is_turned_back(visitor, shown, camouflage):
    """And the page says so; left and right change places in the answer."""
    turned = visitor.look(None, Selection(), camouflage, start=0.0, mirrored=True)
    assert {shown.exploration.top(1)[0][0], turned.exploration.top(1)[0][0]} == {"left", "right"}
    assert "The picture was turned" in turned.message and "turned" not in shown.message
    np.testing.assert_array_equal(turned.exploration.frames, shown.exploration.frames[:, :, ::-1])


@pytest.mark.parametrize(("name", "kind"), [("msnet-tiny", "MSNet"), ("tsm-tiny", "TSM"), ("tsn-tiny", "TSN")])
def test_a_network_is_introduced(name, kind):
    """By what it is, how large, and how many classes it knows."""
    desk = NetworkLibrary(name)
    millions = sum(tensor.numel() for tensor in desk.explorer().model.parameters()) / 1e6
    assert f"{name} is {kind} (tiny, {millions:.1f} million parameters); it knows 18 classes" in Handlers(desk).about()


@pytest.fixture(scope="module")
def everything(tmp_path_factory, camouflage, explorer):
    """All that the page shows of one clip, by a network, classes and a file that are called so."""

    @cache
    def show(mark: str) -> Element:
        folder, network, labels = tmp_path_factory.mktemp("names"), f"network{mark}", [label + mark for label in explorer.labels]
        save_checkpoint(folder / f"{network}.safetensors", explorer.model, labels, explorer.preprocessing)
        (folder / f"clip{mark}.mp4").write_bytes(Path(camouflage).read_bytes())
        desk = NetworkLibrary(folder / f"{network}.safetensors")
        shown = Handlers(desk).look(None, Selection(), str(folder / f"clip{mark}.mp4"), start=0.0)
        other = look_with(desk, shown.exploration, ComparisonChoice(), network, "layer2", None)
        beside = comparison_section(shown.exploration, other, 0) + comparison_section(shown.exploration, ComparisonChoice(), 0)
        refused = Handlers(desk).look(None, Selection(), str(folder / f"gone{mark}.mp4")).message
        return read(
            "".join([*shown[2:9], what_if_section(desk, shown.exploration), activation_section(desk, shown.exploration), beside, refused])
        )

    return show


@pytest.mark.parametrize("mark", [EVIL, "'\"><script>alert(1)<\\script>", "&lt;b onclick='x'&gt;"], ids=["element", "attribute", "entity"])
def test_names_are_words_and_nothing_else(everything, mark):
    """Whatever file, network and classes are called: the page has the same elements with the same attributes, and says the names."""
    plain, evil = everything(""), everything(mark)
    assert evil.structure == plain.structure
    said = evil.words + " ".join(part.attributes.get("alt", "") + part.attributes.get("aria-label", "") for part in evil.all())
    for name in ("clip{}.mp4", "gone{}.mp4", "says network{};", "A: network{}", "right{} → left{}", "speaks for right{},"):
        assert name.replace("{}", mark) in said, name


def test_the_caps_are_told():
    """What a visitor may give stands on the page, in the numbers that are enforced; and that the webcam is not mirrored."""
    told = Handlers(NetworkLibrary(limits=VideoLimits(megabytes=7, minutes=2, largest=(640, 480)))).taken()
    assert "7 MB" in told and "2 minutes" in told and "640 × 480" in told and "not mirrored" in told
