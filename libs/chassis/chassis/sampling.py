"""Numbers that only the database knows (queues, ages, states): asked for every few seconds, shown as gauges."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg
from prometheus_client import Gauge

from chassis import metrics
from chassis.database import Queries
from chassis.waiting import pause

QUERIES = Queries("chassis", "sampling.sql")


@dataclass(frozen=True, slots=True)
class Sample:
    """One query for one gauge: its rows are the gauge's labels, in their order, and the number last; null is shown as no number.

    Label values come from closed lists (a channel, a state), never from a shop, an order or a seller: their number is bounded.
    """

    gauge: Gauge
    query: str

    def show(self, rows: Sequence[Any]) -> None:
        """Whatever was shown before and is not in these rows is shown no more."""
        if not self.gauge._labelnames:  # noqa: SLF001 - there is no public word for it
            self.gauge.set(_number(rows[0][-1]) if rows else 0)
            return
        self.gauge.clear()
        for *labels, value in rows:
            self.gauge.labels(*labels).set(_number(value))


class Samples:
    """`app.samples.add(gauge, query)`; every instance of a service shows the same numbers, so that they outlive each of them."""

    def __init__(self, *, every_seconds: float) -> None:
        self._every = every_seconds
        self._samples = [
            Sample(metrics.WORK_DUE, QUERIES.work_due_items),
            Sample(metrics.WORK_OLDEST, QUERIES.work_oldest_due_seconds),
            Sample(metrics.WORK_PAUSED, QUERIES.work_paused_shops),
            Sample(metrics.WATCHDOG_EXITS, QUERIES.watchdog_exits),
        ]

    def add(self, gauge: Gauge, query: str) -> None:
        self._samples.append(Sample(gauge, query))

    async def take(self, pool: asyncpg.Pool) -> None:
        """Ask for all of them now."""
        for sample in self._samples:
            sample.show(await pool.fetch(sample.query))

    async def run(self, pool: asyncpg.Pool, *, stop: asyncio.Event) -> None:
        """Until the service stops; raises when the database is away."""
        while not stop.is_set():
            await self.take(pool)
            await pause(stop, self._every)


def _number(value: Any) -> float:
    return float("nan") if value is None else float(value)
