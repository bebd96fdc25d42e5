"""The laws of the page's controls: every field that a visitor can choose has one, and what it shows is what it means."""

from dataclasses import fields, replace

import gradio as gr
import pytest

from workbench.explore.config import LookConfig
from workbench.explore.matching import MatchSettings
from workbench.page.controls import LOOK_CONTROLS, SETTING_CONTROLS, move_ends
from workbench.page.predictions import SHORTEST


def test_every_look_option_has_its_control():
    """But for the span, which the timeline has."""
    assert {control.field for control in LOOK_CONTROLS} == {field.name for field in fields(LookConfig)} - {"start", "seconds"}


def test_every_setting_has_its_control():
    assert [control.field for control in SETTING_CONTROLS] == [field.name for field in fields(MatchSettings)]


@pytest.mark.parametrize("control", LOOK_CONTROLS, ids=lambda control: control.field)
def test_every_choice_is_a_look(control):
    """Each value that can be chosen is one that the field may have. The first is the default, but that the page shows refined estimates."""
    usual = LookConfig()
    for _, value in control.choices:
        assert getattr(replace(usual, **{control.field: control.read(value)}), control.field) == control.read(value)
    if control.choices:
        first = "refined" if control.field == "estimate" else getattr(usual, control.field)
        assert control.read(control.choices[0][1]) == first


@pytest.mark.parametrize(("field", "value"), [("frames", 30), ("stride", 40), ("resolution", 100), ("clips", 7), ("layer", "layer1")])
def test_what_a_link_asks_for_is_shown(field, value):
    """Also where visitors cannot choose it."""
    control = next(control for control in LOOK_CONTROLS if control.field == field)
    shown = control.show(value)
    assert shown.value == value
    assert value in [known for _, known in shown.choices]


def test_a_value_beyond_a_slider_widens_it():
    radius = next(control for control in SETTING_CONTROLS if control.field == "radius")
    shown = radius.show(20)
    assert isinstance(shown, gr.Slider)
    assert (shown.minimum, shown.maximum, shown.value) == (1, 20, 20)


@pytest.mark.parametrize("ends", [("start", "end"), ("end", "start")])
def test_both_ends_are_moved_whichever_comes_first(ends):
    """Also while the clip that is looked at is still the one before."""
    span, moments = (None, None), {"start": 2.0, "end": 6.5}
    for end in ends:
        span = move_ends(span, (3.0, 1.5), **{"start": None, "end": None, end: moments[end]})
    assert span == (2.0, 4.5)


def test_moving_again_to_where_an_end_is_changes_nothing():
    span = move_ends((None, None), (3.0, 1.5), 2.0, None)
    assert move_ends(span, (3.0, 1.5), 2.0, None) == span
    assert move_ends(span, (3.0, 1.5), 2.0, 6.5) == (2.0, 4.5)


def test_an_end_that_was_not_moved_stays_where_the_clip_has_it():
    assert move_ends((5.0, None), (5.0, 0.75), None, 8.0) == (5.0, 3.0)
    assert move_ends((None, None), (5.0, 0.75), 4.5, None) == (4.5, 1.25)


def test_an_end_beyond_the_other_leaves_the_shortest_span():
    assert move_ends((1.0, 2.0), (1.0, 2.0), None, 0.5) == (1.0, SHORTEST)
