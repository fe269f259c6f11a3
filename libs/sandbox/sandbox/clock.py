"""The sandbox's clock: real time for stamps and signatures, a scaled one for deadlines, token lives and push retries."""

import asyncio
import heapq
import itertools
import time
from collections.abc import Callable
from datetime import UTC, datetime


class Clock:
    """Two readings of time, in Unix seconds, and timers on the scaled one.

    `real()` never bends: signature windows and `update_time` come from it. `now()` starts equal to it and can be sped up or
    moved forward, never back.
    """

    def __init__(self, *, real: Callable[[], float] = time.time) -> None:
        self.real = real
        self._base_real = real()
        self._base_now = self._base_real
        self.scale = 1.0
        self._timers: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = itertools.count()
        self._changed = asyncio.Event()

    def now(self) -> float:
        return self._base_now + (self.real() - self._base_real) * self.scale

    def stamp(self) -> int:
        """Real time as the marketplaces write it."""
        return int(self.real())

    def to_real(self, moment: float) -> float:
        """When the scaled clock will show `moment`, if nobody bends it again: what a client is told about a deadline."""
        return self.real() + (moment - self.now()) / self.scale

    def bend(self, *, scale: float | None = None, advance_s: float = 0.0) -> None:
        now, real = self.now(), self.real()
        self._base_now, self._base_real = now + advance_s, real
        if scale is not None:
            self.scale = scale
        self._changed.set()

    def at(self, moment: float, action: Callable[[], None]) -> None:
        """Run `action` once the scaled clock shows `moment`."""
        heapq.heappush(self._timers, (moment, next(self._numbers), action))
        self._changed.set()

    async def run(self) -> None:
        """Fire timers for ever, in the order of their moments."""
        while True:
            self._changed.clear()
            while self._timers and self._timers[0][0] <= self.now():
                heapq.heappop(self._timers)[2]()
            wait = (self._timers[0][0] - self.now()) / self.scale if self._timers else None
            try:
                async with asyncio.timeout(wait):
                    await self._changed.wait()
            except TimeoutError:
                continue


def iso(moment: float) -> str:
    """RFC 3339 in UTC, for the control API."""
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
