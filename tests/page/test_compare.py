"""The laws of what stands beside a network: the same frames, read another way, and nothing is looked at twice."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import gradio as gr
import numpy as np
import pytest
from bs4 import BeautifulSoup
from elements import Element, percents, pixels, read

import workbench as wb
from workbench.draw.compare import draw_comparison, draw_flow_comparison
from workbench.explore import compare as explore_compare
from workbench.explore.compare import NetworkComparison, describe_pair, measure_flow_agreement
from workbench.explore.warping import warping_of_pair
from workbench.page.compare import FLOW, Comparison, ComparisonTab, comparison_choices, comparison_section, look_with
from workbench.page.tab import Session, SessionControls
from workbench.text import percent

NONE = Comparison()


def shown(exploration: wb.Exploration, other: Comparison, pair: int = 0) -> Element:
    return read(comparison_section(exploration, other, pair))


def pictures(whole: Element) -> dict[str, np.ndarray]:
    return {figure.attributes["id"]: pixels(figure.all("img")[0].attributes["src"]) for figure in whole.all("figure")}


def texts(whole: Element) -> list[str]:
    return [image.attributes["alt"] for image in whole.all("img")]


def forbid_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on no network can be asked, and no video be looked at."""
    for kind, method in ((wb.MSNet, "forward"), (wb.Explorer, "look")):
        monkeypatch.setattr(kind, method, lambda *args, **kwargs: pytest.fail("a network was asked"))


@pytest.fixture(scope="module")
def coarse(networks, exploration) -> Comparison:
    """The same network, of which another layer is read."""
    return look_with(networks, exploration, None, "msnet-small", "layer2", None)


@pytest.fixture(scope="module")
def tsm(networks, exploration) -> Comparison:
    """A network without a motion module, of which no layer is read."""
    return look_with(networks, exploration, None, "tsm-tiny", None, None)


def test_optical_flow_stands_first_among_the_choices(networks):
    """And beside it every network that the networks knows."""
    assert comparison_choices(networks) == [FLOW, *networks.checkpoints()]


@pytest.mark.parametrize("pair", [0, 6])
def test_optical_flow_is_the_default(networks, exploration, monkeypatch, pair):
    """It needs no network: the pictures are those of the package, of this pair."""
    forbid_networks(monkeypatch)
    other = look_with(networks, exploration, None, FLOW, None, None)
    assert other == NONE
    panels, drawn = pictures(shown(exploration, other, pair)), draw_flow_comparison(exploration, pair, 480)
    assert list(panels) == ["beside-a", "beside-b", "agreement"]
    assert np.array_equal(panels["beside-a"], drawn.a) and np.array_equal(panels["beside-b"], drawn.b)
    assert np.abs(panels["agreement"].astype(int) - drawn.agreement).mean() < 4


def test_optical_flow_is_found_once_for_a_pair(exploration, coarse, monkeypatch):
    """DIS is what a step of the slider waits for; the pictures and both sentences share it."""
    frames, find = [], explore_compare.optical_flow
    monkeypatch.setattr(explore_compare, "optical_flow", lambda *pair: frames.append(pair) or find(*pair))
    for other in (NONE, coarse):
        comparison_section(exploration, other, 2)
    assert len(frames) == 2


def test_one_network_can_be_read_at_two_layers(exploration, coarse):
    """On the same frames, each on its own grid; the table says where either was read, and both give the same answers."""
    assert (
        coarse.result.a is exploration
        and coarse.result.b.indices == exploration.indices
        and coarse.result.b.correspondences.stage == "layer2"
    )
    drawn, whole = draw_comparison(coarse.result, 3, 480), shown(exploration, coarse, 3)
    panels = pictures(whole)
    assert np.array_equal(panels["beside-a"], drawn.a) and np.array_equal(panels["beside-b"], drawn.b) and len(panels) == 3
    table = whole.get("answers")
    a, b = (part.words for part in table.all("th") if part.attributes["scope"] == "col")
    assert a.startswith("A: msnet-small") and "after layer1" in a and b.startswith("B: msnet-small") and "features of layer2" in b
    for row in table.all("tbody")[0].all("tr"):
        assert len({cell.words for cell in row.all("td")}) == 1


@pytest.mark.parametrize("pair", [0, 6])
def test_a_network_that_is_not_matched_says_so(exploration, tsm, pair):
    """Beneath its name, in its table and in words; there is no agreement to show, but its answers are."""
    assert tsm.result.b.correspondences is None
    whole = shown(exploration, tsm, pair)
    assert list(pictures(whole)) == ["beside-a", "beside-b"]
    assert texts(whole)[1] == "B: tsm-tiny: no motion module: no correspondences"
    words = whole.get("answers").all("thead")[0].words
    assert "A: msnet-small" in words and "B: tsm-tiny" in words and "no motion module: no correspondences" in words


def test_the_table_holds_the_answers_of_both(exploration, tsm):
    """For each class either thinks of: its name, and what each gives it, as a bar and in percent."""
    rows, beside = shown(exploration, tsm).get("answers").all("tbody")[0].all("tr"), tsm.result
    assert [row.all("th")[0].words for row in rows] == [answer.label for answer in beside.top()] and len(rows) >= 5
    for row, answer in zip(rows, beside.top(), strict=True):
        assert [cell.words.strip() for cell in row.all("td")] == [percent(answer.a), percent(answer.b)]
        lengths = [percents(part.attributes["style"])[0] for part in row.all("i")]
        assert lengths == pytest.approx([100 * answer.a, 100 * answer.b], abs=0.051)


def test_a_class_that_one_does_not_know_is_said(exploration, coarse):
    beside = NetworkComparison(exploration, replace(coarse.result.b, labels=tuple(f"other {label}" for label in exploration.labels)))
    for row in shown(exploration, Comparison(beside)).get("answers").all("tbody")[0].all("tr"):
        foreign = row.all("th")[0].words.startswith("other")
        assert [cell.words == "not a class of it" for cell in row.all("td")] == [foreign, not foreign]


def test_an_unchanged_choice_is_not_looked_at_again(networks, exploration, coarse, monkeypatch):
    """And turning to another pair asks no network either."""
    forbid_networks(monkeypatch)
    assert look_with(networks, exploration, coarse, "msnet-small", "layer2", None) is coarse
    assert not np.array_equal(pictures(shown(exploration, coarse, 1))["beside-b"], pictures(shown(exploration, coarse, 2))["beside-b"])


@pytest.mark.parametrize("change", [("msnet-small", "layer1", None), ("msnet-small", "layer2", 64), ("tsn-tiny", "layer2", None)])
def test_a_changed_choice_is(networks, exploration, coarse, change):
    """Another network, layer or resolution."""
    other = look_with(networks, exploration, coarse, *change)
    assert other is not coarse and other.result.b.network == change[0] and other.result.b.correspondences.stage == change[1]


def test_another_clip_is_looked_at(networks, exploration, coarse, nasa):
    """What stands beside always has the frames that are shown."""
    later = networks.look(nasa, start=1.0)
    other = look_with(networks, later, coarse, "msnet-small", "layer2", None)
    assert other.result.a is later and other.result.b.indices == later.indices != exploration.indices


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        (("msnet-tny", None, None), "did you mean 'msnet-tiny'?"),
        (("../secret", None, None), "no checkpoint '../secret'"),
        (("msnet-small", "layer9", None), "layer must be one of"),
        (("msnet-small", "layer4", 8), "resolution must be at least"),
    ],
)
def test_what_cannot_stand_beside_is_a_sentence(networks, exploration, coarse, choice, words):
    (note,) = shown(exploration, look_with(networks, exploration, coarse, *choice)).all()
    assert words in note.words
    assert note.attributes["role"] == "alert"


def test_a_video_that_is_gone_is_compared_all_the_same(networks, exploration, tmp_path):
    """Uploads are kept for a limited time; the frames that were seen stay, and are all that is asked for."""
    gone = replace(exploration, info=replace(exploration.info, path=tmp_path / "gone.mp4"))
    now, before = (look_with(networks, each, None, "tsm-tiny", None, None).result for each in (gone, exploration))
    assert np.array_equal(now.b.probabilities, before.b.probabilities)


def test_optical_flow_needs_a_displacement(tsm_exploration):
    """A network without one is told how to get it."""
    (note,) = shown(tsm_exploration, NONE).all()
    assert "choose a layer" in note.words


def test_every_pair_of_a_network_that_is_not_matched_can_be_compared(networks, tsm_exploration):
    """Beside one that is: the source of that pair, and the displacement of the other."""
    other = look_with(networks, tsm_exploration, None, "msnet-small", None, None)
    panels = pictures(shown(tsm_exploration, other, 6))
    assert np.array_equal(panels["beside-b"], draw_comparison(other.result, 6, 480).b)


def test_what_a_picture_shows_is_told_in_words(exploration, coarse):
    """Of this pair, how much moves and where, and that it stands beside another."""
    for pair in (0, 5):
        words = [describe_pair(each, pair) for each in (coarse.result.a, coarse.result.b)]
        assert texts(shown(exploration, coarse, pair))[:2] == [f"A: msnet-small: {words[0]}", f"B: msnet-small: {words[1]}"]


def test_before_a_video_there_is_nothing(networks):
    assert look_with(networks, None, None, "tsm-tiny", None, None) == NONE and comparison_section(None, NONE, 0) == ""


def test_a_sentence_says_how_far_the_two_agree_and_how_well_each_predicts(exploration):
    """The numbers are those of the package, for optical flow beside the network."""
    page = BeautifulSoup(comparison_section(exploration, NONE, 2), "html.parser")
    assert page.find(id="agreement-sentence").text == f"{measure_flow_agreement(exploration, 2)}."
    warping = warping_of_pair(exploration, 2)
    assert page.find(id="warping-sentence").text == f"{warping}."
    rows = {row.th.text: row.td.text for row in page.find(id="warping").tbody.find_all("tr")}
    assert rows == {"nothing moves": f"{warping.nothing:.2f}", **{name: f"{error:.2f}" for name, error in warping.errors.items()}}


def test_of_a_network_that_matches_nothing_only_the_others_arrows_are_judged(exploration, tsm):
    page = BeautifulSoup(comparison_section(exploration, tsm, 0), "html.parser")
    assert page.find(id="agreement-sentence") is None
    assert "A: msnet-small" in page.find(id="warping").text
    assert "B: tsm-tiny" not in page.find(id="warping").text


def test_what_lies_beneath_stays_until_another_video_is_looked_at(networks, exploration):
    """Two frames and pairs with truth are emptied with the tab, where a video is removed, and when it is opened for another one."""

    async def build() -> ComparisonTab:
        with gr.Blocks():
            return ComparisonTab(networks, SessionControls(networks.motion()))

    with ThreadPoolExecutor(1) as thread:  # Gradio leaves event loops behind where none runs
        tab = thread.submit(asyncio.run, build()).result()
    beneath = {each for section in tab.sections for each in section.outputs}
    assert {each.elem_id for each in beneath} == {"two-source", "two-target", "two-pictures", "truth-report"}
    assert beneath < set(tab.outputs)

    values = {tab.comparison: None, tab.network: FLOW, tab.layer: None, tab.resolution: None, tab.path: None}
    first = tab.open(Session(exploration), values)
    assert {each: first[each] for each in beneath} == dict.fromkeys(beneath)
    values[tab.path] = first[tab.path]
    assert not beneath & set(tab.open(Session(replace(exploration, note="scanned")), values))
    other = replace(exploration, info=replace(exploration.info, path=exploration.info.path.with_name("other.mp4")))
    assert beneath < set(tab.open(Session(other), values))
