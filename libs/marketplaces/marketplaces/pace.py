"""How fast one shop is called: a budget per shop, held by whoever has the shop's turn."""

import asyncio
from collections.abc import Callable
from time import monotonic

_FORGET_OVER = 10_000


class Pace:
    """At most `per_second` calls of one shop, with a burst of `burst`; shops don't slow each other.

    It is local to the process, which is enough: one holder works a shop's turn, and reading and answering have a share each.
    """

    def __init__(self, *, per_second: float, burst: int = 5, clock: Callable[[], float] = monotonic) -> None:
        self._interval = 1 / per_second
        self._slack = (burst - 1) * self._interval
        self._clock = clock
        self._next: dict[str, float] = {}

    async def turn(self, shop_id: str) -> None:
        """Wait until the shop may be called."""
        delay = self.book(shop_id)
        if delay > 0:
            await asyncio.sleep(delay)

    def book(self, shop_id: str) -> float:
        """Take the next slot and say in how many seconds it begins (generic cell rate algorithm)."""
        now = self._clock()
        if len(self._next) > _FORGET_OVER:
            self._next = {shop: due for shop, due in self._next.items() if due > now}
        due = max(self._next.get(shop_id, now), now)
        self._next[shop_id] = due + self._interval
        return max(0.0, due - self._slack - now)
