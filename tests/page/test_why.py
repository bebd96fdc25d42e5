"""The laws of why an arrow is as it is: what the knobs do on the page is what they do in the package."""

import math
import re
from dataclasses import replace

import numpy as np
import pytest
from elements import pixels, read

import workbench as wb
from workbench.draw.match import draw_correlation, draw_kernel, draw_target, draw_weights
from workbench.draw.pair import caption
from workbench.page.correspondences import Selection, first_selection
from workbench.page.why import ESTIMATES, fresh_settings, why

TURNS = {
    "as the network has it": (wb.MatchSettings(), {}),
    "a smaller window": (wb.MatchSettings(radius=2), {"radius": 2}),
    "a window beyond what is stored": (wb.MatchSettings(radius=15), {}),
    "a narrow kernel": (wb.MatchSettings(sigma=0.7), {"sigma": 0.7}),
    "hotter": (wb.MatchSettings(exponent=-0.5), {"temperature": 10**-0.5}),
    "the paper's temperature": (wb.MatchSettings(exponent=-2), {"temperature": 0.01}),
    "no kernel, whatever its width": (wb.MatchSettings(kind="soft-argmax", sigma=3), {"sigma": math.inf}),
    "the peak alone, whatever the width": (wb.MatchSettings(kind="hard argmax", sigma=3), {"sigma": 0.0}),
    "all at once": (wb.MatchSettings(3, "kernel-soft-argmax", 2, -1), {"radius": 3, "sigma": 2.0, "temperature": 0.1}),
}


@pytest.mark.parametrize(("knobs", "turned"), TURNS.values(), ids=TURNS)
def test_knobs_turn_a_reading_as_the_package_does(exploration, knobs, turned):
    """A radius beyond what is stored is all that is stored; the kind of argmax is a sigma."""
    mine, theirs = knobs.turn(exploration.correspondences), exploration.correspondences.turned(**turned)
    assert mine.motion == theirs.motion and np.array_equal(mine.correlation, theirs.correlation)
    assert np.array_equal(mine.displacement(), theirs.displacement())


@pytest.mark.parametrize(
    ("knobs", "said"),
    [
        (wb.MatchSettings(kind="hardest argmax"), r"one of kernel-soft-argmax, soft-argmax, hard argmax, got 'hardest argmax'"),
        (wb.MatchSettings(radius=0), "radius"),
        (wb.MatchSettings(sigma=-1), "sigma"),
        (wb.MatchSettings(exponent=math.inf), "temperature"),
    ],
)
def test_what_cannot_be_is_refused(exploration, knobs, said):
    with pytest.raises(ValueError, match=said):
        knobs.turn(exploration.correspondences)


def test_knobs_of_a_network_turn_nothing(exploration):
    """They say what its numbers are, also where its temperature is no round power of ten or its kernel none."""
    for numbers in ({}, {"sigma": 0.7, "temperature": 0.03}, {"sigma": math.inf}, {"sigma": 0.0}):
        correspondences = exploration.correspondences.turned(**numbers)
        assert wb.MatchSettings.of(correspondences.motion).turn(correspondences).motion == correspondences.motion


def test_another_network_brings_its_own_knobs(exploration):
    """The same one keeps them, and so does the first look, to which a link may have brought some."""
    other = replace(exploration, correspondences=exploration.correspondences.turned(2, 1.5))
    assert (
        fresh_settings(exploration, other)
        == wb.MatchSettings.of(other.correspondences.motion)
        == fresh_settings(replace(exploration, correspondences=None), other)
    )
    assert (
        fresh_settings(None, other)
        is fresh_settings(other, other)
        is fresh_settings(exploration, replace(exploration, correspondences=None))
        is None
    )


def test_a_kind_makes_the_match_of_its_name(exploration):
    """As the match itself calls what its sigma makes."""
    for kind in ESTIMATES:
        turned = wb.MatchSettings(kind=kind).turn(exploration.correspondences)
        assert wb.match_cell(turned.correlation[0, 0, 0], sigma=turned.motion.sigma).kind == kind


@pytest.mark.parametrize(("knobs", "turned"), TURNS.values(), ids=TURNS)
@pytest.mark.parametrize("pair", [0, 5])
def test_facts_are_the_numbers_of_the_match(exploration, pair, knobs, turned):
    """Of `match_cell` on the stored correlation with these numbers; pixels are those of the whole field."""
    row, column = cell = first_selection(exploration, Selection(pair)).cell
    numbers = (
        {name: getattr(exploration.correspondences.motion, name) for name in ("sigma", "temperature", "dilation")}
        | {"radius": None}
        | turned
    )
    match = wb.match_cell(exploration.correspondences.correlation[pair, row, column], **numbers)
    facts = read(why(exploration, pair, cell, knobs)).get("why-facts")
    told = dict(zip(*([part.words for part in facts.all(tag)] for tag in ("dt", "dd")), strict=True))
    field = exploration.correspondences.of_pair(pair).turned(**turned).displacement()[0, :, row, column]
    x, y = (float(number) for number in re.fullmatch(r"(\S+), (\S+) px", told.pop("in pixels").replace("−", "-")).groups())
    assert told == {"cell (row, column)": f"{row}, {column}"} | match.knobs() | match.answer()
    assert (x, y) == pytest.approx(field, abs=0.051)


def test_pictures_are_those_of_the_package(exploration):
    """Correlation, kernel and weights of the match, and the field with the knobs, to the pixel; the target about, as a photo."""
    knobs, (pair, cell) = wb.MatchSettings(radius=3, sigma=1.5), (2, (11, 20))
    whole = read(why(exploration, pair, cell, knobs))
    turned = exploration.correspondences.of_pair(pair).turned(3, 1.5)
    shown = {part.attributes["id"]: pixels(part.all("img")[0].attributes["src"]) for part in whole.all("figure")}
    assert list(shown) == ["why-target", "why-correlation", "why-kernel", "why-weights", "why-field"]
    assert np.array_equal(shown["why-field"], wb.draw_with_settings(exploration, turned))
    match, width = wb.match_in_pair(turned, cell), shown["why-kernel"].shape[1]
    for name, draw in (("correlation", draw_correlation), ("kernel", draw_kernel), ("weights", draw_weights)):
        assert np.array_equal(shown[f"why-{name}"], draw(match, width)), name
    target = draw_target(exploration.frames[pair + 1], match, cell, turned.grid, width, caption(exploration, pair + 1))
    assert np.abs(shown["why-target"].astype(int) - target).mean() < 4


def test_pictures_are_told_in_words(exploration):
    """Where the peak lies and where the cell goes, with the numbers of the match; no minus stands before a zero."""
    cell = first_selection(exploration, Selection(3)).cell
    match = wb.match_in_pair(exploration.correspondences.of_pair(3), cell)
    texts = [image.attributes["alt"] for image in read(why(exploration, 3, cell, wb.MatchSettings())).all("img")]
    (x, y), (px, py) = (round(value, 2) or 0.0 for value in match.displacement), match.peak
    told = " ".join(texts).replace("−", "-")
    assert f"moves by {x:.2f}, {y:.2f} cells" in told and f"lies {px} cells to the right and {py} down" in told
    assert f"{match.confidence:.2f}" in texts[1] and f"{match.weights.max():.2f}" in texts[3] and "-0.00" not in told


def test_a_cell_that_is_not_there_is_said(exploration):
    rows, columns = exploration.correspondences.grid
    with pytest.raises(ValueError, match=f"{rows} rows and {columns} columns"):
        why(exploration, 0, (rows, 0), wb.MatchSettings())
