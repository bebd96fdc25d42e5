"""The laws of the tab How it works: its words hold the network's numbers, its lines stand in the package, and a click is where it was."""

import re
from dataclasses import replace

import numpy as np
import pytest
import torch
from elements import read

import workbench as wb
from workbench.explore.pipeline import CellTrace, PipelineTrace
from workbench.page.networks import NetworkLibrary
from workbench.page.pipeline import cell_of, pipeline_section, select_beside, select_in_crop, trace_of
from workbench.page.pipeline_steps import AVERAGE_CODE, STEP_CODE, STEP_NAMES, find_code, pipeline_steps
from workbench.page.tab import Selection
from workbench.paths import PACKAGE
from workbench.text import signed


@pytest.fixture(scope="module")
def trace(networks, exploration) -> PipelineTrace:
    return trace_of(networks, exploration, None)


@pytest.fixture(scope="module")
def prediction(networks, exploration) -> wb.Prediction:
    """Of the network itself, for the clip that was classified."""
    explorer = networks.explorer(exploration.network)
    with torch.inference_mode():
        return explorer.model(explorer.as_input(exploration.crops[None]))


PLACES = [(0, (0, 0)), (4, (11, 6))]


@pytest.fixture(params=PLACES, ids=str)
def at(request, trace) -> CellTrace:
    return CellTrace(trace, *request.param)


def facts_by_step(exploration: wb.Exploration, at: CellTrace) -> dict[str, dict[str, str]]:
    return {step.name: dict(step.facts) for step in pipeline_steps(exploration, at)}


@pytest.mark.parametrize("parts", [*STEP_CODE.values(), (AVERAGE_CODE,)])
def test_every_line_of_code_stands_in_the_package(parts):
    """In the file, at the number; it runs as it stands, so it is no part of a comment or a docstring."""
    for file, part in parts:
        line = find_code(file, part)
        source = (PACKAGE / line.file).read_text(encoding="utf-8").splitlines()
        assert source[line.number - 1].strip() == line.code
        compile(f"def step():\n    {line.code}", file, "exec")


def test_a_line_that_is_not_there_once_is_named():
    with pytest.raises(ValueError, match=r"model/msnet.py, got none"):
        find_code("msnet.py", "no such line")
    with pytest.raises(ValueError, match="one line of"):
        find_code("msnet.py", "return")


def test_shapes_are_those_of_the_tensors(exploration, at, prediction):
    """Every pattern has as many letters as numbers, and those of the motion are the prediction's."""
    shapes = [shape for step in pipeline_steps(exploration, at) for _, shape in step.shapes]
    for shape in shapes:
        pattern, sizes = shape.split(" = ")
        assert len(re.sub(r"\(.*?\)", "n", pattern).split()) == len(sizes.split())
    assert f"b p h w dy dx = {' '.join(map(str, prediction.motion.correlation.shape))}" in shapes
    assert f"b p 2 h w = {' '.join(map(str, prediction.motion.displacement.shape))}" in shapes
    assert f"b t k = {' '.join(map(str, prediction.frame_logits.shape))}" in shapes
    assert f"b k = {' '.join(map(str, prediction.logits.shape))}" in shapes


def test_facts_are_the_numbers_of_the_prediction(exploration, at, networks, prediction):
    """What is written at correlation, kernel, arrow, motion features and answer."""
    place, motion, config = (0, at.pair, *at.cell), prediction.motion, networks.explorer(exploration.network).model.config.motion
    volume = motion.correlation[place]
    row, column = (int(part) - config.radius for part in np.unravel_index(int(volume.argmax()), volume.shape))
    x, y = motion.in_cells(config)[(0, at.pair, slice(None), *at.cell)].tolist()
    confidence = float(motion.confidence[(0, at.pair, 0, *at.cell)])
    best, facts = int(prediction.logits.argmax()), facts_by_step(exploration, at)

    correlation, arrow = facts["correlation"], facts["arrow"]
    assert correlation["peak"] == f"{confidence:.3f}" == arrow["confidence"]
    assert correlation["at (dx, dy)"] == signed(f"{column}, {row} cells") == facts["kernel"]["centre (dx, dy)"]
    assert arrow["expected (dx, dy)"] == signed(f"{x:.2f}, {y:.2f} cells")
    maps = signed(f"x {x / config.radius:.2f}, y {y / config.radius:.2f}, confidence {confidence:.2f}")
    assert facts["motion features"]["maps at the cell"] == maps
    assert facts["answer"]["answer"].startswith(exploration.labels[best])
    assert facts["answer"]["its logit, with → off"].startswith(signed(f"{prediction.logits[0, best]:.2f}"))


def test_the_names_of_the_steps_show_the_whole_way(exploration, at, prediction):
    """Each comes to a word or number, which is the prediction's where it is one."""
    briefs = [step.brief for step in pipeline_steps(exploration, at)]
    confidence = float(prediction.motion.confidence[(0, at.pair, 0, *at.cell)])
    assert briefs[2] == f"peak {confidence:.2f}"
    assert briefs[-1] == exploration.labels[int(prediction.logits.argmax())]
    assert all(briefs)


def test_all_steps_are_there_and_the_first_is_current(exploration, trace):
    section = read(pipeline_section(exploration, trace, Selection(1, (3, 3))))
    articles, buttons = section.all("article"), [button for button in section.all("button") if "data-number" in button.attributes]
    assert [article.attributes["data-title"] for article in articles] == [name.capitalize() for name in STEP_NAMES]
    assert ["hidden" in article.attributes for article in articles] == [False] + [True] * 6
    assert [button.attributes.get("aria-current") for button in buttons] == ["step"] + [None] * 6
    assert len(section.all("math")) >= 7


def test_another_cell_changes_words_and_pictures_but_no_element(exploration, trace):
    """The browser keeps the focus where the elements stay the same."""
    one, other = (read(pipeline_section(exploration, trace, Selection(pair, cell))) for pair, cell in ((0, (2, 3)), (0, (20, 12))))
    assert one.structure == other.structure and one.words != other.words


def test_a_doubt_of_the_answer_is_not_hidden(exploration, trace):
    """What the page says at the top, that none of the motions is clear, stands at the answer, too."""
    doubted = replace(exploration, doubt="None is clear.")
    steps = pipeline_steps(doubted, CellTrace(trace, 0, (0, 0)))
    assert [step.name for step in steps if "None is clear." in step.sentence] == ["answer"]


def test_a_network_without_a_module_has_three_steps_and_says_why(networks, tsm_exploration):
    trace = trace_of(networks, tsm_exploration, None)
    section = read(pipeline_section(tsm_exploration, trace, Selection()))
    assert [article.attributes["data-number"] for article in section.all("article")] == ["1", "2", "7"]
    assert "no motion module" in section.all(kind="note")[0].words
    assert "module switched off" not in section.words
    assert section.all(kind="picks") == [] and "click" not in section.words
    assert "self.reduce" not in section.words  # nothing is reduced, so that line is not shown


@pytest.mark.parametrize("resolution", [None, 96, 224])
def test_a_click_selects_the_cell_under_it(networks: NetworkLibrary, nasa, resolution):
    """Whatever grid the correspondences above have, in frames that are wider than the crop."""
    exploration = networks.look_at_span(nasa, "msnet-tiny", resolution=resolution)
    trace = trace_of(networks, exploration, None)
    for row, column in ((0, 0), (5, 9), (15, 15), (7, 2)):
        selection = select_in_crop(exploration, trace, Selection(2), (column + 0.03) / 16, (row + 0.97) / 16)
        assert cell_of(exploration, trace, selection) == (row, column)
        beside = select_beside(exploration, trace, selection, 1, -1)
        assert cell_of(exploration, trace, beside) == (min(row + 1, 15), max(column - 1, 0))
        assert beside.pair == 2 and len(beside.points) == 1


def test_a_cell_of_another_tab_counts_by_its_middle(exploration, trace):
    """Without a point in it; one outside the crop counts for the nearest."""
    rows, columns = exploration.correspondences.grid
    assert cell_of(exploration, trace, Selection(0, (0, 0), ((0, 200.0, 100.0),))) == (0, 0)
    assert cell_of(exploration, trace, Selection(0, (rows - 1, columns - 1))) == (trace.grid[0] - 1, trace.grid[1] - 1)


@pytest.mark.parametrize("points", [(), ((4, 10.0, 10.0), (4, 50.0, 50.0)), ((0, 10.0, 10.0),)], ids=str)
def test_keys_leave_points_of_other_pairs_and_cells_alone(exploration, trace, points):
    """None goes away, and none is added; the cell is another one all the same."""
    selection = Selection(0, (3, 3), points)
    beside = select_beside(exploration, trace, selection, 1, 0)
    assert beside.points == points
    assert beside.cell != selection.cell


def test_keys_move_only_the_point_that_is_in_the_cell(exploration, trace):
    earlier = Selection(0, (0, 0), ((4, 10.0, 10.0),))
    beside = select_beside(exploration, trace, select_in_crop(exploration, trace, earlier, 0.5, 0.5), 0, 1)
    assert len(beside.points) == 2
    assert beside.points[0] == earlier.points[0]


@pytest.mark.parametrize("layer", ["layer1", "layer3"])
def test_keys_alone_lead_from_end_to_end(networks, nasa, layer):
    """Whether the cells of the correspondences are as small as those of the steps, or each holds several of them."""
    exploration = networks.look_at_span(nasa, "msnet-tiny", layer=layer)
    trace = trace_of(networks, exploration, None)
    selection = select_beside(exploration, trace, Selection(), 99, 99)
    for step in ((0, -1), (-1, 0), (0, 1), (1, 0)):
        for _ in range(max(trace.grid)):
            selection = select_beside(exploration, trace, selection, *step)
        row, column = cell_of(exploration, trace, selection)
        ahead = row if step[0] else column
        assert abs(ahead - (trace.grid[0] - 1 if sum(step) > 0 else 0)) <= 2
    assert selection.points == ()


def test_nothing_is_selected_where_nothing_is_matched(networks, tsm_exploration):
    trace, selection = trace_of(networks, tsm_exploration, None), Selection(1)
    assert select_in_crop(tsm_exploration, trace, selection, 0.5, 0.5) == selection
    assert select_beside(tsm_exploration, trace, selection, 1, 1) == selection
    assert select_in_crop(None, None, selection, 0.5, 0.5) == selection


def test_the_network_is_asked_once_for_a_clip(networks, exploration, trace):
    """Its scores over time, which come later, make no other clip of it; another network's look does."""
    assert trace_of(networks, replace(exploration, note="scanned"), trace) is trace
    assert trace_of(networks, replace(exploration, crops=exploration.crops.copy()), trace) is not trace
    assert pipeline_section(replace(exploration, network="another"), trace, Selection()) == ""


def test_before_a_video_nothing_is_shown(networks):
    assert trace_of(networks, None, None) is None
    assert pipeline_section(None, None, Selection()) == ""


def test_an_answer_over_several_views_is_told_apart(networks, nasa):
    exploration = networks.look_at_span(nasa, "msnet-tiny", clips=3)
    section = read(pipeline_section(exploration, trace_of(networks, exploration, None), Selection()))
    assert "3 clips" in section.all(kind="note")[0].words
