"""The laws of what is said of the figures of the page."""

import re

import numpy as np
import pytest
from elements import read

from workbench.draw.explanations import EXPLANATIONS
from workbench.draw.html import plate
from workbench.paths import PROJECT

PICTURE = np.zeros((4, 4, 3), np.uint8)


@pytest.mark.parametrize("name", EXPLANATIONS)
def test_each_has_a_sentence_and_a_notebook(name):
    explanation = EXPLANATIONS[name]
    assert explanation.sentence.endswith((".", ")."))
    assert (PROJECT / "notebooks" / f"{explanation.notebook}.ipynb").is_file()


def test_every_figure_of_a_look_has_one():
    """But those of studies and of what was taught, whose own words stand beside them."""
    sources = "".join(path.read_text(encoding="utf-8") for path in (PROJECT / "workbench" / "page").glob("*.py"))
    names = set(re.findall(r'\bplate\(\s*"([a-z-]+)"', sources))
    assert names - {"study", "tuning-curves"} == set(EXPLANATIONS)


def test_a_button_opens_it():
    figure = read(plate("overlay", "Overlay", "grey is still", PICTURE, "words"))
    [button] = [part for part in figure.all("button") if part.attributes["class"] == "explain"]
    assert figure.get(button.attributes["popovertarget"]).words.startswith("Overlay. ")


def test_a_figure_without_one_has_no_button():
    assert not read(plate("unknown", "Unknown", "", PICTURE, "words")).all(kind="explain")
