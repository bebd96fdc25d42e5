"""Rate limits for each address: token buckets that refill with time."""

import ipaddress
import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated

from workbench.parameters import Range, check_ranges


@dataclass(frozen=True)
class Rate:
    """at_once: as many in one moment; per_second: as many in the long run."""

    at_once: Annotated[int, Range(1)]
    per_second: Annotated[float, Range(above=0)]

    def __post_init__(self):
        check_ranges(self)


@dataclass(frozen=True)
class Rates:
    """What one address may do. An address may be a class room: every default leaves room for 20 visitors who arrive together,
    of whom each looks at several videos and then plays through its pairs, or moves a slider.

    reading: pages, pictures and files. asking: questions. looking: those questions among them that wait for the network.
    lasting: those that may take minutes, and would fill the line before the network for everybody; they take nothing from looking.
    live: pictures of cameras, which only one visitor for every two cores sends at once, and the questions of those who wait for their
    turn. uploading: files. signing_in: passwords tried. open_at_once: requests that are not answered to their end.
    visits_at_once: pages that are open, which do not count among them.
    addresses: how many are remembered; whoever was quiet for longest is forgotten.
    """

    reading: Rate = Rate(8000, 600)
    asking: Rate = Rate(1500, 120)
    looking: Rate = Rate(240, 2)
    lasting: Rate = Rate(40, 0.5)
    live: Rate = Rate(600, 300)
    uploading: Rate = Rate(80, 0.5)
    signing_in: Rate = Rate(60, 0.2)
    open_at_once: Annotated[int, Range(1)] = 400
    visits_at_once: Annotated[int, Range(1)] = 100
    addresses: Annotated[int, Range(1)] = 10_000

    def __post_init__(self):
        check_ranges(self)


@dataclass
class RateLimiter:
    """Token buckets: who may still ask for how much. Its memory is bounded by `rates.addresses`."""

    rates: Rates
    clock: Callable[[], float] = time.monotonic
    buckets: OrderedDict[str, dict[str, tuple[float, float]]] = field(default_factory=OrderedDict)  # by address and rate: tokens, when
    open_requests: dict[str, int] = field(default_factory=dict)

    def take(self, address: str, name: str) -> int:
        """Takes a token of the rate of that name. 0, or the whole seconds after which there will be one again; then nothing was taken."""
        rate: Rate = getattr(self.rates, name)
        now, bucket = self.clock(), self.buckets.setdefault(address, {})
        self.buckets.move_to_end(address)
        if len(self.buckets) > self.rates.addresses:
            self.buckets.popitem(last=False)
        tokens, when = bucket.get(name, (float(rate.at_once), now))
        tokens = min(float(rate.at_once), tokens + (now - when) * rate.per_second)
        bucket[name] = (tokens - 1, now) if tokens >= 1 else (tokens, now)
        return 0 if tokens >= 1 else math.ceil((1 - tokens) / rate.per_second)

    def give_back(self, address: str, name: str) -> None:
        """The token that was taken last: it was one of another rate."""
        tokens, when = self.buckets[address][name]
        self.buckets[address][name] = (min(tokens + 1, float(getattr(self.rates, name).at_once)), when)

    def enter(self, address: str, most: int) -> bool:
        """Whether one more request may be open, of at most so many; then `leave` must follow."""
        if self.open_requests.get(address, 0) >= most:
            return False
        self.open_requests[address] = self.open_requests.get(address, 0) + 1
        return True

    def leave(self, address: str) -> None:
        self.open_requests[address] -= 1
        if not self.open_requests[address]:
            del self.open_requests[address]


def network_of(client: str) -> str:
    """Whose tokens a client takes: its own, or that of its /64 where it has so many addresses that one says nothing."""
    try:
        address = ipaddress.ip_address(client)
    except ValueError:
        return client[:64]
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)
