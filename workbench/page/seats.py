"""Who may be live: one session for each seat; the others wait in line with their place, and a turn ends when somebody waits."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

SILENCE = 5.0  # seconds without a question or the answer to one, after which a session has gone
TURN = 120.0  # seconds that a seat is kept while others wait


@dataclass
class Seat:
    """A session in line. last: when it asked or was answered last; since: when it got its turn (None: not yet); in seconds.
    content: what it keeps."""

    last: float
    since: float | None = None
    content: Any = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def is_silent(self, now: float) -> bool:
        """Whether its session has gone. One that waits for an answer, however long that takes, has not."""
        return now - self.last > SILENCE and not self.lock.locked()


@dataclass
class Seats:
    """A line of sessions, of which the first `count` have their turn. What they keep is dropped with their place."""

    count: int
    clock: Callable[[], float] = time.monotonic
    _line: OrderedDict[str, Seat] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def claim(self, session: str) -> int:
        """The place of a session that asks: 0 has its turn, 1 is next. One that is not in line yet becomes the last."""
        with self._lock:
            now = self.clock()
            self._line.setdefault(session, Seat(now)).last = now
            for name in [name for name, seat in self._line.items() if seat.is_silent(now)]:
                del self._line[name]
            self.end_turns(now)
            for seat in list(self._line.values())[: self.count]:
                seat.since = now if seat.since is None else seat.since
            return max(list(self._line).index(session) + 1 - self.count, 0)

    def end_turns(self, now: float) -> None:
        """Those who had `TURN` seconds go to the end of the line, as many as wait, whoever had them first."""
        line = list(self._line.items())
        over = [name for name, seat in line[: self.count] if seat.since is not None and now - seat.since > TURN]
        for name in over[: max(len(line) - self.count, 0)]:
            del self._line[name]
            self._line[name] = Seat(now)

    def leave(self, session: str) -> None:
        with self._lock:
            self._line.pop(session, None)

    @contextmanager
    def hold(self, session: str) -> Iterator[Seat | None]:
        """The seat of a session whose turn it is, for one question at a time; None while another of its questions is answered."""
        with self._lock:
            seat = self._line.get(session)
        if seat is None or not seat.lock.acquire(blocking=False):
            yield None
            return
        try:
            yield seat
        finally:
            seat.last = self.clock()
            seat.lock.release()
