"""The laws of why an arrow is as it is: what the settings do on the page is what they do in the package."""

import re

import numpy as np
import pytest
from elements import pixels, read

from workbench.draw.match import draw_correlation, draw_kernel, draw_target, draw_weights, draw_with_settings
from workbench.draw.pair import caption
from workbench.explore.matching import MatchSettings, match_cell, match_in_pair
from workbench.page.correspondences import first_selection
from workbench.page.tab import Selection
from workbench.page.why import why_section


@pytest.mark.parametrize(
    "settings",
    [
        MatchSettings(),
        MatchSettings(radius=2),
        MatchSettings(radius=15),
        MatchSettings(exponent=-0.5),
        MatchSettings(kind="soft-argmax", sigma=3),
        MatchSettings(kind="hard argmax", sigma=3),
        MatchSettings(3, "kernel-soft-argmax", 2, -1),
    ],
)
@pytest.mark.parametrize("pair", [0, 5])
def test_facts_are_the_numbers_of_the_match(exploration, pair, settings):
    """Of `match_cell` on the stored correlation with these numbers; a radius beyond what is stored is all of it; pixels are those of
    the whole field."""
    row, column = cell = first_selection(exploration, Selection(pair)).cell
    correspondences = exploration.correspondences.of_pair(pair)
    correspondences = correspondences.with_settings(settings.within(correspondences.motion))
    motion = correspondences.motion
    stored = exploration.correspondences.correlation[pair, row, column]
    match = match_cell(stored, motion.radius, motion.sigma, motion.temperature, motion.dilation)
    facts = read(why_section(exploration, Selection(pair, cell), settings)).get("why-facts")
    shown = dict(zip(*([part.words for part in facts.all(tag)] for tag in ("dt", "dd")), strict=True))
    x, y = (float(number) for number in re.fullmatch(r"(\S+), (\S+) px", shown.pop("in pixels").replace("−", "-")).groups())
    assert shown == {"cell (row, column)": f"{row}, {column}"} | match.describe_settings() | match.describe_result()
    assert (x, y) == pytest.approx(correspondences.displacement()[0, :, row, column], abs=0.051)


def test_pictures_are_those_of_the_package(exploration):
    """Correlation, kernel and weights of the match, and the field as set, to the pixel; the target about, as a photo."""
    settings, (pair, cell) = MatchSettings(radius=3, sigma=1.5), (2, (11, 20))
    whole = read(why_section(exploration, Selection(pair, cell), settings))
    correspondences = exploration.correspondences.of_pair(pair).with_settings(settings)
    shown = {part.attributes["id"]: pixels(part.all("img")[0].attributes["src"]) for part in whole.all("figure")}
    assert list(shown) == ["why-target", "why-correlation", "why-kernel", "why-weights", "why-field"]
    assert np.array_equal(shown["why-field"], draw_with_settings(exploration, correspondences))
    match, width = match_in_pair(correspondences, cell), shown["why-kernel"].shape[1]
    for name, draw in (("correlation", draw_correlation), ("kernel", draw_kernel), ("weights", draw_weights)):
        assert np.array_equal(shown[f"why-{name}"], draw(match, width)), name
    target = draw_target(exploration.frames[pair + 1], match, cell, correspondences.grid, width, caption(exploration, pair + 1))
    assert np.abs(shown["why-target"].astype(int) - target).mean() < 4


def test_pictures_are_told_in_words(exploration):
    """Where the peak lies and where the cell goes, with the numbers of the match; no minus stands before a zero."""
    cell = first_selection(exploration, Selection(3)).cell
    match = match_in_pair(exploration.correspondences.of_pair(3), cell)
    texts = [image.attributes["alt"] for image in read(why_section(exploration, Selection(3, cell))).all("img")]
    (x, y), (px, py) = (round(value, 2) or 0.0 for value in match.displacement), match.peak
    words = " ".join(texts).replace("−", "-")
    assert f"moves by {x:.2f}, {y:.2f} cells" in words and f"lies {px} cells to the right and {py} down" in words
    assert f"{match.confidence:.2f}" in texts[1] and f"{match.weights.max():.2f}" in texts[3] and "-0.00" not in words


def test_a_cell_that_is_not_there_is_a_sentence(exploration):
    rows, columns = exploration.correspondences.grid
    assert f"{rows} rows and {columns} columns" in why_section(exploration, Selection(0, (rows, 0)))
