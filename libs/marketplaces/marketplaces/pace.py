"""How fast one shop is called: a budget per shop, held by whoever has the shop's turn; throttling makes it smaller for a while."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from math import log2
from time import monotonic

from marketplaces.failures import Throttled

_FORGET_OVER = 10_000

SLOWER = 0.5
SLOWEST = 1 / 8
"""Of the full pace: whoever holds a shop's turn sleeps between its calls, and must not do so for long."""
DOUBLES_IN_SECONDS = 10.0
"""Without throttling: the full pace is half a minute away at most. Slower, what piled up in a storm would wait for minutes after it."""
ONE_STORM_SECONDS = 1.0
"""Calls that were under way together and are throttled together slow the shop once."""


@dataclass(frozen=True, slots=True)
class _Slowed:
    part: float
    since: float


class Pace:
    """At most `per_second` calls of one shop, with a burst of `burst`; shops don't slow each other.

    Down fast, up slowly: being throttled halves the shop's pace at once, which then takes ten seconds to double. As long as the marketplace
    has asked to be left alone, calls are refused here. It is local to the process, which is enough: one holder works a shop's turn, and
    reading and answering have a share each.
    """

    def __init__(self, *, per_second: float, burst: int = 5, clock: Callable[[], float] = monotonic) -> None:
        self._interval = 1 / per_second
        self._burst = burst
        self._clock = clock
        self._next: dict[str, float] = {}
        self._slowed: dict[str, _Slowed] = {}
        self._closed: dict[str, float] = {}

    async def turn(self, shop_id: str) -> None:
        """Wait until the shop may be called; `Throttled` while the marketplace wants it left alone."""
        if (closed := self._closed.get(shop_id)) is not None:
            if (left := closed - self._clock()) > 0:
                failure = Throttled("the marketplace has asked to wait")
                failure.retry_after = left
                raise failure
            del self._closed[shop_id]
        delay = self.book(shop_id)
        if delay > 0:
            await asyncio.sleep(delay)

    def book(self, shop_id: str) -> float:
        """Take the next slot and say in how many seconds it begins (generic cell rate algorithm)."""
        now = self._clock()
        if len(self._next) > _FORGET_OVER:
            self._next = {shop: due for shop, due in self._next.items() if due > now}
        part = self._part(shop_id)
        # A slowed shop gets no burst: what it was throttled for is exactly that.
        slack = (self._burst - 1) * self._interval if part >= 1 else 0.0
        due = max(self._next.get(shop_id, now), now)
        self._next[shop_id] = due + self._interval / part
        return max(0.0, due - slack - now)

    def throttled(self, shop_id: str, *, retry_after: float | None = None) -> None:
        """The marketplace has refused a call of this shop for coming too fast; `retry_after` in seconds, where it said so."""
        now = self._clock()
        slowed = self._slowed.get(shop_id)
        if slowed is None or now - slowed.since >= ONE_STORM_SECONDS:
            self._slowed[shop_id] = _Slowed(max(self._part(shop_id) * SLOWER, SLOWEST), now)
        if retry_after:
            self._closed[shop_id] = max(self._closed.get(shop_id, 0.0), now + retry_after)

    def per_second(self, shop_id: str) -> float:
        """How fast the shop is called now."""
        return self._part(shop_id) / self._interval

    def _part(self, shop_id: str) -> float:
        slowed = self._slowed.get(shop_id)
        if slowed is None:
            return 1.0
        doubled = (self._clock() - slowed.since) / DOUBLES_IN_SECONDS
        if doubled < log2(1 / slowed.part):
            return slowed.part * 2**doubled
        del self._slowed[shop_id]
        return 1.0
