"""The line of those who want to be live: each has a place, a turn ends when others wait, and whoever goes leaves nothing behind."""

from dataclasses import dataclass

import pytest

from workbench.page.seats import SILENCE, TURN, Seats


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_as_many_as_there_are_seats_are_live_and_the_others_wait_in_order(clock: Clock) -> None:
    seats = Seats(2, clock)
    assert [seats.claim(name) for name in "abcd"] == [0, 0, 1, 2]
    assert [seats.claim(name) for name in "dcba"] == [2, 1, 0, 0]


def test_without_seats_everybody_waits(clock: Clock) -> None:
    assert Seats(0, clock).claim("a") == 1


def test_who_leaves_makes_room(clock: Clock) -> None:
    seats = Seats(1, clock)
    seats.claim("a"), seats.claim("b")
    seats.leave("a")
    assert seats.claim("b") == 0
    assert seats.claim("a") == 1


def test_to_leave_without_a_place_changes_nothing(clock: Clock) -> None:
    seats = Seats(1, clock)
    seats.claim("a")
    seats.leave("b")
    assert seats.claim("a") == 0


def test_who_is_silent_has_gone(clock: Clock) -> None:
    seats = Seats(1, clock)
    seats.claim("a"), seats.claim("b")
    clock.now = SILENCE + 0.1
    assert seats.claim("c") == 0


def test_who_waits_for_an_answer_has_not_gone(clock: Clock) -> None:
    """Not while it is computed, and not at once when it was given."""
    seats = Seats(1, clock)
    seats.claim("a")
    with seats.hold("a"):
        clock.now = 2 * SILENCE
        assert seats.claim("b") == 1
    assert seats.claim("b") == 1


def test_who_is_silent_after_an_answer_has_gone(clock: Clock) -> None:
    seats = Seats(1, clock)
    seats.claim("a")
    with seats.hold("a"):
        clock.now = 2 * SILENCE
    seats.claim("b")
    clock.now += SILENCE + 0.1
    assert seats.claim("c") == 0


def test_a_turn_ends_when_others_wait(clock: Clock) -> None:
    seats = Seats(1, clock)
    while clock.now <= TURN:
        assert (seats.claim("a"), seats.claim("b")) == (0, 1)
        clock.now += SILENCE / 2
    assert (seats.claim("a"), seats.claim("b")) == (1, 0)


def test_a_turn_goes_on_while_nobody_waits(clock: Clock) -> None:
    seats = Seats(1, clock)
    while clock.now <= 3 * TURN:
        assert seats.claim("a") == 0
        clock.now += SILENCE / 2


def test_what_a_session_keeps_goes_with_its_place(clock: Clock) -> None:
    seats = Seats(1, clock)
    seats.claim("a")
    with seats.hold("a") as seat:
        seat.content = "frames"
    with seats.hold("a") as seat:
        assert seat.content == "frames"
    seats.leave("a")
    seats.claim("a")
    with seats.hold("a") as seat:
        assert seat.content is None


def test_a_second_question_of_a_session_is_not_answered_beside_the_first(clock: Clock) -> None:
    seats = Seats(1, clock)
    seats.claim("a")
    with seats.hold("a") as first, seats.hold("a") as second:
        assert first is not None
        assert second is None
    with seats.hold("a") as again:
        assert again is not None
