"""What the tests of the page share: a desk with the shipped networks, and what the first of them saw in a real clip."""

import pytest

import workbench as wb


@pytest.fixture(scope="session")
def nasa() -> str:
    return str(next(sample.path for sample in wb.samples() if sample.name == "nasa"))


@pytest.fixture(scope="session")
def camouflage() -> str:
    """Generated, short and small: quickly looked at."""
    return str(next(sample.path for sample in wb.samples() if sample.name == "camouflage"))


@pytest.fixture(scope="session")
def desk() -> wb.Desk:
    return wb.Desk()


@pytest.fixture(scope="session")
def seen(desk: wb.Desk, nasa: str) -> wb.Exploration:
    return desk.look(nasa)


@pytest.fixture(scope="session")
def tsm_seen(desk: wb.Desk, nasa: str) -> wb.Exploration:
    """By a network without a motion module."""
    return desk.look(nasa, "tsm-tiny")
