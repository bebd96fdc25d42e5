"""Parameters of notebooks: flat names for nested configs, and no mistake that goes on with a default."""

from dataclasses import dataclass, replace
from math import inf, nan
from pathlib import Path
from typing import Annotated, Literal

import pytest

from workbench.experiments.study import Study
from workbench.parameters import (
    ParameterError,
    Range,
    check_ranges,
    config_of,
    literal_names,
    parameter_names,
    parameters_of,
    read_parameters,
)
from workbench.training.config import TINY, TrainConfig

CONFIGS = [
    TrainConfig(),
    TrainConfig(replace(TINY, motion=None, shift_div=None), seed=3, output=Path("runs/x")),
    TrainConfig(replace(TINY, motion=replace(TINY.motion, radius=2, sigma=inf, relu=False), motion_after=("stem", "layer2"))),
]


@pytest.mark.parametrize("config", CONFIGS)
def test_parameters_give_the_config_again(config: TrainConfig) -> None:
    """config -> flat parameters -> config is the identity."""
    assert config_of(TrainConfig, parameters_of(config)) == config


def test_every_field_has_a_name_of_its_own() -> None:
    """No two fields of the configs within a run are called the same, so that a flat name means one thing."""
    names = parameter_names(TrainConfig)
    assert len(set(names)) == len(names) > 30


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"raduis": 3}, "no parameter 'raduis'; did you mean 'radius'"),
        ({"radius": "3"}, "radius must be a whole number, got '3'"),
        ({"epochs": 2.5}, "epochs must be a whole number"),
        ({"epochs": True}, "epochs must be a whole number"),
        ({"motion": 1}, "motion must be True or False"),
        ({"speed": 3.0}, "speed must be a list of 2"),
        ({"speed": [1.0, 2.0, 3.0]}, "speed must be a list of 2"),
        ({"motion_after": "layer1"}, "motion_after must be a list"),
        ({"radius": 0}, "radius must be 1 to 64, got 0"),
        ({"backbone": "resnet51"}, "backbone must be one of"),
        ({"data": "alphabeth"}, "did you mean 'alphabet'"),
        ({"camouflage": [0.5, 1.5]}, "camouflage must be 0 to 1"),
    ],
)
def test_mistakes_are_named(parameters: dict, message: str) -> None:
    """A wrong name, a wrong type and a value out of range are each told, with the remedy."""
    with pytest.raises(ValueError, match=message):
        config_of(TrainConfig, parameters)


@dataclass(frozen=True)
class Walk:
    steps: Annotated[int, Range(1, 9)] = 1
    stride: Annotated[float | None, Range(above=0, unit="m")] = None
    slope: Annotated[float, Range(0, inf)] = 0.0
    share: Annotated[float, Range(above=0, most=1)] = 1.0
    days: Annotated[tuple[int, ...], Range(least=1)] = (1,)
    pace: Literal["slow", "fast"] = "slow"
    height: Annotated[float, Range()] = 0.0
    dogs: Literal[1, 3] | None = None
    stops: tuple[Literal["inn", "lake"], ...] = ()

    def __post_init__(self):
        check_ranges(self)


@pytest.mark.parametrize(
    "fields",
    [
        {"steps": 9, "stride": 0.1, "slope": inf, "share": 1, "days": (1, 99), "pace": "fast", "dogs": 3, "stops": ("lake", "inn")},
        {"steps": 1, "stride": None, "dogs": None, "days": (), "slope": 0},
    ],
)
def test_what_lies_in_its_range_is_taken(fields: dict) -> None:
    """Ends of a range, None where it may be, each of a tuple."""
    assert all(getattr(Walk(**fields), name) == value for name, value in fields.items())


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"steps": 0}, "steps must be 1 to 9, got 0"),
        ({"steps": 10}, "steps must be 1 to 9, got 10"),
        ({"steps": 1.5}, "steps must be a whole number, 1 to 9, got 1.5"),
        ({"steps": True}, "steps must be a whole number, 1 to 9, got True"),
        ({"steps": None}, "steps must be a whole number, 1 to 9, got None"),
        ({"stride": 0}, "stride must be above 0 m, got 0"),
        ({"stride": inf}, "stride must be above 0 m, got inf"),
        ({"stride": nan}, "stride must be above 0 m, got nan"),
        ({"stride": "1"}, "stride must be a number, above 0 m, got '1'"),
        ({"slope": -0.1}, "slope must be at least 0, got -0.1"),
        ({"slope": nan}, "slope must be at least 0, got nan"),
        ({"share": 0}, "share must be above 0, at most 1, got 0"),
        ({"share": 1.1}, "share must be above 0, at most 1, got 1.1"),
        ({"height": -inf}, "height must be finite, got -inf"),
        ({"days": (1, 0)}, r"days must be at least 1, got \(1, 0\)"),
        ({"pace": "slowly"}, "pace must be one of slow, fast, got 'slowly'"),
        ({"pace": None}, "pace must be one of slow, fast, got None"),
        ({"dogs": 2}, "dogs must be one of 1, 3, got 2"),
        ({"dogs": True}, "dogs must be one of 1, 3, got True"),
        ({"stops": ("inn", "sea")}, "stops must be one of inn, lake, got"),
    ],
)
def test_what_does_not_is_named(fields: dict, message: str) -> None:
    """The field, what it may be, and what it was."""
    with pytest.raises(ValueError, match=message):
        Walk(**fields)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"pace": "slowly"}, "pace must be one of slow, fast, got 'slowly'"),
        ({"dogs": 2}, "dogs must be one of 1, 3 or None, got 2"),
        ({"dogs": True}, "dogs must be one of 1, 3 or None, got True"),
        ({"steps": 10}, "steps must be 1 to 9, got 10"),
    ],
)
def test_a_parameter_has_the_range_of_its_field(parameters: dict, message: str) -> None:
    assert config_of(Walk, {"pace": "fast", "dogs": 3, "steps": 2}) == Walk(2, pace="fast", dogs=3)
    with pytest.raises(ValueError, match=message):
        config_of(Walk, parameters)


def test_numbers_lists_and_paths_are_taken_as_meant() -> None:
    """A whole number serves where a float is wanted, a list for a tuple, text for a path, None where a field may be None."""
    config = config_of(TrainConfig, {"sigma": 2, "speed": [1, 12], "output": "runs/a", "shift_div": None})
    assert (config.model.motion.sigma, config.speed, config.output.name, config.model.shift_div) == (2.0, (1.0, 12.0), "a", None)


def test_injected_names_are_checked_and_later_variables_are_not() -> None:
    """The cells of literals before the one that reads them are of parameters; what other cells assign is nobody's mistake, and a
    misspelt name that was put right is one no longer."""
    defaults, injected, reads, lesson = (
        "radius = 3\nsigma = float('inf')",
        "# Parameters\nrad = 3",
        "import workbench as wb",
        "loss = 3 * radius",
    )
    assert [literal_names(cell) for cell in (defaults, injected, reads, lesson)] == [["radius", "sigma"], ["rad"], [], []]
    with pytest.raises(ParameterError, match="'rad'; did you mean 'radius'"):
        read_parameters(TrainConfig, {"In": ["", defaults, injected, reads], "radius": 3, "sigma": inf, "rad": 3})
    again = {
        "In": ["", defaults, injected, reads, lesson, "x = 3", lesson, defaults, reads],
        "radius": 3,
        "sigma": inf,
        "rad": 3,
        "loss": 9,
    }
    config = read_parameters(TrainConfig, again)
    assert (config.model.motion.radius, config.model.motion.sigma) == (3, inf)


def test_a_study_refuses_before_it_begins() -> None:
    """A value that cannot be trained is named, with what is wrong about it."""
    with pytest.raises(ValueError, match="raduis 2: there is no parameter 'raduis'; did you mean 'radius'"):
        Study(values=({}, {"raduis": 2}))
    with pytest.raises(ValueError, match="radius 0: radius must be"):
        Study(values=({}, {"radius": 0}))
    with pytest.raises(ValueError, match="sets seed of its runs itself"):
        Study(base={"seed": 3})
    with pytest.raises(ValueError, match="the same run: baseline, radius 4"):
        Study(values=({}, {"radius": 4}))
    with pytest.raises(ValueError, match="none twice"):
        Study(values=({"radius": 2}, {"radius": 2}))
