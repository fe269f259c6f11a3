"""The one way to build a service: HTTP, consumer, relay and background tasks around one database."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import asyncpg
from fastapi import FastAPI

from chassis import database, health, http, idempotency, inbox, outbox, pages, relay, tracing
from chassis.consume import Consumer
from chassis.database import Transaction
from chassis.logs import logger
from chassis.sampling import Samples
from chassis.settings import ServiceSettings
from chassis.waiting import pause
from contracts.event import Event

LOG = logger(__name__)

MEASURE_SECONDS = 5.0
SAMPLE_SECONDS = 15.0


def utcnow() -> datetime:
    """Now, as an aware UTC datetime: the clock that `make_app` passes on."""
    return datetime.now(UTC)


class App:
    """A service: built by its `make_app`, run by `chassis.lifecycle` (`run`, `serve` below)."""

    def __init__(
        self,
        name: str,
        settings: ServiceSettings,
        *,
        now: Callable[[], datetime] = utcnow,
        packages: Sequence[str] = ("chassis",),
        problems: Mapping[str, str] | None = None,
    ) -> None:
        """`problems`: the service's own slugs and what to do about each, beside those that all services have."""
        self.name, self.settings, self.now, self.packages = name, settings, now, tuple(packages)
        self.stop = asyncio.Event()
        self.kafka_up = False
        self.database: asyncpg.Pool | None = None
        self.tasks: dict[str, Callable[[], Awaitable[None]]] = {}
        self.samples = Samples(every_seconds=SAMPLE_SECONDS)
        self._wakes: list[Callable[[], None]] = []
        self.relay_stop = asyncio.Event()
        self.relay = relay.Relay(
            settings.database_url.get_secret_value(),
            settings.kafka_url,
            name=name,
            stop=self.relay_stop,
            prefix=settings.topic_prefix,
        )
        self.on_commit(self.relay.wake)
        self.consumer = Consumer(name, settings, stop=self.stop, now=now, committed=self.committed)
        self.http = FastAPI(title=name, docs_url=None, redoc_url=None)
        self.http.state.app, self.http.state.settings = self, settings
        self.http.add_middleware(health.Timing)
        self.http.middleware("http")(self._while_ready)
        self.http.add_middleware(tracing.Traced)
        http.install_problems(self.http)
        pages.serve_problems(self.http, problems)
        health.install(self.http, self)
        self.background("clean-up", self._clean_up)
        self.background("measure", self._measure)
        self.background("sample", lambda: self.samples.run(self.pool, stop=self.stop))

    @property
    def pool(self) -> asyncpg.Pool:
        """The database; only once it answered for the first time."""
        if self.database is None:
            raise http.unavailable()
        return self.database

    async def open_database(self) -> None:
        """Migrate and open the pool; raises while the database does not answer."""
        url = self.settings.database_url.get_secret_value()
        await database.migrate(url, *self.packages)
        self.database = await database.open_pool(url, name=self.name, max_size=self.settings.pool_max_size)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """Open a transaction on a pooled connection; after the commit the relay and the workers are woken."""
        async with self.pool.acquire(timeout=5) as connection, connection.transaction():
            yield connection
        self.committed()

    def on_commit(self, wake: Callable[[], None]) -> None:
        """Call this after each commit of this process: something may wait to be published or done."""
        self._wakes.append(wake)

    def committed(self) -> None:
        for wake in self._wakes:
            wake()

    def background(self, name: str, task: Callable[[], Awaitable[None]]) -> None:
        """Run a long task once the database is ready.

        It is begun again with back-off when it raises, told to end by `stop`, cancelled at last.
        """
        if name in self.tasks:
            raise ValueError(f"there is a background task {name} already")
        self.tasks[name] = task

    async def announce(self, tx: Transaction, events: Sequence[Event[Any]]) -> None:
        """Announce events when the transaction commits; lock the aggregate's row first."""
        await outbox.add(tx, events)

    async def _while_ready(self, request: Any, call_next: Any) -> Any:
        if self.database is None and not request.url.path.startswith(("/health", "/metrics")):
            return http.unavailable().response(request)
        return await call_next(request)

    async def _clean_up(self) -> None:
        while not self.stop.is_set():
            retention = self.settings.inbox_retention_seconds
            await inbox.clean(self.pool, retention_seconds=retention)
            await idempotency.clean(self.pool)
            await pause(self.stop, inbox.clean_every(retention))

    async def _measure(self) -> None:
        while not self.stop.is_set():
            self.consumer.measure()
            await relay.measure(self.pool, self.name)
            await pause(self.stop, MEASURE_SECONDS)


async def serve(app: App) -> None:
    """Serve until SIGTERM or SIGINT, then stop within 8 s."""
    from chassis import lifecycle

    await lifecycle.serve(app)


def run(app: App) -> None:
    """Serve in an event loop of its own and exit hard afterwards: everything is transactional, nothing is left to tidy up."""
    from chassis import lifecycle

    lifecycle.run(app)
