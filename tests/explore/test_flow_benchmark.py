"""The laws of the flow benchmark: each figure as its docstring defines it, and real pairs on which the simplest answers are known."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import skimage
from bs4 import BeautifulSoup
from command import workbench

from workbench.data.flow_pairs import FlowPair, read_flow_pairs
from workbench.draw import flow_report
from workbench.explore import flow_benchmark
from workbench.explore.compare import optical_flow
from workbench.explore.config import LookConfig
from workbench.explore.explorer import Explorer
from workbench.explore.flow_benchmark import (
    DIS,
    NOTHING,
    REFINED_NAME,
    FlowEvaluation,
    PairErrors,
    area_under_curve,
    evaluate_flow,
    reliability_bins,
    sides_of_cells,
    truth_of_cells,
)
from workbench.explore.matching import MatchSettings
from workbench.text import markdown_table, table_lines


def made_pair(name="made", seed=0):
    """A grid of 3 x 4 cells of 10 px, two estimates, and a confidence."""
    rng = np.random.default_rng(seed)
    truth = rng.normal(0, 12, (2, 3, 4))
    truth[:, 0] = 0.0
    estimates = {NOTHING: np.zeros((2, 3, 4)), "net": truth + rng.normal(0, 8, (2, 3, 4))}
    return PairErrors(
        name,
        np.zeros((30, 40, 3), np.uint8),
        truth,
        rng.random((3, 4)) < 0.9,
        estimates,
        {"net": {"probability": rng.random((3, 4))}},
        cell=10.0,
        reach=15.0,
    )


def cells_one_by_one(pair, method):
    """(error, length, whether the target is in reach) of each cell that counts."""
    for row, column in np.argwhere(pair.counts):
        true, guess = pair.truth[:, row, column], pair.estimates[method][:, row, column]
        yield float(np.linalg.norm(guess - true)), float(np.linalg.norm(true)), bool(np.abs(true).max() <= 15.0)


@pytest.mark.parametrize("method", [NOTHING, "net"])
def test_scores_are_means_over_cells(method):
    """Counted one cell after another: a cell moves if it moves by more than half its side."""
    pair = made_pair()
    cells = list(cells_one_by_one(pair, method))
    moving = [cell for cell in cells if cell[1] > 5.0]
    expected = {
        "all": np.mean([error for error, _, _ in cells]),
        "moving": np.mean([error for error, _, _ in moving]),
        "within a cell (share)": np.mean([error <= 10.0 for error, _, _ in moving]),
        "worse than nothing (share)": np.mean([error > length for error, length, _ in moving]),
        "still": np.mean([error for error, length, _ in cells if length <= 5.0]),
        "moving in reach": np.mean([error for error, _, reached in moving if reached]),
    }
    assert {name: pair.scores(method)[name] for name in expected} == pytest.approx(expected)


def test_probable_cells_are_counted_for_themselves():
    """Of the moving cells, the share with a probability of at least one half, and of these the share that is right within a cell."""
    pair = made_pair()
    moving = [(row, column) for row, column in np.argwhere(pair.counts) if np.linalg.norm(pair.truth[:, row, column]) > 5.0]
    probable = [cell for cell in moving if pair.confidences["net"]["probability"][cell] >= 0.5]
    right = [cell for cell in probable if np.linalg.norm((pair.estimates["net"] - pair.truth)[:, cell[0], cell[1]]) <= 10.0]
    scores = pair.scores("net")
    assert scores["probable (share)"] == pytest.approx(len(probable) / len(moving))
    assert scores["probable within a cell (share)"] == pytest.approx(len(right) / len(probable))
    assert np.isnan(pair.scores(NOTHING)["probable (share)"])


def test_nothing_is_as_wrong_as_the_truth_is_long():
    pair = made_pair()
    assert pair.scores(NOTHING)["all"] == pytest.approx(pair.length[pair.counts].mean())
    assert pair.scores(NOTHING)["worse than nothing (share)"] == 0


def test_means_are_over_pairs():
    """Every pair counts as much, however many cells of it move."""
    evaluation = FlowEvaluation("net", (made_pair("one", 0), made_pair("two", 1)))
    means = evaluation.means().set_index("method")
    table = evaluation.table()
    assert len(table) == 4
    assert means.loc["net", "moving"] == pytest.approx(table[table["method"] == "net"]["moving"].mean())


def test_area_under_the_curve_is_a_chance():
    """Of all pairs of a right and a wrong cell, in how many the right one has the higher confidence; ties count half."""
    rng = np.random.default_rng(0)
    values, right = rng.integers(0, 6, 60) / 6, rng.random(60) < 0.4
    chances = [(a > b) + (a == b) / 2 for a in values[right] for b in values[~right]]
    assert area_under_curve(values, right) == pytest.approx(np.mean(chances))
    assert np.isnan(area_under_curve(values, np.ones(60, bool)))


def test_a_probability_is_calibrated():
    """Cells that are right as often as their confidence says lie on the diagonal; one that is always sure does not."""
    rng = np.random.default_rng(0)
    values = rng.random(100_000)
    bins = reliability_bins(values, rng.random(100_000) < values)
    assert bins["cells"].sum() == 100_000
    assert (bins["confidence"] - bins["right"]).abs().max() < 0.03  # six standard errors of a bin
    assert reliability_bins(np.ones(8), np.arange(8) < 2)[["confidence", "right"]].to_numpy().tolist() == [[1.0, 0.25]]


def test_the_truth_of_a_cell_is_the_mean_of_its_known_pixels():
    """A cell of which less than a quarter is known does not count."""
    flow, valid = np.zeros((2, 8, 8), np.float32), np.zeros((8, 8), bool)
    flow[0, :4, :4], valid[:2, :4] = np.arange(4), True  # half of the first cell
    valid[4, 4:7] = True  # three of sixteen pixels of the last
    truth, counts = truth_of_cells(FlowPair("made", np.zeros((2, 8, 8, 3), np.uint8), flow, valid), (2, 2))
    assert counts.tolist() == [[True, False], [False, False]]
    assert truth[:, 0, 0].tolist() == pytest.approx([1.5, 0.0])


@pytest.fixture(scope="module")
def stereo(tmp_path_factory) -> Path:
    """A folder with the real stereo pair of Middlebury 2014 that scikit-image holds."""
    folder = tmp_path_factory.mktemp("stereo")
    for path in (Path(skimage.__file__).parent / "data").glob("motorcycle_*"):
        shutil.copy(path, folder)
    return folder


@pytest.fixture(scope="module")
def motorcycle(stereo) -> FlowPair:
    [pair] = read_flow_pairs(stereo)
    return pair


@pytest.fixture(scope="module")
def on_motorcycle(motorcycle, explorer) -> FlowEvaluation:
    return evaluate_flow([motorcycle], explorer)


def test_the_known_figures_of_a_real_pair(on_motorcycle):
    """Nothing is 33.8 px off in the moving cells, optical flow 2.5 px; what a network claims stands between."""
    moving = on_motorcycle.means().set_index("method")["moving"]
    assert moving[NOTHING] == pytest.approx(33.8, abs=0.2)
    assert moving[DIS] == pytest.approx(2.5, abs=0.3)


def test_neighbours_together_are_nearer_to_the_truth(on_motorcycle, explorer):
    """On the real pair the refined displacement is right within a cell in 95.5 % of the cells and 3.3 px off, the network's own in 90.2 %
    and 7.4 px off, where nothing moving would be 33.8 off."""
    means = on_motorcycle.means().set_index("method")
    assert means.loc[REFINED_NAME.format(explorer.name), "within a cell (share)"] > 0.94
    assert means.loc[REFINED_NAME.format(explorer.name), "moving"] < 4
    assert means.loc[explorer.name, "within a cell (share)"] < 0.93
    assert means.loc[explorer.name, "moving"] < 10


def test_the_probability_is_as_often_right_as_it_says(on_motorcycle, explorer):
    """On the real pair, which calibrated nothing: the calibration error is 0.016 and 0.024, that of the peak correlation 0.06."""
    errors = on_motorcycle.rankings().set_index(["method", "confidence"])["calibration"]
    for method in (explorer.name, REFINED_NAME.format(explorer.name)):
        assert errors[method, "probability"] < 0.04
        assert errors[method, "probability"] < errors[method, "peak correlation"]


def test_the_network_is_measured_as_it_looks(on_motorcycle, motorcycle, explorer):
    """The estimate is that of `Explorer.look`, in pixels of the pictures along each axis."""
    correspondences = explorer.match(motorcycle.frames, LookConfig())
    rows, columns = correspondences.grid
    sides = np.array([741 / columns, 500 / rows]).reshape(2, 1, 1)
    expected = correspondences.displacement()[0] / correspondences.cell * sides
    assert np.allclose(on_motorcycle.pairs[0].estimates[explorer.name], expected)


def test_the_command_prints_and_writes_what_the_function_says(stereo, on_motorcycle, tmp_path):
    """The table of means on the terminal, every pair and method as CSV, and a report that needs no server."""
    done = workbench("evaluate-flow", stereo, "--csv", tmp_path / "out" / "flow.csv", "--html", tmp_path / "out" / "flow.html")
    assert done.returncode == 0, done.stderr
    assert markdown_table(table_lines(on_motorcycle.means())) in done.stdout
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "out" / "flow.csv"), on_motorcycle.table().round(4), check_dtype=False)
    ranked = pd.read_csv(tmp_path / "out" / "flow_confidence.csv")
    pd.testing.assert_frame_equal(ranked, on_motorcycle.rankings().round(4), check_dtype=False)
    page = BeautifulSoup((tmp_path / "out" / "flow.html").read_text(encoding="utf-8"), "html.parser")
    assert len(page.find_all("img")) == 4 + 1 + len(on_motorcycle.pairs[0].estimates)  # diagrams, the source, the truth for nothing
    assert not page.find_all("script")
    assert all(image["src"].startswith("data:") for image in page.find_all("img"))


def test_other_settings_are_measured(stereo, motorcycle, explorer):
    """A hard argmax ends on whole cells, in the function and in the command alike; what is refined stays as it is."""
    usual, hard = (evaluate_flow([motorcycle], explorer, None, MatchSettings(kind=kind)) for kind in ("kernel-soft-argmax", "hard argmax"))
    in_cells = hard.pairs[0].estimates[explorer.name] / sides_of_cells((500, 741), hard.pairs[0].truth.shape[1:])
    assert np.abs(in_cells - in_cells.round()).max() < 1e-4
    assert not np.allclose(usual.pairs[0].estimates[explorer.name], hard.pairs[0].estimates[explorer.name])
    refined = REFINED_NAME.format(explorer.name)
    assert np.array_equal(usual.pairs[0].estimates[refined], hard.pairs[0].estimates[refined])
    done = workbench("evaluate-flow", stereo, "--settings.kind", "hard argmax")
    assert markdown_table(table_lines(hard.means())) in done.stdout


def test_a_smaller_window_reaches_less_far(motorcycle, explorer):
    small = evaluate_flow([motorcycle], explorer, None, MatchSettings(radius=2)).pairs[0]
    assert small.reach == pytest.approx(2 * small.cell)
    with pytest.raises(ValueError, match="radius"):
        evaluate_flow([motorcycle], explorer, None, MatchSettings(radius=9))


def test_the_command_says_what_a_folder_lacks(tmp_path):
    done = workbench("evaluate-flow", tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert str(tmp_path) in done.stderr


def test_a_report_draws_a_few_pairs_of_many(on_motorcycle, monkeypatch):
    """And says so: thousands would make a file that does not open."""
    monkeypatch.setattr(flow_report, "MOST_PAIRS", 2)
    [pair] = on_motorcycle.pairs
    page = flow_report.draw_flow_report(replace(on_motorcycle, pairs=tuple(replace(pair, name=name) for name in "abc")))
    assert [head.text for head in BeautifulSoup(page, "html.parser").find_all("h2")][-2:] == ["a", "b"]
    assert "The first 2 pairs are drawn" in page


def test_optical_flow_sees_the_pictures_at_their_full_size(motorcycle, monkeypatch):
    """However large: what the page leaves out for speed is left in here."""
    sizes = []
    monkeypatch.setattr(flow_benchmark, "optical_flow", lambda a, b, most: sizes.append((a.shape, most)) or optical_flow(a, b, most))
    evaluate_flow([motorcycle], Explorer.load())
    assert sizes[-1] == ((500, 741, 3), 500 * 741)


def test_no_pairs_is_an_error(explorer):
    with pytest.raises(ValueError, match="no pairs"):
        evaluate_flow([], explorer)
